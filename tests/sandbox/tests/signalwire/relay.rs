//! The relay socket.

use std::time::Duration;

use sandbox::signalwire;
use serde_json::{Value, json};

use super::{World, server::Server};

const ROOM_EVENTS: [&str; 9] = [
    "video.room.subscribed",
    "video.room.updated",
    "video.room.ended",
    "video.room.audience_count",
    "video.member.joined",
    "video.member.left",
    "video.member.updated",
    "video.recording.started",
    "video.recording.ended",
];

/// A connection from its first frame to its last, frame by frame.
#[tokio::test]
async fn a_whole_connection_frame_by_frame() {
    let world = World::start().await;
    let mut server = Server::open(&world).await;
    let connected = server.hello(&world, json!({})).await["result"].clone();
    let signature = connected["protocol"].as_str().unwrap().split('_').nth(1).unwrap();
    assert_eq!(connected["authorization"]["signature"], signature);
    assert_eq!(connected["ice_servers"], json!([]));
    assert!(server.event("signalwire.authorization.state").await["authorization_state"].is_string());

    server.subscribe("video.rooms", &["video.room.started", "video.room.ended"]).await;
    let rooms = server.call("video.rooms.get", json!({})).await;
    assert_eq!(rooms, json!({ "code": "200", "message": "OK", "rooms": [] }));

    let ask =
        json!({ "room_name": "guild-81-standup", "user_name": "Mira", "meta": { "discord_user_id": "99887766" } });
    let mira = world.signalwire().enter(&world.token_with(ask).await).await.unwrap();
    let frame = server.next_event().await["params"].clone();
    assert_eq!(frame["event_type"], "video.room.started");
    assert_eq!(frame["event_channel"], format!("video.rooms.{}", world.env["SIGNALWIRE_PROJECT_ID"]));
    assert!(frame["timestamp"].is_f64());
    let started = frame["params"]["room_session"].clone();
    assert_eq!((&started["id"], &started["name"]), (&json!(mira.session_id()), &json!("guild-81-standup")));
    assert_eq!(frame["params"]["room"]["room_session_id"], started["id"]);
    assert!(frame["params"]["room"]["id"].is_null());

    let channel = started["event_channel"].as_str().unwrap();
    server.subscribe(channel, &ROOM_EVENTS).await;
    let members = server.event("video.room.subscribed").await["room_session"]["members"].clone();
    assert_eq!((&members[0]["name"], &members[0]["parent_id"]), (&json!("Mira"), &json!("")));
    assert_eq!(members[0]["meta"], json!({ "discord_user_id": "99887766" }));

    let odo = world.enter("guild-81-standup", "Odo").await;
    let joined = server.event("video.member.joined").await["member"].clone();
    assert_eq!((&joined["id"], &joined["name"], &joined["type"]), (&json!(odo.id()), &json!("Odo"), &json!("member")));
    odo.leaves();
    let left = server.event("video.member.left").await;
    let minimal =
        json!({ "id": odo.id(), "room_id": started["room_id"], "room_session_id": started["id"], "type": "member" });
    assert_eq!(left["member"], minimal);
    mira.leaves();
    server.event("video.member.left").await;
    // Once through `video.rooms`, once through the room's own channel.
    for _ in 0..2 {
        assert_eq!(server.event("video.room.ended").await["room_session"]["id"], started["id"]);
    }

    world.signalwire().relays().disconnect_all(true);
    let goodbye = server.frame().await.unwrap();
    assert_eq!(
        (&goodbye["method"], &goodbye["params"]),
        (&json!("signalwire.disconnect"), &json!({ "restart": true }))
    );
    server.send(&json!({ "jsonrpc": "2.0", "id": goodbye["id"], "result": {} })).await;
    assert_eq!(server.frame().await, None);
}

#[tokio::test]
async fn bad_credentials_and_versions_are_refused() {
    let world = World::start().await;
    for (more, code) in [
        (json!({ "authentication": { "project": "x", "token": "y" } }), -32002),
        (json!({ "authentication": { "jwt_token": "a.b.c" } }), -32002),
        (json!({ "authentication": {} }), -32002),
        (json!({ "version": { "major": 5, "minor": 0, "revision": 0 } }), -32001),
        (json!({ "authorization_state": "x" }), -32602),
        (json!({ "protocol": "signalwire_1_2_3" }), -32003),
    ] {
        let mut server = Server::open(&world).await;
        let answer = server.hello(&world, more.clone()).await;
        assert_eq!(answer["error"]["code"], code, "{more}");
        if code == -32003 {
            assert_eq!(answer["error"]["message"], "Requester validation failed");
        }
        assert_eq!(server.frame().await, None);
    }
    let mut server = Server::open(&world).await;
    assert_eq!(server.ask("video.rooms.get", json!({})).await["error"]["code"], -32600);
    world.signalwire().revoke_api_token();
    let mut server = Server::open(&world).await;
    assert_eq!(server.hello(&world, json!({})).await["error"]["code"], -32002);
}

