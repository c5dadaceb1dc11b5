//! No interaction is answered twice: the gateway replays after a resume, two processes may hear the same, and whoever
//! captured a signed request can send it again, to another process too.
//!
//! A set in memory is the first sieve. What passes it is written down uniquely before anything is done about it, so that
//! one of all processes on a database answers. What is typed is answered from memory and changes nothing, so it is not
//! written down.
//!
//! While the database does not answer, this process' own memory decides alone: a command then still ends in a
//! sentence, and of two answers Discord itself takes the first.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serenity::model::application::Interaction;

use super::InteractionId;
use crate::{clock::Clock, store::Store, telemetry};

/// Ids that are remembered: five minutes, which is how long a signature counts, at 200 a second.
const SEEN_MAX: usize = 60_000;

/// How long the database may take; what people are told of its silence has to be with them within three seconds.
const WRITE: Duration = Duration::from_millis(400);

#[derive(Debug)]
pub(super) struct Seen {
    here: Mutex<Here>,
    store: Store,
}

#[derive(Debug, Default)]
struct Here {
    ids: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    pub fn new(store: Store) -> Self {
        Self { here: Mutex::default(), store }
    }

    /// Whether nobody has taken it before; from now on it is ours.
    pub async fn first_time(&self, interaction: &Interaction, real: &Clock) -> bool {
        // Discord asks whether we are there, under any id.
        if matches!(interaction, Interaction::Ping(_)) {
            return true;
        }
        let id = interaction.id();
        let is_first = self.here.lock().unwrap_or_else(PoisonError::into_inner).first_time(id)
            && (matches!(interaction, Interaction::Autocomplete(_)) || self.first_of_all(id, real).await);
        if !is_first {
            telemetry::skipped("seen");
            tracing::debug!(interaction.id = id.get(), "skipping an interaction that was taken before");
        }
        is_first
    }

    async fn first_of_all(&self, id: InteractionId, real: &Clock) -> bool {
        match real.timeout(WRITE, self.store.take_interaction(id.get())).await {
            Some(Ok(is_first)) => is_first,
            Some(Err(error)) => {
                tracing::warn!(interaction.id = id.get(), %error, "an interaction is answered without being written down");
                true
            }
            None => {
                tracing::warn!(interaction.id = id.get(), "an interaction is answered before it is written down");
                true
            }
        }
    }
}

impl Here {
    fn first_time(&mut self, id: InteractionId) -> bool {
        if !self.ids.insert(id.get()) {
            return false;
        }
        self.order.push_back(id.get());
        if self.order.len() > SEEN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interaction_is_seen_once_and_memory_is_bounded() {
        let mut here = Here::default();
        assert!(here.first_time(InteractionId::new(1)));
        assert!(!here.first_time(InteractionId::new(1)));
        for id in 2..=SEEN_MAX as u64 + 1 {
            assert!(here.first_time(InteractionId::new(id)));
        }
        assert_eq!((here.ids.len(), here.order.len()), (SEEN_MAX, SEEN_MAX));
        assert!(!here.ids.contains(&1));
    }
}
