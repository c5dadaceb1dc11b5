//! A press on Join: whoever pressed gets their own way into the room's present session, or the sentence why not.
//! On a card Discord has vouched for them; "Join that one" leads to another channel, for which it is asked.

use std::sync::Arc;

use super::{
    Commands, Step, Stop,
    ask::Ask,
    reply::{Posting, Refusal, Said},
};
use crate::{access::Facts, room::Room};

/// Longer than any room's key: not worth looking up.
const KEY_MAX: usize = 64;

impl Commands {
    pub(super) async fn join(self, ask: Arc<Ask>, room_key: &str, facts: Facts) -> Result<Step, Stop> {
        let key = Some(room_key).filter(|key| key.len() <= KEY_MAX);
        let room = match key {
            Some(key) => self.rooms.by_key(key).await?,
            None => None,
        };
        let room = room.filter(|room| room.place.guild_id == ask.guild_id).ok_or(Refusal::UnknownRoom)?;
        if room.place == ask.place() {
            return self.admit(ask, room, facts).await.map(Step::Said);
        }
        Ok(Step::Slow(Box::pin(async move {
            let facts = self.membership.facts(ask.user_id, room.place).await.map_err(|_| Refusal::DiscordSilent)?;
            self.admit(ask, room, facts).await
        })))
    }

    async fn admit(&self, ask: Arc<Ask>, room: Room, facts: Facts) -> Result<Said, Stop> {
        let present = self.rooms.present(&room.key).await?;
        let person = facts.person.clone();
        let decision = self.decide(facts, present.as_ref()).await?;
        // Access first: a room's name and state are for those who may come in.
        let Some(role) = decision.role else {
            let (title, channel_id) = (room.title, room.place.channel_id);
            return Err(Refusal::Rule { rule: decision.rule, title, channel_id }.into());
        };
        let Some(session) = present else {
            return Err(Refusal::Ended { is_own: room.canonical.is_empty(), title: room.title }.into());
        };
        // They pressed on a card, so there is one.
        let way = self.way(ask, person, room, role, &session, Posting::Card).await?;
        Ok(self.tell(&way, None))
    }
}
