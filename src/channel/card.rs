//! The room card: what the database says about a session, as a Discord embed with its buttons. Pure.
//!
//! In: a `Card`, everything the picture depends on. Out: `Rendered`, ready to be posted or edited in. Every
//! state is said in words; colour only repeats it.

use serenity::builder::{CreateActionRow, CreateButton, CreateEmbed, CreateEmbedFooter};

use super::summary;
use crate::{
    command::join_custom_id,
    event::UNSURE_MS,
    secret,
    words::{self, Locale, Time, Value, Words},
};

/// Names that are listed; the others are counted. Discord allows 4096 characters, a phone shows about this many.
pub(super) const NAMES_SHOWN: usize = 12;
/// Characters of a topic that are shown.
const TOPIC_SHOWN: usize = 200;
/// Nobody came so far: after this the card says so.
pub const NOBODY_CAME_MS: i64 = 15 * 60_000;
/// And after this its buttons go.
pub const BUTTONS_GO_MS: i64 = 60 * 60_000;

/// Everything a card shows, as the database says it now. Names and topic are as people typed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub room_key: String,
    pub title: String,
    pub topic: Option<String>,
    pub locale: Locale,
    pub opened_by: String,
    pub opened_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub recording: bool,
    pub recording_since: Option<i64>,
    pub locked: bool,
    /// When a source last spoke of the session.
    pub last_word_at: Option<i64>,
    /// Who is inside or, once ended, who was there: the first ones by name, in the order they came.
    pub people: People,
    /// How many watch or, once ended, watched.
    pub audience: u32,
    /// Most people inside at once.
    pub peak: u32,
    /// Whether the channel wants names.
    pub names: bool,
}

/// A number of people, some of them with a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    pub count: u32,
    pub first: Vec<String>,
}

/// What a session is, for whoever looks at its card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Opened, nobody was inside yet.
    Open,
    /// Opened long ago, and nobody was ever inside.
    NobodyCame {
        joinable: bool,
    },
    Live,
    Ended,
}

/// What the configuration adds to every card.
#[derive(Debug, Clone)]
pub struct Look {
    /// `{PUBLIC_URL}/r/`, if people can sign in with Discord; without, the plain link would admit nobody.
    pub room_link: Option<String>,
    /// `ROOM_MAX_MEMBERS`
    pub max_members: u32,
    /// How `/video` is written: `</video:ID>`, which Discord makes clickable, once the id is known.
    pub video_command: String,
}

/// A card as Discord is to show it.
#[derive(Debug, Clone)]
pub struct Rendered {
    pub embed: CreateEmbed,
    /// Empty: no buttons.
    pub rows: Vec<CreateActionRow>,
    /// The text below the title, by which a card of ours is known again.
    pub text: String,
    /// Equal looks need no edit.
    pub digest: String,
}

impl Card {
    pub fn phase(&self, now: i64) -> Phase {
        let waited = now - self.opened_at;
        // Who was inside decides, also when nobody noticed the start.
        let was_entered = self.started_at.is_some() || self.people.count > 0 || self.audience > 0;
        match (was_entered, self.ended_at) {
            (true, Some(_)) => Phase::Ended,
            (true, None) => Phase::Live,
            (false, Some(_)) => Phase::NobodyCame { joinable: false },
            (false, None) if waited >= NOBODY_CAME_MS => Phase::NobodyCame { joinable: waited < BUTTONS_GO_MS },
            (false, None) => Phase::Open,
        }
    }

    /// When the card will change though nothing is recorded.
    pub fn due_at(&self, now: i64) -> Option<i64> {
        match self.phase(now) {
            Phase::Open => Some(self.opened_at + NOBODY_CAME_MS),
            Phase::NobodyCame { joinable: true } => Some(self.opened_at + BUTTONS_GO_MS),
            Phase::Live if !self.is_unsure(now) => self.last_word_at.map(|at| at + UNSURE_MS),
            _ => None,
        }
    }

    fn is_unsure(&self, now: i64) -> bool {
        self.last_word_at.is_some_and(|at| now - at >= UNSURE_MS)
    }

    pub fn render(&self, words: &Words, look: &Look, now: i64) -> Rendered {
        let phase = self.phase(now);
        let writer = Writer { card: self, words, look, now };
        let text = match phase {
            Phase::Open => writer.open(),
            Phase::NobodyCame { .. } => writer.nobody_came(),
            Phase::Live => writer.live(),
            Phase::Ended => summary::text(self, words),
        };
        let joinable = matches!(phase, Phase::Open | Phase::Live | Phase::NobodyCame { joinable: true });
        let mut embed =
            CreateEmbed::new().title(writer.title(phase)).description(&text).colour(self.colour(phase, now));
        if joinable {
            embed = embed.footer(CreateEmbedFooter::new(writer.say("card-footer", &[])));
        }
        let rows = if joinable { vec![writer.buttons()] } else { Vec::new() };
        let digest = digest(&embed, &rows);
        Rendered { embed, rows, text, digest }
    }

    fn colour(&self, phase: Phase, now: i64) -> u32 {
        const GREEN: u32 = 0x2F_9E_62;
        const PALE_GREEN: u32 = 0x8F_BF_A3;
        const RED: u32 = 0xC9_3C_3C;
        const AMBER: u32 = 0xC9_97_2B;
        const GREY: u32 = 0x80_84_8E;
        match phase {
            Phase::Open => PALE_GREEN,
            Phase::Live if self.is_unsure(now) => AMBER,
            Phase::Live if self.recording => RED,
            Phase::Live => GREEN,
            Phase::NobodyCame { .. } | Phase::Ended => GREY,
        }
    }

