//! Notices a gateway socket that says nothing. serenity does not when the opening handshake is never
//! answered, and its stage events do not tell; what tells is a shard's latency, which takes a new value
//! with every heartbeat that Discord acknowledges.

use std::{collections::HashMap, ops::RangeInclusive, time::Duration};

use serenity::{all::ShardId, gateway::ShardManager};

use super::{client::Client, health::Health};

const POLL: Duration = Duration::from_secs(5);

/// Three of Discord's heartbeat intervals of about 41 s, and a little. Reconnecting takes seconds.
const SILENCE: Duration = Duration::from_secs(130);

/// Ends when a shard has been silent for too long although Discord is up, and says for how long.
pub(super) async fn watch(
    manager: &ShardManager,
    shards: RangeInclusive<u32>,
    health: &Health,
    client: &Client,
) -> Duration {
    let real = &client.real;
    let mut pulses = Pulses::new(shards.clone(), real.monotonic());
    loop {
        real.sleep(POLL).await;
        let now = real.monotonic();
        for (shard, info) in &*manager.runners.lock().await {
            pulses.note(shard.0, info.latency, now);
        }
        let quiet = pulses.longest_silence(now);
        if pulses.all_beat() {
            health.beat(quiet);
        }
        if quiet > SILENCE {
            match client.gateway_bot().await {
                // All of Discord is down: a restart helps nobody, and serenity goes on trying.
                Err(error) if error.is_temporary() => {
                    tracing::warn!(%error, "Discord's gateway is silent, and so is its API");
                    pulses = Pulses::new(shards.clone(), now);
                }
                _ => return quiet,
            }
        }
    }
}

/// Each shard's last latency and since when it has been that.
struct Pulses(HashMap<ShardId, (Option<Duration>, Duration)>);

impl Pulses {
    fn new(shards: RangeInclusive<u32>, now: Duration) -> Self {
        Self(shards.map(|shard| (ShardId(shard), (None, now))).collect())
    }

    /// A shard that restarts has no latency for a while, which is no sign of life.
    fn note(&mut self, shard: u32, latency: Option<Duration>, now: Duration) {
        if let Some(pulse) = self.0.get_mut(&ShardId(shard))
            && latency.is_some()
            && latency != pulse.0
        {
            *pulse = (latency, now);
        }
    }

    fn longest_silence(&self, now: Duration) -> Duration {
        self.0.values().map(|(_, since)| now.saturating_sub(*since)).max().unwrap_or_default()
    }

    fn all_beat(&self) -> bool {
        self.0.values().all(|(latency, _)| latency.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_new_latency_is_a_sign_of_life_and_the_same_one_is_not() {
        let mut pulses = Pulses::new(0..=1, s(0));
        pulses.note(0, Some(s(1)), s(41));
        pulses.note(1, Some(s(2)), s(42));
        assert!(pulses.all_beat());
        pulses.note(0, Some(s(3)), s(82));
        pulses.note(1, Some(s(2)), s(83));
        assert_eq!(pulses.longest_silence(s(100)), s(58));
    }

    #[test]
    fn a_shard_that_never_connects_is_silent_from_the_start() {
        let mut pulses = Pulses::new(0..=0, s(10));
        pulses.note(0, None, s(60));
        assert!(!pulses.all_beat());
        assert_eq!(pulses.longest_silence(s(150)), s(140));
    }
}
