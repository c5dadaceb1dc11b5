//! Processes wake each other, with PostgreSQL's NOTIFY. In: what is said here. Out: what the others said, to whoever
//! listens here.
//!
//! Never more than a wake-up: what others did stands in the database, and whoever listens here sweeps as well. What is
//! said within a tenth of a second goes out together, each once. A connection on which nothing is heard any more is
//! noticed, for a process that hears nothing speaks to itself; every five seconds while there is none, after each new one,
//! and after another process's death, everything is looked at, for what was said meanwhile went by unheard.

use std::{collections::HashSet, time::Duration};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Access, Notice, Outgoing, Wake};
use crate::{
    clock::Clock,
    lease::Leases,
    secret::Random,
    store::{NOTICE_MAX, Notices, Store},
    telemetry,
};

/// Between two rounds of notices.
const ROUND: Duration = Duration::from_millis(100);
/// After so long without a word the process speaks to itself ...
const QUIET: Duration = Duration::from_secs(1);
/// ... and after so long it takes the connection for dead.
const SILENT: Duration = Duration::from_secs(3);
/// While they are not heard, what they did is looked for so often.
const SWEEP: Duration = Duration::from_secs(5);
/// How long a new connection may take, and the pause before the next.
const CONNECTED: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_millis(500);
const SENDER_BITS: usize = 64;

/// What is needed, put together by `app`.
pub struct Parts {
    pub wake: Wake,
    pub store: Store,
    pub leases: Leases,
    pub random: Random,
    /// Connections live in real time, whatever the app's clock says.
    pub real: Clock,
    /// Forgets what is known of access, and tells who listens for that.
    pub access: Box<dyn Fn(Access) + Send + Sync>,
    pub stop: CancellationToken,
}

/// Until `stop`. Where there is one process, there is nothing to do.
pub async fn run(parts: Parts) {
    let Some(outgoing) = parts.wake.others.clone() else { return parts.stop.cancelled().await };
    let us = parts.random.id(SENDER_BITS);
    let heard = watch::Sender::new(true);
    let work = async {
        tokio::join!(
            tell(&parts, &outgoing, &us),
            listen(&parts, &us, &heard),
            look(&parts, heard.subscribe()),
            watch_processes(&parts)
        );
    };
    if parts.stop.run_until_cancelled(work).await.is_none() {
        // What is not told now the others find when they see that we have gone.
        let _ = parts.real.timeout(CONNECTED, send(&parts.store, &us, &outgoing.take())).await;
    }
}

async fn tell(parts: &Parts, outgoing: &Outgoing, us: &str) {
    let mut failures = 0u32;
    loop {
        outgoing.rung.notified().await;
        let notices = outgoing.take();
        let sent = send(&parts.store, us, &notices).await;
        if let Err(error) = sent {
            if failures == 0 {
                tracing::warn!(%error, "other processes can't be woken; trying again");
            }
            failures += 1;
            notices.into_iter().for_each(|notice| outgoing.add(notice));
            parts.real.sleep(AGAIN.mul_f64(parts.random.jitter())).await;
        } else {
            failures = 0;
        }
        parts.real.sleep(ROUND).await;
    }
}

async fn send(store: &Store, us: &str, notices: &HashSet<Notice>) -> sqlx::Result<()> {
    for notice in pack(us, notices) {
        store.notify(&notice).await?;
    }
    Ok(())
}

/// By the line: who speaks, then what there is.
fn pack(us: &str, notices: &HashSet<Notice>) -> Vec<String> {
    let mut packed: Vec<String> = Vec::new();
    for line in notices.iter().filter_map(|notice| serde_json::to_string(notice).ok()) {
        if us.len() + line.len() >= NOTICE_MAX {
            continue;
        }
        match packed.last_mut().filter(|last| last.len() + line.len() < NOTICE_MAX) {
            Some(last) => last.extend(["\n", &line]),
            None => packed.push(format!("{us}\n{line}")),
        }
    }
    packed
}

