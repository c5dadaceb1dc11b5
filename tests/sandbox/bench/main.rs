//! `make bench`: how fast the executable is, as it ships, beside what it cannot be faster than.
//!
//! In: the executable. Out: tables and limits, `artifacts/bench.json`, and from that the figures and the chart of
//! `docs/performance.md`. Who asks and what stands in for SignalWire share the machine with what is measured: what they
//! took is told too.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use sandbox::{
    Options, Sandbox,
    proof::{Failed, Result, Subject, delay, live},
    signalwire,
};
use tokio::runtime::{Builder, Runtime};

mod cell;
mod chart;
mod crowd;
mod known;
mod limit;
mod load;
mod relay;
mod report;
mod starts;
mod steady;
mod tokens;
mod usage;
mod wire;

use report::Report;

/// How fast a greenroom executable is.
#[derive(Parser)]
#[command(name = "bench")]
struct Flags {
    #[arg(long, default_value = "target/release/greenroom")]
    greenroom: PathBuf,
    /// Four minutes instead of a quarter of an hour
    #[arg(long)]
    quick: bool,
    /// End badly when a limit was not kept
    #[arg(long)]
    strict: bool,
    /// These alone
    #[arg(long, value_delimiter = ',', default_value = "starts,tokens,known,steady,live,delay")]
    only: Vec<String>,
    #[arg(long, default_value = "artifacts/bench.json")]
    json: PathBuf,
    #[command(subcommand)]
    other: Option<Other>,
}

#[derive(Subcommand)]
enum Other {
    /// Serves room tokens as barely as can be
    Relay(relay::Upstream),
    /// Puts what was found last into the document, with its chart
    Document {
        #[arg(default_value = "docs/performance.md")]
        document: PathBuf,
    },
}

/// How much of everything.
struct Plan {
    starts: starts::Plan,
    tokens: tokens::Plan,
    known: known::Plan,
    steady: steady::Plan,
    live: live::Plan,
    delay: delay::Plan,
}

impl Plan {
    fn full() -> Self {
        Self {
            starts: starts::Plan { idle: Duration::from_secs(5), seconds: 5 },
            tokens: tokens::Plan { people: 2_000, rounds: 7, requests: 2_500, lasts: Duration::from_secs(2) },
            // Who presses Join in one server may do so 600 times at once.
            known: known::Plan { people: 500, rounds: 5, requests: 2_000 },
            // For 82,800 tokens in a minute.
            steady: steady::Plan { people: 2_400, seconds: 60 },
            live: live::Plan { rooms: 500 },
            delay: delay::Plan { rooms: 200, per_second: 10 },
        }
    }

    fn quick() -> Self {
        Self {
            starts: starts::Plan { idle: Duration::from_secs(2), seconds: 2 },
            tokens: tokens::Plan { people: 480, rounds: 3, requests: 500, lasts: Duration::from_secs(1) },
            known: known::Plan { people: 240, rounds: 3, requests: 750 },
            steady: steady::Plan { people: 1_200, seconds: 10 },
            live: live::Plan { rooms: 50 },
            delay: delay::Plan { rooms: 20, per_second: 10 },
        }
    }
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    let done = match &flags.other {
        Some(Other::Relay(upstream)) => {
            threads("relay", 2).and_then(|relay| relay.block_on(relay::serve(upstream.clone())).map(|()| true))
        }
        Some(Other::Document { document }) => report::into_document(&flags.json, document).map(|()| true),
        None => measure(&flags),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failed) => {
            eprintln!("it can't be measured: {failed}");
            ExitCode::FAILURE
        }
    }
}

/// Threads of a name, so that what they took can be told from what others took.
fn threads(name: &str, count: usize) -> Result<Runtime> {
    Ok(Builder::new_multi_thread().thread_name(name).worker_threads(count).enable_all().build()?)
}

/// Whether it is good.
fn measure(flags: &Flags) -> Result<bool> {
    let (asking, answering) = (threads(tokens::ASKING, 1)?, threads(tokens::ANSWERING, 2)?);
    let plan = if flags.quick { Plan::quick() } else { Plan::full() };
    let home = tempfile::tempdir()?;
    let mut report = Report::new(flags.quick);
    let sandbox = answering.block_on(answering.spawn(Sandbox::start(Options {
        // What SignalWire allows is asked for by one part of this alone.
        signalwire: signalwire::Options { writes_per_window: u32::MAX, ..signalwire::Options::default() },
        ..Options::default()
    })));
    let sandbox = sandbox.map_err(|error| Failed::new(error.to_string()))??;
    asking.block_on(async {
        for part in &flags.only {
            one(part, &flags.greenroom, home.path(), &sandbox, &plan, &mut report).await?;
        }
        Result::Ok(())
    })?;
    report.write(&flags.json)?;
    println!("{} limits not kept; {} has all of it", report.broken(), flags.json.display());
    Ok(report.broken() == 0 || !flags.strict)
}

async fn one(
    part: &str,
    greenroom: &Path,
    home: &Path,
    sandbox: &Sandbox,
    plan: &Plan,
    report: &mut Report,
) -> Result<()> {
    match part {
        "starts" => starts::run(greenroom, home, plan.starts, report).await,
        "tokens" => tokens::run(greenroom, sandbox, home, plan.tokens, report).await,
        "known" => known::run(greenroom, sandbox, home, plan.known, report).await,
        "steady" => steady::run(greenroom, sandbox, home, plan.steady, report).await,
        "live" => {
            let subject = Subject { greenroom: greenroom.to_owned() };
            report.add(&live::run(&subject, home, plan.live).await?);
            Ok(())
        }
        "delay" => {
            let subject = Subject { greenroom: greenroom.to_owned() };
            report.add(&delay::run(&subject, home, plan.delay).await?);
            Ok(())
        }
        other => Err(Failed::new(format!("nothing is called {other}"))),
    }
}
