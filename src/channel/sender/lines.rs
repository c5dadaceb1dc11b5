//! Sending the activity lines: where they go, and that none is posted twice.

use std::sync::Arc;

use super::{CLOCKS_APART_MS, Sender};
use crate::{
    channel::{
        plan::Telling,
        post::{Failure, Saying},
        webhook,
    },
    discord::{ChannelId, Glimpse},
    store::{CardRow, CardThread, Line, Place, Posted},
    words,
};

/// Characters of a thread's name. <https://discord.com/developers/docs/resources/channel#start-thread-from-message>
const THREAD_NAME_MAX: usize = 100;

impl Sender {
    pub(super) async fn open_thread(&mut self, row: &CardRow, card: Posted) -> Result<(), Failure> {
        self.kept.window.spend(self.shared.clock.monotonic());
        let name = match words::clip(&words::clean(&row.title), THREAD_NAME_MAX) {
            name if name.is_empty() => webhook::NAME.to_owned(),
            name => name.into(),
        };
        let opened = self.posts.start_thread(row.session.place, card, &name).await?;
        let thread = opened.map_or(CardThread::Unfit, CardThread::Open);
        Ok(self.shared.store.card_thread(&row.session.id, thread).await?)
    }

    pub(super) async fn tell(&mut self, row: &CardRow, telling: &Telling) -> Result<(), Failure> {
        let shared = Arc::clone(&self.shared);
        let session_id = &row.session.id;
        let channel = row.session.place;
        let place = telling.thread.map_or(channel, |thread| Place { channel_id: thread, ..channel });
        if let Some(line) = &telling.line {
            self.kept.window.spend(shared.clock.monotonic());
            self.posts.edit(place, line.message, Saying::Line(&telling.text)).await?;
            let line = Line { look: telling.look.clone(), ..line.clone() };
            shared.store.line_told(session_id, Some(&line), telling.told).await?;
            return Ok(());
        }
        if let Some((earlier, since)) = self.notes.get(session_id).and_then(|note| note.unknown_line.clone()) {
            let is_it = |message: &Glimpse| message.content == earlier.text;
            let found = self.posts.find(place, since - CLOCKS_APART_MS, is_it).await?;
            self.forget_unknown_line(session_id);
            if let Some(&message) = found.last() {
                return self.keep_line(session_id, place, message, &earlier).await;
            }
        }
        if let Some(thread) = telling.thread
            && row.line.is_some()
            && !self.posts.takes_lines(thread).await?
        {
            return Ok(shared.store.card_thread(session_id, CardThread::Closed).await?);
        }
        let mut hook = self.hook(channel).await?;
        if let (Some(hook), Some(thread)) = (&mut hook, telling.thread) {
            hook.thread = Some(ChannelId::new(thread));
        }
        let silent = self.silent;
        self.kept.window.spend(shared.clock.monotonic());
        if let Some(note) = self.notes.get_mut(session_id) {
            note.unknown_line = Some((telling.clone(), self.posts.discord_unix_ms()));
        }
        let message = self.posts.say(place, hook.as_ref(), Saying::Line(&telling.text), silent, None).await?;
        self.forget_unknown_line(session_id);
        self.keep_line(session_id, place, message, telling).await
    }

    async fn keep_line(
        &self,
        session_id: &str,
        place: Place,
        message: Posted,
        telling: &Telling,
    ) -> Result<(), Failure> {
        let (since, look) = (telling.since, telling.look.clone());
        let line = Line { message, thread: telling.thread, started_at: telling.told.at, since, look };
        if !self.shared.store.line_told(session_id, Some(&line), telling.told).await? {
            tracing::warn!(message.id = message.message_id, "another process has told this meanwhile; ours is deleted");
            self.shared.posts.delete(place, message).await?;
        }
        Ok(())
    }

    pub(super) fn forget_unknown_line(&mut self, session_id: &str) {
        if let Some(note) = self.notes.get_mut(session_id) {
            note.unknown_line = None;
        }
    }
}
