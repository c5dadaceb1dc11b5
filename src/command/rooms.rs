//! `/room list`: what is open in the server, as far as the person may come in. `/room end`: a moderator ends a call
//! without joining it, after being asked whether they mean it. `/room readmit`: a moderator lifts a removal.

use std::sync::Arc;

use super::{
    Commands, Step, Stop,
    ask::Ask,
    reply::{Denial, Refusal},
};
use crate::{
    access::{Facts, Role},
    room::{EndProblem, Listed, Room, RoomName, Session},
};

/// Longer than any session's id: not worth looking up.
const ID_MAX: usize = 64;

impl Commands {
    pub(super) async fn list(self, ask: Arc<Ask>) -> Result<Step, Stop> {
        let rooms = self.rooms.in_guild(ask.guild_id).await?;
        if rooms.is_empty() {
            return Ok(Step::Said(self.speak(&ask, |speaker| speaker.rooms(&rooms, true))));
        }
        // Whose channels the person sees, Discord must say.
        Ok(Step::Slow(Box::pin(async move {
            let (seen, all) = self.looked_through(ask.user_id, rooms).await;
            if seen.is_empty() && !all {
                return Err(Refusal::DiscordSilent.into());
            }
            Ok(self.speak(&ask, |speaker| speaker.rooms(&seen, all)))
        })))
    }

    /// Asks back, because there is no way back from the end.
    pub(super) async fn ask_to_end(&self, ask: &Ask, typed: Option<&str>, facts: Facts) -> Result<Step, Stop> {
        let Listed { room, session, inside } = self.meant(ask, typed).await?;
        let session = self.to_be_ended(&room, session, facts).await?;
        Ok(Step::Said(self.speak(ask, |speaker| speaker.ask_to_end(&room.title, &session.id, inside))))
    }

    pub(super) async fn end(self, ask: Arc<Ask>, session_id: &str, facts: Facts) -> Result<Step, Stop> {
        let known = match Some(session_id).filter(|id| id.len() <= ID_MAX) {
            Some(id) => self.store.session(id).await?,
            None => None,
        };
        // The question was asked in the room's channel, so a press elsewhere is forged.
        let session = known.filter(|session| session.place == ask.place()).ok_or(Refusal::UnknownRoom)?;
        let room = self.rooms.by_key(&session.room_key).await?.ok_or(Refusal::UnknownRoom)?;
        let present = Some(session).filter(|session| session.ended_at.is_none());
        let session = self.to_be_ended(&room, present, facts).await?;
        Ok(Step::Slow(Box::pin(async move {
            match self.ending.end(&room, &session, ask.user_id).await {
                Ok(()) => Ok(self.speak(&ask, |speaker| speaker.ended(&room.title))),
                Err(EndProblem::Store(error)) => Err(error.into()),
                Err(EndProblem::Video(error)) => {
                    tracing::warn!(room.key = room.key, %error, "a call could not be ended");
                    Err(Refusal::Staff(Denial::NotEnded { title: room.title }).into())
                }
            }
        })))
    }

    /// Lifts a removal: the person may come into the present session again.
    pub(super) async fn readmit(
        &self,
        ask: &Ask,
        user_id: u64,
        typed: Option<&str>,
        facts: Facts,
    ) -> Result<Step, Stop> {
        let Listed { room, session, .. } = self.meant(ask, typed).await?;
        self.moderates(&room, session.as_ref(), facts).await?;
        let lifted = match &session {
            Some(session) => self.store.lift_refusal(&session.id, user_id).await?,
            None => false,
        };
        if !lifted {
            return Err(Refusal::Staff(Denial::NotRemoved { user_id, title: room.title }).into());
        }
        self.wake.person(&room.key, user_id);
        tracing::info!(room.key = room.key, user.id = user_id, by.id = ask.user_id, "a removal was lifted");
        Ok(Step::Said(self.speak(ask, |speaker| speaker.readmitted(user_id, &room.title))))
    }

    /// The room that was named, else the channel's own when it is open, else the only one that is.
    pub(super) async fn meant(&self, ask: &Ask, typed: Option<&str>) -> Result<Listed, Stop> {
        let name = typed.map(RoomName::parse).transpose().map_err(Refusal::Name)?;
        if name.is_some() {
            let room = self.rooms.find(ask.wanted(name.as_ref())).await?;
            let room =
                room.ok_or_else(|| Refusal::Staff(Denial::NotOpen { title: typed.unwrap_or_default().into() }))?;
            let open = self.open_here(ask).await?.into_iter().find(|listed| listed.room.key == room.key);
            return open.ok_or_else(|| Refusal::Staff(Denial::NotOpen { title: room.title }).into());
        }
        let mut open = self.open_here(ask).await?;
        if let Some(own) = open.iter().position(|listed| listed.room.canonical.is_empty()) {
            return Ok(open.swap_remove(own));
        }
        match (open.pop(), open.len()) {
            (Some(only), 0) => Ok(only),
            (Some(last), _) => {
                let titles = open.into_iter().chain([last]).map(|listed| listed.room.title).collect();
                Err(Refusal::Staff(Denial::WhichRoom { titles }).into())
            }
            (None, _) => Err(Refusal::Staff(Denial::NothingOpen { channel_id: ask.channel_id }).into()),
        }
    }

    async fn open_here(&self, ask: &Ask) -> Result<Vec<Listed>, Stop> {
        let rooms = self.rooms.in_channel(ask.channel_id).await?;
        Ok(rooms.into_iter().filter(|listed| listed.session.is_some()).collect())
    }

    /// Whether the person keeps order in the room, or why not. Decided anew with each press.
    pub(super) async fn moderates(&self, room: &Room, present: Option<&Session>, facts: Facts) -> Result<(), Stop> {
        let title = room.title.clone();
        let decision = self.decide(facts, present).await?;
        match decision.role {
            Some(Role::Moderator) => Ok(()),
            Some(_) => Err(Refusal::Staff(Denial::NotModerator { title }).into()),
            None => Err(Refusal::Rule { rule: decision.rule, title, channel_id: room.place.channel_id }.into()),
        }
    }

    /// The session that the person may end, or why not.
    async fn to_be_ended(&self, room: &Room, present: Option<Session>, facts: Facts) -> Result<Session, Stop> {
        self.moderates(room, present.as_ref(), facts).await?;
        let title = room.title.clone();
        match present {
            None => Err(Refusal::Ended { title, is_own: room.canonical.is_empty() }.into()),
            Some(session) if session.started_at.is_none() => Err(Refusal::Staff(Denial::NobodyInside { title }).into()),
            Some(session) => Ok(session),
        }
    }
}
