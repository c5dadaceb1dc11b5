//! `/video [room] [topic]`: the room is found or made known to SignalWire, a session opened or found, and the
//! caller gets their own way in.

use std::sync::Arc;

use futures::future::join_all;

use super::{
    Commands, OpenProblem, Step, Stop,
    ask::{Ask, What},
    reply::{Elsewhere, Entrance, Posting, Refusal, Said},
};
use crate::{
    access::{Decision, Facts, Link, Person, Role, Rule, TicketPurpose},
    room::{Inside, Listed, Opening, Room, RoomName, Session},
    signalwire,
    store::Lines,
};

/// Rooms elsewhere that Discord is asked about before they are named to somebody.
const ASKED_ABOUT: usize = 25;

/// Somebody's way into a room, ready to be told.
pub(super) struct Way {
    ask: Arc<Ask>,
    person: Person,
    room: Room,
    role: Role,
    link: Link,
    inside: Vec<Inside>,
    /// Who watch, as SignalWire counts them.
    audience: u32,
    posting: Posting,
}

impl Commands {
    pub(super) async fn video(self, ask: Arc<Ask>, facts: Facts) -> Result<Step, Stop> {
        let What::Video { room: typed, topic } = &ask.what else { return Err(Refusal::Unknown.into()) };
        let name = typed.as_deref().map(RoomName::parse).transpose().map_err(Refusal::Name)?;
        let wanted = ask.wanted(name.as_ref());

        let found = self.rooms.find(wanted).await?;
        let present = match &found {
            Some(room) => self.rooms.present(&room.key).await?,
            None => None,
        };
        let title = found.as_ref().map_or_else(|| typed.clone().unwrap_or_default(), |room| room.title.clone());
        let person = facts.person.clone();
        let kind = facts.kind;
        let Decision { role, rule, may_open, .. } = self.decide(facts, present.as_ref()).await?;
        let Some(role) = role else {
            return Err(Refusal::Rule { rule, title, channel_id: ask.channel_id }.into());
        };
        if present.is_none() && !may_open {
            let by_policy = matches!(rule, Rule::Policy(_));
            return Err(Refusal::MayNotOpen { kind, by_policy, channel_id: ask.channel_id }.into());
        }
        let room = match (found, &present) {
            (Some(room), Some(_)) => self.rooms.under_present_name(room, wanted.channel_name).await?,
            _ => match self.rooms.prepare(wanted, ask.user_id).await {
                Ok(room) => room,
                Err(problem) => return self.not_opened(&ask, problem),
            },
        };
        let opening =
            Opening { by: ask.user_id, by_name: person.name.clone(), topic: topic.clone(), locale: ask.guild_locale() };
        let is_live = present.as_ref().is_some_and(|session| session.started_at.is_some());
        if is_live || room.is_known(self.clock.unix_ms()) {
            return self.open(ask, person, room, role, &opening).await;
        }
        Ok(Step::Slow(Box::pin(async move {
            if let Err(error) = self.rooms.ensure(&room).await {
                return Err(not_ensured(&ask, &room, &error));
            }
            match self.clone().open(Arc::clone(&ask), person, room, role, &opening).await? {
                Step::Said(said) => Ok(said),
                Step::Then(said, more) => Ok(more.await.unwrap_or(said)),
                Step::Slow(work) => work.await,
            }
        })))
    }

    /// From a room that SignalWire has to the way in.
    async fn open(
        self,
        ask: Arc<Ask>,
        person: Person,
        room: Room,
        role: Role,
        opening: &Opening,
    ) -> Result<Step, Stop> {
        let session = match self.rooms.open(&room, opening).await {
            Ok(session) => session,
            Err(problem) => return self.not_opened(&ask, problem),
        };
        tracing::info!(room.key = room.key, session.id = session.id, user.id = ask.user_id, "a room was asked for");
        let wants = self.store.channel_settings(ask.channel_id).await?;
        let posting = match ask.posting {
            _ if wants.lines == Lines::Off => Posting::Off,
            // A webhook made in better days posts whatever we may do now.
            Posting::Nowhere { .. } if self.store.webhook_of(ask.webhook_channel_id).await?.is_some() => Posting::Card,
            posting => posting,
        };
        let way = self.way(ask, person, room, role, &session, posting).await?;
        let said = self.tell(&way, None);
        let others = self.rooms.same_name_elsewhere(&way.room).await?;
        if others.is_empty() {
            return Ok(Step::Said(said));
        }
        // Who may see the other channel, Discord must say, so this comes after the answer.
        Ok(Step::Then(
            said,
            Box::pin(async move {
                let seen = self.visible(way.ask.user_id, others).await;
                let other = seen.into_iter().next()?;
                let elsewhere = Elsewhere {
                    room_key: other.room.key,
                    title: other.room.title,
                    channel_id: other.room.place.channel_id,
                    inside: other.inside,
                };
                Some(self.tell(&way, Some(elsewhere)))
            }),
        ))
    }

