//! The steps of the story, each made from what it needs and joined to those before it.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::sync::CancellationToken;

use super::{Environment, Shared, introduction::Introduction};
use crate::{
    access::{Membership, Sessions, SignIn, SignInParts, Tickets},
    call::{self, Call, metrics, recheck},
    channel::{Appearance, Channels},
    clock::Clock,
    command::{self, Commands, VideoCommand},
    config::Interactions,
    discord::{self, Gateway},
    event::{self, Events},
    room::{Ending, Rooms},
    signalwire::{self, Relay},
    wake::others,
};

/// The steps of the story, joined.
pub(super) struct Story {
    commands: Commands,
    video: VideoCommand,
    rooms: Rooms,
    ending: Ending,
    membership: Membership,
    tickets: Tickets,
    signalwire: signalwire::Client,
    relay: Relay,
    pub events: Events,
    pub channels: Channels,
    gateway: discord::Health,
}

impl Story {
    pub fn begin(shared: &Shared) -> Self {
        let Shared { config, environment, store, leases, keys, words, wake, discord, tasks, .. } = shared;
        let Environment { clock, random } = environment.clone();
        let signalwire = signalwire::Client::new(&config.signalwire, clock.clone());
        let rooms = Rooms::new(
            store.clone(),
            signalwire.clone(),
            clock.clone(),
            random.clone(),
            config.limits.clone(),
            wake.clone(),
        );
        let (known, policy) = (store.clone(), shared.policy.clone());
        let membership = Membership::new(discord.clone(), known, clock.clone(), policy, wake.clone());
        let tickets = Tickets::new(store.clone(), clock.clone(), random.clone(), config.web.public_url.clone());
        let video = VideoCommand::default();
        let stop = tasks.stop().clone();
        let (relay, relay_events) = Relay::start(&config.signalwire, clock.clone(), random.clone(), stop);
        let events = Events::start(event::Parts {
            store: store.clone(),
            leases: leases.clone(),
            signalwire: signalwire.clone(),
            relay: relay.clone(),
            relay_events,
            clock: clock.clone(),
            wake: wake.clone(),
            random: random.clone(),
            tasks: tasks.clone(),
        });
        let looked_at = events.clone();
        let ending = Ending {
            rooms: rooms.clone(),
            signalwire: signalwire.clone(),
            relay: relay.clone(),
            look: Arc::new(move |session_id| looked_at.ask_for_look(session_id)),
            clock: clock.clone(),
        };
        let commands = Commands::new(command::Parts {
            store: store.clone(),
            leases: leases.clone(),
            keys: keys.clone(),
            rooms: rooms.clone(),
            ending: ending.clone(),
            membership: membership.clone(),
            tickets: tickets.clone(),
            words: words.clone(),
            clock: clock.clone(),
            random,
            wake: wake.clone(),
            discord: discord.clone(),
            api_url: config.discord.api_url.clone(),
            video: video.clone(),
            rate_limits: config.web.rate_limits,
        });
        let channels = Channels::start(
            store.clone(),
            discord.clone(),
            keys.clone(),
            words.clone(),
            clock,
            wake.clone(),
            Appearance::of(config),
            video.clone(),
            leases.clone(),
            tasks,
        );
        let gateway = discord::Health::default();
        Self { commands, video, rooms, ending, membership, tickets, signalwire, relay, events, channels, gateway }
    }

    /// The way in for interactions: a route, or the gateway.
    pub fn open_discord(&self, shared: &Shared) -> anyhow::Result<Router> {
        let Shared { config, environment, store, leases, words, discord, tasks, .. } = shared;
        let stop = tasks.stop();
        let introduction = Introduction {
            config: config.clone(),
            discord: discord.clone(),
            words: words.clone(),
            clock: environment.clock.clone(),
            random: environment.random.clone(),
            video: self.video.clone(),
        };
        let made = stop.clone().run_until_cancelled_owned(introduction.make());
        tasks.needed("being introduced to Discord", async move { made.await.unwrap_or(Ok(())) });
        tasks.lasting("promised answers", self.commands.clone().finish_or_apologise(stop.clone()));
        let clock = environment.clock.clone();
        if let Interactions::Http { public_key } = config.discord.interactions {
            let (handler, client) = (self.commands.clone(), discord.clone());
            return discord::http::routes(handler, public_key, client, store.clone(), clock, tasks.clone());
        }
        let (changes, heard) = discord::Events::channel();
        let news = pass_on(heard, self.membership.clone(), self.channels.clone(), stop.clone());
        tasks.lasting("what Discord's gateway tells", news);
        let gateway = Gateway {
            config: config.discord.clone(),
            client: discord.clone(),
            store: store.clone(),
            leases: leases.clone(),
            handler: self.commands.clone(),
            events: changes,
            health: self.gateway.clone(),
            clock,
            random: environment.random.clone(),
            tasks: tasks.clone(),
        };
        // Ends by itself, and says goodbye to Discord first.
        tasks.needed("Discord's gateway", gateway.run(stop.clone()));
        Ok(Router::new())
    }

