//! REST's word on one session. Slower than the event socket and vaguer about who somebody is, but it knows what is
//! over, and everybody who was ever there. Only a plain "completed" ends a session; that something is missing from an
//! answer says nothing, for REST lags behind.

use super::{
    Shared,
    fact::{Fact, Source, What},
    people::Told,
    record::{About, Live, Outcome},
};
use crate::{
    signalwire::{Error, Session, SessionEvent, SessionMember, SessionStatus, SessionsOf},
    store::{Present, SessionFacts},
};

/// A session younger than this may not have reached REST yet.
const REST_KNOWS_MS: i64 = 5 * 60_000;
/// SignalWire may tell of a start by a clock this much slow.
const START_BLUR_MS: i64 = 60_000;

/// What REST's word came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Live,
    Over,
    /// It does not say, or it can't be written down now.
    Unclear,
}

impl Shared {
    /// Asks REST about a session that has begun, and records what it says.
    pub async fn check(&self, present: &Present, source: Source) -> Result<Word, Error> {
        let Some(video_session_id) = present.video_session_id.as_deref() else { return Ok(Word::Unclear) };
        let asked_at = self.relay.source_time();
        match self.signalwire.session(video_session_id).await {
            Ok(session) => self.check_listed(&present.session_id, &session, asked_at, source).await,
            Err(Error::NotFound) => self.check_missing(present, video_session_id, asked_at, source).await,
            Err(error) => Err(error),
        }
    }

    /// The same for a session REST has shown already, with who is and was in it.
    pub async fn check_listed(
        &self,
        session_id: &str,
        session: &Session,
        asked_at: i64,
        source: Source,
    ) -> Result<Word, Error> {
        let members = match self.signalwire.session_members(&session.id).await {
            Ok(members) => members,
            // That it is over need not wait for who was there.
            Err(error) if session.status == SessionStatus::Completed => {
                tracing::debug!(%error, session.id = session_id, "who was in a session is asked again");
                self.looks.ask_again(session_id, self.clock.monotonic());
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let Some(known) = self.known(session_id).await else { return Ok(Word::Unclear) };
        let about = About::Session(session_id.to_owned());
        let word = Spoken { session, members: &members, asked_at, source };
        self.record_word(about, word, Some(&known)).await;
        Ok(if session.status == SessionStatus::Completed { Word::Over } else { Word::Live })
    }

    /// A session of a room of ours that is live, or was and may be the present opening's.
    pub async fn adopt(&self, name: &str, session: &Session, asked_at: i64, source: Source) -> Result<Outcome, Error> {
        let started_at = session.start_time.as_ref().and_then(|time| time.unix_ms());
        let live = match (session.status, started_at) {
            (SessionStatus::Completed, Some(at)) => Live::Started(at),
            (SessionStatus::Completed, None) => return Ok(Outcome::Foreign),
            _ => Live::Seen(asked_at),
        };
        let members = self.signalwire.session_members(&session.id).await?;
        let about =
            About::Video { video_session_id: session.id.clone(), room_name: Some(name.to_owned()), live: Some(live) };
        // The event socket may have told of it by now, and to the millisecond.
        let known = unless_away(self.store.facts_of_video(&session.id).await, &session.id);
        Ok(self.record_word(about, Spoken { session, members: &members, asked_at, source }, known.as_ref()).await)
    }

    async fn record_word(&self, about: About, word: Spoken<'_>, known: Option<&SessionFacts>) -> Outcome {
        let Spoken { session, members, asked_at, source } = word;
        let relay_decides = session.status != SessionStatus::Completed && self.is_followed(&session.id);
        let events = if relay_decides { Vec::new() } else { self.events_of(session).await };
        let facts = Told { session, members, events: &events, asked_at, source, known, relay_decides }.facts();
        let outcome = self.recorder.record(about, facts).await;
        if let Outcome::Recorded(recorded) = &outcome {
            self.keep_cost(&recorded.session_id, Some(session), members).await;
        }
        outcome
    }

    /// What the event socket did not tell. Without it who is inside is known all the same.
    async fn events_of(&self, session: &Session) -> Vec<SessionEvent> {
        self.signalwire.session_events(&session.id).await.unwrap_or_else(|error| {
            tracing::debug!(%error, video_session.id = session.id, "what happened in a session can't be read");
            Vec::new()
        })
    }

    /// REST knows no such session. An old one that is not among its room's live ones either is gone for good.
    async fn check_missing(
        &self,
        present: &Present,
        video_session_id: &str,
        asked_at: i64,
        source: Source,
    ) -> Result<Word, Error> {
        let began = present.started_at.unwrap_or(present.opened_at);
        if asked_at - began < REST_KNOWS_MS || self.relay.members(video_session_id).await.is_ok() {
            return Ok(Word::Unclear);
        }
        let live = self.signalwire.sessions(SessionsOf::LiveRoom(&present.video_name)).await?;
        if live.iter().any(|session| session.id == video_session_id) {
            return Ok(Word::Live);
        }
        let over = Fact { at: asked_at, source, what: What::Ended };
        self.recorder.record(About::Session(present.session_id.clone()), vec![over]).await;
        Ok(Word::Over)
    }

    /// A session that was opened and that nobody was seen in: whether somebody was. The word is `Unclear` when not.
    pub async fn find_start(&self, present: &Present, of: SessionsOf<'_>, source: Source) -> Result<Word, Error> {
        let asked_at = self.relay.source_time();
        let mut sessions = self.signalwire.sessions(of).await?;
        let start = |session: &Session| session.start_time.as_ref().and_then(|time| time.unix_ms());
        sessions.retain(|session| {
            session.status != SessionStatus::Completed
                || start(session).is_some_and(|at| at >= present.opened_at - START_BLUR_MS)
        });
        sessions.sort_by_key(start);
        // The first that is not an earlier opening's is this one's; a later one only matters while it is live.
        let mut found = Word::Unclear;
        for session in &sessions {
            if found == Word::Unclear || session.status != SessionStatus::Completed {
                let outcome = self.adopt(&present.video_name, session, asked_at, source).await?;
                if matches!(outcome, Outcome::Recorded(recorded) if recorded.session_id == present.session_id) {
                    found = Word::Live;
                }
            }
        }
        Ok(found)
    }

    /// What is recorded of a session; a database that is away is another look's business.
    pub async fn known(&self, session_id: &str) -> Option<SessionFacts> {
        unless_away(self.store.facts(session_id).await, session_id)
    }
}

fn unless_away(read: sqlx::Result<Option<SessionFacts>>, session_id: &str) -> Option<SessionFacts> {
    read.unwrap_or_else(|error| {
        tracing::warn!(%error, session.id = session_id, "what is recorded of a session can't be read");
        None
    })
}

struct Spoken<'a> {
    session: &'a Session,
    members: &'a [SessionMember],
    asked_at: i64,
    source: Source,
}
