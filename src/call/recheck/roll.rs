//! Everybody inside, and when each is decided about next. In: who is inside, hints, decisions. Out: the next person
//! to decide about, and how old the answer about them may be. Of several processes each goes through its part of them.
//! Pure; times are monotonic.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::part::Part;
use crate::{
    access::{Role, Rule},
    room::Attendee,
};

/// Everybody once in so long, or when there are more than our pace allows, as soon as they have their turn.
const PERIOD: Duration = Duration::from_secs(60);
/// While Discord says nothing.
const SILENT_PACE: Duration = Duration::from_secs(1);
/// How old an answer may be that somebody whose time has come goes by ...
const FRESH: Duration = Duration::from_secs(5);
/// ... and where only what changed is asked for again.
const RECENT: Duration = Duration::from_secs(60);
/// After a try to put somebody out, they are out or tried again, with growing pauses.
const AGAIN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// A page that hears of a lesser role comes in again with another room token within this.
const GRACE: Duration = Duration::from_secs(20);

/// One person in one session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub session_id: String,
    pub room_key: String,
    pub user_id: u64,
}

impl Key {
    pub fn of(person: &Attendee) -> Self {
        Self { session_id: person.session_id.clone(), room_key: person.room_key.clone(), user_id: person.user_id }
    }
}

/// What a decision came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    May(Role),
    /// They may, but hold a room token of more than that, and their page didn't take another in time.
    Holds {
        /// False: nobody could put them out.
        out: bool,
    },
    MayNot {
        rule: Rule,
        /// False: nobody could put them out.
        out: bool,
    },
    /// Discord doesn't say.
    Silence,
}

/// What is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Their role is another now.
    Role,
    Out(Rule),
    /// They were put out, and may come in again as what they are now.
    Lowered,
    /// The first of several tries failed.
    StillInside,
}

#[derive(Debug)]
struct Entry {
    person: Attendee,
    due: Duration,
    /// Something changed, or they just came: known answers will do, and whose part they are is no matter.
    hinted: bool,
    under_way: bool,
    role: Option<Role>,
    /// Since when they hold more than they may.
    holds_since: Option<Duration>,
    /// Tries to put them out.
    tries: u32,
}

/// Somebody to decide about.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub person: Attendee,
    /// How old the answer about them may be.
    pub age: Duration,
    /// They have held more than they may for so long that their page would have taken another room token.
    pub is_late: bool,
}

/// Everybody inside.
#[derive(Debug)]
pub(super) struct Roll {
    entries: HashMap<Key, Entry>,
    paced_until: Duration,
    part: Part,
}

impl Roll {
    pub fn new(part: Part) -> Self {
        Self { entries: HashMap::new(), paced_until: Duration::ZERO, part }
    }

    /// How many processes there are changes, and so does everybody's part.
    pub fn is_for(&mut self, part: Part) {
        self.part = part;
    }

    /// Who is inside now: who came is due at once, for two processes at most; who left is forgotten.
    pub fn update(&mut self, inside: Vec<Attendee>, now: Duration) {
        let (part, period) = (self.part, self.period());
        let mut present = HashSet::with_capacity(inside.len());
        for person in inside {
            let key = Key::of(&person);
            present.insert(key.clone());
            let at_once = person.refused || part.on_duty || part.has(&person);
            let entry = self.entries.entry(key).or_insert_with(|| Entry {
                person: person.clone(),
                due: if at_once { now } else { now + period },
                hinted: at_once,
                under_way: false,
                role: None,
                holds_since: None,
                tries: 0,
            });
            let is_refused = person.refused && !entry.person.refused;
            // They may have been out in between, or came with something more.
            if is_refused || (at_once && person.came_at > entry.person.came_at) {
                (entry.due, entry.hinted) = (now, true);
            }
            entry.person = person;
        }
        self.entries.retain(|key, _| present.contains(key));
    }

    /// Something changed that concerns these.
    pub fn hint(&mut self, now: Duration, concerns: impl Fn(&Attendee) -> bool) {
        for entry in self.entries.values_mut().filter(|entry| concerns(&entry.person)) {
            (entry.due, entry.hinted) = (now, true);
        }
    }

