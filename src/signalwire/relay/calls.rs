//! Calls into live rooms. All name the room session, never the room. Without a connection they fail at once.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Member, Relay, RoomSession, event::OF_ONE_ROOM};
use crate::signalwire::{Error, Fault};

impl Relay {
    /// All live sessions of the project, with their members.
    pub async fn rooms(&self) -> Result<Vec<RoomSession>, Error> {
        read(self.0.call("video.rooms.get", json!({})).await?, "rooms")
    }

    /// Who is in a live session; [`Error::NotFound`] when it is over.
    pub async fn members(&self, session_id: &str) -> Result<Vec<Member>, Error> {
        read(self.call("video.members.get", session_id).await?, "members")
    }

    /// Asks for a live session's events, which begin with a snapshot. Repeating it does no harm.
    pub async fn subscribe_room(&self, event_channel: &str) -> Result<(), Error> {
        let params = json!({"event_channel": event_channel, "events": OF_ONE_ROOM, "get_initial_state": true});
        self.0.call("signalwire.subscribe", params).await.map(drop)
    }

    /// Puts one member out.
    pub async fn remove(&self, session_id: &str, member_id: &str) -> Result<(), Error> {
        let params = json!({"room_session_id": session_id, "member_id": member_id});
        self.0.call("video.member.remove", params).await.map(drop)
    }

    /// Puts everybody out, which is the only way to end a session from outside.
    pub async fn remove_all(&self, session_id: &str) -> Result<(), Error> {
        self.remove(session_id, "all").await
    }

    /// Keeps newcomers out.
    pub async fn lock(&self, session_id: &str) -> Result<(), Error> {
        self.call("video.lock", session_id).await.map(drop)
    }

    pub async fn unlock(&self, session_id: &str) -> Result<(), Error> {
        self.call("video.unlock", session_id).await.map(drop)
    }

    async fn call(&self, method: &'static str, session_id: &str) -> Result<Value, Error> {
        self.0.call(method, json!({"room_session_id": session_id})).await
    }
}

/// A list out of an answer.
fn read<T: for<'a> Deserialize<'a>>(mut answer: Value, field: &str) -> Result<Vec<T>, Error> {
    let list = answer.get_mut(field).map(Value::take).ok_or(Error::Unavailable(Fault::Answer))?;
    serde_json::from_value(list).map_err(|_| Error::Unavailable(Fault::Answer))
}
