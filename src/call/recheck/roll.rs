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
mod tests {
    use super::*;
    use crate::room::Place;

    const ALONE: Part = Part { place: 0, of: 1, pace: Duration::from_millis(100), on_duty: true };

    fn person(user_id: u64) -> Attendee {
        Attendee {
            user_id,
            name: "Odo".into(),
            holds: None,
            session_id: "s".into(),
            video_session_id: Some("v".into()),
            room_key: "r".into(),
            place: Place { guild_id: 1, channel_id: 2 },
            opened_by: 1,
            came_at: 0,
            refused: false,
            watches: false,
        }
    }

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Decides about everybody who is due until `until`; when whose turn was.
    fn turns(roll: &mut Roll, from: u64, until: u64, known: bool) -> Vec<(u64, u64)> {
        let (mut turns, mut now) = (Vec::new(), at(from));
        while now <= at(until) {
            while let Some(Turn { person, .. }) = roll.take(now, |_, _| known) {
                turns.push((u64::try_from(now.as_millis()).unwrap(), person.user_id));
                roll.found(&Key::of(&person), Found::May(Role::Member), now);
            }
            now = roll.next_at().max(now + at(1));
        }
        turns
    }

    #[test]
    fn everybody_has_a_turn_once_a_minute_and_ten_people_at_most_a_second() {
        let mut roll = Roll::new(ALONE);
        roll.update((1..=30).map(person).collect(), at(0));
        let first = turns(&mut roll, 0, 59_999, false);
        assert_eq!((first.len(), first[29].0), (30, 2_900));
        assert_eq!(turns(&mut roll, 60_000, 119_999, false).len(), 30);

        let mut many = Roll::new(ALONE);
        many.update((1..=1_200).map(person).collect(), at(0));
        assert_eq!(turns(&mut many, 0, 119_999, false).len(), 1_200);
    }

    #[test]
    fn who_is_concerned_comes_first_and_what_is_known_is_not_waited_for() {
        let mut roll = Roll::new(ALONE);
        roll.update((1..=200).map(person).collect(), at(0));
        assert_eq!(turns(&mut roll, 0, 0, true).len(), 200);
        roll.hint(at(60_000), |person| person.user_id == 77);
        let first = roll.take(at(60_000), |_, _| false).unwrap();
        assert_eq!((first.person, first.age), (person(77), RECENT));
        assert!(roll.take(at(60_001), |_, _| false).is_none());
        assert_eq!(roll.take(at(60_100), |_, _| false).unwrap().age, FRESH);
    }

    #[test]
    fn a_hint_during_a_decision_asks_for_another() {
        let mut roll = Roll::new(ALONE);
        roll.update(vec![person(7)], at(0));
        let seven = roll.take(at(0), |_, _| true).unwrap().person;
        roll.hint(at(5), |_| true);
        assert!(roll.take(at(5), |_, _| true).is_none(), "one at a time");
        assert_eq!(roll.found(&Key::of(&seven), Found::May(Role::Moderator), at(10)), None);
        assert!(roll.take(at(10), |_, _| true).is_some());
        assert_eq!(roll.found(&Key::of(&seven), Found::May(Role::Member), at(11)), Some(News::Role));
    }

