//! Notices a shard that says nothing: Discord's gateway accepts its sockets and never speaks, whatever is tried.

use std::time::Duration;

use super::{client::Client, health::Health};

const POLL: Duration = Duration::from_secs(1);

/// Ends when a shard has been silent for too long although Discord is up, and says for how long.
pub(super) async fn watch(health: &Health, client: &Client) -> Duration {
    loop {
        client.real.sleep(POLL).await;
        let Some(quiet) = health.too_quiet() else { continue };
        match client.gateway_bot().await {
            // All of Discord is down: a restart helps nobody, and the shards go on trying.
            Err(error) if error.is_temporary() => {
                tracing::warn!(%error, "Discord's gateway is silent, and so is its API");
                health.starts_anew();
            }
            _ => return quiet,
        }
    }
}
