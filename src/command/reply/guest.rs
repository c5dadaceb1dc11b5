//! What `/room guest`, `/room guests` and answers to knocks say. Pure, as the rest of the answers.

use secrecy::ExposeSecret as _;
use serenity::{
    all::ButtonStyle,
    builder::{CreateActionRow, CreateButton, CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption},
};

use super::{Said, Speaker, channel};
use crate::{
    access::{Link, Role},
    command::custom_id::{self, GUESTS},
    store::{Guest, KnockState},
    words::{self, Time},
};

/// Entries of a menu, and characters of each line of one.
/// <https://discord.com/developers/docs/components/reference#string-select>
pub const ENTRIES_MAX: usize = 25;
const ENTRY_MAX: usize = 100;

/// A guest with the room they are let into.
#[derive(Debug)]
pub struct Invited {
    pub title: String,
    pub guest: Guest,
}

impl Speaker<'_> {
    pub fn guest_invited(&self, title: &str, guest: &Guest, link: &Link) -> Said {
        let id = if is_member(guest) { "guest-invited-member" } else { "guest-invited-audience" };
        let time = words::time(guest.expires_at, Time::Relative);
        let args =
            [("name", words::name(&guest.name).into()), ("room", words::name(title).into()), ("time", time.into())];
        let content = [self.say(id, &args), self.say("guest-link", &[]), format!("<{}>", link.url.expose_secret())];
        Said { content: content.join("\n"), rows: vec![CreateActionRow::Buttons(vec![self.revoke(guest)])] }
    }

    pub fn guests(&self, channel_id: u64, invited: &[Invited]) -> Said {
        let here = ("channel", channel(channel_id));
        if invited.is_empty() {
            return Said { content: self.say("guests-none", &[here]), rows: Vec::new() };
        }
        let content = self.say("guests-head", &[here, ("count", invited.len().into())]);
        Said { content, rows: vec![self.choice_of(invited)] }
    }

    /// That it is done, and who else may come in.
    pub fn guest_revoked(&self, title: &str, name: &str, channel_id: u64, others: &[Invited]) -> Said {
        let done =
            self.say("guest-revoked", &[("name", words::name(name).into()), ("room", words::name(title).into())]);
        if others.is_empty() {
            return Said { content: done, rows: Vec::new() };
        }
        let Said { content, rows } = self.guests(channel_id, others);
        Said { content: format!("{done}\n{content}"), rows }
    }

    /// A menu: so many lines and buttons would be more than a message holds.
    fn choice_of(&self, invited: &[Invited]) -> CreateActionRow {
        // Entries are no markdown.
        let entry = |Invited { title, guest }: &Invited| {
            let id = if is_member(guest) { "guests-member" } else { "guests-audience" };
            let (name, title) = (words::clean(&guest.name), words::clean(title));
            let about = self.say(id, &[("room", words::clip(&title, 40).into())]);
            CreateSelectMenuOption::new(words::clip(&name, ENTRY_MAX), guest.id.to_string())
                .description(words::clip(&about, ENTRY_MAX))
        };
        let options = invited.iter().take(ENTRIES_MAX).map(entry).collect();
        let menu = CreateSelectMenu::new(GUESTS, CreateSelectMenuKind::String { options });
        CreateActionRow::SelectMenu(menu.placeholder(self.say("guests-choose", &[])))
    }

    pub fn knock_answered(&self, answer: KnockState, name: &str, title: &str) -> Said {
        let id = match answer {
            KnockState::Audience => "knock-done-audience",
            KnockState::Denied => "knock-done-denied",
            _ => "knock-done-admitted",
        };
        let content = self.say(id, &[("name", words::name(name).into()), ("room", words::name(title).into())]);
        Said { content, rows: Vec::new() }
    }

    fn revoke(&self, guest: &Guest) -> CreateButton {
        // Labels are no markdown.
        let name = words::clean(&guest.name);
        let label = self.say("guest-revoke", &[("name", words::clip(&name, 40).into())]);
        CreateButton::new(custom_id::guest(guest.id)).label(label).style(ButtonStyle::Danger)
    }
}

fn is_member(guest: &Guest) -> bool {
    guest.role == Role::Member.as_str()
}
