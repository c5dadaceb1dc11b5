//! What the private answers say. Data in, text and buttons out; pure.
//!
//! Private answers are in the person's language; the card they may point to is in the guild's.

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serenity::builder::{
    CreateActionRow, CreateButton, CreateInteractionResponse, CreateInteractionResponseMessage, EditInteractionResponse,
};

use super::join_custom_id;
use crate::{
    access::{Link, Role},
    words::{self, Locale, Time, Value, Words},
};

/// Why something is not done for moderators and admins.
mod denial;

/// What is said about guests.
mod guest;

/// Why there is no way in.
mod refusal;

/// What staff and lists of rooms say.
mod staff;

pub use self::{
    denial::Denial,
    guest::{ENTRIES_MAX, Invited},
    refusal::Refusal,
    staff::{Checked, FORM, Field, Reason},
};

/// Names of who is inside that are listed; the others are counted.
const NAMES_SHOWN: usize = 10;
/// Characters of a link button's address. <https://discord.com/developers/docs/components/reference#button>
const URL_MAX: usize = 512;
/// Characters of a topic.
pub const TOPIC_MAX: usize = 200;
/// Characters of a guest's name: with the mark behind it, it is shown whole.
pub const GUEST_NAME_MAX: usize = 30;

/// One private answer, whichever way it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub content: String,
    pub rows: Vec<CreateActionRow>,
}

impl Said {
    /// As the first answer, for the person alone.
    pub fn first(self) -> CreateInteractionResponse {
        let message = CreateInteractionResponseMessage::new().ephemeral(true).content(self.content);
        CreateInteractionResponse::Message(message.components(self.rows))
    }

    /// As the first answer to a press, in place of what was pressed.
    pub fn replace(self) -> CreateInteractionResponse {
        let message = CreateInteractionResponseMessage::new().content(self.content);
        CreateInteractionResponse::UpdateMessage(message.components(self.rows))
    }

    /// In place of what was said or promised before.
    pub fn edit(self) -> EditInteractionResponse {
        EditInteractionResponse::new().content(self.content).components(self.rows)
    }
}

/// Whom we speak to, and where.
#[derive(Debug, Clone, Copy)]
pub struct Speaker<'a> {
    pub words: &'a Words,
    /// The person's language.
    pub locale: Locale,
    /// The guild's: that of the card and its button.
    pub guild_locale: Locale,
    /// How `/video` is written: a mention that Discord makes clickable, once its id is known.
    pub video: &'a str,
}

/// A way in.
#[derive(Debug)]
pub struct Entrance<'a> {
    pub title: &'a str,
    /// The channel's own room, opened by the bare command.
    pub is_own: bool,
    pub channel_id: u64,
    pub person: &'a str,
    pub link: &'a Link,
    pub role: Role,
    /// Who is inside, in the order they came; the audience is counted only.
    pub inside: Vec<String>,
    pub watching: u32,
    /// The person is inside already.
    pub moves: bool,
    pub elsewhere: Option<Elsewhere>,
    pub posting: Posting,
}

/// A room of the same name in another channel, which the person may come into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    pub room_key: String,
    pub title: String,
    pub channel_id: u64,
    pub inside: u32,
}

/// How the channel will hear of the room, as far as the person should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Posting {
    Card,
    /// As a plain bot message, and the person could give us what a webhook takes.
    AsBotTell,
    /// Not at all: the channel was set up so.
    Off,
    /// Not at all. In a voice channel writing takes Connect too.
    Nowhere {
        voice: bool,
    },
}

