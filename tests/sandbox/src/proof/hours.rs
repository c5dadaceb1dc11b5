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
const OLD_MS: i64 = 60 * 60_000;
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
    let begun_at = sandbox.clock.unix_ms();
    let events = (u64::from(plan.hours) * 3600) / plan.every.as_secs();
    let mut told: Vec<Told> = Vec::new();
    let (mut late, mut refused, mut replaced) = (0.0f64, 0, 0);
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
        replaced += log.refused_as_old();
    }
    figures.at_most(Of::Structure, "right after an event at worst, s", late, SOON.as_secs_f64());
    figures.at_most(Of::Structure, "refusals for rate", refused as f64, 0.0);

    let edits: Vec<&Told> = told.iter().filter(|told| told.what == What::Card).collect();
    let is_old = |told: &Told| told.message.is_some_and(|message| told.at - message.unix_ms() > OLD_MS);
    let old: Vec<&Told> = edits.iter().copied().filter(|told| is_old(told)).collect();
    let pairs = old.windows(2).filter(|pair| pair[0].message == pair[1].message);
    let pauses = sorted(pairs.map(|pair| (pair[1].at - pair[0].at) as f64).collect());
    let shortest = pauses.first().copied().unwrap_or_default();
    figures.note(format!(
        "requests for the card: {}, {} of them for an old one, which was replaced {replaced} times",
        edits.len(),
        old.len()
    ));
    figures.must(
        Of::Structure,
        shortest >= MINUTE_MS - BLUR_MS,
        format!("an old card is edited once a minute at most: {:.0} s between two at least", shortest / 1000.0),
    );
    let lines = town.lines(place).len();
    let lasted = sandbox.clock.unix_ms() - begun_at;
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
