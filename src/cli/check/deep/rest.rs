//! What REST says about rooms and room tokens, with nobody inside.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use url::Url;

use super::{Assumed, Trial};
use crate::{
    cli::check::Finding,
    clock::millis,
    signalwire::{Error, JoinAs, RemoveAt, Room, RoomPatch, RoomToken, RoomTokenRequest},
};

const TAKEN: Assumed = Assumed::new(
    "R1",
    "When two processes make one room in the same second, one person is told that it failed; or two rooms have one name.",
);
const TAKEN_BACK: Assumed = Assumed::new(
    "R3",
    "After an end for all without the event socket, whoever joins that room again is put out at once; or a room's \
     limit and title fall back to defaults when it is corrected.",
);
const CASE: Assumed = Assumed::new("R4", "Nothing: names of ours are lower case.");
const LINKS: Assumed = Assumed::new(
    "R5",
    "With more than 25 calls live, or 40 people ever in one, who came and went while the socket was away stays unknown.",
);
const NO_ROOM: Assumed = Assumed::new("R13", "Nothing: a call more.");
const HOST: Assumed = Assumed::new(
    "B1",
    "The page's content security policy keeps browsers from that host: nobody can join. See VENDOR_SOCKETS in \
     src/call/headers.rs.",
);

const LENGTHS: Assumed = Assumed::new(
    "R18",
    "Nobody with a long name in a script of several bytes a letter gets in, or no room with such a title can be made.",
);

/// As many as SignalWire takes of a `user_name` and of a `display_name`.
const NAME_MAX: usize = 100;
const TITLE_MAX: usize = 200;

/// Far enough to put nobody out, near enough to be forgotten.
const LATER: std::time::Duration = std::time::Duration::from_secs(3600);

pub(super) async fn settle(trial: &mut Trial, room: &Room) -> Vec<Finding> {
    let taken = TAKEN.of(taken(trial, room).await);
    let taken_back = TAKEN_BACK.of(taken_back(trial, room).await);
    let case = CASE.of(case(trial, room).await);
    let links = LINKS.of(links(trial).await);
    let no_room = NO_ROOM.of(no_room(trial).await);
    let host = HOST.of(host(trial, room).await);
    let lengths = LENGTHS.of(lengths(trial, room).await);
    vec![taken, taken_back, case, links, no_room, host, lengths]
}

async fn taken(trial: &mut Trial, room: &Room) -> Result<Finding, Error> {
    let again = json!({ "name": room.name });
    let answer = trial.client.raw(Method::POST, &["rooms"], &[], Some(&again)).await?;
    if (200..300).contains(&answer.status) {
        let id = answer.body["id"].as_str().filter(|id| *id != room.id).map(str::to_owned);
        let what = if id.is_some() { "makes a second room" } else { "answers with the first" };
        trial.rooms.extend(id);
        return Ok(TAKEN.is(false, format!("a taken name is accepted, and {what} ({})", answer.status)));
    }
    let entry = &answer.body["errors"][0];
    let word = |field: &str| entry[field].as_str().unwrap_or("-").to_owned();
    let (code, attribute) = (word("code"), word("attribute"));
    let is_as_assumed = answer.status == 422 && code == "not_unique_within_project" && attribute == "name";
    Ok(TAKEN.is(is_as_assumed, format!("a taken name is refused with {}, {code}, naming {attribute}", answer.status)))
}

async fn taken_back(trial: &Trial, room: &Room) -> Result<Finding, Error> {
    let change = |remove_at| RoomPatch { remove_at: Some(remove_at), ..RoomPatch::default() };
    let later = trial.clock.unix_ms() + millis(LATER);
    let set = trial.client.update_room(&room.id, &change(RemoveAt::UnixMs(later))).await?;
    let back = trial.client.update_room(&room.id, &change(RemoveAt::Never)).await?;
    let title = RoomPatch { display_name: Some("Greenroom's check, again".to_owned()), ..RoomPatch::default() };
    trial.client.update_room(&room.id, &title).await?;
    let now = trial.client.room_by_name(&room.name).await?.ok_or(Error::NotFound)?;
    let kept = now.max_members == room.max_members && now.meta == room.meta;
    let mut odd = Vec::new();
    if set.remove_at.is_none() {
        odd.push("`remove_at` is not set");
    }
    if back.remove_at.is_some() || now.remove_at.is_some() {
        odd.push("`remove_at: null` does not take it back");
    }
    if !kept {
        odd.push("fields that were not sent change");
    }
    let says = if odd.is_empty() {
        "`remove_at` is taken back by null, and fields that are not sent stay".to_owned()
    } else {
        odd.join("; ")
    };
    Ok(TAKEN_BACK.is(odd.is_empty(), says))
}

