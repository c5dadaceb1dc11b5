//! What a person looking at the pretend Discord sees: messages, buttons, modals, places. The stage
//! shows these and the tests read them; the wire objects are made in `objects.rs`.

use serde::Serialize;

use super::id::Id;

/// One message as somebody sees it.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Message {
    pub id: Id,
    pub channel: Id,
    pub author: Author,
    pub content: String,
    pub embeds: Vec<Embed>,
    /// Rows of components.
    pub components: Vec<Vec<Component>>,
    /// Unix milliseconds.
    pub sent_at: i64,
    pub edited_at: Option<i64>,
    /// How many times it was edited.
    pub edits: u32,
    /// Only its addressee sees it.
    pub ephemeral: bool,
    /// "Greenroom is thinking": deferred and not answered yet.
    pub thinking: bool,
    /// Sent with notifications suppressed.
    pub silent: bool,
    /// The webhook that posted it.
    pub webhook: Option<Id>,
    /// The thread that hangs on it.
    pub thread: Option<Id>,
    /// Who used which command, when it answers one.
    pub invoked: Option<Invoked>,
}

#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Author {
    pub id: Id,
    pub name: String,
    pub avatar_url: String,
    /// Wears the "APP" badge: the bot or a webhook.
    pub bot: bool,
}

#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Invoked {
    pub by: String,
    /// `None` for the answer to a button.
    pub command: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Embed {
    pub title: Option<String>,
    pub url: Option<String>,
    pub description: Option<String>,
    pub color: Option<u32>,
    pub fields: Vec<Field>,
    pub footer: Option<String>,
    pub author: Option<String>,
    pub image_url: Option<String>,
    pub thumbnail_url: Option<String>,
    pub timestamp: Option<String>,
}

#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub value: String,
    pub inline: bool,
}

#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Component {
    Button(Button),
    Select(Select),
}

#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Button {
    pub style: ButtonStyle,
    pub label: String,
    pub emoji: Option<String>,
    /// Absent on link buttons.
    pub custom_id: Option<String>,
    /// Present on link buttons only.
    pub url: Option<String>,
    pub disabled: bool,
}

#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ButtonStyle {
    Primary,
    Secondary,
    Success,
    Danger,
    Link,
    Premium,
}

#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Select {
    pub custom_id: String,
    pub placeholder: Option<String>,
    pub options: Vec<Choice>,
    pub disabled: bool,
}

/// A suggestion of autocomplete, or an entry of a select.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Choice {
    pub name: String,
    pub value: String,
}

/// A form the bot opened.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Modal {
    /// The interaction that opened it.
    pub interaction: Id,
    pub custom_id: String,
    pub title: String,
    pub inputs: Vec<ModalInput>,
}

#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct ModalInput {
    pub custom_id: String,
    pub label: String,
    pub value: String,
    pub required: bool,
    pub long: bool,
}

/// Somebody of the cast.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Someone {
    pub id: Id,
    /// Lower-case name: what `Discord::person` takes.
    pub key: String,
    pub name: String,
    pub avatar_url: String,
    /// One line for the person chooser.
    pub about: String,
}

/// A channel or thread as somebody sees it.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Place {
    pub id: Id,
    pub guild: Option<Id>,
    pub guild_name: Option<String>,
    pub name: String,
    pub kind: PlaceKind,
    pub parent: Option<Id>,
    pub topic: Option<String>,
    pub archived: bool,
    pub can_send: bool,
}

#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    Text,
    Announcement,
    Voice,
    Stage,
    Forum,
    Thread,
    PrivateThread,
    Dm,
}

/// A slash command as the command box offers it.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Command {
    pub id: Id,
    /// With its subcommand: `room end`.
    pub name: String,
    pub description: String,
    pub options: Vec<CommandOption>,
}

#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct CommandOption {
    pub name: String,
    pub description: String,
    pub required: bool,
    pub autocomplete: bool,
    pub choices: Vec<Choice>,
}

impl Message {
    /// Everything there is to read on it, top to bottom: content, embeds, labels excluded.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        lines.extend(Some(self.content.clone()).filter(|content| !content.is_empty()));
        for embed in &self.embeds {
            lines.extend([&embed.author, &embed.title, &embed.description].into_iter().flatten().cloned());
            lines.extend(embed.fields.iter().map(|field| format!("{}\n{}", field.name, field.value)));
            lines.extend(embed.footer.clone());
        }
        lines.join("\n")
    }

    pub fn buttons(&self) -> impl Iterator<Item = &Button> {
        self.components.iter().flatten().filter_map(|component| match component {
            Component::Button(button) => Some(button),
            Component::Select(_) => None,
        })
    }

    /// The button with this label or custom id.
    pub fn button(&self, name: &str) -> Option<&Button> {
        self.buttons().find(|button| button.label == name || button.custom_id.as_deref() == Some(name))
    }

    /// Where the first link button leads.
    pub fn link(&self) -> Option<&str> {
        self.buttons().find_map(|button| button.url.as_deref())
    }
}
