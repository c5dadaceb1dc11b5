//! Three instances on one PostgreSQL behind a balancer, and every few seconds one of them is killed: what was recorded
//! is told once, no interaction is answered twice, and what the dead one did goes on.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::{
    Failed, Figures, Greenroom, Of, Result, Setup, Subject,
    balancer::Balancer,
    coming::{Coming, go_on},
    link, sorted,
    told::Log,
    town::{Place, Town},
    until, until_after,
    visit::Page,
};
use crate::{
    Options, Sandbox,
    discord::{Answer, Delivery},
    postgres::Cluster,
};

const INSTANCES: usize = 3;
const ROOMS: usize = 4;
const INSIDE: usize = 6;
/// Somebody comes or goes, somebody types a command, somebody presses Join: so often.
const STEP: Duration = Duration::from_millis(100);
const ASKED: Duration = Duration::from_millis(250);
const PRESSED: Duration = Duration::from_millis(150);
/// After this the others go on with what a dead one did.
const TAKEN_OVER: Duration = Duration::from_secs(5);
/// It is missing for longer, so that somebody has to.
const MISSING: Duration = Duration::from_secs(6);
const SETTLED: Duration = Duration::from_secs(30);
/// What the others say of it.
const DIED: &str = "another process has died";
const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub kills: usize,
    /// Between two of them; longer than one is missing.
    pub every: Duration,
    pub seed: u64,
}

#[derive(Default)]
struct Found {
    taken_over: Vec<f64>,
    commands: Vec<Answer>,
    tokens: usize,
    /// Requests that died with the process that had them.
    cut: usize,
    refused: Vec<String>,
    told_twice: usize,
}

/// The instances, those that live.
struct Fleet {
    setups: Vec<Setup>,
    lives: Vec<Option<Greenroom>>,
    balancer: Balancer,
    _database: Cluster,
}

impl Fleet {
    async fn start(subject: &Subject, sandbox: &Sandbox, home: &Path) -> Result<Self> {
        let database = tokio::task::spawn_blocking(Cluster::start).await;
        let database = database.map_err(|error| Failed::new(error.to_string()))??;
        let mut setups = Vec::new();
        for _ in 0..INSTANCES {
            setups.push(Setup::new(&subject.greenroom, sandbox, home).await?);
        }
        let balancer = Balancer::start(setups.iter().map(Setup::url).collect()).await?;
        let mut lives = Vec::new();
        for setup in &mut setups {
            setup.set("DATABASE_URL", &database.url("postgres"));
            setup.set("SECRET_KEY", KEY);
            setup.set("DISCORD_INTERACTIONS", "http");
            setup.set("PUBLIC_URL", &balancer.url);
            setup.set("RUST_LOG", "greenroom=warn");
            lives.push(Some(setup.start().await?));
        }
        let url = format!("{}/discord/interactions", balancer.url);
        sandbox.discord.deliver(Delivery::Http { url }).await.map_err(Failed::new)?;
        let registered = || (!sandbox.discord.commands().is_empty()).then_some(());
        until("the commands are registered", SETTLED, registered).await?;
        Ok(Self { setups, lives, balancer, _database: database })
    }

    /// How often those that live have said that another died.
    fn deaths_told(&self) -> usize {
        let alive = self.setups.iter().zip(&self.lives).filter(|(_, lives)| lives.is_some());
        alive.map(|(setup, _)| setup.log().matches(DIED).count()).sum()
    }

    /// `kill -9`, and after a while it is there again; how long what it did stood still.
    async fn lose(&mut self, which: usize) -> Result<f64> {
        let Some(victim) = self.lives[which].take() else { return Err(Failed::new("it is dead already")) };
        let before = self.deaths_told();
        victim.kill().await?;
        let died = Instant::now();
        until("the others go on", SETTLED, || (self.deaths_told() > before).then_some(())).await?;
        let took = died.elapsed().as_secs_f64();
        until_after(died, MISSING).await;
        self.lives[which] = Some(self.setups[which].start().await?);
        Ok(took)
    }
}

pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let mut fleet = Fleet::start(subject, &sandbox, home).await?;
    let places = town.open(town.channels("fleet", ROOMS)).await?;
    let visitors = visitors(&town, &places, &fleet.balancer.url).await?;
    let mut rooms = Coming::all(&town, &places, INSIDE)?;
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut found = Found::default();
    for _ in 0..plan.kills {
        let which = random.random_range(0..INSTANCES);
        let twice: Vec<usize> = places.iter().map(|place| town.told_twice(place).len()).collect();
        let events = u32::try_from(plan.every.as_millis() / STEP.as_millis()).unwrap_or(u32::MAX);
        let (came, commands, pressed, lost) = tokio::join!(
            go_on(&mut rooms, events, plan.every),
            commands(&town, &places, plan.every),
            press(&visitors, plan.every),
            fleet.lose(which),
        );
        came?;
        found.commands.extend(commands);
        found.count(pressed?);
        found.taken_over.push(lost?);
        for (place, before) in places.iter().zip(twice) {
            found.told_twice = found.told_twice.max(town.told_twice(place).len().saturating_sub(before));
        }
    }
    let wrong = settled(&town, &places).await;
    town.end(&places);
    let wrong_in_the_end = settled(&town, &places).await;
    let mut figures = Figures::of(format!("fleet: one of three killed {} times, --seed {}", plan.kills, plan.seed));
    found.tell(&mut figures, &plan);
    for (when, wrong) in [("right while people are inside", wrong), ("in the final card", wrong_in_the_end)] {
        let line = format!("every recorded fact is {when} {}", wrong.join("; "));
        figures.must(Of::Structure, wrong.is_empty(), line);
    }
    let cards = places.iter().map(|place| town.cards_of(place)).max().unwrap_or_default();
    figures.at_most(Of::Structure, "cards of a room", cards as f64, 1.0);
    let log = Log::of(&sandbox.discord);
    let twice = fleet.balancer.answered_twice() + log.answered_again();
    figures.at_most(Of::Structure, "interactions answered twice", twice as f64, 0.0);
    // One that was killed with an interaction in hand can't answer it, and nobody else may.
    let unanswered = fleet.balancer.unanswered();
    figures.at_most(Of::Structure, "interactions that died with a process", unanswered as f64, plan.kills as f64);
    // Whoever takes over a channel learns what the dead one has spent from the first refusal.
    let refused = log.refused_for_rate().len();
    figures.at_most(Of::Structure, "refusals for rate", refused as f64, (plan.kills * ROOMS) as f64);
    Ok(figures)
}

impl Found {
    fn count(&mut self, pressed: Vec<u16>) {
        for status in pressed {
            match status {
                200 => self.tokens += 1,
                502 => self.cut += 1,
                status => self.refused.push(status.to_string()),
            }
        }
    }

    fn tell(&self, figures: &mut Figures, plan: &Plan) {
        let took = sorted(self.taken_over.clone());
        figures.note(format!("taken over after {:.1} s at p50", super::quantile(&took, 0.5)));
        let longest = took.last().copied().unwrap_or_default();
        figures.at_most(Of::Speed, "taken over, s", longest, TAKEN_OVER.as_secs_f64());
        figures.note(format!("{} commands, {} room tokens", self.commands.len(), self.tokens));
        figures.must(Of::Structure, self.tokens > 0, "room tokens are given");
        let refused = format!("nobody is refused a room token {}", self.refused.join(", "));
        figures.must(Of::Structure, self.refused.is_empty(), refused);
        figures.at_most(Of::Structure, "that died with a process", self.cut as f64, plan.kills as f64);
        let thinking = |answer: &&Answer| answer.message().is_some_and(|message| message.thinking);
        let promised = self.commands.iter().filter(thinking).count();
        figures.at_most(Of::Structure, "promised answers that nobody gave", promised as f64, 0.0);
        figures.at_most(Of::Structure, "lines posted twice in one room by one kill", self.told_twice as f64, 1.0);
    }
}

/// Those whose card is wrong after a while.
async fn settled(town: &Town, places: &[Place]) -> Vec<String> {
    let is_right = || town.wrong(places).is_empty().then_some(());
    match until("all cards are right", SETTLED, is_right).await {
        Ok(()) => Vec::new(),
        Err(_) => town.wrong(places),
    }
}

/// A tab in each room.
async fn visitors(town: &Town, places: &[Place], base: &str) -> Result<Vec<Page>> {
    let mut visitors = Vec::new();
    for place in places {
        let answer = video(town, place).await;
        visitors.push(Page::open(base, &link(&answer).await?).await?);
    }
    Ok(visitors)
}

async fn video(town: &Town, place: &Place) -> Answer {
    let odo = town.sandbox.discord.person("odo");
    odo.runs(&place.channel.to_string(), "video", &[("room", &place.title)]).await
}

/// Odo types one command after the other.
async fn commands(town: &Town, places: &[Place], within: Duration) -> Vec<Answer> {
    let begun = Instant::now();
    let mut answers = Vec::new();
    for (place, n) in places.iter().cycle().zip(0u32..) {
        until_after(begun, ASKED * n).await;
        if begun.elapsed() >= within {
            break;
        }
        answers.push(video(town, place).await);
    }
    answers
}

/// They press Join one after the other; how each was answered.
async fn press(visitors: &[Page], within: Duration) -> Result<Vec<u16>> {
    let begun = Instant::now();
    let mut answers = Vec::new();
    for (visitor, n) in visitors.iter().cycle().zip(0u32..) {
        until_after(begun, PRESSED * n).await;
        if begun.elapsed() >= within {
            break;
        }
        answers.push(visitor.presses().await?.as_u16());
    }
    Ok(answers)
}
