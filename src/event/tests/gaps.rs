//! What happens while nobody listens is made good.

use std::time::Duration;

use sandbox::fault::SocketFault;

use super::world::{ROOM, SECOND, World, inside, stay, user, wait};
use crate::{signalwire::JoinAs, signalwire::relay::State, store::StayKind};

#[tokio::test]
async fn a_dropped_socket_loses_nothing() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    let odo = world.enters("Odo").await;
    world.until_inside(&["Mira", "Odo"]).await;
    world.advance(10);

    // Nothing can be resumed, so what happens meanwhile is told by nobody.
    world.signalwire.relays().forget_protocols();
    world.signalwire.faults().cut("relay");
    world.signalwire.relays().until_connected(0).await;
    odo.leaves();
    let left_at = world.clock.unix_ms();
    let ann = world.enters("Ann").await;
    let zed = world.enters("Zed").await;
    world.advance(1);
    zed.leaves();
    // Who somebody is, is told by REST, after the socket has told of them.
    let facts = world
        .in_time("all is known", |facts| {
            let stay = |id: &str| facts.stays.get(id);
            inside(facts) == ["Ann", "Mira"].into()
                && stay(ann.id()).is_some_and(|ann| ann.user_id.is_some())
                && stay(zed.id()).is_some_and(|zed| zed.kind == StayKind::Member)
        })
        .await;
    assert!((stay(&facts, &odo).left_at.unwrap() - left_at).abs() <= SECOND, "by SignalWire's time, not by ours");
    assert_eq!(stay(&facts, &ann).user_id, Some(user("Ann")));
    assert_eq!(stay(&facts, &zed).kind, StayKind::Member);
    assert!(mira.is_inside());
    let told = world.told().await;
    for once in ["joined Mira", "joined Odo", "left Odo", "joined Ann", "joined Zed", "left Zed"] {
        assert_eq!(told.iter().filter(|event| *event == once).count(), 1, "{once} in {told:?}");
    }
    assert_eq!(facts.peak, 3);
}

#[tokio::test]
async fn after_a_silent_socket_events_flow_again() {
    let world = World::listening().await;
    world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    world.signalwire.faults().next_event("relay", "video.member.joined", SocketFault::Silence);
    let odo = world.enters("Odo").await;
    let facts = world.in_time("Odo is seen", |facts| inside(facts).contains("Odo")).await;
    assert_eq!(stay(&facts, &odo).name, "Odo");
    world.in_time("the socket is up", |_| matches!(world.events().relay_state(), State::Connected { .. })).await;
    world.enters("Ann").await;
    world.in_time("Ann is seen", |facts| inside(facts).contains("Ann")).await;
}

#[tokio::test]
async fn a_room_that_ended_and_went_on_in_a_gap_is_two_sessions() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    world.signalwire.relays().forget_protocols();
    world.signalwire.faults().cut("relay");
    world.signalwire.relays().until_connected(0).await;
    world.advance(60);
    mira.leaves();
    let ended_at = world.clock.unix_ms();
    world.advance(30);
    let odo = world.enters("Odo").await;
    let facts = world.in_time("it has ended", |facts| facts.ended_at.is_some()).await;
    assert!((facts.ended_at.unwrap() - ended_at).abs() <= SECOND, "when it ended, not when it was noticed");
    let again = wait("the next one", async || world.store().facts_of_video(odo.session_id()).await.unwrap()).await;
    assert_eq!(inside(&again), ["Odo"].into());
}

#[tokio::test]
async fn after_a_restart_all_is_right_within_five_seconds() {
    let mut world = World::listening().await;
    let mira = world.enters("Mira").await;
    let odo = world.enters("Odo").await;
    world.until_inside(&["Mira", "Odo"]).await;
    world.stops().await;

    world.advance(20);
    odo.leaves();
    let ann = world.enters("Ann").await;
    world.advance(600);
    world.begins().await;
    let facts = world.until("all is right", |facts| inside(facts) == ["Ann", "Mira"].into()).await;
    assert!(stay(&facts, &odo).left_at.is_some());
    assert!(mira.is_inside() && ann.is_inside());
    // And it listens.
    world.until("it listens", |_| world.events().relay_state().is_connected()).await;
    mira.leaves();
    world.until_inside(&["Ann"]).await;
}

