//! The executables of a fleet: three on one PostgreSQL, of which one after the other is killed.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rand::{Rng as _, rngs::StdRng};

use super::{
    super::{
        Failed, Greenroom, Result, Setup, Subject,
        balancer::Balancer,
        town::{Place, Town},
        until, until_after, until_so,
    },
    Over, SETTLED,
};
use crate::{Sandbox, discord::Delivery, postgres::Cluster};

const INSTANCES: usize = 3;
pub(super) const SHARDS: u32 = 3;
/// Which shards each may have, where the gateway is used: nobody but the last may have all, and of each shard's others one
/// is left when any is killed.
const MAY_HAVE: [&str; INSTANCES] = ["0-1/3", "1-2/3", "0-2/3"];
/// One that was killed is missing for longer than others may take to go on, so that somebody has to.
const MISSING: Duration = Duration::from_secs(6);
/// What the others say of it.
const DIED: &str = "another process has died";
const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// The instances, those that live.
pub(super) struct Fleet {
    setups: Vec<Setup>,
    lives: Vec<Option<Greenroom>>,
    over: Over,
    /// Of the stand-in's server.
    shard: String,
    pub balancer: Balancer,
    _database: Cluster,
}

/// What became of what a dead one did; seconds since its death.
pub(super) struct Loss {
    pub at: Instant,
    /// It had listened to SignalWire's events.
    pub was_on_duty: bool,
    /// It had the shard of the server that people are in.
    pub had_shard: bool,
    /// The others say that it died.
    pub told: f64,
    /// One of the others listens to SignalWire's events.
    pub on_duty: f64,
    /// How many did at once, at most.
    pub most_on_duty: usize,
    /// Whoever came in right after the death stands on the card.
    pub shown: f64,
    /// All shards are heard by somebody.
    pub heard: f64,
}

impl Fleet {
    pub async fn start(subject: &Subject, sandbox: &Sandbox, home: &Path, over: Over) -> Result<Self> {
        let database = tokio::task::spawn_blocking(Cluster::start).await;
        let database = database.map_err(|error| Failed::new(error.to_string()))??;
        let mut setups = Vec::new();
        for _ in 0..INSTANCES {
            setups.push(Setup::new(&subject.greenroom, sandbox, home).await?);
        }
        let balancer = Balancer::start(setups.iter().map(Setup::url).collect()).await?;
        let mut lives = Vec::new();
        for (setup, shards) in setups.iter_mut().zip(MAY_HAVE) {
            setup.set("DATABASE_URL", &database.url("postgres"));
            setup.set("SECRET_KEY", KEY);
            setup.set("DISCORD_INTERACTIONS", over.name());
            setup.set("DISCORD_SHARDS", shards);
            setup.set("PUBLIC_URL", &balancer.url);
            setup.set("RUST_LOG", "greenroom=warn");
            lives.push(Some(setup.start().await?));
        }
        let shard = (sandbox.discord.guild().0 >> 22) % u64::from(SHARDS);
        let shard = format!("{shard}/{SHARDS}");
        let fleet = Self { setups, lives, over, shard, balancer, _database: database };
        if over == Over::Http {
            let url = format!("{}/discord/interactions", fleet.balancer.url);
            sandbox.discord.deliver(Delivery::Http { url }).await.map_err(Failed::new)?;
        }
        fleet.hear(SETTLED).await?;
        let registered = || (!sandbox.discord.commands().is_empty()).then_some(());
        until("the commands are registered", SETTLED, registered).await?;
        Ok(fleet)
    }

    /// Whom to kill: every second time whoever listens to SignalWire's events, else whoever has the server's shard, or,
    /// without shards, anybody.
    pub async fn victim(&self, kill: usize, random: &mut StdRng) -> Result<usize> {
        if kill.is_multiple_of(2) {
            let one = async || Ok(self.on_duty().await?.first().copied());
            return until_so("somebody is on duty", SETTLED, one).await;
        }
        if self.over == Over::Http {
            return Ok(random.random_range(0..INSTANCES));
        }
        for (which, life) in self.living() {
            if heard(life).await?.contains(&self.shard) {
                return Ok(which);
            }
        }
        Err(Failed::new("nobody has the server's shard"))
    }

    /// `kill -9`; somebody comes into the room right after it; and after a while it is there again.
    pub async fn loses(&mut self, which: usize, town: &Town, room: &Place) -> Result<Loss> {
        let Some(victim) = self.lives[which].take() else { return Err(Failed::new("it is dead already")) };
        let was_on_duty = victim.is_on_duty().await?;
        let had_shard = self.over == Over::Gateway && heard(&victim).await?.contains(&self.shard);
        let deaths = self.deaths_told();
        victim.kill().await?;
        let at = Instant::now();
        let newcomer = town.newcomer(room)?;
        let since = || at.elapsed().as_secs_f64();
        let mut most_on_duty = 0;
        let told = until("the others say so", SETTLED, || (self.deaths_told() > deaths).then(since));
        let on_duty = until_so("another is on duty", SETTLED, async || {
            let count = self.on_duty().await?.len();
            most_on_duty = most_on_duty.max(count);
            Ok((count > 0).then(since))
        });
        let shown = until("the card of who came in then", SETTLED, || town.is_right(room).then(since));
        let heard = async { self.hear(SETTLED).await.map(|()| since()) };
        let (told, on_duty, shown, heard) = tokio::try_join!(told, on_duty, shown, heard)?;
        newcomer.leaves();
        until_after(at, MISSING).await;
        self.lives[which] = Some(self.setups[which].start().await?);
        Ok(Loss { at, was_on_duty, had_shard, told, on_duty, most_on_duty, shown, heard })
    }

    fn living(&self) -> impl Iterator<Item = (usize, &Greenroom)> {
        self.lives.iter().enumerate().filter_map(|(which, life)| Some((which, life.as_ref()?)))
    }

    /// How often those that live have said that another died.
    fn deaths_told(&self) -> usize {
        self.living().map(|(which, _)| self.setups[which].log().matches(DIED).count()).sum()
    }

    /// Those that listen to SignalWire's events, which should be one.
    async fn on_duty(&self) -> Result<Vec<usize>> {
        let mut on_duty = Vec::new();
        for (which, life) in self.living() {
            if life.is_on_duty().await? {
                on_duty.push(which);
            }
        }
        Ok(on_duty)
    }

    /// Until each shard is heard by somebody, where there are any.
    async fn hear(&self, within: Duration) -> Result<()> {
        let all = async || {
            let mut shards = Vec::new();
            for (_, life) in self.living() {
                shards.extend(heard(life).await?);
            }
            shards.sort_unstable();
            shards.dedup();
            Ok((self.over == Over::Http || shards.len() == SHARDS as usize).then_some(()))
        };
        until_so("every shard is heard", within, all).await
    }
}

/// The shards that it hears, such as `2/3`.
async fn heard(greenroom: &Greenroom) -> Result<Vec<String>> {
    let shards = greenroom.metric_by("greenroom_gateway_shard_heard", "shard").await?;
    Ok(shards.into_iter().filter(|(_, heard)| *heard > 0.0).map(|(shard, _)| shard).collect())
}
