//! What a fact changes in what is known of a session. Pure: no clock, no database, no order of arrival.
//!
//! In: a session as recorded and one fact. Out: the changes it makes, none when it says nothing new. Facts about
//! somebody's coming and going may come twice, late, in any order and from several sources; the outcome is the same:
//! present is whoever was last known inside after the last known leave.

use std::collections::HashSet;

use super::fact::{Fact, Kind, Person, What};
use crate::store::{EventKind, EventMember, NewEvent, SessionFacts, Stay, StayKind};

/// A list of who is inside may be older than it says by what its way here took; in that time nobody is taken out or
/// put back in because of it.
pub(super) const LIST_BLUR_MS: i64 = 2_000;
/// SignalWire's names are no longer than this; nor is anything stored as one.
const NAME_MAX: usize = 100;

/// One change to a session. Those without news change nothing anybody is shown: a bound made more exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Stay { stay: Stay, news: Vec<(EventKind, i64)> },
    Started { at: i64, is_news: bool },
    Recording { on: bool, since: Option<i64>, at: i64, is_news: bool },
    Locked { on: bool, at: i64, is_news: bool },
    Audience { total: u32, at: i64, is_news: bool },
    Ended { at: i64, reason: &'static str },
}

/// What `fact` changes.
pub fn apply(facts: &SessionFacts, fact: &Fact) -> Vec<Change> {
    let at = fact.at;
    match &fact.what {
        What::Started => started(facts, at).into_iter().collect(),
        What::Joined(person) => with_start(facts, joined(facts, at, person).into_iter().collect()),
        What::Left(person) => with_start(facts, left(facts, at, person).into_iter().collect()),
        What::Inside(people) => inside(facts, at, people),
        What::Recording { on, since } => recording(facts, at, *on, *since).into_iter().collect(),
        What::Locked(on) => {
            let is_newer = facts.ended_at.is_none() && (at, *on) > (facts.locked_at, facts.locked);
            is_newer.then_some(Change::Locked { on: *on, at, is_news: *on != facts.locked }).into_iter().collect()
        }
        What::Audience(total) => {
            let is_newer = facts.ended_at.is_none() && (at, *total) > (facts.audience_at, facts.audience);
            let is_news = *total != facts.audience;
            is_newer.then_some(Change::Audience { total: *total, at, is_news }).into_iter().collect()
        }
        What::Ended => ended(facts, at),
        What::NobodyCame => {
            let nobody = facts.ended_at.is_none() && facts.started_at.is_none() && facts.stays.is_empty();
            nobody.then_some(Change::Ended { at, reason: "nobody" }).into_iter().collect()
        }
    }
}

fn started(facts: &SessionFacts, at: i64) -> Option<Change> {
    match facts.started_at {
        None => Some(Change::Started { at, is_news: true }),
        Some(known) => (at < known).then_some(Change::Started { at, is_news: false }),
    }
}

/// Whoever is inside has started the session, whether or not anybody said so.
fn with_start(facts: &SessionFacts, changes: Vec<Change>) -> Vec<Change> {
    let joined_at = |change: &Change| match change {
        Change::Stay { stay, .. } if is_shown(stay) => Some(stay.joined_at),
        _ => None,
    };
    let start = changes.iter().filter_map(joined_at).min().and_then(|at| started(facts, at));
    start.into_iter().chain(changes).collect()
}

fn joined(facts: &SessionFacts, at: i64, person: &Person) -> Option<Change> {
    // Nobody comes into a session that is over: such a word belongs to no time at all.
    if facts.ended_at.is_some_and(|ended_at| at > ended_at + LIST_BLUR_MS) {
        return None;
    }
    let Some(before) = facts.stays.get(&person.member_id) else {
        let stay = introduce(person, at);
        return Some(change(facts, None, stay));
    };
    let mut stay = get_to_know(before, person);
    stay.joined_at = stay.joined_at.min(at);
    if at > stay.inside_at {
        stay.inside_at = at;
        // The SDK attaches again under the same member id.
        if stay.left_at.is_some_and(|left_at| at > left_at) {
            stay.left_at = None;
            stay.left_known = false;
        }
    }
    (stay != *before).then(|| change(facts, Some(before), stay))
}

