//! What shows only with people inside: a call from its first joiner to its end, played in somebody's browser.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{
    Assumed, Trial,
    browser::{self, Browser, Done},
    rest, seconds,
    socket::Line,
};
use crate::{
    cli::check::Finding,
    config::Config,
    signalwire::{Error, JoinAs, Room, RoomPatch, SessionStatus, SessionsOf, relay::Event, relay::RoomSession},
};

/// How a call ends, from outside and for good.
mod end;
/// Several connections at once, as several processes have.
mod several;

const STARTED: Assumed = Assumed::new("E8", "Nothing: either is understood.");
const SNAPSHOT: Assumed = Assumed::new("E7", "Nothing, or a second later.");
const META: Assumed = Assumed::new(
    "E2",
    "Cards count each device as a person, and who lost access, was removed or moved is not found inside, so not put out.",
);
const KNOWN: Assumed = Assumed::new("R10", "A card says \"ended\" while people talk.");
const LISTED: Assumed = Assumed::new("E9", "After a reconnect, many calls at once are put right by REST, slower.");
const PERMISSIONS: Assumed =
    Assumed::new("R14", "Members could do what no role of ours allows, like adding a second camera.");
const SEND: Assumed = Assumed::new("B4", "Who joined without camera and microphone has to join again to use them.");
const TWICE: Assumed =
    Assumed::new("B6", "Whoever moves a call to another device is cut off a moment before they are there.");
const WATCHERS: Assumed = Assumed::new("E14", "The card names who watches.");
const WATCH_WHOM: Assumed = Assumed::new("B7", "Who only watches sees the picture and no names.");
const MEMBERS: Assumed =
    Assumed::new("R8", "Without the socket a card counts who only watches as being in the call, or misses people.");
const PLACES: Assumed =
    Assumed::new("R15", "SignalWire refuses where our page lets in, once somebody watches a call that is nearly full.");
const LARGER: Assumed = Assumed::new(
    "R17",
    "After ROOM_MAX_MEMBERS was changed, calls that run keep the number they began with: our page says \"full\" early, or \
     SignalWire refuses where our page lets in.",
);
const STAMPED: Assumed =
    Assumed::new("E20", "Cards show other times than those of the call, and who came and went may be ordered wrongly.");
const ITSELF: Assumed = Assumed::new("B8", "Nothing: it says what is known.");
const FULL: Assumed = Assumed::new("B3", "More people than ROOM_MAX_MEMBERS get in.");

/// What each of them may do; a moderator also locks.
const MAY: [&str; 3] = ["room.self.audio_mute", "room.self.audio_unmute", "room.self.video_mute"];
const MODERATOR_MAY: [&str; 5] =
    ["room.self.audio_mute", "room.self.audio_unmute", "room.self.video_mute", "room.lock", "room.unlock"];
/// For an event of the socket.
const TOLD_WITHIN: Duration = Duration::from_secs(10);
/// How long REST is asked for what the socket has told.
const REST_WITHIN: Duration = Duration::from_secs(60);
const REST_EVERY: Duration = Duration::from_secs(1);

pub(super) async fn settle(trial: &mut Trial, config: &Config, room: &Room, line: Line) -> Vec<Finding> {
    let browser = match browser::opened(config, &trial.clock).await {
        Ok(Some(browser)) => browser,
        Ok(None) => return vec![Finding::unseen("what shows only with people inside: nobody opened the link")],
        Err(error) => return vec![Finding::unseen(format!("what shows only with people inside: {error:#}"))],
    };
    let second = Line::open(trial, config);
    // What comes of it shows once there is something to hear.
    let _ = second.settled(trial).await;
    let mut play = Play { trial, room, line, second, browser, heard: Vec::new(), findings: Vec::new() };
    if let Err(error) = play.run().await {
        play.findings.push(Finding::unseen(format!("the rest of what shows with people inside: {error}")));
    }
    play.browser.does("end", "", json!({})).await;
    play.findings
}

/// Why the play can't go on.
#[derive(Debug, thiserror::Error)]
enum Stuck {
    #[error(transparent)]
    SignalWire(#[from] Error),
    #[error("{who} can't join: {words}")]
    Outside { who: &'static str, words: String },
    #[error("the socket tells of no session of the room")]
    Deaf,
}

struct Play<'a> {
    trial: &'a mut Trial,
    room: &'a Room,
    line: Line,
    /// Another connection of the same project.
    second: Line,
    browser: Browser,
    /// All that the socket told of the room, in order.
    heard: Vec<Event>,
    findings: Vec<Finding>,
}

impl Play<'_> {
    async fn run(&mut self) -> Result<(), Stuck> {
        let session = self.ann_comes_first().await?;
        self.ann_goes_on(&session).await?;
        self.others_come(&session).await?;
        end::somebody_is_put_out(self, &session).await?;
        end::everybody_is_put_out(self, &session).await?;
        end::the_room_ends(self).await
    }

