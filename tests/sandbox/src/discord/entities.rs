//! What the stand-in keeps: people, roles, channels, messages, interactions.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::watch;

use super::{
    id::Id,
    permissions::Overwrite,
    view::{Choice, Modal},
};

#[derive(Clone, Debug)]
pub struct Guild {
    pub id: Id,
    pub name: String,
    pub owner: Id,
}

#[derive(Clone, Debug)]
pub struct User {
    pub id: Id,
    pub username: String,
    pub global_name: Option<String>,
    pub bot: bool,
    /// The language of the person's client.
    pub locale: String,
    /// One line for the person chooser.
    pub about: String,
}

impl User {
    pub fn name(&self) -> &str {
        self.global_name.as_deref().unwrap_or(&self.username)
    }
}

/// A user in the guild.
#[derive(Clone, Debug)]
pub struct Member {
    pub nick: Option<String>,
    pub roles: BTreeSet<Id>,
    pub joined_at: i64,
    /// Unix milliseconds; zero: never was.
    pub timed_out_until: i64,
}

#[derive(Clone, Debug)]
pub struct Role {
    pub id: Id,
    pub name: String,
    pub permissions: u64,
    pub position: u32,
    /// The bot whose own role it is.
    pub of_bot: Option<Id>,
}

/// <https://discord.com/developers/docs/resources/channel#channel-object-channel-types>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Text = 0,
    Dm = 1,
    Voice = 2,
    Announcement = 5,
    PublicThread = 11,
    PrivateThread = 12,
    Stage = 13,
    Forum = 15,
}

#[derive(Clone, Debug)]
pub struct Channel {
    pub id: Id,
    pub kind: Kind,
    pub name: String,
    pub topic: Option<String>,
    pub position: u32,
    /// Of a thread: where it hangs.
    pub parent: Option<Id>,
    pub overwrites: Vec<Overwrite>,
    pub last_message: Option<Id>,
    pub thread: Option<Thread>,
    /// Of a conversation: the person in it.
    pub recipient: Option<Id>,
}

/// What threads have beside.
#[derive(Clone, Debug)]
pub struct Thread {
    pub owner: Id,
    pub archived: bool,
    pub locked: bool,
    /// When it was last archived or brought back, unix milliseconds.
    pub turned_at: i64,
    /// Who is in it, and since when.
    pub members: BTreeMap<Id, i64>,
    pub messages: u32,
}

#[derive(Clone, Debug)]
pub struct Webhook {
    pub id: Id,
    pub channel: Id,
    pub name: String,
    pub token: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writer {
    User(Id),
    Webhook { id: Id, name: String, avatar: Option<String> },
}

/// Who is told of a message.
#[derive(Clone, Debug, Default)]
pub struct Pings {
    pub users: Vec<Id>,
    pub roles: Vec<Id>,
    pub everyone: bool,
}

/// A message as it is kept. Embeds and components are as they go out.
#[derive(Clone, Debug)]
pub struct Stored {
    pub id: Id,
    pub channel: Id,
    pub writer: Writer,
    /// <https://discord.com/developers/docs/resources/message#message-object-message-types>
    pub kind: u8,
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub flags: u64,
    pub nonce: Option<Value>,
    pub pings: Pings,
    pub sent_at: i64,
    pub edited_at: Option<i64>,
    pub edits: u32,
    /// When it was edited though older than an hour.
    pub late_edits: Vec<i64>,
    /// The only person who sees it.
    pub only_for: Option<Id>,
    /// The interaction it answers.
    pub origin: Option<Origin>,
    /// The thread that hangs on it.
    pub thread: Option<Id>,
}

/// What an answer answers.
#[derive(Clone, Debug)]
pub struct Origin {
    pub interaction: Id,
    pub kind: u8,
    pub user: Id,
    /// The command's name with its subcommands.
    pub command: Option<String>,
    /// The message whose button was pressed.
    pub pressed: Option<Id>,
}

pub const SUPPRESS_EMBEDS: u64 = 1 << 2;
pub const EPHEMERAL: u64 = 1 << 6;
pub const LOADING: u64 = 1 << 7;
pub const SILENT: u64 = 1 << 12;

/// Kinds of interactions.
pub mod asks {
    pub const COMMAND: u8 = 2;
    pub const COMPONENT: u8 = 3;
    pub const AUTOCOMPLETE: u8 = 4;
    pub const MODAL: u8 = 5;
}

/// The first answer to an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    Message,
    Deferred,
    DeferredUpdate,
    Update,
    Choices,
    Modal,
}

#[derive(Clone, Debug)]
pub struct Interaction {
    pub id: Id,
    pub token: String,
    pub kind: u8,
    pub user: Id,
    pub channel: Id,
    pub made_at: i64,
    pub asked: Instant,
    pub command: Option<String>,
    /// The message whose component was used.
    pub pressed: Option<Id>,
    pub first: Option<First>,
    /// In real time, how long the first answer took.
    pub first_after: Duration,
    /// The message the first answer made or changed.
    pub original: Option<Id>,
    pub followups: Vec<Id>,
    pub modal: Option<Modal>,
    pub choices: Vec<Choice>,
    /// Turns true with the first answer.
    pub answered: watch::Sender<bool>,
}
