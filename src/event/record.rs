//! The recorder: the one place where facts become rows. One task takes reports in turn, so that each fact is weighed
//! against everything recorded before it.
//!
//! In: reports, from any source, in any order, any number of times. Out: stays, session facts and numbered events in
//! the database, and a wake-up for whoever shows them.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    UNSURE_MS,
    fact::{Fact, Source, What},
    rules::{self, Change},
};
use crate::{
    clock::Clock,
    secret::Random,
    store::{SessionFacts, Store},
    tasks::Tasks,
    telemetry,
    wake::Wake,
};

/// What is brought to the recorder, and what becomes of it.
mod report;

pub use report::{About, Live, Outcome, Recorded, Report};

/// Reports that wait for the recorder; whoever brings more waits with them.
const QUEUE: usize = 1024;
/// Reports that are written together when they have piled up: a storm then costs few transactions.
const TOGETHER: usize = 256;
/// More facts than this about one session at once are a storm in it, which lets the others go first.
const STORM: usize = 16;
/// Sessions kept at hand; one costs as much as its stays.
const AT_HAND: usize = 1024;
/// `last_word_at` is only written when it is older than this.
const WORD_MS: i64 = 10_000;
/// SignalWire may tell of a start this much late, or by a clock this much slow, and still mean the present opening.
const START_BLUR_MS: i64 = 60_000;
/// The longest pause between two tries, so that what waits is written down soon after the database is back.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// How long a try may take. A database that hangs says nothing.
const TRY: Duration = Duration::from_secs(8);
/// Tries, with growing pauses, before a report is given up for a new look at everything.
const TRIES: u32 = 16;
/// How long the last reports may take after a stop.
const LAST: Duration = Duration::from_secs(2);
const ID_BITS: usize = 128;

/// The way to the recorder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Recorder(mpsc::Sender<Job>);

#[derive(Debug)]
struct Job {
    report: Report,
    done: oneshot::Sender<Outcome>,
}

impl Recorder {
    /// Among `tasks`: it ends after the stop, when what was handed in before is written down.
    pub fn start(store: Store, clock: Clock, wake: Wake, random: Random, tasks: &Tasks) -> Self {
        let (sender, jobs) = mpsc::channel(QUEUE);
        let desk = Desk { store, clock, wake, random, at_hand: HashMap::new() };
        tasks.lasting("writing down what happens in rooms", desk.run(jobs, tasks.stop().clone()));
        Self(sender)
    }

    /// Hands a report in, keeping the order of calls; what became of it can be asked for.
    pub async fn hand_in(&self, about: About, facts: Vec<Fact>) -> Pending {
        let (done, outcome) = oneshot::channel();
        // A recorder that has stopped leaves `done` unanswered, which says the same.
        let _ = self.0.send(Job { report: Report { about, facts }, done }).await;
        Pending(outcome)
    }

    pub async fn record(&self, about: About, facts: Vec<Fact>) -> Outcome {
        self.hand_in(about, facts).await.outcome().await
    }
}

/// A report under way.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Outcome>);

impl Pending {
    pub async fn outcome(self) -> Outcome {
        self.0.await.unwrap_or(Outcome::Doubtful)
    }
}

struct Desk {
    store: Store,
    clock: Clock,
    wake: Wake,
    random: Random,
    /// Live sessions by SignalWire's id, as last written.
    at_hand: HashMap<String, SessionFacts>,
}

/// Reports about one session, to be recorded as one.
struct Batch {
    report: Report,
    done: Vec<oneshot::Sender<Outcome>>,
}

/// Where a report belongs.
enum Found {
    Session {
        facts: Box<SessionFacts>,
        is_new: bool,
    },
    Nowhere(Outcome),
    /// Something changed while looking.
    Again,
}

