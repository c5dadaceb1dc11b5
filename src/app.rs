//! All pieces joined and supervised.
//!
//! In: the configuration, and time and chance from outside. Out: a running Greenroom, which says when it can't go
//! on, and stops in order: no new work is taken, what is under way is finished, then the database is closed.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, task::AbortHandle};

use crate::{
    access::Policy,
    call::{health::Leaving, serve},
    channel::Channels,
    clock::Clock,
    config::Config,
    discord::{self, Budget},
    event::Events,
    lease::Leases,
    secret::{Keys, Random},
    store::{Engine, Store},
    tasks::{Failures, Tasks},
    wake::Wake,
    words::Words,
};

/// Being introduced to Discord: the application compared with the configuration, the commands registered.
mod introduction;

/// The steps of the story, joined.
mod story;

use self::story::Story;

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
        tasks.lasting("what is written ahead", shared.store.clone().move_into_file(tasks.stop().clone()));
        tasks.lasting("sharing Discord's limit", share_discords_limit(&shared));
        let leaving = shared.leaving.clone();
        let story = Story::begin(&shared);
        let doors = story.open_discord(&shared)?;
        let call = story.call(&shared)?;
        let router = call.router(doors);
        story.recheck(&shared);
        story.hear_others(&shared);
        let served = tasks.apart();
        served.lasting("people's connections", serve::serve(listener, router, tasks.stop().clone()));
        if let Some(listener) = for_operators {
            story.watch(&shared, &call, address, listener)?;
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
        let _ = tokio::time::timeout_at(until, self.store.write_out()).await;
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

/// Discord counts the requests of all processes as one bot's: each takes its share, by how many there are.
fn share_discords_limit(shared: &Shared) -> impl Future<Output = ()> + use<> {
    let (discord, stop, mut standing) = (shared.discord.clone(), shared.tasks.stop().clone(), shared.leases.standing());
    let budget = Budget::new(shared.config.discord.requests_per_second);
    let is_alone = standing.borrow_and_update().processes == 1;
    // Before the first request leaves.
    discord.share(if is_alone { budget.among(1) } else { budget.of_a_newcomer() });
    let share = async move {
        if !is_alone {
            Clock::system().sleep(SEEN).await;
        }
        loop {
            discord.share(budget.among(standing.borrow_and_update().processes));
            if standing.changed().await.is_err() {
                return;
            }
        }
    };
    async move { stop.run_until_cancelled(share).await.unwrap_or_default() }
}
