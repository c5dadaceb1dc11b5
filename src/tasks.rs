//! What runs beside the requests. In: work. Out: tasks, waited for after the stop.
//!
//! Much of it goes on as long as the process: whatever of that dies takes the process with it, in good order and with a
//! line that names it. Who started the process starts it again, whole; one that is ready and does half of its work
//! helps nobody.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use tokio::{sync::mpsc, task::AbortHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    failed: mpsc::Sender<anyhow::Error>,
}

/// Why the process can't go on.
pub type Failures = mpsc::Receiver<anyhow::Error>;

/// It panicked, or ended without being told to.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("The task for {0} died, so this process ends; start it again.")]
struct Died(&'static str);

impl Tasks {
    pub fn new() -> (Self, Failures) {
        // One reason is enough.
        let (failed, failures) = mpsc::channel(1);
        (Self { tracker: TaskTracker::new(), stop: CancellationToken::new(), failed }, failures)
    }

    /// Cancelled when it is time to end.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Under the same stop, and waited for apart.
    pub fn apart(&self) -> Self {
        Self { tracker: TaskTracker::new(), ..self.clone() }
    }

    /// For work that ends whenever it is done. Should it panic, nothing but itself is lost.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(work);
    }

    /// `work` goes on until the stop; should it end before, the process does too, with `what` as the reason.
    pub fn lasting(&self, what: &'static str, work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let stop = self.stop.clone();
        self.needed(what, async move {
            work.await;
            if stop.is_cancelled() { Ok(()) } else { Err(Died(what)) }
        })
    }

    /// `work` may end; should it fail or panic, the process ends.
    pub fn needed<E>(
        &self,
        what: &'static str,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> AbortHandle
    where
        E: Into<anyhow::Error> + Send,
    {
        let failed = self.failed.clone();
        let task = self.tracker.spawn(async move {
            // What it panicked amid is not looked at again.
            let error = match AssertUnwindSafe(work).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.into(),
                Err(_) => Died(what).into(),
            };
            tracing::error!("{error:#}");
            let _ = failed.try_send(error);
        });
        task.abort_handle()
    }

    /// After the stop: until all have ended.
    pub async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(failures: &mut Failures) -> String {
        failures.recv().await.unwrap().to_string()
    }

    #[tokio::test]
    async fn what_should_last_and_panics_or_ends_is_told_by_name() {
        let (tasks, mut failures) = Tasks::new();
        tasks.apart().lasting("tea", async { panic!("on purpose") });
        assert_eq!(told(&mut failures).await, "The task for tea died, so this process ends; start it again.");
        tasks.lasting("cake", async {});
        assert_eq!(told(&mut failures).await, "The task for cake died, so this process ends; start it again.");
        tasks.needed("milk", async { Err(anyhow::anyhow!("there is no milk")) });
        assert_eq!(told(&mut failures).await, "there is no milk");
        tasks.needed::<anyhow::Error>("sugar", async { panic!("on purpose") });
        assert_eq!(told(&mut failures).await, "The task for sugar died, so this process ends; start it again.");
    }

    #[tokio::test]
    async fn what_ends_with_the_stop_or_may_end_is_no_failure() {
        let (tasks, mut failures) = Tasks::new();
        let lasting = tasks.stop().clone().cancelled_owned();
        tasks.lasting("tea", lasting);
        tasks.needed("milk", async { anyhow::Ok(()) });
        tasks.spawn(async { panic!("on purpose") });
        let beats = tasks.apart().lasting("beats", std::future::pending());
        tasks.stop().cancel();
        tasks.ended().await;
        beats.abort();
        assert!(failures.try_recv().is_err());
    }
}
