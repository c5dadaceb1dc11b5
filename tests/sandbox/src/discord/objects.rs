//! Discord's objects as they go over the wire, with everything the description demands.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    id::Id,
    picture,
    state::{ARCHIVE_AFTER_MINUTES, Channel, Kind, Origin, Role, State, Stored, Webhook, Writer},
};

/// `2024-05-01T12:00:00.000000+00:00`, as Discord writes times.
pub fn iso(unix_ms: i64) -> String {
    let at = Timestamp::from_millisecond(unix_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{}.{:03}000+00:00", at.strftime("%Y-%m-%dT%H:%M:%S"), unix_ms.rem_euclid(1000))
}

/// Bitfields that may pass 2^53 are text.
pub fn bitfield(permissions: u64) -> String {
    permissions.to_string()
}

impl State {
    pub fn user_object(&self, id: Id) -> Value {
        let user = self.users.get(&id);
        let mut object = json!({
            "id": id,
            "username": user.map_or("deleted_user", |user| user.username.as_str()),
            "discriminator": "0",
            "global_name": user.and_then(|user| user.global_name.as_deref()),
            "avatar": user.and_then(picture::hash_of),
            "avatar_decoration_data": null,
            "banner": null,
            "accent_color": null,
            "public_flags": 0,
            "flags": 0,
            "primary_guild": null,
            "collectibles": null,
        });
        if user.is_some_and(|user| user.bot) {
            object["bot"] = json!(true);
            // Bots have four digits behind their names still.
            object["discriminator"] = json!("4815");
        }
        object
    }

    /// What somebody is told about themselves.
    pub fn me_object(&self, id: Id) -> Value {
        let mut object = self.user_object(id);
        object["mfa_enabled"] = json!(false);
        object["locale"] = json!(self.users.get(&id).map_or("en-US", |user| user.locale.as_str()));
        object["premium_type"] = json!(0);
        object["email"] = Value::Null;
        object["verified"] = json!(true);
        object
    }

    pub fn member_object(&self, id: Id) -> Option<Value> {
        let mut object = self.bare_member_object(id)?;
        object["user"] = self.user_object(id);
        Some(object)
    }

    fn bare_member_object(&self, id: Id) -> Option<Value> {
        let member = self.members.get(&id)?;
        let timed_out = Some(member.timed_out_until).filter(|until| *until > 0).map(iso);
        Some(json!({
            "avatar": null,
            "avatar_decoration_data": null,
            "banner": null,
            "collectibles": null,
            "communication_disabled_until": timed_out,
            "flags": 0,
            "joined_at": iso(member.joined_at),
            "nick": member.nick,
            "pending": false,
            "premium_since": null,
            "roles": member.roles,
            "mute": false,
            "deaf": false,
        }))
    }

    pub fn role_object(&self, role: &Role) -> Value {
        let mut object = json!({
            "id": role.id,
            "name": role.name,
            "description": null,
            "permissions": bitfield(role.permissions),
            "position": role.position,
            "color": 0,
            "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
            "hoist": false,
            "managed": role.of_bot.is_some(),
            "mentionable": false,
            "icon": null,
            "unicode_emoji": null,
            "flags": 0,
        });
        if let Some(bot) = role.of_bot {
            object["tags"] = json!({ "bot_id": bot });
        }
        object
    }

    pub fn role_objects(&self) -> Vec<Value> {
        self.roles.values().map(|role| self.role_object(role)).collect()
    }

    pub fn guild_object(&self, with_counts: bool) -> Value {
        let mut object = json!({
            "id": self.guild.id,
            "name": self.guild.name,
            "icon": null,
            "description": null,
            "home_header": null,
            "splash": null,
            "discovery_splash": null,
            "features": ["COMMUNITY"],
            "banner": null,
            "owner_id": self.guild.owner,
            "application_id": null,
            "region": "us-central",
            "afk_channel_id": null,
            "afk_timeout": 300,
            "system_channel_id": null,
            "system_channel_flags": 0,
            "widget_enabled": false,
            "widget_channel_id": null,
            "verification_level": 1,
            "roles": self.role_objects(),
            "default_message_notifications": 1,
            "mfa_level": 0,
            "explicit_content_filter": 2,
            "max_presences": null,
            "max_members": 500_000,
            "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25,
            "vanity_url_code": null,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": "en-US",
            "rules_channel_id": null,
            "safety_alerts_channel_id": null,
            "public_updates_channel_id": null,
            "premium_progress_bar_enabled": false,
            "nsfw": false,
            "nsfw_level": 0,
            "emojis": [],
            "stickers": [],
            "incidents_data": null,
        });
        if with_counts {
            object["approximate_member_count"] = json!(self.members.len());
            object["approximate_presence_count"] = json!(self.members.len());
        }
        object
    }

    pub fn channel_object(&self, channel: &Channel) -> Value {
        let last = channel.last_message;
        if channel.kind == Kind::Dm {
            let recipients: Vec<Value> = channel.recipient.iter().map(|user| self.user_object(*user)).collect();
            return json!({
                "id": channel.id, "type": channel.kind as u8, "last_message_id": last, "flags": 0,
                "recipients": recipients,
            });
        }
        let mut object = json!({
            "id": channel.id,
            "type": channel.kind as u8,
            "guild_id": self.guild.id,
            "name": channel.name,
            "parent_id": channel.parent,
            "last_message_id": last,
            "rate_limit_per_user": 0,
            "flags": 0,
        });
        if let Some(thread) = &channel.thread {
            object["owner_id"] = json!(thread.owner);
            object["message_count"] = json!(thread.messages);
            object["total_message_sent"] = json!(thread.messages);
            object["member_count"] = json!(thread.members.len().min(50));
            object["thread_metadata"] = thread_metadata(channel);
            if thread.members.contains_key(&self.bot) {
                object["member"] = self.thread_member(channel, self.bot).unwrap_or_default();
            }
            return object;
        }
        object["topic"] = json!(channel.topic);
        object["position"] = json!(channel.position);
        object["nsfw"] = json!(false);
        object["permission_overwrites"] = channel
            .overwrites
            .iter()
            .map(|overwrite| {
                json!({
                    "id": overwrite.of, "type": u8::from(overwrite.is_member),
                    "allow": bitfield(overwrite.allow), "deny": bitfield(overwrite.deny),
                })
            })
            .collect();
        match channel.kind {
            Kind::Voice | Kind::Stage => {
                object["bitrate"] = json!(64_000);
                object["user_limit"] = json!(0);
                object["rtc_region"] = Value::Null;
            }
            Kind::Forum => {
                object["available_tags"] = json!([]);
                object["default_reaction_emoji"] = Value::Null;
                object["default_sort_order"] = Value::Null;
                object["default_forum_layout"] = json!(0);
            }
            _ => {}
        }
        object
    }

    /// The channel as interactions bring it along, with what `user` may do there.
    pub fn partial_channel(&self, channel: &Channel, user: Id) -> Value {
        let mut object = self.channel_object(channel);
        if channel.kind != Kind::Dm
            && let Some(fields) = object.as_object_mut()
        {
            for left_out in ["permission_overwrites", "owner_id", "member", "message_count", "member_count"] {
                fields.remove(left_out);
            }
            fields.insert("permissions".into(), json!(bitfield(self.permissions(user, channel))));
        }
        object
    }

    pub fn thread_member(&self, channel: &Channel, user: Id) -> Option<Value> {
        let joined_at = channel.thread.as_ref()?.members.get(&user)?;
        Some(json!({ "id": channel.id, "user_id": user, "join_timestamp": iso(*joined_at), "flags": 0 }))
    }

    pub fn webhook_object(&self, webhook: &Webhook, with_user: bool) -> Value {
        let mut object = json!({
            "application_id": self.bot,
            "avatar": null,
            "channel_id": webhook.channel,
            "guild_id": self.guild.id,
            "id": webhook.id,
            "name": webhook.name,
            "type": 1,
            "token": webhook.token,
            "url": format!("{}/api/webhooks/{}/{}", self.base, webhook.id, webhook.token),
        });
        if with_user {
            object["user"] = self.user_object(self.bot);
        }
        object
    }

    pub fn message_object(&self, message: &Stored) -> Value {
        let author = match &message.writer {
            Writer::User(id) => self.user_object(*id),
            Writer::Webhook { id, name, avatar } => json!({
                "id": id, "username": name, "avatar": avatar.as_ref().map(|_| "5f4dcc3b5aa765d61d8327deb882cf99"),
                "discriminator": "0000", "public_flags": 0, "flags": 0, "bot": true, "global_name": null,
                "primary_guild": null,
            }),
        };
        let mut object = json!({
            "id": message.id,
            "channel_id": message.channel,
            "type": message.kind,
            "author": author,
            "content": message.content,
            "timestamp": iso(message.sent_at),
            "edited_timestamp": message.edited_at.map(iso),
            "tts": false,
            "mention_everyone": message.pings.everyone,
            "mentions": message.pings.users.iter().map(|user| self.user_object(*user)).collect::<Vec<_>>(),
            "mention_roles": message.pings.roles,
            "attachments": [],
            "embeds": message.embeds,
            "components": message.components,
            "pinned": false,
            "flags": message.flags,
        });
        match &message.writer {
            Writer::Webhook { id, .. } => {
                object["webhook_id"] = json!(id);
                object["application_id"] = json!(self.bot);
            }
            Writer::User(id) if *id == self.bot && message.origin.is_some() => {
                object["webhook_id"] = json!(self.bot);
                object["application_id"] = json!(self.bot);
            }
            Writer::User(_) => {}
        }
        if let Some(nonce) = &message.nonce {
            object["nonce"] = nonce.clone();
        }
        if let Some(thread) = message.thread.and_then(|thread| self.channels.get(&thread)) {
            object["thread"] = self.channel_object(thread);
        }
        if let Some(origin) = &message.origin {
            object["interaction_metadata"] = self.origin_object(origin);
            if let Some(name) = &origin.command {
                object["interaction"] =
                    json!({ "id": origin.interaction, "type": 2, "name": name, "user": self.user_object(origin.user) });
            }
        }
        object
    }

    fn origin_object(&self, origin: &Origin) -> Value {
        let mut object = json!({
            "id": origin.interaction, "type": origin.kind, "user": self.user_object(origin.user),
            "authorizing_integration_owners": { "0": self.guild.id },
        });
        if origin.kind == 5 {
            object["triggering_interaction_metadata"] = json!({
                "id": origin.interaction, "type": 2, "user": self.user_object(origin.user),
                "authorizing_integration_owners": { "0": self.guild.id },
            });
        } else if let Some(pressed) = origin.pressed {
            object["interacted_message_id"] = json!(pressed);
        }
        object
    }

    /// A guild as the list of the bot's guilds shows it.
    pub fn my_guild_object(&self) -> Value {
        json!({
            "id": self.guild.id, "name": self.guild.name, "icon": null, "banner": null,
            "owner": self.guild.owner == self.bot,
            "permissions": bitfield(self.base_permissions(self.bot)),
            "features": ["COMMUNITY"],
            "approximate_member_count": self.members.len(),
            "approximate_presence_count": self.members.len(),
        })
    }
}

/// A thread's archive and lock, as part of its channel.
fn thread_metadata(channel: &Channel) -> Value {
    let Some(thread) = &channel.thread else { return Value::Null };
    let mut object = json!({
        "archived": thread.archived,
        "archive_timestamp": iso(thread.turned_at),
        "auto_archive_duration": ARCHIVE_AFTER_MINUTES,
        "locked": thread.locked,
        "create_timestamp": iso(channel.id.unix_ms()),
    });
    if channel.kind == Kind::PrivateThread {
        object["invitable"] = json!(true);
    }
    object
}
