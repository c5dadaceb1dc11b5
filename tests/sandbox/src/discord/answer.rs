//! What came back to a person who ran a command, pressed a button or sent a form.

use std::time::Duration;

use super::{
    Discord,
    id::Id,
    view::{Message, Modal},
};

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
impl Answer {
    /// What Discord's client told the person because the application gave no answer:
    /// "The application did not respond", or why the command could not be sent at all.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
    /// The message it made or changed, as it is now.
    pub fn message(&self) -> Option<Message> {
        unreachable!()
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
        unreachable!()
    }
    /// Further messages sent to the same interaction.
    pub fn followups(&self) -> Vec<Message> {
        unreachable!()
    }
    /// The message once `wanted` is true of it.
    ///
    /// # Panics
    ///
    /// After five seconds, showing what the message says instead.
    pub async fn eventually(&self, wanted: impl Fn(&Message) -> bool) -> Message {
        let _ = (wanted, self.interaction, &self.discord);
        unreachable!()
    }
}
