//! Promised answers outlive a crash. Beside every "thinking" there is a row: what was asked, and the sealed token
//! that answers it. Whoever works on it is the row's owner; what a process left over that died is finished, or
//! apologised for, by whoever finds it.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use futures::{StreamExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{
    Commands,
    ask::{Ask, What},
    reply::{Refusal, Said},
};
use crate::{
    clock::millis,
    discord::{self, ApplicationId, InteractionId, Later, Reply, code},
    secret::Purpose,
    store::Pending,
};

/// Work on a promise is over by then, and so is its answer, whatever became of them.
const WORKED_ON: Duration = Duration::from_secs(120);
/// How long a promise waits that Discord did not take.
const PUT_OFF: Duration = Duration::from_secs(5);
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
    /// Writes down that an answer is owed, before it is promised. In whose name it is written, if it is.
    pub(super) async fn promise(&self, ask: &Ask, reply: &Reply) -> Option<Arc<str>> {
        let owner = self.leases.owner();
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
            anyhow::Ok(self.store.add_pending(&pending, &owner, now + millis(WORKED_ON)).await?)
        };
        let written = self.0.real.timeout(WRITE, write).await;
        match written.unwrap_or_else(|| Err(anyhow::anyhow!("the database is too slow"))) {
            Ok(()) => Some(owner),
            Err(error) => {
                // The person is answered all the same, unless we crash.
                tracing::warn!("a promised answer was not written down: {error:#}");
                None
            }
        }
    }

    /// Works, and answers with what came of it. `owner` is in whose name the promise was written.
    pub(super) fn keep_promise(self, reply: Reply, owner: Option<Arc<str>>, work: BoxFuture<'static, Said>) -> Later {
        Box::pin(async move {
            let said = work.await;
            self.settle(&reply, owner.as_ref(), said).await;
        })
    }

    /// Answers, and forgets the promise unless a later try may still succeed.
    async fn settle(&self, reply: &Reply, owner: Option<&Arc<str>>, said: Said) {
        let id = reply.interaction.get();
        if owner.is_some_and(|owner| *owner != self.leases.owner()) {
            tracing::warn!(interaction.id = id, "we were taken for dead: others keep this promise");
            return;
        }
        match self.discord.edit_original(reply, &said.edit()).await {
            Ok(_) => {}
            Err(error) if error.is_temporary() => {
                tracing::warn!(%error, interaction.id = id, "a promised answer waits for Discord");
                let later = self.clock.unix_ms() + millis(PUT_OFF);
                if let Err(error) = self.store.put_off_pending(id, later).await {
                    tracing::warn!(%error, interaction.id = id, "it will wait for longer");
                }
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
        let mut standing = self.leases.standing();
        loop {
            self.sweep_promises().await;
            tokio::select! {
                () = shutdown.cancelled() => return,
                // Somebody may have died.
                _ = standing.changed() => {}
                () = self.clock.sleep(SWEEP) => {}
            }
        }
    }

    /// Many people may have been waiting when the process died, so several are answered at once.
    async fn sweep_promises(&self) {
        let owner = self.leases.owner();
        let leftovers = futures::stream::unfold((), async |()| {
            let now = self.clock.unix_ms();
            match self.store.claim_pending(&owner, now, now + millis(WORKED_ON)).await {
                Ok(pending) => pending.map(|pending| (pending, ())),
                Err(error) => {
                    tracing::warn!(%error, "promised answers can't be looked for");
                    None
                }
            }
        });
        let make_good = |pending: Pending| {
            let span = discord::span(InteractionId::new(pending.interaction_id), "promised");
            self.make_good(&owner, pending).instrument(span)
        };
        leftovers.for_each_concurrent(AT_A_TIME, make_good).await;
    }

    async fn make_good(&self, owner: &Arc<str>, pending: Pending) {
        let id = pending.interaction_id;
        let too_old = self.clock.unix_ms() - pending.created_at > millis(ANSWERABLE);
        let opened = if too_old { Err(anyhow::anyhow!("nobody waits any more")) } else { self.open_promise(&pending) };
        match opened {
            Ok((reply, ask)) => {
                tracing::info!(interaction.id = id, "making a promised answer good");
                let said = self.answer_late(Arc::new(ask)).await;
                self.settle(&reply, Some(owner), said).await;
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
