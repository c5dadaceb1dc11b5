//! Verbs about messages: by the bot itself, and through a channel's Discord webhook.

use std::fmt::Write as _;

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use serenity::{
    builder::{CreateMessage, CreateWebhook, EditMessage, EditWebhookMessage, ExecuteWebhook},
    model::channel::Message,
};

use super::{
    ApplicationId, ChannelId, GuildId, MessageId, UserId, WebhookId,
    client::{As, Call, Client, message_body, plain_body},
    error::Error,
};

/// A channel's Discord webhook. Its token writes into the channel: never logged, sealed at rest.
#[derive(Debug, Clone, Deserialize)]
pub struct Webhook {
    pub id: WebhookId,
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    #[serde(default)]
    pub channel_id: Option<ChannelId>,
    #[serde(default)]
    pub name: Option<String>,
    /// Whose it is; only its own application sees the token.
    #[serde(default)]
    pub application_id: Option<ApplicationId>,
    #[serde(default, deserialize_with = "secret")]
    pub token: Option<SecretString>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}

/// A message as far as we need to know one of ours again. serenity's own model is exact about much that Discord
/// may add to in other people's messages, and one of those would hide all others of a list.
#[derive(Debug, Clone, Deserialize)]
pub struct Glimpse {
    pub id: MessageId,
    pub author: GlimpsedAuthor,
    #[serde(default)]
    pub webhook_id: Option<WebhookId>,
    /// Whose webhook or bot wrote it.
    #[serde(default)]
    pub application_id: Option<ApplicationId>,
    #[serde(default)]
    pub content: String,
    #[serde(default)]
    pub embeds: Vec<GlimpsedEmbed>,
    #[serde(default)]
    components: serde_json::Value,
}

#[derive(Debug, Clone, Deserialize)]
pub struct GlimpsedAuthor {
    pub id: UserId,
}

#[derive(Debug, Clone, Deserialize)]
pub struct GlimpsedEmbed {
    #[serde(default)]
    pub description: Option<String>,
}

impl Glimpse {
    /// Whether a button of the message has this custom id.
    pub fn has_button(&self, custom_id: &str) -> bool {
        let parts = |part: &serde_json::Value| part.as_array().cloned().unwrap_or_default();
        let rows = parts(&self.components);
        rows.iter().flat_map(|row| parts(&row["components"])).any(|button| button["custom_id"] == custom_id)
    }
}

/// By the bot.
impl Client {
    /// Up to 100 of the channel's messages younger than `after`, those next to it, in no promised order. Without
    /// Read Message History there are none.
    /// <https://discord.com/developers/docs/resources/message#get-channel-messages>
    pub async fn messages_after(&self, channel: ChannelId, after: MessageId) -> Result<Vec<Glimpse>, Error> {
        self.ask(Call::get(format!("channels/{channel}/messages?limit=100&after={after}"))).await
    }

    /// With a `nonce` (at most 25 characters) the call may be repeated: Discord then answers with the
    /// message the first one made, for some minutes.
    /// <https://discord.com/developers/docs/resources/message#create-message>
    pub async fn create_message(
        &self,
        channel: ChannelId,
        message: &CreateMessage,
        nonce: Option<&str>,
    ) -> Result<Message, Error> {
        let mut body = message_body(message)?;
        let mut call = Call::new(Method::POST, format!("channels/{channel}/messages"));
        if let (Some(nonce), Some(map)) = (nonce, body.as_object_mut()) {
            map.insert("nonce".to_owned(), nonce.into());
            map.insert("enforce_nonce".to_owned(), true.into());
            call.repeatable = true;
        }
        self.ask(call.json(body)).await
    }

    pub async fn message(&self, channel: ChannelId, message: MessageId) -> Result<Message, Error> {
        self.ask(by_bot(Method::GET, channel, message)).await
    }

    pub async fn edit_message(
        &self,
        channel: ChannelId,
        message: MessageId,
        edit: &EditMessage,
    ) -> Result<Message, Error> {
        self.ask(by_bot(Method::PATCH, channel, message).json(message_body(edit)?)).await
    }

    pub async fn delete_message(&self, channel: ChannelId, message: MessageId) -> Result<(), Error> {
        self.tell(by_bot(Method::DELETE, channel, message)).await
    }

