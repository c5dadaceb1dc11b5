//! What a failure means for the card or the line that was sent, and when the channel is tried again.

use std::time::Duration;

use super::{AS_BOT_MS, Sender, Turn, queue::Job};
use crate::{
    channel::{Problem, plan::Act, post::Failure, senders::apart},
    store::CardThread,
};

/// Between tries while Discord does not answer: the first, and the longest.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LONGEST: Duration = Duration::from_secs(4);

impl Sender {
    /// Writes down what the failure means, and says when to go on.
    pub(super) async fn after_failure(&mut self, job: &Job, failure: Failure) -> sqlx::Result<Turn> {
        let store = &self.shared.store;
        let session_id = &job.row.session.id;
        if matches!(failure, Failure::NotOurs) {
            // What is written down of the channel is another's to write.
            self.forget_unknown_line(session_id);
            return Ok(Turn::Again);
        }
        let is_known = !matches!(failure, Failure::Unknown(_));
        if is_known && matches!(job.act, Act::Post(_)) {
            store.card_not_posted(session_id).await?;
        }
        match failure {
            Failure::Store(error) => return Err(error),
            Failure::NotOurs => {}
            Failure::Limited(retry_after) => self.kept.window.refused(self.shared.clock.monotonic(), retry_after),
            Failure::Unknown(error) => {
                tracing::warn!(channel.id = self.channel_id, session.id = %session_id, %error, "the channel can't be told yet");
                return Ok(Turn::Closed(self.put_off()));
            }
            Failure::MessageGone => self.message_gone(job).await?,
            Failure::TooOld => self.replace_message(job).await?,
            Failure::WebhookGone(webhook_id) => {
                tracing::info!(channel.id = self.channel_id, webhook.id = webhook_id, "the webhook was deleted");
                match self.posts.forget_hook(webhook_id).await {
                    Ok(true) => {}
                    Ok(false) => self.kept.as_bot_until = self.shared.clock.unix_ms() + AS_BOT_MS,
                    Err(Failure::Store(error)) => return Err(error),
                    Err(_) => {}
                }
                self.replace_message(job).await?;
            }
            Failure::Refused(problem) => self.refused(job, problem).await?,
        }
        if is_known {
            self.forget_unknown_line(session_id);
        }
        Ok(Turn::Again)
    }

    /// Somebody deleted the message. It is not made again: that was a decision.
    async fn message_gone(&self, job: &Job) -> sqlx::Result<()> {
        let session_id = &job.row.session.id;
        match &job.act {
            Act::Post(_) => Ok(()),
            Act::Edit(_) | Act::OpenThread(_) => self.shared.store.card_deleted(session_id).await,
            Act::Delete(_) => self.shared.store.card_replaced(session_id).await,
            Act::Tell(telling) => self.shared.store.line_told(session_id, None, telling.told).await.map(drop),
        }
    }

    /// The message cannot be edited any more: a new one takes its place.
    async fn replace_message(&self, job: &Job) -> sqlx::Result<()> {
        let session_id = &job.row.session.id;
        match &job.act {
            Act::Post(_) | Act::OpenThread(_) => Ok(()),
            Act::Edit(_) => self.shared.store.card_wanted_again(session_id).await,
            Act::Delete(_) => self.shared.store.card_replaced(session_id).await,
            Act::Tell(_) => self.shared.store.line_forgotten(session_id).await,
        }
    }

    async fn refused(&self, job: &Job, problem: Problem) -> sqlx::Result<()> {
        let (store, session_id, now) = (&self.shared.store, &job.row.session.id, self.shared.clock.unix_ms());
        match &job.act {
            // The old card can't be deleted; the new one is there.
            Act::Delete(_) => return store.card_replaced(session_id).await,
            Act::Tell(telling) if problem == Problem::Rejected => {
                return store.line_told(session_id, None, telling.told).await.map(drop);
            }
            Act::Tell(telling) if telling.thread.is_some() => return self.thread_refused(session_id, problem).await,
            _ => {}
        }
        tracing::warn!(channel.id = self.channel_id, session.id = %session_id, channel.problem = problem.code(), "the channel can't be told");
        if problem == Problem::Rejected {
            store.card_undeliverable(session_id, problem.code(), now).await
        } else {
            store.channel_undeliverable(self.channel_id, problem.code(), now).await
        }
    }

    /// A thread that somebody closed or deleted gets no more lines; where we may not write, the channel gets them.
    async fn thread_refused(&self, session_id: &str, problem: Problem) -> sqlx::Result<()> {
        let thread = match problem {
            Problem::ChannelGone | Problem::ThreadClosed => CardThread::Closed,
            _ => CardThread::Unfit,
        };
        self.shared.store.card_thread(session_id, thread).await?;
        self.shared.store.line_forgotten(session_id).await
    }

    /// When to try again, later each time.
    pub(super) fn put_off(&mut self) -> Duration {
        let pause = RETRY_FIRST.saturating_mul(1 << self.failures.min(8)).min(RETRY_LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.retry_at = self.shared.clock.monotonic() + apart(pause, self.channel_id);
        self.retry_at
    }
}
