//! How calls end: for one, for all, by a time, and with the room.

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{Assumed, Done, JoinAs, MAY, MODERATOR_MAY, Play, SessionStatus, SessionsOf, Stuck, rest, said, seconds};
use crate::signalwire::{
    RemoveAt, RoomPatch,
    relay::{Event, RoomSession},
};

const PUT_OUT: Assumed =
    Assumed::new("E4", "Somebody who was removed stays for longer, or our second removal is in vain.");
const LOCK: Assumed = Assumed::new(
    "E13",
    "A locked room is opened for up to 30 s for a moderator who did not need it, or lets others in.",
);
const FOR_ALL: Assumed = Assumed::new(
    "E3",
    "\"End for all\" leaves people inside; or the card says \"ended\" only after a look, some seconds later.",
);
const ORDER: Assumed = Assumed::new("E16", "Nothing: any order is understood.");
const LAG: Assumed = Assumed::new(
    "R9",
    "Without the socket somebody who left may be shown inside once more, until the next sweep 30 s later.",
);
const NAMES: Assumed = Assumed::new("R11", "Without the socket the card does not say that a call is recorded.");
const COST: Assumed = Assumed::new("R12", "/greenroom stats shows too little, or no cost.");
const BY_TIME: Assumed = Assumed::new(
    "R2",
    "Without the socket \"End for all\" is said to be done, and the call goes on until the socket is back.",
);
const OPEN_AGAIN: Assumed =
    Assumed::new("R3", "After an end for all without the socket, whoever joins that room again is put out at once.");
const GONE: Assumed = Assumed::new(
    "B2",
    "The page says that the join was refused instead of making the room again and joining by itself.",
);

const LOCK_ENDS: Assumed = Assumed::new(
    "E19",
    "A room that was locked when its call ended is shut for the next one, also to whoever opens it, while the page shows \
     it open.",
);
const DELETED: Assumed =
    Assumed::new("R16", "Whoever deletes a room in SignalWire's dashboard ends its call, and the card says so.");

/// Milliseconds in which a page that was put out says so.
const OUT_WITHIN_MS: u32 = 10_000;
/// Whoever is inside for so long after it may stay.
const STAYS_FOR_MS: u32 = 5_000;

/// Ben is removed, comes back with the token he still has, and is locked out.
pub(super) async fn somebody_is_put_out(play: &mut Play<'_>, session: &RoomSession) -> Result<(), Stuck> {
    play.browser.does("leave", "Ben", json!({})).await;
    let token = play.token("Ben", JoinAs::Member, &MAY).await?;
    play.joins_with("Ben", &token).await?;
    let members = play.line.relay.members(&session.id).await?;
    let Some(ben) = members.into_iter().find(|member| member.name.as_deref() == Some("Ben")) else {
        play.finds(PUT_OUT.unseen("the socket does not name Ben, so he can't be removed"));
        return Ok(());
    };
    play.line.relay.remove(&session.id, &ben.id).await?;
    let gone = is_out(play, "Ben").await;
    let back = play.browser.does("join", "Ben", json!({ "token": token })).await;
    play.finds(PUT_OUT.is(
        gone.ok && back.ok,
        format!(
            "{}; {}",
            said("one member is removed at once", &gone),
            said("they come back with the same token", &back)
        ),
    ));
    play.browser.does("leave", "Ben", json!({})).await;

    play.line.relay.lock(&session.id).await?;
    let moderator = play.token("Dev", JoinAs::Member, &MODERATOR_MAY).await?;
    let dev = play.browser.does("join", "Dev", json!({ "token": moderator })).await;
    let says = if dev.ok {
        "a lock lets a moderator in".to_owned()
    } else {
        format!("a lock keeps a moderator out: {}", dev.words)
    };
    play.finds(LOCK.is(!dev.ok, says));
    if dev.ok {
        play.browser.does("leave", "Dev", json!({})).await;
    }
    play.line.relay.unlock(&session.id).await?;
    Ok(())
}

pub(super) async fn everybody_is_put_out(play: &mut Play<'_>, session: &RoomSession) -> Result<(), Stuck> {
    play.forget();
    let began = play.trial.clock.monotonic();
    play.line.relay.remove_all(&session.id).await?;
    let gone = is_out(play, "Ann").await;
    let ended = play.hears(|event| matches!(event, Event::RoomEnded { .. }).then_some(())).await;
    let says = if ended.is_some() { "video.room.ended follows" } else { "no video.room.ended follows" };
    play.finds(FOR_ALL.is(gone.ok && ended.is_some(), format!("{}; {says}", said("all are put out", &gone))));
    let place = |wanted: fn(&Event) -> bool| play.heard.iter().position(wanted);
    let left = place(|event| matches!(event, Event::MemberLeft { .. }));
    let over = place(|event| matches!(event, Event::RoomEnded { .. }));
    let (in_order, says) = match (left, over) {
        (Some(left), Some(over)) if left > over => (false, "comes after video.room.ended"),
        (Some(_), _) => (true, "comes before video.room.ended"),
        (None, _) => (true, "does not come"),
    };
    play.finds(ORDER.is(in_order, format!("the last one's video.member.left {says}")));

    let id = session.id.clone();
    let in_time = play.rest_says(|play| {
        let (client, id) = (play.trial.client.clone(), id.clone());
        async move {
            let left = client.session_members(&id).await?.iter().all(|member| member.leave_time.is_some());
            Ok(left && client.session(&id).await?.status == SessionStatus::Completed)
        }
    });
    let in_time = in_time.await;
    let took = play.trial.clock.monotonic().saturating_sub(began);
    let says = if in_time { "has all out and the session completed" } else { "still has the session live" };
    play.finds(LAG.is(in_time && took.as_secs() <= 10, format!("REST {says} {} after the end", seconds(took))));
    afterwards(play, &id).await
}

