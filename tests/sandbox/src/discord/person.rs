//! Somebody sitting in front of Discord: runs commands, presses buttons, reads channels. Refused what
//! Discord's client and servers refuse them.

use super::{
    Discord,
    answer::Answer,
    id::Id,
    view::{Choice, Command, Message, Modal, Place, Someone},
};

/// A person of the cast. Channels are named (`"general"`, `"#general"`) or given by id; `"dm"` is the
/// person's own conversation with the bot.
#[derive(Clone)]
pub struct Person {
    pub(super) discord: Discord,
    pub(super) id: Id,
    pub(super) insists: bool,
}

impl Person {
    pub fn id(&self) -> Id {
        self.id
    }
    pub fn is(&self) -> Someone {
        unreachable!()
    }
    /// The same person with a modified client: skips what only Discord's own client checks (where a
    /// command is offered, disabled buttons, default permissions).
    pub fn insisting(&self) -> Self {
        Self { insists: true, ..self.clone() }
    }
    /// Sets the language of the person's client, such as `de`.
    pub fn speaks(&self, locale: &str) -> &Self {
        let _ = locale;
        unreachable!()
    }
    /// Runs a slash command; a subcommand is named after a space (`"room end"`). Waits for the first
    /// answer, at most the three seconds Discord waits.
    pub async fn runs(&self, channel: &str, command: &str, options: &[(&str, &str)]) -> Answer {
        let _ = (channel, command, options);
        unreachable!()
    }
    /// Types into an option with autocomplete; what is suggested. Nothing when the application is silent.
    pub async fn types(&self, channel: &str, command: &str, option: &str, so_far: &str) -> Vec<Choice> {
        let _ = (channel, command, option, so_far);
        unreachable!()
    }
    /// Presses the button with this label or custom id.
    pub async fn presses(&self, message: Id, button: &str) -> Answer {
        let _ = (message, button);
        unreachable!()
    }
    /// Picks from the select menu with this custom id.
    pub async fn chooses(&self, message: Id, select: &str, values: &[&str]) -> Answer {
        let _ = (message, select, values);
        unreachable!()
    }
    /// Sends a form the bot opened, with these inputs (custom id, text) filled in.
    pub async fn submits(&self, modal: &Modal, inputs: &[(&str, &str)]) -> Answer {
        let _ = (modal, inputs);
        unreachable!()
    }
    /// Types an ordinary message.
    pub fn says(&self, channel: &str, content: &str) -> Result<Message, String> {
        let _ = (channel, content);
        unreachable!()
    }
    /// What the channel shows this person, oldest first: nothing when they cannot see it; private
    /// answers only to their addressee.
    pub fn sees(&self, channel: &str) -> Vec<Message> {
        let _ = channel;
        unreachable!()
    }
    /// The channels and threads in this person's sidebar, in order.
    pub fn channels(&self) -> Vec<Place> {
        unreachable!()
    }
    /// The commands the command box offers this person there.
    pub fn commands(&self, channel: &str) -> Vec<Command> {
        let _ = channel;
        unreachable!()
    }
    /// Signs in at the authorize page `url` and agrees: where the browser is sent, or the page's refusal.
    pub async fn consents(&self, url: &str) -> Result<String, String> {
        let _ = url;
        unreachable!()
    }
}
