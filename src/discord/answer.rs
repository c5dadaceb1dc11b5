//! An interaction in, a first answer plus optional later work out: what both ways in, gateway and HTTP,
//! ask of whoever handles commands.

use std::{
    collections::{HashSet, VecDeque},
    panic::AssertUnwindSafe,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use serenity::{
    builder::CreateInteractionResponse,
    model::application::{Interaction, InteractionType},
};

use super::InteractionId;
use crate::clock::Clock;

/// Work after the first answer. It reports to the person itself, through the interaction's token.
pub type Later = BoxFuture<'static, ()>;

/// What comes of one interaction.
pub struct Answer {
    pub first: CreateInteractionResponse,
    pub later: Option<Later>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("later", &self.later.is_some()).finish_non_exhaustive()
    }
}

impl From<CreateInteractionResponse> for Answer {
    fn from(first: CreateInteractionResponse) -> Self {
        Self { first, later: None }
    }
}

/// Whoever handles interactions.
pub trait Handler: Clone + Send + Sync + 'static {
    fn handle(&self, interaction: Interaction) -> impl Future<Output = Answer> + Send;

    /// What the person is told when [`Handler::handle`] broke down, took too long or said what Discord refuses.
    fn sorry(&self, outline: &Outline) -> CreateInteractionResponse;
}

/// What is left of an interaction that was handed over.
#[derive(Debug, Clone)]
pub struct Outline {
    pub id: InteractionId,
    pub kind: InteractionType,
    /// The person's language, as Discord names it.
    pub locale: String,
}

impl Outline {
    pub fn of(interaction: &Interaction) -> Self {
        let locale = match interaction {
            Interaction::Command(it) | Interaction::Autocomplete(it) => it.locale.clone(),
            Interaction::Component(it) => it.locale.clone(),
            Interaction::Modal(it) => it.locale.clone(),
            _ => String::new(),
        };
        Self { id: interaction.id(), kind: interaction.kind(), locale }
    }
}

/// Discord waits 3 s for the first answer; the rest of it is the way there and back.
const LIMIT: Duration = Duration::from_secs(2);

/// The first answer, whatever happens inside the handler.
pub(super) async fn first(handler: &impl Handler, interaction: Interaction, real: &Clock) -> Answer {
    let outline = Outline::of(&interaction);
    let handled = AssertUnwindSafe(handler.handle(interaction)).catch_unwind();
    match real.timeout(LIMIT, handled).await {
        Some(Ok(answer)) => return answer,
        Some(Err(_)) => tracing::error!(interaction.id = outline.id.get(), "the handler of an interaction panicked"),
        None => tracing::error!(interaction.id = outline.id.get(), "the first answer took too long"),
    }
    handler.sorry(&outline).into()
}

/// Which interactions were seen before: the gateway replays after a resume, and whoever captured a
/// signed request can send it again.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<(HashSet<u64>, VecDeque<u64>)>);

/// Ids that are remembered: five minutes, which is how long a signature counts, at 200 a second.
const SEEN_MAX: usize = 60_000;

impl Seen {
    /// Whether `id` comes for the first time.
    pub fn first_time(&self, id: InteractionId) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (ids, order) = &mut *seen;
        if !ids.insert(id.get()) {
            return false;
        }
        order.push_back(id.get());
        if order.len() > SEEN_MAX
            && let Some(oldest) = order.pop_front()
        {
            ids.remove(&oldest);
        }
        true
    }
}

/// When the interaction was made, unix milliseconds.
/// <https://discord.com/developers/docs/reference#snowflakes>
pub(super) fn made_at(id: InteractionId) -> i64 {
    const EPOCH: u64 = 1_420_070_400_000;
    i64::try_from((id.get() >> 22) + EPOCH).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interaction_is_seen_once_and_memory_is_bounded() {
        let seen = Seen::default();
        assert!(seen.first_time(InteractionId::new(1)));
        assert!(!seen.first_time(InteractionId::new(1)));
        for id in 2..=SEEN_MAX as u64 + 1 {
            assert!(seen.first_time(InteractionId::new(id)));
        }
        let (ids, order) = &*seen.0.lock().unwrap();
        assert_eq!((ids.len(), order.len()), (SEEN_MAX, SEEN_MAX));
        assert!(!ids.contains(&1));
    }

    #[test]
    fn an_id_tells_when_it_was_made() {
        // The example of Discord's own documentation: 2016-04-30 11:18:25.796 UTC.
        assert_eq!(made_at(InteractionId::new(175_928_847_299_117_063)), 1_462_015_105_796);
    }
}
