//! Keeps the event socket connected: connect, wait with growing random pauses, connect again.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    Shared,
    connection::{Connection, End, Resume},
    intake::Intake,
};
use crate::secret::Random;

/// A connection that lived this long was a good one: the next pause is the shortest again.
const GOOD: Duration = Duration::from_secs(5);

pub(super) async fn run(shared: Arc<Shared>, mut intake: Intake, stop: CancellationToken) {
    let mut resume = Resume::default();
    let mut pause = Pause::lost();
    let mut refused = Pause::refused();
    loop {
        let began = shared.clock.monotonic();
        let end = tokio::select! {
            () = stop.cancelled() => return,
            end = Connection::run(&shared, &mut resume, &mut intake) => end,
        };
        let lasted = shared.clock.monotonic().saturating_sub(began);
        if shared.state.borrow().is_connected() && lasted >= GOOD {
            pause = Pause::lost();
        }
        let refusal = if let End::Refused(why) = end { Some(why) } else { None };
        shared.close(refusal);
        let wait = match end {
            End::Lost(why) => {
                tracing::warn!(why, "no connection to SignalWire's events");
                pause.next(&shared.random)
            }
            End::Asked { clean } => {
                tracing::info!("SignalWire asks us to connect to its events again");
                if clean {
                    resume = Resume::default();
                }
                pause.next(&shared.random)
            }
            End::Stale => {
                resume = Resume::default();
                pause.next(&shared.random)
            }
            End::Refused(why) => {
                tracing::error!(%why, "no events from SignalWire; rooms are looked at over REST instead");
                resume = Resume::default();
                refused.next(&shared.random)
            }
        };
        if refusal.is_none() {
            refused = Pause::refused();
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = shared.clock.sleep(wait) => {}
        }
    }
}

/// Pauses that double, each random between half and whole.
struct Pause {
    next: Duration,
    most: Duration,
}

impl Pause {
    /// As SignalWire's own server SDK for Python paces itself.
    fn lost() -> Self {
        Self { next: Duration::from_secs(1), most: Duration::from_secs(30) }
    }

    /// Credentials mend rarely, but transient trouble has been reported as a refusal
    /// (<https://github.com/signalwire/signalwire-legacy-js/issues/1189>).
    fn refused() -> Self {
        Self { next: Duration::from_secs(30), most: Duration::from_secs(300) }
    }

    fn next(&mut self, random: &Random) -> Duration {
        let wait = self.next.mul_f64(random.jitter());
        self.next = (self.next * 2).min(self.most);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_half_a_minute_and_stay_random() {
        let random = Random::seeded(1);
        let mut pause = Pause::lost();
        for whole in [1, 2, 4, 8, 16, 30, 30] {
            let wait = pause.next(&random).as_secs_f64();
            let whole = f64::from(whole);
            assert!((whole / 2.0..=whole).contains(&wait), "{wait} of {whole}");
        }
    }
}
