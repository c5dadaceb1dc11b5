//! Of several processes on one database, one listens to the event socket and sweeps: the holder of a lease. The others
//! keep their connection for calls, answer wishes for looks, and take over when the lease runs out. Whoever hears
//! nothing leaves the lease to those who do, and sweeps only while nobody does.

use std::{sync::Arc, time::Duration};

use super::Shared;
use crate::{clock::millis, store::Engine};

/// Of whoever hears the socket.
const HEARS: &str = "relay subscription";
/// Of whoever sweeps while nobody hears it.
const SWEEPS: &str = "sweep without relay";
/// How long one is taken for, and how often it is renewed. A holder that died is replaced after the first.
const HELD: Duration = Duration::from_secs(10);
const RENEWED: Duration = Duration::from_secs(3);
/// The socket mostly comes back at once; whoever is without it for longer is deaf.
const DEAF_AFTER: Duration = Duration::from_secs(5);
const OWNER_BITS: usize = 128;

pub(super) async fn run(shared: Arc<Shared>) {
    let mut duty = Duty {
        owner: shared.random.id(OWNER_BITS),
        // A SQLite file has one process, so whoever held the lease is gone.
        takes_over: shared.store.engine() == Engine::Sqlite,
        heard_at: shared.clock.monotonic(),
        held: None,
        shared,
    };
    loop {
        if let Err(error) = duty.renew().await {
            tracing::warn!(%error, "the lease on SignalWire's events can't be renewed; trying again");
        }
        duty.tell();
        tokio::select! {
            biased;
            () = duty.shared.stop.cancelled() => break,
            () = duty.shared.clock.sleep(RENEWED) => {}
        }
    }
    if let Err(error) = duty.hold_nothing_but(None).await {
        tracing::debug!(%error, "the lease on SignalWire's events runs out by itself");
    }
}

struct Duty {
    shared: Arc<Shared>,
    owner: String,
    takes_over: bool,
    /// When the socket was last there, by the monotonic clock.
    heard_at: Duration,
    /// The lease that is ours, and until when, by the monotonic clock.
    held: Option<(&'static str, Duration)>,
}

impl Duty {
    async fn renew(&mut self) -> sqlx::Result<()> {
        let (now, asked_at) = (self.shared.clock.unix_ms(), self.shared.clock.monotonic());
        if self.shared.connection().is_some() {
            self.heard_at = asked_at;
        }
        let wanted = if asked_at < self.heard_at + DEAF_AFTER { HEARS } else { SWEEPS };
        self.hold_nothing_but(Some(wanted)).await?;
        let store = &self.shared.store;
        let now_or_never = if self.takes_over { i64::MAX } else { now };
        let is_ours = (wanted == HEARS || !store.is_leased(HEARS, now).await?)
            && store.take_lease(wanted, &self.owner, now_or_never, now + millis(HELD)).await?;
        self.takes_over &= !is_ours;
        self.held = is_ours.then_some((wanted, asked_at + HELD));
        Ok(())
    }

    /// Gives back what is held, unless it is this.
    async fn hold_nothing_but(&mut self, wanted: Option<&str>) -> sqlx::Result<()> {
        match self.held {
            Some((held, _)) if Some(held) != wanted => {
                self.shared.store.give_lease_back(held, &self.owner).await?;
                self.held = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn tell(&self) {
        let on = self.held.is_some_and(|(_, until)| self.shared.clock.monotonic() < until);
        let changed = self.shared.on_duty.send_if_modified(|now| std::mem::replace(now, on) != on);
        if changed && on {
            tracing::info!("this process listens to SignalWire's events");
            self.shared.gap.notify_one();
            self.shared.sweep.notify_one();
        } else if changed {
            tracing::info!("another process listens to SignalWire's events");
        }
    }
}
