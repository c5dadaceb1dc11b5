//! Access that is lost while a call runs is lost in the call.
//!
//! In: who is inside, what Discord says of them, and wake-ups. Out: whoever may no longer be there is put out and
//! their page told; pages of those whose role changed look again. Everybody is decided about again once a minute, by
//! the process whose part they are; at once when the gateway tells of something that concerns them, and when they come
//! in. Who was removed and shows up again goes at once. A page whose person may do less than before comes in again with
//! another room token; one that does not is put out. Discord's silence puts nobody out.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use tokio_util::sync::CancellationToken;

use self::{
    part::Part,
    roll::{Found, Key, News, Roll, Turn},
};
use super::put_out::put_out;
use crate::{
    access::{Membership, Rule},
    clock::Clock,
    discord::Budget,
    lease::Leases,
    room::{Attendee, Rooms},
    signalwire::Relay,
    wake::{Change, Heard, Wake},
};

/// Which people are this process's to go through.
mod part;

/// Who is decided about next. Pure.
mod roll;

/// Who is inside is read this often without a wake-up ...
const SWEEP: Duration = Duration::from_secs(5);
/// ... and no more often than this however many there are.
const BETWEEN_READS: Duration = Duration::from_millis(400);
/// Who was just removed is being put out by whoever removed them.
const REMOVING: Duration = Duration::from_secs(1);
/// People decided about at once; of more in a second, all of a second.
const AT_ONCE: usize = 8;

/// What the re-check needs, put together by `app`.
pub struct Parts {
    pub rooms: Rooms,
    pub membership: Membership,
    pub relay: Relay,
    pub wake: Wake,
    pub clock: Clock,
    pub leases: Leases,
    pub budget: Budget,
    /// Of several processes on one database, one hears of those who come; another has to find them.
    pub on_duty: Box<dyn Fn() -> bool + Send + Sync>,
    pub stop: CancellationToken,
}

impl Parts {
    /// All people are divided among the processes.
    fn part(&self) -> Part {
        let (processes, place) = {
            let standing = self.leases.standing();
            let standing = standing.borrow();
            (standing.processes, standing.place)
        };
        Part::new(place, processes, self.budget, (self.on_duty)())
    }
}

/// Until `stop`.
pub async fn run(parts: Parts) {
    let parts = Arc::new(parts);
    let mut wakes = parts.wake.listen();
    let mut changes = parts.membership.changes();
    let mut relay = parts.relay.state();
    let mut roll = Roll::new(parts.part());
    let mut under_way = FuturesUnordered::new();
    let mut reading = Reading::default();
    loop {
        let (now, part) = (parts.clock.monotonic(), parts.part());
        roll.is_for(part);
        if reading.next_at <= now {
            reading.done(now);
            match parts.rooms.attendees().await {
                Ok(inside) => roll.update(inside, now),
                Err(error) => tracing::warn!(%error, "who is inside can't be read"),
            }
        }
        let known = |person: &Attendee, age| parts.membership.is_known(person.user_id, person.place, age);
        let at_once = AT_ONCE.max(part.in_a_second());
        while under_way.len() < at_once
            && let Some(turn) = roll.take(now, known)
        {
            under_way.push(check(parts.clone(), turn));
        }
        let due = if under_way.len() < at_once { roll.next_at() } else { Duration::MAX };
        tokio::select! {
            biased;
            () = parts.stop.cancelled() => return,
            Some((key, found, name)) = under_way.next() => {
                if let Some(news) = roll.found(&key, found, parts.clock.monotonic()) {
                    tell(&parts, &key, &name, news);
                }
            }
            heard = wakes.heard() => {
                let mut pause = pause(&heard, part.on_duty);
                // Whatever else is waiting is answered by the same reading.
                while let Some(heard) = wakes.heard().now_or_never() {
                    pause = [pause, self::pause(&heard, part.on_duty)].into_iter().flatten().min();
                }
                if let Some(pause) = pause {
                    reading.wanted(parts.clock.monotonic() + pause);
                }
            }
            changed = changes.recv() => {
                let now = parts.clock.monotonic();
                match changed {
                    Ok(changed) => roll.hint(now, |person| changed.concerns(person.user_id, person.place)),
                    // Some were missed.
                    Err(_) => roll.hint(now, |_| true),
                }
            }
            Ok(()) = relay.changed() => {
                if relay.borrow_and_update().is_connected() {
                    roll.owed(parts.clock.monotonic());
                }
            }
            () = parts.clock.sleep_until(due.min(reading.next_at)) => {}
        }
    }
}

/// When who is inside is read, monotonic.
#[derive(Default)]
struct Reading {
    next_at: Duration,
    not_before: Duration,
}

impl Reading {
    fn done(&mut self, now: Duration) {
        (self.next_at, self.not_before) = (now + SWEEP, now + BETWEEN_READS);
    }

    fn wanted(&mut self, at: Duration) {
        self.next_at = self.next_at.min(at.max(self.not_before));
    }
}

/// How soon it is to be read who is inside. What another process said is for itself and for whoever is on duty.
fn pause(heard: &Heard, on_duty: bool) -> Option<Duration> {
    match heard.change {
        Some(_) if heard.elsewhere && !on_duty => None,
        Some(Change::Person { .. }) => Some(REMOVING),
        _ => Some(Duration::ZERO),
    }
}

async fn check(parts: Arc<Parts>, turn: Turn) -> (Key, Found, String) {
    let key = Key::of(&turn.person);
    let found = decide(&parts, &turn).await;
    (key, found, turn.person.name)
}

async fn decide(parts: &Parts, turn: &Turn) -> Found {
    let Turn { person, age, is_late } = turn;
    let video_session = person.video_session_id.as_deref();
    let out = || put_out(&parts.rooms, &parts.relay, &person.session_id, video_session, person.user_id);
    let rule = if person.refused {
        Rule::Removed
    } else {
        match parts.membership.facts_within(person.user_id, person.place, *age).await {
            Ok(facts) => {
                let decision =
                    parts.membership.decide(&facts.in_session(Some(person.opened_by), false, person.watches));
                match decision.role {
                    // Without a refusal: they may come in again as what they are.
                    Some(role) if *is_late && person.holds > Some(role) => {
                        return Found::Holds { out: out().await };
                    }
                    Some(role) => return Found::May(role),
                    None => decision.rule,
                }
            }
            // The log has the reason.
            Err(_) => return Found::Silence,
        }
    };
    // The page first: it can say why, the video service can't.
    parts.wake.person(&person.room_key, person.user_id);
    Found::MayNot { rule, out: out().await }
}

fn tell(parts: &Parts, key: &Key, name: &str, news: News) {
    let (room, user) = (&key.room_key, key.user_id);
    match news {
        News::Role => parts.wake.person(room, user),
        News::Out(rule) => tracing::info!(room.key = room, user.id = user, %rule, "somebody was put out of a call"),
        News::Lowered => {
            tracing::info!(
                room.key = room,
                user.id = user,
                "somebody who held more than they may was put out of a call"
            );
        }
        News::StillInside => {
            tracing::warn!(
                room.key = room,
                user.id = user,
                "somebody who may no longer be in a call can't be put out now; they get no more room tokens"
            );
            parts.wake.lingers(room, name);
        }
    }
}
