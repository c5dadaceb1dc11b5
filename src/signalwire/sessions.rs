//! Room sessions: each live run of a room, and who was in it.
//! <https://signalwire.com/docs/apis/rest/video/room-sessions>

use serde::{Deserialize, Deserializer};

use super::{Client, Error, Time};

/// So few that a page of the longest names stays below what is read of an answer.
const SESSIONS_PER_PAGE: &str = "25";
const MEMBERS_PER_PAGE: &str = "40";
const EVENTS_PER_PAGE: &str = "25";

/// One live run of a room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Session {
    pub id: String,
    /// The room's name; gone when the room was.
    pub name: Option<String>,
    #[serde(default)]
    pub status: SessionStatus,
    pub start_time: Option<Time>,
    pub end_time: Option<Time>,
    pub locked: Option<bool>,
    /// Millionths of a dollar; only lists say it.
    #[serde(default, rename = "cost_in_dollars", deserialize_with = "micros")]
    pub cost_micros: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionStatus {
    InProgress,
    Completed,
    /// Neither of the two the API documents.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Somebody, or a screen or a device, that is or was in a session. REST doesn't say which of these, nor the meta.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SessionMember {
    pub id: String,
    pub name: Option<String>,
    pub join_time: Option<Time>,
    pub leave_time: Option<Time>,
    /// Millionths of a dollar.
    #[serde(default, rename = "cost_in_dollars", deserialize_with = "micros")]
    pub cost_micros: Option<i64>,
}

/// Something that happened in a session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SessionEvent {
    /// Which names there are is not published: like `room.started`.
    pub name: Option<String>,
    pub created_at: Option<Time>,
}

/// Dollars, as a number. What can't be read is not worth losing an answer for.
fn micros<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let dollars = Option::<serde_json::Value>::deserialize(deserializer)?.and_then(|dollars| dollars.as_f64());
    Ok(dollars.filter(|dollars| dollars.is_finite()).map(|dollars| (dollars * 1e6).round() as i64))
}

/// Which sessions to list.
#[derive(Debug, Clone, Copy)]
pub enum SessionsOf<'a> {
    /// All that are live, in the whole project.
    AllLive,
    /// The live ones of the room of this name: none or one.
    LiveRoom(&'a str),
    /// All of the room of this name that SignalWire remembers.
    Room(&'a str),
}

impl Client {
    pub async fn sessions(&self, of: SessionsOf<'_>) -> Result<Vec<Session>, Error> {
        let page = ("page_size", SESSIONS_PER_PAGE);
        let live = ("status", "in-progress");
        let query: &[(&str, &str)] = match of {
            SessionsOf::AllLive => &[live, page],
            SessionsOf::LiveRoom(name) => &[("room_name", name), live, page],
            SessionsOf::Room(name) => &[("room_name", name), page],
        };
        self.list("GET /room_sessions", &["room_sessions"], query).await
    }

    pub async fn session(&self, id: &str) -> Result<Session, Error> {
        self.get("GET /room_sessions/{id}", &["room_sessions", id]).await
    }

    pub async fn session_members(&self, id: &str) -> Result<Vec<SessionMember>, Error> {
        let query = [("page_size", MEMBERS_PER_PAGE)];
        self.list("GET /room_sessions/{id}/members", &["room_sessions", id, "members"], &query).await
    }

    /// What SignalWire remembers of a session.
    pub async fn session_events(&self, id: &str) -> Result<Vec<SessionEvent>, Error> {
        let query = [("page_size", EVENTS_PER_PAGE)];
        self.list("GET /room_sessions/{id}/events", &["room_sessions", id, "events"], &query).await
    }
}
