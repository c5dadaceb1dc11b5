//! Channels with rooms, and people who come and go in them.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use serde_json::json;

use super::{Failed, Result, card::Picture, until};
use crate::{
    Sandbox,
    discord::{Id, Message},
    signalwire::{scripted::Member, token::Claims},
};

/// Rooms opened at once.
const AT_ONCE: usize = 24;
const OPENED: Duration = Duration::from_secs(90);

/// One room in one channel, opened by `/video`.
#[derive(Clone, Debug)]
pub struct Place {
    pub channel: Id,
    pub title: String,
    /// The room's name at SignalWire.
    pub video_name: String,
}

/// The server with everybody who ever came.
pub struct Town {
    pub sandbox: Sandbox,
    born: AtomicUsize,
}

impl Town {
    pub fn new(sandbox: &Sandbox) -> Self {
        Self { sandbox: sandbox.clone(), born: AtomicUsize::new(0) }
    }

    /// A channel each for so many rooms, named after it. `name` tells them from others.
    pub fn channels(&self, name: &str, count: usize) -> Vec<(Id, String)> {
        let open = |n| {
            // A hyphen would be escaped in what Discord gets.
            let title = format!("{name}{n}");
            (self.sandbox.discord.add_channel(&title), title)
        };
        (0..count).map(open).collect()
    }

    /// Mira opens a room in each of these channels; once every card is posted.
    pub async fn open(&self, channels: Vec<(Id, String)>) -> Result<Vec<Place>> {
        let discord = &self.sandbox.discord;
        let opening = channels.iter().map(|(channel, title)| async move {
            let answer = discord.person("mira").runs(&channel.to_string(), "video", &[("room", title)]).await;
            match answer.problem() {
                Some(problem) => Err(Failed::new(format!("{title} can't be opened: {problem}"))),
                None => Ok(()),
            }
        });
        let opened: Vec<Result<()>> = stream::iter(opening).buffer_unordered(AT_ONCE).collect().await;
        opened.into_iter().collect::<Result<Vec<()>>>()?;
        let mut places = Vec::new();
        for (channel, title) in channels {
            let there = || self.video_name(&title).filter(|_| self.cards(channel, &title).len() == 1);
            let video_name = until(&format!("the card of {title}"), OPENED, there).await?;
            places.push(Place { channel, title, video_name });
        }
        Ok(places)
    }

    fn video_name(&self, title: &str) -> Option<String> {
        let rooms = self.sandbox.signalwire.rooms();
        rooms.into_iter().find(|room| room.settings.display_name.as_deref() == Some(title)).map(|room| room.name)
    }

    /// Somebody new on the server comes into the room.
    pub fn newcomer(&self, place: &Place) -> Result<Member> {
        let name = format!("P{}", self.born.fetch_add(1, Ordering::Relaxed));
        let user = self.sandbox.discord.add_person(&name);
        self.enters(place, &name, user)
    }

    /// Somebody known comes in.
    pub fn enters(&self, place: &Place, name: &str, user: Id) -> Result<Member> {
        let claims = Claims {
            user_name: Some(name.to_owned()),
            room_name: place.video_name.clone(),
            meta: Some(json!({ "discord_user_id": user.to_string(), "role": "member" })),
            ..Claims::default()
        };
        let entered = self.sandbox.signalwire.admit(claims);
        entered.map_err(|refused| Failed::new(format!("{name} can't come into {}: {refused}", place.title)))
    }

    /// Everybody is put out of these rooms.
    pub fn end(&self, places: &[Place]) {
        let video = self.sandbox.signalwire.video();
        for session in places.iter().filter_map(|place| video.live_session(&place.video_name)) {
            video.end(&session.id);
        }
    }

    /// The messages in the channel that are cards of this room.
    fn cards(&self, channel: Id, title: &str) -> Vec<Message> {
        let messages = self.sandbox.discord.messages(&channel.to_string());
        messages.into_iter().filter(|message| Picture::on(message, title).is_some()).collect()
    }

    /// How many cards the room has.
    pub fn cards_of(&self, place: &Place) -> usize {
        self.cards(place.channel, &place.title).len()
    }

    /// What the room's newest card says.
    pub fn shown(&self, place: &Place) -> Option<Picture> {
        Picture::on(self.cards(place.channel, &place.title).last()?, &place.title)
    }

    pub fn truth(&self, place: &Place) -> Picture {
        Picture::of(&self.sandbox.signalwire, &place.video_name)
    }

    /// Whether the channel shows the room as it is.
    pub fn is_right(&self, place: &Place) -> bool {
        self.shown(place).is_some_and(|shown| shown.shows(&self.truth(place)))
    }

    /// Those whose channel does not show them as they are, in words.
    pub fn wrong(&self, places: &[Place]) -> Vec<String> {
        let wrong = places.iter().filter(|place| !self.is_right(place));
        wrong.map(|place| format!("{}: {:?}, not {:?}", place.title, self.shown(place), self.truth(place))).collect()
    }

    /// The room's lines, oldest first.
    pub fn lines(&self, place: &Place) -> Vec<String> {
        let start = format!("**{}:** ", place.title);
        let messages = self.sandbox.discord.messages(&place.channel.to_string());
        messages.iter().filter_map(|message| message.content.strip_prefix(&start).map(str::to_owned)).collect()
    }

    /// People who were told to have come by more than one line of the room, with those lines.
    pub fn told_twice(&self, place: &Place) -> Vec<String> {
        let lines = self.lines(place);
        let mut by_name: HashMap<&str, Vec<&str>> = HashMap::new();
        for line in &lines {
            for name in joined(line) {
                by_name.entry(name).or_default().push(line);
            }
        }
        let mut twice: Vec<String> =
            by_name.into_values().filter(|lines| lines.len() > 1).map(|lines| lines.join(" / ")).collect();
        twice.sort_unstable();
        twice.dedup();
        twice
    }
}

/// Who a line says came, as far as it names them.
fn joined(line: &str) -> impl Iterator<Item = &str> {
    let joined = line.split(" · ").find_map(|part| part.strip_suffix(" joined")).unwrap_or_default();
    joined.split(", ").flat_map(|names| names.split(" and ")).filter(|name| name.starts_with('P'))
}
