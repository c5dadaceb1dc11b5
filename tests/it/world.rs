//! Everything around a person: the server they chat in, the video service, and Greenroom between them.

use std::{net::SocketAddr, pin::pin, time::Duration};

use greenroom::{
    app::{App, Environment},
    call::serve,
    config::Config,
    secret::Random,
    store::Store,
};
use sandbox::{
    Sandbox,
    discord::{Answer, Delivery, Message, Person},
};
use tempfile::TempDir;

use crate::{browser::Browser, clock::MovableClock, command::plain, leaks::Watch, postgres};

/// How interactions reach Greenroom, and what it remembers with. Each journey is made both ways, so each way in and
/// each database gets all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Over the gateway, with SQLite.
    Gateway,
    /// Over signed HTTP requests, with PostgreSQL.
    Http,
}

/// Makes of `async fn journey(world: World)` one test for each way in.
macro_rules! over_both_ways_in {
    ($($(#[$about:meta])* async fn $journey:ident($world:ident: World) $body:block)*) => {$(
        $(#[$about])*
        mod $journey {
            #[allow(unused_imports)]
            use super::*;
            async fn journey(way: $crate::world::Way) {
                #[allow(unused_mut)]
                let mut $world = $crate::world::World::new(way).await;
                $body
            }
            #[tokio::test]
            async fn over_the_gateway() {
                journey($crate::world::Way::Gateway).await;
            }
            #[tokio::test]
            async fn over_http() {
                journey($crate::world::Way::Http).await;
            }
        }
    )*};
}
pub(crate) use over_both_ways_in;

/// What must be true of a test's world soon, must be so after this much real time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How time goes on while a test waits: so much of it ...
const STRIDE: Duration = Duration::from_millis(500);
/// ... whenever nothing has happened for this long.
const QUIET: Duration = Duration::from_millis(15);

pub struct World {
    pub sandbox: Sandbox,
    pub way: Way,
    time: MovableClock,
    env: Vec<(String, String)>,
    /// How many shards may identify at once, and are there to.
    buckets: usize,
    address: SocketAddr,
    app: Option<App>,
    _folder: TempDir,
    watch: Watch,
}

/// A world to be.
pub struct Plan {
    way: Way,
    env: Vec<(String, String)>,
    options: sandbox::Options,
}

impl Plan {
    pub fn over(way: Way) -> Self {
        Self { way, env: Vec::new(), options: sandbox::Options::default() }
    }

    /// Sets a variable of Greenroom's.
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.env.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// On a PostgreSQL, however interactions come.
    pub async fn on_postgres(self) -> Self {
        let url = postgres::database().await;
        self.on(&url)
    }

    pub fn on(self, postgres: &str) -> Self {
        self.with("DATABASE_URL", postgres).with("SECRET_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    }

    /// Discord recommends so many shards, of which so many may identify at once.
    pub fn with_shards(mut self, shards: u32, at_once: u32) -> Self {
        (self.options.discord.shards, self.options.discord.max_concurrency) = (shards, at_once);
        self
    }

    pub fn with_identifies_a_day(mut self, identifies: u32) -> Self {
        self.options.discord.identifies_per_day = identifies;
        self
    }

    /// The application has the members intent, and uses it.
    pub fn with_members_intent(mut self) -> Self {
        self.options.discord.privileged_intents |= 1 << 1;
        self.with("DISCORD_MEMBERS_INTENT", "on")
    }

    pub async fn world(self) -> World {
        let buckets = self.options.discord.shards.min(self.options.discord.max_concurrency) as usize;
        let sandbox = Sandbox::start(self.options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut env = sandbox.env();
        match self.way {
            Way::Gateway => {
                env.push(("DATABASE_URL".into(), format!("sqlite://{}/greenroom.db", folder.path().display())));
            }
            Way::Http => {
                env.push(("DISCORD_INTERACTIONS".into(), "http".into()));
                env.push(("DATABASE_URL".into(), postgres::database().await));
                env.push(("SECRET_KEY".into(), "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".into()));
            }
        }
        // Without a sign-in unless a test asks for one: most installations begin so.
        env.retain(|(variable, _)| variable != "DISCORD_CLIENT_SECRET");
        env.extend(self.env);
        let watch = Watch::begin(&env);
        let mut world = World {
            time: MovableClock::beside(sandbox.clock.clone()),
            sandbox,
            way: self.way,
            env,
            buckets,
            address: ([127, 0, 0, 1], 0).into(),
            app: None,
            _folder: folder,
            watch,
        };
        world.starts().await;
        world
    }
}

impl World {
    pub async fn new(way: Way) -> Self {
        Plan::over(way).world().await
    }

    /// Greenroom starts, at the address it had before.
    pub async fn starts(&mut self) {
        self.starts_only().await;
        self.bot_is_there().await;
    }

    /// The same; nobody waits until Discord knows of it.
    pub async fn starts_only(&mut self) {
        let listener = serve::listen(self.address).unwrap();
        self.address = listener.local_addr().unwrap();
        let environment = Environment { clock: self.time.clock(), random: Random::system() };
        self.app = Some(App::start(self.config(), environment, Some(listener)).await.unwrap());
    }

    /// One more Greenroom on the same database.
    pub fn another(&self) -> impl Future<Output = App> + Send + use<> {
        self.another_with(&[])
    }

    /// The same, with variables of its own.
    pub fn another_with(&self, own: &[(&str, &str)]) -> impl Future<Output = App> + Send + use<> {
        let environment = Environment { clock: self.time.clock(), random: Random::system() };
        let config = self.config_with(own);
        async move {
            let listener = serve::listen(([127, 0, 0, 1], 0).into()).unwrap();
            App::start(config, environment, Some(listener)).await.unwrap()
        }
    }

    /// What Greenroom remembers.
    pub async fn store(&self) -> Store {
        Store::open(&self.config().store).await.unwrap()
    }

    pub fn database_url(&self) -> String {
        let url = self.env.iter().rev().find(|(variable, _)| variable == "DATABASE_URL");
        url.unwrap().1.clone()
    }

    pub fn config(&self) -> Config {
        self.config_with(&[])
    }

    fn config_with(&self, own: &[(&str, &str)]) -> Config {
        let public_url = self.url();
        let own = |name: &str| {
            let set = own.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
            set.or_else(|| (name == "PUBLIC_URL").then(|| public_url.clone()))
        };
        let set =
            |name: &str| self.env.iter().rev().find(|(variable, _)| variable == name).map(|(_, value)| value.clone());
        Config::from_lookup(|name| own(name).or_else(|| set(name))).unwrap()
    }

    async fn bot_is_there(&self) {
        let discord = &self.sandbox.discord;
        if self.way == Way::Http {
            let url = format!("{}/discord/interactions", self.url());
            discord.deliver(Delivery::Http { url }).await.unwrap();
        }
        if self.way == Way::Gateway {
            // Nobody has to wait for the first of each bucket, so time stands still.
            self.really("the bot is heard", || discord.connected_shards().len() >= self.buckets).await;
        }
        self.until("the bot is there", || !discord.commands().is_empty()).await;
    }

    /// Greenroom stops as it is meant to.
    pub async fn stops(&mut self) {
        self.app.take().unwrap().stop().await;
    }

    /// Of all that wait for the time, the `nth` to be woken dies of it; why Greenroom ends then.
    pub async fn loses_a_task(&mut self, nth: u32) -> String {
        let mut app = self.app.take().unwrap();
        self.time.breaks_under(nth);
        let failed = async {
            let mut failed = pin!(app.failed());
            loop {
                tokio::select! {
                    reason = &mut failed => return reason.to_string(),
                    () = self.passes(STRIDE, STRIDE) => {}
                }
            }
        };
        let reason = tokio::time::timeout(PATIENCE, failed).await.expect("Greenroom ends");
        app.stop().await;
        reason
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn person(&self, name: &str) -> Person {
        self.sandbox.discord.person(name)
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.url(), self.sandbox.signalwire.clone())
    }

    /// The same, served by another process.
    pub fn browser_at(&self, process: SocketAddr) -> Browser {
        self.browser().at(process)
    }

    /// Somebody runs `/video NAME` in `channel`.
    pub async fn video(&self, person: &str, channel: &str, room: &str) -> Answer {
        let answer = self.person(person).runs(channel, "video", &[("room", room)]).await;
        self.answered(&answer).await;
        answer
    }

    /// Waits until a promised answer is there.
    pub async fn answered(&self, answer: &Answer) {
        self.until("the answer", || {
            answer.problem().is_some() || answer.message().is_none_or(|message| !message.thinking)
        })
        .await;
    }

    /// Somebody opens `standup` in #general and is inside; their tab and the member.
    pub async fn inside(&self, person: &str) -> (crate::browser::Tab, sandbox::signalwire::scripted::Member) {
        self.inside_at("general", person).await
    }

    /// The same in another channel.
    pub async fn inside_at(
        &self,
        channel: &str,
        person: &str,
    ) -> (crate::browser::Tab, sandbox::signalwire::scripted::Member) {
        let answer = self.video(person, channel, "standup").await;
        let link = answer.link().unwrap_or_else(|| panic!("no link: {answer:#?}"));
        let tab = self.browser().follows(&link).await.unwrap();
        let member = tab.joins().await.unwrap();
        (tab, member)
    }

    /// How long ago `since` was, by the clock that all go by; [`World::now`] gives it.
    pub fn since(&self, since: i64) -> Duration {
        Duration::from_millis(u64::try_from(self.now() - since).unwrap())
    }

    /// Unix milliseconds.
    pub fn now(&self) -> i64 {
        self.sandbox.clock.unix_ms()
    }

    pub fn advance(&self, by: Duration) {
        self.time.advance(by);
    }

    /// The channel's first message that is as wanted, once there is one.
    pub async fn sees(&self, channel: &str, wanted: impl Fn(&Message) -> bool) -> Message {
        let found = || self.sandbox.discord.messages(channel).into_iter().find(&wanted);
        self.until(&format!("a message in #{channel} as wanted"), || found().is_some()).await;
        found().unwrap()
    }

    /// The first card of `title`'s room in #general, once it says `text`.
    pub async fn card(&self, text: &str) -> Message {
        self.sees("general", |message| !message.embeds.is_empty() && plain(&message.text()).contains(text)).await
    }

    /// Lets time go on until `wanted` is so.
    pub async fn until(&self, what: &str, wanted: impl Fn() -> bool) {
        let mut changes = self.sandbox.discord.changes();
        let begun = std::time::Instant::now();
        loop {
            changes.borrow_and_update();
            if wanted() {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "not in time: {what}\n{}", self.told());
            // Whoever is at work gets its turn before time is moved on.
            if tokio::time::timeout(QUIET, changes.changed()).await.is_err() {
                self.advance(STRIDE);
            }
        }
    }

    /// A moment for whoever has something to do now.
    pub async fn lets_work(&self) {
        let _ = tokio::time::timeout(QUIET, std::future::pending::<()>()).await;
    }

    /// Time goes on in steps, each with a moment for whoever has something to do then.
    pub async fn passes(&self, time: Duration, step: Duration) {
        let mut passed = Duration::ZERO;
        while passed < time {
            self.advance(step);
            passed += step;
            self.lets_work().await;
        }
    }

    /// Real time until `wanted` is so; nobody moves the clock meanwhile.
    pub async fn really(&self, what: &str, wanted: impl Fn() -> bool) -> Duration {
        let begun = std::time::Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        while !wanted() {
            assert!(begun.elapsed() < PATIENCE, "not in time: {what}\n{}", self.told());
            looks.tick().await;
        }
        begun.elapsed()
    }

    /// What stands in #general, for whoever reads a failed test.
    fn told(&self) -> String {
        let messages = self.sandbox.discord.messages("general");
        messages.iter().map(|message| format!("--- {}: {}\n", message.author.name, message.text())).collect()
    }
}

/// Whatever was said between the parties keeps to the vendors' descriptions, in every test.
impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.watch.log_is_clean();
        let stand_ins = [self.sandbox.discord.faults(), self.sandbox.signalwire.faults()];
        for faults in stand_ins {
            let violations = sandbox::schema::check(&faults.requests());
            assert!(violations.is_empty(), "not as the vendor describes it:\n{}", violations.join("\n"));
        }
    }
}
