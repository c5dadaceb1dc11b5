//! One of the two ways in: Discord's gateway. In: interactions and events. Out: first answers through the callback
//! route, later work on the task tracker, changes as [`Event`](crate::discord::Event)s.
//!
//! Each shard has a socket in one of all processes on a database, by a lease; the others stand by. twilight speaks the
//! protocol (heartbeats, RESUME), for serenity identifies whenever it likes; before each IDENTIFY the gate is passed.
//! What nobody notices, a shard that stays silent, the watchdog does.

use std::{collections::BTreeSet, ops::RangeInclusive, sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use serenity::model::gateway::{BotGateway, GatewayIntents};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use twilight_gateway::{ConfigBuilder, Intents};

use super::{Events, answer::Handler, client::Client, health::Health, seen::Seen, watchdog};
use crate::{
    clock::Clock,
    config,
    lease::{Lease, Leases},
    secret::Random,
    store::Store,
    tasks::Tasks,
};

/// What is heard.
mod ears;
/// What is passed before each IDENTIFY.
mod gate;
/// What sessions are taken up with.
mod sessions;
/// One shard's socket.
mod shard;

use self::{ears::Ears, gate::Gate, sessions::Sessions, shard::Common};

/// How often it is looked whether a shard is free that nobody said is.
const LOOKED: Duration = Duration::from_secs(1);
/// The database is asked for so long.
const WITHIN: Duration = Duration::from_secs(3);
/// How long closing all sockets and writing down where they were may take.
const CLOSING: Duration = Duration::from_secs(4);

/// All leases on shards begin so.
const SHARDS: &str = "shard/";

/// What a shard is called in the database.
fn name(shard: u32, total: u32) -> String {
    format!("{SHARDS}{shard}/{total}")
}

/// What it takes to receive interactions over the gateway.
#[derive(Debug)]
pub struct Gateway<H> {
    pub config: config::Discord,
    pub client: Client,
    pub store: Store,
    pub leases: Leases,
    pub handler: H,
    pub events: Events,
    pub health: Health,
    pub clock: Clock,
    pub random: Random,
    /// Where answers are worked on, so that stopping waits for them.
    pub tasks: Tasks,
}

/// Why the gateway can't go on; the text says how to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    #[error(
        "DISCORD_TOKEN: Discord does not accept this token. Make a new one in the Developer Portal \
         (your application > Bot > Reset Token) and put it into DISCORD_TOKEN."
    )]
    BadToken,
    #[error(
        "DISCORD_MEMBERS_INTENT=on needs the privileged intent: switch on \"Server Members Intent\" in the \
         Developer Portal (your application > Bot), or set DISCORD_MEMBERS_INTENT=off."
    )]
    IntentNotAllowed,
    #[error("DISCORD_SHARDS: Discord does not accept these shards. Leave it empty to ask Discord how many there are.")]
    BadShards,
    #[error("Discord's gateway has been silent for {} s, so this process ends; start it again.", .0.as_secs())]
    Silent(Duration),
    #[error("Discord's gateway connection ended, so this process ends; start it again.")]
    Ended,
}

