//! What calls cost, as REST says with who was there. Money is no fact of a room: it changes nothing in the channel, so
//! it is no event and not the recorder's; the highest figure stands.

use super::{AT_ONCE, Shared};
use crate::signalwire::{Error, Session, SessionMember};

/// A call's bill may not be there as soon as its end is: it is asked for once more after this.
const BILLED_AFTER_MS: i64 = 15 * 60_000;
/// Older ones are not asked about.
const FORGOTTEN_AFTER_MS: i64 = 24 * 3_600_000;

impl Shared {
    /// Keeps what REST's word on a session says of its cost.
    pub async fn keep_cost(&self, session_id: &str, session: Option<&Session>, members: &[SessionMember]) {
        let of_members = members.iter().filter_map(|member| member.cost_micros).reduce(i64::saturating_add);
        let Some(cost) = session.and_then(|session| session.cost_micros).max(of_members) else { return };
        if let Err(error) = self.store.keep_cost(session_id, cost, self.clock.unix_ms()).await {
            tracing::warn!(%error, session.id = session_id, "what a call costs could not be kept");
        }
    }

    /// Calls that ended a while ago: what they came to in the end.
    pub async fn ask_for_bills(&self) -> Result<(), Error> {
        let now = self.clock.unix_ms();
        let due = self.store.bills_due(now - FORGOTTEN_AFTER_MS, now - BILLED_AFTER_MS, BILLED_AFTER_MS, AT_ONCE).await;
        for (session_id, video_session_id) in due.unwrap_or_default() {
            match self.signalwire.session_members(&video_session_id).await {
                Ok(members) => self.keep_cost(&session_id, None, &members).await,
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
            // Asked, whatever the answer.
            if let Err(error) = self.store.keep_cost(&session_id, 0, now).await {
                tracing::warn!(%error, session.id = session_id, "what a call costs could not be kept");
            }
        }
        Ok(())
    }
}
