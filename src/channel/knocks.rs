//! The question that a knock makes in the channel: asked while the knock is open, then edited to what was decided.
//! Driven by state, as the cards are: who finds a knock that the channel does not show as it is, shows it.

use std::{sync::Arc, time::Duration};

use serenity::{
    all::ButtonStyle,
    builder::{CreateActionRow, CreateButton, CreateEmbed},
};

use super::{
    Shared,
    card::Rendered,
    post::{Failure, Saying},
};
use crate::{
    access::Role,
    clock::millis,
    command::knock_custom_id,
    store::{Knock, KnockState, Posted},
    wake::Change,
    words::{self, Locale, Time, Value, Words},
};

/// What no wake-up told is looked for this often.
const SWEEP: Duration = Duration::from_secs(60);
/// While somebody waits, whatever happens in a call may be its end: looked for no more often than this. A database that
/// is away is asked again after it.
const SOON: Duration = Duration::from_secs(2);
/// How long showing one may take before it is tried again.
const LEASE: Duration = Duration::from_secs(15);

/// Until the stop.
pub(super) async fn watch(shared: Arc<Shared>, mut changes: crate::wake::Listener) {
    let mut standing = shared.leases.standing();
    loop {
        let looked_at = shared.clock.monotonic();
        let due_at = show_all(&shared).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "who knocks can't be read; trying again");
            Some(shared.clock.unix_ms() + millis(SOON))
        });
        let mut looks_at = shared.clock.monotonic() + due_at.map_or(SWEEP, |at| shared.until(at).min(SWEEP));
        while shared.clock.monotonic() < looks_at {
            tokio::select! {
                biased;
                () = shared.stop.cancelled() => return,
                () = shared.clock.sleep_until(looks_at) => {}
                _ = standing.changed() => break,
                heard = changes.heard() => match heard.change {
                    // What another process said it shows itself.
                    Some(Change::Person { .. }) if !heard.elsewhere => break,
                    Some(Change::Session { .. }) if due_at.is_some() => looks_at = looks_at.min(looked_at + SOON),
                    Some(_) => {}
                    None => break,
                },
            }
        }
    }
}

/// When there is something to show again, if anybody waits.
async fn show_all(shared: &Shared) -> sqlx::Result<Option<i64>> {
    shared.store.expire_knocks(shared.clock.unix_ms()).await?;
    loop {
        let now = shared.clock.unix_ms();
        let Some(knock) = shared.store.claim_knock(&shared.leases.owner(), now, now + millis(LEASE)).await? else {
            return shared.store.knocks_due_at().await;
        };
        match show(shared, &knock).await {
            Ok(message) => shared.store.knock_shown(&knock, message).await?,
            // The lease runs out first.
            Err(failure) => tracing::warn!(channel.id = knock.place.channel_id, ?failure, "a knock waits for Discord"),
        }
    }
}

/// Makes the channel show the knock as it is; the message that does, if one can.
async fn show(shared: &Shared, knock: &Knock) -> Result<Option<Posted>, Failure> {
    let Some(session) = shared.store.session(&knock.session_id).await? else { return Ok(None) };
    let Some(room) = shared.store.room(&session.room_key).await? else { return Ok(None) };
    let settings = shared.store.channel_settings(knock.place.channel_id).await?;
    let locale = Locale::from_discord(&session.locale);
    let rendered = Question { knock, title: &room.title, named: settings.names }.render(&shared.words, locale);
    let saying = Saying::Card(&rendered);
    let done = match (knock.message, knock.state) {
        (Some(message), _) => shared.posts.edit(knock.place, message, saying).await.map(|()| Some(message)),
        (None, KnockState::Open) => {
            let hook = shared.posts.hook(knock.place).await?;
            let nonce: String = knock.id.chars().take(NONCE_MAX).collect();
            shared.posts.say(knock.place, hook.as_ref(), saying, settings.silent, Some(&nonce)).await.map(Some)
        }
        // It was over before anybody could be asked.
        (None, _) => return Ok(None),
    };
    match done {
        Ok(message) => Ok(message),
        Err(Failure::WebhookGone(webhook_id)) if knock.message.is_none() => {
            shared.posts.forget_hook(webhook_id).await?;
            Err(Failure::WebhookGone(webhook_id))
        }
        // Nobody can be asked here, or what was asked is not there any more. Who waits is told when time is up.
        Err(failure @ (Failure::Refused(_) | Failure::MessageGone | Failure::TooOld | Failure::WebhookGone(_))) => {
            tracing::info!(channel.id = knock.place.channel_id, ?failure, "a knock is not shown");
            Ok(knock.message)
        }
        Err(failure) => Err(failure),
    }
}

/// Characters of a nonce. <https://discord.com/developers/docs/resources/message#create-message>
const NONCE_MAX: usize = 25;

/// Data in, words and buttons out.
struct Question<'a> {
    knock: &'a Knock,
    title: &'a str,
    /// Off: once it is answered, nobody is named.
    named: bool,
}

impl Question<'_> {
    fn render(&self, words: &Words, locale: Locale) -> Rendered {
        let Self { knock, title, named } = self;
        let asks = knock.state == KnockState::Open;
        let id = match knock.state {
            KnockState::Open => "knock-question",
            KnockState::Admitted => "knock-admitted",
            KnockState::Audience => "knock-audience",
            KnockState::Denied => "knock-denied",
            KnockState::Expired => "knock-expired",
        };
        let name = match asks || *named {
            true => words::name(&knock.name),
            false => words.say(locale, "knock-somebody", &[]),
        };
        let time = words::time(knock.expires_at, Time::Relative);
        let args: [(&str, Value<'_>); 3] =
            [("name", name.into()), ("room", words::name(title).into()), ("time", time.into())];
        let text = words.say(locale, id, &args);
        let rows = if asks { vec![self.buttons(words, locale)] } else { Vec::new() };
        let digest = knock.state.code().to_owned();
        Rendered { embed: CreateEmbed::new().description(&text), rows, text, digest }
    }

    fn buttons(&self, words: &Words, locale: Locale) -> CreateActionRow {
        let button = |answer, id, style| {
            CreateButton::new(knock_custom_id(answer, &self.knock.id)).label(words.say(locale, id, &[])).style(style)
        };
        let mut buttons = vec![button(KnockState::Admitted, "knock-admit", ButtonStyle::Success)];
        // Where it would be less than what they come in as.
        if self.knock.role != Role::Audience.as_str() {
            buttons.push(button(KnockState::Audience, "knock-admit-audience", ButtonStyle::Secondary));
        }
        buttons.push(button(KnockState::Denied, "knock-deny", ButtonStyle::Danger));
        CreateActionRow::Buttons(buttons)
    }
}
