//! Whether somebody talks, from the level that every audio packet carries (RFC 6464). A beep or a cough is no talk.

use std::time::{Duration, Instant};

/// Louder than this (dBov) counts as a voice.
const VOICE: i8 = -45;
/// Weight of one packet (20 ms) in the running share of loud packets.
const WEIGHT: f32 = 0.05;
/// Shares at which talk begins (about 0.2 s of voice) and ends (about 1 s without).
const BEGINS: f32 = 0.4;
const ENDS: f32 = 0.08;
/// No packet for so long is silence too: muted, or gone.
const CUT_OFF: Duration = Duration::from_secs(1);
/// Who talks for so long is looked at.
const HOLDS_THE_FLOOR: Duration = Duration::from_millis(1500);

#[derive(Debug, Default)]
pub struct Talk {
    share: f32,
    since: Option<Instant>,
    last: Option<Instant>,
    noticed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    Began,
    /// Has been talking for a while now.
    HoldsTheFloor,
    Ended,
}

impl Talk {
    pub fn packet(&mut self, level: Option<i8>, now: Instant) -> Option<Heard> {
        let loud = level.is_some_and(|level| level > VOICE);
        self.share += WEIGHT * (f32::from(u8::from(loud)) - self.share);
        self.last = Some(now);
        match self.since {
            None if self.share >= BEGINS => {
                self.since = Some(now);
                self.noticed = false;
                Some(Heard::Began)
            }
            Some(_) if self.share <= ENDS => self.end(),
            Some(since) if !self.noticed && now.saturating_duration_since(since) >= HOLDS_THE_FLOOR => {
                self.noticed = true;
                Some(Heard::HoldsTheFloor)
            }
            _ => None,
        }
    }

    /// To be asked now and then, for those whose packets stop.
    pub fn look(&mut self, now: Instant) -> Option<Heard> {
        let cut_off = self.last.is_none_or(|last| now.saturating_duration_since(last) >= CUT_OFF);
        (cut_off && self.since.is_some()).then(|| self.end()).flatten()
    }

    fn end(&mut self) -> Option<Heard> {
        (self.since, self.share) = (None, 0.0);
        Some(Heard::Ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `packets` of 20 ms each and tells what was noticed.
    fn feed(talk: &mut Talk, now: &mut Instant, packets: usize, level: i8) -> Vec<Heard> {
        let each = |_| {
            *now += Duration::from_millis(20);
            talk.packet(Some(level), *now)
        };
        (0..packets).filter_map(each).collect()
    }

    #[test]
    fn a_voice_begins_holds_the_floor_and_ends() {
        let (mut talk, mut now) = (Talk::default(), Instant::now());
        assert_eq!(feed(&mut talk, &mut now, 50, -20), [Heard::Began]);
        assert_eq!(feed(&mut talk, &mut now, 100, -20), [Heard::HoldsTheFloor]);
        assert_eq!(feed(&mut talk, &mut now, 100, -127), [Heard::Ended]);
    }

    #[test]
    fn a_beep_is_no_talk() {
        let (mut talk, mut now) = (Talk::default(), Instant::now());
        for _ in 0..20 {
            assert_eq!(feed(&mut talk, &mut now, 3, -10), []);
            assert_eq!(feed(&mut talk, &mut now, 22, -127), []);
        }
    }

    #[test]
    fn who_is_cut_off_stops_talking() {
        let (mut talk, mut now) = (Talk::default(), Instant::now());
        feed(&mut talk, &mut now, 50, -20);
        assert_eq!(talk.look(now + Duration::from_millis(900)), None);
        assert_eq!(talk.look(now + Duration::from_millis(1100)), Some(Heard::Ended));
        assert_eq!(talk.look(now + Duration::from_millis(1200)), None);
    }
}