    #[test]
    fn who_could_not_be_put_out_is_tried_again_and_told_of_once() {
        let mut roll = Roll::new(ALONE);
        roll.update(vec![person(7)], at(0));
        let (mut now, mut pauses) = (at(0), Vec::new());
        for round in 0..7 {
            let seven = roll.take(now, |_, _| true).unwrap().person;
            let found = Found::MayNot { rule: Rule::CannotView, out: false };
            let told = roll.found(&Key::of(&seven), found, now);
            assert_eq!(told, (round == 0).then_some(News::StillInside));
            pauses.push((roll.next_at() - now).as_secs());
            now = roll.next_at();
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
        roll.owed(now + at(1));
        assert!(roll.take(now + at(1), |_, _| true).is_some(), "the socket is back");
    }

    #[test]
    fn who_was_removed_waits_for_nobody_and_silence_slows_the_rest() {
        let mut roll = Roll::new(ALONE);
        roll.update(vec![person(1), person(2)], at(0));
        let one = roll.take(at(0), |_, _| false).unwrap().person;
        assert_eq!(roll.found(&Key::of(&one), Found::Silence, at(0)), None);
        assert_eq!(roll.next_at(), at(1_000));
        let removed = Attendee { refused: true, ..person(one.user_id) };
        roll.update(vec![removed.clone(), person(3 - one.user_id)], at(10));
        assert_eq!(roll.take(at(10), |_, _| false).unwrap().person, removed);
    }

    #[test]
    fn who_holds_more_than_they_may_has_a_grace_to_come_in_again_with_less() {
        let mut roll = Roll::new(ALONE);
        let holding = |holds| Attendee { holds: Some(holds), ..person(7) };
        roll.update(vec![holding(Role::Moderator)], at(0));
        let decides = |roll: &mut Roll, now, found| {
            let turn = roll.take(at(now), |_, _| true).unwrap();
            (turn.is_late, roll.found(&Key::of(&turn.person), found, at(now)))
        };
        assert_eq!(decides(&mut roll, 0, Found::May(Role::Moderator)), (false, None));
        roll.hint(at(5_000), |_| true);
        assert_eq!(decides(&mut roll, 5_000, Found::May(Role::Member)), (false, Some(News::Role)));
        assert_eq!(roll.next_at(), at(25_000));
        assert_eq!(decides(&mut roll, 25_000, Found::Holds { out: true }), (true, Some(News::Lowered)));
        // Their page came in again in time.
        let mut good = Roll::new(ALONE);
        good.update(vec![holding(Role::Moderator)], at(0));
        assert_eq!(decides(&mut good, 0, Found::May(Role::Member)), (false, None));
        good.update(vec![holding(Role::Member)], at(3_000));
        assert_eq!(decides(&mut good, 20_000, Found::May(Role::Member)), (true, None));
        assert_eq!(good.next_at(), at(80_000), "nothing is held against them any more");
    }

    #[test]
    fn who_comes_again_is_decided_about_again_though_nobody_saw_them_gone() {
        let mut roll = Roll::new(ALONE);
        roll.update(vec![person(1)], at(0));
        let one = roll.take(at(0), |_, _| true).unwrap().person;
        roll.found(&Key::of(&one), Found::MayNot { rule: Rule::Removed, out: true }, at(0));
        roll.update(vec![Attendee { came_at: 5, ..person(1) }], at(100));
        assert!(roll.take(at(100), |_, _| true).is_some());
    }

    #[test]
    fn each_process_goes_through_its_part_and_hints_are_for_everybody() {
        let everybody: Vec<_> = (1..=300).map(person).collect();
        let mut went_through = Vec::new();
        for place in 0..3 {
            let mut roll = Roll::new(Part { place, of: 3, pace: at(300), on_duty: false });
            roll.update(everybody.clone(), at(0));
            let part = turns(&mut roll, 0, 40_000, false);
            let took = part.last().unwrap().0;
            assert!((18_000..40_000).contains(&took), "a third of them, three times as slowly: {took}");
            went_through.extend(part.into_iter().map(|(_, user_id)| user_id));
            roll.hint(at(40_001), |person| person.user_id <= 30);
            assert_eq!(turns(&mut roll, 40_001, 40_001, true).len(), 30);
        }
        went_through.sort_unstable();
        assert_eq!(went_through, (1..=300).collect::<Vec<_>>());
    }

    #[test]
    fn who_comes_is_decided_about_where_it_is_heard_of_and_by_whose_part_they_are() {
        let part = |place, on_duty| Part { place, of: 5, pace: at(500), on_duty };
        let decide = |place, on_duty| {
            let mut roll = Roll::new(part(place, on_duty));
            roll.update(vec![person(7)], at(0));
            roll.take(at(0), |_, _| false).is_some()
        };
        assert!((0..5).all(|place| decide(place, true)));
        assert_eq!((0..5).filter(|place| decide(*place, false)).count(), 1);
        // Who was removed is nobody's part.
        let mut roll = Roll::new(part((0..5).find(|place| !part(*place, false).has(&person(7))).unwrap(), false));
        roll.update(vec![Attendee { refused: true, ..person(7) }], at(0));
        assert!(roll.take(at(0), |_, _| false).is_some());
    }

    #[test]
    fn whose_process_has_gone_has_their_turn_in_the_next_round() {
        let mut roll = Roll::new(Part { place: 1, of: 2, on_duty: false, ..ALONE });
        roll.update((1..=20).map(person).collect(), at(0));
        let first = turns(&mut roll, 0, 30_000, false).len();
        assert!((5..15).contains(&first), "{first}");
        roll.is_for(ALONE);
        assert_eq!(turns(&mut roll, 30_001, 62_000, false).len(), 20);
    }
}
