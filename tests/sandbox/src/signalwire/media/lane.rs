//! One outgoing stream of one peer: what it carries at the moment, and the state that makes a change of source seamless.

use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::{Frequency, MediaTime, Mid};
use str0m::{Rtc, RtcError};

use super::film::Film;
use super::rebase::Rebase;

/// While a key frame is waited for, it is asked for again this often.
const ASK_AGAIN: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Default)]
pub enum Source {
    #[default]
    Nothing,
    /// Whatever comes over this call.
    Call(String),
    Film(Arc<Film>),
}

#[derive(Debug)]
pub struct Lane {
    /// The section of the session description; none: not negotiated.
    pub mid: Option<Mid>,
    codec: Codec,
    rate: Frequency,
    source: Source,
    clock: Rebase,
    /// Video can start only at a key frame; until then frames are dropped.
    waits_for_key: bool,
    asked: Option<Instant>,
    /// Position in the film, and when its next frame is due.
    cursor: usize,
    pub due: Instant,
}

impl PartialEq for Source {
    fn eq(&self, other: &Source) -> bool {
        match (self, other) {
            (Source::Nothing, Source::Nothing) => true,
            (Source::Call(one), Source::Call(two)) => one == two,
            (Source::Film(one), Source::Film(two)) => Arc::ptr_eq(one, two),
            _ => false,
        }
    }
}