    /// People, named as far as the channel wants it: the message `named` with `names`, or `unnamed` without.
    pub(super) fn say_people(&self, words: &Words, id: &str, args: &[(&str, Value<'_>)]) -> String {
        let mut args = args.to_vec();
        args.push(("count", self.people.count.into()));
        if !self.names || self.people.first.is_empty() {
            return words.say(self.locale, &format!("{id}-unnamed"), &args);
        }
        let shown: Vec<String> = self.people.first.iter().take(NAMES_SHOWN).map(|name| words::name(name)).collect();
        let others = (self.people.count as usize).saturating_sub(shown.len());
        let names = if others == 0 { shown.join(", ") } else { words.list(self.locale, &shown, others) };
        args.push(("names", names.into()));
        words.say(self.locale, id, &args)
    }
}

/// One card being written.
struct Writer<'a> {
    card: &'a Card,
    words: &'a Words,
    look: &'a Look,
    now: i64,
}

impl Writer<'_> {
    fn say(&self, id: &str, args: &[(&str, Value<'_>)]) -> String {
        self.words.say(self.card.locale, id, args)
    }

    /// `id` with who opened the session, or its unnamed twin where names are off.
    fn say_opened(&self, id: &str, args: &[(&str, Value<'_>)]) -> String {
        if !self.card.names {
            return self.say(&format!("{id}-unnamed"), args);
        }
        let mut args = args.to_vec();
        args.push(("name", words::name(&self.card.opened_by).into()));
        self.say(id, &args)
    }

    fn title(&self, phase: Phase) -> String {
        let id = match phase {
            Phase::Open | Phase::NobodyCame { joinable: true } => "card-title",
            Phase::Live => "card-title-live",
            Phase::NobodyCame { joinable: false } | Phase::Ended => "card-title-ended",
        };
        self.say(id, &[("room", words::name(&self.card.title).into())])
    }

    fn open(&self) -> String {
        let ago = words::time(self.card.opened_at, Time::Relative);
        lines([self.locked(), topic(self.card), Some(self.say_opened("card-nobody-yet", &[("ago", ago.into())]))])
    }

    fn nobody_came(&self) -> String {
        let command = self.look.video_command.as_str();
        lines([topic(self.card), Some(self.say("card-nobody-came", &[("command", command.into())]))])
    }

    fn live(&self) -> String {
        let card = self.card;
        let inside = match card.people.count {
            0 => self.say("card-nobody-now", &[]),
            _ => card.say_people(self.words, "card-inside", &[]),
        };
        let since = card.started_at.unwrap_or(card.opened_at);
        let since = self.say_opened(
            "card-since",
            &[("time", words::time(since, Time::Clock).into()), ("ago", words::time(since, Time::Relative).into())],
        );
        let watching = (card.audience > 0).then(|| self.say("card-watching", &[("count", card.audience.into())]));
        lines([
            self.recording(),
            self.locked(),
            topic(card),
            Some(inside),
            self.full(),
            watching,
            Some(since),
            self.unsure(),
        ])
    }

    fn recording(&self) -> Option<String> {
        self.card.recording.then(|| match self.card.recording_since {
            Some(since) => self.say("card-recording", &[("time", words::time(since, Time::Clock).into())]),
            None => self.say("card-recording-now", &[]),
        })
    }

    fn locked(&self) -> Option<String> {
        self.card.locked.then(|| self.say("card-locked", &[]))
    }

    fn full(&self) -> Option<String> {
        let (count, max) = (self.card.people.count, self.look.max_members);
        (count >= max).then(|| self.say("card-full", &[("count", count.into()), ("max", max.into())]))
    }

    fn unsure(&self) -> Option<String> {
        let since = self.card.last_word_at.filter(|_| self.card.is_unsure(self.now))?;
        Some(self.say("card-unsure", &[("ago", words::time(since, Time::Relative).into())]))
    }

    fn buttons(&self) -> CreateActionRow {
        let join = CreateButton::new(join_custom_id(&self.card.room_key))
            .label(self.say("card-join", &[]))
            .style(serenity::model::application::ButtonStyle::Success);
        let mut buttons = vec![join];
        if let Some(link) = &self.look.room_link {
            let link = format!("{link}{}", self.card.room_key);
            buttons.push(CreateButton::new_link(link).label(self.say("card-browser", &[])));
        }
        CreateActionRow::Buttons(buttons)
    }
}

/// What the room is for, as somebody typed it.
pub(super) fn topic(card: &Card) -> Option<String> {
    let topic = words::clean(card.topic.as_deref()?);
    (!topic.is_empty()).then(|| words::escape(&words::clip(&topic, TOPIC_SHOWN)))
}

pub(super) fn lines<const N: usize>(lines: [Option<String>; N]) -> String {
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn digest(embed: &CreateEmbed, rows: &[CreateActionRow]) -> String {
    let json = serde_json::json!({ "embed": embed, "rows": rows });
    secret::base64(&secret::sha256(json.to_string())[..16])
}

#[cfg(test)]
mod tests;
