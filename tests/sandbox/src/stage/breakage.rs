//! What the page has no button for: things that break at the video service while somebody is in a call.

use axum::{Json, extract::State};
use http::StatusCode;
use serde::Deserialize;

use super::House;
use crate::signalwire::state::{Member, Session};

#[derive(Deserialize)]
pub(super) struct Breakage {
    /// Key of somebody of the cast, who is in a call.
    #[serde(rename = "as")]
    who: String,
    what: What,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    /// Their media goes nowhere, while their socket lives.
    Media,
    /// Somebody with the dashboard deletes the room and ends what goes on in it.
    Room,
}

/// `POST /api/break`
pub(super) async fn breaks(State(house): State<House>, Json(asked): Json<Breakage>) -> StatusCode {
    let Some((session, members)) = house.call_of(&asked.who) else { return StatusCode::NOT_FOUND };
    let signalwire = &house.0.signalwire;
    let broke = match asked.what {
        What::Media => {
            let mut broke = false;
            for member in members {
                broke |= signalwire.lose_media(&member.id).await;
            }
            broke
        }
        What::Room => {
            let deleted = signalwire.kill_room(&session.name);
            signalwire.video().end(&session.id);
            deleted
        }
    };
    if broke { StatusCode::NO_CONTENT } else { StatusCode::CONFLICT }
}

impl House {
    /// The call somebody is in, and what they are in it with.
    fn call_of(&self, key: &str) -> Option<(Session, Vec<Member>)> {
        let id = self.somebody(key)?.1.id.to_string();
        let video = self.0.signalwire.video();
        video.live_sessions().into_iter().find_map(|session| {
            let is_theirs =
                |member: &Member| member.meta.get("discord_user_id").and_then(|id| id.as_str()) == Some(&*id);
            let members: Vec<_> = video.members(&session.id).into_iter().filter(is_theirs).collect();
            (!members.is_empty()).then_some((session, members))
        })
    }
}
