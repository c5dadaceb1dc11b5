//! Pre-encoded pictures: in comes an IVF file of VP8, out come its frames, one per tick, for ever.
//!
//! IVF: 32 bytes of file header, then per frame 4 bytes of length, 8 bytes of time stamp, and the frame
//! (<https://wiki.multimedia.cx/index.php/Duck_IVF>).

use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// What the robot of "Send Odo in" shows. Made as `assets/README.md` says.
pub static ROBOT: LazyLock<Arc<Film>> = LazyLock::new(|| shipped(include_bytes!("../../../assets/odo.ivf")));

/// What a viewer gets for somebody whose camera is off, so that a last picture does not stay frozen.
pub static CAMERA_OFF: LazyLock<Arc<Film>> =
    LazyLock::new(|| shipped(include_bytes!("../../../assets/camera-off.ivf")));

/// A loop of VP8 frames. Every frame is shown and in order, the first is a key frame.
#[derive(Debug, PartialEq, Eq)]
pub struct Film {
    frames: Vec<Arc<[u8]>>,
    /// How long one frame stands.
    pub beat: Duration,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotAFilm {
    #[error("no IVF file of VP8")]
    Header,
    #[error("the file ends inside a frame")]
    CutOff,
    #[error("the first frame is no key frame")]
    NoKeyFrame,
}

impl Film {
    pub fn parse(ivf: &[u8]) -> Result<Film, NotAFilm> {
        let header =
            ivf.get(..32).filter(|h| h.starts_with(b"DKIF") && &h[8..12] == b"VP80").ok_or(NotAFilm::Header)?;
        let (rate, scale) = (number(header, 16), number(header, 20));
        if rate == 0 || scale == 0 {
            return Err(NotAFilm::Header);
        }
        let mut frames: Vec<Arc<[u8]>> = Vec::new();
        let mut rest = &ivf[32..];
        while !rest.is_empty() {
            let length = rest.get(..12).map(|header| number(header, 0) as usize).ok_or(NotAFilm::CutOff)?;
            let frame = rest.get(12..12 + length).ok_or(NotAFilm::CutOff)?;
            frames.push(frame.into());
            rest = &rest[12 + length..];
        }
        if !frames.first().is_some_and(|frame| is_key(frame)) {
            return Err(NotAFilm::NoKeyFrame);
        }
        // A still is repeated twice a second: often enough for a viewer whose first copy got lost.
        let beat = if frames.len() == 1 { 0.5 } else { f64::from(scale) / f64::from(rate) };
        Ok(Film { frames, beat: Duration::from_secs_f64(beat) })
    }

    pub fn frame(&self, at: usize) -> Arc<[u8]> {
        self.frames[at % self.frames.len()].clone()
    }

    pub fn after(&self, at: usize) -> usize {
        (at + 1) % self.frames.len()
    }

    /// The key frame at or before `at`: from there a new viewer can decode.
    pub fn key_before(&self, at: usize) -> usize {
        let at = at % self.frames.len();
        (0..=at).rev().find(|&frame| is_key(&self.frames[frame])).unwrap_or(0)
    }
}

fn shipped(ivf: &[u8]) -> Arc<Film> {
    Arc::new(Film::parse(ivf).expect("the films in assets/ are parsed by the test below"))
}

/// RFC 6386 section 9.1: the lowest bit of a frame is 0 for a key frame.
fn is_key(frame: &[u8]) -> bool {
    frame.first().is_some_and(|first| first & 1 == 0)
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |four| four.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_robots_film_runs_ten_seconds_at_fifteen_frames_with_a_key_frame_each_second() {
        assert_eq!(ROBOT.frames.len(), 150);
        assert_eq!(ROBOT.beat, Duration::from_secs_f64(1.0 / 15.0));
        let keys = ROBOT.frames.iter().filter(|frame| is_key(frame)).count();
        assert_eq!(keys, 10);
        assert_eq!(ROBOT.key_before(44), 30);
        assert_eq!(ROBOT.after(149), 0);
    }

    #[test]
    fn a_still_is_repeated() {
        assert_eq!(CAMERA_OFF.frames.len(), 1);
        assert_eq!(CAMERA_OFF.beat, Duration::from_millis(500));
        assert_eq!(CAMERA_OFF.after(0), 0);
    }

    #[test]
    fn what_is_no_film_is_refused() {
        let robot = include_bytes!("../../../assets/odo.ivf");
        assert_eq!(Film::parse(b""), Err(NotAFilm::Header));
        assert_eq!(Film::parse(&[0; 64]), Err(NotAFilm::Header));
        assert_eq!(Film::parse(&robot[..32]), Err(NotAFilm::NoKeyFrame));
        assert_eq!(Film::parse(&robot[..40]), Err(NotAFilm::CutOff));
        assert_eq!(Film::parse(&robot[..5000]), Err(NotAFilm::CutOff));
    }
}
