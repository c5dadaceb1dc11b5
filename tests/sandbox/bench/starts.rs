//! The start, memory when nothing happens, and first answers while SignalWire hangs, over both ways in.
//!
//! With the limits for people off: the stand-in has one server and few people, and 200 commands a second come from many.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sandbox::{
    Options, Sandbox,
    clock::pause,
    fault::Fault,
    proof::{Figures, Greenroom, Of, Result, Setup},
};

use super::report::Report;

const STARTS: usize = 7;
const READY_MS: f64 = 300.0;
const IDLE_MIB: f64 = 40.0;
const PER_SECOND: u32 = 200;
/// Of our own, for 99 of 100 first answers; one of the steps in which Greenroom counts them.
const ANSWER: &str = "0.01";

#[derive(Clone, Copy)]
pub struct Plan {
    /// How long nothing happens before memory is looked at.
    pub idle: Duration,
    pub seconds: u32,
}

pub async fn run(greenroom: &Path, home: &Path, plan: Plan, report: &mut Report) -> Result<()> {
    let mut figures = Figures::of("Start, memory when idle, first answers");
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let sandbox = Sandbox::start(Options::default()).await?;
        starts.push(Setup::new(greenroom, &sandbox, home).await?.start().await?.ready_after);
    }
    starts.sort_unstable();
    let ms = |start: Duration| start.as_secs_f64() * 1000.0;
    figures.at_most(Of::Speed, "ready after the start, ms, median", ms(starts[STARTS / 2]), READY_MS);
    figures.note(format!("at most {:.0} ms, of {STARTS} starts with an empty database each", ms(starts[STARTS - 1])));
    for way in ["gateway", "http"] {
        let sandbox = Sandbox::start(Options::default()).await?;
        let mut setup = Setup::new(greenroom, &sandbox, home).await?;
        setup.set("DISCORD_INTERACTIONS", way);
        let running = setup.start().await?;
        running.is_there(&sandbox, way == "http").await?;
        pause(plan.idle).await;
        let idle = running.memory_kib()? as f64 / 1024.0;
        figures.at_most(Of::Speed, &format!("memory when idle, {way}, MiB"), idle, IDLE_MIB);
        first_answers(&mut figures, &sandbox, &running, way, plan.seconds).await?;
    }
    report.add(&figures);
    Ok(())
}

/// Commands for new rooms while SignalWire hangs.
async fn first_answers(
    figures: &mut Figures,
    sandbox: &Sandbox,
    running: &Greenroom,
    way: &str,
    seconds: u32,
) -> Result<()> {
    sandbox.signalwire.faults().always("* /api/video/**", Fault::Hang);
    let begun = Instant::now();
    let mut asking = Vec::new();
    for n in 0..PER_SECOND * seconds {
        let person = sandbox.discord.person(["mira", "odo", "ann", "owen"][n as usize % 4]);
        asking.push(tokio::spawn(async move {
            let room = format!("room-{n}");
            person.runs("general", "video", &[("room", &room)]).await.problem().is_none()
        }));
        pause((Duration::from_secs(1) / PER_SECOND * (n + 1)).saturating_sub(begun.elapsed())).await;
    }
    let (asked, rate) = (asking.len(), f64::from(PER_SECOND * seconds) / begun.elapsed().as_secs_f64());
    let mut answered = 0;
    for asked in asking {
        answered += usize::from(asked.await.unwrap_or(false));
    }
    let metrics = running.metrics().await?;
    let value = |start: &str| {
        let line =
            metrics.lines().find_map(|line| line.strip_prefix("greenroom_first_answer_seconds")?.strip_prefix(start));
        line.and_then(|value| value.trim().parse::<f64>().ok()).unwrap_or_default()
    };
    let all = value("_count{command=\"video\"}");
    let share = 100.0 * value(&format!("_bucket{{command=\"video\",le=\"{ANSWER}\"}}")) / all.max(1.0);
    let what = format!("{way}, {rate:.0} commands/s, SignalWire hanging");
    figures.must(Of::Speed, answered == asked, format!("{what}: {answered} of {asked} answered in time"));
    figures.at_least(Of::Speed, &format!("{what}: first answers within 10 ms of our own, %"), share, 99.0);
    Ok(())
}
