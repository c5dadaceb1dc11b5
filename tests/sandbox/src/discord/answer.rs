//! What came back to a person who ran a command, pressed a button or sent a form.

use std::time::Duration;

use super::{
    Discord,
    id::Id,
    state::Interaction,
    view::{Message, Modal},
};
use crate::clock::pause;

/// How long [`Answer::eventually`] and [`Discord::wait_for`] wait, in real time.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The answer to one interaction. It follows later edits: [`Answer::message`] is the message as it is
/// now.
#[derive(Clone)]
pub struct Answer {
    /// How long the person waited for the first answer.
    pub first_after: Duration,
    /// The first answer was "thinking", or nothing visible.
    pub deferred: bool,
    pub(super) interaction: Id,
    pub(super) discord: Discord,
    pub(super) problem: Option<String>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("problem", &self.problem).field("message", &self.message()).finish()
    }
}

impl Answer {
    /// What Discord's client told the person because the application gave no answer:
    /// "The application did not respond", or why the command could not be sent at all.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// The message it made or changed, as it is now.
    pub fn message(&self) -> Option<Message> {
        self.discord.service.look(|state| {
            let original = state.interaction(self.interaction)?.original?;
            state.message(original).map(|message| state.seen(message))
        })
    }

    /// Everything there is to read on that message; empty when there is none.
    pub fn text(&self) -> String {
        self.message().map(|message| message.text()).unwrap_or_default()
    }

    /// Where its first link button leads.
    pub fn link(&self) -> Option<String> {
        self.message()?.link().map(str::to_owned)
    }

    /// Only the person who asked sees it.
    pub fn is_private(&self) -> bool {
        self.message().is_some_and(|message| message.ephemeral)
    }

    /// The form it opened.
    pub fn modal(&self) -> Option<Modal> {
        self.of_interaction(|interaction| interaction.modal.clone())
    }

    /// Further messages sent to the same interaction.
    pub fn followups(&self) -> Vec<Message> {
        self.discord.service.look(|state| {
            let ids = state.interaction(self.interaction).map(|interaction| interaction.followups.as_slice());
            let messages = ids.unwrap_or_default().iter().filter_map(|id| state.message(*id));
            messages.map(|message| state.seen(message)).collect()
        })
    }

    fn of_interaction<T>(&self, look: impl FnOnce(&Interaction) -> Option<T>) -> Option<T> {
        self.discord.service.look(|state| look(state.interaction(self.interaction)?))
    }

    /// The message once `wanted` is true of it.
    ///
    /// # Panics
    ///
    /// After five seconds, showing what the message says instead.
    pub async fn eventually(&self, wanted: impl Fn(&Message) -> bool) -> Message {
        let found = async {
            let mut changes = self.discord.changes();
            loop {
                changes.borrow_and_update();
                if let Some(message) = self.message().filter(|message| wanted(message)) {
                    return message;
                }
                // The sender lives in `self`.
                let _ = changes.changed().await;
            }
        };
        tokio::select! {
            message = found => message,
            () = pause(PATIENCE) => panic!("the answer never became what was wanted, but is {self:#?}"),
        }
    }
}
