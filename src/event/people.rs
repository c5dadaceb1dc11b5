//! Members as SignalWire names them, through the event socket or over REST, as people and facts. Pure.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::fact::{Fact, Kind, Person, Source, What};
use crate::{
    role::Role,
    signalwire::{
        Session, SessionEvent, SessionMember, SessionStatus, Time,
        relay::{Member, MemberKind, RoomSession},
    },
    store::{SessionFacts, Stay, StayKind},
};

/// REST may be this much behind what happens. Nobody is put back in by an answer that may be older than their leave.
const REST_LAG_MS: i64 = 10_000;

/// Somebody who is inside.
pub(super) fn person(member: &Member) -> Person {
    match member.kind {
        Some(_) => person_who_left(member),
        None => Person { kind: Kind::Guessed(StayKind::Member), ..person_who_left(member) },
    }
}

/// Somebody who has left: often no more is said than who.
pub(super) fn person_who_left(member: &Member) -> Person {
    let kind = member.kind.map_or(Kind::NotSaid, |kind| {
        Kind::Said(match kind {
            MemberKind::Member => StayKind::Member,
            MemberKind::Audience => StayKind::Audience,
            MemberKind::Screen => StayKind::Screen,
            MemberKind::Device => StayKind::Device,
        })
    });
    let name = member.name.clone().filter(|name| !name.is_empty());
    let token_role = member.meta["role"].as_str().and_then(Role::named);
    let moves = member.meta["moves"] == true;
    Person { member_id: member.id.clone(), name, user_id: user_id(&member.meta), kind, token_role, moves }
}

pub(super) fn people(members: &[Member]) -> Vec<Person> {
    members.iter().filter(|member| !member.id.is_empty()).map(person).collect()
}

/// The Discord user, as our room token had it.
fn user_id(meta: &Value) -> Option<u64> {
    let said = meta.get("discord_user_id")?;
    said.as_str().and_then(|id| id.parse().ok()).or_else(|| said.as_u64()).filter(|id| *id != 0)
}

/// What a room as the event socket shows it says, as far as it says anything.
pub(super) fn facts_of_room(at: i64, session: &RoomSession) -> Vec<Fact> {
    let fact = |what| Fact { at, source: Source::Relay, what };
    let inside = session.members.as_deref().map(|members| fact(What::Inside(people(members))));
    let locked = session.locked.map(|on| fact(What::Locked(on)));
    let recording = session.recording.map(|on| fact(What::Recording { on, since: None }));
    let audience = session.audience_count.map(|total| fact(What::Audience(total)));
    [inside, locked, recording, audience].into_iter().flatten().collect()
}

/// REST's answer about one session, and what it is read beside.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub session: &'a Session,
    pub members: &'a [SessionMember],
    pub events: &'a [SessionEvent],
    /// When it was asked for, by SignalWire's clock.
    pub asked_at: i64,
    pub source: Source,
    /// As recorded so far.
    pub known: Option<&'a SessionFacts>,
    /// The event socket says who is inside; REST only adds who was, and when they came and went.
    pub relay_decides: bool,
}

