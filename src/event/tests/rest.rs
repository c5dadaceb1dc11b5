//! Without the event socket, and with a REST API that has troubles of its own.

use std::time::Duration;

use sandbox::{fault::Fault, signalwire::state::Take};

use super::world::{PLACE, SECOND, World, inside, stay, wait};
use crate::event::UNSURE_MS;

const SESSIONS: &str = "GET /api/video/room_sessions/**";

impl World {
    /// The socket is refused from now on.
    async fn loses_the_socket(&self) {
        self.signalwire.refuse_connects(Some((-32003, "Scope not allowed")));
        self.signalwire.relays().forget_protocols();
        self.signalwire.faults().cut("relay");
        wait("the socket is down", async || (!self.events().relay_state().is_connected()).then_some(())).await;
    }
}

#[tokio::test]
async fn without_the_socket_the_sweep_sees_who_comes_and_goes() {
    let world = World::listening().await;
    world.loses_the_socket().await;
    let mira = world.enters("Mira").await;
    let odo = world.enters("Odo").await;
    world.in_time("both are seen", |facts| inside(facts) == ["Mira", "Odo"].into()).await;
    world.advance(60);
    odo.leaves();
    let left_at = world.clock.unix_ms();
    let facts = world.in_time("Odo is gone", |facts| inside(facts) == ["Mira"].into()).await;
    assert!((stay(&facts, &odo).left_at.unwrap() - left_at).abs() <= SECOND);
    mira.leaves();
    let ended_at = world.clock.unix_ms();
    let facts = world.in_time("it has ended", |facts| facts.ended_at.is_some()).await;
    assert!((facts.ended_at.unwrap() - ended_at).abs() <= SECOND);
    assert_eq!((facts.end_reason, facts.peak), (Some("left"), 2));
}

#[tokio::test]
async fn without_the_socket_rest_tells_that_something_is_recorded() {
    let world = World::listening().await;
    world.loses_the_socket().await;
    world.enters("Mira").await;
    world.in_time("Mira is seen", |facts| inside(facts) == ["Mira"].into()).await;
    let live = world.signalwire.video().live_session(super::world::ROOM).unwrap();
    let recording = world.signalwire.video().start_recording(&live.id).unwrap();
    let facts = world.in_time("it is recorded", |facts| facts.recording).await;
    assert!((facts.recording_since.unwrap() - recording.started_at).abs() <= SECOND);
    world.advance(60);
    world.signalwire.video().recording(&live.id, &recording.id, Take::Stop).unwrap();
    world.in_time("it is not recorded any more", |facts| !facts.recording).await;
}

#[tokio::test]
async fn a_bill_that_comes_late_is_asked_for() {
    const MEMBERS: &str = "GET /api/video/room_sessions/*/members";
    let world = World::listening().await;
    // Who was there is known at once, what it costs is not.
    world.signalwire.faults().always(MEMBERS, empty());
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    world.advance(20 * 60);
    mira.leaves();
    world.until("it has ended", |facts| facts.ended_at.is_some()).await;
    let cost = async || world.store().tally(PLACE.guild_id, 0, world.clock.unix_ms()).await.unwrap().cost_micros;
    world.signalwire.faults().forget();
    wait("it was asked who was there", async || {
        world.advance(1);
        (!world.signalwire.faults().requests_to(MEMBERS).is_empty()).then_some(())
    })
    .await;
    world.signalwire.faults().clear();
    let billed = wait("the bill is there", async || {
        world.clock.advance(Duration::from_millis(500));
        cost().await.filter(|cost| *cost > 0)
    })
    .await;
    assert_eq!(billed % 3_000, 0, "$0.003 a minute");
    assert!(billed >= 20 * 3_000, "{billed}");
}

#[tokio::test]
async fn without_the_socket_a_look_asks_rest() {
    let world = World::listening().await;
    world.loses_the_socket().await;
    world.enters("Mira").await;
    // The page says that somebody came: nobody waits for the sweep.
    world.events().ask_for_look("s");
    world.until_inside(&["Mira"]).await;
    let odo = world.enters("Odo").await;
    world.advance(2);
    world.events().ask_for_look("s");
    world.until_inside(&["Mira", "Odo"]).await;
    odo.leaves();
    world.advance(2);
    world.events().ask_for_look("s");
    world.until_inside(&["Mira"]).await;
}

#[tokio::test]
async fn the_socket_puts_right_what_rest_had_to_guess() {
    let world = World::listening().await;
    world.loses_the_socket().await;
    let mira = world.enters("Mira").await;
    let screen = mira.shares_screen().unwrap();
    world.events().ask_for_look("s");
    world.until("both are known", |facts| facts.stays.len() == 2).await;
    world.signalwire.refuse_connects(None);
    let facts =
        world.in_time("the screen is no person", |facts| facts.people_inside() == 1 && facts.stays.len() == 2).await;
    assert!(stay(&facts, &mira).user_id.is_some());
    assert_eq!(stay(&facts, &screen).kind, crate::store::StayKind::Screen);
}

