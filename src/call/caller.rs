//! Who is asking, and in which role: the question every room route begins with.
//!
//! In: a request's cookies and the `sid` its tab names. Out: the session, what Discord says now, and the decision.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use http::HeaderMap;
use serde::Deserialize;

use super::{Call, knock::Door, problem::Problem};
use crate::{
    access::{BrowserSession, Decision, Facts, Meant, Role, Rule},
    room::Room,
    store::{Entrance, Standing},
};

/// The session header, and the query parameter for where a browser allows no header.
const SESSION_HEADER: &str = "x-greenroom-session";

/// What a tab says about itself: its cookies, and which of them is its own.
#[derive(Debug)]
pub(super) struct Tab {
    pub headers: HeaderMap,
    pub sid: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    sid: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Tab {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let header = parts.headers.get(SESSION_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let named = || Query::<Named>::try_from_uri(&parts.uri).ok().and_then(|query| query.0.sid);
        let sid = header.or_else(named).filter(|sid| !sid.is_empty());
        Ok(Self { headers: parts.headers.clone(), sid })
    }
}

/// Somebody who may be in this room, decided just now.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub session: BrowserSession,
    pub room: Room,
    pub facts: Facts,
    pub decision: Decision,
    pub role: Role,
    /// Whether they may go in.
    pub door: Door,
    /// The present session of the room, if there is one.
    pub standing: Option<Standing>,
}

impl Call {
    /// Who `tab` is in the room, or why it may not be there.
    pub(super) async fn caller(&self, tab: &Tab, room_key: &str) -> Result<Caller, Problem> {
        let session = match self.sessions.meant(&tab.headers, tab.sid.as_deref(), room_key).await? {
            Meant::This(session) => session,
            Meant::Changed(other) => return Err(self.changed(&other, room_key).await?),
            Meant::None => return Err(Problem::SignedOut),
        };
        self.counted(session, room_key).await
    }

    /// The same of a request, which counts against its person's and its server's allowance.
    pub(super) async fn counted(&self, session: BrowserSession, room_key: &str) -> Result<Caller, Problem> {
        self.0.people.take(&session.user_id)?;
        let caller = self.admit(session, room_key).await?;
        self.0.guilds.take(&caller.room.place.guild_id)?;
        Ok(caller)
    }

    /// What may be done by who holds `session`, decided from Discord's present answer.
    pub(super) async fn admit(&self, session: BrowserSession, room_key: &str) -> Result<Caller, Problem> {
        let Some(Entrance { room, standing }) = self.store.entrance(room_key, session.user_id).await? else {
            return Err(Problem::NotAllowed { name: None, rule: "no such room".to_owned() });
        };
        let facts = self.facts(&session, &room, standing.as_ref()).await?;
        let decision = self.membership.decide(&facts);
        match decision.role {
            Some(role) => {
                let door = self.door(&decision, &room, session.user_id, standing.as_ref()).await?;
                Ok(Caller { session, room, facts, decision, role, door, standing })
            }
            None if decision.rule == Rule::Removed => Err(Problem::Removed { room: room.title }),
            None if decision.rule == Rule::NotInvited => Err(Problem::InvitationOver),
            None => {
                let name = Some(facts.person.name).filter(|name| !name.is_empty());
                Err(Problem::NotAllowed { name, rule: decision.rule.to_string() })
            }
        }
    }

    async fn facts(
        &self,
        session: &BrowserSession,
        room: &Room,
        standing: Option<&Standing>,
    ) -> Result<Facts, Problem> {
        let facts = match self.membership.facts(session.user_id, room.place).await {
            Ok(facts) => facts,
            // Discord's silence puts nobody out who is inside: they go by their last answer, so by no higher role.
            Err(silent) => {
                let lately = standing
                    .filter(|standing| standing.inside)
                    .and_then(|_| self.membership.facts_lately(session.user_id, room.place));
                lately.ok_or(silent)?
            }
        };
        let opened_by = standing.map(|standing| standing.session.opened_by);
        let refused = standing.is_some_and(|standing| standing.refused);
        let watches = standing.is_some_and(Standing::watches);
        Ok(facts.in_session(opened_by, refused, watches))
    }

    /// The browser is another's now. Whose, it says only where that person may be anyway.
    async fn changed(&self, other: &BrowserSession, room_key: &str) -> Result<Problem, Problem> {
        let now = self.counted(other.clone(), room_key).await?;
        Ok(Problem::SessionChanged { name: now.facts.person.name })
    }
}
