//! `greenroom check`: asks the live services whether the configuration is right, and says how to mend it.

use std::{process::ExitCode, time::Duration};

use clap::Args;

use super::report::{Finding, Report, Section};
use crate::{access::Policy, clock::Clock, config::Config, store::Store};

/// What is assumed of SignalWire, tried.
mod deep;

/// Token, interactions, commands, and each channel's permissions.
mod discord;

/// Credentials and sockets.
mod signalwire;

/// Whether people reach us.
mod web;

#[derive(Debug, Clone, Args)]
pub(super) struct Asked {
    /// Also try, with throw-away rooms, what is assumed of SignalWire without proof; part of it in your browser
    #[arg(long)]
    deep: bool,
    /// Leave out what shows only with people inside
    #[arg(long, requires = "deep")]
    without_browser: bool,
    /// Seconds of quiet to listen to the event socket for
    #[arg(long, requires = "deep", value_name = "SECONDS", default_value = "60", value_parser = listen)]
    listen: Duration,
}

fn listen(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err("a number of seconds from 1 to 3600".to_owned()),
    }
}

/// Exits with 0 when nothing has to be mended, and with `--deep` nothing is other than assumed.
pub(super) async fn check(config: Config, asked: Asked) -> anyhow::Result<ExitCode> {
    let clock = Clock::system();
    let (database, store) = database(&config).await;
    let (discord, signalwire, web) = tokio::join!(
        discord::check(&config, &clock, store.as_ref()),
        signalwire::check(&config, &clock),
        web::check(&config)
    );
    let mut sections = vec![discord, signalwire, web, database];
    sections.extend(policy(&config));
    if asked.deep {
        sections.extend(deep::check(&config, &clock, &asked).await);
    }
    let report = Report { sections };
    super::say(&report)?;
    Ok(if report.is_fine() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn policy(config: &Config) -> Option<Section> {
    let path = config.policy_file.as_deref()?;
    let finding = match Policy::read(Some(path)) {
        Ok(policy) => Finding::ok(format!("POLICY_FILE: {} rules", policy.len())),
        Err(error) => Finding::problem(format!("{error:#}"), "Mend these lines; .env.example shows a rule."),
    };
    Some(Section { title: "Policy", findings: vec![finding] })
}

async fn database(config: &Config) -> (Section, Option<Store>) {
    let (finding, store) = match Store::open(&config.store).await {
        Ok(store) => (Finding::ok("DATABASE_URL: the database answers and its tables are up to date"), Some(store)),
        Err(error) => {
            let mend = "Check the address, that the database runs, and that this user may write there.";
            (Finding::problem(format!("{error:#}"), mend), None)
        }
    };
    (Section { title: "Database", findings: vec![finding] }, store)
}
