//! How many rooms are known must not matter: neither to what a token costs, nor to memory, nor to the start.

use std::{path::Path, time::Duration};

use sandbox::{
    Sandbox,
    proof::{Figures, Of, Result},
};

use super::{
    cell::median,
    crowd::{Crowd, Rooms},
    report::Report,
    usage,
};

/// One of them is live, to which all people come.
const KNOWN: [u64; 3] = [1, 10_000, 100_000];
const CLIENTS: usize = 64;
const READY: Duration = Duration::from_millis(300);

#[derive(Clone, Copy)]
pub struct Plan {
    pub people: u64,
    pub rounds: usize,
    pub requests: usize,
}

/// One Greenroom each, which take turns.
pub async fn run(greenroom: &Path, sandbox: &Sandbox, home: &Path, plan: Plan, report: &mut Report) -> Result<()> {
    let mut crowds = Vec::new();
    for known in KNOWN {
        crowds.push(Crowd::gather(greenroom, sandbox, home, Rooms { known, live: 1 }, plan.people).await?);
    }
    let mut figures = Figures::of(format!("1, 10,000 and 100,000 rooms known, {CLIENTS} at once, no latency"));
    let mut costs = vec![Vec::new(); KNOWN.len()];
    let mut refused = 0;
    for crowd in &mut crowds {
        refused += cost(crowd, plan.requests).await?.1;
    }
    for round in 0..plan.rounds {
        // First, so that the three follow upon each other.
        for crowd in &mut crowds {
            crowd.rest(plan.requests).await;
            crowd.stay().await?;
        }
        let mut order = [0, 1, 2];
        order.rotate_left(round % 3);
        for place in order {
            let (micros, more) = cost(&mut crowds[place], plan.requests).await?;
            costs[place].push(micros);
            refused += more;
        }
    }
    for (place, known) in KNOWN.into_iter().enumerate() {
        let crowd = &crowds[place];
        figures.note(format!(
            "{known} known: {:.0} us of processor time for a token; idle {:.1} MiB, after {} tokens {:.1} MiB; ready {:.0} ms \
             after the start",
            median(costs[place].iter().copied()),
            crowd.idle_kib as f64 / 1024.0,
            plan.requests * (plan.rounds + 1),
            crowd.greenroom.memory_kib()? as f64 / 1024.0,
            crowd.greenroom.ready_after.as_secs_f64() * 1000.0,
        ));
    }
    for (place, known) in KNOWN.into_iter().enumerate().skip(1) {
        let ratios: Vec<f64> = costs[place].iter().zip(&costs[0]).map(|(more, few)| more / few).collect();
        let middle = median(ratios.iter().copied());
        let all: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        let line = format!(
            "processor time for a token at {known} rooms beside 1: {middle:.2} (0.9 to 1.1), rounds {}",
            all.join(" ")
        );
        figures.must(Of::Speed, (0.9..=1.1).contains(&middle), line);
    }
    figures.at_most(Of::Speed, "refused", refused as f64, 0.0);
    let more = crowds[2].idle_kib.saturating_sub(crowds[0].idle_kib) as f64 / (KNOWN[2] - KNOWN[0]) as f64;
    figures.at_most(Of::Speed, "memory for each room known, KiB", more, 2.0);
    let ready = crowds[2].greenroom.ready_after.as_secs_f64() * 1000.0;
    figures.at_most(Of::Speed, "ready with 100,000 rooms, ms", ready, READY.as_secs_f64() * 1000.0);
    report.add(&figures);
    Ok(())
}

/// Microseconds of processor time for a token, and how many were refused.
async fn cost(crowd: &mut Crowd, requests: usize) -> Result<(f64, usize)> {
    let before = usage::of_process(crowd.greenroom.id()?)?;
    let round = crowd.ask(CLIENTS, requests).await?;
    let took = usage::of_process(crowd.greenroom.id()?)?.since(&before);
    Ok((took.as_secs_f64() * 1e6 / round.micros.len().max(1) as f64, round.refused.values().sum()))
}
