//! How much of Greenroom's own limits is used up, worked out beside it: whoever was refused would idle for a while, and
//! that would count as Greenroom's slowness.

use std::time::{Duration, Instant};

/// As `src/call` has it for room tokens: 20 for a person at once, and one more in three seconds.
const OF_PERSON: (f64, Duration) = (20.0, Duration::from_secs(3));
/// For all people of a server together.
const OF_SERVER: (f64, Duration) = (3_000.0, Duration::from_millis(10));

/// So much at once, and one more each time.
pub struct Limit {
    burst: f64,
    every: Duration,
    left: f64,
    at: Instant,
}

impl Limit {
    pub fn of_person() -> Self {
        Self::new(OF_PERSON)
    }

    pub fn of_server() -> Self {
        Self::new(OF_SERVER)
    }

    fn new((burst, every): (f64, Duration)) -> Self {
        Self { burst, every, left: burst, at: Instant::now() }
    }

    /// How long until so many are left; nothing where that will never be.
    pub fn wait_for(&mut self, wanted: usize) -> Duration {
        self.refill();
        self.every.mul_f64((wanted as f64 - self.left).clamp(0.0, self.burst - self.left))
    }

    /// Once a round is over: what grew back in it beyond the most there can be is lost, so that rather too little is left.
    pub fn spend(&mut self, count: usize) {
        self.refill();
        self.left -= count as f64;
    }

    fn refill(&mut self) {
        let now = Instant::now();
        let grown = (now - self.at).as_secs_f64() / self.every.as_secs_f64();
        self.left = (self.left + grown).min(self.burst);
        self.at = now;
    }
}