impl Desk {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>, stop: CancellationToken) {
        let clock = self.clock.clone();
        let mut together = Vec::new();
        loop {
            tokio::select! {
                biased;
                taken = jobs.recv_many(&mut together, TOGETHER) => if taken == 0 { return },
                // Nothing was handed in that waits; what is from now on is not promised to anybody.
                () = stop.cancelled() => return,
            }
            let too_late = async {
                stop.cancelled().await;
                clock.sleep(LAST).await;
            };
            tokio::select! {
                () = self.work(std::mem::take(&mut together)) => {}
                () = too_late => return,
            }
        }
    }

    async fn work(&mut self, jobs: Vec<Job>) {
        for batch in by_session(jobs) {
            let outcome = self.keep_trying(&batch.report).await;
            for done in batch.done {
                // Not everybody waits for the outcome.
                let _ = done.send(outcome.clone());
            }
        }
    }

    /// A database that is busy or away for a moment loses nothing; one that stays away is made good by a look at
    /// everything when it is back.
    async fn keep_trying(&mut self, report: &Report) -> Outcome {
        let mut pause = Duration::from_millis(50);
        for _ in 0..TRIES {
            let real = Clock::system();
            let tried = real.timeout(TRY, self.record(report)).await;
            match tried.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                Ok(Some(outcome)) => return outcome,
                // Somebody else wrote meanwhile: at once, from the beginning.
                Ok(None) => {}
                Err(error) => {
                    self.at_hand.clear();
                    tracing::warn!(%error, "facts could not be written down; trying again");
                    self.clock.sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
        tracing::error!("facts could not be written down; the video service is asked for them again later");
        Outcome::Doubtful
    }

    /// `None`: the session changed under our hands.
    async fn record(&mut self, report: &Report) -> sqlx::Result<Option<Outcome>> {
        let (facts, is_new) = match self.find(&report.about).await? {
            Found::Session { facts, is_new } => (*facts, is_new),
            Found::Nowhere(outcome) => return Ok(Some(outcome)),
            Found::Again => return Ok(None),
        };
        let Some(facts) = self.write(facts, &report.facts, is_new).await? else { return Ok(None) };
        let is_deserted =
            facts.started_at.is_some() && facts.ended_at.is_none() && facts.people_inside() == 0 && facts.audience == 0;
        let is_blurred = report.facts.iter().any(|fact| match &fact.what {
            What::Inside(people) => rules::is_blurred(&facts, people),
            _ => false,
        });
        let recorded = Recorded { session_id: facts.session_id.clone(), is_new, is_deserted, is_blurred };
        if let (Some(video_session_id), None) = (facts.video_session_id.clone(), facts.ended_at) {
            if self.at_hand.len() >= AT_HAND {
                self.at_hand.clear();
            }
            self.at_hand.insert(video_session_id, facts);
        }
        Ok(Some(Outcome::Recorded(recorded)))
    }

    /// Weighs each fact and keeps what it changes.
    async fn write(&self, mut facts: SessionFacts, given: &[Fact], is_new: bool) -> sqlx::Result<Option<SessionFacts>> {
        let now = self.clock.unix_ms();
        let read = facts.edition();
        let (mut events, mut stays, mut is_changed) = (Vec::new(), BTreeSet::new(), is_new);
        let mut peak = rules::Peak::of(&facts);
        let mut known = Vec::new();
        for fact in given {
            let changes = rules::apply(&facts, fact);
            if changes.is_empty() {
                known.push(fact.source.code());
            }
            for change in changes {
                if let Change::Stay { stay, .. } = &change {
                    peak.changes(&facts, stay);
                }
                facts.take(&change);
                events.extend(change.events(fact.source.code()));
                is_changed = true;
                if let Change::Stay { stay, .. } = change {
                    stays.insert(stay.member_id);
                }
            }
        }
        let word_is_old = facts.ended_at.is_none() && facts.last_word_at.is_none_or(|at| at < now - WORD_MS);
        if !is_changed && !word_is_old {
            known.into_iter().for_each(telemetry::known_fact);
            return Ok(Some(facts));
        }
        if !stays.is_empty() {
            facts.peak = peak.after(&facts);
        }
        let was_unsure = facts.started_at.is_some() && facts.last_word_at.is_some_and(|at| at <= now - UNSURE_MS);
        facts.hear(now);
        facts.version += i64::try_from(events.len()).unwrap_or(i64::MAX);
        let changed = stays.iter().map(String::as_str);
        if !self.store.keep_facts(&facts, read, changed, &events, now).await? {
            return Ok(None);
        }
        for event in &events {
            telemetry::fact(event.source);
        }
        known.into_iter().for_each(telemetry::known_fact);
        if !events.is_empty() || was_unsure {
            self.wake.session(&facts.session_id, &facts.room_key);
        }
        Ok(Some(facts))
    }

    async fn find(&mut self, about: &About) -> sqlx::Result<Found> {
        let (video_session_id, room_name, live) = match about {
            About::Session(session_id) => {
                let facts = self.store.facts(session_id).await?;
                if let Some(video) = facts.as_ref().and_then(|facts| facts.video_session_id.as_ref()) {
                    self.at_hand.remove(video);
                }
                return Ok(known(facts, false).unwrap_or(Found::Nowhere(Outcome::Foreign)));
            }
            About::Video { video_session_id, room_name, live } => (video_session_id, room_name, live),
        };
        if let Some(facts) = self.at_hand.remove(video_session_id) {
            return Ok(Found::Session { facts: Box::new(facts), is_new: false });
        }
        if let Some(found) = known(self.store.facts_of_video(video_session_id).await?, false) {
            return Ok(found);
        }
        let Some(room_name) = room_name else { return Ok(Found::Nowhere(Outcome::Doubtful)) };
        let Some(room) = self.store.room_of_video(room_name).await? else {
            return Ok(Found::Nowhere(Outcome::Foreign));
        };
        let Some(live) = live else { return Ok(Found::Nowhere(Outcome::Foreign)) };
        self.adopt(&room.key, video_session_id, *live).await
    }

    /// A live session of SignalWire's, in a room of ours, that was not heard of before: it is the present opening's,
    /// or somebody came back into a room whose session had ended.
    async fn adopt(&mut self, room_key: &str, video_session_id: &str, live: Live) -> sqlx::Result<Found> {
        let (Live::Started(at) | Live::Seen(at)) = live;
        if let Some(present) = self.store.present_session(room_key).await? {
            let Some(before) = present.video_session_id else {
                if matches!(live, Live::Started(at) if at < present.opened_at - START_BLUR_MS) {
                    // Told late of a time before the opening: over by now, or among the live ones.
                    return Ok(Found::Nowhere(Outcome::Doubtful));
                }
                return self.claim(&present.id, video_session_id).await;
            };
            if at <= present.started_at.unwrap_or(present.opened_at) {
                return Ok(Found::Nowhere(Outcome::Foreign));
            }
            // A room runs one session at a time, so the one before is over, though its end was not heard.
            self.at_hand.remove(&before);
            let over = Fact { at, source: Source::Relay, what: What::Ended };
            if let Some(facts) = self.store.facts(&present.id).await? {
                self.write(facts, &[over], false).await?;
            }
            return Ok(Found::Again);
        }
        let Some(last) = self.store.last_session(room_key).await? else {
            return Ok(Found::Nowhere(Outcome::Foreign));
        };
        let earliest = match live {
            Live::Started(_) => last.started_at.unwrap_or(last.opened_at),
            Live::Seen(_) => last.ended_at.unwrap_or(last.opened_at),
        };
        if at < earliest {
            return Ok(Found::Nowhere(Outcome::Foreign));
        }
        let id = self.random.id(ID_BITS);
        match self.store.open_again(&last, &id, at.max(last.opened_at + 1)).await? {
            Some(session) => {
                tracing::info!(
                    room.key = room_key,
                    session.id = session.id,
                    "somebody is back in a room that had ended"
                );
                self.claim(&session.id, video_session_id).await
            }
            None => Ok(Found::Again),
        }
    }

    async fn claim(&self, session_id: &str, video_session_id: &str) -> sqlx::Result<Found> {
        let facts = self.store.facts(session_id).await?.map(|mut facts| {
            facts.video_session_id = Some(video_session_id.to_owned());
            facts
        });
        Ok(known(facts, true).unwrap_or(Found::Again))
    }
}

fn known(facts: Option<SessionFacts>, is_new: bool) -> Option<Found> {
    facts.map(|facts| Found::Session { facts: Box::new(facts), is_new })
}

/// Reports about the same session as one, in the order of their first, storms last.
fn by_session(jobs: Vec<Job>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for Job { report, done } in jobs {
        let key = match &report.about {
            About::Video { video_session_id, .. } => format!("video {video_session_id}"),
            About::Session(session_id) => format!("session {session_id}"),
        };
        let place = *places.entry(key).or_insert(batches.len());
        match batches.get_mut(place) {
            Some(batch) => {
                batch.report.about.merge(report.about);
                batch.report.facts.extend(report.facts);
                batch.done.push(done);
            }
            None => batches.push(Batch { report, done: vec![done] }),
        }
    }
    batches.sort_by_key(|batch| batch.report.facts.len() > STORM);
    batches
}

#[cfg(test)]
mod tests;
