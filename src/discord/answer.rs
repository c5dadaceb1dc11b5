//! An interaction in, a first answer plus optional later work out: what both ways in, gateway and HTTP,
//! ask of whoever handles commands.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use serenity::{
    builder::CreateInteractionResponse,
    model::application::{Interaction, InteractionType},
};

use tracing::Span;

use super::{InteractionId, seen::Seen};
use crate::{clock::Clock, secret::reference_of, telemetry};

/// Work after the first answer. It reports to the person itself, through the interaction's token.
pub type Later = BoxFuture<'static, ()>;

/// What comes of one interaction.
pub struct Answer {
    pub first: CreateInteractionResponse,
    pub later: Option<Later>,
}

impl Answer {
    fn how(&self) -> &'static str {
        match self.first {
            CreateInteractionResponse::Defer(_) | CreateInteractionResponse::Acknowledge => "promised",
            _ => "at_once",
        }
    }
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

    /// What an interaction is counted under.
    fn label(&self, interaction: &Interaction) -> &'static str;

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

/// What is logged while an interaction is answered, now or later, has its reference.
pub fn span(id: InteractionId, label: &'static str) -> Span {
    tracing::info_span!("interaction", reference = reference_of(id.get()), interaction.id = id.get(), label)
}

/// The first answer, whatever happens inside the handler; none to what was taken before. Ways in call it within
/// [`span`], as well as everything else they do about the interaction.
pub(super) async fn first(
    handler: &impl Handler,
    seen: &Seen,
    interaction: Interaction,
    real: &Clock,
) -> Option<Answer> {
    let (outline, label, began) = (Outline::of(&interaction), handler.label(&interaction), real.monotonic());
    let handled = AssertUnwindSafe(async {
        if seen.first_time(&interaction, real).await { Some(handler.handle(interaction).await) } else { None }
    });
    let (answer, how) = match real.timeout(LIMIT, handled.catch_unwind()).await {
        Some(Ok(answer)) => {
            let answer = answer?;
            let how = answer.how();
            (answer, how)
        }
        Some(Err(_)) => {
            tracing::error!("the handler of an interaction panicked");
            (handler.sorry(&outline).into(), "sorry")
        }
        None => {
            tracing::error!("the first answer took too long");
            (handler.sorry(&outline).into(), "sorry")
        }
    };
    telemetry::answered(label, how, real.monotonic().saturating_sub(began));
    Some(answer)
}
