//! An hour of ordinary use: calls begin and end, people come and go, pages open and close. Nothing may wear out: memory
//! stays level, and when it is quiet again no task is left behind, and nothing is kept of anybody.

use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures::{StreamExt as _, future::try_join_all};
use http::StatusCode;
use tokio::task::JoinSet;

use super::{
    Failed, Figures, Greenroom, Of, Result, Setup, Subject, link,
    town::{Place, Town},
    until, until_after, visit,
};
use crate::{Options, Sandbox, clock::pause, discord::Id, signalwire::scripted::Member};

const ROOMS: usize = 10;
const INSIDE: usize = 4;
/// People of the server who come to calls, again and again. All were there before memory counts.
const REGULARS: usize = 500;
const SECOND: Duration = Duration::from_secs(1);
/// In each room somebody comes or goes.
const EVENT_EVERY: Duration = Duration::from_millis(2500);
const CALL_LASTS: Duration = Duration::from_secs(5 * 60);
/// Somebody runs `/video`, opens the page, takes a room token and watches for a while.
const VISITS_A_SECOND: u32 = 2;
const STAYS: Duration = Duration::from_secs(10);
/// Of the visitors, one in so many was never seen before.
const STRANGER_EVERY: u32 = 10;
/// What is allocated once is there by then.
const WARM_SHARE: u32 = 6;
/// In the first half of that, so many visitors come at once with every so manyth one: all connections and threads have been
/// busy then, each of which has memory of its own.
const RUSH: usize = 24;
const RUSH_EVERY: u32 = 10;
const SAMPLE: Duration = Duration::from_secs(5);
const SLOPE_MIB: f64 = 1.0;
const PARTS: usize = 12;
/// After the last visit every card is right.
const SETTLED: Duration = Duration::from_secs(90);
/// What is kept for so long, to go by while Discord is away; anything else is gone after two minutes.
const LATELY: (&str, Duration) = ("lately", Duration::from_secs(11 * 60));

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub lasts: Duration,
    /// Before it, until connections of the start are closed.
    pub calm: Duration,
    /// After it, at most, until nothing is left.
    pub quiet: Duration,
}

pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let regulars = Regulars::new(&sandbox);
    let channels = town.channels("wear", ROOMS);
    let greenroom = Setup::new(&subject.greenroom, &sandbox, home).await?.start().await?;
    greenroom.is_there(&sandbox, false).await?;
    let idle = Load::least(&greenroom, plan.calm, |_| false).await?;
    let places = town.open(channels).await?;

    let mut figures = Figures::of(format!("wear: {:?} of ordinary use", plan.lasts));
    let calls = places.iter().zip(0u32..).map(|(place, n)| calls(&town, &regulars, place, n, plan.lasts));
    let (events, visited, memory) = tokio::try_join!(
        try_join_all(calls),
        visits(&town, &regulars, &places, &greenroom, plan.lasts),
        sample(&sandbox, &greenroom, plan.lasts),
    )?;
    let events: u32 = events.iter().sum();
    figures.note(format!(
        "{events} comings and goings, {visited} visits, with a room token each unless the call had just ended"
    ));
    let warm = plan.lasts.as_secs_f64() / f64::from(WARM_SHARE);
    let level: Vec<(f64, f64)> = memory.iter().copied().filter(|(at, _)| *at >= warm).collect();
    let (first, last) = (level.first().map_or(0.0, |(_, mib)| *mib), level.last().map_or(0.0, |(_, mib)| *mib));
    figures.note(format!("memory: {first:.1} MiB when warm, {last:.1} MiB in the end"));
    figures.note(format!("on the way, from the start: {} MiB", on_the_way(&memory).join(", ")));
    figures.at_most(Of::Speed, "memory grows by, MiB an hour", slope(&level) * 3600.0, SLOPE_MIB);

    let within = || places.iter().all(|place| town.is_right(place)).then_some(());
    until("every card is right", SETTLED, within).await.map_err(|_| Failed::new(town.wrong(&places).join("; ")))?;
    let busy = Load::of(&greenroom).await?;
    figures.note(format!("in memory when it ends, of {} sorts: {}", busy.kept.len(), busy.told()));
    let left = Load::least(&greenroom, plan.quiet, |least| least.beyond(&idle, plan.quiet).is_empty()).await?;
    figures.note(format!("memory when it is quiet again: {:.1} MiB", greenroom.memory_kib()? as f64 / 1024.0));
    figures.at_most(Of::Structure, "tasks left behind", left.tasks - idle.tasks, 0.0);
    let beyond = left.beyond(&idle, plan.quiet).join(", ");
    figures.must(
        Of::Structure,
        !idle.kept.is_empty() && beyond.is_empty(),
        format!("nothing is kept of anybody {beyond}"),
    );
    Ok(figures)
}

/// What a process has besides memory.
struct Load {
    tasks: f64,
    /// Things in memory, by what they are.
    kept: BTreeMap<String, f64>,
}

impl Load {
    async fn of(greenroom: &Greenroom) -> Result<Self> {
        let tasks = greenroom.metric("greenroom_tasks").await?;
        Ok(Self { tasks, kept: greenroom.metric_by("greenroom_kept", "what").await? })
    }

