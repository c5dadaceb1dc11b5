//! What administrators, operators and outages do: the changes tests make from outside.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Discord, cast,
    gateway::{Identified, Order},
    id::Id,
    permissions::{self, Overwrite},
    state::{Channel, Kind, State, intent},
};

impl Discord {
    /// Puts somebody out of the guild.
    pub fn kick(&self, person: &str) {
        self.service.change(|state| {
            let user = user(state, person);
            state.members.remove(&user);
            for channel in state.channels.values_mut() {
                if let Some(thread) = &mut channel.thread {
                    thread.members.remove(&user);
                }
            }
            let data = json!({ "guild_id": state.guild.id, "user": state.user_object(user) });
            state.tell("GUILD_MEMBER_REMOVE", intent::GUILD_MEMBERS, data);
        });
    }

    /// Puts somebody out for good, which bots hear of without the members intent.
    pub fn ban(&self, person: &str) {
        self.kick(person);
        self.service.change(|state| {
            let data = json!({ "guild_id": state.guild.id, "user": state.user_object(user(state, person)) });
            state.tell("GUILD_BAN_ADD", intent::GUILD_MODERATION, data);
        });
    }

    /// Lets somebody in (again), without roles.
    pub fn let_in(&self, person: &str) {
        self.service.change(|state| {
            let user = user(state, person);
            let (roles, joined_at) = (std::collections::BTreeSet::new(), state.now());
            let member = super::state::Member { nick: None, roles, joined_at, timed_out_until: 0 };
            state.members.insert(user, member);
            let mut data = state.member_object(user).unwrap_or_default();
            data["guild_id"] = json!(state.guild.id);
            state.tell("GUILD_MEMBER_ADD", intent::GUILD_MEMBERS, data);
        });
    }

    /// Times somebody out until then, unix milliseconds; zero lifts it.
    pub fn time_out(&self, person: &str, until_ms: i64) {
        self.change_member(person, |member, _| member.timed_out_until = until_ms);
    }

    /// Sets or, with `None`, takes away somebody's nickname.
    pub fn nickname(&self, person: &str, nick: Option<&str>) {
        self.change_member(person, |member, _| member.nick = nick.map(str::to_owned));
    }

    /// `role` is a role's name, such as `Moderators`.
    pub fn give_role(&self, person: &str, role: &str) {
        self.change_member(person, |member, id| {
            member.roles.insert(id(role));
        });
    }

    pub fn take_role(&self, person: &str, role: &str) {
        self.change_member(person, |member, id| {
            member.roles.remove(&id(role));
        });
    }

    fn change_member(&self, person: &str, change: impl FnOnce(&mut super::state::Member, &dyn Fn(&str) -> Id)) {
        self.service.change(|state| {
            let user = user(state, person);
            let roles = state.roles.clone();
            let role = |name: &str| {
                let found = roles.values().find(|role| role.name.eq_ignore_ascii_case(name));
                found.unwrap_or_else(|| panic!("there is no role {name}")).id
            };
            if let Some(member) = state.members.get_mut(&user) {
                change(member, &role);
            }
            state.tell_member(user);
        });
    }

    /// Sets what a role allows in the whole guild, by names such as `VIEW_CHANNEL`.
    pub fn role_allows(&self, role: &str, permissions: &[&str]) {
        self.service.change(|state| {
            let bits = permissions::named(permissions);
            let id = state.role_named(role).unwrap_or_else(|| panic!("there is no role {role}")).id;
            let Some(role) = state.roles.get_mut(&id) else { return };
            role.permissions = bits;
            let role = role.clone();
            let data = json!({ "guild_id": state.guild.id, "role": state.role_object(&role) });
            state.tell("GUILD_ROLE_UPDATE", intent::GUILDS, data);
        });
    }

    /// Takes permissions away from the bot in one channel; a thread's are its parent's. An empty list gives all back.
    pub fn bot_lacks(&self, channel: &str, permissions: &[&str]) {
        let bot = self.service.look(|state| state.bot);
        self.overwrite(channel, bot, &[], permissions);
    }

    /// Allows and denies somebody permissions in one channel, in place of what it said about them before.
    pub fn person_in(&self, channel: &str, person: &str, allow: &[&str], deny: &[&str]) {
        let user = self.service.look(|state| user(state, person));
        self.overwrite(channel, user, allow, deny);
    }

    fn overwrite(&self, channel: &str, of: Id, allow: &[&str], deny: &[&str]) {
        let (allow, deny) = (permissions::named(allow), permissions::named(deny));
        self.service.change(|state| {
            let channel = channel_of(state, channel);
            let id = state.home(channel).unwrap_or(channel).id;
            if let Some(channel) = state.channels.get_mut(&id) {
                channel.overwrites.retain(|overwrite| overwrite.of != of);
                if allow | deny != 0 {
                    channel.overwrites.push(Overwrite { of, is_member: true, allow, deny });
                }
            }
            state.tell_channel("CHANNEL_UPDATE", id);
        });
    }