impl Lane {
    pub fn new(codec: Codec, now: Instant) -> Lane {
        let rate = if codec == Codec::Opus { Frequency::FORTY_EIGHT_KHZ } else { Frequency::NINETY_KHZ };
        Lane {
            mid: None,
            codec,
            rate,
            source: Source::Nothing,
            clock: Rebase::new(u64::from(rate.get())),
            waits_for_key: false,
            asked: None,
            cursor: 0,
            due: now,
        }
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The call whose frames this lane carries.
    pub fn carries(&self) -> Option<&str> {
        match &self.source {
            Source::Call(call) => Some(call),
            Source::Film(_) | Source::Nothing => None,
        }
    }

    /// Says whether this is another source than before.
    pub fn switch(&mut self, source: Source, now: Instant) -> bool {
        let other = self.source != source;
        if other {
            self.source = source;
            self.clock.changed();
            self.restart(now);
        }
        other
    }

    /// The receiver lost the thread: go on with a key frame. Says whether the source has to be asked for one.
    pub fn restart(&mut self, now: Instant) -> bool {
        match &self.source {
            Source::Nothing => false,
            Source::Film(film) => {
                self.cursor = film.key_before(self.cursor);
                self.due = now;
                false
            }
            Source::Call(_) => {
                self.waits_for_key = self.codec.is_video();
                self.asked = self.waits_for_key.then_some(now);
                self.waits_for_key
            }
        }
    }

    /// A frame of the source came. Says whether it can be passed on; if not, whether to ask for a key frame.
    pub fn admits(&mut self, is_key: bool, whole: bool, now: Instant) -> Admission {
        if self.codec.is_audio() || is_key {
            self.waits_for_key = false;
            return Admission::Pass;
        }
        if !whole {
            // The frame before this one is missing: what builds on it would only smear.
            self.waits_for_key = true;
        }
        if !self.waits_for_key {
            return Admission::Pass;
        }
        if self.asked.is_some_and(|asked| now.saturating_duration_since(asked) < ASK_AGAIN) {
            return Admission::Drop;
        }
        self.asked = Some(now);
        Admission::DropAndAsk
    }

    pub fn forward(&mut self, rtc: &mut Rtc, time: MediaTime, data: Arc<[u8]>, now: Instant) -> Result<(), RtcError> {
        let stamp = self.clock.stamp(time.rebase(self.rate).numer(), now);
        self.write(rtc, stamp, data, now)
    }

    /// What we play ourselves: the next frame of a film.
    pub fn play(&mut self, rtc: &mut Rtc, now: Instant) -> Result<(), RtcError> {
        let Source::Film(film) = &self.source else { return Ok(()) };
        let (data, beat) = (film.frame(self.cursor), film.beat);
        self.cursor = film.after(self.cursor);
        self.due = next_beat(self.due, beat, now);
        let stamp = self.clock.fill(now);
        self.write(rtc, stamp, data, now)
    }

    /// Something of ours between what the source sends.
    pub fn fill(&mut self, rtc: &mut Rtc, data: &'static [u8], now: Instant) -> Result<(), RtcError> {
        let stamp = self.clock.fill(now);
        self.write(rtc, stamp, data.into(), now)
    }

    fn write(&self, rtc: &mut Rtc, stamp: u64, data: Arc<[u8]>, now: Instant) -> Result<(), RtcError> {
        // Writing to a section that does not send breaks the whole Rtc at its next poll ("No sender source").
        let Some(mid) = self.mid.filter(|mid| rtc.media(*mid).is_some_and(|media| media.direction().is_sending()))
        else {
            return Ok(());
        };
        let Some(writer) = rtc.writer(mid) else { return Ok(()) };
        let Some(pt) =
            writer.payload_params().find(|params| params.spec().codec == self.codec).map(|params| params.pt())
        else {
            return Ok(());
        };
        writer.write(pt, now, MediaTime::new(stamp, self.rate), data)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Pass,
    Drop,
    DropAndAsk,
}

/// Keeps the beat; does not make up for what was missed.
pub fn next_beat(due: Instant, beat: Duration, now: Instant) -> Instant {
    let next = due + beat;
    if next > now { next } else { now + beat }
}

#[cfg(test)]
mod tests {
    use super::super::film::ROBOT;
    use super::*;

    #[test]
    fn video_waits_for_a_key_frame_and_asks_for_it_now_and_then() {
        let now = Instant::now();
        let mut lane = Lane::new(Codec::Vp8, now);
        assert!(lane.switch(Source::Call("odo".to_owned()), now));
        assert!(!lane.switch(Source::Call("odo".to_owned()), now));
        assert_eq!(lane.admits(false, true, now), Admission::Drop);
        assert_eq!(lane.admits(false, true, now + ASK_AGAIN), Admission::DropAndAsk);
        assert_eq!(lane.admits(false, true, now + ASK_AGAIN), Admission::Drop);
        assert_eq!(lane.admits(true, true, now + ASK_AGAIN), Admission::Pass);
        assert_eq!(lane.admits(false, true, now + ASK_AGAIN), Admission::Pass);
    }

    #[test]
    fn after_a_hole_only_a_key_frame_passes() {
        let now = Instant::now();
        let mut lane = Lane::new(Codec::Vp8, now);
        lane.switch(Source::Call("odo".to_owned()), now);
        assert_eq!(lane.admits(true, false, now), Admission::Pass);
        assert_eq!(lane.admits(false, false, now + ASK_AGAIN), Admission::DropAndAsk);
        assert_eq!(lane.admits(false, true, now + ASK_AGAIN), Admission::Drop);
        assert_eq!(lane.admits(true, true, now + ASK_AGAIN), Admission::Pass);
    }

    #[test]
    fn audio_never_waits() {
        let now = Instant::now();
        let mut lane = Lane::new(Codec::Opus, now);
        lane.switch(Source::Call("odo".to_owned()), now);
        assert_eq!(lane.admits(false, false, now), Admission::Pass);
    }

    #[test]
    fn a_film_goes_back_to_its_key_frame_when_asked() {
        let now = Instant::now();
        let mut lane = Lane::new(Codec::Vp8, now);
        lane.switch(Source::Film(ROBOT.clone()), now);
        lane.cursor = 44;
        assert!(!lane.restart(now));
        assert_eq!(lane.cursor, 30);
    }

    #[test]
    fn a_beat_is_kept_but_not_made_up_for() {
        let (due, beat) = (Instant::now(), Duration::from_millis(20));
        assert_eq!(next_beat(due, beat, due + Duration::from_millis(3)), due + beat);
        assert_eq!(next_beat(due, beat, due + beat * 9), due + beat * 10);
    }
}
