//! What the command box suggests while somebody types a room: this channel's rooms, live ones first. From the
//! database alone: Discord asks at every pause in typing.

use std::time::Duration;

use serenity::{
    all::{AutocompleteChoice, CommandInteraction, CreateAutocompleteResponse},
    builder::CreateAutocompleteResponse as Suggestions,
};

use super::{
    Commands,
    register::{GREENROOM, ROOM, ROOMS, VIDEO},
    reply::Speaker,
};
use crate::{
    room::{Listed, RoomName},
    words::Locale,
};

/// Discord's limit. <https://discord.com/developers/docs/interactions/receiving-and-responding>
const CHOICES_MAX: usize = 25;

/// A suggestion that comes late suggests nothing.
const LIMIT: Duration = Duration::from_millis(800);

impl Commands {
    /// Suggestions, or none when anything is in the way: they are only hints.
    pub(super) async fn complete(&self, typing: &CommandInteraction) -> CreateAutocompleteResponse {
        let command = typing.data.name.as_str();
        let asked = typing
            .data
            .autocomplete()
            .filter(|option| [VIDEO, ROOMS, GREENROOM].contains(&command) && option.name == ROOM);
        let (Some(option), Some(_), Some(_)) = (asked, typing.guild_id, &typing.member) else {
            return Suggestions::new();
        };
        let rooms = match self.0.real.timeout(LIMIT, self.rooms.in_channel(typing.channel_id.get())).await {
            Some(Ok(rooms)) => rooms,
            Some(Err(error)) => {
                tracing::warn!(%error, "no suggestions: the database does not do its part");
                return Suggestions::new();
            }
            None => return Suggestions::new(),
        };
        // Only what is open can be ended.
        let rooms = rooms.into_iter().filter(|listed| command != ROOMS || listed.session.is_some()).collect();
        let locale = Locale::from_discord(&typing.locale);
        let video = self.video.mention();
        let speaker = Speaker { words: &self.words, locale, guild_locale: locale, video: &video };
        let choices = matching(rooms, option.value).into_iter().map(|listed| {
            let label = speaker.choice(&listed.room.title, listed.session.is_some(), listed.inside);
            AutocompleteChoice::new(label, listed.room.title)
        });
        Suggestions::new().set_choices(choices.collect())
    }
}

/// Those whose name begins with what was typed, then those that hold it, each as they came.
fn matching(rooms: Vec<Listed>, typed: &str) -> Vec<Listed> {
    let canonical = |text: &str| RoomName::parse(text).map(|name| name.canonical().to_owned());
    let Ok(typed) = (if typed.trim().is_empty() { Ok(String::new()) } else { canonical(typed) }) else {
        return Vec::new();
    };
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for listed in rooms {
        match canonical(&listed.room.title) {
            Ok(name) if name.starts_with(&typed) => first.push(listed),
            Ok(name) if name.contains(&typed) => others.push(listed),
            _ => {}
        }
    }
    first.append(&mut others);
    first.truncate(CHOICES_MAX);
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::{Place, Room};

    fn room(title: &str) -> Listed {
        let room = Room {
            key: String::new(),
            place: Place { guild_id: 1, channel_id: 2 },
            canonical: String::new(),
            title: title.to_owned(),
            video_name: String::new(),
            video_room_id: None,
            ensured_at: None,
            created_at: 0,
        };
        Listed { room, session: None, inside: 0 }
    }

    #[test]
    fn suggestions_begin_with_what_was_typed_and_then_hold_it() {
        let rooms = || ["art", "Stand Up", "late standup", "standards"].map(room).into();
        let names = |typed: &str| -> Vec<String> {
            matching(rooms(), typed).into_iter().map(|listed| listed.room.title).collect()
        };
        assert_eq!(names("STAND"), ["Stand Up", "standards", "late standup"]);
        assert_eq!(names("  "), ["art", "Stand Up", "late standup", "standards"]);
        assert_eq!(names(&"x".repeat(10_000)), Vec::<String>::new());
        assert_eq!(names("\u{202E}"), Vec::<String>::new());
        assert_eq!(matching(vec![room("a"); 60], "").len(), 25);
    }
}
