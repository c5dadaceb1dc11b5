use std::time::Duration;

use super::*;
use crate::signalwire::token::{Claims, JoinAs};

fn video() -> Video {
    Video::new(Clock::new())
}

fn token(name: &str) -> Claims {
    Claims {
        user_name: Some(name.into()),
        room_name: "standup".into(),
        permissions: vec!["room.self.screenshare".into(), "room.self.additional_source".into()],
        auto_create_room: true,
        ..Claims::default()
    }
}

fn enter(video: &Video, name: &str) -> Joined {
    video.join(&token(name), Entry::default()).unwrap()
}

/// What happened, without layouts.
fn heard(events: &mut mpsc::UnboundedReceiver<Event>) -> Vec<&'static str> {
    std::iter::from_fn(|| events.try_recv().ok())
        .map(|event| event.name)
        .filter(|name| *name != "video.layout.changed")
        .collect()
}

#[test]
fn the_first_person_in_starts_the_session_and_the_last_one_out_ends_it() {
    let video = video();
    let mut events = video.events();
    let mira = enter(&video, "Mira");
    assert!(mira.started);
    assert_eq!(heard(&mut events), ["video.room.started"]);
    let odo = enter(&video, "Odo");
    assert_eq!(odo.session_id, mira.session_id);
    assert_eq!(heard(&mut events), ["video.member.joined"]);
    video.leave(&mira.member_id, Left::Gone);
    video.leave(&odo.member_id, Left::Gone);
    video.leave(&odo.member_id, Left::Gone);
    assert_eq!(heard(&mut events), ["video.member.left", "video.member.left", "video.room.ended"]);
    assert!(video.live_session("standup").is_none());
    assert!(enter(&video, "Mira").session_id != mira.session_id);
}

#[test]
fn audience_is_counted_and_never_named() {
    let video = video();
    let mira = enter(&video, "Mira");
    let mut events = video.events();
    let watching = Claims { join_as: JoinAs::Audience, ..token("Vic") };
    let vic = video.join(&watching, Entry::default()).unwrap();
    let event = events.try_recv().unwrap();
    assert_eq!((event.name, &event.params["total"]), ("video.room.audience_count", &1.into()));
    let members = video.subscribed(&mira.session_id).unwrap()["room_session"]["members"].clone();
    assert_eq!(members.as_array().map(Vec::len), Some(1));
    video.leave(&mira.member_id, Left::Gone);
    assert!(video.live_session("standup").is_some(), "somebody still watches");
    video.leave(&vic.member_id, Left::Gone);
    assert!(video.live_session("standup").is_none());
}

#[test]
fn a_screen_comes_and_goes_with_its_owner() {
    let video = video();
    let mira = enter(&video, "Mira");
    enter(&video, "Odo");
    let share = Entry::Screen { parent_id: mira.member_id.clone() };
    let screen = video.join(&token("Mira"), share.clone()).unwrap();
    assert_eq!((screen.kind, screen.started), (Kind::Screen, false));
    let mut events = video.events();
    video.leave(&mira.member_id, Left::Gone);
    assert_eq!(heard(&mut events), ["video.member.left", "video.member.left"]);
    assert_eq!(video.members(&mira.session_id).len(), 1);
    assert_eq!(video.join(&token("Mira"), share).unwrap_err(), Refused::NoMember);
    let forbidden = Claims { permissions: vec![], ..token("Odo") };
    let odo = video.members(&mira.session_id).remove(0).id;
    assert_eq!(video.join(&forbidden, Entry::Screen { parent_id: odo }).unwrap_err(), Refused::Unauthorized);
}

#[test]
fn windows_limits_and_locks_keep_people_out() {
    let video = video();
    let now = video.clock().unix_seconds();
    let refusal = |claims: Claims| video.join(&claims, Entry::default()).unwrap_err();
    assert_eq!(refusal(Claims { join_until: Some(now - 1), ..token("Mira") }), Refused::Unauthorized);
    assert_eq!(refusal(Claims { join_from: Some(now + 60), ..token("Mira") }), Refused::Unauthorized);
    assert_eq!(refusal(Claims { auto_create_room: false, ..token("Mira") }), Refused::NoRoom);
    video.with(|state, now| {
        state.create_room("standup", Settings { max_members: 2, ..Settings::default() }, now);
    });
    let mira = enter(&video, "Mira");
    enter(&video, "Odo");
    assert_eq!(refusal(token("Ann")), Refused::Full);
    video.lock(&mira.session_id, true).unwrap();
    assert_eq!(refusal(token("Ann")), Refused::Locked);
}

#[test]
fn the_clock_removes_whom_the_token_gives_so_long() {
    let video = video();
    let short = Claims { remove_after_seconds_elapsed: Some(60), ..token("Mira") };
    let mira = video.join(&short, Entry::default()).unwrap();
    enter(&video, "Odo");
    let mut events = video.events();
    video.clock().advance(Duration::from_secs(59));
    assert!(video.member(&mira.member_id).unwrap().is_present());
    video.clock().advance(Duration::from_secs(1));
    assert!(!video.member(&mira.member_id).unwrap().is_present());
    assert_eq!(events.try_recv().unwrap().left, Some(Left::Removed));
}

#[tokio::test]
async fn the_clock_wakes_whoever_listens_without_anybody_asking() {
    let video = video();
    let mira = enter(&video, "Mira");
    let mut events = video.events();
    let keeper = tokio::spawn({
        let video = video.clone();
        async move { video.keep_time().await }
    });
    video.vanish(&mira.member_id);
    assert!(video.reappear(&mira.member_id));
    video.vanish(&mira.member_id);
    video.clock().advance(Duration::from_secs(15));
    let left = events.recv().await.unwrap();
    assert_eq!((left.name, left.left), ("video.member.left", Some(Left::Vanished)));
    assert_eq!(events.recv().await.unwrap().name, "video.room.ended");
    keeper.abort();
}

#[test]
fn changes_are_told_once_and_recordings_end_with_the_session() {
    let video = video();
    let mira = enter(&video, "Mira");
    let (session, member) = (&mira.session_id, &mira.member_id);
    let mut events = video.events();
    for _ in 0..2 {
        video.update_member(session, member, Change::HandRaised(true)).unwrap();
    }
    assert_eq!(heard(&mut events), ["video.member.updated"]);
    video.start_recording(session).unwrap();
    assert_eq!(video.start_recording(session).unwrap_err(), Refused::AlreadyRecording);
    assert_eq!(heard(&mut events), ["video.recording.started", "video.room.updated"]);
    video.remove(session, "all").unwrap();
    assert_eq!(heard(&mut events), ["video.recording.ended", "video.room.updated", "video.room.ended"]);
    assert_eq!(video.recordings(session)[0].state, RecordingState::Completed);
    assert_eq!(video.update_member(session, member, Change::Deaf(true)).unwrap_err(), Refused::NoSession);
}

#[test]
fn ten_thousand_may_come_and_go() {
    let video = video();
    video.with(|state, now| {
        state.create_room("standup", Settings { max_members: 20_000, ..Settings::default() }, now);
    });
    let host = enter(&video, "Mira");
    let everybody: Vec<Joined> = (0..10_000).map(|number| enter(&video, &number.to_string())).collect();
    for joined in &everybody {
        video.leave(&joined.member_id, Left::Gone);
    }
    let session = video.session(&host.session_id).unwrap();
    assert_eq!((session.members_inside, session.everyone.len()), (1, 10_001));
}