    /// The least of everything that is seen within a while, which ends early with what is `enough`.
    async fn least(greenroom: &Greenroom, within: Duration, enough: impl Fn(&Self) -> bool) -> Result<Self> {
        let begun = Instant::now();
        let mut least = Self::of(greenroom).await?;
        while begun.elapsed() < within && !enough(&least) {
            pause(SECOND).await;
            let now = Self::of(greenroom).await?;
            least.tasks = least.tasks.min(now.tasks);
            for (what, count) in now.kept {
                least.kept.entry(what).and_modify(|least| *least = least.min(count)).or_insert(count);
            }
        }
        Ok(least)
    }

    /// What there is more of than before, apart from what is kept for longer than one waited.
    fn beyond(&self, before: &Self, waited: Duration) -> Vec<String> {
        let is_more = |what: &str, count: f64| count > before.kept.get(what).copied().unwrap_or_default();
        let is_due = |what: &str| what != LATELY.0 || waited > LATELY.1;
        let more = self.kept.iter().filter(|(what, count)| is_due(what) && is_more(what, **count));
        let tasks = (self.tasks > before.tasks).then(|| format!("{} tasks", self.tasks));
        more.map(|(what, count)| format!("{count} {what}")).chain(tasks).collect()
    }

    fn told(&self) -> String {
        let some = self.kept.iter().filter(|(_, count)| **count > 0.0);
        some.map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
    }
}

/// People whom the server knows, who come in turn.
struct Regulars {
    people: Vec<(String, Id)>,
    came: AtomicUsize,
}

impl Regulars {
    fn new(sandbox: &Sandbox) -> Self {
        let people = (0..REGULARS).map(|n| {
            let name = format!("Regular{n}");
            let id = sandbox.discord.add_person(&name);
            (name, id)
        });
        Self { people: people.collect(), came: AtomicUsize::new(0) }
    }

    fn next(&self) -> &(String, Id) {
        &self.people[self.came.fetch_add(1, Ordering::Relaxed) % self.people.len()]
    }

    fn enters(&self, town: &Town, place: &Place) -> Result<Member> {
        let (name, id) = self.next();
        town.enters(place, name, *id)
    }
}

/// One call after the other in one room, the first shorter than the others so that not all end together. How often
/// somebody came or went.
async fn calls(town: &Town, regulars: &Regulars, place: &Place, number: u32, lasts: Duration) -> Result<u32> {
    let (begun, mut events) = (Instant::now(), 0u32);
    let mut ends = CALL_LASTS / ROOMS as u32 * (number + 1);
    while begun.elapsed() < lasts {
        opens(town, place).await?;
        let mut inside = VecDeque::from([regulars.enters(town, place)?]);
        while begun.elapsed() < ends.min(lasts) {
            pause(EVENT_EVERY).await;
            events += 1;
            if inside.len() <= INSIDE {
                inside.push_back(regulars.enters(town, place)?);
            } else if let Some(first) = inside.pop_front() {
                first.leaves();
            }
        }
        inside.iter().for_each(Member::leaves);
        ends += CALL_LASTS;
        pause(EVENT_EVERY).await;
    }
    Ok(events)
}

/// Mira opens the room again.
async fn opens(town: &Town, place: &Place) -> Result<()> {
    let mira = town.sandbox.discord.person("mira");
    let answer = mira.runs(&place.channel.to_string(), "video", &[("room", &place.title)]).await;
    answer.problem().map_or(Ok(()), |problem| Err(Failed::new(format!("{} stays closed: {problem}", place.title))))
}

/// People who open the page, one after the other, and stay a while. How many there were.
async fn visits(
    town: &Town,
    regulars: &Regulars,
    places: &[Place],
    greenroom: &Greenroom,
    lasts: Duration,
) -> Result<u32> {
    let (begun, mut under_way, mut visited) = (Instant::now(), JoinSet::<Result<()>>::new(), 0u32);
    let rushes_until = lasts / WARM_SHARE / 2;
    let due = (0u32..).map(|tick| (tick, SECOND / VISITS_A_SECOND * tick)).take_while(|(_, due)| *due < lasts);
    let visitors = due.flat_map(|(tick, due)| {
        let is_rush = due < rushes_until && tick.is_multiple_of(RUSH_EVERY);
        std::iter::repeat_n(due, if is_rush { RUSH } else { 1 })
    });
    for due in visitors {
        until_after(begun, due).await;
        let place = &places[visited as usize % places.len()];
        let visitor = if visited.is_multiple_of(STRANGER_EVERY) {
            town.sandbox.discord.add_person(&format!("Stranger{visited}"))
        } else {
            regulars.next().1
        };
        let (person, channel) = (town.sandbox.discord.person(&visitor.to_string()), place.channel.to_string());
        let (title, url) = (place.title.clone(), greenroom.url.clone());
        under_way.spawn(async move {
            let answer = person.runs(&channel, "video", &[("room", &title)]).await;
            let page = visit::Page::open(&url, &link(&answer).await?).await?;
            match page.presses().await? {
                StatusCode::OK => {}
                // The call has just ended: a person would press again, or go.
                StatusCode::GONE => return Ok(()),
                other => return Err(Failed::new(format!("no room token: {other}"))),
            }
            let mut stream = page.stream().await?.bytes_stream();
            let _ = tokio::time::timeout(STAYS, async { while stream.next().await.is_some() {} }).await;
            Ok(())
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

/// The mean of each of [`PARTS`] equal parts: what rises in the first ones only has filled up and does not grow.
fn on_the_way(memory: &[(f64, f64)]) -> Vec<String> {
    let parts = memory.chunks(memory.len().div_ceil(PARTS).max(1));
    parts.map(|part| format!("{:.1}", part.iter().map(|(_, mib)| mib).sum::<f64>() / part.len() as f64)).collect()
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
