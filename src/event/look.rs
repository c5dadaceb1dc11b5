//! Looks: somebody says that something happened in a session, so it is asked who is inside. Through the event socket
//! where there is one, over REST else.
//!
//! In: wishes, from pages and from whoever here is in doubt; any number. Out: at most one look per session in two
//! seconds, the last of them after the last wish.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::sync::Notify;

use super::{
    Shared,
    check::Word,
    fact::{Fact, Source, What},
    people,
    record::{About, Outcome},
    rules,
};
use crate::{
    signalwire::{Error, SessionsOf},
    store::SessionFacts,
};

/// Between two looks at one session.
const REST: Duration = Duration::from_secs(2);
/// After a list that may be older than what is known.
const PAST_BLUR: Duration = Duration::from_millis(rules::LIST_BLUR_MS.unsigned_abs() + 100);
/// Sessions with a wish or a rest; a wish beyond that is left to the sweep.
const MOST: usize = 4096;
/// Looks at once.
const AT_ONCE: usize = 16;
/// After a look that did not see clearly: the first pause, which doubles, and how many of them.
const AGAIN: Duration = Duration::from_secs(5);
const TRIES: u32 = 5;

/// Wishes, by our session id.
#[derive(Debug, Default)]
pub(super) struct Queue {
    slots: Mutex<HashMap<Arc<str>, Slot>>,
    rung: Notify,
}

#[derive(Debug, Default)]
struct Slot {
    wanted_at: Option<Duration>,
    rests_until: Duration,
    under_way: bool,
    /// Looks in a row that did not see clearly.
    tries: u32,
}

impl Slot {
    fn due_at(&self) -> Option<Duration> {
        self.wanted_at.filter(|_| !self.under_way).map(|at| at.max(self.rests_until))
    }

    fn is_idle(&self, now: Duration) -> bool {
        self.wanted_at.is_none() && !self.under_way && self.rests_until <= now
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As soon as may be.
    pub fn ask(&self, session_id: &str, now: Duration) {
        self.ask_at(session_id, now, now);
    }

    /// At `at`, if nobody wants it sooner.
    pub fn ask_at(&self, session_id: &str, at: Duration, now: Duration) {
        let mut slots = self.lock();
        if slots.len() >= MOST && !slots.contains_key(session_id) {
            slots.retain(|_, slot| !slot.is_idle(now));
            if slots.len() >= MOST {
                tracing::debug!(session.id = session_id, "too many looks are wanted; left to the sweep");
                return;
            }
        }
        let slot = slots.entry(session_id.into()).or_default();
        slot.wanted_at = Some(slot.wanted_at.map_or(at, |before| before.min(at)));
        drop(slots);
        self.rung.notify_one();
    }

    /// After the pause that follows a look that did not see clearly.
    pub fn ask_again(&self, session_id: &str, now: Duration) {
        self.ask_at(session_id, now + AGAIN, now);
    }

    /// Up to `places` sessions whose turn it is, those that waited longest first; and when the next is due.
    fn take(&self, now: Duration, places: usize) -> (Vec<Arc<str>>, Option<Duration>) {
        let mut slots = self.lock();
        slots.retain(|_, slot| !slot.is_idle(now));
        let mut due: Vec<(Duration, Arc<str>)> =
            slots.iter().filter_map(|(id, slot)| Some((slot.due_at()?, id.clone()))).collect();
        due.sort_unstable();
        let ready = due.iter().take(places).take_while(|(at, _)| *at <= now).count();
        let next = due.get(ready).map(|(at, _)| *at);
        due.truncate(ready);
        for (_, id) in &due {
            if let Some(slot) = slots.get_mut(id) {
                (slot.wanted_at, slot.under_way, slot.rests_until) = (None, true, now + REST);
            }
        }
        (due.into_iter().map(|(_, id)| id).collect(), next)
    }

    /// `pause` is the share of the pause that is waited, if it is to be looked again.
    fn done(&self, session_id: &str, is_clear: bool, pause: f64, now: Duration) {
        let mut slots = self.lock();
        let Some(slot) = slots.get_mut(session_id) else { return };
        slot.under_way = false;
        slot.tries = if is_clear { 0 } else { slot.tries + 1 };
        if (1..=TRIES).contains(&slot.tries) {
            let at = now + (AGAIN * 2u32.pow(slot.tries - 1)).mul_f64(pause);
            slot.wanted_at = Some(slot.wanted_at.map_or(at, |before| before.min(at)));
        }
    }
}

pub(super) async fn run(shared: Arc<Shared>) {
    let mut under_way = FuturesUnordered::new();
    loop {
        let (due, next) = shared.looks.take(shared.clock.monotonic(), AT_ONCE - under_way.len());
        under_way.extend(due.into_iter().map(|id| look(&shared, id)));
        let is_free = under_way.len() < AT_ONCE;
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            Some((id, is_clear)) = under_way.next() => {
                let pause = shared.random.jitter();
                shared.looks.done(&id, is_clear, pause, shared.clock.monotonic());
            }
            () = shared.looks.rung.notified(), if is_free => {}
            () = shared.clock.sleep_until(next.unwrap_or_default()), if is_free && next.is_some() => {}
        }
    }
}

async fn look(shared: &Shared, session_id: Arc<str>) -> (Arc<str>, bool) {
    let is_clear = match shared.look_at(&session_id).await {
        Ok(is_clear) => is_clear,
        Err(error) => {
            tracing::debug!(%error, session.id = %session_id, "a session can't be looked at; trying again");
            false
        }
    };
    (session_id, is_clear)
}

