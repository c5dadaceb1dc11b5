//! From something that happens in a room to the first request Discord gets for it.

use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Figures, Of, Result, Setup, Subject, quantile, sorted,
    told::Log,
    town::{Place, Town},
    until_after,
};
use crate::{Options, Sandbox, clock::pause};

/// So long a channel must have been quiet to take two requests at once.
const QUIET: Duration = Duration::from_millis(6500);
const P50_MS: f64 = 50.0;
const P99_MS: f64 = 300.0;

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub rooms: usize,
    /// Changes in a second, over all rooms. Each costs a card, a line and up to two questions about whoever comes in, so
    /// that the global limit is reached at 11.
    pub per_second: u32,
}

/// Joins and ends in quiet channels, each timed by the stand-ins.
pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let channels = town.channels("delay", plan.rooms);
    let greenroom = Setup::new(&subject.greenroom, &sandbox, home).await?.start().await?;
    greenroom.is_there(&sandbox, false).await?;
    let places = town.open(channels).await?;

    let mut figures = Figures::of(format!(
        "delay: from a join or an end to its first request, {} rooms, {} changes/s",
        plan.rooms, plan.per_second
    ));
    let comes = |place: &Place| town.newcomer(place).map(drop);
    let firsts = paced(&town, &places, plan, comes).await?;
    figure(&mut figures, "the first one in", &firsts);
    let joins = paced(&town, &places, plan, comes).await?;
    figure(&mut figures, "a join", &joins);
    let ends = paced(&town, &places, plan, |place| {
        town.end(std::slice::from_ref(place));
        Ok(())
    })
    .await?;
    figure(&mut figures, "an end", &ends);
    Ok(figures)
}

fn figure(figures: &mut Figures, what: &str, delays: &[f64]) {
    figures.note(format!("{what}: {} times", delays.len()));
    figures.at_most(Of::Speed, &format!("{what}, p50, ms"), quantile(delays, 0.50), P50_MS);
    figures.at_most(Of::Speed, &format!("{what}, p99, ms"), quantile(delays, 0.99), P99_MS);
}

/// Something happens in one place after the other; how long each took to reach Discord, in milliseconds.
async fn paced(town: &Town, places: &[Place], plan: Plan, happens: impl Fn(&Place) -> Result<()>) -> Result<Vec<f64>> {
    pause(QUIET).await;
    let discord = &town.sandbox.discord;
    discord.faults().forget();
    let begun = Instant::now();
    let mut happened = HashMap::new();
    for (place, n) in places.iter().zip(0u32..) {
        until_after(begun, Duration::from_secs(1) / plan.per_second * n).await;
        happened.insert(place.title.as_str(), town.sandbox.clock.unix_ms());
        happens(place)?;
    }
    super::until("every channel shows it", QUIET, || places.iter().all(|place| town.is_right(place)).then_some(()))
        .await?;
    let mut delays = HashMap::new();
    for told in Log::of(discord).told() {
        if let Some(at) = happened.get(told.title.as_str()) {
            // Requests come in order: the first one counts.
            delays.entry(told.title).or_insert((told.at - at) as f64);
        }
    }
    Ok(sorted(delays.into_values().collect()))
}
