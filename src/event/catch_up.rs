//! After anything may have been missed on the event socket (each connect, an overflow, taking over from another
//! process): what is live is listed, compared with what is recorded, and asked for. What is recorded as live and not
//! listed is over only when REST says so.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::StreamExt as _;

use super::{
    AT_ONCE, Shared,
    check::Word,
    fact::Source,
    people,
    record::{About, Live, Outcome},
};
use crate::{signalwire::relay::RoomSession, store::Present};

/// Between two of these; each answers for all that was missed before it.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest between tries that fail while the connection lives.
const LONGEST: Duration = Duration::from_secs(30);

pub(super) async fn run(shared: Arc<Shared>) {
    let mut pause = PAUSE;
    loop {
        let is_gap = tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.gap.notified() => true,
            () = shared.relist.notified() => false,
        };
        if shared.connection().is_none() || !*shared.on_duty.borrow() {
            // Both come with a gap of their own.
            continue;
        }
        let done = tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            done = catch_up(&shared) => done,
        };
        match done {
            Ok(()) => pause = PAUSE,
            Err(error) => {
                tracing::warn!("what is live can't be listed; trying again: {error:#}");
                pause = (pause * 2).min(LONGEST);
                if is_gap { &shared.gap } else { &shared.relist }.notify_one();
            }
        }
        if is_gap {
            // What happened in the gap and is over already only REST knows.
            shared.sweep.notify_one();
        }
        let wait = pause.mul_f64(shared.random.jitter());
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.clock.sleep(wait) => {}
        }
    }
}

async fn catch_up(shared: &Shared) -> anyhow::Result<()> {
    let asked_at = shared.relay.source_time();
    let live = shared.relay.rooms().await?;
    let present = shared.store.present_sessions().await?;
    let listed: HashMap<&str, &RoomSession> = live.iter().map(|session| (session.id.as_str(), session)).collect();
    let names: HashMap<&str, &str> =
        live.iter().filter_map(|session| Some((session.name.as_deref()?, session.id.as_str()))).collect();
    let (followed_on, unlisted): (Vec<&Present>, Vec<&Present>) = present
        .iter()
        .filter(|present| present.video_session_id.as_deref().is_some_and(|id| !listed.contains_key(id)))
        .partition(|present| names.contains_key(present.video_name.as_str()));
    // When a room goes on with another session, the end of the one before is known best to REST.
    futures::stream::iter(followed_on).for_each_concurrent(AT_ONCE, |present| settle(shared, present)).await;
    futures::stream::iter(&live).for_each_concurrent(AT_ONCE, |session| compare(shared, session, asked_at)).await;
    futures::stream::iter(unlisted).for_each_concurrent(AT_ONCE, |present| settle(shared, present)).await;
    Ok(())
}

/// One that is live, with who is inside.
async fn compare(shared: &Shared, session: &RoomSession, asked_at: i64) {
    let mut session = session.clone();
    let about = About::video(&session, Some(Live::Seen(asked_at)));
    let mut at = asked_at;
    if session.members.is_none() && is_ours(shared, &session).await {
        at = shared.relay.source_time();
        session.members = shared.relay.members(&session.id).await.ok();
    }
    let outcome = shared.recorder.record(about, people::facts_of_room(at, &session)).await;
    if let Outcome::Recorded(recorded) = outcome {
        if recorded.is_blurred {
            shared.look_past_blur(&recorded.session_id);
        }
        shared.follow(&session.id, session.event_channel.as_deref()).await;
    }
}

async fn is_ours(shared: &Shared, session: &RoomSession) -> bool {
    let Some(name) = session.name.as_deref() else { return true };
    shared.store.room_of_video(name).await.is_ok_and(|room| room.is_some())
}

/// One that is recorded as live and not listed.
async fn settle(shared: &Shared, present: &Present) {
    match shared.check(present, Source::Relay).await {
        Ok(Word::Over) => {}
        Ok(Word::Live | Word::Unclear) => shared.looks.ask_again(&present.session_id, shared.clock.monotonic()),
        Err(error) => {
            tracing::debug!(%error, session.id = present.session_id, "whether a session is over can't be told yet");
            shared.looks.ask_again(&present.session_id, shared.clock.monotonic());
        }
    }
}
