//! How many people are inside a session, and how many there were at once. Pure.

use std::collections::{HashMap, HashSet};

use crate::store::{SessionFacts, Stay, StayKind};

impl SessionFacts {
    /// How many people are inside: a Discord user counts once, whatever number of devices; screens and devices are
    /// no people.
    pub fn people_inside(&self) -> usize {
        let inside = self.stays.values().filter(|stay| stay.kind == StayKind::Member && stay.left_at.is_none());
        let people: HashSet<Who<'_>> = inside.map(Who::of).collect();
        people.len()
    }

    /// The most people inside at once from `since` on, worked out from when they came and went: it does not depend on
    /// the order in which that became known.
    pub fn most_people_at_once(&self, since: i64) -> u32 {
        let people = self.stays.values().filter(|stay| stay.kind == StayKind::Member);
        let mut bounds: Vec<(i64, i8, Who<'_>)> = people
            .flat_map(|stay| {
                let who = Who::of(stay);
                let (came, out) = (stay.joined_at.max(since), stay.left_at.unwrap_or(i64::MAX));
                // At the same moment leaving comes before coming; who did both then was never inside.
                [(came, 1, who), (out, -1, who)].into_iter().filter(move |_| out > came)
            })
            .collect();
        bounds.sort_unstable();
        let mut devices: HashMap<Who<'_>, u32> = HashMap::new();
        let mut most = 0;
        for (_, step, who) in bounds {
            if step > 0 {
                *devices.entry(who).or_default() += 1;
                most = most.max(devices.len());
            } else if let Some(left) = devices.get_mut(&who) {
                *left -= 1;
                if *left == 0 {
                    devices.remove(&who);
                }
            }
        }
        u32::try_from(most).unwrap_or(u32::MAX)
    }
}

/// Keeps a session's peak right while its stays change. What was before the first change still holds, so that in a
/// storm it is not worked out again and again.
#[derive(Debug)]
pub struct Peak {
    /// When somebody came last, before the changes.
    last_came: i64,
    /// The first moment at which they make another number of people.
    differs_from: i64,
}

impl Peak {
    /// Of a session that is about to change.
    pub fn of(facts: &SessionFacts) -> Self {
        let last_came = facts.stays.values().map(|stay| stay.joined_at).max().unwrap_or(i64::MIN);
        Self { last_came, differs_from: i64::MAX }
    }

    /// A stay is about to become `after`.
    pub fn changes(&mut self, facts: &SessionFacts, after: &Stay) {
        let before = facts.stays.get(&after.member_id);
        self.differs_from = self.differs_from.min(differ_from(before, after));
    }

    /// The peak, when all changes are made.
    pub fn after(self, facts: &SessionFacts) -> u32 {
        if self.differs_from > self.last_came {
            facts.peak.max(facts.most_people_at_once(self.differs_from))
        } else {
            facts.most_people_at_once(i64::MIN)
        }
    }
}

/// From when on a change of somebody's stay makes another number of people inside.
fn differ_from(before: Option<&Stay>, after: &Stay) -> i64 {
    let is_told_by_end = |before: &&Stay| {
        (before.kind, before.user_id, before.joined_at) == (after.kind, after.user_id, after.joined_at)
    };
    match before {
        Some(before) if is_told_by_end(&before) => match (before.left_at, after.left_at) {
            (Some(one), Some(other)) => one.min(other),
            (one, other) => one.or(other).unwrap_or(i64::MAX),
        },
        Some(before) => before.joined_at.min(after.joined_at),
        None => after.joined_at,
    }
}

/// One person: a Discord user or, where no user is known, a member id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Who<'a> {
    User(u64),
    Member(&'a str),
}

impl<'a> Who<'a> {
    fn of(stay: &'a Stay) -> Self {
        stay.user_id.map_or(Self::Member(&stay.member_id), Self::User)
    }
}