async fn listen(parts: &Parts, us: &str, heard: &watch::Sender<bool>) {
    loop {
        let connected = parts.real.timeout(CONNECTED, parts.store.listen()).await;
        let problem = match connected {
            Some(Ok(notices)) => {
                tracing::debug!("other processes are heard");
                telemetry::others_are_heard(true);
                heard.send_replace(true);
                parts.wake.hand_on(None, true);
                hear(parts, us, notices).await
            }
            Some(Err(error)) => error.to_string(),
            None => "the database does not answer".to_owned(),
        };
        telemetry::others_are_heard(false);
        if heard.send_replace(false) {
            tracing::warn!(problem, "other processes are not heard; what they did is found by looking");
        }
        parts.real.sleep(AGAIN.mul_f64(parts.random.jitter())).await;
    }
}

/// What the others do while they are not heard is found by looking; not where the database is away altogether.
async fn look(parts: &Parts, mut heard: watch::Receiver<bool>) {
    while heard.wait_for(|heard| !heard).await.is_ok() {
        if parts.store.answers().await {
            parts.wake.hand_on(None, true);
        }
        parts.real.sleep(SWEEP).await;
    }
}

/// Until nothing is heard any more; why.
async fn hear(parts: &Parts, us: &str, mut notices: Notices) -> String {
    let mut heard_at = parts.real.monotonic();
    loop {
        let left = (heard_at + SILENT).saturating_sub(parts.real.monotonic());
        match parts.real.timeout(QUIET.min(left), notices.next()).await {
            Some(Ok(notice)) => {
                heard_at = parts.real.monotonic();
                take_in(parts, us, &notice);
                continue;
            }
            Some(Err(error)) => return error.to_string(),
            None => {}
        }
        let left = (heard_at + SILENT).saturating_sub(parts.real.monotonic());
        match parts.real.timeout(left, notices.notify(us)).await {
            Some(Ok(())) => {}
            Some(Err(error)) => return error.to_string(),
            None => return "nothing is heard".to_owned(),
        }
    }
}

/// Another version may say what this one doesn't know: that is left to the sweeps.
fn take_in(parts: &Parts, us: &str, notice: &str) {
    let mut lines = notice.lines();
    if lines.next().is_none_or(|sender| sender == us) {
        return;
    }
    for notice in lines.filter_map(|line| serde_json::from_str(line).ok()) {
        match notice {
            Notice::Change(change) => parts.wake.hand_on(Some(change), true),
            Notice::Access(access) => (parts.access)(access),
            Notice::Everything => parts.wake.hand_on(None, true),
        }
    }
}

/// What a process that died had done and not yet told is found by looking.
async fn watch_processes(parts: &Parts) {
    let mut standing = parts.leases.standing();
    let mut freed = standing.borrow().freed();
    while standing.changed().await.is_ok() {
        let now = standing.borrow_and_update().freed();
        if std::mem::replace(&mut freed, now) != now {
            parts.wake.hand_on(None, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wake::Change;

    #[test]
    fn notices_fit_what_the_database_carries() {
        let person = |n: u64| Notice::Change(Change::Person { room_key: "r".repeat(26).into(), user_id: n });
        let long = Notice::Change(Change::Lingers { room_key: "r".into(), name: "x".repeat(9_000).into() });
        let notices: HashSet<Notice> = (0..500).map(person).chain([long]).collect();
        let packed = pack("us", &notices);
        assert!(packed.iter().all(|notice| notice.len() < 8_000 && notice.starts_with("us\n")));
        assert!(packed.len() < 10, "{}", packed.len());
        assert_eq!(packed.iter().map(|notice| notice.lines().count() - 1).sum::<usize>(), 500);
        let read: Notice = serde_json::from_str(packed[0].lines().nth(1).unwrap()).unwrap();
        assert!(notices.contains(&read));
    }
}