#[tokio::test]
async fn whoever_came_just_before_a_stop_and_left_during_it_is_soon_known_to_be_gone() {
    let mut world = World::listening().await;
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    let odo = world.enters("Odo").await;
    world.until_inside(&["Mira", "Odo"]).await;
    world.stops().await;
    odo.leaves();
    world.starts().await;
    let begun = world.clock.unix_ms();
    world.in_time("odo is gone", |facts| inside(facts) == ["Mira"].into()).await;
    assert!(world.clock.unix_ms() - begun < 5 * SECOND && mira.is_inside());
}

#[tokio::test]
async fn a_session_that_began_and_ended_while_nobody_was_there_is_known_afterwards() {
    let mut world = World::new().await;
    let mira = world.enters("Mira").await;
    world.advance(30);
    let odo = world.enters("Odo").await;
    world.advance(30);
    mira.leaves();
    odo.leaves();
    let ended_at = world.clock.unix_ms();
    world.advance(600);
    world.begins().await;
    let facts = world.until("it has ended", |facts| facts.ended_at.is_some()).await;
    assert!((facts.ended_at.unwrap() - ended_at).abs() <= SECOND);
    assert_eq!(facts.peak, 2);
    assert_eq!(
        world.told().await,
        ["opened", "started", "joined Mira", "joined Odo", "left Mira", "left Odo", "ended"]
    );
}

#[tokio::test]
async fn what_was_lost_before_the_end_is_asked_for_after_it() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    world.signalwire.faults().next_event("relay", "video.member.joined", SocketFault::Lose);
    world.signalwire.faults().next_event("relay", "video.member.left", SocketFault::Lose);
    let ann = world.enters("Ann").await;
    world.advance(2);
    ann.leaves();
    mira.leaves();
    world.until("it has ended", |facts| facts.ended_at.is_some()).await;
    let facts = world.in_time("Ann was there", |facts| facts.stays.contains_key(ann.id())).await;
    assert_eq!((stay(&facts, &ann).name.as_str(), facts.peak), ("Ann", 2));
}

#[tokio::test]
async fn of_two_processes_one_listens_and_the_other_takes_over() {
    let mut world = World::listening().await;
    world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    // On SQLite a newcomer takes the duty at once, for its predecessor can't be alive.
    let (other, stop) = world.begins_another().await;
    wait("the other has it", async || other.is_on_duty().then_some(())).await;
    wait("the first has given it up", async || {
        world.clock.advance(Duration::from_millis(100));
        (!world.events().is_on_duty()).then_some(())
    })
    .await;
    world.enters("Odo").await;
    world.in_time("Odo is seen", |facts| inside(facts) == ["Mira", "Odo"].into()).await;
    // Asked to look, either does.
    world.events().ask_for_look("s");

    stop.cancel();
    other.stopped().await;
    wait("the first has it again", async || {
        world.clock.advance(Duration::from_millis(100));
        world.events().is_on_duty().then_some(())
    })
    .await;
    world.enters("Ann").await;
    world.in_time("Ann is seen", |facts| inside(facts).contains("Ann")).await;
    world.stops().await;
}

#[tokio::test]
async fn who_hears_nothing_leaves_the_duty_to_who_does() {
    let mut world = World::new().await;
    let (deaf, stop) = world.begins_deaf().await;
    wait("it sweeps while nobody hears", async || {
        world.clock.advance(Duration::from_millis(100));
        deaf.is_on_duty().then_some(())
    })
    .await;
    world.enters("Mira").await;
    world.in_time("Mira is seen", |facts| inside(facts) == ["Mira"].into()).await;
    world.advance(6);

    world.starts().await;
    wait("the deaf one has noticed", async || {
        world.clock.advance(Duration::from_millis(100));
        (!deaf.is_on_duty()).then_some(())
    })
    .await;
    world.enters("Odo").await;
    world.until_inside(&["Mira", "Odo"]).await;
    stop.cancel();
    deaf.stopped().await;
}

#[tokio::test]
async fn audience_alone_keeps_a_session_live() {
    let world = World::listening().await;
    world.enters_as("Vic", ROOM, JoinAs::Audience).await;
    let facts = world.until("it is live", |facts| facts.started_at.is_some() && facts.audience == 1).await;
    assert_eq!((facts.people_inside(), facts.ended_at), (0, None));
}