#[tokio::test]
async fn what_cannot_be_done_says_so() {
    let world = World::start().await;
    let mira = world.enter("standup", "Mira").await;
    let mut server = Server::connect(&world).await;
    let session = mira.session_id();
    assert_eq!(server.ask("video.dance", json!({ "room_session_id": session })).await["error"]["code"], -32601);
    assert_eq!(server.ask("calling.dial", json!({})).await["error"]["code"], -32601);
    assert_eq!(server.ask("video.lock", json!({})).await["error"]["code"], -32602);
    assert_eq!(server.ask("signalwire.subscribe", json!({ "events": [] })).await["error"]["code"], -32602);
    let lost = json!({ "event_channel": "EC_lost", "events": [] });
    assert_eq!(server.ask("signalwire.subscribe", lost).await["result"]["code"], "404");
    for (method, params) in [
        ("video.room.get", json!({ "room_session_id": "lost" })),
        ("video.members.get", json!({ "room_session_id": "lost" })),
        ("video.member.remove", json!({ "room_session_id": session, "member_id": "lost" })),
        ("video.recording.stop", json!({ "room_session_id": session, "recording_id": "lost" })),
    ] {
        assert_eq!(server.ask(method, params).await["result"]["code"], "404", "{method}");
    }
    server.send(&json!([])).await;
    assert_eq!(server.frame().await.unwrap()["error"]["code"], -32600);
}

#[tokio::test]
async fn a_server_mutes_locks_records_and_removes() {
    let world = World::start().await;
    let mira = world.enter("standup", "Mira").await;
    let odo = world.enter("standup", "Odo").await;
    let screen = odo.shares_screen().unwrap();
    let mut server = Server::connect(&world).await;
    let session = mira.session_id();
    let about = |member: &str| json!({ "room_session_id": session, "member_id": member });

    let members = server.call("video.members.get", json!({ "room_session_id": session })).await["members"].clone();
    assert_eq!((&members[2]["type"], &members[2]["parent_id"]), (&json!("screen"), &json!(odo.id())));
    let room = server.call("video.room.get", json!({ "room_session_id": session })).await["room"].clone();
    server.subscribe(room["event_channel"].as_str().unwrap(), &ROOM_EVENTS).await;
    server.event("video.room.subscribed").await;

    server.call("video.member.audio_mute", about(odo.id())).await;
    let updated = server.event("video.member.updated").await["member"].clone();
    assert_eq!((&updated["audio_muted"], &updated["updated"]), (&json!(true), &json!(["audio_muted"])));
    assert!(updated["name"].is_null(), "servers get what changed, no more: {updated}");
    server.call("video.member.raisehand", about(mira.id())).await;
    assert_eq!(server.event("video.member.updated").await["member"]["handraised"], true);

    server.call("video.lock", json!({ "room_session_id": session })).await;
    assert_eq!(server.event("video.room.updated").await["room_session"]["locked"], true);
    let token = world.token("standup", "Ann").await;
    assert!(world.signalwire().enter(&token).await.is_err());

    let recording =
        server.call("video.recording.start", json!({ "room_session_id": session })).await["recording"].clone();
    assert_eq!(server.event("video.recording.started").await["recording"]["id"], recording["id"]);
    assert_eq!(server.event("video.room.updated").await["room_session"]["recording"], true);
    let stop = json!({ "room_session_id": session, "recording_id": recording["id"] });
    server.call("video.recording.stop", stop).await;
    assert_eq!(server.event("video.recording.ended").await["recording"]["state"], "completed");
    server.event("video.room.updated").await;

    server.call("video.member.remove", about(odo.id())).await;
    assert_eq!(server.event("video.member.left").await["member"]["id"], screen.id());
    assert_eq!(server.event("video.member.left").await["member"]["id"], odo.id());
    server.call("video.member.remove", about("all")).await;
    server.event("video.room.ended").await;
    assert!(world.signalwire().people("standup").is_empty());
}

#[tokio::test]
async fn audience_is_told_as_a_number() {
    let world = World::start().await;
    let mira = world.enter("standup", "Mira").await;
    let mut server = Server::connect(&world).await;
    let channel = world.signalwire().video().session(mira.session_id()).unwrap().event_channel;
    server.subscribe(&channel, &ROOM_EVENTS).await;
    server.event("video.room.subscribed").await;
    let token = world.token_with(json!({ "room_name": "standup", "join_as": "audience" })).await;
    world.signalwire().enter(&token).await.unwrap();
    assert_eq!(server.event("video.room.audience_count").await["total"], 1);
}