fn left(facts: &SessionFacts, at: i64, person: &Person) -> Option<Change> {
    let at = facts.ended_at.map_or(at, |ended_at| at.min(ended_at));
    let Some(before) = facts.stays.get(&person.member_id) else {
        let mut stay = introduce(person, at);
        if stay.name.is_empty() {
            // Nobody to show; only remembered so that a word of their coming, when it arrives, is known to be old.
            stay.kind = StayKind::Unknown;
        }
        stay.left_at = Some(at);
        stay.left_known = true;
        return Some(change(facts, None, stay));
    };
    let mut stay = get_to_know(before, person);
    if at >= stay.inside_at && !(stay.left_known && stay.left_at.is_some_and(|left_at| left_at >= at)) {
        stay.left_at = Some(at);
        stay.left_known = true;
    }
    (stay != *before).then(|| change(facts, Some(before), stay))
}

fn inside(facts: &SessionFacts, at: i64, people: &[Person]) -> Vec<Change> {
    if facts.ended_at.is_some() {
        return Vec::new();
    }
    let mut changes = Vec::new();
    for person in people {
        let came = match facts.stays.get(&person.member_id) {
            // Known to be inside, or gone so lately that the list may be older: only who they are is of interest.
            Some(before) if before.left_at.is_none_or(|left_at| at <= left_at + LIST_BLUR_MS) => {
                let stay = get_to_know(before, person);
                (stay != *before).then(|| change(facts, Some(before), stay))
            }
            _ => joined(facts, at, person),
        };
        changes.extend(came);
    }
    let listed: HashSet<&str> = people.iter().map(|person| person.member_id.as_str()).collect();
    for before in facts.stays.values() {
        let is_missing = before.left_at.is_none()
            && before.inside_at < at - LIST_BLUR_MS
            && !listed.contains(before.member_id.as_str());
        if can_be_missed(before) && is_missing {
            let stay = Stay { left_at: Some(at), left_known: false, ..before.clone() };
            changes.push(change(facts, Some(before), stay));
        }
    }
    with_start(facts, changes)
}

/// Whether a list of who is inside contradicts what is recorded, and is not believed because it may be the older of
/// the two.
pub fn is_blurred(facts: &SessionFacts, people: &[Person]) -> bool {
    let listed: HashSet<&str> = people.iter().map(|person| person.member_id.as_str()).collect();
    facts.ended_at.is_none()
        && facts.stays.values().any(|stay| match stay.left_at {
            None => can_be_missed(stay) && !listed.contains(stay.member_id.as_str()),
            Some(_) => listed.contains(stay.member_id.as_str()),
        })
}

/// Audience is not sure to be named by a list.
fn can_be_missed(stay: &Stay) -> bool {
    matches!(stay.kind, StayKind::Member | StayKind::Screen | StayKind::Device)
}

fn recording(facts: &SessionFacts, at: i64, on: bool, since: Option<i64>) -> Option<Change> {
    let is_newer = facts.ended_at.is_none() && (at, on) > (facts.recording_at, facts.recording);
    is_newer.then(|| {
        let since = on.then(|| since.or(facts.recording_since).unwrap_or(at));
        Change::Recording { on, since, at, is_news: on != facts.recording }
    })
}

fn ended(facts: &SessionFacts, at: i64) -> Vec<Change> {
    if facts.ended_at.is_some() {
        return Vec::new();
    }
    // The last one's own leave need not be told before the end is.
    let reason = if facts.people_inside() <= 1 { "left" } else { "ended" };
    let open = facts.stays.values().filter(|stay| stay.left_at.is_none());
    let close = |stay: &Stay| {
        let left_at = Some(at.max(stay.inside_at));
        Change::Stay { stay: Stay { left_at, left_known: false, ..stay.clone() }, news: Vec::new() }
    };
    open.map(close).chain([Change::Ended { at, reason }]).collect()
}

/// Somebody who was not heard of before.
fn introduce(person: &Person, at: i64) -> Stay {
    let kind = match person.kind {
        Kind::Said(kind) | Kind::Guessed(kind) => kind,
        Kind::NotSaid => StayKind::Unknown,
    };
    Stay {
        member_id: person.member_id.clone(),
        user_id: person.user_id,
        name: name(person).unwrap_or_default(),
        kind,
        token_role: person.token_role,
        moves: person.moves,
        joined_at: at,
        inside_at: at,
        left_at: None,
        left_known: false,
    }
}

