//! A call of hours, in which people keep coming and going: its card stays right and is edited rarely once it is old,
//! its channel hears little, and nothing wears out. Made with time that runs faster, or it would take hours too.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Failed, Figures, Of, Result, Setup, Subject,
    coming::Coming,
    sorted,
    told::{Log, Told, What},
    town::Town,
    until, until_after,
};
use crate::{Options, Sandbox};

const INSIDE: usize = 4;
/// An old card is edited once a minute, and when the channel's window is open.
const SOON: Duration = Duration::from_secs(60 + 11);
const OLD: Duration = Duration::from_secs(60 * 60);
const MINUTE_MS: f64 = 60_000.0;
const LINE_EVERY_MS: i64 = 5 * 60_000;
const LINES_FIRST: usize = 3;
/// Timers that run faster are as much less exact.
const BLUR_MS: f64 = 2_000.0;

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub hours: u32,
    /// Between two events.
    pub every: Duration,
}

pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let channels = town.channels("hours", 1);
    let greenroom = Setup::new(&subject.greenroom, &sandbox, home).await?.start().await?;
    greenroom.is_there(&sandbox, false).await?;
    let places = town.open(channels).await?;
    let place = &places[0];
    let mut room = Coming::begin(&town, place, INSIDE)?;

    let mut figures =
        Figures::of(format!("hours: {} of them, with somebody coming or going every {:?}", plan.hours, plan.every));
    let begun = Instant::now();
    let old_at = sandbox.clock.unix_ms() + i64::try_from(OLD.as_millis()).unwrap_or(i64::MAX);
    let events = (OLD * plan.hours).as_secs() / plan.every.as_secs();
    let mut told: Vec<Told> = Vec::new();
    let (mut late, mut refused) = (0.0f64, 0);
    for n in 1..=u32::try_from(events).unwrap_or(u32::MAX) {
        until_after(begun, plan.every * n).await;
        room.happens()?;
        let happened = Instant::now();
        let right = until("the card is right", SOON * 3, || town.is_right(place).then_some(())).await;
        right.map_err(|failed| Failed::new(format!("{failed}: {}", town.wrong(&places).join("; "))))?;
        late = late.max(happened.elapsed().as_secs_f64());
        let log = Log::of(&sandbox.discord);
        sandbox.discord.faults().forget();
        told.extend(log.told());
        refused += log.refused_for_rate().len();
    }
    figures.at_most(Of::Structure, "right after an event at worst, s", late, SOON.as_secs_f64());
    figures.at_most(Of::Structure, "refusals for rate", refused as f64, 0.0);

    let times = |what| told.iter().filter(move |told| told.what == what).map(|told| told.at);
    let old: Vec<i64> = times(What::Card).filter(|at| *at > old_at).collect();
    let pauses = sorted(old.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect());
    let shortest = pauses.first().copied().unwrap_or(MINUTE_MS);
    figures.note(format!("edits of the card: {}, of them {} when it was old", times(What::Card).count(), old.len()));
    figures.must(
        Of::Structure,
        shortest >= MINUTE_MS - BLUR_MS,
        format!("an old card is edited once a minute at most: {:.0} s between two at least", shortest / 1000.0),
    );
    let lines = town.lines(place).len();
    let lasted = times(What::Card).max().unwrap_or_default() - times(What::Card).min().unwrap_or_default();
    let most = LINES_FIRST + usize::try_from(lasted / LINE_EVERY_MS).unwrap_or_default() + 1;
    figures.at_most(Of::Structure, "lines in the channel", lines as f64, most as f64);
    figures.must(Of::Structure, greenroom.metric("greenroom_relay_connected").await? == 1.0, "the socket still stands");
    figures.note(format!("memory in the end: {} KiB", greenroom.memory_kib()?));

    town.end(&places);
    let is_right = || town.is_right(place).then_some(());
    until("the summary tells who was there", SOON * 3, is_right).await?;
    figures.at_most(Of::Structure, "cards of the room", town.cards_of(place) as f64, 1.0);
    Ok(figures)
}
