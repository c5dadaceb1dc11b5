//! `/greenroom settings`: a form with how the channel wants to hear; sent, it is kept, and what stands in the channel
//! is drawn anew. `/greenroom check`: what we lack there, and what became of the last card.
//!
//! Discord shows the command to whoever may manage the server, and lets admins give it to others. They must be able
//! to manage the channel at least.

use serenity::{builder::CreateInteractionResponse, model::Permissions};

use super::{
    AT_ONCE, Commands, Step, Stop,
    ask::Ask,
    reply::{Checked, Denial, Refusal},
};
use crate::{access::Facts, store::ChannelSettings};

impl Commands {
    /// Discord takes a form as the first answer only.
    pub(super) async fn form(&self, ask: &Ask, facts: &Facts) -> CreateInteractionResponse {
        let settings = async {
            staff(facts)?;
            Ok::<_, Stop>(self.store.channel_settings(ask.channel_id).await?)
        };
        let limited = self.0.real.timeout(AT_ONCE, settings).await;
        let late = || Err(Stop::Broken(anyhow::anyhow!("the database is too slow for a form")));
        match limited.unwrap_or_else(late) {
            Ok(settings) => self.speak(ask, |speaker| speaker.form(settings)),
            Err(stop) => self.stopped(ask, stop).first(),
        }
    }

    pub(super) async fn save(&self, ask: &Ask, facts: &Facts, settings: ChannelSettings) -> Result<Step, Stop> {
        staff(facts)?;
        self.store.save_channel_settings(ask.place(), settings).await?;
        self.rooms.redraw(ask.channel_id).await?;
        tracing::info!(channel.id = ask.channel_id, by.id = ask.user_id, ?settings, "a channel was set up");
        Ok(Step::Said(self.speak(ask, |speaker| speaker.saved(ask.channel_id, settings, ask.has_threads))))
    }

    pub(super) async fn check(&self, ask: &Ask, facts: &Facts, lacks: Permissions) -> Result<Step, Stop> {
        staff(facts)?;
        let settings = self.store.channel_settings(ask.channel_id).await?;
        let needless = if settings.thread { Permissions::empty() } else { Permissions::CREATE_PUBLIC_THREADS };
        let checked = Checked {
            channel_id: ask.channel_id,
            lacks: lacks - needless,
            has_webhook: self.store.webhook_of(ask.webhook_channel_id).await?.is_some(),
            problem: self.store.channel_problem(ask.channel_id).await?,
            thread: self.store.last_thread(ask.channel_id).await?,
            has_threads: ask.has_threads,
            settings,
        };
        Ok(Step::Said(self.speak(ask, |speaker| speaker.checked(&checked))))
    }
}

fn staff(facts: &Facts) -> Result<(), Refusal> {
    let any = Permissions::ADMINISTRATOR | Permissions::MANAGE_GUILD | Permissions::MANAGE_CHANNELS;
    if facts.member && facts.permissions.intersects(any) && !facts.timed_out {
        return Ok(());
    }
    Err(Refusal::Staff(Denial::NotStaff))
}