/// What a source adds to who somebody is. A name once known stays, for a leave often comes without one.
fn get_to_know(before: &Stay, person: &Person) -> Stay {
    let mut stay = before.clone();
    if stay.name.is_empty() {
        stay.name = name(person).unwrap_or_default();
    }
    stay.user_id = person.user_id.or(stay.user_id);
    stay.token_role = person.token_role.or(stay.token_role);
    stay.moves |= person.moves;
    stay.kind = match person.kind {
        // A bare leave came first, and what it says somebody is shows nobody without a name.
        _ if stay.name.is_empty() => stay.kind,
        Kind::Said(kind) => kind,
        Kind::Guessed(kind) if stay.kind == StayKind::Unknown => kind,
        Kind::Guessed(_) | Kind::NotSaid => stay.kind,
    };
    stay
}

fn name(person: &Person) -> Option<String> {
    person.name.as_ref().map(|name| name.chars().take(NAME_MAX).collect())
}

fn is_shown(stay: &Stay) -> bool {
    stay.kind != StayKind::Unknown
}

/// The change from `before` to `stay`, with what of it is news. In a session that is over nobody is inside.
fn change(facts: &SessionFacts, before: Option<&Stay>, mut stay: Stay) -> Change {
    if let (Some(ended_at), None) = (facts.ended_at, stay.left_at) {
        stay.left_at = Some(ended_at.max(stay.inside_at));
        stay.left_known = false;
    }
    let mut news = Vec::new();
    if is_shown(&stay) {
        match (before.filter(|before| is_shown(before)), stay.left_at) {
            (None, None) => news.push((EventKind::Joined, stay.joined_at)),
            (None, Some(left_at)) => news.extend([(EventKind::Joined, stay.joined_at), (EventKind::Left, left_at)]),
            (Some(before), None) if before.left_at.is_some() => news.push((EventKind::Joined, stay.inside_at)),
            (Some(before), Some(left_at)) if before.left_at.is_none() => news.push((EventKind::Left, left_at)),
            (Some(before), _) => {
                if (before.kind, before.user_id, &before.name) != (stay.kind, stay.user_id, &stay.name) {
                    news.push((EventKind::Updated, stay.inside_at));
                }
            }
        }
    } else if before.is_some_and(is_shown) {
        news.push((EventKind::Updated, stay.inside_at));
    }
    Change::Stay { stay, news }
}

impl Change {
    /// The events that tell of this change.
    pub fn events(&self, source: &'static str) -> Vec<NewEvent> {
        let event = |kind, at| NewEvent { kind, member: None, source, at };
        match self {
            Self::Stay { stay, news } => {
                let member = EventMember { id: stay.member_id.clone(), user_id: stay.user_id, name: stay.name.clone() };
                let of_member =
                    |&(kind, at): &(EventKind, i64)| NewEvent { member: Some(member.clone()), ..event(kind, at) };
                news.iter().map(of_member).collect()
            }
            Self::Started { at, is_news: true } => vec![event(EventKind::Started, *at)],
            Self::Recording { at, is_news: true, .. } => vec![event(EventKind::Recording, *at)],
            Self::Locked { at, is_news: true, .. } => vec![event(EventKind::Locked, *at)],
            Self::Audience { at, is_news: true, .. } => vec![event(EventKind::Audience, *at)],
            Self::Ended { at, .. } => vec![event(EventKind::Ended, *at)],
            Self::Started { .. } | Self::Recording { .. } | Self::Locked { .. } | Self::Audience { .. } => Vec::new(),
        }
    }
}

impl SessionFacts {
    /// Makes the change; the version and the peak are the recorder's to set.
    pub fn take(&mut self, change: &Change) {
        match change {
            Change::Stay { stay, .. } => {
                self.stays.insert(stay.member_id.clone(), stay.clone());
            }
            Change::Started { at, .. } => self.started_at = Some(*at),
            Change::Recording { on, since, at, .. } => {
                (self.recording, self.recording_since, self.recording_at) = (*on, *since, *at);
            }
            Change::Locked { on, at, .. } => (self.locked, self.locked_at) = (*on, *at),
            Change::Audience { total, at, .. } => (self.audience, self.audience_at) = (*total, *at),
            Change::Ended { at, reason } => (self.ended_at, self.end_reason) = (Some(*at), Some(*reason)),
        }
    }
}

/// How many people are inside, and how many were.
mod crowd;

pub use crowd::Peak;

#[cfg(test)]
mod tests;