    pub(super) async fn way(
        &self,
        ask: Arc<Ask>,
        person: Person,
        room: Room,
        role: Role,
        session: &Session,
        posting: Posting,
    ) -> Result<Way, Stop> {
        let link = self.tickets.issue(TicketPurpose::Join, &room, person.user_id).await?;
        let inside = self.rooms.inside(&session.id).await?;
        Ok(Way { ask, person, room, role, link, inside, audience: session.audience, posting })
    }

    pub(super) fn tell(&self, way: &Way, elsewhere: Option<Elsewhere>) -> Said {
        let is = |kind: &'static str| way.inside.iter().filter(move |inside| inside.kind == kind);
        let mut members: Vec<&Inside> = Vec::new();
        for inside in is("member") {
            // Somebody with two devices is one person.
            if inside.user_id.is_none() || members.iter().all(|known| known.user_id != inside.user_id) {
                members.push(inside);
            }
        }
        let entrance = Entrance {
            title: &way.room.title,
            is_own: way.room.canonical.is_empty(),
            channel_id: way.room.place.channel_id,
            person: &way.person.name,
            link: &way.link,
            role: way.role,
            inside: members.iter().map(|inside| inside.name.clone()).collect(),
            watching: u32::try_from(is("audience").count()).unwrap_or(u32::MAX).max(way.audience),
            moves: way.inside.iter().any(|inside| inside.user_id == Some(way.person.user_id)),
            elsewhere,
            posting: way.posting,
        };
        self.speak(&way.ask, |speaker| speaker.enter(&entrance))
    }

    /// What the person may be, given the present session.
    pub(super) async fn decide(&self, facts: Facts, present: Option<&Session>) -> Result<Decision, Stop> {
        let Some(session) = present else { return Ok(self.membership.decide(&facts)) };
        let standing = self.store.standing(&session.room_key, facts.person.user_id).await?;
        let standing = standing.filter(|standing| standing.session.id == session.id);
        let removed = standing.as_ref().is_some_and(|standing| standing.refused);
        let watches = standing.is_some_and(|standing| standing.watches());
        Ok(self.membership.decide(&facts.in_session(Some(session.opened_by), removed, watches)))
    }

    /// Those of `rooms` whose present session the person may come into. Not to be asked about is not to be told of.
    async fn visible(&self, user_id: u64, rooms: Vec<Listed>) -> Vec<Listed> {
        self.looked_through(user_id, rooms).await.0
    }

    /// The same, and whether Discord was asked about all of them.
    pub(super) async fn looked_through(&self, user_id: u64, rooms: Vec<Listed>) -> (Vec<Listed>, bool) {
        let too_many = rooms.len() > ASKED_ABOUT;
        let asked = rooms.into_iter().take(ASKED_ABOUT).map(async |listed| {
            let facts = self.membership.facts(user_id, listed.room.place).await.ok()?;
            let decision = self.decide(facts, listed.session.as_ref()).await.ok()?;
            let mut listed = listed;
            // What a call costs is for its moderators.
            if let Some(session) = listed.session.as_mut().filter(|_| decision.role != Some(Role::Moderator)) {
                session.cost_micros = None;
            }
            Some(decision.role.map(|_| listed))
        });
        let answers = join_all(asked).await;
        let all = !too_many && answers.iter().all(Option::is_some);
        (answers.into_iter().flatten().flatten().collect(), all)
    }

    fn not_opened(self, ask: &Arc<Ask>, problem: OpenProblem) -> Result<Step, Stop> {
        match problem {
            OpenProblem::Store(error) => Err(error.into()),
            OpenProblem::PersonLimit { opened, per, again_at } => {
                Err(Refusal::PersonLimit { count: opened, per, again_at }.into())
            }
            OpenProblem::GuildLimit { rooms } => {
                let ask = Arc::clone(ask);
                Ok(Step::Slow(Box::pin(async move {
                    let count = rooms.len();
                    let seen = self.visible(ask.user_id, rooms).await;
                    let rooms = seen.into_iter().map(|listed| (listed.room.title, listed.inside)).collect();
                    Err(Refusal::GuildLimit { count, rooms }.into())
                })))
            }
        }
    }
}

fn not_ensured(ask: &Ask, room: &Room, error: &signalwire::Error) -> Stop {
    let title = room.title.clone();
    match error {
        signalwire::Error::Unauthorized | signalwire::Error::Refused { .. } => {
            let reference = ask.reference();
            tracing::error!(%reference, room.key = room.key, %error, "a room could not be opened");
            Refusal::VideoAccount { title, reference }.into()
        }
        signalwire::Error::RateLimited { .. } | signalwire::Error::Unavailable(_) => {
            tracing::warn!(room.key = room.key, %error, "a room could not be opened");
            Refusal::VideoSilent { title }.into()
        }
        // It does not take what we ask of it: our fault, and nothing the person can do about.
        signalwire::Error::NotFound | signalwire::Error::Invalid { .. } => {
            Stop::Broken(anyhow::Error::new(error.clone()).context("a room could not be opened"))
        }
    }
}
