//! How fast one channel is written to. Pure: times are the clock's monotonic time.
//!
//! Discord allows about 30 webhook messages a minute in a channel, shared with everybody else's webhooks there, and
//! shows that limit only by refusing (discord-api-docs#6753). So: two requests at once after quiet, then one per
//! window over all cards and lines of the channel; the window widens when Discord refuses, and in a storm: when there
//! was something to send each time it opened, for long.

use std::time::Duration;

/// One request in so long: two thirds of what Discord allows.
const NARROW: Duration = Duration::from_secs(3);
/// One request in so long at worst.
const WIDE: Duration = Duration::from_secs(10);
/// Requests in a row, each as soon as it could leave, that make a storm: half a minute of it. Each more makes the
/// window a second wider.
const STORM: u32 = 10;
/// So long without a refusal and the window is narrow again.
const FORGIVEN: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub struct Window {
    width: Duration,
    /// When everything that was sent is paid for; one window in advance is allowed (the generic cell rate algorithm).
    paid_at: Duration,
    /// Discord asked for quiet until then.
    quiet_until: Duration,
    refused_at: Option<Duration>,
    /// Requests since the channel was quiet.
    in_a_row: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self { width: NARROW, paid_at: Duration::ZERO, quiet_until: Duration::ZERO, refused_at: None, in_a_row: 0 }
    }
}

impl Window {
    /// When the next request may leave; past or present means now.
    pub fn opens_at(&self) -> Duration {
        self.paid_at.saturating_sub(self.width()).max(self.quiet_until)
    }

    fn width(&self) -> Duration {
        (self.width + Duration::from_secs(self.in_a_row.saturating_sub(STORM).into())).min(WIDE)
    }

    /// When it is as good as new.
    pub fn quiet_at(&self) -> Duration {
        self.paid_at.max(self.quiet_until)
    }

    /// A request leaves.
    pub fn spend(&mut self, now: Duration) {
        if self.refused_at.is_some_and(|at| now >= at + FORGIVEN) {
            self.refused_at = None;
            self.width = NARROW;
        }
        self.in_a_row = if self.paid_at <= now { 1 } else { self.in_a_row.saturating_add(1) };
        self.paid_at = self.paid_at.max(now) + self.width();
    }

    /// Discord refused: too many. Nothing leaves for `retry_after`, and less afterwards.
    pub fn refused(&mut self, now: Duration, retry_after: Duration) {
        self.width = (self.width * 2).min(WIDE);
        self.refused_at = Some(now);
        self.quiet_until = self.quiet_until.max(now + retry_after);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{NARROW, WIDE, Window};
    use std::time::Duration;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// When requests leave that are always wanted, from `now` on.
    fn leaves(window: &mut Window, now: Duration, count: usize) -> Vec<u64> {
        let mut now = now;
        let mut times = Vec::new();
        for _ in 0..count {
            now = now.max(window.opens_at());
            window.spend(now);
            times.push(now.as_secs());
        }
        times
    }

    #[test]
    fn two_leave_at_once_after_quiet_and_then_one_per_window() {
        let mut window = Window::default();
        assert_eq!(leaves(&mut window, at(100), 5), [100, 100, 103, 106, 109]);
        // The last one is paid for at 115: only then is it quiet enough for two.
        assert_eq!(leaves(&mut window, at(115), 3), [115, 115, 118]);
    }

    #[test]
    fn a_refusal_is_waited_out_exactly_and_widens_the_window_until_it_is_forgiven() {
        let mut window = Window::default();
        window.spend(at(100));
        window.refused(at(100), Duration::from_millis(4_321));
        assert_eq!(window.opens_at(), Duration::from_millis(104_321));
        assert_eq!(leaves(&mut window, at(105), 3), [105, 105, 111]);
        window.refused(at(111), at(1));
        window.refused(at(112), at(1));
        assert_eq!(window.width, WIDE);
        assert_eq!(leaves(&mut window, at(300), 3), [300, 300, 303]);
    }

    #[test]
    fn a_storm_widens_the_window_until_the_channel_is_quiet() {
        let mut window = Window::default();
        let times = leaves(&mut window, at(100), 20);
        assert_eq!(times[..11], [100, 100, 103, 106, 109, 112, 115, 118, 121, 124, 127]);
        let pauses: Vec<u64> = times.windows(2).skip(10).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(pauses, [3, 4, 5, 6, 7, 8, 9, 10, 10]);
        let quiet = window.quiet_at().as_secs();
        assert_eq!(leaves(&mut window, at(quiet), 3), [quiet, quiet, quiet + 3]);
    }

    proptest! {
        #[test]
        fn no_minute_sees_more_than_discord_allows(pauses in prop::collection::vec(0u64..9_000, 1..200)) {
            let mut window = Window::default();
            let mut now = at(1_000);
            let mut sent = Vec::new();
            for pause in pauses {
                now += Duration::from_millis(pause);
                if now >= window.opens_at() {
                    window.spend(now);
                    sent.push(now);
                }
            }
            for (index, &first) in sent.iter().enumerate() {
                let count = sent[index..].iter().take_while(|&&time| time < first + at(60)).count();
                prop_assert!(count <= 2 + 60 / NARROW.as_secs() as usize);
            }
        }
    }
}
