//! Everything the stand-in knows, behind one lock. Changes leave events for the gateway behind.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use serde_json::Value;

pub use super::entities::*;
use super::id::Id;
use crate::clock::Clock;

/// Messages kept per channel; older ones are forgotten.
const MESSAGES_MAX: usize = 5_000;

/// Interactions kept; load tests make many.
const INTERACTIONS_MAX: usize = 20_000;

/// For the first answer to an interaction, by the stand-in's clock.
pub const FIRST_ANSWER_MS: i64 = 3_000;

/// For all further answers.
pub const TOKEN_LIFE_MS: i64 = 15 * 60_000;

/// A thread goes to the archive when nobody wrote for so long.
pub const ARCHIVE_AFTER_MINUTES: i64 = 4320;

/// Which gateway sessions hear of something. <https://discord.com/developers/docs/topics/gateway#gateway-intents>
pub mod intent {
    /// Everybody hears it.
    pub const NONE: u64 = 0;
    pub const GUILDS: u64 = 1;
    pub const GUILD_MEMBERS: u64 = 1 << 1;
    pub const GUILD_MODERATION: u64 = 1 << 2;
    pub const GUILD_WEBHOOKS: u64 = 1 << 5;
    pub const GUILD_PRESENCES: u64 = 1 << 8;
    pub const GUILD_MESSAGES: u64 = 1 << 9;
    pub const MESSAGE_CONTENT: u64 = 1 << 15;
}

/// Something the gateway tells.
#[derive(Clone, Debug)]
pub struct Event {
    pub kind: &'static str,
    pub data: Value,
    pub intent: u64,
    /// Decides the shard; without one it is the first.
    pub guild: Option<Id>,
}

/// The commands of one scope, as they go out.
#[derive(Clone, Debug, Default)]
pub struct Commands {
    pub global: Vec<Value>,
    pub guild: Vec<Value>,
}

/// See the module.
pub struct State {
    clock: Clock,
    /// Ids made so far.
    made: u64,
    /// The bot's user and the application, which share an id.
    pub bot: Id,
    pub guild: Guild,
    pub users: BTreeMap<Id, User>,
    pub members: BTreeMap<Id, Member>,
    pub roles: BTreeMap<Id, Role>,
    pub channels: BTreeMap<Id, Channel>,
    pub webhooks: BTreeMap<Id, Webhook>,
    messages: HashMap<Id, BTreeMap<Id, Stored>>,
    interactions: HashMap<Id, Interaction>,
    tokens: HashMap<String, Id>,
    oldest_interactions: VecDeque<Id>,
    pub commands: Commands,
    events: Vec<Event>,
    /// Where pictures are.
    pub base: String,
}

impl State {
    /// A server without anybody and anything.
    pub fn new(clock: Clock, bot: Id, base: String) -> Self {
        let nobody = Id(0);
        Self {
            clock,
            made: 0,
            bot,
            guild: Guild { id: nobody, name: String::new(), owner: nobody },
            users: BTreeMap::new(),
            members: BTreeMap::new(),
            roles: BTreeMap::new(),
            channels: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            messages: HashMap::new(),
            interactions: HashMap::new(),
            tokens: HashMap::new(),
            oldest_interactions: VecDeque::new(),
            commands: Commands::default(),
            events: vec![],
            base,
        }
    }

    /// Unix milliseconds.
    pub fn now(&self) -> i64 {
        self.clock.unix_ms()
    }

    /// An id of this moment.
    pub fn id(&mut self) -> Id {
        self.id_before(0)
    }

    /// An id of `ms` milliseconds ago.
    pub fn id_before(&mut self, ms: i64) -> Id {
        self.made += 1;
        Id::at(self.now() - ms, self.made)
    }

    /// Tells the gateway.
    pub fn tell(&mut self, kind: &'static str, intent: u64, data: Value) {
        let guild = Some(self.guild.id);
        self.events.push(Event { kind, data, intent, guild });
    }

    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Whether the bot is (still) in the guild.
    pub fn bot_is_in(&self) -> bool {
        self.members.contains_key(&self.bot)
    }

    pub fn is_commands_scope(&self, guild: Id) -> bool {
        guild == self.guild.id && self.bot_is_in()
    }

    /// What somebody is called there: nickname, else global name, else username.
    pub fn display_name(&self, user: Id) -> String {
        let nick = self.members.get(&user).and_then(|member| member.nick.clone());
        nick.or_else(|| self.users.get(&user).map(|user| user.name().to_owned())).unwrap_or_default()
    }

    /// Somebody by lower-case name or id.
    pub fn user_named(&self, name: &str) -> Option<&User> {
        let id: Option<Id> = name.parse().ok();
        self.users.values().find(|user| user.username == name || Some(user.id) == id)
    }

