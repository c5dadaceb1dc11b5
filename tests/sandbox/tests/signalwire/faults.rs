//! Misbehaving on demand.

use std::time::{Duration, Instant};

use reqwest::Method;
use sandbox::fault::{Fault, SocketFault};
use serde_json::{Value, json};

use super::{World, server::Server};

#[tokio::test]
async fn a_route_is_slow_or_answers_what_it_is_told() {
    let world = World::start().await;
    let faults = world.signalwire().faults();
    faults.next("GET /api/video/rooms", Fault::Latency(Duration::from_millis(30)));
    let asked = Instant::now();
    world.get("/rooms").await;
    assert!(asked.elapsed() >= Duration::from_millis(30));

    faults.next("* /api/video/**", Fault::Status(503));
    let (status, body) = world.ask(Method::GET, "/rooms", None).await;
    assert_eq!((status.as_u16(), body), (503, json!({ "error": "Service Unavailable" })));
    faults.next("GET /api/video/rooms/*", Fault::html(200, "<h1>Hello</h1>"));
    let page = world.request(Method::GET, "/rooms/standup").send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    faults.next(
        "POST /api/video/room_tokens",
        Fault::json(422, &json!({ "errors": [{ "code": "insufficient_balance" }] })),
    );
    assert_eq!(world.refusal("/room_tokens", json!({ "room_name": "a" })).await.0, "insufficient_balance");
    let limited = Fault::RateLimited { retry_after: Some(1.5), global: false, code: None, headers: true };
    faults.next("GET /api/video/rooms", limited);
    let response = world.request(Method::GET, "/rooms").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (429, "2"));
    assert_eq!(response.json::<Value>().await.unwrap()["errors"][0]["code"], "rate_limit_exceeded");
    // What a fault answers is not held against the stand-in.
    world.check();
}

#[tokio::test]
async fn a_connection_is_closed_before_or_after_the_deed() {
    let world = World::start().await;
    let faults = world.signalwire().faults();
    let make = async |name: &str| world.request(Method::POST, "/rooms").json(&json!({ "name": name })).send().await;
    faults.next("POST /api/video/rooms", Fault::Refuse);
    assert!(make("before").await.is_err());
    faults.next("POST /api/video/rooms", Fault::DropAfterCommit);
    assert!(make("after").await.is_err());
    let names: Vec<String> = world.signalwire().rooms().into_iter().map(|room| room.name).collect();
    assert_eq!(names, ["after"]);
    assert_eq!(world.signalwire().counts()["POST /api/video/rooms"], 2);
    assert!(faults.requests().iter().all(|seen| seen.status.is_none()));
}

#[tokio::test]
async fn a_request_hangs_until_the_faults_are_cleared() {
    let world = World::start().await;
    let faults = world.signalwire().faults();
    faults.always("GET /api/video/rooms", Fault::Hang);
    let hanging = tokio::spawn(world.request(Method::GET, "/rooms").send());
    faults.asked("GET /api/video/rooms", 1).await;
    assert!(!hanging.is_finished());
    faults.clear();
    assert!(hanging.await.unwrap().is_err());
    world.get("/rooms").await;
}

#[tokio::test]
async fn requests_are_recorded_with_their_bodies() {
    let world = World::start().await;
    world.room("standup").await;
    world.get("/rooms/standup").await;
    let seen = world.signalwire().faults().requests();
    assert_eq!((&seen[0].request["name"], &seen[0].response["name"]), (&json!("standup"), &json!("standup")));
    assert_eq!((seen[1].route.as_str(), seen[1].status), ("/api/video/rooms/{id}", Some(200)));
    world.signalwire().faults().forget();
    assert!(world.signalwire().counts().is_empty());
}

#[tokio::test]
async fn relay_events_are_doubled_swapped_and_lost() {
    let world = World::start().await;
    let faults = world.signalwire().faults();
    let mut server = Server::connect(&world).await;
    let events = ["video.member.joined", "video.member.left"];
    let mira = world.enter("standup", "Mira").await;
    let channel = world.signalwire().video().session(mira.session_id()).unwrap().event_channel;
    server.subscribe(&channel, &events).await;

    faults.next_event("relay", "video.member.joined", SocketFault::Duplicate);
    let odo = world.enter("standup", "Odo").await;
    let first = server.next_event().await;
    assert_eq!(server.next_event().await, first, "the very same frame, id included");

    faults.next_event("relay", "video.member.left", SocketFault::Reorder);
    odo.leaves();
    let ann = world.enter("standup", "Ann").await;
    assert_eq!(server.event("video.member.joined").await["member"]["id"], ann.id());
    assert_eq!(server.event("video.member.left").await["member"]["id"], odo.id());

    faults.next_event("relay", "video.member.left", SocketFault::Lose);
    ann.leaves();
    server.hears_nothing().await;
    faults.cut("relay");
    world.signalwire().relays().until_connected(0).await;
    let mut again = Server::resume(&world, &server).await;
    again.hears_nothing().await;
}

#[tokio::test]
async fn a_relay_connection_drops_or_falls_silent() {
    let world = World::start().await;
    let faults = world.signalwire().faults();
    let mut server = Server::connect(&world).await;
    server.subscribe("video.rooms", &["video.room.started"]).await;
    faults.next_event("relay", "video.room.started", SocketFault::Drop);
    world.enter("standup", "Mira").await;
    assert_eq!(server.event_or_end().await, None);
    // Dropped, not lost: it was never acknowledged.
    let mut again = Server::resume(&world, &server).await;
    again.event("video.room.started").await;

    faults.next_event("relay", "video.rooms.get", SocketFault::Silence);
    again.send(&json!({ "jsonrpc": "2.0", "id": "x", "method": "video.rooms.get", "params": {} })).await;
    again.send(&json!({ "jsonrpc": "2.0", "id": "y", "method": "signalwire.ping", "params": {} })).await;
    let silence = tokio::time::timeout(Duration::from_millis(50), again.frame()).await;
    assert!(silence.is_err(), "{silence:?}");
}

#[tokio::test]
async fn connects_are_refused_on_demand() {
    let world = World::start().await;
    world.signalwire().refuse_connects(Some((-32005, "At capacity")));
    let mut server = Server::open(&world).await;
    assert_eq!(server.hello(&world, json!({})).await["error"]["code"], -32005);
    world.signalwire().refuse_connects(None);
    Server::connect(&world).await;
}
