//! Very many rooms at once share what Discord allows one bot.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Figures, Of, Result, Setup, Subject, ms, quantile, sorted,
    told::Log,
    town::{Place, Town},
    until, until_after,
};
use crate::{Options, Sandbox};

/// Requests a second, as the design wants it. How they arrive on a busy machine is not ours alone.
const PER_SECOND: f64 = 45.0;
/// <https://discord.com/developers/docs/topics/rate-limits#global-rate-limit>
const DISCORDS: f64 = 50.0;
const LONGEST_WAIT: Duration = Duration::from_secs(45);
const ANSWER_P99_MS: f64 = 300.0;
/// A command so often meanwhile.
const ASKED: Duration = Duration::from_millis(200);
/// All rooms change within this.
const BURST: Duration = Duration::from_secs(5);
const SETTLED: Duration = Duration::from_secs(180);

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub rooms: usize,
    /// Times that somebody joins in every room.
    pub bursts: usize,
}

/// One room per channel. The stand-in has one server, with more channels than Discord would allow it.
pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let channels = town.channels("many", plan.rooms);
    let greenroom = Setup::new(&subject.greenroom, &sandbox, home).await?.start().await?;
    greenroom.is_there(&sandbox, false).await?;
    let mut figures = Figures::of(format!("many: {} rooms at once", plan.rooms));
    let begun = Instant::now();
    let places = town.open(channels).await?;
    figures.note(format!("all opened, with a card each, after {:.1} s", begun.elapsed().as_secs_f64()));
    rate(&mut figures, &sandbox, "while they open");
    for burst in 1..=plan.bursts {
        sandbox.discord.faults().forget();
        let begun = Instant::now();
        let (waits, mut answers) = tokio::join!(joins(&town, &places), commands(&town, &places, begun));
        let waits = waits?;
        answers.sort_by(f64::total_cmp);
        figures.note(format!(
            "burst {burst}: all right after {:.1} s; a channel waits {:.1} s at p50",
            begun.elapsed().as_secs_f64(),
            quantile(&waits, 0.5)
        ));
        let longest = waits.last().copied().unwrap_or_default();
        figures.at_most(Of::Structure, "the longest wait of a channel, s", longest, LONGEST_WAIT.as_secs_f64());
        figures.note(format!("{} commands meanwhile, p50 {:.1} ms", answers.len(), quantile(&answers, 0.5)));
        figures.at_most(Of::Speed, "their first answer, p99, ms", quantile(&answers, 0.99), ANSWER_P99_MS);
        rate(&mut figures, &sandbox, "meanwhile");
    }
    Ok(figures)
}

fn rate(figures: &mut Figures, sandbox: &Sandbox, when: &str) {
    let log = Log::of(&sandbox.discord);
    let application = sandbox.discord.application().to_string();
    let routes = log.fastest_second(&application);
    let fastest = routes.len() as f64;
    figures.at_most(
        Of::Structure,
        &format!("Discord's limit: requests in the fastest second {when}"),
        fastest,
        DISCORDS,
    );
    figures.at_most(Of::Speed, &format!("our own: requests in the fastest second {when}"), fastest, PER_SECOND);
    if fastest > PER_SECOND {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        routes.into_iter().for_each(|route| *counts.entry(route).or_default() += 1);
        counts.iter().for_each(|(route, count)| figures.note(format!("{count} x {route}")));
    }
    let refused = log.refused_for_rate();
    figures.at_most(Of::Structure, &format!("refusals for rate {when}"), refused.len() as f64, 0.0);
    refused.iter().take(3).for_each(|refused| figures.note(refused));
}

/// Somebody joins everywhere; how long each channel waited for its first request, in seconds. Ends when all are right.
async fn joins(town: &Town, places: &[Place]) -> Result<Vec<f64>> {
    let begun = Instant::now();
    let mut happened = Vec::new();
    let step = BURST / u32::try_from(places.len()).unwrap_or(u32::MAX);
    for (place, n) in places.iter().zip(0u32..) {
        until_after(begun, step * n).await;
        happened.push((place, town.sandbox.clock.unix_ms()));
        town.newcomer(place)?;
    }
    for place in places {
        until(&format!("the card of {} is right", place.title), SETTLED, || town.is_right(place).then_some(())).await?;
    }
    let mut waits = std::collections::HashMap::new();
    for told in Log::of(&town.sandbox.discord).told() {
        waits.entry(told.title).or_insert(told.at);
    }
    let wait = |(place, at): (&Place, i64)| Some((waits.get(&place.title)? - at) as f64 / 1000.0);
    Ok(sorted(happened.into_iter().filter_map(wait).collect()))
}

/// Mira asks for one room after the other for a while; how long her first answers took, in milliseconds.
async fn commands(town: &Town, places: &[Place], begun: Instant) -> Vec<f64> {
    let mut answers = Vec::new();
    let mira = town.sandbox.discord.person("mira");
    for (place, n) in places.iter().cycle().zip(0u32..) {
        if begun.elapsed() > BURST * 4 {
            break;
        }
        until_after(begun, ASKED * n).await;
        let answer = mira.runs(&place.channel.to_string(), "video", &[("room", &place.title)]).await;
        answers.push(if answer.problem().is_some() { f64::INFINITY } else { ms(answer.first_after) });
    }
    answers
}
