//! `greenroom check`: asks the live services whether the configuration is right, and says how to mend it.

use std::process::ExitCode;

use crate::{access::Policy, clock::Clock, config::Config, store::Store};

/// Token, interactions, commands, and each channel's permissions.
mod discord;

/// What was found, line by line.
mod report;

/// Credentials and sockets.
mod signalwire;

/// Whether people reach us.
mod web;

use self::report::{Finding, Report, Section};

/// Exits with 0 when nothing has to be mended.
pub(super) async fn check(config: Config) -> anyhow::Result<ExitCode> {
    let clock = Clock::system();
    let (database, store) = database(&config).await;
    let (discord, signalwire, web) = tokio::join!(
        discord::check(&config, &clock, store.as_ref()),
        signalwire::check(&config, &clock),
        web::check(&config, &clock)
    );
    let mut sections = vec![discord, signalwire, web, database];
    sections.extend(policy(&config));
    let report = Report { sections };
    print!("{report}");
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