    /// Numbers and the state of each part, for operators.
    pub fn watch(
        &self,
        shared: &Shared,
        call: &Call,
        address: SocketAddr,
        listener: TcpListener,
    ) -> anyhow::Result<()> {
        tracing::info!(address = %listener.local_addr()?, "metrics are served");
        let watched = metrics::Watched {
            address,
            started_at: shared.started_at,
            store: shared.store.clone(),
            leases: shared.leases.clone(),
            on_duty: Arc::new(self.is_on_duty()),
            kept: Arc::new(self.kept(call)),
            gateway: (shared.config.discord.interactions == Interactions::Gateway).then(|| self.gateway.clone()),
            relay: self.relay.clone(),
            signalwire: self.signalwire.clone(),
            leaving: shared.leaving.clone(),
            clock: shared.environment.clock.clone(),
        };
        shared.tasks.lasting("metrics", metrics::serve(listener, watched, shared.tasks.stop().clone()));
        Ok(())
    }

    fn is_on_duty(&self) -> impl Fn() -> bool + Send + Sync + use<> {
        let events = self.events.clone();
        move || events.is_on_duty()
    }

    /// How much is kept in memory, by what it is and as its owners count it.
    fn kept(&self, call: &Call) -> impl Fn() -> Vec<(&'static str, usize)> + Send + Sync + use<> {
        let (call, commands) = (call.clone(), self.commands.clone());
        let (channels, events) = (self.channels.clone(), self.events.clone());
        move || {
            let shown = [("channel_senders", channels.senders()), ("followed_sessions", events.followed())];
            call.kept().into_iter().chain(commands.kept()).chain(shown).collect()
        }
    }

    /// Access that is lost while a call runs is lost in the call.
    pub fn recheck(&self, shared: &Shared) {
        let parts = recheck::Parts {
            rooms: self.rooms.clone(),
            membership: self.membership.clone(),
            relay: self.relay.clone(),
            wake: shared.wake.clone(),
            clock: shared.environment.clock.clone(),
            leases: shared.leases.clone(),
            budget: discord::Budget::new(shared.config.discord.requests_per_second),
            on_duty: Box::new(self.is_on_duty()),
            stop: shared.tasks.stop().clone(),
        };
        shared.tasks.lasting("checking who may be inside", recheck::run(parts));
    }

    /// Of several processes on one database, each is woken by what the others did.
    pub fn hear_others(&self, shared: &Shared) {
        let membership = self.membership.clone();
        let parts = others::Parts {
            wake: shared.wake.clone(),
            store: shared.store.clone(),
            leases: shared.leases.clone(),
            random: shared.environment.random.clone(),
            real: Clock::system(),
            access: Box::new(move |access| membership.changed_elsewhere(access)),
            stop: shared.tasks.stop().clone(),
        };
        shared.tasks.lasting("hearing other processes", others::run(parts));
    }

    pub fn call(&self, shared: &Shared) -> anyhow::Result<Call> {
        let Shared { config, environment, store, keys, words, wake, discord, leaving, tasks, .. } = shared;
        let Environment { clock, random } = environment.clone();
        let sign_in = SignIn::new(SignInParts {
            config: &config.discord,
            public_url: &config.web.public_url,
            discord: discord.clone(),
            keys: keys.clone(),
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
        })?;
        Ok(Call::new(call::Parts {
            sign_in,
            keys: keys.clone(),
            discord: (discord.http(), config.discord.api_url.clone()),
            sessions: Sessions::new(keys, &config.web.public_url, clock.clone(), store.clone()),
            store: store.clone(),
            rooms: self.rooms.clone(),
            membership: self.membership.clone(),
            tickets: self.tickets.clone(),
            signalwire: self.signalwire.clone(),
            relay: self.relay.clone(),
            look: Arc::clone(&self.ending.look),
            ending: self.ending.clone(),
            words: words.clone(),
            wake: wake.clone(),
            clock,
            random,
            leaving: leaving.clone(),
            tasks: tasks.clone(),
            limits: config.limits.clone(),
            web: config.web.clone(),
            signalwire_config: config.signalwire.clone(),
        }))
    }
}

/// What the gateway tells of access goes to those who keep answers about it.
async fn pass_on(
    mut heard: mpsc::Receiver<discord::Event>,
    membership: Membership,
    channels: Channels,
    stop: CancellationToken,
) {
    while let Some(Some(event)) = stop.run_until_cancelled(heard.recv()).await {
        membership.heard(event);
        let looked = match event {
            discord::Event::ChannelChanged { channel, .. } => channels.look_again(channel.get()).await,
            discord::Event::GuildChanged { guild } => channels.is_in(guild.get()).await,
            discord::Event::GuildLeft { guild } => channels.left(guild.get()).await,
            _ => Ok(()),
        };
        if let Err(error) = looked {
            tracing::warn!(%error, "a channel that may be written to again was not looked at");
        }
    }
    // A gateway that ended says itself why.
    stop.cancelled().await;
}
