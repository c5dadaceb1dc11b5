//! Promised answers outlive a crash. Beside every "thinking" there is a row: what was asked, and the sealed token
//! that answers it. Whoever works on it holds the row's lease; what is left over is finished, or apologised for,
//! by whoever finds it.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use futures::{StreamExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{
    Commands,
    ask::{Ask, What},
    reply::{Refusal, Said},
};
use crate::{
    clock::millis,
    discord::{ApplicationId, InteractionId, Later, Reply, code},
    secret::Purpose,
    store::{Engine, Pending},
};

/// How long a promise counts as being worked on without a word from its worker.
const LEASE: Duration = Duration::from_secs(10);
/// How often a worker gives word.
const RENEW: Duration = Duration::from_secs(4);
/// How often leftovers are looked for.
const SWEEP: Duration = Duration::from_secs(5);
/// Leftovers that are worked on at once.
const AT_A_TIME: usize = 16;
/// An interaction's token dies after 15 minutes; nobody waits that long, and the last ones may fail.
const ANSWERABLE: Duration = Duration::from_secs(14 * 60);
/// A database that is slower than this is not waited for: the promise then lives in memory only.
const WRITE: Duration = Duration::from_millis(500);

/// What a row's `request` holds.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    application: ApplicationId,
    ask: Ask,
}

impl Commands {
    /// Writes down that an answer is owed, before it is promised.
    pub(super) async fn promise(&self, ask: &Ask, reply: &Reply) {
        let write = async {
            let request = Request { application: reply.application, ask: ask.clone() };
            let interaction_id = reply.interaction.get();
            let token = reply.token.expose_secret().as_bytes();
            let now = self.clock.unix_ms();
            let pending = Pending {
                interaction_id,
                token_sealed: self.keys.seal(Purpose::InteractionToken, &Pending::bound_to(interaction_id), token),
                request: serde_json::to_string(&request)?,
                created_at: now,
            };
            anyhow::Ok(self.store.add_pending(&pending, now + millis(LEASE)).await?)
        };
        let written = self.0.real.timeout(WRITE, write).await;
        if let Err(error) = written.unwrap_or_else(|| Err(anyhow::anyhow!("the database is too slow"))) {
            // The person is answered all the same, unless we crash.
            tracing::warn!("a promised answer was not written down: {error:#}");
        }
    }

    /// Works, and answers with what came of it.
    pub(super) fn keep_promise(self, reply: Reply, work: BoxFuture<'static, Said>) -> Later {
        Box::pin(async move {
            let said = self.under_lease(reply.interaction.get(), work).await;
            self.settle(&reply, said).await;
        })
    }

    async fn under_lease<T>(&self, interaction_id: u64, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            if let Some(done) = self.0.real.timeout(RENEW, &mut work).await {
                return done;
            }
            let lease = self.clock.unix_ms() + millis(LEASE);
            let renewed = self.0.real.timeout(WRITE, self.store.renew_pending(interaction_id, lease)).await;
            if !matches!(renewed, Some(Ok(()))) {
                tracing::warn!(interaction.id = interaction_id, "a promised answer's lease was not renewed");
            }
        }
    }

    /// Answers, and forgets the promise unless a later try may still succeed.
    async fn settle(&self, reply: &Reply, said: Said) {
        let id = reply.interaction.get();
        match self.discord.edit_original(reply, &said.edit()).await {
            Ok(_) => {}
            Err(error) if error.is_temporary() => {
                tracing::warn!(%error, interaction.id = id, "a promised answer waits for Discord");
                return;
            }
            // Nobody is waiting any more.
            Err(error) if matches!(error.code(), code::UNKNOWN_WEBHOOK | code::UNKNOWN_INTERACTION) => {}
            Err(error) => tracing::error!(%error, interaction.id = id, "a promised answer was refused"),
        }
        if let Err(error) = self.store.answered(id).await {
            tracing::warn!(%error, interaction.id = id, "an answered promise was not forgotten");
        }
    }

    /// Finishes what a process that died had promised, or apologises; at the start and from then on, until
    /// `shutdown`.
    pub async fn finish_or_apologise(self, shutdown: CancellationToken) {
        // A SQLite file has one process, so whoever held leases is gone. With PostgreSQL others may be at work.
        if self.store.engine() == Engine::Sqlite
            && let Err(error) = self.store.abandon_pending().await
        {
            tracing::warn!(%error, "promised answers can't be looked for");
        }
        loop {
            self.sweep_promises().await;
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.clock.sleep(SWEEP) => {}
            }
        }
    }

    /// Many people may have been waiting when the process died, so several are answered at once.
    async fn sweep_promises(&self) {
        let leftovers = futures::stream::unfold((), async |()| {
            let now = self.clock.unix_ms();
            match self.store.claim_pending(now, now + millis(LEASE)).await {
                Ok(pending) => pending.map(|pending| (pending, ())),
                Err(error) => {
                    tracing::warn!(%error, "promised answers can't be looked for");
                    None
                }
            }
        });
        leftovers.for_each_concurrent(AT_A_TIME, |pending| self.make_good(pending)).await;
    }

    async fn make_good(&self, pending: Pending) {
        let id = pending.interaction_id;
        let too_old = self.clock.unix_ms() - pending.created_at > millis(ANSWERABLE);
        let opened = if too_old { Err(anyhow::anyhow!("nobody waits any more")) } else { self.open_promise(&pending) };
        match opened {
            Ok((reply, ask)) => {
                tracing::info!(interaction.id = id, "making a promised answer good");
                let said = self.under_lease(id, self.answer_late(Arc::new(ask))).await;
                self.settle(&reply, said).await;
            }
            Err(error) => {
                tracing::warn!(interaction.id = id, "a promised answer is given up: {error:#}");
                if let Err(error) = self.store.answered(id).await {
                    tracing::warn!(%error, interaction.id = id, "a promise that was given up was not forgotten");
                }
            }
        }
    }

    fn open_promise(&self, pending: &Pending) -> anyhow::Result<(Reply, Ask)> {
        let id = pending.interaction_id;
        let Request { application, ask } = serde_json::from_str(&pending.request).context("an unknown request")?;
        let token: SecretString = self
            .keys
            .open_text(Purpose::InteractionToken, &Pending::bound_to(id), &pending.token_sealed)
            .context("its token")?;
        Ok((Reply { application, interaction: InteractionId::new(id), token }, ask))
    }

    /// The request from the beginning, with what Discord says now of who sent it.
    async fn answer_late(&self, ask: Arc<Ask>) -> Said {
        let Ok(facts) = self.membership.facts(ask.user_id, ask.place()).await else {
            let refusal = match ask.what {
                What::Video { .. } | What::Join { .. } => Refusal::Interrupted { title: ask.room().map(str::to_owned) },
                _ => Refusal::DiscordSilent,
            };
            return self.speak(&ask, |speaker| speaker.refuse(&refusal));
        };
        let step = Box::pin(self.clone().step(Arc::clone(&ask), facts));
        self.clone().finished(ask, step).await
    }
}
