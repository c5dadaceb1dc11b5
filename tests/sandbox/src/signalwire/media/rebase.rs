//! Time stamps of one outgoing stream. In come those of whatever source it carries at the moment, out come ones that never
//! go back: a receiver drops what is older than what it has played.

use std::time::{Duration, Instant};

/// A jump further ahead than this is taken for a new source's clock, not for a pause.
const LEAP: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Rebase {
    /// Ticks per second: 90,000 for video, 48,000 for Opus.
    rate: u64,
    /// What is added to the source's time; none: the next stamp sets it.
    offset: Option<i128>,
    last: Option<(u64, Instant)>,
}

impl Rebase {
    pub fn new(rate: u64) -> Rebase {
        Rebase { rate, offset: None, last: None }
    }

    /// The source changed: its next stamp goes on where the last one stood, plus the time that went by.
    pub fn changed(&mut self) {
        self.offset = None;
    }

    pub fn stamp(&mut self, time: u64, now: Instant) -> u64 {
        let earliest = self.last.map_or(0, |(last, _)| last + 1);
        let expected = self.expected(now);
        let carried = self.offset.map(|offset| i128::from(time) + offset).and_then(|time| u64::try_from(time).ok());
        let stamp = carried.filter(|time| (earliest..=expected + self.ticks(LEAP)).contains(time)).unwrap_or(expected);
        self.offset = Some(i128::from(stamp) - i128::from(time));
        self.last = Some((stamp, now));
        stamp
    }

    /// A stamp for something we put in ourselves (silence).
    pub fn fill(&mut self, now: Instant) -> u64 {
        self.changed();
        let stamp = self.expected(now);
        self.last = Some((stamp, now));
        stamp
    }

    fn expected(&self, now: Instant) -> u64 {
        self.last.map_or(0, |(last, at)| last + self.ticks(now.saturating_duration_since(at)).max(1))
    }

    fn ticks(&self, time: Duration) -> u64 {
        u64::try_from(time.as_micros() * u128::from(self.rate) / 1_000_000).unwrap_or(u64::MAX / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(50);

    #[test]
    fn one_source_keeps_its_distances() {
        let (mut clock, start) = (Rebase::new(90_000), Instant::now());
        let first = clock.stamp(1_000_000, start);
        assert_eq!(clock.stamp(1_004_500, start + FRAME) - first, 4500);
        // Arrives late, was taken in time: its own time counts.
        assert_eq!(clock.stamp(1_009_000, start + FRAME * 3) - first, 9000);
    }

    #[test]
    fn another_source_goes_on_where_the_last_one_stood() {
        let (mut clock, start) = (Rebase::new(90_000), Instant::now());
        let first = clock.stamp(8_000_000, start);
        clock.changed();
        assert_eq!(clock.stamp(17, start + FRAME) - first, 4500);
        assert_eq!(clock.stamp(4517, start + FRAME * 2) - first, 9000);
    }

    #[test]
    fn a_clock_that_jumps_is_taken_for_a_new_one() {
        let (mut clock, start) = (Rebase::new(48_000), Instant::now());
        let first = clock.stamp(500_000, start);
        let back = clock.stamp(3, start + FRAME);
        assert_eq!(back - first, 2400);
        let ahead = clock.stamp(9_000_000_000, start + FRAME * 2);
        assert_eq!(ahead - back, 2400);
    }

    #[test]
    fn silence_fills_and_the_voice_comes_after_it() {
        let (mut clock, start) = (Rebase::new(48_000), Instant::now());
        let voice = clock.stamp(960, start);
        let silence = clock.fill(start + Duration::from_millis(20));
        assert_eq!(silence - voice, 960);
        assert_eq!(clock.stamp(1920, start + Duration::from_millis(20)), silence + 1);
    }
}
