//! `make soak`: proofs of what must hold under load and through failures, of the executable between the stand-ins.
//!
//! In: the executable, and which proof. Out: figures; it ends badly when a limit was not kept. A proof that spans hours
//! runs in a process of its own, in which time runs faster.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use sandbox::proof::{self, Figures, Subject, delay, fleet, hours, kill, live, many, outage, relay, storm, wear};

/// Proofs about a greenroom executable.
#[derive(Parser)]
#[command(name = "soak")]
struct Flags {
    #[arg(long, default_value = "target/release/greenroom", global = true)]
    greenroom: PathBuf,
    #[command(subcommand)]
    proof: Proof,
}

#[derive(Subcommand)]
enum Proof {
    /// Every proof, one after the other, in full
    All,
    /// Thousands come and go in one room within seconds
    Storm {
        #[arg(long, default_value_t = 10_000)]
        events: u32,
        /// Seconds a storm lasts
        #[arg(long, default_value_t = 10)]
        lasts: u64,
        #[arg(long, default_value_t = 2)]
        storms: usize,
    },
    /// Very many rooms at once under Discord's global limit
    Many {
        #[arg(long, default_value_t = 1000)]
        rooms: usize,
        #[arg(long, default_value_t = 2)]
        bursts: usize,
    },
    /// Discord is gone for a while
    Outage {
        #[arg(long, default_value_t = 20)]
        rooms: usize,
        #[arg(long, default_value_t = 2000)]
        events: u32,
        /// Seconds
        #[arg(long, default_value_t = 600)]
        down: u64,
    },
    /// `kill -9` at random moments under load
    Kill {
        #[arg(long, default_value_t = 200)]
        times: usize,
        /// Gives the same moments again
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Three instances on one PostgreSQL, and `kill -9` for one of them again and again
    Fleet {
        #[arg(long, default_value_t = 30)]
        times: usize,
        /// Seconds between two
        #[arg(long, default_value_t = 10)]
        every: u64,
        #[arg(long)]
        seed: Option<u64>,
        /// Interactions come over three shards of the gateway, not over HTTP
        #[arg(long)]
        gateway: bool,
    },
    /// The event socket is cut while people come and go
    Relay {
        /// Seconds of each cut
        #[arg(long, value_delimiter = ',', default_value = "1,60,600")]
        cuts: Vec<u64>,
    },
    /// A call of hours, with time that runs thirty times as fast (Debian's package faketime)
    Hours {
        #[arg(long, default_value_t = 3)]
        hours: u32,
        /// Seconds between two events
        #[arg(long, default_value_t = 60)]
        every: u64,
    },
    /// Ordinary use for long: memory stays level, nothing is left behind
    Wear {
        #[arg(long, default_value_t = 60)]
        minutes: u64,
    },
    /// What rooms take in memory while somebody is in each
    Live {
        #[arg(long, default_value_t = 500)]
        rooms: usize,
    },
    /// From a join, a leave or an end to the first request at Discord
    Delay {
        #[arg(long, default_value_t = 200)]
        rooms: usize,
        #[arg(long, default_value_t = 10)]
        per_second: u32,
    },
}

/// As they would be asked for one by one.
const ALL: [&str; 11] = [
    "soak delay",
    "soak live",
    "soak storm",
    "soak many",
    "soak kill",
    "soak fleet",
    "soak fleet --gateway",
    "soak relay",
    "soak outage",
    "soak hours",
    "soak wear",
];
/// From now on, so many seconds for one.
const FASTER: &str = "+0 x30";

#[tokio::main]
async fn main() -> ExitCode {
    let Flags { greenroom, proof } = Flags::parse();
    let subject = Subject { greenroom };
    let proofs = match proof {
        Proof::All => ALL.map(|words| Flags::parse_from(words.split(' ')).proof).into(),
        proof => vec![proof],
    };
    let mut all_hold = true;
    for proof in proofs {
        if let (Proof::Hours { hours, every }, None) = (&proof, std::env::var_os("FAKETIME")) {
            all_hold &= faster(&subject, *hours, *every).await;
            continue;
        }
        match run(&subject, proof).await {
            Ok(figures) => {
                println!("{figures}\n");
                all_hold &= figures.hold();
            }
            Err(failed) => {
                eprintln!("the proof can't be made: {failed}\n");
                all_hold = false;
            }
        }
    }
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Makes the proof in a process whose time runs faster. Whether it holds.
async fn faster(subject: &Subject, hours: u32, every: u64) -> bool {
    let Ok(this) = std::env::current_exe() else { return false };
    let (hours, every) = (hours.to_string(), every.to_string());
    let mut command = tokio::process::Command::new("faketime");
    command.args(["-f", FASTER]).arg(this).arg("--greenroom").arg(&subject.greenroom);
    command.args(["hours", "--hours", &hours, "--every", &every]);
    match command.status().await {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("hours: {error}; faketime is needed: apt-get install faketime\n");
            false
        }
    }
}

async fn run(subject: &Subject, proof: Proof) -> proof::Result<Figures> {
    let folder = tempfile::tempdir()?;
    let (home, seconds) = (folder.path(), Duration::from_secs);
    match proof {
        Proof::All => unreachable!("it is taken apart above"),
        Proof::Storm { events, lasts, storms } => {
            storm::run(subject, home, storm::Plan { events, lasts: seconds(lasts), storms }).await
        }
        Proof::Many { rooms, bursts } => many::run(subject, home, many::Plan { rooms, bursts }).await,
        Proof::Outage { rooms, events, down } => {
            outage::run(subject, home, outage::Plan { rooms, events, down: seconds(down) }).await
        }
        Proof::Kill { times, seed } => {
            let seed = seed.unwrap_or_else(rand::random);
            kill::run(subject, home, kill::Plan { kills: times, seed }).await
        }
        Proof::Fleet { times, every, seed, gateway } => {
            let seed = seed.unwrap_or_else(rand::random);
            let over = if gateway { fleet::Over::Gateway } else { fleet::Over::Http };
            fleet::run(subject, home, fleet::Plan { kills: times, every: seconds(every), seed, over }).await
        }
        Proof::Relay { cuts } => {
            relay::run(subject, home, relay::Plan { cuts: cuts.into_iter().map(seconds).collect() }).await
        }
        Proof::Hours { hours, every } => hours::run(subject, home, hours::Plan { hours, every: seconds(every) }).await,
        Proof::Wear { minutes } => {
            let plan = wear::Plan { lasts: seconds(minutes * 60), calm: seconds(90), quiet: seconds(12 * 60) };
            wear::run(subject, home, plan).await
        }
        Proof::Live { rooms } => live::run(subject, home, live::Plan { rooms }).await,
        Proof::Delay { rooms, per_second } => delay::run(subject, home, delay::Plan { rooms, per_second }).await,
    }
}
