//! What the clock brings about: removals, ends, forgetting.

use super::{Left, Session, State};

/// Sessions that are over and still answered for; a load test makes more.
const ENDED_KEPT: usize = 2_000;

/// What is due at some moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    Member(String),
    Session(String),
}

impl State {
    pub(super) fn do_what_is_due(&mut self, now: i64) {
        while let Some((at, due)) = self.deadlines.first().cloned() {
            if at > now {
                return;
            }
            self.deadlines.pop_first();
            match due {
                Due::Session(id) => {
                    let ends = |session: &&Session| {
                        session.is_live() && session.settings.remove_at.is_some_and(|remove_at| remove_at <= now)
                    };
                    if self.session(&id).filter(ends).is_some() {
                        self.end(&id, now);
                    }
                }
                Due::Member(id) => {
                    let Some(member) = self.members.get(&id).filter(|member| member.is_present()) else { continue };
                    if member.due().is_some_and(|due| due <= now) {
                        let vanished = member.gone_at.is_some_and(|gone_at| gone_at <= now);
                        self.take_out(&id, if vanished { Left::Vanished } else { Left::Removed }, now);
                    }
                }
            }
        }
    }

    pub(super) fn remember_deadline(&mut self, at: Option<i64>, due: Due) {
        if let Some(at) = at {
            self.deadlines.insert((at, due));
        }
    }

    /// Forgets the oldest sessions that are over, with all that belongs to them.
    pub(super) fn forget_old_sessions(&mut self) {
        while self.sessions.len() > self.live.len() + ENDED_KEPT {
            let Some(number) = self.sessions.iter().find(|(_, session)| !session.is_live()).map(|(number, _)| *number)
            else {
                return;
            };
            let Some(session) = self.sessions.remove(&number) else { return };
            self.session_by_id.remove(&session.id);
            for id in &session.everyone {
                self.members.remove(id);
            }
            for id in &session.recordings {
                self.recordings.remove(id);
            }
            self.recording_order.retain(|id| self.recordings.contains_key(id));
        }
    }
}
