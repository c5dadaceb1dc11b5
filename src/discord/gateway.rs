//! One of the two ways in: serenity's gateway socket. In: interactions and events. Out: first answers
//! through the callback route, later work on the task tracker, changes as [`Event`]s.
//!
//! What serenity does by itself (heartbeats, resuming, identifying anew) is left to it. What it does not
//! notice, a socket that is accepted and never speaks, the watchdog does.

use std::{sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use serenity::async_trait;
use serenity::{
    all::{Event as Dispatch, GatewayIntents, Interaction, RawEventHandler},
    builder::CreateInteractionResponse,
    client::ClientBuilder,
    gateway::GatewayError,
    http::HttpBuilder,
    model::gateway::BotGateway,
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Event, Events,
    answer::{self, Handler, Outline},
    client::Client,
    error::{Error, code},
    health::Health,
    interactions::Reply,
    seen::Seen,
    watchdog,
};
use crate::{clock::Clock, config, snowflake, store::Store, telemetry};

/// Interactions that may be in work at once; what comes on top goes unanswered, and Discord says so.
const AT_ONCE: usize = 1024;

/// An older interaction has lost its 3 seconds: it comes from a replay after a resume.
const STALE_MS: i64 = 3000;

/// How long a closing handshake may take.
const CLOSING: Duration = Duration::from_secs(1);

/// What it takes to receive interactions over the gateway.
#[derive(Debug)]
pub struct Gateway<H> {
    pub config: config::Discord,
    pub client: Client,
    pub store: Store,
    pub handler: H,
    pub events: Events,
    pub health: Health,
    pub clock: Clock,
    /// Where answers are worked on, so that stopping waits for them.
    pub tasks: TaskTracker,
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
    #[error("DISCORD_SHARDS: Discord does not accept these shards. Leave it empty to run all of them here.")]
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
            gateway = self.find_gateway() => self.connect(&gateway?, &shutdown).await,
        }
    }

    /// Where to connect and with how many shards. Asked until it is answered: serenity would fall back to
    /// the real Discord, and identifying against a limit that is used up resets the bot's token.
    async fn find_gateway(&self) -> Result<BotGateway, Stopped> {
        let mut wait = Duration::from_secs(1);
        loop {
            match self.client.gateway_bot().await {
                Ok(gateway) if gateway.session_start_limit.remaining == 0 => {
                    wait = Duration::from_millis(gateway.session_start_limit.reset_after.max(1000));
                    tracing::error!(wait_s = wait.as_secs(), "Discord allows no more gateway sessions today; waiting");
                }
                Ok(gateway) => return Ok(gateway),
                Err(error) if error.status() == Some(http::StatusCode::UNAUTHORIZED) => return Err(Stopped::BadToken),
                Err(error) => {
                    tracing::warn!(%error, "Discord's gateway can't be found yet");
                    wait = (wait * 2).min(Duration::from_secs(30));
                }
            }
            self.client.real.sleep(wait).await;
        }
    }

    async fn connect(self, gateway: &BotGateway, shutdown: &CancellationToken) -> Result<(), Stopped> {
        let (first, last, total) = match self.config.shards {
            Some(shards) => (shards.first, shards.last, shards.total),
            None => (0, gateway.shards.max(1) - 1, gateway.shards.max(1)),
        };
        let mut intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MODERATION;
        if self.config.members_intent {
            intents |= GatewayIntents::GUILD_MEMBERS;
        }
        // The base URL holds only with serenity's own limiter off; it has nothing to limit but this one GET.
        let http = HttpBuilder::new(self.config.token.expose_secret())
            .client(self.client.http())
            .proxy(self.config.api_url.as_str().trim_end_matches('/'))
            .ratelimiter_disabled(true)
            .build();
        let (client, health) = (self.client.clone(), self.health.clone());
        let mut connection = ClientBuilder::new_with_http(http, intents)
            .raw_event_handler(Ears::new(self))
            .await
            .map_err(|_| Stopped::Ended)?;
        connection.ws_url.lock().await.clone_from(&gateway.url);
        tracing::info!(
            shards.first = first,
            shards.last = last,
            shards.total = total,
            "connecting to Discord's gateway"
        );

        let shards = Arc::clone(&connection.shard_manager);
        let ended = tokio::select! {
            // The end of serenity's range is the last shard, not the one behind it.
            ended = connection.start_shard_range(first..last, total) => ended,
            quiet = watchdog::watch(&shards, first..=last, &health, &client) => return Err(Stopped::Silent(quiet)),
            () = shutdown.cancelled() => {
                // `start` may never return and closing may hang, so neither is waited for without a limit.
                if client.real.timeout(CLOSING, shards.shutdown_all()).await.is_none() {
                    tracing::debug!("Discord's gateway did not close in time");
                }
                return Ok(());
            }
        };
        Err(match ended {
            Err(serenity::Error::Gateway(error)) => fatal(&error),
            _ => Stopped::Ended,
        })
    }
}

fn fatal(error: &GatewayError) -> Stopped {
    match error {
        GatewayError::InvalidAuthentication | GatewayError::NoAuthentication => Stopped::BadToken,
        GatewayError::DisallowedGatewayIntents | GatewayError::InvalidGatewayIntents => Stopped::IntentNotAllowed,
        GatewayError::InvalidShardData | GatewayError::OverloadedShard => Stopped::BadShards,
        _ => Stopped::Ended,
    }
}

