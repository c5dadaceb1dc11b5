//! Many clients at once, and how long each of their requests took.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sandbox::{
    clock::pause,
    proof::{Failed, Result},
};
use tokio::{sync::Barrier, task::JoinSet, time::timeout};

use super::wire::Wire;

/// A client that was refused tries again after so long, as pages do.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);
/// No round takes longer.
const ROUND: Duration = Duration::from_secs(120);

/// Where requests go, and the requests in turn.
#[derive(Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
}

/// What became of many requests.
#[derive(Default)]
pub struct Round {
    pub took: Duration,
    /// Of those that were answered with 200, in microseconds.
    pub micros: Vec<u32>,
    /// Others, by status.
    pub refused: BTreeMap<u16, usize>,
}

impl Round {
    pub fn per_second(&self) -> f64 {
        self.micros.len() as f64 / self.took.as_secs_f64()
    }

    pub fn add(&mut self, other: Self) {
        self.took += other.took;
        self.micros.extend(other.micros);
        for (status, times) in other.refused {
            *self.refused.entry(status).or_default() += times;
        }
    }
}

impl Target {
    pub fn new(address: SocketAddr, requests: Arc<Vec<Vec<u8>>>) -> Self {
        Self { address, requests, next: Arc::default() }
    }

    /// `clients`, each of which asks again as soon as it is answered, until all have asked `count` times together.
    pub async fn as_fast_as_can_be(&self, clients: usize, count: usize) -> Result<Round> {
        self.run(clients, count, None).await
    }

    /// `count` requests, so many a second whatever becomes of them, by clients enough for none to wait for another.
    pub async fn paced(&self, clients: usize, count: usize, per_second: f64) -> Result<Round> {
        self.run(clients, count, Some(Duration::from_secs_f64(1.0 / per_second))).await
    }

    async fn run(&self, clients: usize, count: usize, every: Option<Duration>) -> Result<Round> {
        let (left, ready) = (Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(clients + 1)));
        let mut all = JoinSet::new();
        for _ in 0..clients {
            // Connections are made before time runs.
            let wire = Wire::open(self.address).await?;
            all.spawn(client(self.clone(), wire, ready.clone(), left.clone(), count, every));
        }
        ready.wait().await;
        let begun = Instant::now();
        let mut whole = Round::default();
        let ended = timeout(ROUND, async {
            while let Some(part) = all.join_next().await {
                let part = part.map_err(|error| Failed::new(error.to_string()))??;
                whole.add(part);
            }
            Result::Ok(())
        });
        ended.await.map_err(|_| Failed::new("a round without end"))??;
        whole.took = begun.elapsed();
        Ok(whole)
    }
}

async fn client(
    target: Target,
    mut wire: Wire,
    ready: Arc<Barrier>,
    asked: Arc<AtomicUsize>,
    count: usize,
    every: Option<Duration>,
) -> Result<Round> {
    let mut round = Round::default();
    ready.wait().await;
    let begun = Instant::now();
    loop {
        let number = asked.fetch_add(1, Ordering::Relaxed);
        if number >= count {
            return Ok(round);
        }
        let mut from = Instant::now();
        if let Some(every) = every {
            let due = begun + every.mul_f64(number as f64);
            match due.checked_duration_since(from) {
                Some(early) => {
                    pause(early).await;
                    // The timer wakes at whole milliseconds: its lateness is not the server's.
                    from = Instant::now();
                }
                // All clients were busy, so the request waited: that counts.
                None => from = due,
            }
        }
        let request = &target.requests[target.next.fetch_add(1, Ordering::Relaxed) % target.requests.len()];
        match wire.ask(request).await? {
            200 => round.micros.push(u32::try_from(from.elapsed().as_micros()).unwrap_or(u32::MAX)),
            status => {
                *round.refused.entry(status).or_default() += 1;
                if every.is_none() {
                    pause(AFTER_REFUSAL).await;
                }
            }
        }
    }
}