async fn case(trial: &Trial, room: &Room) -> Result<Finding, Error> {
    let found = trial.client.room_by_name(&room.name.to_ascii_uppercase()).await?;
    let says = if found.is_none() { "are told apart by case" } else { "are the same in capitals" };
    Ok(CASE.is(found.is_none(), format!("names {says}")))
}

/// Two rooms, a page for each.
async fn links(trial: &mut Trial) -> Result<Finding, Error> {
    trial.make(2).await?;
    let answer = trial.client.raw(Method::GET, &["rooms"], &[("page_size", "1")], None).await?;
    let Some(next) = answer.body["links"]["next"].as_str() else {
        return Ok(LINKS.is(false, "a list of two, one per page, has no `links.next`"));
    };
    let here = trial.client.origin();
    Ok(match Url::parse(next) {
        Ok(url) if url.origin() == here => LINKS.is(true, "`links.next` is an absolute URL on the space's host"),
        Ok(url) => LINKS.is(false, format!("`links.next` is on another host, {}", url.host_str().unwrap_or("-"))),
        Err(_) if next.starts_with('/') => LINKS.is(true, "`links.next` is a path"),
        Err(_) => LINKS.is(false, "`links.next` is neither a URL nor a path"),
    })
}

async fn no_room(trial: &Trial) -> Result<Finding, Error> {
    let request = request(trial, &trial.name(), "Nobody", JoinAs::Member, &[]);
    Ok(match trial.client.room_token(&request).await {
        Ok(_) => NO_ROOM.is(true, "a room token is given for a room that does not exist"),
        Err(error @ (Error::NotFound | Error::Invalid { .. })) => {
            NO_ROOM.is(false, format!("no room token is given for a room that does not exist: {error}"))
        }
        Err(error) => return Err(error),
    })
}

/// Of letters that are three bytes each.
async fn lengths(trial: &Trial, room: &Room) -> Result<Finding, Error> {
    let long = |length| "房".repeat(length);
    let title = RoomPatch { display_name: Some(long(TITLE_MAX)), ..RoomPatch::default() };
    let titled = trial.client.update_room(&room.id, &title).await;
    let named = token(trial, &room.name, &long(NAME_MAX), JoinAs::Member, &[]).await;
    let mut refused = Vec::new();
    for (what, outcome) in [("title of 200", titled.map(drop)), ("name of 100", named.map(drop))] {
        match outcome {
            Ok(()) => {}
            Err(Error::Invalid { .. }) => refused.push(format!("a {what} letters of three bytes is refused")),
            Err(error) => return Err(error),
        }
    }
    let says = if refused.is_empty() { "lengths are counted in letters".to_owned() } else { refused.join("; ") };
    Ok(LENGTHS.is(refused.is_empty(), says))
}

/// Where the browser SDK will connect: a room token's header says it, else the SDK has it built in.
async fn host(trial: &Trial, room: &Room) -> Result<Finding, Error> {
    let token = token(trial, &room.name, "Nobody", JoinAs::Member, &[]).await?;
    let Some(named) = header(&token).and_then(|header| header["ch"].as_str().map(str::to_owned)) else {
        return Ok(HOST.is(true, "the room token names no host: the SDK's own, below signalwire.com"));
    };
    let url = if named.contains("://") { named } else { format!("wss://{named}") };
    let host = Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    // A stand-in's own host is in the policy, for it is configured.
    let known = host.ends_with(".signalwire.com") || trial.client.origin() == origin_of(&url);
    Ok(HOST.is(known, format!("browsers connect to {host}")))
}

fn origin_of(url: &str) -> url::Origin {
    // Sockets and pages of one server share a host and port; origins tell schemes apart.
    let page = url.replacen("ws", "http", 1);
    Url::parse(&page).map_or_else(|_| url::Origin::new_opaque(), |url| url.origin())
}

fn header(token: &RoomToken) -> Option<Value> {
    let part = token.0.expose_secret().split('.').next()?;
    serde_json::from_slice(&BASE64.decode(part).ok()?).ok()
}

/// What comes back as a member's `meta`.
pub(super) fn meta(who: &str) -> Value {
    json!({ "user_id": who, "made_by": super::META })
}

/// For five minutes, as the page's are.
fn request(trial: &Trial, room: &str, who: &str, join_as: JoinAs, permissions: &[&str]) -> RoomTokenRequest {
    RoomTokenRequest {
        room_name: room.to_owned(),
        user_name: who.to_owned(),
        join_as,
        permissions: permissions.iter().map(|&permission| permission.to_owned()).collect(),
        join_until: trial.clock.unix_ms() + 300_000,
        remove_after_seconds_elapsed: 600,
        auto_create_room: false,
        meta: meta(who),
    }
}

pub(super) async fn token(
    trial: &Trial,
    room: &str,
    who: &str,
    join_as: JoinAs,
    permissions: &[&str],
) -> Result<RoomToken, Error> {
    trial.client.room_token(&request(trial, room, who, join_as, permissions)).await
}
