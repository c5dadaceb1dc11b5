//! Thousands come and go in one room within seconds: its channel hears little, other rooms notice nothing.

use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Figures, Greenroom, Of, Result, Setup, Subject,
    coming::{Coming, go_on},
    sorted,
    told::{Log, What},
    town::{Place, Town},
    until, until_after,
};
use crate::{Options, Sandbox, clock::pause};

/// People in the stormy room at once, who come and go.
const INSIDE: usize = 20;
/// Between two joins in other rooms.
const PROBED: Duration = Duration::from_millis(250);
/// Until channels may take two requests at once again.
const QUIET: Duration = Duration::from_millis(6500);
/// Two windows of three seconds and one more.
const SOON: Duration = Duration::from_secs(7);
const CARDS: f64 = 5.0;
const LINES: f64 = 3.0;
const MEMORY_MIB: f64 = 32.0;
const RATIO: f64 = 1.25;

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Joins and leaves in a storm ...
    pub events: u32,
    /// ... which lasts so long.
    pub lasts: Duration,
    pub storms: usize,
}

/// Storms, with as much calm before each of them.
pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let probes = (plan.lasts.as_millis() / PROBED.as_millis()) as usize;
    let (stormy, quiet) = (town.channels("storm", plan.storms), town.channels("quiet", probes * 2));
    let greenroom = Setup::new(&subject.greenroom, &sandbox, home).await?.start().await?;
    greenroom.is_there(&sandbox, false).await?;
    let (stormy, quiet) = (town.open(stormy).await?, town.open(quiet).await?);
    for place in &quiet {
        town.newcomer(place)?;
    }
    pause(QUIET).await;

    let mut figures = Figures::of(format!(
        "storm: {} joins and leaves in one room within {:?}, {} times",
        plan.events, plan.lasts, plan.storms
    ));
    let (mut calm_delays, mut storm_delays) = (Vec::new(), Vec::new());
    for place in &stormy {
        let mut rooms = [Coming::begin(&town, place, INSIDE)?];
        pause(QUIET).await;
        sandbox.discord.faults().forget();
        calm_delays.extend(probed(&town, &quiet[..probes]).await?);
        sandbox.discord.faults().forget();
        let before = greenroom.memory_kib()?;
        let begun = Instant::now();
        let (stormed, probed, memory) =
            tokio::join!(go_on(&mut rooms, plan.events, plan.lasts), probed(&town, &quiet[probes..]), async {
                most_memory(&greenroom, plan.lasts).await
            });
        stormed?;
        storm_delays.extend(probed?);
        let over = Instant::now();
        // The stand-in may be slower than planned, and each three seconds more are a request more.
        figures.note(format!("it lasted {:.1} s", begun.elapsed().as_secs_f64()));
        let right = until("the stormy room's card is right", SOON * 3, || town.is_right(place).then_some(())).await;
        let right_after = over.elapsed().as_secs_f64();
        right?;
        let log = Log::of(&sandbox.discord);
        let told = log.told();
        let count = |what| told.iter().filter(|told| told.title == place.title && told.what == what).count() as f64;
        figures.at_most(Of::Structure, "requests for its card", count(What::Card), CARDS);
        figures.at_most(Of::Structure, "requests for its lines", count(What::Line), LINES);
        figures.at_most(Of::Structure, "refusals for rate", log.refused_for_rate().len() as f64, 0.0);
        figures.at_most(Of::Structure, "right after the last event, s", right_after, SOON.as_secs_f64());
        let most = memory?.max(greenroom.memory_kib()?);
        let more = most.saturating_sub(before) as f64 / 1024.0;
        figures.note(format!("memory: {before} KiB before, {most} KiB at most"));
        figures.at_most(Of::Speed, "more memory, MiB", more, MEMORY_MIB);
    }
    let wrong = town.wrong(&quiet);
    figures.must(Of::Structure, wrong.is_empty(), format!("other rooms' cards are right {}", wrong.join("; ")));
    let (calm, storm) = (middle(calm_delays), middle(storm_delays));
    figures
        .note(format!("other rooms, from a join to the first request: {calm:.1} ms in calm, {storm:.1} ms in storm"));
    figures.at_most(Of::Speed, "their ratio", storm / calm, RATIO);
    Ok(figures)
}

/// Somebody joins in one place after the other; how long each took to reach Discord, in milliseconds.
async fn probed(town: &Town, places: &[Place]) -> Result<Vec<f64>> {
    let begun = Instant::now();
    let mut happened = HashMap::new();
    for (place, n) in places.iter().zip(0u32..) {
        until_after(begun, PROBED * n).await;
        happened.insert(place.title.as_str(), town.sandbox.clock.unix_ms());
        town.newcomer(place)?;
    }
    pause(Duration::from_millis(500)).await;
    let mut delays = HashMap::new();
    for told in Log::of(&town.sandbox.discord).told() {
        if let Some(at) = happened.get(told.title.as_str()).filter(|at| told.at >= **at) {
            delays.entry(told.title).or_insert((told.at - at) as f64);
        }
    }
    Ok(delays.into_values().collect())
}

/// KiB.
async fn most_memory(greenroom: &Greenroom, during: Duration) -> Result<u64> {
    let begun = Instant::now();
    let mut most = 0;
    while begun.elapsed() < during {
        most = most.max(greenroom.memory_kib()?);
        pause(Duration::from_millis(100)).await;
    }
    Ok(most)
}

/// The mean of the middle half.
fn middle(values: Vec<f64>) -> f64 {
    let values = sorted(values);
    let middle = &values[values.len() / 4..(values.len() * 3).div_ceil(4)];
    middle.iter().sum::<f64>() / middle.len().max(1) as f64
}
