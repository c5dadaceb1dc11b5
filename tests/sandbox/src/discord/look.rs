//! What people see of what is kept.

use serde_json::Value;

use super::{
    id::Id,
    picture,
    state::{Channel, EPHEMERAL, Kind, LOADING, SILENT, SUPPRESS_EMBEDS, State, Stored, Writer},
    view::{
        Author, Button, ButtonStyle, Choice, Component, Embed, Field, Invoked, Message, Place, PlaceKind, Select,
        Someone,
    },
};

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

impl State {
    pub fn avatar_url(&self, user: Id) -> String {
        match self.users.get(&user).and_then(picture::hash_of) {
            Some(hash) => format!("{}/avatars/{user}/{hash}.webp", self.base),
            None => format!("{}/avatars/{user}.svg", self.base),
        }
    }

    pub fn someone(&self, id: Id) -> Option<Someone> {
        let user = self.users.get(&id)?;
        Some(Someone {
            id,
            key: user.username.clone(),
            name: self.display_name(id),
            avatar_url: self.avatar_url(id),
            about: user.about.clone(),
        })
    }

    /// A message as its readers see it.
    pub fn seen(&self, message: &Stored) -> Message {
        let author = match &message.writer {
            Writer::User(id) => Author {
                id: *id,
                name: self.display_name(*id),
                avatar_url: self.avatar_url(*id),
                bot: self.users.get(id).is_none_or(|user| user.bot),
            },
            // Pictures of the outside world stay there: a webhook of the bot wears the bot's.
            Writer::Webhook { id, name, .. } => {
                Author { id: *id, name: name.clone(), avatar_url: self.avatar_url(self.bot), bot: true }
            }
        };
        let webhook = match &message.writer {
            Writer::Webhook { id, .. } => Some(*id),
            Writer::User(_) => None,
        };
        let shows_embeds = message.flags & SUPPRESS_EMBEDS == 0;
        Message {
            id: message.id,
            channel: message.channel,
            author,
            content: message.content.clone(),
            embeds: message.embeds.iter().filter(|_| shows_embeds).map(embed).collect(),
            components: message
                .components
                .iter()
                .map(|row| array(&row["components"]).iter().filter_map(component).collect())
                .collect(),
            sent_at: message.sent_at,
            edited_at: message.edited_at,
            edits: message.edits,
            ephemeral: message.flags & EPHEMERAL != 0,
            thinking: message.flags & LOADING != 0,
            silent: message.flags & SILENT != 0,
            webhook,
            thread: message.thread,
            invoked: message
                .origin
                .as_ref()
                .map(|origin| Invoked { by: self.display_name(origin.user), command: origin.command.clone() }),
        }
    }

    /// What `reader` sees in the channel, oldest first; private answers only where they are theirs.
    pub fn seen_in(&self, channel: Id, reader: Option<Id>) -> Vec<Message> {
        let is_shown =
            |message: &&Stored| message.only_for.is_none() || (reader.is_some() && message.only_for == reader);
        self.messages_in(channel).filter(is_shown).map(|message| self.seen(message)).collect()
    }

    /// The sidebar: channels in their order with their threads below them, then the conversation with the bot.
    pub fn sidebar(&self, user: Id) -> Vec<Place> {
        let mut channels: Vec<&Channel> =
            self.channels.values().filter(|channel| channel.thread.is_none() && self.sees(user, channel)).collect();
        channels.sort_by_key(|channel| (channel.kind == Kind::Dm, channel.position, channel.id));
        let threads_of = |parent: Id| {
            self.channels.values().filter(move |channel| channel.thread.is_some() && channel.parent == Some(parent))
        };
        channels
            .into_iter()
            .flat_map(|channel| std::iter::once(channel).chain(threads_of(channel.id)))
            .filter(|channel| self.sees(user, channel))
            .map(|channel| self.place(channel, user))
            .collect()
    }

    fn place(&self, channel: &Channel, user: Id) -> Place {
        let in_guild = channel.kind != Kind::Dm;
        Place {
            id: channel.id,
            guild: in_guild.then_some(self.guild.id),
            guild_name: in_guild.then(|| self.guild.name.clone()),
            name: if in_guild { channel.name.clone() } else { self.display_name(self.bot) },
            kind: match channel.kind {
                Kind::Text => PlaceKind::Text,
                Kind::Dm => PlaceKind::Dm,
                Kind::Voice => PlaceKind::Voice,
                Kind::Announcement => PlaceKind::Announcement,
                Kind::PublicThread => PlaceKind::Thread,
                Kind::PrivateThread => PlaceKind::PrivateThread,
                Kind::Stage => PlaceKind::Stage,
                Kind::Forum => PlaceKind::Forum,
            },
            parent: channel.parent,
            topic: channel.topic.clone(),
            archived: channel.thread.as_ref().is_some_and(|thread| thread.archived),
            can_send: self.may_send(user, channel),
        }
    }
}

fn embed(embed: &Value) -> Embed {
    Embed {
        title: text(&embed["title"]),
        url: text(&embed["url"]),
        description: text(&embed["description"]),
        color: embed["color"].as_u64().and_then(|color| u32::try_from(color).ok()),
        fields: array(&embed["fields"])
            .iter()
            .map(|field| Field {
                name: text(&field["name"]).unwrap_or_default(),
                value: text(&field["value"]).unwrap_or_default(),
                inline: field["inline"].as_bool().unwrap_or_default(),
            })
            .collect(),
        footer: text(&embed["footer"]["text"]),
        author: text(&embed["author"]["name"]),
        image_url: text(&embed["image"]["url"]),
        thumbnail_url: text(&embed["thumbnail"]["url"]),
        timestamp: text(&embed["timestamp"]),
    }
}

fn component(component: &Value) -> Option<Component> {
    let disabled = component["disabled"].as_bool().unwrap_or_default();
    let custom_id = text(&component["custom_id"]);
    if component["type"] == 2 {
        let style = match component["style"].as_u64() {
            Some(1) => ButtonStyle::Primary,
            Some(3) => ButtonStyle::Success,
            Some(4) => ButtonStyle::Danger,
            Some(5) => ButtonStyle::Link,
            Some(6) => ButtonStyle::Premium,
            _ => ButtonStyle::Secondary,
        };
        let label = text(&component["label"]).unwrap_or_default();
        let (emoji, url) = (text(&component["emoji"]["name"]), text(&component["url"]));
        return Some(Component::Button(Button { style, label, emoji, custom_id, url, disabled }));
    }
    let options = array(&component["options"]).iter().map(|option| Choice {
        name: text(&option["label"]).unwrap_or_default(),
        value: text(&option["value"]).unwrap_or_default(),
    });
    Some(Component::Select(Select {
        custom_id: custom_id?,
        placeholder: text(&component["placeholder"]),
        options: options.collect(),
        disabled,
    }))
}
