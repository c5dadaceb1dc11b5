//! What the event socket tells, as reports. Events are handed to the recorder in their order; what a report comes to
//! is seen to on the side, so that a slow database or a slow answer never makes events wait for each other.

use std::{sync::Arc, time::Duration};

use futures::{
    StreamExt as _,
    future::{BoxFuture, FutureExt as _},
    stream::FuturesUnordered,
};
use tokio::sync::mpsc;

use super::{
    Shared,
    fact::{Fact, Source, What},
    people,
    record::{About, Live, Outcome, Pending},
};
use crate::signalwire::relay::{Event, Member, RoomSession};

/// Reports under way; no more events are taken while there are so many.
const UNDER_WAY: usize = 1024;
/// An end is told right after the last leave; when it is not, it is looked for.
const END_IS_DUE: Duration = Duration::from_secs(3);
/// REST may be so late with who was there; then it is asked for what the socket did not tell.
const REST_IS_DONE: Duration = Duration::from_secs(10);

pub(super) async fn run(shared: Arc<Shared>, mut events: mpsc::Receiver<Event>) {
    let mut under_way: FuturesUnordered<BoxFuture<'static, ()>> = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            Some(()) = under_way.next() => {}
            event = events.recv(), if under_way.len() < UNDER_WAY => {
                let Some(event) = event else { return };
                // Whoever is on duty hears the same.
                if *shared.on_duty.borrow() {
                    under_way.extend(take(&shared, event).await);
                }
            }
        }
    }
}

async fn take(shared: &Arc<Shared>, event: Event) -> Option<BoxFuture<'static, ()>> {
    let (about, facts) = match event {
        Event::Resync => {
            shared.gap.notify_one();
            return None;
        }
        Event::RoomStarted { at, session } => return Some(started(shared.clone(), at, session).boxed()),
        Event::RoomSnapshot { at, session } => {
            (About::video(&session, Some(Live::Seen(at))), people::facts_of_room(at, &session))
        }
        Event::RoomUpdated { at, session } => (About::video(&session, None), people::facts_of_room(at, &session)),
        Event::RoomEnded { at, session } => {
            let about = About::video(&session, None);
            let pending = shared.recorder.hand_in(about, vec![fact(at, What::Ended)]).await;
            return Some(ended(shared.clone(), session.id, pending).boxed());
        }
        Event::MemberJoined { at, session_id, member } => (About::known(&session_id), vec![joined(at, &member)]),
        Event::MemberLeft { at, session_id, member } => {
            let left = What::Left(people::person_who_left(&member));
            (About::known(&session_id), vec![fact(at, left)])
        }
        Event::Recording { at, session_id, on } => {
            (About::known(&session_id), vec![fact(at, What::Recording { on, since: None })])
        }
        Event::Audience { at, session_id, total } => (About::known(&session_id), vec![fact(at, What::Audience(total))]),
    };
    let pending = shared.recorder.hand_in(about, facts).await;
    Some(recorded(shared.clone(), pending).boxed())
}

fn fact(at: i64, what: What) -> Fact {
    Fact { at, source: Source::Relay, what }
}

fn joined(at: i64, member: &Member) -> Fact {
    fact(at, What::Joined(people::person(member)))
}

/// Somebody is the first in a room, and no event says who: the list of who is inside does. Reported together, so that
/// nobody is shown a room that is live and empty.
async fn started(shared: Arc<Shared>, at: i64, session: RoomSession) {
    if !is_ours(&shared, &session).await {
        return;
    }
    let asked_at = shared.relay.source_time();
    let (members, ()) =
        tokio::join!(shared.relay.members(&session.id), shared.follow(&session.id, session.event_channel.as_deref()),);
    let mut facts = vec![fact(at, What::Started)];
    let is_known = members.is_ok();
    if let Ok(members) = members {
        if let [first] = &members[..] {
            facts.push(joined(at, first));
        }
        facts.push(fact(asked_at.max(at), What::Inside(people::people(&members))));
    }
    let outcome = shared.recorder.record(About::video(&session, Some(Live::Started(at))), facts).await;
    if let Outcome::Recorded(recorded) = &outcome
        && !is_known
    {
        shared.looks.ask(&recorded.session_id, shared.clock.monotonic());
    }
    see_to(&shared, outcome);
}

/// Whether a session is in a room of ours, as far as that can be told without recording anything.
async fn is_ours(shared: &Shared, session: &RoomSession) -> bool {
    let Some(name) = session.name.as_deref() else {
        shared.gap.notify_one();
        return false;
    };
    match shared.store.room_of_video(name).await {
        Ok(room) => room.is_some(),
        // The recorder waits for the database, and asks again.
        Err(_) => true,
    }
}

async fn ended(shared: Arc<Shared>, video_session_id: String, pending: Pending) {
    let outcome = pending.outcome().await;
    shared.followed.remove(&video_session_id);
    if let Outcome::Recorded(recorded) = &outcome {
        let at = shared.clock.monotonic() + REST_IS_DONE;
        shared.looks.ask_at(&recorded.session_id, at, shared.clock.monotonic());
    }
    see_to(&shared, outcome);
}

async fn recorded(shared: Arc<Shared>, pending: Pending) {
    see_to(&shared, pending.outcome().await);
}

/// What a report asks for beyond being recorded.
fn see_to(shared: &Shared, outcome: Outcome) {
    match outcome {
        Outcome::Recorded(recorded) if recorded.is_deserted => {
            let now = shared.clock.monotonic();
            shared.looks.ask_at(&recorded.session_id, now + END_IS_DUE, now);
        }
        Outcome::Recorded(recorded) if recorded.is_blurred => shared.look_past_blur(&recorded.session_id),
        Outcome::Recorded(_) | Outcome::Foreign => {}
        Outcome::Doubtful => shared.gap.notify_one(),
    }
}