impl Told<'_> {
    /// What it says, in the order in which it happened.
    pub fn facts(&self) -> Vec<Fact> {
        let is_over = self.session.status == SessionStatus::Completed;
        let mut facts: Vec<Fact> = self.started().into_iter().collect();
        let mut of_members = self.of_members();
        // Stable: whoever came and went in one second came first.
        of_members.sort_by_key(|fact| fact.at);
        facts.extend(of_members);
        facts.extend(self.recordings());
        if is_over {
            facts.push(self.fact(self.ended_at(), What::Ended));
        } else if let (Some(on), false) = (self.session.locked, self.relay_decides) {
            facts.push(self.fact(self.asked_at - REST_LAG_MS, What::Locked(on)));
        }
        facts
    }

    fn fact(&self, at: i64, what: What) -> Fact {
        Fact { at, source: self.source, what }
    }

    fn started(&self) -> Option<Fact> {
        let at = exact(self.session.start_time.as_ref()?, [self.known.and_then(|known| known.started_at)])?;
        Some(self.fact(at, What::Started))
    }

    /// That something is recorded, which only REST's list of events says.
    fn recordings(&self) -> Vec<Fact> {
        let recording = |event: &SessionEvent| {
            let on = match event.name.as_deref()?.rsplit_once("recording.")?.1 {
                "started" => true,
                "ended" => false,
                _ => return None,
            };
            let at = exact(event.created_at.as_ref()?, [self.known.map(|known| known.recording_at)])?;
            Some(self.fact(at, What::Recording { on, since: on.then_some(at) }))
        };
        let mut facts: Vec<Fact> = self.events.iter().filter_map(recording).collect();
        facts.sort_by_key(|fact| fact.at);
        facts
    }

    /// Without a time, the last one's leave is the end; without that, all that is known is that it is over by now.
    fn ended_at(&self) -> i64 {
        let last = self.stays().flat_map(|stay| [stay.left_at, Some(stay.inside_at)]).flatten().max();
        let said = self.session.end_time.as_ref().and_then(|time| exact(time, [last]));
        let leaves = || self.members.iter().filter_map(|member| member.leave_time.as_ref()?.unix_ms()).max();
        said.or_else(leaves).unwrap_or(self.asked_at)
    }

    fn stays(&self) -> impl Iterator<Item = &Stay> {
        self.known.into_iter().flat_map(|known| known.stays.values())
    }

    fn stay(&self, member_id: &str) -> Option<&Stay> {
        self.known?.stays.get(member_id)
    }

    fn of_members(&self) -> Vec<Fact> {
        let spans = spans(self.members);
        let users = self.users_by_name();
        let mut facts = Vec::new();
        for member in self.members.iter().filter(|member| !member.id.is_empty()) {
            let Some(join_time) = &member.join_time else { continue };
            let stay = self.stay(&member.id);
            let known = [stay.map(|stay| stay.joined_at), self.known.and_then(|known| known.started_at)];
            let Some(joined_at) = exact(join_time, known) else { continue };
            let name = member.name.clone().filter(|name| !name.is_empty());
            let user_id = name.as_deref().and_then(|name| users.get(name).copied().flatten());
            let kind = self.kind(member, &spans);
            let person = Person { member_id: member.id.clone(), name, user_id, kind, token_role: None, moves: false };
            facts.push(self.fact(joined_at, What::Joined(person.clone())));
            let known = [stay.and_then(|stay| stay.left_at), stay.map(|stay| stay.inside_at)];
            match member.leave_time.as_ref().and_then(|time| exact(time, known)) {
                Some(_) if self.relay_decides && stay.is_some_and(|stay| stay.left_at.is_none()) => {}
                Some(left_at) => facts.push(self.fact(left_at.max(joined_at), What::Left(person))),
                None => facts.extend(self.back(stay, person)),
            }
        }
        facts
    }

    /// Somebody who had left, as was recorded, and is inside again under the same id.
    fn back(&self, stay: Option<&Stay>, person: Person) -> Option<Fact> {
        let is_over = self.session.status == SessionStatus::Completed;
        let seen_at = self.asked_at - REST_LAG_MS;
        let has_left = stay.and_then(|stay| stay.left_at).is_some_and(|left_at| left_at < seen_at);
        (has_left && !is_over && !self.relay_decides).then(|| self.fact(seen_at, What::Joined(person)))
    }

    /// REST does not say who is a screen. Whoever was there only while somebody of the same name was is most likely
    /// that person's; of who is still inside, the event socket knows better as soon as it is back.
    fn kind(&self, member: &SessionMember, spans: &HashMap<&str, Vec<Span>>) -> Kind {
        if member.leave_time.is_none() {
            return if self.relay_decides { Kind::NotSaid } else { Kind::Guessed(StayKind::Member) };
        }
        let namesakes = member.name.as_deref().and_then(|name| spans.get(name));
        let is_within = Span::of(member).is_some_and(|span| namesakes.into_iter().flatten().any(|o| o.encloses(span)));
        Kind::Guessed(if is_within { StayKind::Screen } else { StayKind::Member })
    }

    /// REST does not say who is which user either; a name that only one user has borne in the session does.
    fn users_by_name(&self) -> HashMap<&str, Option<u64>> {
        let mut users: HashMap<&str, HashSet<u64>> = HashMap::new();
        for stay in self.stays() {
            if let Some(user_id) = stay.user_id {
                users.entry(&stay.name).or_default().insert(user_id);
            }
        }
        let only = |users: HashSet<u64>| (users.len() == 1).then(|| users.into_iter().next()).flatten();
        users.into_iter().map(|(name, users)| (name, only(users))).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: i64,
    to: i64,
}

impl Span {
    fn of(member: &SessionMember) -> Option<Self> {
        let from = member.join_time.as_ref()?.unix_ms()?;
        let to = member.leave_time.as_ref().and_then(Time::unix_ms).unwrap_or(i64::MAX);
        Some(Self { from, to })
    }

    fn encloses(self, other: Self) -> bool {
        self != other && self.from <= other.from && other.to <= self.to
    }
}

/// When people of each name were there.
fn spans(members: &[SessionMember]) -> HashMap<&str, Vec<Span>> {
    let mut spans: HashMap<&str, Vec<Span>> = HashMap::new();
    for member in members {
        if let (Some(name), Some(span)) = (member.name.as_deref(), Span::of(member)) {
            spans.entry(name).or_default().push(span);
        }
    }
    spans
}

/// A time of REST's in unix milliseconds. One that stands for a whole second is no news where the moment in that
/// second is known already.
fn exact<const N: usize>(time: &Time, known: [Option<i64>; N]) -> Option<i64> {
    let at = time.unix_ms()?;
    if !time.is_whole_second() {
        return Some(at);
    }
    known.into_iter().flatten().find(|known| (at..at + 1000).contains(known)).or(Some(at))
}

#[cfg(test)]
mod tests;