    /// Whoever could not be put out may be now.
    pub fn owed(&mut self, now: Duration) {
        for entry in self.entries.values_mut().filter(|entry| entry.tries > 0) {
            (entry.due, entry.hinted) = (now, true);
        }
    }

    /// The next to decide about. `known`: there is one, so that nobody need be asked.
    pub fn take(&mut self, now: Duration, known: impl Fn(&Attendee, Duration) -> bool) -> Option<Turn> {
        let (part, period) = (self.part, self.period());
        let is_paced = now < self.paced_until;
        let mut next: Option<(&mut Entry, bool)> = None;
        for entry in self.entries.values_mut().filter(|entry| entry.due <= now && !entry.under_way) {
            if !entry.hinted && !part.has(&entry.person) {
                entry.due = now + period;
                continue;
            }
            let is_free = entry.person.refused || known(&entry.person, entry.age());
            if is_paced && !is_free {
                continue;
            }
            if next.as_ref().is_none_or(|(before, _)| entry.rank() < before.rank()) {
                next = Some((entry, is_free));
            }
        }
        let (entry, is_free) = next?;
        let age = entry.age();
        (entry.under_way, entry.hinted, entry.due) = (true, false, now + period);
        let is_late = entry.holds_since.is_some_and(|since| now >= since + GRACE);
        let turn = Turn { person: entry.person.clone(), age, is_late };
        if !is_free {
            self.paced_until = now + part.pace;
        }
        Some(turn)
    }

    /// When [`Roll::take`] may have somebody, if nothing happens before.
    pub fn next_at(&self) -> Duration {
        let waiting = self.entries.values().filter(|entry| !entry.under_way);
        let at = |entry: &Entry| if entry.person.refused { entry.due } else { entry.due.max(self.paced_until) };
        waiting.map(at).min().unwrap_or(Duration::MAX)
    }

    /// What was decided; what is worth telling of it.
    pub fn found(&mut self, key: &Key, found: Found, now: Duration) -> Option<News> {
        if found == Found::Silence {
            self.paced_until = now + SILENT_PACE.max(self.part.pace);
        }
        let entry = self.entries.get_mut(key)?;
        entry.under_way = false;
        match found {
            Found::Silence => None,
            Found::May(role) => {
                entry.tries = 0;
                if entry.person.holds > Some(role) {
                    let since = *entry.holds_since.get_or_insert(now);
                    (entry.due, entry.hinted) = (entry.due.min((since + GRACE).max(now)), true);
                } else {
                    entry.holds_since = None;
                }
                let before = entry.role.replace(role);
                (before.is_some_and(|before| before != role)).then_some(News::Role)
            }
            Found::Holds { out } => entry.put_out(out, now, News::Lowered),
            Found::MayNot { rule, out } => {
                entry.role = None;
                entry.put_out(out, now, News::Out(rule))
            }
        }
    }

    fn period(&self) -> Duration {
        let ours = self.entries.len() / self.part.of.max(1);
        PERIOD.max(self.part.pace.saturating_mul(u32::try_from(ours).unwrap_or(u32::MAX)))
    }
}

impl Entry {
    /// Somebody tried to.
    fn put_out(&mut self, out: bool, now: Duration, done: News) -> Option<News> {
        let pause = AGAIN.0.saturating_mul(1 << self.tries.min(5)).min(AGAIN.1);
        self.tries += 1;
        if !self.hinted {
            // Where they are out, that is recorded before; a try more does no harm.
            (self.due, self.hinted) = (now + pause, true);
        }
        match out {
            true => Some(done),
            false => (self.tries == 1).then_some(News::StillInside),
        }
    }

    fn age(&self) -> Duration {
        if self.hinted { RECENT } else { FRESH }
    }

    /// Lower comes first.
    fn rank(&self) -> (bool, bool, Duration) {
        (!self.person.refused, !self.hinted, self.due)
    }
}

#[cfg(test)]
mod tests;
