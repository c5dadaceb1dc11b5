//! One channel's sender: makes Discord show what the database says, one request at a time.
//!
//! In: a wake-up, or a moment that has come. Out: the one request that matters most now, if the channel's window is
//! open; what came of it goes into the database. The sender holds nothing that a restart would miss: it looks at
//! every card again and continues.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{
    Shared,
    plan::{Act, Plan, Planner},
    post::{Failure, Posts},
    senders::{Kept, Seat},
    webhook::Hook,
};
use crate::store::{CardRow, Place, Settled, Told};

/// The card's requests.
mod card;

/// What a failure means.
mod failure;

/// One sender per channel over all processes.
mod lease;

/// The activity lines, and the thread that they go into.
mod lines;

/// What is to be sent, and in which order.
mod queue;

use self::{
    lease::Claim,
    queue::{Job, Note, Settlement},
};

/// A card that rests is looked at this often: another process may have sent its last word.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// How far Discord's clock may be from what we take it for, when a post is looked for.
const CLOCKS_APART_MS: i64 = 60_000;
/// How long a channel without a webhook is posted to as the bot, before a webhook is tried again.
const AS_BOT_MS: i64 = 10 * 60_000;
/// A database that is away or busy is asked again after this, however long it was: the card is right soon after.
const DATABASE_AGAIN: Duration = Duration::from_secs(1);
/// While another process writes to the channel, it is looked at this often.
const THEIR_TURN: Duration = Duration::from_secs(3);

pub(super) struct Sender {
    shared: Arc<Shared>,
    seat: Seat,
    channel_id: u64,
    kept: Kept,
    claim: Claim,
    /// The bot's voice, while the channel is ours.
    posts: Posts,
    /// Another process writes to it.
    is_theirs: bool,
    /// Failures in a row, and until when the next try waits.
    failures: u32,
    retry_at: Duration,
    /// Posts make no push notification here.
    silent: bool,
    /// Counts what was served, so that cards and lines take turns.
    turn: u64,
    notes: HashMap<String, Note>,
}

/// What a turn came to.
enum Turn {
    /// A request left, or another process may have sent one: look again.
    Again,
    /// There is something to send, but not before this.
    Closed(Duration),
    /// Nothing to do; something is due then.
    Idle(Option<i64>),
    /// No card of the channel will ever change again.
    Over,
}

/// What there is to do in the channel.
struct Found {
    jobs: Vec<Job>,
    due_at: Option<i64>,
    /// Every card has said its last word.
    is_over: bool,
}

impl Sender {
    pub fn new(shared: Arc<Shared>, seat: Seat) -> Self {
        let channel_id = seat.channel_id();
        Self {
            kept: seat.take_kept(),
            seat,
            channel_id,
            claim: Claim::to(channel_id),
            posts: shared.posts.clone(),
            shared,
            is_theirs: false,
            failures: 0,
            retry_at: Duration::ZERO,
            silent: false,
            turn: 0,
            notes: HashMap::new(),
        }
    }

    /// Until every card of the channel has said its last word and its window is as good as new, or the app stops.
    pub async fn run(mut self) {
        let mut standing = self.shared.leases.standing();
        loop {
            let turn = self.turn().await.unwrap_or_else(|error| {
                tracing::error!(channel.id = self.channel_id, %error, "the database does not do its part; trying again");
                Turn::Closed(self.shared.clock.monotonic() + DATABASE_AGAIN)
            });
            let now = self.shared.clock.monotonic();
            let quiet_at = self.kept.window.quiet_at();
            if matches!(turn, Turn::Idle(_) | Turn::Over) && quiet_at <= now {
                self.claim.let_go();
            }
            self.seat.is_ours(self.claim.is_held());
            let (until, listens) = match turn {
                Turn::Again => (now, true),
                Turn::Closed(until) => (until, false),
                Turn::Idle(due_at) => {
                    let looks_at = now + due_at.map_or(IDLE, |at| self.shared.until(at).min(IDLE));
                    (if self.claim.is_held() { looks_at.min(quiet_at) } else { looks_at }, true)
                }
                Turn::Over => (quiet_at, true),
            };
            tokio::select! {
                biased;
                () = self.shared.stop.cancelled() => return,
                () = self.seat.rung(), if listens => {}
                _ = standing.changed(), if self.is_theirs => {}
                () = self.shared.back.notified(), if self.failures > 0 => self.retry_at = Duration::ZERO,
                () = self.shared.clock.sleep_until(until) => {
                    if matches!(turn, Turn::Over) && self.seat.leave(&self.kept) {
                        return;
                    }
                }
            }
        }
    }

