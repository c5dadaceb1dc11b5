//! Presses on Admit, Admit as audience and Deny, below the question that a knock makes. The buttons stand in the
//! channel for everybody, so who presses is decided about with each press.

use std::time::Duration;

use super::{
    Commands, Step, Stop,
    ask::Ask,
    reply::{Denial, Refusal},
};
use crate::{access::Facts, clock::millis, store::KnockState};

/// How long a denial holds before the same person may ask again.
const DENIED_FOR: Duration = Duration::from_secs(10 * 60);

impl Commands {
    pub(super) async fn answer_knock(
        &self,
        ask: &Ask,
        answer: KnockState,
        knock_id: &str,
        facts: Facts,
    ) -> Result<Step, Stop> {
        let over = || Refusal::Staff(Denial::KnockOver);
        let known = self.store.knock_by_id(knock_id).await?;
        let knock = known.filter(|knock| knock.place == ask.place()).ok_or_else(over)?;
        let session = self.store.session(&knock.session_id).await?.ok_or_else(over)?;
        let room = self.rooms.by_key(&session.room_key).await?.ok_or(Refusal::UnknownRoom)?;
        self.moderates(&room, Some(&session), facts).await?;
        let now = self.clock.unix_ms();
        if !self.store.answer_knock(&knock.id, answer, ask.user_id, now, now + millis(DENIED_FOR)).await? {
            return Err(over().into());
        }
        // Their page, and the question in the channel.
        self.wake.person(&room.key, knock.user_id);
        let (user, by) = (knock.user_id, ask.user_id);
        tracing::info!(room.key = room.key, user.id = user, by.id = by, answer = answer.code(), "a knock was answered");
        Ok(Step::Said(self.speak(ask, |speaker| speaker.knock_answered(answer, &knock.name, &room.title))))
    }
}