/// What REST tells of a session that is over.
async fn afterwards(play: &mut Play<'_>, id: &str) -> Result<(), Stuck> {
    let events = play.trial.client.session_events(id).await?;
    let mut names: Vec<_> = events.into_iter().filter_map(|event| event.name).collect();
    names.sort_unstable();
    names.dedup();
    let plain = names.iter().all(|name| !name.starts_with("video."));
    play.finds(NAMES.is(plain && !names.is_empty(), format!("events of a session are named {}", names.join(", "))));
    let listed = play.trial.client.sessions(SessionsOf::Room(&play.room.name)).await?;
    let cost = listed.iter().find(|session| session.id == id).and_then(|session| session.cost_micros);
    play.finds(match cost {
        Some(micros) => COST.is(true, format!("a session's cost is there at once, {} millionths of a dollar", micros)),
        None => COST.is(false, "a session that is over has no cost yet"),
    });
    Ok(())
}

/// A time that has come puts out whoever is inside; taken back, the room is open again; deleted, it is gone.
pub(super) async fn the_room_ends(play: &mut Play<'_>) -> Result<(), Stuck> {
    play.joins("Ann", JoinAs::Member, &MAY).await?;
    let by_time = |remove_at| RoomPatch { remove_at: Some(remove_at), ..RoomPatch::default() };
    let now = RemoveAt::UnixMs(play.trial.clock.unix_ms());
    play.trial.client.update_room(&play.room.id, &by_time(now)).await?;
    let gone = is_out(play, "Ann").await;
    play.finds(BY_TIME.is(gone.ok, said("`remove_at` that has come puts out who is inside", &gone)));
    if !gone.ok {
        play.browser.does("leave", "Ann", json!({})).await;
    }
    play.trial.client.update_room(&play.room.id, &by_time(RemoveAt::Never)).await?;
    let token = play.token("Ann", JoinAs::Member, &MAY).await?;
    play.forget();
    let again = play.browser.does("join", "Ann", json!({ "token": token })).await;
    play.finds(OPEN_AGAIN.is(again.ok, said("taken back, the room can be joined", &again)));
    a_lock_goes_with_its_call(play).await?;
    the_room_is_deleted(play).await
}

/// Ann is inside.
async fn a_lock_goes_with_its_call(play: &mut Play<'_>) -> Result<(), Stuck> {
    let started = play.hears(|event| match event {
        Event::RoomStarted { session, .. } => Some(session.id.clone()),
        _ => None,
    });
    let session_id = started.await.ok_or(Stuck::Deaf)?;
    play.line.relay.lock(&session_id).await?;
    play.browser.does("leave", "Ann", json!({})).await;
    play.hears(|event| matches!(event, Event::RoomEnded { .. }).then_some(())).await;
    let token = play.token("Ann", JoinAs::Member, &MAY).await?;
    let next = play.browser.does("join", "Ann", json!({ "token": token })).await;
    play.finds(LOCK_ENDS.is(next.ok, said("a room that was locked is open for its next call", &next)));
    Ok(())
}

/// With Ann inside; and when she has left, nobody gets in with a token from before.
async fn the_room_is_deleted(play: &mut Play<'_>) -> Result<(), Stuck> {
    let token = rest::token(play.trial, &play.room.name, "Ann", JoinAs::Member, &MAY).await?;
    let before = play.browser.does("alive", "Ann", json!({})).await;
    play.trial.client.delete_room(&play.room.id).await?;
    let gone = is_out_within(play, "Ann", STAYS_FOR_MS).await;
    play.finds(match (before.ok, gone.ok) {
        (true, false) => DELETED.is(true, "who is inside a room that is deleted stays inside"),
        (true, true) => DELETED.is(false, "who is inside a room that is deleted is put out"),
        (false, _) => DELETED.unseen("nobody was inside when the room was deleted"),
    });
    play.forget();
    play.browser.does("leave", "Ann", json!({})).await;
    play.hears(|event| matches!(event, Event::RoomEnded { .. }).then_some(())).await;
    let missing = play.browser.does("join", "Ann", json!({ "token": token.0.expose_secret() })).await;
    play.finds(GONE.is(
        !missing.ok && is_room_missing(&missing),
        if missing.ok {
            "a deleted room is joined".to_owned()
        } else {
            format!("a deleted room refuses with: {}", missing.words)
        },
    ));
    Ok(())
}

/// As `fromSdk` in web/src/problem.ts reads it.
fn is_room_missing(done: &Done) -> bool {
    let words = done.words.to_lowercase();
    let at = |needle: &str| words.find(needle);
    at("no_route_destination").is_some()
        || at("room").is_some_and(|room| {
            let rest = &words[room..];
            ["not found", "not_found", "not-found", "notfound", "destroyed"].iter().any(|end| rest.contains(end))
        })
}

async fn is_out(play: &mut Play<'_>, who: &str) -> Done {
    is_out_within(play, who, OUT_WITHIN_MS).await
}

async fn is_out_within(play: &mut Play<'_>, who: &str, ms: u32) -> Done {
    play.browser.does("gone", who, json!({ "within": ms })).await
}
