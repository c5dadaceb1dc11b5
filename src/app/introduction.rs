//! Being introduced to Discord: the application compared with the configuration, the commands registered. In the
//! background, because people can join what is open while Discord is away.

use std::time::Duration;

use crate::{
    clock::Clock,
    command::{self, VideoCommand},
    config::{Config, Interactions},
    discord::{self, Scope, Stopped},
    secret::Random,
    words::Words,
};

/// Between tries, the longest; each wait is jittered.
const RETRY_MAX: Duration = Duration::from_secs(30);

pub(super) struct Introduction {
    pub config: Config,
    pub discord: discord::Client,
    pub words: Words,
    pub clock: Clock,
    pub random: Random,
    pub video: VideoCommand,
}

/// Why it did not work.
enum Trouble {
    /// Only the operator can mend it.
    Lasting(anyhow::Error),
    /// Perhaps it works the next time.
    Passing(discord::Error),
}

impl From<discord::Error> for Trouble {
    fn from(error: discord::Error) -> Self {
        match error.status() {
            Some(http::StatusCode::UNAUTHORIZED) => Self::Lasting(Stopped::BadToken.into()),
            _ => Self::Passing(error),
        }
    }
}

impl Introduction {
    /// Tries until Discord has answered.
    ///
    /// # Errors
    /// What only the operator can mend.
    pub async fn make(self) -> anyhow::Result<()> {
        let mut wait = Duration::from_secs(1);
        loop {
            match self.once().await {
                Ok(()) => return Ok(()),
                Err(Trouble::Lasting(error)) => return Err(error),
                Err(Trouble::Passing(error)) => {
                    tracing::warn!(%error, "Discord does not know our commands yet; trying again");
                    self.clock.sleep(wait.mul_f64(self.random.jitter())).await;
                    wait = (wait * 2).min(RETRY_MAX);
                }
            }
        }
    }

    async fn once(&self) -> Result<(), Trouble> {
        let (config, public_url) = (&self.config.discord, &self.config.web.public_url);
        let application = self.discord.application().await?;
        if let Some(mismatch) = application.mismatch(&config.interactions, public_url) {
            return Err(Trouble::Lasting(mismatch.into()));
        }
        let is_unset = application.interactions_endpoint_url.as_deref().unwrap_or_default().is_empty();
        if matches!(config.interactions, Interactions::Http { .. }) && is_unset {
            tracing::warn!(
                endpoint = discord::endpoint(public_url),
                "Discord sends no interactions yet: set the Interactions Endpoint URL in the Developer Portal (your \
                 application > General Information) to this endpoint"
            );
        }
        let scope = Scope::of(config);
        match command::register(&self.discord, &self.words, scope).await {
            Ok(registered) => {
                self.video.is(registered.video);
                tracing::info!(changed = registered.changed, "Discord knows our commands");
                Ok(())
            }
            Err(error) if error.is_temporary() || error.status() == Some(http::StatusCode::UNAUTHORIZED) => {
                Err(error.into())
            }
            // Asking again would be refused again; commands of an earlier start may still be there.
            Err(error) => {
                tracing::error!(%error, "Discord refuses our commands: run `greenroom check`");
                Ok(())
            }
        }
    }
}
