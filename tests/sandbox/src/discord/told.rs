//! What the gateway tells, beyond the plain objects: the whole guild, interactions, changes.

use serde_json::{Value, json};

use super::{
    id::Id,
    objects::{bitfield, iso},
    state::{Channel, Interaction, Kind, State, intent},
};

impl State {
    /// The guild as the gateway tells of it, channels and all the bot sees.
    pub fn guild_create(&self) -> Value {
        let mut object = self.guild_object(false);
        let joined = self.members.get(&self.bot).map_or(0, |member| member.joined_at);
        let (threads, channels): (Vec<_>, Vec<_>) =
            self.channels.values().filter(|channel| channel.kind != Kind::Dm).partition(|ch| ch.thread.is_some());
        let seen = |channel: &&&Channel| self.sees(self.bot, channel);
        let active = |channel: &&&Channel| channel.thread.as_ref().is_some_and(|thread| !thread.archived);
        object["joined_at"] = json!(iso(joined));
        object["large"] = json!(false);
        object["unavailable"] = json!(false);
        object["member_count"] = json!(self.members.len());
        object["voice_states"] = json!([]);
        // Without the members intent only the bot itself.
        object["members"] = json!([self.member_object(self.bot)]);
        object["channels"] = channels.iter().map(|channel| self.channel_object(channel)).collect();
        object["threads"] =
            threads.iter().filter(seen).filter(active).map(|channel| self.channel_object(channel)).collect();
        object["presences"] = json!([]);
        object["stage_instances"] = json!([]);
        object["guild_scheduled_events"] = json!([]);
        object["soundboard_sounds"] = json!([]);
        object
    }

    /// An interaction as the bot gets it; `data` is what was chosen, pressed or typed.
    pub fn interaction_object(&self, interaction: &Interaction, data: &Value) -> Value {
        let Some(channel) = self.channels.get(&interaction.channel) else { return Value::Null };
        let user = interaction.user;
        let locale = self.users.get(&user).map_or("en-US", |user| user.locale.as_str());
        let mut object = json!({
            "id": interaction.id,
            "application_id": self.bot,
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "data": data,
            "channel": self.partial_channel(channel, user),
            "channel_id": channel.id,
            "app_permissions": bitfield(self.permissions(self.bot, channel)),
            "locale": locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "attachment_size_limit": 10_485_760,
        });
        if channel.kind == Kind::Dm {
            object["user"] = self.user_object(user);
            object["context"] = json!(1);
            object["authorizing_integration_owners"] = json!({ "0": "0" });
        } else {
            let mut member = self.member_object(user).unwrap_or_default();
            member["permissions"] = json!(bitfield(self.permissions(user, channel)));
            object["member"] = member;
            object["guild"] = json!({ "id": self.guild.id, "locale": "en-US", "features": ["COMMUNITY"] });
            object["guild_id"] = json!(self.guild.id);
            object["guild_locale"] = json!("en-US");
            object["context"] = json!(0);
            object["authorizing_integration_owners"] = json!({ "0": self.guild.id });
        }
        if let Some(message) = interaction.pressed.and_then(|id| self.message(id)) {
            object["message"] = self.message_object(message);
        }
        object
    }

    /// Tells the gateway of a channel or thread as it is now.
    pub fn tell_channel(&mut self, kind: &'static str, id: Id) {
        let Some(channel) = self.channels.get(&id) else { return };
        // Bots hear of every channel, but only of the threads they see.
        if channel.kind == Kind::Dm || (channel.thread.is_some() && !self.sees(self.bot, channel)) {
            return;
        }
        let object = self.channel_object(channel);
        self.tell(kind, intent::GUILDS, object);
    }

    /// Tells the gateway of a member as they are now.
    pub fn tell_member(&mut self, user: Id) {
        let Some(mut object) = self.member_object(user) else { return };
        object["guild_id"] = json!(self.guild.id);
        self.tell("GUILD_MEMBER_UPDATE", intent::GUILD_MEMBERS, object);
    }
}
