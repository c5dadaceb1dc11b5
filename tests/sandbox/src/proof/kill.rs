//! `kill -9` at any moment: what was recorded is told, once.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::{
    Figures, Of, Result, Setup, Subject,
    coming::{Coming, go_on},
    sorted,
    told::Log,
    town::{Place, Town},
    until,
};
use crate::{Options, Sandbox};

const ROOMS: usize = 4;
const INSIDE: usize = 6;
/// Rooms are ended and their summaries read after so many kills.
const AN_EVENING: usize = 20;
/// Under load for so long at most before a kill, milliseconds.
const LOAD_MS: u64 = 2_000;
/// Somebody comes or goes so often.
const STEP: Duration = Duration::from_millis(50);
/// Events while nobody listens.
const MEANWHILE: u32 = 8;
const SOON: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub kills: usize,
    pub seed: u64,
}

#[derive(Default)]
struct Found {
    took: Vec<f64>,
    twice: usize,
    most_twice: usize,
    most_cards: usize,
    refused: usize,
    never: Vec<String>,
}

pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let evenings = plan.kills.div_ceil(AN_EVENING);
    let channels: Vec<_> = (0..evenings).map(|evening| town.channels(&format!("kill{evening}x"), ROOMS)).collect();
    let setup = Setup::new(&subject.greenroom, &sandbox, home).await?;
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut found = Found::default();
    let mut left = plan.kills;
    for channels in channels {
        let kills = left.min(AN_EVENING);
        left -= kills;
        evening(&town, &setup, channels, kills, &mut random, &mut found).await?;
    }

    let mut figures = Figures::of(format!("kill: {} times at a random moment, --seed {}", plan.kills, plan.seed));
    let took = sorted(found.took);
    figures.note(format!("right again after {:.1} s at p50", super::quantile(&took, 0.5)));
    let longest = took.last().copied().unwrap_or_default();
    figures.at_most(Of::Speed, "right after the start, s", longest, SOON.as_secs_f64());
    figures.must(
        Of::Structure,
        found.never.is_empty(),
        format!("every recorded fact is in the final card {}", found.never.join("; ")),
    );
    figures.at_most(Of::Structure, "cards of a room", found.most_cards as f64, 1.0);
    figures.note(format!("lines that were posted twice: {} in all", found.twice));
    figures.at_most(Of::Structure, "in one room by one kill", found.most_twice as f64, 1.0);
    // Whoever starts learns what the dead one has spent of Discord's limits from the first refusal, and obeys it.
    figures.at_most(Of::Structure, "refusals for rate", found.refused as f64, plan.kills as f64);
    Ok(figures)
}

/// Some rooms from opening to summary, with kills on the way.
async fn evening(
    town: &Town,
    setup: &Setup,
    channels: Vec<(crate::discord::Id, String)>,
    kills: usize,
    random: &mut StdRng,
    found: &mut Found,
) -> Result<()> {
    let sandbox = &town.sandbox;
    let mut greenroom = setup.start().await?;
    greenroom.is_there(sandbox, false).await?;
    let places = town.open(channels).await?;
    let mut rooms = Coming::all(town, &places, INSIDE)?;
    for _ in 0..kills {
        let twice: Vec<usize> = places.iter().map(|place| town.told_twice(place).len()).collect();
        let load = Duration::from_millis(random.random_range(50..LOAD_MS));
        go_on(&mut rooms, u32::try_from(load.as_millis() / STEP.as_millis()).unwrap_or(1).max(1), load).await?;
        greenroom.kill().await?;
        go_on(&mut rooms, MEANWHILE, STEP * 2).await?;
        let begun = Instant::now();
        greenroom = setup.start().await?;
        found.took.push(right(town, &places, begun).await?);
        for (place, before) in places.iter().zip(twice) {
            let more = town.told_twice(place).len().saturating_sub(before);
            found.twice += more;
            found.most_twice = found.most_twice.max(more);
        }
    }
    town.end(&places);
    if right(town, &places, Instant::now()).await.is_err() {
        found.never.extend(town.wrong(&places));
    }
    let cards = places.iter().map(|place| town.cards_of(place)).max().unwrap_or_default();
    found.most_cards = found.most_cards.max(cards);
    found.refused += Log::of(&sandbox.discord).refused_for_rate().len();
    sandbox.discord.faults().forget();
    greenroom.kill().await
}

/// Seconds from `begun` until all cards are right.
async fn right(town: &Town, places: &[Place], begun: Instant) -> Result<f64> {
    let is_right = || town.wrong(places).is_empty().then_some(());
    match until("the cards are right again", SOON * 6, is_right).await {
        Ok(()) => Ok(begun.elapsed().as_secs_f64()),
        Err(_) => Err(super::Failed::new(format!("still wrong: {}", town.wrong(places).join("; ")))),
    }
}
