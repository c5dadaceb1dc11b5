//! With everything working: what happens is recorded as it happens.

use sandbox::fault::{Fault, SocketFault};

use super::world::{ROOM, World, stay, user};
use crate::{signalwire::JoinAs, store::StayKind, wake::Change};

#[tokio::test]
async fn the_first_person_is_inside_though_no_event_says_so() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    let facts = world.until_inside(&["Mira"]).await;
    let recorded = stay(&facts, &mira);
    assert_eq!((recorded.user_id, recorded.kind), (Some(user("Mira")), StayKind::Member));
    assert_eq!(facts.started_at, Some(recorded.joined_at));
    assert_eq!(facts.video_session_id.as_deref(), Some(mira.session_id()));
    assert_eq!(world.told().await, ["opened", "started", "joined Mira"]);
}

#[tokio::test]
async fn people_come_and_go_and_the_last_one_ends_it() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    let odo = world.enters("Odo").await;
    world.until_inside(&["Mira", "Odo"]).await;
    mira.leaves();
    world.until_inside(&["Odo"]).await;
    odo.leaves();
    let facts = world.until("it has ended", |facts| facts.ended_at.is_some()).await;
    assert_eq!((facts.end_reason, facts.peak), (Some("left"), 2));
    let told = world.told().await;
    assert_eq!(told[..6], ["opened", "started", "joined Mira", "joined Odo", "left Mira", "left Odo"]);
    assert_eq!(told[6..], ["ended"]);
}

#[tokio::test]
async fn screens_are_no_people_and_audience_is_a_number() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    let screen = mira.shares_screen().unwrap();
    world.enters_as("Vic", ROOM, JoinAs::Audience).await;
    let facts = world
        .until("screen and audience are known", |facts| facts.audience == 1 && facts.stays.contains_key(screen.id()))
        .await;
    assert_eq!(stay(&facts, &screen).kind, StayKind::Screen);
    assert_eq!((facts.people_inside(), facts.peak), (1, 1));
}

#[tokio::test]
async fn locks_and_recordings_are_known() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    let video = world.signalwire.video();
    video.lock(mira.session_id(), true).unwrap();
    video.start_recording(mira.session_id()).unwrap();
    world.until("locked and recorded", |facts| facts.locked && facts.recording).await;
}

#[tokio::test]
async fn somebody_who_comes_back_after_the_end_opens_it_again() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    mira.leaves();
    world.until("it has ended", |facts| facts.ended_at.is_some()).await;
    let mut changes = world.wake.listen();
    world.enters("Odo").await;
    let again = loop {
        if let Some(Change::Session { session_id, .. }) = changes.next().await
            && &*session_id != "s"
        {
            break session_id;
        }
    };
    let facts = world.until_of(&again, "Odo is inside", |facts| facts.people_inside() == 1).await;
    assert_eq!(facts.ended_at, None);
    assert!(world.facts().await.ended_at.is_some());
}

#[tokio::test]
async fn rooms_of_others_are_left_alone() {
    let world = World::listening().await;
    let zed = world.enters_as("Zed", "somebody-elses", JoinAs::Member).await;
    world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    assert_eq!(world.store().facts_of_video(zed.session_id()).await.unwrap(), None);
    let session = world.signalwire.video().session(zed.session_id()).unwrap();
    assert!(!world.signalwire.relays().subscribed_to(&session.event_channel));
}

#[tokio::test]
async fn what_arrives_twice_or_in_the_wrong_order_happened_once() {
    let world = World::listening().await;
    world.signalwire.faults().always_event("relay", "video.", SocketFault::Duplicate);
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    let odo = world.enters("Odo").await;
    world.until_inside(&["Mira", "Odo"]).await;
    world.signalwire.faults().clear();
    world.signalwire.faults().next_event("relay", "video.member.joined", SocketFault::Reorder);
    let ann = world.enters("Ann").await;
    ann.leaves();
    mira.leaves();
    let facts = world.until_inside(&["Odo"]).await;
    assert!(stay(&facts, &ann).left_at.is_some());
    odo.leaves();
    world.until("it has ended", |facts| facts.ended_at.is_some()).await;
    let mut told = world.told().await;
    assert_eq!(told.iter().filter(|event| *event == "joined Ann").count(), 1, "{told:?}");
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), world.told().await.len(), "nothing was told twice");
}

#[tokio::test]
async fn a_start_whose_list_fails_is_looked_at() {
    let world = World::listening().await;
    // The snapshot that a subscription begins with gets lost too.
    world.signalwire.faults().always_event("relay", "video.room.subscribed", SocketFault::Lose);
    world.signalwire.faults().next("GET /api/video/room_sessions/*/members", Fault::Status(503));
    world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
}

#[tokio::test]
async fn a_leave_that_was_never_told_is_seen_by_a_look() {
    let world = World::listening().await;
    world.enters("Mira").await;
    let odo = world.enters("Odo").await;
    world.until_inside(&["Mira", "Odo"]).await;
    world.signalwire.faults().next_event("relay", "video.member.left", SocketFault::Lose);
    // Inside for longer than a list may be late.
    world.advance(5);
    odo.leaves();
    world.advance(3);
    world.events().ask_for_look("s");
    world.until_inside(&["Mira"]).await;
    world.events().ask_for_look("nobody knows this one");
}

#[tokio::test]
async fn a_last_leave_that_was_never_told_ends_it_all_the_same() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    world.signalwire.faults().next_event("relay", "video.member.left", SocketFault::Lose);
    world.signalwire.faults().always_event("relay", "video.room.ended", SocketFault::Lose);
    world.advance(5);
    mira.leaves();
    world.events().ask_for_look("s");
    let facts = world.until("it has ended", |facts| facts.ended_at.is_some()).await;
    assert_eq!(facts.end_reason, Some("left"));
}

#[tokio::test]
async fn the_end_that_does_not_follow_the_last_leave_is_asked_for() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    world.signalwire.faults().always_event("relay", "video.room.ended", SocketFault::Lose);
    mira.leaves();
    world.until("nobody is inside", |facts| facts.people_inside() == 0).await;
    world.in_time("it has ended", |facts| facts.ended_at.is_some()).await;
}
