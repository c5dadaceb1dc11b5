//! `greenroom status`: how the running Greenroom is, by its own word and by what its database tells. Nothing is changed,
//! no outside party is asked.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::report::{Finding, Report, Section};
use crate::{clock::Clock, config::Config};

/// What the database tells.
mod database;

/// What the running process says.
mod process;

#[derive(Debug, Clone, Args)]
pub(super) struct Asked {
    /// For machines: one JSON object
    #[arg(long)]
    json: bool,
}

/// The whole answer. Times are unix milliseconds.
#[derive(Serialize)]
struct Status {
    well: bool,
    /// What is not, in sentences, each with what mends it.
    problems: Vec<[String; 2]>,
    process: process::Told,
    database: database::Told,
}

/// Exits with 0 when all is well, and with 1 when a part is not or nothing answers.
pub(super) async fn status(config: Config, asked: Asked) -> anyhow::Result<ExitCode> {
    let clock = Clock::system();
    let (process, database) = tokio::join!(process::ask(&config.web), database::look(&config.store, &clock));
    let now = clock.unix_ms();
    let sections = vec![process.section(&config.web, &database, now), database.section(&process, now)];
    let report = Report { sections };
    let well = report.is_fine();
    if asked.json {
        let status = Status { well, problems: report.problems(), process, database };
        super::say(format_args!("{}\n", serde_json::to_string_pretty(&status)?))?;
    } else {
        super::say(&report)?;
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// "40 s", "5 min", "3 h 5 min", "4 days": since then. Clocks may differ a little.
fn since(then: i64, now: i64) -> String {
    let seconds = (now - then).max(0) / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, ..) => format!("{hours} h {} min", minutes % 60),
        (1, ..) => "a day".to_owned(),
        _ => format!("{days} days"),
    }
}

/// `1 room`, `3 rooms`
fn count(number: u32, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Enough of a random id to tell processes apart.
fn short(process: &str) -> &str {
    process.get(..8).unwrap_or(process)
}
