//! `greenroom check --deep`: what docs/assumptions.md assumes of SignalWire, settled on a live account with throw-away
//! rooms. In: the credentials, and a browser that somebody opens a link in. Out: a finding for each assumption, by its
//! number there; the rooms are deleted again, whatever happens.

use std::time::Duration;

use super::{Asked, Finding, Section};
use crate::{
    clock::Clock,
    config::Config,
    secret::Random,
    signalwire::{Client, Error, NewRoom, Room},
};

/// The page that somebody opens, and what it is told to do.
mod browser;
/// What shows only with people inside.
mod call;
/// What REST says.
mod rest;
/// What the event socket says.
mod socket;

/// Rooms of ours end in a tag, so none of them begins like this by chance.
const PREFIX: &str = "greenroom-deep-";
const NAME_BITS: usize = 64;
const META: &str = "greenroom-check";

pub(super) async fn check(config: &Config, clock: &Clock, asked: &Asked) -> Vec<Section> {
    let client = Client::new(&config.signalwire, clock.clone()).unhurried();
    let mut trial = Trial { client, clock: clock.clone(), random: Random::system(), rooms: Vec::new() };
    let findings = tokio::select! {
        findings = settle(&mut trial, config, asked) => findings,
        _ = tokio::signal::ctrl_c() => vec![Finding::unseen("stopped by Ctrl-C before it was through")],
    };
    let swept = trial.sweep().await;
    vec![
        Section { title: "What is assumed of SignalWire", findings },
        Section { title: "Throw-away rooms", findings: vec![swept] },
    ]
}

async fn settle(trial: &mut Trial, config: &Config, asked: &Asked) -> Vec<Finding> {
    let room = match trial.make(2).await {
        Ok(room) => room,
        Err(error) => return vec![Finding::problem(format!("no throw-away room can be made: {error}"), MEND)],
    };
    eprintln!("Trying things with the room {}, which is deleted in the end ...", room.name);
    let mut findings = rest::settle(trial, &room).await;
    let (socket, line) = socket::settle(trial, config, asked.listen).await;
    findings.extend(socket);
    if asked.without_browser {
        findings.push(Finding::unseen("what shows only with people inside: --without-browser was given"));
    } else if let Some(line) = line {
        findings.extend(call::settle(trial, config, &room, line).await);
    } else {
        findings.push(Finding::unseen("what shows only with people inside: that takes the event socket"));
    }
    findings
}

const MEND: &str = "Mend what the lines above name first.";

/// What the trial works with, and what it has to take away again.
struct Trial {
    client: Client,
    clock: Clock,
    random: Random,
    /// Ids.
    rooms: Vec<String>,
}

impl Trial {
    fn name(&self) -> String {
        format!("{PREFIX}{}", self.random.id(NAME_BITS).to_ascii_lowercase())
    }

    async fn make(&mut self, max_members: u32) -> Result<Room, Error> {
        let room = NewRoom {
            name: self.name(),
            display_name: "Greenroom's check".to_owned(),
            max_members,
            record_on_start: false,
            enable_room_previews: false,
            meta: serde_json::json!({ META: true }),
        };
        let room = self.client.create_room(&room).await?;
        self.rooms.push(room.id.clone());
        Ok(room)
    }

    /// Deletes what was made. A room whose making was not answered is not known and stays.
    async fn sweep(self) -> Finding {
        let mut left = Vec::new();
        for id in &self.rooms {
            if self.client.delete_room(id).await.is_err() && self.client.delete_room(id).await.is_err() {
                left.push(id.as_str());
            }
        }
        match &left[..] {
            [] => Finding::ok("all of them are deleted"),
            left => Finding::problem(
                format!("these are left at SignalWire: {}", left.join(", ")),
                format!("Delete them in the dashboard; their names begin with {PREFIX}."),
            ),
        }
    }
}

/// What an assumption came to, by its number in docs/assumptions.md.
struct Assumed {
    number: &'static str,
    /// What people notice when it is otherwise.
    otherwise: &'static str,
}

impl Assumed {
    const fn new(number: &'static str, otherwise: &'static str) -> Self {
        Self { number, otherwise }
    }

    fn is(&self, as_assumed: bool, says: impl std::fmt::Display) -> Finding {
        let says = format!("{}: {says}", self.number);
        if as_assumed { Finding::ok(says) } else { Finding::differs(says, self.otherwise) }
    }

    fn unseen(&self, why: impl std::fmt::Display) -> Finding {
        Finding::unseen(format!("{}: {why}", self.number))
    }

    fn of(&self, outcome: Result<Finding, Error>) -> Finding {
        outcome.unwrap_or_else(|error| self.unseen(error))
    }
}

/// As people read it.
fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f32())
}
