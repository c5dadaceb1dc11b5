//! `greenroom forget`: what is stored of a person goes, or loses its name.

use std::{fmt, process::ExitCode};

use anyhow::Context as _;
use clap::Args;

use crate::{
    config::Config,
    store::{Forgotten, Store},
};

#[derive(Debug, Clone, Args)]
pub(super) struct Asked {
    /// Whom to forget: a Discord user's id (right-click the person > Copy User ID), or a guest's, from the log
    #[arg(long, value_parser = super::id)]
    user: u64,
}

/// Works while Greenroom serves, and says what it did.
pub(super) async fn forget(config: Config, asked: Asked) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store).await?;
    let done =
        store.forget_person(asked.user).await.context("the database does not do its part; nothing is forgotten")?;
    store.close().await;
    super::say(Told { user: asked.user, done })?;
    Ok(ExitCode::SUCCESS)
}

/// What was done.
struct Told {
    user: u64,
    done: Forgotten,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = &self.done;
        writeln!(f, "Forgotten of {}:", self.user)?;
        for (rows, what) in [
            (done.tickets, "personal links, deleted"),
            (done.stays, "stays in calls, now without name and id"),
            (done.events, "events of calls, now without name and id"),
            (done.sessions, "calls they opened, now nobody\'s"),
            (done.refusals, "removals from calls, of them deleted, by them now nobody\'s"),
            (done.guests, "invitations of guests, theirs deleted, by them now nobody\'s"),
            (done.knocks, "knocks, theirs deleted, decided by them now nobody\'s"),
        ] {
            writeln!(f, "  {rows:>6} {what}")?;
        }
        match done.running {
            0 => {}
            1 => writeln!(f, "One call is running that knows them; run this again when it has ended.")?,
            calls => writeln!(f, "{calls} calls are running that know them; run this again when those have ended.")?,
        }
        writeln!(
            f,
            "What was posted in Discord stands there until it is deleted there; their browser\'s cookies last 12 hours."
        )
    }
}