    /// Makes a text channel that everybody sees.
    pub fn add_channel(&self, name: &str) -> Id {
        self.service.change(|state| {
            let id = cast::channel(state, Kind::Text, name, None, &[]);
            state.tell_channel("CHANNEL_CREATE", id);
            id
        })
    }

    /// Somebody new joins the guild, under this name; in lower case it is their user name.
    pub fn add_person(&self, name: &str) -> Id {
        self.service.change(|state| {
            let id = cast::person(state, &name.to_lowercase(), name, "");
            cast::join(state, id, &[]);
            let mut data = state.member_object(id).unwrap_or_default();
            data["guild_id"] = json!(state.guild.id);
            state.tell("GUILD_MEMBER_ADD", intent::GUILD_MEMBERS, data);
            id
        })
    }

    pub fn rename_channel(&self, channel: &str, name: &str) {
        self.service.change(|state| {
            let id = channel_of(state, channel).id;
            let Some(channel) = state.channels.get_mut(&id) else { return };
            name.clone_into(&mut channel.name);
            let kind = if channel.thread.is_some() { "THREAD_UPDATE" } else { "CHANNEL_UPDATE" };
            state.tell_channel(kind, id);
        });
    }

    /// Deletes a channel with its threads, messages and webhooks.
    pub fn delete_channel(&self, channel: &str) {
        self.service.change(|state| {
            let channel = channel_of(state, channel);
            let id = channel.id;
            let threads: Vec<Id> = state
                .channels
                .values()
                .filter(|thread| thread.thread.is_some() && thread.parent == Some(id))
                .map(|thread| thread.id)
                .collect();
            for id in threads.into_iter().chain([id]) {
                let Some(channel) = state.channels.get(&id) else { continue };
                let (kind, data) = farewell(state, channel);
                state.tell(kind, intent::GUILDS, data);
                state.forget_channel(id);
            }
        });
    }

    /// Somebody starts a thread at a message.
    pub fn start_thread(&self, channel: &str, message: Id, name: &str) {
        self.service.change(|state| {
            let (channel, owner) = (channel_of(state, channel).id, state.guild.owner);
            state.open_thread(Kind::PublicThread, channel, name, owner, Some(message));
        });
    }

    /// Puts a thread into the archive, locked or not.
    pub fn archive(&self, thread: &str, locked: bool) {
        self.change_thread(thread, |thread, now| {
            (thread.archived, thread.locked, thread.turned_at) = (true, locked, now);
        });
    }

    /// Takes a thread out of the archive and unlocks it.
    pub fn unarchive(&self, thread: &str) {
        self.change_thread(thread, |thread, now| {
            (thread.archived, thread.locked, thread.turned_at) = (false, false, now);
        });
    }

    fn change_thread(&self, thread: &str, change: impl FnOnce(&mut super::state::Thread, i64)) {
        self.service.change(|state| {
            let (id, now) = (channel_of(state, thread).id, state.now());
            if let Some(thread) = state.channels.get_mut(&id).and_then(|channel| channel.thread.as_mut()) {
                change(thread, now);
            }
            state.tell_channel("THREAD_UPDATE", id);
        });
    }

    /// Takes somebody (`"greenroom"` is the bot) into a thread, or out of it.
    pub fn thread_has(&self, thread: &str, person: &str, is_in: bool) {
        self.service.change(|state| {
            let (id, user, now) = (channel_of(state, thread).id, user(state, person), state.now());
            let Some(channel) = state.channels.get_mut(&id) else { return };
            let Some(thread) = &mut channel.thread else { return };
            if is_in {
                thread.members.insert(user, now);
            } else {
                thread.members.remove(&user);
            }
            let count = thread.members.len();
            let channel = channel.clone();
            let mut data = json!({ "id": id, "guild_id": state.guild.id, "member_count": count });
            if let (true, Some(mut member)) = (is_in, state.thread_member(&channel, user)) {
                member["member"] = state.member_object(user).unwrap_or_default();
                member["presence"] = Value::Null;
                data["added_members"] = json!([member]);
            } else {
                data["removed_member_ids"] = json!([user]);
            }
            // Of others only with the members intent; of the bot itself always.
            let intent = if user == state.bot { intent::GUILDS } else { intent::GUILD_MEMBERS };
            state.tell("THREAD_MEMBERS_UPDATE", intent, data);
        });
    }

    pub fn delete_message(&self, channel: &str, message: Id) {
        self.service.change(|state| {
            let channel = channel_of(state, channel).id;
            state.delete_message(message);
            let data = json!({ "id": message, "channel_id": channel, "guild_id": state.guild.id });
            state.tell("MESSAGE_DELETE", intent::GUILD_MESSAGES, data);
        });
    }

    /// Deletes all webhooks of a channel, as somebody with Manage Webhooks may.
    pub fn delete_webhooks(&self, channel: &str) {
        self.service.change(|state| {
            let channel = channel_of(state, channel).id;
            state.webhooks.retain(|_, webhook| webhook.channel != channel);
            state.tell_webhooks(channel);
        });
    }

