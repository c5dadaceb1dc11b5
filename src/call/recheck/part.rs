//! Which people one of several processes goes through, and how fast.

use std::time::Duration;

use crate::{discord::Budget, room::Attendee};

/// Of all people, this process's part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// This process's place among so many.
    pub place: usize,
    pub of: usize,
    /// Between two people about whom Discord is asked.
    pub pace: Duration,
    /// It hears first of those who come.
    pub on_duty: bool,
}

impl Part {
    pub fn new(place: usize, of: usize, budget: Budget, on_duty: bool) -> Self {
        Self { place, of, pace: budget.between_looks(of), on_duty }
    }

    /// Whether somebody belongs to it. The multiplication spreads ids: their lower bits are mostly alike.
    pub fn has(&self, person: &Attendee) -> bool {
        let spread = person.user_id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        spread % self.of.max(1) as u64 == self.place as u64
    }

    /// How many people Discord may be asked about in a second.
    pub fn in_a_second(&self) -> usize {
        (1.0 / self.pace.as_secs_f64()) as usize
    }
}