impl<H: Handler> Gateway<H> {
    /// Runs until `shutdown`, or until only a restart or the operator can help.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), Stopped> {
        tokio::select! {
            () = shutdown.cancelled() => Ok(()),
            gateway = self.find_gateway() => self.serve(&gateway?, &shutdown).await,
        }
    }

    /// Where to connect and with how many shards. Asked until it is answered.
    async fn find_gateway(&self) -> Result<BotGateway, Stopped> {
        let mut wait = Duration::from_secs(1);
        loop {
            match self.client.gateway_bot().await {
                Ok(gateway) if sessions::is_socket(&gateway.url) => return Ok(gateway),
                Ok(_) => tracing::warn!("Discord's gateway has no address"),
                Err(error) if error.status() == Some(http::StatusCode::UNAUTHORIZED) => return Err(Stopped::BadToken),
                Err(error) => tracing::warn!(%error, "Discord's gateway can't be found yet"),
            }
            wait = (wait * 2).min(Duration::from_secs(30));
            self.client.real.sleep(wait.mul_f64(self.random.jitter())).await;
        }
    }

    async fn serve(self, gateway: &BotGateway, shutdown: &CancellationToken) -> Result<(), Stopped> {
        let (ours, total) = match self.config.shards {
            Some(shards) => (shards.first..=shards.last, shards.total),
            None => (0..=gateway.shards.max(1) - 1, gateway.shards.max(1)),
        };
        tracing::info!(
            shards.first = ours.start(),
            shards.last = ours.end(),
            shards.total = total,
            "connecting to Discord's gateway, or standing by"
        );
        self.health.wants(ours.clone(), total);
        let (leases, health, client) = (self.leases.clone(), self.health.clone(), self.client.clone());
        let common = Arc::new(self.common(gateway, total));
        let keeper = Keeper { leases, ours, total, common, held: BTreeSet::new(), shards: JoinSet::new() };
        tokio::select! {
            ended = keeper.keep(shutdown) => ended,
            quiet = watchdog::watch(&health, &client) => Err(Stopped::Silent(quiet)),
        }
    }

    fn common(self, gateway: &BotGateway, total: u32) -> Common<H> {
        let mut intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MODERATION;
        if self.config.members_intent {
            intents |= GatewayIntents::GUILD_MEMBERS;
        }
        let token = self.config.token.expose_secret().to_owned();
        let config = ConfigBuilder::new(token, Intents::from_bits_truncate(intents.bits()))
            .proxy_url(gateway.url.trim_end_matches('/').to_owned())
            .queue(())
            .build();
        let Self { client, store, handler, events, health, clock, random, tasks, .. } = self;
        let real = client.real.clone();
        Common {
            config,
            total,
            gate: Gate::new(client.clone(), store.clone(), clock.clone(), total, gateway),
            sessions: Sessions::new(store.clone(), real.clone(), total, intents.bits()),
            ears: Ears::new(client, Seen::new(store), handler, events, clock, tasks),
            health,
            random,
            real,
        }
    }
}

/// Takes what shards are free, and runs them.
struct Keeper<H> {
    leases: Leases,
    ours: RangeInclusive<u32>,
    total: u32,
    common: Arc<Common<H>>,
    held: BTreeSet<u32>,
    shards: JoinSet<(u32, Result<(), Stopped>)>,
}

impl<H: Handler> Keeper<H> {
    async fn keep(mut self, stop: &CancellationToken) -> Result<(), Stopped> {
        let common = Arc::clone(&self.common);
        let mut standing = self.leases.standing();
        let saving = common.sessions.save();
        tokio::pin!(saving);
        loop {
            self.take(stop).await;
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = self.shards.join_next() => match ended {
                    Ok((shard, Ok(()))) => {
                        self.held.remove(&shard);
                    }
                    Ok((_, Err(stopped))) => return Err(stopped),
                    // It panicked; what it held is free with the process.
                    Err(_) => return Err(Stopped::Ended),
                },
                () = &mut saving => {}
                _ = standing.changed() => {}
                () = common.real.sleep(LOOKED) => {}
            }
        }
        let closed = async { while self.shards.join_next().await.is_some() {} };
        if common.real.timeout(CLOSING, closed).await.is_none() {
            tracing::debug!("some of Discord's gateway did not close in time");
        }
        Ok(())
    }

    /// All that nobody has.
    async fn take(&mut self, stop: &CancellationToken) {
        if self.held.len() == self.ours.clone().count() {
            return;
        }
        let real = self.common.real.clone();
        match real.timeout(WITHIN, self.leases.held_like(SHARDS)).await {
            Some(Ok(others)) => {
                for shard in self.ours.clone() {
                    let name = name(shard, self.total);
                    if self.held.contains(&shard) || others.contains(&name) {
                        continue;
                    }
                    match real.timeout(WITHIN, self.leases.take(&name)).await {
                        Some(Ok(Some(lease))) => self.run(shard, lease, stop.clone()),
                        Some(Ok(None)) => {}
                        _ => return,
                    }
                }
            }
            Some(Err(error)) => tracing::debug!(%error, "whether shards are free can't be known yet"),
            None => tracing::debug!("the database is too slow to say whether shards are free"),
        }
    }

    fn run(&mut self, shard: u32, lease: Lease, stop: CancellationToken) {
        tracing::info!(shard, "this process has the shard");
        let common = Arc::clone(&self.common);
        self.held.insert(shard);
        self.shards.spawn(async move { (shard, shard::run(&common, shard, lease, &stop).await) });
    }
}
