//! Of several processes on one database, one listens to the event socket and sweeps: the holder of a lease. The others
//! keep their connection for calls, answer wishes for looks, and take over when it is free. Whoever hears nothing leaves
//! the lease to those who do, and sweeps only while nobody does.

use std::{sync::Arc, time::Duration};

use super::Shared;
use crate::lease::Lease;

/// Of whoever hears the socket.
const HEARS: &str = "relay subscription";
/// Of whoever sweeps while nobody hears it.
const SWEEPS: &str = "sweep without relay";
/// Of the processes that share a database, one has one of these.
pub const DUTIES: [&str; 2] = [HEARS, SWEEPS];
/// How often the socket is looked at, and whether one may take over from whoever is deaf.
const LOOKED: Duration = Duration::from_secs(3);
/// The socket mostly comes back at once; whoever is without it for longer is deaf.
const DEAF_AFTER: Duration = Duration::from_secs(5);

pub(super) async fn run(shared: Arc<Shared>) {
    let mut standing = shared.leases.standing();
    let mut duty = Duty { heard_at: shared.clock.monotonic(), held: None, shared };
    loop {
        if let Err(error) = duty.look().await {
            tracing::warn!(%error, "the lease on SignalWire's events can't be had; trying again");
        }
        duty.tell();
        tokio::select! {
            biased;
            () = duty.shared.stop.cancelled() => break,
            _ = standing.changed() => {}
            () = duty.lost() => {}
            () = duty.shared.clock.sleep(LOOKED) => {}
        }
    }
    duty.let_go().await;
}

struct Duty {
    shared: Arc<Shared>,
    /// When the socket was last there, by the monotonic clock.
    heard_at: Duration,
    held: Option<(&'static str, Lease)>,
}

impl Duty {
    async fn look(&mut self) -> sqlx::Result<()> {
        let (now, leases) = (self.shared.clock.monotonic(), self.shared.leases.clone());
        if self.shared.connection().is_some() {
            self.heard_at = now;
        }
        let wanted = if now < self.heard_at + DEAF_AFTER { HEARS } else { SWEEPS };
        let is_others = wanted == SWEEPS && !self.has(HEARS) && leases.is_held(HEARS).await?;
        if is_others || !self.has(wanted) {
            self.let_go().await;
        }
        if !is_others && self.held.is_none() {
            self.held = leases.take(wanted).await?.map(|lease| (wanted, lease));
        }
        Ok(())
    }

    fn has(&self, wanted: &str) -> bool {
        self.held.as_ref().is_some_and(|(held, lease)| *held == wanted && lease.is_ours())
    }

    async fn let_go(&mut self) {
        if let Some((_, lease)) = self.held.take() {
            lease.give_back().await;
        }
    }

    /// Until what is held is not ours any more.
    async fn lost(&self) {
        match &self.held {
            Some((_, lease)) => lease.lost().await,
            None => std::future::pending().await,
        }
    }

    fn tell(&self) {
        let on = self.has(HEARS) || self.has(SWEEPS);
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