    async fn ann_comes_first(&mut self) -> Result<RoomSession, Stuck> {
        self.forget();
        let ann = self.joins("Ann", JoinAs::Member, &MODERATOR_MAY).await?;
        let allowed = MODERATOR_MAY.iter().all(|&wanted| ann.permissions.iter().any(|has| has == wanted));
        let says = format!("{} permissions asked for, {} given", MODERATOR_MAY.len(), ann.permissions.len());
        self.finds(PERMISSIONS.is(allowed && ann.permissions.len() == MODERATOR_MAY.len(), says));
        let started = self.hears(|event| match event {
            Event::RoomStarted { session, at } => Some((session.clone(), *at)),
            _ => None,
        });
        let (session, at) = started.await.ok_or(Stuck::Deaf)?;
        let late = self.line.relay.source_time() - at;
        let says = format!("an event's timestamp is {late} ms before it is heard");
        self.finds(STAMPED.is(late.unsigned_abs() < TOLD_WITHIN.as_millis() as u64, says));
        let (began, id) = (self.trial.clock.monotonic(), session.id.clone());
        let channel = session.event_channel.clone().unwrap_or_default();
        self.line.relay.subscribe_room(&channel).await?;
        let is_snapshot = |event: &Event| match event {
            Event::RoomSnapshot { session, .. } => Some(session.members.as_ref().map_or(0, Vec::len)),
            _ => None,
        };
        let snapshot = self.hears(is_snapshot).await;
        self.finds(match snapshot {
            Some(members) => SNAPSHOT.is(members == 1, format!("a subscription begins with {members} of 1 members")),
            None => SNAPSHOT.is(false, "a subscription begins with nothing"),
        });
        let announced = self.heard.iter().any(|event| matches!(event, Event::MemberJoined { .. }));
        let says = if announced { "brings" } else { "brings no" };
        self.finds(STARTED.is(!announced, format!("the first in a room {says} video.member.joined")));
        let members = self.line.relay.members(&id).await?;
        let same = members.iter().any(|member| member.meta == rest::meta("Ann"));
        let says = if same { "comes back unchanged" } else { "does not come back as it was" };
        self.finds(META.is(same, format!("the room token's meta {says} as the member's")));
        let known =
            self.rest_says(|play| {
                let (client, name, id) = (play.trial.client.clone(), play.room.name.clone(), id.clone());
                async move {
                    Ok(client.sessions(SessionsOf::LiveRoom(&name)).await?.into_iter().any(|known| known.id == id))
                }
            });
        let known = known.await;
        let took = self.trial.clock.monotonic().saturating_sub(began);
        self.finds(match known {
            true => KNOWN.is(true, format!("REST knows a session {} after it began", seconds(took))),
            false => KNOWN.is(false, format!("REST does not know a session {} after it began", seconds(took))),
        });
        Ok(session)
    }

    async fn ann_goes_on(&mut self, session: &RoomSession) -> Result<(), Stuck> {
        let listed = self.line.relay.rooms().await?.into_iter().any(|listed| listed.id == session.id);
        let says = if listed { "names" } else { "does not name" };
        self.finds(LISTED.is(listed, format!("the socket's list of live sessions {says} this one")));
        let sent = self.browser.does("send", "Ann", json!({})).await;
        self.finds(SEND.is(sent.ok, said("camera and microphone are added to a running call", &sent)));
        let second = self.token("Ann", JoinAs::Member, &MAY).await?;
        let again = self.browser.does("join", "Ann again", json!({ "token": second })).await;
        let first = self.browser.does("alive", "Ann", json!({})).await;
        let says = if first.itself { "is" } else { "is not" };
        self.finds(ITSELF.is(!first.itself, format!("who comes in {says} sent their own video.member.joined")));
        self.finds(TWICE.is(again.ok && first.ok, said("one person is inside twice, with two tokens", &again)));
        self.browser.does("leave", "Ann again", json!({})).await;
        Ok(())
    }

    async fn others_come(&mut self, session: &RoomSession) -> Result<(), Stuck> {
        several::ben_comes(self, session).await?;
        self.forget();
        // Both places are taken.
        let token = self.token("Cho", JoinAs::Audience, &[]).await?;
        let cho = self.browser.does("join", "Cho", json!({ "token": token })).await;
        self.finds(PLACES.is(cho.ok, said("somebody who only watches takes no place", &cho)));
        if cho.ok {
            self.somebody_watches(session, &cho).await?;
        }
        let token = self.token("Dev", JoinAs::Member, &MAY).await?;
        let dev = self.browser.does("join", "Dev", json!({ "token": token })).await;
        let says = if dev.ok { "lets one more in".to_owned() } else { format!("refuses with: {}", dev.words) };
        self.finds(FULL.is(!dev.ok, format!("a full room {says}")));
        if dev.ok {
            self.browser.does("leave", "Dev", json!({})).await;
        } else {
            self.the_room_grows().await?;
        }
        self.browser.does("leave", "Cho", json!({})).await;
        Ok(())
    }

