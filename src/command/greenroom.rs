//! `/greenroom settings`: a form with how the channel wants to hear; sent, it is kept, and what stands in the channel
//! is drawn anew. `/greenroom check`: what we lack there, and what became of the last card. `/greenroom why`: what
//! somebody may do there, and the rule behind it. `/greenroom stats`: what the server's calls come to.
//!
//! Discord shows the command to whoever may manage the server, and lets admins give it to others. They must be able
//! to manage the channel at least.

use std::{sync::Arc, time::Duration};

use serenity::{builder::CreateInteractionResponse, model::Permissions};

use super::{
    AT_ONCE, Commands, Step, Stop,
    ask::Ask,
    reply::{Checked, Denial, Reason, Refusal},
};
use crate::{
    access::Facts,
    room::RoomName,
    store::{ChannelSettings, GuildSettings},
};

const DAY_MS: i64 = 24 * 3600 * 1000;

impl Commands {
    /// Discord takes a form as the first answer only.
    pub(super) async fn form(&self, ask: &Ask, facts: &Facts) -> CreateInteractionResponse {
        let settings = async {
            staff(facts)?;
            let guild = match is_admin(facts) {
                true => Some(self.store.guild_settings(ask.guild_id).await?),
                false => None,
            };
            Ok::<_, Stop>((self.store.channel_settings(ask.channel_id).await?, guild))
        };
        let limited = self.0.real.timeout(AT_ONCE, settings).await;
        let late = || Err(Stop::Broken(anyhow::anyhow!("the database is too slow for a form")));
        match limited.unwrap_or_else(late) {
            Ok((settings, guild)) => self.speak(ask, |speaker| speaker.form(settings, guild)),
            Err(stop) => self.stopped(ask, stop).first(),
        }
    }

    pub(super) async fn save(
        &self,
        ask: &Ask,
        facts: &Facts,
        settings: ChannelSettings,
        guests: Option<bool>,
    ) -> Result<Step, Stop> {
        staff(facts)?;
        let guild = guests.map(|guests| GuildSettings { guests });
        if let Some(guild) = guild {
            self.save_guild(ask, facts, guild).await?;
        }
        self.store.save_channel_settings(ask.place(), settings).await?;
        self.rooms.redraw(ask.channel_id).await?;
        tracing::info!(channel.id = ask.channel_id, by.id = ask.user_id, ?settings, "a channel was set up");
        Ok(Step::Said(self.speak(ask, |speaker| speaker.saved(ask.channel_id, settings, guild, ask.has_threads))))
    }

    async fn save_guild(&self, ask: &Ask, facts: &Facts, settings: GuildSettings) -> Result<(), Stop> {
        if !is_admin(facts) {
            return Err(Refusal::Staff(Denial::NotTheServers).into());
        }
        if self.store.guild_settings(ask.guild_id).await? != settings {
            self.store.save_guild_settings(ask.guild_id, settings).await?;
            // Guests who are inside are decided about at once.
            self.membership.guest_changed(ask.guild_id, None);
            tracing::info!(guild.id = ask.guild_id, by.id = ask.user_id, ?settings, "a server was set up");
        }
        Ok(())
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
            guild: self.store.guild_settings(ask.guild_id).await?,
        };
        Ok(Step::Said(self.speak(ask, |speaker| speaker.checked(&checked))))
    }

    /// Asks Discord anew: who wonders about a decision has often just changed what it is made from.
    pub(super) async fn why(
        self,
        ask: Arc<Ask>,
        user_id: u64,
        typed: Option<&str>,
        facts: &Facts,
    ) -> Result<Step, Stop> {
        staff(facts)?;
        let name = typed.map(RoomName::parse).transpose().map_err(Refusal::Name)?;
        let room = self.rooms.find(ask.wanted(name.as_ref())).await?;
        let present = match &room {
            Some(room) => self.rooms.present(&room.key).await?,
            None => None,
        };
        let typed = typed.unwrap_or(&ask.channel_name).to_owned();
        Ok(Step::Slow(Box::pin(async move {
            let asked = self.membership.facts_within(user_id, ask.place(), Duration::ZERO).await;
            let facts = asked.map_err(|_| Refusal::DiscordSilent)?;
            let reason = Reason {
                user_id,
                title: room.map_or(typed, |room| room.title),
                channel_id: ask.channel_id,
                is_open: present.is_some(),
                decision: self.decide(facts, present.as_ref()).await?,
            };
            Ok(self.speak(&ask, |speaker| speaker.why(&reason)))
        })))
    }

    pub(super) async fn stats(&self, ask: &Ask, facts: &Facts) -> Result<Step, Stop> {
        admin(facts)?;
        let now = self.clock.unix_ms();
        let tally = async |days: u32| self.store.tally(ask.guild_id, now - i64::from(days) * DAY_MS, now).await;
        let tallies = [(7, tally(7).await?), (30, tally(30).await?)];
        let live = self.store.live_now(ask.guild_id).await?;
        let joining = self.store.join_times(ask.guild_id, now - 30 * DAY_MS).await?;
        Ok(Step::Said(self.speak(ask, |speaker| speaker.stats(live, &tallies, &joining))))
    }
}

/// What goes on in channels that somebody may not see is for those alone who may see all of them.
fn admin(facts: &Facts) -> Result<(), Refusal> {
    if is_admin(facts) { Ok(()) } else { Err(Refusal::Staff(Denial::NotAdmin)) }
}

fn is_admin(facts: &Facts) -> bool {
    let any = Permissions::ADMINISTRATOR | Permissions::MANAGE_GUILD;
    facts.member && facts.permissions.intersects(any) && !facts.timed_out
}

fn staff(facts: &Facts) -> Result<(), Refusal> {
    let any = Permissions::ADMINISTRATOR | Permissions::MANAGE_GUILD | Permissions::MANAGE_CHANNELS;
    if facts.member && facts.permissions.intersects(any) && !facts.timed_out {
        return Ok(());
    }
    Err(Refusal::Staff(Denial::NotStaff))
}
