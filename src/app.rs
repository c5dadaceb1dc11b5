//! All pieces joined and supervised.
//!
//! In: the configuration, and time and chance from outside. Out: a running Greenroom, which says when it can't go
//! on, and stops in order: no new work is taken, what is under way is finished, then the database is closed.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
use tokio::{net::TcpListener, sync::mpsc, task::AbortHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    access::{Membership, Policy, Sessions, SignIn, SignInParts, Tickets},
    call::{self, Call, health::Leaving, metrics, recheck, serve},
    channel::{Appearance, Channels},
    clock::Clock,
    command::{self, Commands, VideoCommand},
    config::{Config, Interactions},
    discord::{self, Gateway, Share},
    event::{self, Events},
    lease::Leases,
    room::{Ending, Rooms},
    secret::{Keys, Random},
    signalwire::{self, Relay},
    store::{Engine, Store},
    tasks::{Failures, Tasks},
    wake::{Wake, others},
    words::Words,
};

/// Being introduced to Discord: the application compared with the configuration, the commands registered.
mod introduction;

use self::introduction::Introduction;

/// How long a stop may take: balancers leave, people's requests are answered, work under way is finished. Promises
/// that are not kept by then are kept at the next start, or by another process.
const STOP_WITHIN: Duration = Duration::from_secs(9);
/// And then to say goodbye to the database.
const GOODBYE_WITHIN: Duration = Duration::from_millis(500);

/// After this the other processes have seen us, and what they sent before is a second old.
const SEEN: Duration = Duration::from_secs(2);

/// What comes from outside the configuration.
#[derive(Debug, Clone)]
pub struct Environment {
    pub clock: Clock,
    pub random: Random,
}

impl Environment {
    /// The machine's own time and chance.
    pub fn system() -> Self {
        Self { clock: Clock::system(), random: Random::system() }
    }
}

/// A running Greenroom.
#[derive(Debug)]
pub struct App {
    address: SocketAddr,
    leaving: Leaving,
    failures: Failures,
    /// People's connections.
    served: Tasks,
    /// Interactions that are being answered, and everything else that ends with the stop.
    tasks: Tasks,
    channels: Channels,
    events: Events,
    leases: Leases,
    /// This process's beats.
    lives: AbortHandle,
    store: Store,
}

/// What every step is made from.
struct Shared {
    config: Config,
    environment: Environment,
    /// Unix milliseconds.
    started_at: i64,
    store: Store,
    leases: Leases,
    keys: Keys,
    policy: Policy,
    words: Words,
    wake: Wake,
    discord: discord::Client,
    leaving: Leaving,
    tasks: Tasks,
}

impl App {
    /// Starts everything and returns once connections are taken; Discord and SignalWire are not waited for.
    /// `listener` stands in for `LISTEN_ADDR`.
    ///
    /// # Errors
    /// What only the operator can mend, naming the variable.
    pub async fn start(
        config: Config,
        environment: Environment,
        listener: Option<TcpListener>,
    ) -> anyhow::Result<Self> {
        let listener = match listener {
            Some(listener) => listener,
            None => listen("LISTEN_ADDR", config.web.listen_addr)?,
        };
        let address = listener.local_addr()?;
        let for_operators = config.web.metrics_addr.map(|at| listen("METRICS_ADDR", at)).transpose()?;
        let store = Store::open(&config.store).await?;
        let leases = Leases::join(store.clone(), environment.random.clone(), Clock::system()).await;
        let leases = leases.context("DATABASE_URL: the database does not do its part")?;
        let (tasks, failures) = Tasks::new();
        let shared = Shared {
            keys: Keys::load(&config.store, &environment.random)?,
            policy: Policy::read(config.policy_file.as_deref())?,
            discord: discord::Client::new(&config.discord, &config.web.public_url, environment.clock.clone())?,
            words: Words::load(),
            wake: match store.engine() {
                Engine::Sqlite => Wake::default(),
                Engine::Postgres => Wake::among_others(),
            },
            leaving: Leaving::default(),
            tasks: tasks.clone(),
            store: store.clone(),
            leases: leases.clone(),
            started_at: environment.clock.unix_ms(),
            config,
            environment,
        };
        // Until the end, long after the stop: others take over from a process that does not tell that it lives.
        let lives = tasks.apart().lasting("telling that this process lives", leases.clone().run());
        tasks.lasting("sharing Discord's limit", share_discords_limit(&shared));
        let leaving = shared.leaving.clone();
        let story = Story::begin(&shared);
        let doors = story.open_discord(&shared)?;
        let router = story.call(&shared)?.router(doors);
        story.recheck(&shared);
        story.hear_others(&shared);
        let served = tasks.apart();
        served.lasting("people's connections", serve::serve(listener, router, tasks.stop().clone()));
        if let Some(listener) = for_operators {
            story.watch(&shared, address, listener)?;
        }
        tracing::info!(%address, public_url = %shared.config.web.public_url, "Greenroom is up");
        let Story { channels, events, .. } = story;
        Ok(Self { address, leaving, failures, served, tasks, channels, events, leases, lives, store })
    }