    /// While people are inside.
    async fn the_room_grows(&mut self) -> Result<(), Stuck> {
        let larger = RoomPatch { max_members: Some(self.room.max_members + 1), ..RoomPatch::default() };
        self.trial.client.update_room(&self.room.id, &larger).await?;
        let token = self.token("Dev", JoinAs::Member, &MAY).await?;
        let dev = self.browser.does("join", "Dev", json!({ "token": token })).await;
        self.finds(LARGER.is(dev.ok, said("a place more lets one more in while the call runs", &dev)));
        self.browser.does("leave", "Dev", json!({})).await;
        Ok(())
    }

    async fn somebody_watches(&mut self, session: &RoomSession, cho: &Done) -> Result<(), Stuck> {
        let sees = ["Ann", "Ben"].into_iter().filter(|name| cho.names.iter().any(|seen| seen == name)).count();
        self.finds(WATCH_WHOM.is(sees == 2, format!("who only watches is told of {sees} of 2 others")));
        let counted = self.hears(|event| matches!(event, Event::Audience { total: 1.., .. }).then_some(())).await;
        let joined = self.heard.iter().any(|event| matches!(event, Event::MemberJoined { .. }));
        let says = match (joined, counted.is_some()) {
            (false, true) => "brings their number and no member event",
            (true, true) => "brings their number and a member event",
            (true, false) => "brings a member event and no number",
            (false, false) => "brings nothing",
        };
        self.finds(WATCHERS.is(!joined && counted.is_some(), format!("who only watches {says}")));
        let members = self.trial.client.session_members(&session.id).await?;
        let watches = members.iter().any(|member| member.name.as_deref() == Some("Cho"));
        let inside = members.iter().filter(|member| member.leave_time.is_none()).count();
        let says = format!(
            "REST lists {inside} inside where two take part and one watches{}",
            if watches { ", who is among them" } else { "" }
        );
        self.finds(MEMBERS.is(!watches && inside == 2, says));
        Ok(())
    }

    /// They are inside, or the play can't go on.
    async fn joins(&mut self, who: &'static str, join_as: JoinAs, may: &[&str]) -> Result<Done, Stuck> {
        let token = self.token(who, join_as, may).await?;
        self.joins_with(who, &token).await
    }

    async fn joins_with(&mut self, who: &'static str, token: &str) -> Result<Done, Stuck> {
        let done = self.browser.does("join", who, json!({ "token": token })).await;
        if done.ok { Ok(done) } else { Err(Stuck::Outside { who, words: done.words }) }
    }

    /// For the loopback page, which is where room tokens go.
    async fn token(&self, who: &str, join_as: JoinAs, may: &[&str]) -> Result<String, Error> {
        let token = rest::token(self.trial, &self.room.name, who, join_as, may).await?;
        Ok(token.0.expose_secret().to_owned())
    }

    fn finds(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// What was heard until now counts no more.
    fn forget(&mut self) {
        while self.line.events.try_recv().is_ok() {}
        self.heard.clear();
    }

    /// The first event that `wanted` takes, of those heard and those that come in time.
    async fn hears<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> Option<T> {
        if let Some(found) = self.heard.iter().find_map(&wanted) {
            return Some(found);
        }
        let (events, heard, room) = (&mut self.line.events, &mut self.heard, &self.room.name);
        let coming = async {
            while let Some(event) = events.recv().await {
                if is_elsewhere(&event, room) {
                    continue;
                }
                let found = wanted(&event);
                heard.push(event);
                if found.is_some() {
                    return found;
                }
            }
            None
        };
        self.trial.clock.timeout(TOLD_WITHIN, coming).await.flatten()
    }

    /// Asks REST each second until `settled`; whether it was in time.
    async fn rest_says<F>(&self, settled: impl Fn(&Self) -> F) -> bool
    where
        F: Future<Output = Result<bool, Error>>,
    {
        let asking = async {
            while !settled(self).await.unwrap_or(false) {
                self.trial.clock.sleep(REST_EVERY).await;
            }
        };
        self.trial.clock.timeout(REST_WITHIN, asking).await.is_some()
    }
}

/// The project's other rooms.
fn is_elsewhere(event: &Event, room: &str) -> bool {
    match event {
        Event::RoomStarted { session, .. } | Event::RoomEnded { session, .. } => {
            session.name.as_deref().is_some_and(|name| name != room)
        }
        _ => false,
    }
}

/// What was tried, and what the SDK said when it was refused.
fn said(tried: &str, done: &Done) -> String {
    if done.ok { tried.to_owned() } else { format!("not so: {tried} ({})", done.words) }
}