    /// How many webhooks a channel has.
    pub fn webhooks(&self, channel: &str) -> usize {
        self.service.look(|state| {
            let channel = channel_of(state, channel).id;
            state.webhooks.values().filter(|webhook| webhook.channel == channel).count()
        })
    }

    /// Puts the bot out of the guild.
    pub fn remove_bot(&self) {
        self.service.change(|state| {
            state.members.remove(&state.bot);
            state.commands.guild.clear();
            let data = json!({ "id": state.guild.id });
            state.tell("GUILD_DELETE", intent::GUILDS, data);
        });
    }

    /// Invites the bot (again).
    pub fn invite_bot(&self) {
        self.service.change(|state| {
            let roles = state.roles.values().filter(|role| role.of_bot.is_some()).map(|role| role.id).collect();
            let joined_at = state.now();
            let member = super::state::Member { nick: None, roles, joined_at, timed_out_until: 0 };
            state.members.insert(state.bot, member);
            let data = state.guild_create();
            state.tell("GUILD_CREATE", intent::GUILDS, data);
        });
    }

    /// All commands as they are registered, the guild's and the global ones.
    pub fn commands(&self) -> Vec<Value> {
        self.service.look(|state| state.commands.guild.iter().chain(&state.commands.global).cloned().collect())
    }

    /// Drops all gateway connections, without a closing handshake.
    pub fn cut_gateway(&self) {
        self.service.faults.cut("gateway");
    }

    /// No session of now can be resumed any more. Who is connected stays connected.
    pub fn forget_gateway_sessions(&self) {
        self.service.gateway.forget();
    }

    /// Asks all connections to come back and resume (opcode 7).
    pub fn reconnect_gateway(&self) {
        self.service.gateway.order(Order::Reconnect);
    }

    /// Ends all sessions (opcode 9); `resumable` says that they may be taken up again.
    pub fn invalidate_gateway(&self, resumable: bool) {
        self.service.gateway.order(Order::Invalidate(resumable));
    }

    /// Closes all connections with this code.
    pub fn close_gateway(&self, code: u16) {
        self.service.gateway.order(Order::Close(code));
    }

    /// Closes every connection that identifies or resumes with this code, or with `None` behaves again.
    pub fn refuse_gateway(&self, code: Option<u16>) {
        self.service.gateway.refuse(code);
    }

    /// Somebody else with the bot's token begins all gateway sessions that are left today. A new day begins in `wait`.
    pub fn use_up_identifies(&self, wait: Duration) {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        self.service.gateway.use_up_identifies(self.service.clock.unix_ms().saturating_add(wait));
    }

    /// How many connections were closed so.
    pub fn refused(&self) -> u32 {
        self.service.gateway.refused()
    }

    /// Ends when exactly so many gateway connections have a session.
    pub async fn gateway_has(&self, connections: usize) {
        let mut connected = self.service.gateway.connected();
        // The sender lives in `self`.
        let _ = connected.wait_for(|now| *now == connections).await;
    }

    /// The shards that have a connection, as (shard, shards in all), each as often as it has one.
    pub fn connected_shards(&self) -> Vec<(u64, u64)> {
        self.service.gateway.shards()
    }

    /// Every IDENTIFY that was in order, the first one first.
    pub fn identified(&self) -> Vec<Identified> {
        self.service.gateway.identified()
    }

    /// How often a session was taken up again.
    pub fn resumed(&self) -> u32 {
        self.service.gateway.resumed()
    }

    /// From now on the bot's token is worth nothing.
    pub fn revoke_token(&self) {
        self.service.set_bot_token(false);
    }

    /// Takes the bot's token again.
    pub fn restore_token(&self) {
        self.service.set_bot_token(true);
    }

    /// Starts all rate limits' windows anew.
    pub fn forget_limits(&self) {
        self.service.limits.forget();
    }
}

fn user(state: &State, name: &str) -> Id {
    if name.eq_ignore_ascii_case("greenroom") {
        return state.bot;
    }
    state.user_named(name).unwrap_or_else(|| panic!("nobody is called {name}")).id
}

fn channel_of<'a>(state: &'a State, name: &str) -> &'a Channel {
    state.channel_named(name).unwrap_or_else(|| panic!("there is no channel {name}"))
}

/// What the gateway says of a channel that goes.
fn farewell(state: &State, channel: &Channel) -> (&'static str, Value) {
    if channel.thread.is_none() {
        return ("CHANNEL_DELETE", state.channel_object(channel));
    }
    let kind = if channel.kind == Kind::PrivateThread { Kind::PrivateThread } else { Kind::PublicThread };
    let data = json!({
        "id": channel.id, "guild_id": state.guild.id, "parent_id": channel.parent, "type": kind as u8,
    });
    ("THREAD_DELETE", data)
}