impl Shared {
    /// Whether it was seen clearly how the session is.
    async fn look_at(&self, session_id: &str) -> Result<bool, Error> {
        let Some(known) = self.known(session_id).await else { return Ok(true) };
        if known.ended_at.is_some() {
            return self.look_back(&known).await;
        }
        let present = match self.store.present(session_id).await {
            Ok(Some(present)) => present,
            Ok(None) => return Ok(true),
            Err(_) => return Ok(false),
        };
        let Some(video_session_id) = present.video_session_id.as_deref() else {
            // Nobody was seen there yet; if somebody is, the socket will tell, or should have.
            self.find_start(&present, SessionsOf::LiveRoom(&present.video_name), Source::Look).await?;
            return Ok(true);
        };
        match self.look_through_relay(&present.session_id, video_session_id, Source::Look).await {
            Some(true) => Ok(true),
            // The socket knows no such session, or nobody in it, or there is no socket.
            Some(false) | None => {
                let word = self.check(&present, Source::Look).await?;
                let is_asked_again = self.connection().is_some() && word != Word::Over;
                Ok(!is_asked_again)
            }
        }
    }

    /// A list was not believed where it may be older than what is known; one of a little later is.
    pub fn look_past_blur(&self, session_id: &str) {
        let now = self.clock.monotonic();
        self.looks.ask_at(session_id, now + PAST_BLUR, now);
    }

    /// Asks the event socket who is inside. Whether somebody is; `None` when it can't be asked.
    pub async fn look_through_relay(&self, session_id: &str, video_session_id: &str, source: Source) -> Option<bool> {
        let asked_at = self.relay.source_time();
        match self.relay.members(video_session_id).await {
            Ok(members) => {
                let inside = Fact { at: asked_at, source, what: What::Inside(people::people(&members)) };
                let outcome = self.recorder.record(About::Session(session_id.to_owned()), vec![inside]).await;
                let Outcome::Recorded(recorded) = outcome else { return Some(false) };
                if recorded.is_blurred {
                    self.look_past_blur(session_id);
                }
                Some(!recorded.is_deserted)
            }
            Err(Error::NotFound) => {
                self.followed.remove(video_session_id);
                Some(false)
            }
            Err(error) => {
                tracing::debug!(%error, session.id = session_id, "the event socket does not say who is inside");
                None
            }
        }
    }

    /// A session that is over: REST is asked once for who was there, because an event that was lost can't be looked
    /// for any more.
    async fn look_back(&self, known: &SessionFacts) -> Result<bool, Error> {
        let Some(video_session_id) = known.video_session_id.as_deref() else { return Ok(true) };
        let asked_at = self.relay.source_time();
        match self.signalwire.session(video_session_id).await {
            Ok(session) => {
                self.check_listed(&known.session_id, &session, asked_at, Source::Sweep).await?;
                Ok(true)
            }
            Err(Error::NotFound) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn taken(queue: &Queue, now: u64) -> Vec<String> {
        queue.take(at(now), AT_ONCE).0.iter().map(|id| id.to_string()).collect()
    }

    #[test]
    fn a_session_is_looked_at_once_in_two_seconds_and_after_the_last_wish() {
        let queue = Queue::default();
        (0..100).for_each(|_| queue.ask("s", at(1_000)));
        assert_eq!(taken(&queue, 1_000), ["s"]);
        queue.ask("s", at(1_100));
        assert!(taken(&queue, 1_200).is_empty(), "one at a time");
        queue.done("s", true, 1.0, at(1_300));
        let (none, next) = queue.take(at(1_400), AT_ONCE);
        assert_eq!((none.len(), next), (0, Some(at(3_000))));
        assert_eq!(taken(&queue, 3_000), ["s"], "the wish of meanwhile is granted");
        queue.done("s", true, 1.0, at(3_100));
        assert!(taken(&queue, 5_000).is_empty());
        assert!(queue.lock().is_empty(), "nothing is kept of it");
    }

    #[test]
    fn whoever_waits_longest_comes_first_and_places_are_few() {
        let queue = Queue::default();
        for number in 0..40_u64 {
            queue.ask(&format!("s{number}"), at(100 - number));
        }
        let first = taken(&queue, 1_000);
        assert_eq!((first.len(), first[0].as_str()), (AT_ONCE, "s39"));
        let (none, next) = queue.take(at(1_000), 0);
        assert!(none.is_empty() && next.is_some());
    }

    #[test]
    fn an_unclear_look_is_repeated_with_growing_pauses_and_then_left_to_the_sweep() {
        let queue = Queue::default();
        let mut now = at(0);
        queue.ask("s", now);
        let mut pauses = Vec::new();
        loop {
            queue.take(now, AT_ONCE);
            queue.done("s", false, 1.0, now);
            let Some(next) = queue.take(now, 0).1 else { break };
            pauses.push((next - now).as_secs());
            now = next;
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80]);
    }

    #[test]
    fn a_wish_for_later_does_not_hold_up_one_for_now() {
        let queue = Queue::default();
        queue.ask_at("s", at(10_000), at(0));
        assert!(taken(&queue, 0).is_empty());
        queue.ask("s", at(100));
        assert_eq!(taken(&queue, 100), ["s"]);
    }

    #[test]
    fn wishes_have_a_bound() {
        let queue = Queue::default();
        for number in 0..2 * MOST {
            queue.ask(&format!("s{number}"), at(0));
        }
        assert_eq!(queue.lock().len(), MOST);
        queue.ask("s0", at(1));
    }
}
