//! Between the socket and whoever reads the events: repeats are dropped by frame id, and what does not fit is
//! dropped and announced, never waited for.

use std::collections::{HashSet, VecDeque};

use tokio::sync::mpsc;

use super::Event;

/// Frame ids remembered across connections: SignalWire sends again what it saw no acknowledgement for.
const REMEMBERED: usize = 2048;

#[derive(Debug)]
pub(super) struct Intake {
    events: mpsc::Sender<Event>,
    /// Something was dropped, or a connection began: a resync is due.
    gap: bool,
    seen: HashSet<String>,
    order: VecDeque<String>,
}

impl Intake {
    pub fn new(events: mpsc::Sender<Event>) -> Self {
        Self { events, gap: false, seen: HashSet::new(), order: VecDeque::new() }
    }

    /// Whether a frame of this id is new.
    pub fn is_new(&mut self, id: &str) -> bool {
        if !self.seen.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        true
    }

    pub fn offer(&mut self, event: Event) {
        if self.events.try_send(event).is_err() && !self.gap {
            tracing::warn!("events come faster than they are recorded; the state will be asked for instead");
            self.gap = true;
        }
    }

    pub fn ask_for_resync(&mut self) {
        self.gap = true;
    }

    /// Delivers a resync that is due, as soon as there is room for it; for ever pending otherwise. Loses nothing when
    /// dropped half-way.
    pub async fn deliver_resync(&mut self) {
        if !self.gap {
            return std::future::pending().await;
        }
        match self.events.reserve().await {
            Ok(place) => {
                place.send(Event::Resync);
                self.gap = false;
            }
            // Nobody reads any more: the process is ending.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audience(total: u32) -> Event {
        Event::Audience { at: 1, session_id: "S-1".into(), total }
    }

    #[tokio::test]
    async fn what_does_not_fit_becomes_one_resync() {
        let (sender, mut events) = mpsc::channel(2);
        let mut intake = Intake::new(sender);
        (0..5).for_each(|total| intake.offer(audience(total)));
        assert_eq!(events.recv().await, Some(audience(0)));
        intake.deliver_resync().await;
        assert_eq!(events.recv().await, Some(audience(1)));
        assert_eq!(events.recv().await, Some(Event::Resync));
        assert!(events.try_recv().is_err());
    }

    #[test]
    fn repeats_are_known_for_a_while_and_memory_is_bounded() {
        let mut intake = Intake::new(mpsc::channel(1).0);
        assert!(intake.is_new("a"));
        assert!(!intake.is_new("a"));
        for number in 0..REMEMBERED {
            intake.is_new(&number.to_string());
        }
        assert!(intake.is_new("a"), "forgotten by now");
        assert_eq!(intake.seen.len(), REMEMBERED);
        assert_eq!(intake.order.len(), REMEMBERED);
    }
}
