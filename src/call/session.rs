//! Ticket to session, session to handoff, and out again.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::{
    Call,
    caller::{Caller, Tab},
    face::Faces,
    problem::{Problem, json},
};
use crate::access::{Begun, Meant, TicketProblem, TicketPurpose, Via, is_guest};

/// Characters of the page's random nonce: enough to be a secret, few enough to be hashed without thought.
const NONCE: std::ops::RangeInclusive<usize> = 16..=128;

#[derive(Deserialize)]
pub(super) struct Redeeming {
    ticket: String,
    nonce: String,
}

#[derive(Serialize)]
struct Begin<'a> {
    sid: &'a str,
    room: BeginRoom<'a>,
    you: You<'a>,
}

#[derive(Serialize)]
struct BeginRoom<'a> {
    room_key: &'a str,
    title: &'a str,
    channel: &'a str,
}

/// Who the page's reader is.
#[derive(Serialize)]
pub(super) struct You<'a> {
    id: String,
    name: &'a str,
    avatar_url: Option<String>,
    role: &'static str,
}

impl<'a> You<'a> {
    pub fn of(caller: &'a Caller, faces: &Faces) -> Self {
        let person = &caller.facts.person;
        Self {
            id: person.user_id.to_string(),
            name: &person.name,
            avatar_url: person.picture.as_deref().map(|path| faces.address(path)),
            role: caller.role.as_str(),
        }
    }
}

/// Swaps a ticket for a session. The same browser is answered the same again for a minute, so a lost answer costs
/// nothing; so does Discord's silence, for the page just asks again.
pub(super) async fn begin(
    State(call): State<Call>,
    tab: Tab,
    Json(body): Json<Redeeming>,
) -> Result<Response, Problem> {
    if !NONCE.contains(&body.nonce.len()) {
        return Err(Problem::Invalid("a nonce of a length that no page of ours sends"));
    }
    let redeemed = match call.tickets.redeem(&body.ticket, &body.nonce).await {
        Ok(redeemed) => redeemed,
        Err(TicketProblem::GuestUsed { room_key, user_id }) => return again(&call, &tab, &room_key, user_id).await,
        Err(TicketProblem::GuestExpired) => return Err(Problem::InvitationOver),
        Err(TicketProblem::Used) => return Err(Problem::TicketUsed),
        Err(TicketProblem::Expired) => return Err(Problem::TicketExpired),
        Err(TicketProblem::Store(error)) => return Err(error.into()),
    };
    let before = match &tab.sid {
        Some(sid) => call.sessions.named(&tab.headers, sid).await?,
        None => None,
    };
    let begun = Begun {
        sid: &redeemed.sid,
        user_id: redeemed.user_id,
        via: if is_guest(redeemed.user_id) { Via::Guest } else { Via::Ticket },
        room_key: &redeemed.room_key,
        tab: before.as_ref(),
    };
    let (session, cookies) = call.sessions.begin(&tab.headers, begun);
    let caller = call.counted(session, &redeemed.room_key).await?;
    Ok((cookies, call.begun(&caller).await).into_response())
}

/// A guest has no card to press Join on and finds the link where it was sent: in the browser that used it, it leads in
/// again while its session lasts.
async fn again(call: &Call, tab: &Tab, room_key: &str, guest_id: u64) -> Result<Response, Problem> {
    match call.sessions.meant(&tab.headers, None, room_key).await? {
        Meant::This(session) if session.user_id == guest_id => {
            Ok(call.begun(&call.counted(session, room_key).await?).await)
        }
        _ => Err(Problem::InvitationUsed),
    }
}

impl Call {
    async fn begun(&self, caller: &Caller) -> Response {
        let names = self.names(&caller.room).await;
        let answer = Begin {
            sid: &caller.session.sid,
            room: BeginRoom { room_key: &caller.room.key, title: &caller.room.title, channel: &names.channel },
            you: You::of(caller, &self.0.faces),
        };
        json(StatusCode::OK, &answer)
    }
}

#[derive(Deserialize)]
pub(super) struct HandingOff {
    /// Which of the session's rooms; the newest when left out.
    room: Option<String>,
}

#[derive(Serialize)]
struct HandedOff<'a> {
    url: &'a str,
    expires_at: i64,
}

/// A link that takes the same person into the same room in another browser.
pub(super) async fn hand_off(
    State(call): State<Call>,
    tab: Tab,
    Json(body): Json<HandingOff>,
) -> Result<Response, Problem> {
    let sid = tab.sid.as_deref().ok_or(Problem::SignedOut)?;
    let session = call.sessions.named(&tab.headers, sid).await?.ok_or(Problem::SignedOut)?;
    let room_key = match body.room {
        Some(room) if session.reaches(&room) => room,
        Some(_) => return Err(Problem::SignedOut),
        None => session.newest_room().ok_or(Problem::SignedOut)?.to_owned(),
    };
    let caller = call.counted(session, &room_key).await?;
    let link = call.tickets.issue(TicketPurpose::Handoff, &caller.room, caller.session.user_id).await?;
    Ok(json(StatusCode::OK, &HandedOff { url: link.url.expose_secret(), expires_at: link.expires_at }))
}

/// Signs out. Nothing to sign out of is fine too.
pub(super) async fn end(State(call): State<Call>, tab: Tab) -> Result<Response, Problem> {
    let session = match &tab.sid {
        Some(sid) => call.sessions.named(&tab.headers, sid).await?,
        None => None,
    };
    Ok(match session {
        Some(session) => (call.sessions.end(&tab.headers, &session).await?, StatusCode::NO_CONTENT).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

#[derive(Serialize)]
struct Door {
    sign_in: bool,
}

/// What somebody without a session can do before a room's door.
pub(super) async fn door(State(call): State<Call>) -> Response {
    json(StatusCode::OK, &Door { sign_in: call.sign_in() })
}