#[tokio::test]
async fn only_what_was_subscribed_is_told() {
    let world = World::start().await;
    let mira = world.enter("standup", "Mira").await;
    let mut server = Server::connect(&world).await;
    let channel = world.signalwire().video().session(mira.session_id()).unwrap().event_channel;
    server.subscribe(&channel, &["video.member.joined"]).await;
    let odo = world.enter("standup", "Odo").await;
    odo.mutes_audio();
    assert_eq!(server.event("video.member.joined").await["member"]["id"], odo.id());
    let params = json!({ "event_channel": channel, "events": ["video.member.joined"] });
    server.call("signalwire.unsubscribe", params).await;
    world.enter("standup", "Ann").await;
    server.hears_nothing().await;
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_after_a_resume() {
    let world = World::start().await;
    let mut server = Server::connect(&world).await;
    server.subscribe("video.rooms", &["video.room.started", "video.room.ended"]).await;
    server.acknowledges = false;
    let mira = world.enter("standup", "Mira").await;
    let first = server.next_event().await;
    world.signalwire().faults().cut("relay");
    assert_eq!(server.event_or_end().await, None);
    world.signalwire().relays().until_connected(0).await;
    // What happens meanwhile is kept too.
    mira.leaves();
    let mut again = Server::resume(&world, &server).await;
    assert_eq!(again.protocol, server.protocol);
    assert_eq!(again.next_event().await, first);
    again.event("video.room.ended").await;
    again.hears_nothing().await;
    // Acknowledged: not sent a third time.
    world.signalwire().faults().cut("relay");
    world.signalwire().relays().until_connected(0).await;
    let mut third = Server::resume(&world, &again).await;
    third.hears_nothing().await;
    // A minute alone, and nobody remembers.
    world.signalwire().faults().cut("relay");
    world.signalwire().relays().until_connected(0).await;
    world.sandbox.clock.advance(Duration::from_secs(60));
    let mut late = Server::open(&world).await;
    let answer = late.hello(&world, json!({ "protocol": third.protocol })).await;
    assert_eq!(answer["error"]["message"], "Requester validation failed");
}

#[tokio::test]
async fn a_second_connection_under_a_protocol_replaces_the_first() {
    let world = World::start().await;
    let mut first = Server::connect(&world).await;
    let mut second = Server::resume(&world, &first).await;
    assert_eq!(first.frame().await, None);
    world.signalwire().relays().until_connected(1).await;
    second.hears_nothing().await;
}

#[tokio::test]
async fn after_a_restart_nobody_can_resume() {
    let world = World::start().await;
    let mut server = Server::connect(&world).await;
    world.signalwire().relays().disconnect_all(true);
    let goodbye = server.frame().await.unwrap();
    server.send(&json!({ "jsonrpc": "2.0", "id": goodbye["id"], "result": {} })).await;
    assert_eq!(server.frame().await, None);
    let mut again = Server::open(&world).await;
    let answer = again.hello(&world, json!({ "protocol": server.protocol })).await;
    assert_eq!(answer["error"]["message"], "Requester validation failed");
}

#[tokio::test]
async fn pings_come_and_must_be_answered() {
    let options = signalwire::Options { ping_every: Duration::from_millis(20), ..signalwire::Options::default() };
    let world = World::start_with(options).await;
    let mut good = Server::connect(&world).await;
    let mut bad = Server::connect(&world).await;
    bad.answers_pings = false;
    // The good one answers while it waits for something to happen.
    good.subscribe("video.rooms", &["video.room.started"]).await;
    assert_eq!(bad.frame().await, None);
    world.signalwire().relays().until_connected(1).await;
    world.enter("standup", "Mira").await;
    good.event("video.room.started").await;
}

#[tokio::test]
async fn a_bots_name_map_is_all_it_has_when_somebody_leaves() {
    let world = World::start().await;
    let mut server = Server::connect(&world).await;
    let mira = world.enter("standup", "Mira").await;
    let odo = world.enter("standup", "Odo").await;
    let rooms = server.call("video.rooms.get", json!({})).await["rooms"].clone();
    let names: Vec<&Value> = rooms[0]["members"].as_array().unwrap().iter().map(|member| &member["name"]).collect();
    assert_eq!(names, ["Mira", "Odo"]);
    server.subscribe(rooms[0]["event_channel"].as_str().unwrap(), &["video.member.left"]).await;
    odo.vanishes();
    world.sandbox.clock.advance(Duration::from_secs(14));
    assert!(odo.returns());
    odo.vanishes();
    world.sandbox.clock.advance(Duration::from_secs(15));
    let left = server.event("video.member.left").await["member"].clone();
    assert_eq!((&left["id"], left.as_object().unwrap().len()), (&json!(odo.id()), 4));
    assert!(mira.is_inside() && !odo.returns());
}