    /// Where connections are taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends when Greenroom can't go on: only the operator, or a new start, helps.
    pub async fn failed(&mut self) -> anyhow::Error {
        match self.failures.recv().await {
            Some(error) => error,
            None => std::future::pending().await,
        }
    }

    /// Lets balancers leave, takes no more work, finishes what is under way, and closes the database. By the machine's
    /// time: whoever told us to stop waits by it.
    pub async fn stop(self) {
        let until = tokio::time::Instant::now() + STOP_WITHIN;
        self.leaving.begin().await;
        self.tasks.stop().cancel();
        self.served.ended().await;
        let finished = async {
            tokio::join!(self.tasks.ended(), self.channels.stopped(), self.events.stopped());
        };
        if tokio::time::timeout_at(until, finished).await.is_err() {
            tracing::warn!("work was still under way when we stopped; it is taken up at the next start");
        }
        self.lives.abort();
        let goodbye = async {
            self.leases.leave().await;
            self.store.close().await;
        };
        if tokio::time::timeout(GOODBYE_WITHIN, goodbye).await.is_err() {
            tracing::warn!("the database does not let us go; we go without its leave");
        }
        tracing::info!("Greenroom has stopped");
    }
}

fn listen(variable: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    serve::listen(address).with_context(|| format!("{variable}: {address} can't be listened on"))
}

/// The steps of the story, joined.
struct Story {
    commands: Commands,
    video: VideoCommand,
    rooms: Rooms,
    ending: Ending,
    membership: Membership,
    tickets: Tickets,
    signalwire: signalwire::Client,
    relay: Relay,
    events: Events,
    channels: Channels,
    gateway: discord::Health,
}

impl Story {
    fn begin(shared: &Shared) -> Self {
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
    fn open_discord(&self, shared: &Shared) -> anyhow::Result<Router> {
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
    fn watch(&self, shared: &Shared, address: SocketAddr, listener: TcpListener) -> anyhow::Result<()> {
        tracing::info!(address = %listener.local_addr()?, "metrics are served");
        let watched = metrics::Watched {
            address,
            started_at: shared.started_at,
            store: shared.store.clone(),
            leases: shared.leases.clone(),
            on_duty: Arc::new(self.is_on_duty()),
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

    /// Access that is lost while a call runs is lost in the call.
    fn recheck(&self, shared: &Shared) {
        let parts = recheck::Parts {
            rooms: self.rooms.clone(),
            membership: self.membership.clone(),
            relay: self.relay.clone(),
            wake: shared.wake.clone(),
            clock: shared.environment.clock.clone(),
            on_duty: Box::new(self.is_on_duty()),
            stop: shared.tasks.stop().clone(),
        };
        shared.tasks.lasting("checking who may be inside", recheck::run(parts));
    }

    /// Of several processes on one database, each is woken by what the others did.
    fn hear_others(&self, shared: &Shared) {
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

    fn call(&self, shared: &Shared) -> anyhow::Result<Call> {
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

/// Discord counts the requests of all processes as one bot's: each takes its share, by how many there are.
fn share_discords_limit(shared: &Shared) -> impl Future<Output = ()> + use<> {
    let (discord, stop, mut standing) = (shared.discord.clone(), shared.tasks.stop().clone(), shared.leases.standing());
    let is_alone = standing.borrow_and_update().processes == 1;
    // Before the first request leaves.
    discord.share(if is_alone { Share::among(1) } else { Share::of_a_newcomer() });
    let share = async move {
        if !is_alone {
            Clock::system().sleep(SEEN).await;
        }
        loop {
            discord.share(Share::among(standing.borrow_and_update().processes));
            if standing.changed().await.is_err() {
                return;
            }
        }
    };
    async move { stop.run_until_cancelled(share).await.unwrap_or_default() }
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
