//! Sending the card: posted once, found again where a post may have arrived, edited in place.

use std::sync::Arc;

use super::{CLOCKS_APART_MS, Sender};
use crate::{
    channel::{
        card::Rendered,
        post::{Failure, Saying},
    },
    command::join_custom_id,
    discord::Glimpse,
    secret,
    store::{CardRow, CardState, Place, Posted},
};

impl Sender {
    pub(super) async fn post(&mut self, row: &CardRow, card: &Rendered) -> Result<(), Failure> {
        let shared = Arc::clone(&self.shared);
        let session = &row.session;
        let mut since = row.posting_since.unwrap_or_default();
        if row.state == CardState::Posting
            && let Some(found) = self.find_card(row, card, since).await?
        {
            tracing::info!(session.id = %session.id, message.id = found.message_id, "found the card an earlier post left");
            // What it shows is not known: the next turn edits it.
            shared.store.card_posted(&session.id, since, found, 0, "", shared.clock.unix_ms()).await?;
            return Ok(());
        }
        let hook = self.hook(session.place).await?;
        if row.message.is_none()
            && session.ended_at.is_some()
            && hook.as_ref().is_some_and(|hook| hook.thread.is_some())
        {
            // Posting reopens an archived thread, which a summary is not worth.
            return Ok(shared.store.card_done(&session.id).await?);
        }
        if row.state == CardState::Wanted {
            since = self.posts.discord_unix_ms();
            if !shared.store.card_posting(&session.id, since).await? {
                return Ok(());
            }
        }
        self.kept.window.spend(shared.clock.monotonic());
        let silent = self.silent;
        let nonce = nonce(&format!("{}/{since}", session.id));
        let sent = self.posts.say(session.place, hook.as_ref(), Saying::Card(card), silent, Some(&nonce)).await?;
        tracing::info!(session.id = %session.id, room.key = %session.room_key, message.id = sent.message_id, "posted the card");
        let now = shared.clock.unix_ms();
        if !shared.store.card_posted(&session.id, since, sent, session.version, &card.digest, now).await? {
            self.take_back(session.place, sent).await?;
        }
        Ok(())
    }

    /// While our post was under way we were taken for dead, and another process posted the card, unless it found ours.
    async fn take_back(&self, place: Place, sent: Posted) -> Result<(), Failure> {
        if self.shared.store.is_a_card(self.channel_id, sent.message_id).await? {
            return Ok(());
        }
        tracing::warn!(message.id = sent.message_id, "another process has posted the card meanwhile; ours is deleted");
        self.shared.posts.delete(place, sent).await
    }

    /// An earlier post of the card that arrived though we never heard: the one nobody else's card is.
    async fn find_card(&self, row: &CardRow, card: &Rendered, since: i64) -> Result<Option<Posted>, Failure> {
        let custom_id = join_custom_id(&row.session.room_key);
        // A card without buttons is known by its text.
        let is_it = |message: &Glimpse| {
            message.has_button(&custom_id)
                || message.embeds.iter().any(|embed| embed.description.as_deref() == Some(card.text.as_str()))
        };
        let found = self.posts.find(row.session.place, since - CLOCKS_APART_MS, is_it).await?;
        for posted in found {
            if !self.shared.store.is_a_card(self.channel_id, posted.message_id).await? {
                return Ok(Some(posted));
            }
        }
        Ok(None)
    }

    pub(super) async fn edit(&mut self, row: &CardRow, card: &Rendered) -> Result<(), Failure> {
        let shared = Arc::clone(&self.shared);
        let Some(message) = row.message else {
            return Ok(shared.store.card_wanted_again(&row.session.id).await?);
        };
        self.kept.window.spend(shared.clock.monotonic());
        // Until its answer is written down nobody knows what the card shows: not what it showed before, either.
        shared.store.card_editing(&row.session.id).await?;
        self.posts.edit(row.session.place, message, Saying::Card(card)).await?;
        shared.store.card_edited(&row.session.id, row.session.version, &card.digest).await?;
        if let Some(note) = self.notes.get_mut(&row.session.id) {
            note.last_edit_at = Some(shared.clock.unix_ms());
        }
        Ok(())
    }
}

/// At most 25 characters.
/// <https://discord.com/developers/docs/resources/message#create-message>
fn nonce(of: &str) -> String {
    let mut nonce = secret::base32(&secret::sha256(of));
    nonce.truncate(25);
    nonce
}
