//! An hour of ordinary use: calls begin and end, people come and go, pages open and close. Nothing may wear out: memory
//! stays level, and when it is quiet again no task is left behind.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use futures::StreamExt as _;
use tokio::task::JoinSet;

use super::{
    Failed, Figures, Greenroom, Of, Result, Setup, Subject,
    coming::{Coming, go_on},
    town::Town,
    until, until_after, visit,
};
use crate::{Options, Sandbox, clock::pause};

const ROOMS: usize = 10;
const INSIDE: usize = 4;
const SECOND: Duration = Duration::from_secs(1);
/// Somebody comes or goes, over all rooms.
const EVENTS_A_SECOND: u32 = 4;
/// Somebody runs `/video`, opens the page, takes a room token and watches for a while.
const VISITS_A_SECOND: u32 = 2;
const STAYS: Duration = Duration::from_secs(10);
/// A call of its own begins, has somebody inside, and ends.
const CALL_EVERY: Duration = Duration::from_secs(20);
const CALL_LASTS: Duration = Duration::from_secs(10);
/// What is allocated once is there by then.
const WARM_SHARE: u32 = 6;
const SAMPLE: Duration = Duration::from_secs(5);
const SLOPE_MIB: f64 = 1.0;
/// After the last visit: connections close, senders come to rest.
const QUIET: Duration = Duration::from_secs(90);

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub lasts: Duration,
}

pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let channels = town.channels("wear", ROOMS);
    let calls = town.channels("call", usize::try_from(plan.lasts.as_secs() / CALL_EVERY.as_secs()).unwrap_or_default());
    let greenroom = Setup::new(&subject.greenroom, &sandbox, home).await?.start().await?;
    greenroom.is_there(&sandbox, false).await?;
    let places = town.open(channels).await?;
    let mut rooms = Coming::all(&town, &places, INSIDE)?;
    let tasks_before = quiet_tasks(&greenroom).await?;

    let mut figures = Figures::of(format!("wear: {:?} of ordinary use", plan.lasts));
    let events = EVENTS_A_SECOND * u32::try_from(plan.lasts.as_secs()).unwrap_or(u32::MAX);
    let (going, visited, called, memory) = tokio::join!(
        go_on(&mut rooms, events, plan.lasts),
        visits(&town, &places, &greenroom, plan.lasts),
        begin_and_end(&town, calls),
        sample(&sandbox, &greenroom, plan.lasts),
    );
    going?;
    called?;
    let (visited, memory) = (visited?, memory?);
    figures.note(format!("{events} comings and goings, {visited} visits, with a room token each"));
    let warm = plan.lasts.as_secs_f64() / f64::from(WARM_SHARE);
    let level: Vec<(f64, f64)> = memory.iter().copied().filter(|(at, _)| *at >= warm).collect();
    let (first, last) = (level.first().map_or(0.0, |(_, mib)| *mib), level.last().map_or(0.0, |(_, mib)| *mib));
    figures.note(format!("memory: {first:.1} MiB when warm, {last:.1} MiB in the end"));
    figures.at_most(Of::Speed, "memory grows by, MiB an hour", slope(&level) * 3600.0, SLOPE_MIB);

    let within = || places.iter().all(|place| town.is_right(place)).then_some(());
    until("every card is right", QUIET, within).await.map_err(|_| Failed::new(town.wrong(&places).join("; ")))?;
    let tasks = quiet_tasks(&greenroom).await?;
    figures.at_most(Of::Structure, "tasks left behind", tasks - tasks_before, 0.0);
    Ok(figures)
}

/// The fewest tasks seen in a while without work.
async fn quiet_tasks(greenroom: &Greenroom) -> Result<f64> {
    let begun = Instant::now();
    let mut least = f64::INFINITY;
    while begun.elapsed() < QUIET {
        least = least.min(greenroom.metric("greenroom_tasks").await?);
        pause(SECOND).await;
    }
    Ok(least)
}

/// People who open the page, one after the other, and stay a while. How many there were.
async fn visits(town: &Town, places: &[super::town::Place], greenroom: &Greenroom, lasts: Duration) -> Result<u32> {
    let (begun, mut under_way, mut visited) = (Instant::now(), JoinSet::new(), 0u32);
    while begun.elapsed() < lasts {
        until_after(begun, SECOND / VISITS_A_SECOND * visited).await;
        let place = &places[visited as usize % places.len()];
        let (person, channel) = (town.sandbox.discord.person("mira"), place.channel.to_string());
        let (title, url) = (place.title.clone(), greenroom.url.clone());
        under_way.spawn(async move {
            let answer = person.runs(&channel, "video", &[("room", &title)]).await;
            let link = answer.link().ok_or_else(|| Failed::new(format!("no link for {title}: {answer:?}")))?;
            let page = visit::Page::open(&url, &link).await?;
            page.token().await?;
            let mut stream = page.stream().await?.bytes_stream();
            let _ = tokio::time::timeout(STAYS, async { while stream.next().await.is_some() {} }).await;
            Result::Ok(())
        });
        visited += 1;
        while let Some(done) = under_way.try_join_next() {
            done.map_err(|error| Failed::new(error.to_string()))??;
        }
    }
    while let Some(done) = under_way.join_next().await {
        done.map_err(|error| Failed::new(error.to_string()))??;
    }
    Ok(visited)
}

/// One call after the other.
async fn begin_and_end(town: &Town, calls: Vec<(crate::discord::Id, String)>) -> Result<()> {
    let begun = Instant::now();
    for (channel, n) in calls.into_iter().zip(0u32..) {
        until_after(begun, CALL_EVERY * n).await;
        let places = town.open(vec![channel]).await?;
        let first = town.newcomer(&places[0])?;
        pause(CALL_LASTS).await;
        first.leaves();
    }
    Ok(())
}

/// Seconds since the start, and MiB.
async fn sample(sandbox: &Sandbox, greenroom: &Greenroom, lasts: Duration) -> Result<Vec<(f64, f64)>> {
    let (begun, mut samples) = (Instant::now(), Vec::new());
    for n in 1u32.. {
        until_after(begun, SAMPLE * n).await;
        if begun.elapsed() > lasts {
            break;
        }
        samples.push((begun.elapsed().as_secs_f64(), greenroom.memory_kib()? as f64 / 1024.0));
        // What was asked of the stand-ins is of no interest here.
        sandbox.discord.faults().forget();
        sandbox.signalwire.faults().forget();
    }
    Ok(samples)
}

/// Of the straight line nearest to the points; zero of fewer than two.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (mut above, mut below) = (0.0, 0.0);
    for point in points {
        above += (point.0 - x) * (point.1 - y);
        below += (point.0 - x).powi(2);
    }
    if below > 0.0 { above / below } else { 0.0 }
}