    /// A thread that hangs on `message`; its id is the message's. May be repeated: then Discord says that there is
    /// one. `name`: 1 to 100 characters.
    /// <https://discord.com/developers/docs/resources/channel#start-thread-from-message>
    pub async fn start_thread(&self, channel: ChannelId, message: MessageId, name: &str) -> Result<(), Error> {
        /// Minutes without a message after which Discord puts it away.
        const ARCHIVED_AFTER: u32 = 1440;
        let body = serde_json::json!({ "name": name, "auto_archive_duration": ARCHIVED_AFTER });
        let mut call = Call::new(Method::POST, format!("channels/{channel}/messages/{message}/threads"))
            .key(format!("channels/{channel}/messages/:id/threads"))
            .json(body);
        call.repeatable = true;
        self.tell(call).await
    }
}

fn by_bot(method: Method, channel: ChannelId, message: MessageId) -> Call {
    Call::new(method, format!("channels/{channel}/messages/{message}")).key(format!("channels/{channel}/messages/:id"))
}

/// Through a webhook. In a thread, `thread` is the thread; the webhook is its parent's.
impl Client {
    /// Needs Manage Webhooks.
    pub async fn channel_webhooks(&self, channel: ChannelId) -> Result<Vec<Webhook>, Error> {
        self.ask(Call::get(format!("channels/{channel}/webhooks"))).await
    }

    /// `reason` is shown in the guild's audit log, so plain ASCII.
    pub async fn create_webhook(
        &self,
        channel: ChannelId,
        webhook: &CreateWebhook<'_>,
        reason: &'static str,
    ) -> Result<Webhook, Error> {
        let call = Call::new(Method::POST, format!("channels/{channel}/webhooks")).reason(reason);
        self.ask(call.json(plain_body(webhook)?)).await
    }

    /// Never repeated: after a lost answer nobody knows whether the message is there, and Discord has
    /// no nonce for webhooks.
    pub async fn execute_webhook(
        &self,
        webhook: WebhookId,
        token: &SecretString,
        thread: Option<ChannelId>,
        message: &ExecuteWebhook,
    ) -> Result<Message, Error> {
        // Without `wait` a message that could not be saved is lost in silence.
        // https://discord.com/developers/docs/resources/webhook#execute-webhook
        let mut path = format!("webhooks/{webhook}/{}?wait=true", token.expose_secret());
        if let Some(thread) = thread {
            // Writing into a String does not fail.
            let _ = write!(path, "&thread_id={thread}");
        }
        let call = Call::new(Method::POST, path).key(key(webhook, "")).speaks(As::Webhook);
        self.ask(call.json(message_body(message)?)).await
    }

    pub async fn webhook_message(
        &self,
        webhook: WebhookId,
        token: &SecretString,
        thread: Option<ChannelId>,
        message: MessageId,
    ) -> Result<Message, Error> {
        self.ask(by_webhook(Method::GET, webhook, token, thread, message)).await
    }

    pub async fn edit_webhook_message(
        &self,
        webhook: WebhookId,
        token: &SecretString,
        thread: Option<ChannelId>,
        message: MessageId,
        edit: &EditWebhookMessage,
    ) -> Result<Message, Error> {
        let call = by_webhook(Method::PATCH, webhook, token, thread, message);
        self.ask(call.json(message_body(edit)?)).await
    }

    pub async fn delete_webhook_message(
        &self,
        webhook: WebhookId,
        token: &SecretString,
        thread: Option<ChannelId>,
        message: MessageId,
    ) -> Result<(), Error> {
        self.tell(by_webhook(Method::DELETE, webhook, token, thread, message)).await
    }
}

fn by_webhook(
    method: Method,
    webhook: WebhookId,
    token: &SecretString,
    thread: Option<ChannelId>,
    message: MessageId,
) -> Call {
    let thread = thread.map(|thread| format!("?thread_id={thread}")).unwrap_or_default();
    let path = format!("webhooks/{webhook}/{}/messages/{message}{thread}", token.expose_secret());
    Call::new(method, path).key(key(webhook, "/messages/:id")).speaks(As::Webhook)
}

/// How the limiter knows the route. It exempts whatever begins with `webhooks` from the global limit,
/// which Discord grants to interactions alone; ids are unique over all kinds, so `channels/` does no harm.
fn key(webhook: WebhookId, rest: &str) -> String {
    format!("channels/{webhook}/webhook{rest}")
}
