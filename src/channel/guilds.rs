//! Servers the bot was removed from: their cards end as they are, and a week later everything of them is forgotten.
//! The gateway tells of a removal as it happens; what it did not tell, or whoever has no gateway, is found out by asking
//! Discord now and then.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::{Channels, Problem, Shared};
use crate::discord::{self, GuildId};

/// After the start, and then.
const FIRST: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(3600);
/// As many as Discord tells at once.
const PAGE: usize = 200;

impl Channels {
    /// The bot was removed from a guild.
    pub async fn left(&self, guild_id: u64) -> sqlx::Result<()> {
        left(&self.0, guild_id).await
    }

    /// The bot is in a guild, maybe again: what could not be posted there is tried again.
    pub async fn is_in(&self, guild_id: u64) -> sqlx::Result<()> {
        if self.0.store.back_in_guild(guild_id).await? {
            tracing::info!(guild.id = guild_id, "we are in a server again");
        }
        self.look_again_in_guild(guild_id).await
    }
}

async fn left(shared: &Shared, guild_id: u64) -> sqlx::Result<()> {
    let now = shared.clock.unix_ms();
    if shared.store.leave_guild(guild_id, Problem::BotRemoved.code(), now).await? {
        tracing::info!(guild.id = guild_id, "we were removed from a server; what we keep of it goes in a week");
    }
    Ok(())
}

/// Compares, until the stop.
pub(super) async fn compare(shared: Arc<Shared>, discord: discord::Client) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.clock.sleep(wait) => {}
        }
        wait = EVERY;
        let Some(compared) = shared.stop.run_until_cancelled(compare_once(&shared, &discord)).await else { return };
        if let Err(error) = compared {
            tracing::warn!("which servers we are in could not be compared; trying again later: {error:#}");
        }
    }
}

async fn compare_once(shared: &Arc<Shared>, discord: &discord::Client) -> anyhow::Result<()> {
    let known = shared.store.known_guilds().await?;
    if known.is_empty() {
        return Ok(());
    }
    let present = present(discord).await?;
    for (guild_id, has_left) in known {
        match (present.contains(&guild_id), has_left) {
            (false, false) => left(shared, guild_id).await?,
            (true, true) => Channels(Arc::clone(shared)).is_in(guild_id).await?,
            _ => {}
        }
    }
    Ok(())
}

/// All of them or none: a part of the list would make us leave the others.
async fn present(discord: &discord::Client) -> Result<HashSet<u64>, discord::Error> {
    let mut present = HashSet::new();
    let mut after: Option<GuildId> = None;
    loop {
        let page = discord.guilds(after).await?;
        after = page.iter().map(|guild| guild.id).max();
        present.extend(page.iter().map(|guild| guild.id.get()));
        if page.len() < PAGE {
            return Ok(present);
        }
    }
}
