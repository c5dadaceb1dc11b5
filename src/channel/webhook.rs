//! The channel's Discord webhook: found again, or made once, and kept with its token sealed.
//!
//! In: a channel or thread. Out: a `Hook` to post through, or Discord's refusal. A thread has none of its own; it is
//! posted to through its parent's.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use secrecy::{ExposeSecret, SecretString};
use serenity::builder::CreateWebhook;
use tokio::sync::Mutex;

use crate::{
    clock::Clock,
    discord::{self, ChannelId, WebhookId, code},
    secret::{Keys, Purpose},
    store::{self, Place, Store},
};

/// As the webhook is called and as it speaks. Never a room's name: Discord refuses names with "discord" or "clyde"
/// in them, and no member's name may stand as author.
pub const NAME: &str = "Greenroom";

/// A webhook is made again once in so long; if that one is deleted too, it is not wanted.
const MADE_AGAIN_MS: i64 = 10 * 60_000;

/// Channels whose webhook is being found at once; two of one channel never are, or both would make one.
const GATES: usize = 32;

/// A webhook to post through.
#[derive(Debug, Clone)]
pub struct Hook {
    pub id: WebhookId,
    pub token: SecretString,
    /// The thread to post in; none: the webhook's own channel.
    pub thread: Option<ChannelId>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Discord(#[from] discord::Error),
    #[error("the database does not do its part")]
    Store(#[from] sqlx::Error),
}

/// All channels' webhooks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhooks {
    store: Store,
    discord: discord::Client,
    keys: Keys,
    clock: Clock,
    gates: Arc<[Mutex<()>; GATES]>,
    /// Channels whose webhook was found deleted, and when.
    lost: Arc<std::sync::Mutex<HashMap<u64, i64>>>,
}

impl Webhooks {
    pub fn new(store: Store, discord: discord::Client, keys: Keys, clock: Clock) -> Self {
        let gates = Arc::new(std::array::from_fn(|_| Mutex::new(())));
        Self { store, discord, keys, clock, gates, lost: Arc::default() }
    }

    /// The webhook that posts at `place`, made if there is none.
    pub async fn at(&self, place: Place) -> Result<Hook, Error> {
        // What is kept under the channel's own id posts there itself; only for others Discord is asked what it is.
        if let Some(hook) = self.kept(place.channel_id, None).await? {
            return Ok(hook);
        }
        let home = self.home(place).await?;
        let _turn = self.gates[home.place.channel_id as usize % GATES].lock().await;
        if let Some(hook) = self.kept(home.place.channel_id, home.thread).await? {
            return Ok(hook);
        }
        let mine = self.listed(home.place.channel_id).await?.into_iter().next();
        let found = match mine {
            Some(webhook) => webhook,
            None => self.make(home.place.channel_id).await?,
        };
        self.keep(home, found).await
    }

    /// The webhook that once posted at `place`, if it is still there.
    pub async fn that_posted(&self, place: Place, webhook_id: u64) -> Result<Option<Hook>, Error> {
        if let Some(row) = self.store.webhook(webhook_id).await?
            && let Some(token) = self.open(&row)
        {
            let thread = (row.place.channel_id != place.channel_id).then(|| ChannelId::new(place.channel_id));
            return Ok(Some(Hook { id: WebhookId::new(webhook_id), token, thread }));
        }
        let home = self.home(place).await?;
        let listed = self.listed(home.place.channel_id).await?;
        match listed.into_iter().find(|webhook| webhook.id.get() == webhook_id) {
            Some(webhook) => self.keep(home, webhook).await.map(Some),
            None => Ok(None),
        }
    }

    /// Discord says that the webhook is no more. Whether another may be made: not if somebody keeps deleting them.
    pub async fn forget(&self, webhook_id: u64) -> Result<bool, Error> {
        let Some(row) = self.store.forget_webhook(webhook_id).await? else { return Ok(true) };
        let now = self.clock.unix_ms();
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.retain(|_, at| now - *at < MADE_AGAIN_MS);
        Ok(lost.insert(row.place.channel_id, now).is_none())
    }

    async fn kept(&self, channel_id: u64, thread: Option<ChannelId>) -> Result<Option<Hook>, Error> {
        let Some(row) = self.store.webhook_of(channel_id).await? else { return Ok(None) };
        Ok(self.open(&row).map(|token| Hook { id: WebhookId::new(row.webhook_id), token, thread }))
    }

    fn open(&self, row: &store::Webhook) -> Option<SecretString> {
        let opened =
            self.keys.open_text(Purpose::WebhookToken, &store::Webhook::bound_to(row.webhook_id), &row.token_sealed);
        opened
            .inspect_err(|error| {
                tracing::warn!(webhook.id = row.webhook_id, %error, "a webhook's token can't be opened; asking Discord for it");
            })
            .ok()
    }

    /// Where the webhook of `place` is.
    async fn home(&self, place: Place) -> Result<Home, Error> {
        use serenity::model::channel::ChannelType::{NewsThread, PrivateThread, PublicThread};
        let channel = self.discord.channel(ChannelId::new(place.channel_id)).await?;
        let is_thread = matches!(channel.kind, NewsThread | PrivateThread | PublicThread);
        Ok(match channel.parent_id.filter(|_| is_thread) {
            Some(parent) => Home { place: Place { channel_id: parent.get(), ..place }, thread: Some(channel.id) },
            None => Home { place, thread: None },
        })
    }

    /// Our own webhooks of the channel, with their tokens.
    async fn listed(&self, channel_id: u64) -> Result<Vec<discord::Webhook>, Error> {
        let application = self.discord.application_id().await?;
        let mut webhooks = self.discord.channel_webhooks(ChannelId::new(channel_id)).await?;
        // Discord shows tokens of an application's webhooks to that application alone, and only they take buttons.
        webhooks.retain(|webhook| webhook.application_id == Some(application) && webhook.token.is_some());
        webhooks.sort_by_key(|webhook| webhook.id);
        Ok(webhooks)
    }

    async fn make(&self, channel_id: u64) -> Result<discord::Webhook, Error> {
        let reason = "Greenroom posts its room cards through this webhook";
        let made = self.discord.create_webhook(ChannelId::new(channel_id), &CreateWebhook::new(NAME), reason).await?;
        tracing::info!(channel.id = channel_id, webhook.id = made.id.get(), "made a webhook");
        Ok(made)
    }

    async fn keep(&self, home: Home, webhook: discord::Webhook) -> Result<Hook, Error> {
        let Some(token) = webhook.token else {
            return Err(discord::Error::Malformed("a webhook of ours without its token".to_owned()).into());
        };
        let webhook_id = webhook.id.get();
        let token_sealed = self.keys.seal(
            Purpose::WebhookToken,
            &store::Webhook::bound_to(webhook_id),
            token.expose_secret().as_bytes(),
        );
        let created_at = self.clock.unix_ms();
        self.store.keep_webhook(&store::Webhook { place: home.place, webhook_id, token_sealed, created_at }).await?;
        Ok(Hook { id: webhook.id, token, thread: home.thread })
    }
}

struct Home {
    place: Place,
    thread: Option<ChannelId>,
}

/// Whether the refusal means "no webhook here, but the bot itself may be able to post".
pub fn means_no_webhook(error: &discord::Error) -> bool {
    matches!(
        error.code(),
        code::MISSING_PERMISSIONS | code::TOO_MANY_WEBHOOKS_IN_CHANNEL | code::TOO_MANY_WEBHOOKS_IN_GUILD
    )
}