    /// Looks at all cards of the channel and sends the one thing that matters most.
    async fn turn(&mut self) -> sqlx::Result<Turn> {
        let Found { jobs, due_at, is_over } = self.jobs().await?;
        let Some(job) = jobs.into_iter().min_by_key(|job| job.place) else {
            self.is_theirs = false;
            return Ok(if is_over { Turn::Over } else { Turn::Idle(due_at) });
        };
        let now = self.shared.clock.monotonic();
        let opens_at = self.kept.window.opens_at().max(self.retry_at);
        if opens_at > now {
            return Ok(Turn::Closed(opens_at));
        }
        let whose = self.claim.hold(&self.shared).await?;
        self.is_theirs = matches!(whose, lease::Turn::Theirs);
        match whose {
            lease::Turn::Ours => {}
            lease::Turn::OursAnew(lease) => {
                self.posts = self.shared.posts.under(&lease);
                return Ok(Turn::Again);
            }
            lease::Turn::Theirs => return Ok(Turn::Closed(now + THEIR_TURN)),
        }
        self.turn += 1;
        self.notes.entry(job.row.session.id.clone()).or_default().serve(&job.act, self.turn);
        match self.perform(&job).await {
            Ok(()) => {
                if std::mem::take(&mut self.failures) > 0 {
                    self.shared.back.notify_waiters();
                }
                Ok(Turn::Again)
            }
            Err(Failure::Store(error)) => Err(error),
            Err(failure) => self.after_failure(&job, failure).await,
        }
    }

    /// What is to be done in the channel; what needs nothing is settled on the way.
    async fn jobs(&mut self) -> sqlx::Result<Found> {
        let shared = Arc::clone(&self.shared);
        let now = shared.clock.unix_ms();
        let rows = shared.store.living_cards(self.channel_id).await?;
        self.notes.retain(|session_id, _| rows.iter().any(|row| row.session.id == *session_id));
        if rows.is_empty() {
            return Ok(Found { jobs: Vec::new(), due_at: None, is_over: true });
        }
        let settings = shared.store.channel_settings(self.channel_id).await?;
        self.silent = settings.silent;
        rows.iter().filter_map(|row| row.line.as_ref()).for_each(|line| self.kept.lately.begun(line.started_at));
        let (look, rests_until) = (shared.look(), self.kept.lately.rests_until(now));
        let planner = Planner { store: &shared.store, words: &shared.words, look: &look, settings, rests_until, now };
        let (mut jobs, mut due_at, mut is_over) = (Vec::new(), None::<i64>, true);
        for row in rows {
            let note = self.notes.entry(row.session.id.clone()).or_default();
            let as_seen = Settlement::of(&row, settings, now);
            if note.settled.as_ref() != Some(&as_seen) || note.due_at.is_some_and(|at| at <= now) {
                note.settled = None;
                let plan = planner.plan(&row, note.last_edit_at).await?;
                note.due_at = plan.due_at;
                is_over &= plan.done;
                if plan.acts.is_empty() {
                    settle(&shared, &row, &plan).await?;
                    note.settled = Some(as_seen);
                }
                jobs.extend(plan.acts.into_iter().map(|act| Job::new(&row, act, note)));
            } else {
                is_over = false;
            }
            due_at = [due_at, note.due_at].into_iter().flatten().min();
        }
        Ok(Found { jobs, due_at, is_over })
    }

    async fn perform(&mut self, job: &Job) -> Result<(), Failure> {
        let row = &job.row;
        match &job.act {
            Act::Post(card) => self.post(row, card).await,
            Act::Edit(card) => self.edit(row, card).await,
            Act::Tell(telling) => self.tell(row, telling).await,
            Act::OpenThread(card) => self.open_thread(row, *card).await,
            Act::Delete(replaced) => {
                self.posts.delete(row.session.place, *replaced).await?;
                Ok(self.shared.store.card_replaced(&row.session.id).await?)
            }
        }
    }

    /// The channel's webhook; none where the bot has to speak itself.
    async fn hook(&mut self, place: Place) -> Result<Option<Hook>, Failure> {
        let now = self.shared.clock.unix_ms();
        if now < self.kept.as_bot_until {
            return Ok(None);
        }
        let hook = self.posts.hook(place).await?;
        if hook.is_none() {
            self.kept.as_bot_until = now + AS_BOT_MS;
        }
        Ok(hook)
    }
}

/// Remembers that nothing is to be sent, so that the sweep need not look until something changes.
async fn settle(shared: &Shared, row: &CardRow, plan: &Plan) -> sqlx::Result<()> {
    if plan.done {
        return shared.store.card_done(&row.session.id).await;
    }
    let version = row.session.version;
    let told: Told = plan.told;
    if row.sent_version != version || row.told != told || row.due_at != plan.due_at {
        shared.store.card_settled(&row.session.id, Settled { version, told, due_at: plan.due_at }).await?;
    }
    Ok(())
}
