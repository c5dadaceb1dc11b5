//! The outside party SignalWire: its Video REST API and its event socket, as small typed verbs.
//!
//! In: our part of the configuration and the clock. Out: rooms, room tokens, room sessions and events, or an
//! `Error` that says what a caller can do about it. Nothing here knows what a room is for.

use std::fmt;

use jiff::Timestamp;

mod client;
mod error;
mod raw;
pub mod relay;

mod retry;
mod rooms;
mod sessions;
mod tokens;

pub use client::{Client, Heard};
pub use error::{Error, Fault};

pub use relay::Relay;
pub use rooms::{NewRoom, RemoveAt, Room, RoomPatch};
pub use sessions::{Session, SessionEvent, SessionMember, SessionStatus, SessionsOf};
pub use tokens::{JoinAs, RoomToken, RoomTokenRequest};

/// Unix milliseconds as SignalWire writes times: RFC 3339, UTC, whole seconds.
fn rfc3339(unix_ms: i64) -> String {
    Timestamp::from_second(unix_ms.div_euclid(1000)).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// A time SignalWire wrote, kept as its text until asked for: an odd one spoils its own field only.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Time(String);

impl Time {
    pub fn unix_ms(&self) -> Option<i64> {
        self.0.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
    }

    /// Whether it was written without fractions, as SignalWire's documented examples are: then it stands for
    /// the whole second.
    pub fn is_whole_second(&self) -> bool {
        !self.0.contains('.')
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