#[tokio::test]
async fn troubles_of_rest_end_nothing_and_are_admitted() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    let before = world.until_inside(&["Mira"]).await;
    world.loses_the_socket().await;
    for fault in [
        Fault::Status(500),
        Fault::Status(503),
        Fault::RateLimited { retry_after: Some(3.0), global: false, code: None, headers: true },
        Fault::html(200, "<html>It works!</html>"),
        Fault::json(200, &serde_json::json!({"data": "nothing"})),
        Fault::Status(404),
        Fault::Refuse,
    ] {
        world.signalwire.faults().clear();
        world.signalwire.faults().always(SESSIONS, fault.clone());
        world.signalwire.faults().forget();
        world.events().ask_for_look("s");
        wait("it was asked", async || {
            world.clock.advance(Duration::from_millis(500));
            (!world.signalwire.faults().requests_to(SESSIONS).is_empty()).then_some(())
        })
        .await;
        let facts = world.facts().await;
        assert_eq!((facts.ended_at, inside(&facts)), (None, ["Mira"].into()), "{fault:?}");
    }
    // A second more: words of one moment bear times of their own.
    world.advance(121);
    let facts = world.facts().await;
    let now = world.clock.unix_ms();
    assert!(now - facts.last_word_at.unwrap() >= UNSURE_MS, "nothing vouches for it");
    assert_eq!(facts.version, before.version);

    // When it is over, that is said by whoever knows.
    let mut changes = world.wake.listen();
    world.signalwire.faults().clear();
    world.in_time("REST speaks again", |facts| facts.last_word_at.unwrap() > now).await;
    assert!(changes.next().await.is_some(), "the card is drawn again though nothing happened");
    mira.leaves();
    world.in_time("it has ended", |facts| facts.ended_at.is_some()).await;
}

#[tokio::test]
async fn a_session_rest_does_not_list_yet_is_not_over() {
    let world = World::listening().await;
    world.signalwire.faults().always("GET /api/video/room_sessions", empty());
    world.signalwire.faults().always("GET /api/video/room_sessions/*", Fault::Status(404));
    world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    for _ in 0..4 {
        world.advance(31);
        world.events().ask_for_look("s");
        world.until_inside(&["Mira"]).await;
    }
    assert_eq!(world.facts().await.ended_at, None);
}

#[tokio::test]
async fn an_old_session_that_is_nowhere_any_more_is_over() {
    let world = World::listening().await;
    let mira = world.enters("Mira").await;
    world.until_inside(&["Mira"]).await;
    world.loses_the_socket().await;
    mira.leaves();
    world.signalwire.faults().always("GET /api/video/room_sessions/*", Fault::Status(404));
    world.advance(301);
    world.in_time("it has ended", |facts| facts.ended_at.is_some()).await;
}

#[tokio::test]
async fn while_the_socket_lives_what_is_recorded_holds() {
    let world = World::listening().await;
    world.enters("Mira").await;
    let before = world.until_inside(&["Mira"]).await;
    let since = world.clock.unix_ms();
    let facts = world.in_time("it is vouched for", |facts| facts.last_word_at.unwrap() > since + 1_000).await;
    assert_eq!(facts.version, before.version);
}

#[tokio::test]
async fn a_room_that_is_deleted_takes_its_session_along_when_rest_says_so() {
    let world = World::listening().await;
    world.loses_the_socket().await;
    let mira = world.enters("Mira").await;
    world.in_time("Mira is seen", |facts| inside(facts) == ["Mira"].into()).await;
    world.signalwire.kill_room(super::world::ROOM);
    world.advance(31);
    mira.leaves();
    world.in_time("it has ended", |facts| facts.ended_at.is_some()).await;
}

#[tokio::test]
async fn an_opening_that_nobody_came_to_is_over_after_an_hour() {
    let world = World::listening().await;
    world.advance(59 * 60);
    world.events().ask_for_look("s");
    assert_eq!(world.facts().await.ended_at, None);
    world.advance(60);
    let facts = world.in_time("it is over", |facts| facts.ended_at.is_some()).await;
    assert_eq!((facts.end_reason, facts.started_at), (Some("nobody"), None));
}

#[tokio::test]
async fn long_lists_are_read_to_their_end() {
    let world = World::listening().await;
    world.loses_the_socket().await;
    let mut people = Vec::new();
    for number in 0..95 {
        people.push(world.enters(&format!("Person {number}")).await);
    }
    world.in_time("all are seen", |facts| facts.people_inside() == 95).await;
}

/// A list with nothing in it.
fn empty() -> Fault {
    Fault::json(200, &serde_json::json!({"links": {}, "data": []}))
}
