//! As many room tokens a second as SignalWire makes, from one process, for a while, and what that takes.

use std::{path::Path, time::Duration};

use sandbox::{
    Sandbox,
    fault::Fault,
    proof::{Figures, Of, Result, quantile, sorted},
};

use super::{
    crowd::{Crowd, Rooms, SERVERS},
    report::Report,
    tokens::{ANSWERING, ASKING},
    usage,
};

/// SignalWire's writes a second. <https://signalwire.com/docs/platform/rate-limits>
const PER_SECOND: f64 = 1_380.0;
const LATENCY: Duration = Duration::from_millis(20);
/// Enough that none waits for another while answers take less than 180 ms.
const CLIENTS: usize = 256;

#[derive(Clone, Copy)]
pub struct Plan {
    /// A person may have 20 tokens at once, and then one in three seconds.
    pub people: u64,
    pub seconds: u64,
}

pub async fn run(greenroom: &Path, sandbox: &Sandbox, home: &Path, plan: Plan, report: &mut Report) -> Result<()> {
    sandbox.signalwire.faults().clear();
    sandbox.signalwire.faults().always("POST /api/video/room_tokens", Fault::Latency(LATENCY));
    let crowd = Crowd::gather(greenroom, sandbox, home, Rooms { known: SERVERS, live: SERVERS }, plan.people).await?;
    sandbox.signalwire.faults().forget();
    let took = || -> Result<_> {
        Ok([usage::of_process(crowd.greenroom.id()?)?, usage::of_threads(ASKING)?, usage::of_threads(ANSWERING)?])
    };
    let before = took()?;
    let count = (PER_SECOND * plan.seconds as f64) as usize;
    let round = tokio::select! {
        round = crowd.target.paced(CLIENTS, count, PER_SECOND) => round?,
        failed = crowd.keep_pressing() => return failed,
    };
    let cores: Vec<f64> = took()?
        .iter()
        .zip(&before)
        .map(|(after, before)| after.since(before).as_secs_f64() / round.took.as_secs_f64())
        .collect();
    let mut figures = Figures::of(format!(
        "1,380 tokens a second for {} s, {} people who press Join anew every 35 s, 20 ms to SignalWire",
        plan.seconds, plan.people
    ));
    figures.at_least(Of::Speed, "tokens a second", round.per_second(), PER_SECOND * 0.99);
    let refused: usize = round.refused.values().sum();
    figures.must(Of::Speed, refused == 0, format!("none is refused: {refused} {:?}", round.refused));
    let took = sorted(round.micros.iter().map(|micros| f64::from(*micros) / 1000.0).collect());
    let at = |share| quantile(&took, share);
    figures.note(format!("p50 {:.1} ms, p99 {:.1} ms, p999 {:.1} ms", at(0.5), at(0.99), at(0.999)));
    figures.at_most(Of::Speed, "p99, ms, beside 20 ms upstream", at(0.99), LATENCY.as_secs_f64() * 1100.0 + 5.0);
    figures.note(format!(
        "processors in use: Greenroom {:.2}, whoever asks {:.2}, the stand-in {:.2}; memory {:.1} MiB",
        cores[0],
        cores[1],
        cores[2],
        crowd.greenroom.memory_kib()? as f64 / 1024.0
    ));
    figures.note(format!("presses on Join that had to be repeated, for the database was slow: {}", crowd.promised()));
    sandbox.signalwire.faults().clear();
    report.add(&figures);
    Ok(())
}
