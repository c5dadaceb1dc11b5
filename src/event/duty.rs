//! Of several processes on one database, one listens to the event socket and sweeps: the holder of a lease. The others
//! keep their connection for calls, answer wishes for looks, and take over when the lease runs out.

use std::{sync::Arc, time::Duration};

use super::Shared;
use crate::{clock::millis, store::Engine};

const LEASE: &str = "relay subscription";
/// How long it is taken for, and how often it is renewed. A holder that died is replaced after the first.
const HELD: Duration = Duration::from_secs(10);
const RENEWED: Duration = Duration::from_secs(3);
const OWNER_BITS: usize = 128;

pub(super) async fn run(shared: Arc<Shared>) {
    let owner = shared.random.id(OWNER_BITS);
    // A SQLite file has one process, so whoever held the lease is gone.
    let mut takes_over = shared.store.engine() == Engine::Sqlite;
    let mut held_until = Duration::ZERO;
    loop {
        let (now, asked_at) = (shared.clock.unix_ms(), shared.clock.monotonic());
        let now_or_never = if takes_over { i64::MAX } else { now };
        match shared.store.take_lease(LEASE, &owner, now_or_never, now + millis(HELD)).await {
            Ok(true) => {
                takes_over = false;
                held_until = asked_at + HELD;
            }
            Ok(false) => held_until = Duration::ZERO,
            Err(error) => tracing::warn!(%error, "the lease on SignalWire's events can't be renewed; trying again"),
        }
        set(&shared, shared.clock.monotonic() < held_until);
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => break,
            () = shared.clock.sleep(RENEWED) => {}
        }
    }
    if let Err(error) = shared.store.give_lease_back(LEASE, &owner).await {
        tracing::debug!(%error, "the lease on SignalWire's events runs out by itself");
    }
}

fn set(shared: &Shared, on: bool) {
    let changed = shared.on_duty.send_if_modified(|now| std::mem::replace(now, on) != on);
    if changed && on {
        tracing::info!("this process listens to SignalWire's events");
        shared.gap.notify_one();
        shared.sweep.notify_one();
    } else if changed {
        tracing::info!("another process listens to SignalWire's events");
    }
}
