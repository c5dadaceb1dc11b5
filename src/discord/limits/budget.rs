//! What all processes together may ask of Discord in a second, and how it is divided: evenly among the processes, and in
//! each so that people's own requests wait neither behind cards nor behind looks at who is inside.

use std::time::Duration;

/// Of a second with so many requests ...
const WHOLE: usize = 45;
/// ... cards and lines may take so many at most, ...
const OF_CHANNELS: usize = 40;
/// ... and looks at who is inside so many: those who want to come in need Discord's answers more.
const OF_LOOKS: usize = 10;

/// Of a process that the others have not seen yet: as much as Discord's limit leaves beside theirs.
const NEWCOMER: usize = 2;

/// `DISCORD_REQUESTS_PER_SECOND`: over all routes and all processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(usize);

/// What one of several processes may send in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub all: usize,
    pub of_channels: usize,
}

impl Budget {
    pub fn new(requests_per_second: u32) -> Self {
        Self(usize::try_from(requests_per_second).unwrap_or(usize::MAX).max(1))
    }

    /// Each process's, of so many.
    pub fn among(self, processes: usize) -> Share {
        Share::of(self.0 / processes.max(1))
    }

    pub fn of_a_newcomer(self) -> Share {
        Share::of(NEWCOMER.min(self.0))
    }

    /// Between two looks of one of so many processes.
    pub fn between_looks(self, processes: usize) -> Duration {
        let looks = u32::try_from(self.0.saturating_mul(OF_LOOKS)).unwrap_or(u32::MAX);
        Duration::from_secs((processes.max(1) * WHOLE) as u64) / looks
    }
}

impl Share {
    /// Nobody is left without any.
    fn of(all: usize) -> Self {
        let all = all.max(1);
        Self { all, of_channels: (all * OF_CHANNELS / WHOLE).max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_processes_together_keep_to_the_limit_and_each_has_its_own() {
        let usual = Budget::new(45);
        assert_eq!(usual.among(1), Share { all: 45, of_channels: 40 });
        assert_eq!(usual.among(3), Share { all: 15, of_channels: 13 });
        assert_eq!(usual.among(1000), Share { all: 1, of_channels: 1 });
        for requests in [5, 45, 600] {
            for processes in 1..=requests {
                let share = Budget::new(requests as u32).among(processes);
                assert!(share.all * processes <= requests && share.of_channels <= share.all, "{requests}/{processes}");
            }
        }
    }

    #[test]
    fn more_than_the_usual_limit_is_divided_as_the_usual_one_is() {
        assert_eq!(Budget::new(900).among(2), Share { all: 450, of_channels: 400 });
        assert_eq!(Budget::new(5).among(1), Share { all: 5, of_channels: 4 });
        assert_eq!(Budget::new(45).between_looks(1), Duration::from_millis(100));
        assert_eq!(Budget::new(45).between_looks(3), Duration::from_millis(300));
        assert_eq!(Budget::new(900).between_looks(1), Duration::from_millis(5));
        assert_eq!(Budget::new(5).between_looks(1), Duration::from_millis(900));
        assert_eq!(Budget::new(900).of_a_newcomer(), Budget::new(5).of_a_newcomer());
    }
}
