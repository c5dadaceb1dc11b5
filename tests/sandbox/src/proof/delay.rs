//! From something that happens in a room to the first request Discord gets for it.

use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Figures, Of, Result, Setup, Subject, ms, quantile, sorted,
    told::{Log, What},
    town::{Place, Town},
    until, until_after,
};
use crate::{Options, Sandbox, clock::pause};

/// So long a channel must have been quiet to take two requests at once.
const QUIET: Duration = Duration::from_millis(6500);
/// Whoever went is given so long to come back before a line says it.
const AWAY: Duration = Duration::from_secs(10);
const P50_MS: f64 = 50.0;
const P99_MS: f64 = 300.0;

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub rooms: usize,
    /// Changes in a second, over all rooms. Each costs a card, a line and up to two questions about whoever comes in, so
    /// that the global limit is reached at 11.
    pub per_second: u32,
}

/// When it happened, by the room's title, in Unix milliseconds.
type Happened<'a> = HashMap<&'a str, i64>;

/// Joins, leaves and ends in quiet channels, each timed by the stand-ins.
pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let channels = town.channels("delay", plan.rooms);
    let greenroom = Setup::new(&subject.greenroom, &sandbox, home).await?.start().await?;
    greenroom.is_there(&sandbox, false).await?;
    let places = town.open(channels).await?;

    let mut figures = Figures::of(format!(
        "delay: from a join, a leave or an end to its first request, {} rooms, {} changes/s",
        plan.rooms, plan.per_second
    ));
    let firsts = paced(&town, &places, plan, |place| town.newcomer(place).map(drop)).await?;
    figure(&mut figures, "the first one in", &delays(&town, &firsts, None));
    let mut inside = HashMap::new();
    let joins = paced(&town, &places, plan, |place| {
        inside.insert(place.title.clone(), town.newcomer(place)?);
        Ok(())
    })
    .await?;
    figure(&mut figures, "a join", &delays(&town, &joins, None));
    let leaves = paced(&town, &places, plan, |place| {
        inside.remove(&place.title).into_iter().for_each(|member| member.leaves());
        Ok(())
    })
    .await?;
    figure(&mut figures, "a leave, on the card", &delays(&town, &leaves, Some(What::Card)));
    figure_of_lines(&mut figures, &told_after(&town, &leaves).await, plan.rooms);
    let ends = paced(&town, &places, plan, |place| {
        town.end(std::slice::from_ref(place));
        Ok(())
    })
    .await?;
    figure(&mut figures, "an end", &delays(&town, &ends, None));
    Ok(figures)
}

fn figure(figures: &mut Figures, what: &str, delays: &[f64]) {
    figures.note(format!("{what}: {} times", delays.len()));
    figures.at_most(Of::Speed, &format!("{what}, p50, ms"), quantile(delays, 0.50), P50_MS);
    figures.at_most(Of::Speed, &format!("{what}, p99, ms"), quantile(delays, 0.99), P99_MS);
}

/// From ten seconds on, and not before.
fn figure_of_lines(figures: &mut Figures, delays: &[f64], rooms: usize) {
    let beyond: Vec<f64> = delays.iter().map(|delay| delay - ms(AWAY)).collect();
    let first = beyond.first().copied().unwrap_or_default();
    figures.must(Of::Structure, delays.len() == rooms, "every leave is told by a line");
    figures.at_least(Of::Structure, "a leave's line, the earliest of all, ms after the ten seconds", first, 0.0);
    figure(figures, "a leave's line, after the ten seconds", &beyond);
}

/// Something happens in one place after the other, until every channel shows it.
async fn paced<'a>(
    town: &Town,
    places: &'a [Place],
    plan: Plan,
    mut happens: impl FnMut(&Place) -> Result<()>,
) -> Result<Happened<'a>> {
    pause(QUIET).await;
    town.sandbox.discord.faults().forget();
    let begun = Instant::now();
    let mut happened = HashMap::new();
    for (place, n) in places.iter().zip(0u32..) {
        until_after(begun, Duration::from_secs(1) / plan.per_second * n).await;
        happened.insert(place.title.as_str(), town.sandbox.clock.unix_ms());
        happens(place)?;
    }
    until("every channel shows it", QUIET, || places.iter().all(|place| town.is_right(place)).then_some(())).await?;
    Ok(happened)
}

/// How long each took to its line, the last of them too.
async fn told_after(town: &Town, leaves: &Happened<'_>) -> Vec<f64> {
    let last = leaves.values().max().copied().unwrap_or_default();
    let over = Duration::from_millis((town.sandbox.clock.unix_ms() - last).unsigned_abs());
    pause((AWAY + QUIET).saturating_sub(over)).await;
    delays(town, leaves, Some(What::Line))
}

/// How long each took to reach Discord, by a request for this or for anything, in milliseconds.
fn delays(town: &Town, happened: &Happened, what: Option<What>) -> Vec<f64> {
    let mut delays = HashMap::new();
    for told in Log::of(&town.sandbox.discord).told() {
        if what.is_some_and(|what| what != told.what) {
            continue;
        }
        if let Some(at) = happened.get(told.title.as_str()) {
            // Requests come in order: the first one counts.
            delays.entry(told.title).or_insert((told.at - at) as f64);
        }
    }
    sorted(delays.into_values().collect())
}