impl Speaker<'_> {
    fn say(&self, id: &str, args: &[(&str, Value<'_>)]) -> String {
        let join = self.words.say(self.guild_locale, "card-join", &[]);
        let mut all = vec![("command", self.video.into()), ("join", join.into())];
        all.extend_from_slice(args);
        self.words.say(self.locale, id, &all)
    }

    pub fn enter(&self, entrance: &Entrance<'_>) -> Said {
        let url = entrance.link.url.expose_secret();
        let mut lines = vec![self.headline(entrance), self.whose(entrance), format!("<{url}>")];
        if entrance.role == Role::Audience {
            lines.push(self.say("reply-audience", &[]));
        }
        if entrance.moves {
            lines.push(self.say("reply-moves", &[]));
        }
        lines.extend(self.posting(entrance));
        lines.extend(entrance.elsewhere.as_ref().map(|elsewhere| self.elsewhere(elsewhere)));
        Said { content: lines.join("\n"), rows: self.buttons(entrance) }
    }

    fn headline(&self, entrance: &Entrance<'_>) -> String {
        let room = words::name(entrance.title);
        if entrance.inside.is_empty() && entrance.watching == 0 {
            return self.say("reply-open", &[("room", room.into())]);
        }
        if entrance.inside.is_empty() {
            return self.say("reply-watched", &[("room", room.into()), ("count", entrance.watching.into())]);
        }
        let shown: Vec<String> = entrance.inside.iter().take(NAMES_SHOWN).map(|name| words::name(name)).collect();
        let names = self.words.list(self.locale, &shown, entrance.inside.len() - shown.len());
        let args = [("room", room.into()), ("count", entrance.inside.len().into()), ("names", names.into())];
        self.say("reply-live", &args)
    }

    fn whose(&self, entrance: &Entrance<'_>) -> String {
        let time = words::time(entrance.link.expires_at, Time::Clock);
        let whose = self.say("reply-link", &[("name", words::name(entrance.person).into()), ("time", time.into())]);
        let again = match entrance.posting {
            Posting::Nowhere { .. } | Posting::Off => {
                self.say("reply-again-command", &[("command", self.command(entrance.title, entrance.is_own).into())])
            }
            Posting::Card | Posting::AsBotTell => self.say("reply-again-card", &[]),
        };
        format!("{whose} {again}")
    }

    fn posting(&self, entrance: &Entrance<'_>) -> Option<String> {
        let id = match entrance.posting {
            Posting::Card => return None,
            Posting::AsBotTell => return Some(self.say("reply-as-bot", &[])),
            Posting::Off => "reply-off",
            Posting::Nowhere { voice: false } => "reply-not-posted",
            Posting::Nowhere { voice: true } => "reply-not-posted-voice",
        };
        let command = self.command(entrance.title, entrance.is_own);
        Some(self.say(id, &[("channel", channel(entrance.channel_id)), ("command", command.into())]))
    }

    fn elsewhere(&self, elsewhere: &Elsewhere) -> String {
        let room = words::name(&elsewhere.title);
        let args =
            [("room", room.into()), ("channel", channel(elsewhere.channel_id)), ("count", elsewhere.inside.into())];
        self.say(if elsewhere.inside == 0 { "reply-elsewhere-open" } else { "reply-elsewhere" }, &args)
    }

    fn buttons(&self, entrance: &Entrance<'_>) -> Vec<CreateActionRow> {
        let mut buttons = Vec::new();
        let url = entrance.link.url.expose_secret();
        if url.len() <= URL_MAX {
            // Labels are no markdown: nothing to escape, and 80 characters at most.
            let person = words::clean(entrance.person);
            let label = self.say("reply-enter", &[("name", words::clip(&person, 40).into())]);
            buttons.push(CreateButton::new_link(url).label(label));
        }
        if let Some(elsewhere) = &entrance.elsewhere {
            let label = self.say("reply-elsewhere-join", &[]);
            buttons.push(CreateButton::new(join_custom_id(&elsewhere.room_key)).label(label));
        }
        if buttons.is_empty() { Vec::new() } else { vec![CreateActionRow::Buttons(buttons)] }
    }

    /// What to type for this room. Mentions take no arguments, so a named room's command stands as code.
    fn command(&self, title: &str, is_own: bool) -> String {
        if is_own {
            return self.video.to_owned();
        }
        // Inside code nothing is escaped, and only backticks end it.
        format!("`/video {}`", words::clip(&words::clean(title).replace('`', "'"), 60))
    }

    /// A suggestion's label: plain text of at most 100 characters.
    pub fn choice(&self, title: &str, is_open: bool, inside: u32) -> String {
        let title = words::clean(title);
        let room = words::clip(&title, 70);
        match (is_open, inside) {
            (false, _) => words::clip(&title, 100).into_owned(),
            (true, 0) => self.say("choice-open", &[("room", room.into())]),
            (true, inside) => self.say("choice-live", &[("room", room.into()), ("count", inside.into())]),
        }
    }
}

fn channel(id: u64) -> Value<'static> {
    format!("<#{id}>").into()
}

#[cfg(test)]
mod tests;