/// What serenity calls with everything it hears.
struct Ears<H>(Arc<Inner<H>>);

struct Inner<H> {
    client: Client,
    handler: H,
    events: Events,
    clock: Clock,
    tasks: TaskTracker,
    seen: Seen,
    places: Arc<Semaphore>,
}

impl<H> Ears<H> {
    fn new(gateway: Gateway<H>) -> Self {
        let Gateway { client, store, handler, events, clock, tasks, .. } = gateway;
        let seen = Seen::new(store);
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Self(Arc::new(Inner { client, handler, events, clock, tasks, seen, places }))
    }
}

#[async_trait]
impl<H: Handler> RawEventHandler for Ears<H> {
    async fn raw_event(&self, _: serenity::client::Context, dispatch: Dispatch) {
        match dispatch {
            Dispatch::InteractionCreate(event) => self.0.hear(event.interaction),
            Dispatch::Ready(event) => {
                tracing::info!(bot.name = %event.ready.user.name, guilds = event.ready.guilds.len(), "connected to Discord's gateway");
                self.0.events.send(Event::Missed);
            }
            other => {
                if let Some(event) = changed(&other) {
                    self.0.events.send(event);
                }
            }
        }
    }
}

fn changed(dispatch: &Dispatch) -> Option<Event> {
    Some(match dispatch {
        Dispatch::GuildCreate(event) => Event::GuildChanged { guild: event.guild.id },
        Dispatch::GuildUpdate(event) => Event::GuildChanged { guild: event.guild.id },
        // Unavailable is an outage of Discord's, no farewell.
        Dispatch::GuildDelete(event) if !event.guild.unavailable => Event::GuildLeft { guild: event.guild.id },
        Dispatch::GuildRoleCreate(event) => Event::GuildChanged { guild: event.role.guild_id },
        Dispatch::GuildRoleUpdate(event) => Event::GuildChanged { guild: event.role.guild_id },
        Dispatch::GuildRoleDelete(event) => Event::GuildChanged { guild: event.guild_id },
        Dispatch::ChannelCreate(event) => channel(event.channel.guild_id, event.channel.id),
        Dispatch::ChannelUpdate(event) => channel(event.channel.guild_id, event.channel.id),
        Dispatch::ChannelDelete(event) => {
            Event::ChannelDeleted { guild: event.channel.guild_id, channel: event.channel.id }
        }
        Dispatch::ThreadCreate(event) => channel(event.thread.guild_id, event.thread.id),
        Dispatch::ThreadUpdate(event) => channel(event.thread.guild_id, event.thread.id),
        Dispatch::ThreadDelete(event) => {
            Event::ChannelDeleted { guild: event.thread.guild_id, channel: event.thread.id }
        }
        Dispatch::ThreadMembersUpdate(event) => channel(event.guild_id, event.id),
        Dispatch::GuildMemberUpdate(event) => Event::MemberChanged { guild: event.guild_id, user: event.user.id },
        Dispatch::GuildMemberRemove(event) => Event::MemberGone { guild: event.guild_id, user: event.user.id },
        Dispatch::GuildBanAdd(event) => Event::MemberGone { guild: event.guild_id, user: event.user.id },
        _ => return None,
    })
}

fn channel(guild: super::GuildId, channel: super::ChannelId) -> Event {
    Event::ChannelChanged { guild, channel }
}

impl<H: Handler> Inner<H> {
    fn hear(self: &Arc<Self>, interaction: Interaction) {
        let id = interaction.id();
        // By our clock and by Discord's: a machine whose clock is ahead shall not find everything old.
        let now = self.clock.unix_ms().min(self.client.discord_unix_ms());
        let age_ms = now - snowflake::made_at(id.get());
        if age_ms > STALE_MS {
            telemetry::skipped("old");
            tracing::debug!(interaction.id = id.get(), age_ms, "skipping an interaction that is too old to answer");
            return;
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            telemetry::skipped("crowd");
            tracing::error!(interaction.id = id.get(), "too many interactions at once: one goes unanswered");
            return;
        };
        let this = Arc::clone(self);
        self.tasks.spawn(async move {
            this.answer(interaction).await;
            drop(place);
        });
    }

    async fn answer(&self, interaction: Interaction) {
        let reply = Reply::to(&interaction);
        let outline = Outline::of(&interaction);
        let Some(answer) = answer::first(&self.handler, &self.seen, interaction, &self.client.real).await else {
            return;
        };
        if self.send_first(&reply, &answer.first, &outline).await
            && let Some(later) = answer.later
        {
            later.await;
        }
    }

    /// Whether later work makes sense.
    async fn send_first(&self, reply: &Reply, first: &CreateInteractionResponse, outline: &Outline) -> bool {
        let Err(error) = self.client.callback(reply, first).await else { return true };
        tracing::warn!(interaction.id = reply.interaction.get(), %error, "a first answer did not arrive");
        match error {
            // Perhaps it did: then the later edit shows.
            Error::Unreachable(_) => true,
            error if matches!(error.code(), code::UNKNOWN_INTERACTION | code::ALREADY_ANSWERED) => false,
            // Discord does not like what we say, so say less. Nothing more can be done when that fails too.
            Error::Status { status, .. } if status.is_client_error() => {
                let _ = self.client.callback(reply, &self.handler.sorry(outline)).await;
                false
            }
            _ => false,
        }
    }
}