    pub fn role_named(&self, name: &str) -> Option<&Role> {
        let id: Option<Id> = name.parse().ok();
        self.roles.values().find(|role| role.name.eq_ignore_ascii_case(name) || Some(role.id) == id)
    }

    /// A channel of the guild or any conversation, by name (`"general"`, `"#general"`) or id.
    pub fn channel_named(&self, name: &str) -> Option<&Channel> {
        let name = name.trim_start_matches('#');
        let id: Option<Id> = name.parse().ok();
        let by_id = id.and_then(|id| self.channels.get(&id));
        by_id.or_else(|| self.channels.values().find(|channel| channel.kind != Kind::Dm && channel.name == name))
    }

    /// The same as `user` means it: `"dm"` is their conversation with the bot.
    pub fn channel_for(&self, user: Id, name: &str) -> Option<&Channel> {
        if name.eq_ignore_ascii_case("dm") {
            return self.channels.values().find(|channel| channel.recipient == Some(user));
        }
        self.channel_named(name).filter(|channel| channel.kind != Kind::Dm || channel.recipient == Some(user))
    }

    /// The channel's messages, oldest first.
    pub fn messages_in(&self, channel: Id) -> impl DoubleEndedIterator<Item = &Stored> {
        self.messages.get(&channel).into_iter().flat_map(BTreeMap::values)
    }

    pub fn message(&self, id: Id) -> Option<&Stored> {
        self.messages.values().find_map(|messages| messages.get(&id))
    }

    pub fn message_in(&self, channel: Id, id: Id) -> Option<&Stored> {
        self.messages.get(&channel)?.get(&id)
    }

    pub fn message_mut(&mut self, id: Id) -> Option<&mut Stored> {
        self.messages.values_mut().find_map(|messages| messages.get_mut(&id))
    }

    /// Posts. An archived thread comes back, a full channel forgets its oldest message.
    pub fn post(&mut self, message: Stored) {
        let (id, channel) = (message.id, message.channel);
        let is_public = message.only_for.is_none();
        let messages = self.messages.entry(channel).or_default();
        messages.insert(id, message);
        if messages.len() > MESSAGES_MAX {
            messages.pop_first();
        }
        if is_public && let Some(place) = self.channels.get_mut(&channel) {
            place.last_message = Some(id);
            if let Some(thread) = &mut place.thread {
                thread.messages += 1;
            }
            self.unarchive(channel);
        }
    }

    /// Brings a thread back from the archive.
    pub fn unarchive(&mut self, channel: Id) {
        let now = self.now();
        let thread = self.channels.get_mut(&channel).and_then(|channel| channel.thread.as_mut());
        if let Some(thread) = thread.filter(|thread| thread.archived) {
            thread.archived = false;
            thread.turned_at = now;
            self.tell_channel("THREAD_UPDATE", channel);
        }
    }

    pub fn delete_message(&mut self, id: Id) -> Option<Stored> {
        self.messages.values_mut().find_map(|messages| messages.remove(&id))
    }

    /// A channel and what is in it goes.
    pub fn forget_channel(&mut self, id: Id) -> Option<Channel> {
        self.messages.remove(&id);
        self.webhooks.retain(|_, webhook| webhook.channel != id);
        self.channels.remove(&id)
    }

    pub fn interaction(&self, id: Id) -> Option<&Interaction> {
        self.interactions.get(&id)
    }

    pub fn interaction_mut(&mut self, id: Id) -> Option<&mut Interaction> {
        self.interactions.get_mut(&id)
    }

    pub fn interaction_of(&self, token: &str) -> Option<&Interaction> {
        self.interactions.get(self.tokens.get(token)?)
    }

    pub fn keep_interaction(&mut self, interaction: Interaction) {
        self.oldest_interactions.push_back(interaction.id);
        self.tokens.insert(interaction.token.clone(), interaction.id);
        self.interactions.insert(interaction.id, interaction);
        if self.oldest_interactions.len() > INTERACTIONS_MAX
            && let Some(oldest) = self.oldest_interactions.pop_front()
            && let Some(interaction) = self.interactions.remove(&oldest)
        {
            self.tokens.remove(&interaction.token);
        }
    }

    /// Notes the first answer and wakes whoever waits for it.
    pub fn answer_first(&mut self, id: Id, first: First, original: Option<Id>) {
        let Some(interaction) = self.interactions.get_mut(&id) else { return };
        interaction.first = Some(first);
        interaction.first_after = interaction.asked.elapsed().max(Duration::from_nanos(1));
        interaction.original = original;
        interaction.answered.send_replace(true);
    }
}
