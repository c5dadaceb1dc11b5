//! What nobody needs any more goes, a few times a day, by whoever is on duty.

use std::{sync::Arc, time::Duration};

use super::Shared;

/// After the start, when everything else has been seen to.
const FIRST: Duration = Duration::from_secs(10 * 60);
const EVERY: Duration = Duration::from_secs(6 * 3600);

pub(super) async fn run(shared: Arc<Shared>) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.clock.sleep(wait.mul_f64(0.9 + shared.random.fraction() / 10.0)) => {}
        }
        wait = EVERY;
        if !*shared.on_duty.borrow() {
            continue;
        }
        let forgetting = shared.store.forget_old(shared.clock.unix_ms());
        let Some(done) = shared.stop.run_until_cancelled(forgetting).await else { return };
        match done {
            Ok(rows) => tracing::info!(rows, "old rows are gone"),
            Err(error) => {
                tracing::warn!(%error, "old rows could not be removed; trying again later");
            }
        }
    }
}
