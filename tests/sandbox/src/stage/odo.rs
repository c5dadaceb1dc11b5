//! Somebody to be in a call with: a robot in Odo's place, sent in by the visitor or coming by himself once somebody is alone.
//! Also how far the visitor has come, which the page's first three steps show.

use std::collections::HashSet;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{House, act::Outcome};
use crate::{
    clock::pause,
    discord::{Button, Id, Someone},
    signalwire::state::{Event, Kind, Refused, Room, Session},
};

/// Whom the robot plays, by key.
const ODO: &str = "odo";
/// Sessions that are remembered as visited.
const VISITED: usize = 1024;

/// How far anybody has come. It only grows.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Somebody has been in a call.
    entered: bool,
    /// So has Odo, together with somebody.
    met: bool,
    /// Counts up whenever anything happens in a call.
    happened: u64,
}

/// What the page's first steps depend on.
#[derive(Serialize)]
pub(super) struct Tour {
    /// Somebody has opened a room.
    opened: bool,
    entered: bool,
    met: bool,
    /// Whether Odo comes by himself.
    odo_comes: bool,
    /// Where "Send Odo in" leads from here, as people call it.
    room: Option<String>,
    /// Odo is in there.
    odo_inside: bool,
}

impl House {
    pub fn tour(&self, channel: Option<Id>) -> Tour {
        let Progress { entered, met, .. } = *self.0.progress.borrow();
        let room = self.room_for(channel);
        Tour {
            opened: !self.0.signalwire.rooms().is_empty(),
            entered,
            met,
            odo_comes: self.0.options.odo_comes_after.is_some(),
            odo_inside: room.as_ref().is_some_and(|room| !self.0.signalwire.robots(&room.name).is_empty()),
            room: room.map(|room| title(&room)),
        }
    }

    /// The room somebody means who looks at this channel: what is live there, else what was opened there last, else the same
    /// anywhere. What is over is meant by nobody.
    fn room_for(&self, channel: Option<Id>) -> Option<Room> {
        let video = self.0.signalwire.video();
        let live: HashSet<String> = video.live_sessions().into_iter().map(|session| session.name).collect();
        let channel = channel.map(|id| id.to_string());
        let open = video.rooms().into_iter().filter(|room| live.contains(&room.name) || self.is_awaited(room));
        open.max_by_key(|room| {
            let here = channel.is_some() && channel == channel_of(room.settings.meta.as_ref());
            (here, live.contains(&room.name), room.updated_at)
        })
    }

    /// Nobody is in the room, but people are still meant to come: it never was live, or its channel has a button to come in by.
    fn is_awaited(&self, room: &Room) -> bool {
        let can_be_pressed = |button: &Button| button.custom_id.is_some() && !button.disabled;
        let has_button = |channel: String| {
            self.0.discord.messages(&channel).iter().any(|message| message.buttons().any(can_be_pressed))
        };
        let was_live = self
            .0
            .signalwire
            .video()
            .with(|state, _| state.sessions_newest_first().any(|session| session.name == room.name));
        !was_live || channel_of(room.settings.meta.as_ref()).is_some_and(has_button)
    }

    fn odo_enters(&self, room_name: &str, channel: Option<String>) -> Result<(), String> {
        let (odo, someone) = self.somebody(ODO).ok_or("Odo is not of the cast.")?;
        if !self.0.signalwire.robots(room_name).is_empty() {
            return Err("Odo is inside already.".to_owned());
        }
        if let Some(channel) = channel {
            let place = odo.channels().into_iter().find(|place| place.id.to_string() == channel);
            let place = place.ok_or("Odo cannot see the room's channel, so he may not come in.")?;
            if !place.can_send {
                return Err(format!("In #{} Odo may only watch, so there would be nothing to see of him.", place.name));
            }
        }
        let robot = self.0.signalwire.send_robot(room_name, &someone.name, meta(&someone)).map_err(in_words)?;
        // The event of his coming may have been before he counted as the robot.
        self.note(&robot.session_id);
        Ok(())
    }

