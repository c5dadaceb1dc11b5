//! `greenroom`: serves until told to stop.

use std::process::ExitCode;

use anyhow::Context;

use crate::{
    app::{App, Environment},
    config::Config,
};

/// Exits with 0 after a signal, with 1 when only the operator can help.
pub(super) async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let mut told = Told::listen()?;
    let mut app = App::start(config, Environment::system(), None).await?;
    let failed = tokio::select! {
        () = told.once() => None,
        error = app.failed() => Some(error),
    };
    tokio::select! {
        () = app.stop() => {}
        // Who asks twice does not want to wait.
        () = told.once() => {}
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Ctrl-C, and what service managers send.
struct Told {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Told {
    fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("signals can't be listened for");
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn once(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Told {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {})
    }

    async fn once(&mut self) {
        if tokio::signal::ctrl_c().await.context("signals can't be listened for").is_err() {
            std::future::pending::<()>().await;
        }
    }
}
