//! Somebody is put out of a call, through the event socket. Nobody can be without it.

use crate::{
    room::Rooms,
    signalwire::{Error, Relay},
};

/// Whether everything they are inside with is out now.
pub(super) async fn put_out(
    rooms: &Rooms,
    relay: &Relay,
    session_id: &str,
    video_session_id: Option<&str>,
    user_id: u64,
) -> bool {
    let Some(video_session_id) = video_session_id else { return false };
    let inside = match rooms.inside(session_id).await {
        Ok(inside) => inside,
        Err(error) => {
            tracing::error!(%error, "who is inside can't be read");
            return false;
        }
    };
    let mut out = true;
    for stay in inside.iter().filter(|stay| stay.user_id == Some(user_id)) {
        match relay.remove(video_session_id, &stay.member_id).await {
            Ok(()) | Err(Error::NotFound) => {}
            Err(error) => {
                tracing::debug!(%error, "somebody could not be put out of a call");
                out = false;
            }
        }
    }
    out
}