    /// If somebody is still alone in that session, Odo comes. Nobody to tell if he may not.
    fn keep_company(&self, session_id: &str) {
        let video = self.0.signalwire.video();
        let Some(session) = video.session(session_id).filter(Session::is_live) else { return };
        let people = video.members(session_id).into_iter().filter(|member| member.kind == Kind::Member);
        let who: Vec<Option<String>> = people.map(|member| text(&member.meta, "discord_user_id")).collect();
        let odo = self.somebody(ODO).map(|(_, someone)| someone.id.to_string());
        if let [somebody] = &who[..]
            && *somebody != odo
        {
            let _ = self.odo_enters(&session.name, channel_of(session.settings.meta.as_ref()));
        }
    }

    /// Something happened in the session: notes how far people have come.
    fn note(&self, session_id: &str) {
        let video = self.0.signalwire.video();
        let robots = video.session(session_id).map(|session| self.0.signalwire.robots(&session.name).len());
        let robots = robots.unwrap_or_default();
        let is_somebody = |kind| matches!(kind, Kind::Member | Kind::Audience);
        let people = video.members(session_id).iter().filter(|member| is_somebody(member.kind)).count();
        self.0.progress.send_modify(|progress| {
            progress.entered |= people > robots;
            progress.met |= robots > 0 && people > robots;
            progress.happened += 1;
        });
    }
}

/// Follows the calls until the stage ends.
pub(super) fn listen(house: &House) {
    let (events, house) = (house.0.signalwire.video().events(), house.clone());
    tokio::spawn(async move {
        let stop = house.0.stop.clone();
        stop.run_until_cancelled_owned(follow(house, events)).await;
    });
}

async fn follow(house: House, mut events: mpsc::UnboundedReceiver<Event>) {
    let mut visited = HashSet::new();
    while let Some(event) = events.recv().await {
        house.note(&event.session_id);
        let Some(after) = house.0.options.odo_comes_after else { continue };
        if visited.len() == VISITED {
            visited.clear();
        }
        // Of whoever comes first there is no other event than the start.
        let somebody_came = matches!(event.name, "video.room.started" | "video.member.joined");
        if somebody_came && visited.insert(event.session_id.clone()) {
            let (house, stop) = (house.clone(), house.0.stop.clone());
            tokio::spawn(async move {
                if stop.run_until_cancelled(pause(after)).await.is_some() {
                    house.keep_company(&event.session_id);
                }
            });
        }
    }
}

#[derive(Deserialize)]
pub(super) struct SendIn {
    /// The channel the visitor looks at.
    channel: Option<Id>,
}

/// `POST /api/odo`: "Send Odo in".
pub(super) async fn send_in(State(house): State<House>, Json(SendIn { channel }): Json<SendIn>) -> Json<Outcome> {
    let Some(room) = house.room_for(channel) else {
        return Json(Outcome::failed("No room is open. Run /video standup first."));
    };
    let sent = house.odo_enters(&room.name, channel_of(room.settings.meta.as_ref()));
    Json(sent.map_or_else(Outcome::failed, |()| Outcome::default()))
}

/// As on the tokens of people whom the bot lets in.
fn meta(someone: &Someone) -> Value {
    json!({
        "discord_user_id": someone.id,
        "role": "member",
        "stay": Uuid::new_v4().simple().to_string(),
    })
}

/// Which channel a room belongs to, by what the bot noted on it.
fn channel_of(meta: Option<&Value>) -> Option<String> {
    text(meta?, "channel")
}

fn text(meta: &Value, key: &str) -> Option<String> {
    meta.get(key)?.as_str().map(str::to_owned)
}

fn title(room: &Room) -> String {
    room.settings.display_name.clone().unwrap_or_else(|| room.name.clone())
}

fn in_words(refused: Refused) -> String {
    match refused {
        Refused::Locked => "A moderator locked the room, so Odo stays outside.".to_owned(),
        Refused::Full => "The room is full.".to_owned(),
        Refused::NoRoom | Refused::NoSession => "That room is gone. Run /video standup again.".to_owned(),
        other => format!("Odo was not let in: {other}."),
    }
}
