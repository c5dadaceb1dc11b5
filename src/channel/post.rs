//! Saying something in a channel: through its webhook where there is one, else as the bot itself.
//!
//! In: a place and a card or line. Out: the message that is there now, or a `Failure` that says what to do next.
//! Every request leaves through the impatient client: a sender would rather send the newer state later.

use std::sync::Arc;

use serenity::{
    builder::{CreateMessage, EditMessage, EditWebhookMessage, ExecuteWebhook},
    model::channel::MessageFlags,
};
use tokio::sync::OnceCell;

use super::{
    Problem,
    card::Rendered,
    webhook::{self, Hook, NAME, Webhooks},
};
use crate::{
    discord::{self, ChannelId, Glimpse, MessageId, WebhookId, code},
    lease::Lease,
    snowflake,
    store::{Place, Posted},
};

/// Pages of a hundred messages that are looked through for one of ours.
const PAGES: usize = 5;

/// What is said.
#[derive(Debug, Clone, Copy)]
pub enum Saying<'a> {
    Card(&'a Rendered),
    Line(&'a str),
}

/// Why something was not said, and what that asks for.
#[derive(Debug)]
pub enum Failure {
    /// The message is not there any more.
    MessageGone,
    /// The webhook is not there any more, or its token is not good any more.
    WebhookGone(u64),
    /// Too old to be edited once more.
    TooOld,
    /// Too many; nothing was done.
    Limited(std::time::Duration),
    /// Whether it was done is unknown.
    Unknown(discord::Error),
    /// Another process writes to the channel now; nothing was done.
    NotOurs,
    /// For good, until something changes.
    Refused(Problem),
    Store(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

/// The bot's voice in all channels. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Posts {
    discord: discord::Client,
    webhooks: Webhooks,
    me: Arc<OnceCell<Me>>,
}

/// The bot's own user.
#[derive(Debug, Clone)]
struct Me {
    id: u64,
    /// Its picture, which posts through a webhook would lack.
    picture: Option<String>,
}

impl Posts {
    pub fn new(discord: &discord::Client, webhooks: Webhooks) -> Self {
        Self { discord: discord.impatient(), webhooks, me: Arc::default() }
    }

    /// The same voice for what is said under a lease: nothing leaves once it is another's.
    pub fn under(&self, lease: &Arc<Lease>) -> Self {
        // Whoever gives it back need not know of us.
        let lease = Arc::downgrade(lease);
        let is_ours = move || lease.upgrade().is_some_and(|lease| lease.is_ours());
        Self { discord: self.discord.only_while(is_ours), ..self.clone() }
    }

    /// A new message. `hook`: none means as the bot, where `nonce` makes a repetition harmless for some minutes.
    pub async fn say(
        &self,
        place: Place,
        hook: Option<&Hook>,
        saying: Saying<'_>,
        silent: bool,
        nonce: Option<&str>,
    ) -> Result<Posted, Failure> {
        let channel = ChannelId::new(place.channel_id);
        let flags = if silent { MessageFlags::SUPPRESS_NOTIFICATIONS } else { MessageFlags::empty() };
        let Some(hook) = hook else {
            let mut message = CreateMessage::new().flags(flags);
            message = match saying {
                Saying::Card(card) => message.embed(card.embed.clone()).components(card.rows.clone()),
                Saying::Line(text) => message.content(text),
            };
            let sent = self.discord.create_message(channel, &message, nonce).await;
            let sent = sent.map_err(|error| failure(error, None))?;
            return Ok(Posted { message_id: sent.id.get(), webhook_id: None });
        };
        let mut message = ExecuteWebhook::new().username(NAME).flags(flags);
        if let Some(picture) = self.me().await.and_then(|me| me.picture) {
            message = message.avatar_url(picture);
        }
        message = match saying {
            Saying::Card(card) => message.embed(card.embed.clone()).components(card.rows.clone()),
            Saying::Line(text) => message.content(text),
        };
        let sent = self.discord.execute_webhook(hook.id, &hook.token, hook.thread, &message).await;
        let sent = sent.map_err(|error| failure(error, Some(hook.id)))?;
        Ok(Posted { message_id: sent.id.get(), webhook_id: Some(hook.id.get()) })
    }

    /// Another text for a message of ours.
    pub async fn edit(&self, place: Place, message: Posted, saying: Saying<'_>) -> Result<(), Failure> {
        let id = MessageId::new(message.message_id);
        let Some(hook) = self.hook_of(place, message).await? else {
            let mut edit = EditMessage::new();
            edit = match saying {
                Saying::Card(card) => edit.embed(card.embed.clone()).components(card.rows.clone()),
                Saying::Line(text) => edit.content(text),
            };
            let edited = self.discord.edit_message(ChannelId::new(place.channel_id), id, &edit).await;
            return edited.map(drop).map_err(|error| failure(error, None));
        };
        let mut edit = EditWebhookMessage::new();
        edit = match saying {
            Saying::Card(card) => edit.embed(card.embed.clone()).components(card.rows.clone()),
            Saying::Line(text) => edit.content(text),
        };
        let edited = self.discord.edit_webhook_message(hook.id, &hook.token, hook.thread, id, &edit).await;
        edited.map(drop).map_err(|error| failure(error, Some(hook.id)))
    }

    /// A message of ours goes. Where its webhook went before it, the bot may be allowed to delete it.
    pub async fn delete(&self, place: Place, message: Posted) -> Result<(), Failure> {
        let id = MessageId::new(message.message_id);
        match self.hook_of(place, message).await {
            Ok(Some(hook)) => {
                let deleted = self.discord.delete_webhook_message(hook.id, &hook.token, hook.thread, id).await;
                return deleted.map_err(|error| failure(error, Some(hook.id)));
            }
            Ok(None) | Err(Failure::WebhookGone(_)) => {}
            Err(failure) => return Err(failure),
        }
        let deleted = self.discord.delete_message(ChannelId::new(place.channel_id), id).await;
        deleted.map_err(|error| failure(error, None))
    }

    /// A thread at a card of ours, for its lines; its id, or none where there can't be one.
    pub async fn start_thread(&self, place: Place, card: Posted, name: &str) -> Result<Option<u64>, Failure> {
        let (channel, message) = (ChannelId::new(place.channel_id), MessageId::new(card.message_id));
        let Err(error) = self.discord.start_thread(channel, message, name).await else {
            return Ok(Some(card.message_id));
        };
        match error.code() {
            code::THREAD_EXISTS => Ok(Some(card.message_id)),
            // No permission, no threads in such a channel, or too many of them.
            code::MISSING_PERMISSIONS
            | code::MISSING_ACCESS
            | code::WRONG_CHANNEL_TYPE
            | code::TOO_MANY_THREADS
            | code::TOO_MANY_ANNOUNCEMENT_THREADS => {
                tracing::info!(channel.id = place.channel_id, %error, "no thread at the card; lines go into the channel");
                Ok(None)
            }
            _ => Err(failure(error, None)),
        }
    }

    /// Whether a thread takes lines: not where somebody archived or locked it, for a post would open it again.
    pub async fn takes_lines(&self, thread: u64) -> Result<bool, Failure> {
        let thread = self.discord.channel(ChannelId::new(thread)).await.map_err(|error| failure(error, None))?;
        Ok(thread.thread_metadata.is_none_or(|thread| !thread.archived && !thread.locked))
    }

    /// The webhook to post through; none where the bot must post itself.
    pub async fn hook(&self, place: Place) -> Result<Option<Hook>, Failure> {
        match self.webhooks.at(place).await {
            Ok(hook) => Ok(Some(hook)),
            Err(webhook::Error::Discord(error)) if webhook::means_no_webhook(&error) => {
                tracing::info!(channel.id = place.channel_id, %error, "no webhook here; posting as the bot");
                Ok(None)
            }
            Err(webhook::Error::Discord(error)) => Err(failure(error, None)),
            Err(webhook::Error::Store(error)) => Err(error.into()),
        }
    }

    /// Whether another webhook may take the place of one that is gone.
    pub async fn forget_hook(&self, webhook_id: u64) -> Result<bool, Failure> {
        self.webhooks.forget(webhook_id).await.map_err(|error| match error {
            webhook::Error::Discord(error) => failure(error, None),
            webhook::Error::Store(error) => error.into(),
        })
    }

    /// Messages of ours younger than `since` (Discord's time, unix milliseconds) that `is_it` knows again.
    pub async fn find(
        &self,
        place: Place,
        since: i64,
        is_it: impl Fn(&Glimpse) -> bool,
    ) -> Result<Vec<Posted>, Failure> {
        let channel = ChannelId::new(place.channel_id);
        let known = |error| failure(error, None);
        let application = self.discord.application_id().await.map_err(known)?.get();
        let me = self.me().await.map_or(application, |me| me.id);
        let mut found = Vec::new();
        let mut after = MessageId::new(snowflake::at(since));
        for _ in 0..PAGES {
            let page = self.discord.messages_after(channel, after).await.map_err(known)?;
            let Some(last) = page.iter().map(|message| message.id).max() else { break };
            // Only an application's own messages carry buttons that reach it, but a line has none: look at its author.
            let ours = |message: &&Glimpse| match message.webhook_id {
                Some(_) => message.application_id.is_some_and(|id| id.get() == application),
                None => message.author.id.get() == me,
            };
            found.extend(page.iter().filter(ours).filter(|message| is_it(message)).map(|message| Posted {
                message_id: message.id.get(),
                webhook_id: message.webhook_id.map(WebhookId::get),
            }));
            if page.len() < 100 {
                break;
            }
            after = last;
        }
        Ok(found)
    }

    pub fn discord_unix_ms(&self) -> i64 {
        self.discord.discord_unix_ms()
    }

    /// None: the bot itself wrote it.
    async fn hook_of(&self, place: Place, message: Posted) -> Result<Option<Hook>, Failure> {
        let Some(webhook_id) = message.webhook_id else { return Ok(None) };
        match self.webhooks.that_posted(place, webhook_id).await {
            Ok(Some(hook)) => Ok(Some(hook)),
            Ok(None) => Err(Failure::WebhookGone(webhook_id)),
            // Without Manage Webhooks nobody tells us its token again: it is as good as gone.
            Err(webhook::Error::Discord(error)) if error.code() == code::MISSING_PERMISSIONS => {
                Err(Failure::WebhookGone(webhook_id))
            }
            Err(webhook::Error::Discord(error)) => Err(failure(error, None)),
            Err(webhook::Error::Store(error)) => Err(error.into()),
        }
    }

    /// Asked once per process. A post need not wait for its picture: without an answer it goes without.
    async fn me(&self) -> Option<Me> {
        let asked = self.me.get_or_try_init(async || {
            let me = self.discord.me().await?;
            Ok::<_, discord::Error>(Me { id: me.id.get(), picture: discord::avatar_url(&me) })
        });
        asked.await.ok().cloned()
    }
}

fn failure(error: discord::Error, through: Option<WebhookId>) -> Failure {
    if let discord::Error::RateLimited { retry_after, code } = error {
        return if code == code::TOO_MANY_EDITS_OF_OLD_MESSAGE {
            Failure::TooOld
        } else {
            Failure::Limited(retry_after)
        };
    }
    if matches!(error, discord::Error::NotOurs) {
        return Failure::NotOurs;
    }
    if error.is_temporary() || matches!(error, discord::Error::Malformed(_)) {
        return Failure::Unknown(error);
    }
    let status = error.status();
    match (error.code(), through) {
        (code::UNKNOWN_MESSAGE, _) => Failure::MessageGone,
        (code::TOO_MANY_EDITS_OF_OLD_MESSAGE, _) => Failure::TooOld,
        (code::UNKNOWN_CHANNEL | code::UNKNOWN_GUILD, _) => Failure::Refused(Problem::ChannelGone),
        // A webhook that answers 401 or 404 must not be used again.
        // https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
        (code::UNKNOWN_WEBHOOK | code::INVALID_WEBHOOK_TOKEN, Some(id)) => Failure::WebhookGone(id.get()),
        (_, Some(id)) if status.is_some_and(|status| matches!(status.as_u16(), 401 | 404)) => {
            Failure::WebhookGone(id.get())
        }
        // A bot token that is no good: the operator mends it, and then everything is to be sent.
        (_, None) if status.is_some_and(|status| status.as_u16() == 401) => Failure::Unknown(error),
        (code::MISSING_ACCESS, _) => Failure::Refused(Problem::NoAccess),
        (code::MISSING_PERMISSIONS, _) => Failure::Refused(Problem::MayNotPost),
        (code::THREAD_ARCHIVED | code::THREAD_LOCKED, _) => Failure::Refused(Problem::ThreadClosed),
        (other, _) => {
            tracing::error!(discord.code = other, %error, "Discord refuses what we say");
            Failure::Refused(Problem::Rejected)
        }
    }
}
