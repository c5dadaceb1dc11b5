//! A call is ended for all who are inside, whoever asks: the page or a command. In: a room and its present session,
//! from somebody who was found to be its moderator. Out: SignalWire puts everybody out; the events tell the rest.

use std::sync::Arc;

use super::{Room, Rooms, Session};
use crate::{
    clock::Clock,
    signalwire::{self, Relay, RemoveAt, RoomPatch},
};

/// Asks for a look at a session (ours, by id): something may have happened inside.
pub type AskForLook = Arc<dyn Fn(&str) + Send + Sync>;

/// Ends calls. Cheap to clone.
#[derive(Clone)]
pub struct Ending {
    pub rooms: Rooms,
    pub signalwire: signalwire::Client,
    pub relay: Relay,
    pub look: AskForLook,
    pub clock: Clock,
}

impl std::fmt::Debug for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ending")
    }
}

/// Why a call goes on, or why it is not known whether its room does.
#[derive(Debug, thiserror::Error)]
pub enum EndProblem {
    #[error("the video service does not do its part")]
    Video(#[from] signalwire::Error),
    #[error("the database does not do its part")]
    Store(#[from] sqlx::Error),
}

impl Ending {
    /// Puts everybody out of `session` of `room`. `by` is only logged: whether they may is decided before.
    pub async fn end(&self, room: &Room, session: &Session, by: u64) -> Result<(), EndProblem> {
        let now = self.clock.unix_ms();
        let through_relay = match &session.video_session_id {
            Some(id) => self.relay.remove_all(id).await.is_ok(),
            None => false,
        };
        if !through_relay && let Some(room_id) = &room.video_room_id {
            let patch = RoomPatch { remove_at: Some(RemoveAt::UnixMs(now)), ..RoomPatch::default() };
            // The room puts out whoever comes next, too. Noted before, lest a crash lose it, and after, because
            // somebody may have asked in between.
            self.rooms.unensured(room).await?;
            self.signalwire.update_room(room_id, &patch).await?;
            self.rooms.unensured(room).await?;
        }
        (self.look)(&session.id);
        tracing::info!(room.key = room.key, by.id = by, through_relay, "a call was ended");
        Ok(())
    }
}
