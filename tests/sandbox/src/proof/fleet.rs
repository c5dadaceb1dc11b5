//! Three instances on one PostgreSQL, and every few seconds one of them is killed: what was recorded is told once, no
//! interaction is answered twice, and what the dead one did goes on. Interactions come over HTTP, through a balancer that
//! sends each to all, or over three shards of the gateway.

mod found;
mod instances;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use futures::future::join_all;
use rand::{SeedableRng as _, rngs::StdRng};

use self::{
    found::Found,
    instances::{Fleet, SHARDS},
};
use super::{
    Figures, Of, Result, Subject,
    coming::{Coming, go_on},
    link,
    told::Log,
    town::{Place, Town},
    until, until_after,
    visit::Page,
};
use crate::{
    Options, Sandbox,
    clock::pause,
    discord::{self, Answer},
};

/// Rooms in which people come and go all the time.
const BUSY: usize = 4;
const INSIDE: usize = 6;
/// Rooms in whose channels nothing happens, until somebody comes in right after a kill: in turn, so that the channel has
/// been quiet by the next one.
const QUIET: usize = 3;
/// Until then their channels may take two requests at once again.
const CALM: Duration = Duration::from_millis(6500);
/// Somebody comes or goes, somebody types a command, somebody presses Join: so often.
const STEP: Duration = Duration::from_millis(100);
const ASKED: Duration = Duration::from_millis(250);
const PRESSED: Duration = Duration::from_millis(150);
const SETTLED: Duration = Duration::from_secs(30);

/// How interactions come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Http,
    Gateway,
}

impl Over {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Gateway => "gateway",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub kills: usize,
    /// Between two of them; longer than one is missing.
    pub every: Duration,
    pub seed: u64,
    pub over: Over,
}

pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    // All shards may identify at once: how the gate keeps them apart has tests of its own.
    let discord = discord::Options { shards: SHARDS, max_concurrency: SHARDS, ..discord::Options::default() };
    let sandbox = Sandbox::start(Options { discord, ..Options::default() }).await?;
    let town = Town::new(&sandbox);
    let mut fleet = Fleet::start(subject, &sandbox, home, plan.over).await?;
    let quiet = town.open(town.channels("quiet", QUIET)).await?;
    quiet.iter().try_for_each(|place| town.newcomer(place).map(drop))?;
    let busy = town.open(town.channels("busy", BUSY)).await?;
    let visitors = visitors(&town, &busy, &fleet.balancer.url).await?;
    let mut rooms = Coming::all(&town, &busy, INSIDE)?;
    pause(CALM).await;
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut found = Found::default();
    for kill in 0..plan.kills {
        let victim = fleet.victim(kill, &mut random).await?;
        let twice: Vec<usize> = busy.iter().map(|place| town.told_twice(place).len()).collect();
        let events = u32::try_from(plan.every.as_millis() / STEP.as_millis()).unwrap_or(u32::MAX);
        let (came, asked, pressed, loss) = tokio::join!(
            go_on(&mut rooms, events, plan.every),
            commands(&town, &busy, plan.every),
            press(&visitors, plan.every),
            fleet.loses(victim, &town, &quiet[kill % QUIET]),
        );
        came?;
        found.asked(asked);
        found.pressed(pressed?);
        found.lost(loss?);
        for (place, before) in busy.iter().zip(twice) {
            found.told_twice(town.told_twice(place).len().saturating_sub(before));
        }
    }
    let places = [quiet, busy].concat();
    let wrong = settled(&town, &places).await;
    town.end(&places);
    let wrong_in_the_end = settled(&town, &places).await;
    let mut figures = Figures::of(format!(
        "fleet: one of three killed {} times, over {}, --seed {}",
        plan.kills,
        plan.over.name(),
        plan.seed
    ));
    found.tell(&mut figures, &plan);
    for (when, wrong) in [("right while people are inside", wrong), ("in the final card", wrong_in_the_end)] {
        let line = format!("every recorded fact is {when} {}", wrong.join("; "));
        figures.must(Of::Structure, wrong.is_empty(), line);
    }
    let cards = places.iter().map(|place| town.cards_of(place)).max().unwrap_or_default();
    figures.at_most(Of::Structure, "cards of a room", cards as f64, 1.0);
    found.tell_of_answers(&mut figures, &plan, &town, &fleet);
    // Whoever takes over a channel learns what the dead one has spent from the first refusal.
    let refused = Log::of(&sandbox.discord).refused_for_rate().len();
    figures.at_most(Of::Structure, "refusals for rate", refused as f64, (plan.kills * BUSY) as f64);
    Ok(figures)
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

/// Odo types one command after the other, whether or not those before are answered; when, and how each was answered.
async fn commands(town: &Town, places: &[Place], within: Duration) -> Vec<(Instant, Answer)> {
    let begun = Instant::now();
    let due = (0u32..).map(|n| ASKED * n).take_while(|due| *due < within);
    let asked = places.iter().cycle().zip(due).map(|(place, due)| async move {
        until_after(begun, due).await;
        (Instant::now(), video(town, place).await)
    });
    join_all(asked).await
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
