//! The REST API.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sandbox::signalwire::{self, state::Refused};
use serde_json::{Value, json};

use super::World;

#[tokio::test]
async fn a_room_is_made_found_changed_and_deleted() {
    let world = World::start().await;
    let room = world.post("/rooms", json!({ "name": "standup", "max_members": 50, "meta": { "guild": "1" } })).await;
    let id = room["id"].as_str().unwrap();
    assert_eq!((&room["max_members"], &room["display_name"]), (&json!(50), &json!("standup")));
    assert_eq!(world.get("/rooms/standup").await, room);
    assert_eq!(world.get(&format!("/rooms/{id}")).await, room);
    let changed = world.put(&format!("/rooms/{id}"), json!({ "display_name": "Stand-up", "meta": null })).await;
    assert_eq!((&changed["display_name"], &changed["max_members"]), (&json!("Stand-up"), &json!(50)));
    assert_eq!(changed["meta"], Value::Null);
    // Only the id names a room that is to be changed or deleted.
    assert_eq!(world.ask(Method::PUT, "/rooms/standup", Some(json!({}))).await.0, 404);
    assert_eq!(world.ask(Method::DELETE, "/rooms/standup", None).await.0, 404);
    assert_eq!(world.ask(Method::DELETE, &format!("/rooms/{id}"), None).await.0, StatusCode::NO_CONTENT);
    let (status, body) = world.ask(Method::GET, "/rooms/standup", None).await;
    assert_eq!((status.as_u16(), body), (404, json!({ "error": "Not Found" })));
    world.check();
}

#[tokio::test]
async fn a_taken_name_is_refused() {
    let world = World::start().await;
    world.room("standup").await;
    let refusal = world.refusal("/rooms", json!({ "name": "standup" })).await;
    assert_eq!(refusal, ("not_unique_within_project".into(), "name".into()));
    world.check();
}

#[tokio::test]
async fn every_limit_of_a_room_is_checked() {
    let world = World::start().await;
    for (field, value, code) in [
        ("name", json!(null), "missing_required_parameter"),
        ("name", json!("no spaces"), "not_alphanumeric"),
        ("name", json!("x".repeat(101)), "character_limit_exceeded"),
        ("display_name", json!("x".repeat(201)), "character_limit_exceeded"),
        ("description", json!("x".repeat(3_001)), "character_limit_exceeded"),
        ("max_members", json!(0), "invalid_parameter"),
        ("max_members", json!(301), "invalid_parameter"),
        ("max_members", json!("20"), "invalid_parameter"),
        ("quality", json!("4k"), "unsupported_option"),
        ("layout", json!("7x7"), "unsupported_option"),
        ("join_from", json!("soon"), "not_a_datetime"),
        ("remove_at", json!(5), "not_a_datetime"),
        ("remove_after_seconds_elapsed", json!(0), "invalid_parameter"),
        ("remove_after_seconds_elapsed", json!(200_001), "invalid_parameter"),
        ("record_on_start", json!("yes"), "not_a_boolean"),
        ("meta", json!([]), "not_a_hash"),
        ("meta", json!({ "long": "x".repeat(2_000) }), "character_limit_exceeded"),
    ] {
        let mut body = json!({ "name": "standup" });
        body[field] = value;
        assert_eq!(world.refusal("/rooms", body.clone()).await, (code.into(), field.into()), "{body}");
    }
    let window = json!({ "name": "standup", "join_from": "2026-09-02", "join_until": "2026-09-01T10:00:00Z" });
    assert_eq!(world.refusal("/rooms", window).await.0, "invalid_join_until_date");
    assert!(world.signalwire().rooms().is_empty());
    world.check();
}

#[tokio::test]
async fn every_limit_of_a_room_token_is_checked() {
    let world = World::start().await;
    for (field, value, code) in [
        ("room_name", json!(null), "missing_required_parameter"),
        ("room_name", json!("a/b"), "not_alphanumeric"),
        ("user_name", json!("x".repeat(101)), "character_limit_exceeded"),
        ("permissions", json!(["room.self.fly"]), "list_contains_invalid_entries"),
        ("permissions", json!("room.lock"), "list_contains_invalid_entries"),
        ("join_as", json!("host"), "unsupported_option"),
        ("media_allowed", json!("none"), "unsupported_option"),
        ("join_until", json!("later"), "not_a_datetime"),
        ("remove_after_seconds_elapsed", json!(0), "invalid_parameter"),
        ("remove_after_seconds_elapsed", json!(200_001), "invalid_parameter"),
        ("auto_create_room", json!(1), "not_a_boolean"),
        ("room_display_name", json!("x".repeat(201)), "character_limit_exceeded"),
        ("meta", json!("Mira"), "not_a_hash"),
        ("room_meta", json!({ "long": "x".repeat(2_000) }), "character_limit_exceeded"),
    ] {
        let mut body = json!({ "room_name": "standup" });
        body[field] = value;
        assert_eq!(world.refusal("/room_tokens", body.clone()).await, (code.into(), field.into()), "{body}");
    }
    // Several mistakes are all named.
    let (_, answer) = world.ask(Method::POST, "/room_tokens", Some(json!({ "join_as": "host" }))).await;
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(2), "{answer}");
    world.check();
}

#[tokio::test]
async fn a_room_token_lets_in_whom_it_names_and_says_what_they_may() {
    let world = World::start().await;
    world.room("standup").await;
    let ask = json!({ "room_name": "standup", "user_name": "Mira", "permissions": ["room.self.audio_mute"],
        "auto_create_room": false, "meta": { "discord_user_id": "7" } });
    let mira = world.signalwire().enter(&world.token_with(ask).await).await.unwrap();
    let people = world.signalwire().people("standup");
    assert_eq!((people[0].name.as_str(), &people[0].meta["discord_user_id"]), ("Mira", &json!("7")));
    assert_eq!(people[0].permissions, ["room.self.audio_mute"]);
    assert_eq!(mira.shares_screen().err(), Some(Refused::Unauthorized));
    // Left out, eleven permissions are given; audience gets none, whatever it asks for.
    world.enter("standup", "Odo").await;
    assert_eq!(world.signalwire().people("standup")[1].permissions.len(), 11);
    let ask = json!({ "room_name": "standup", "join_as": "audience", "permissions": ["room.lock"] });
    world.signalwire().enter(&world.token_with(ask).await).await.unwrap();
    let vic = &world.signalwire().people("standup")[2];
    assert_eq!((vic.permissions.len(), vic.kind.as_str(), vic.name.len()), (0, "audience", 8));
    world.check();
}

#[tokio::test]
async fn a_join_is_refused_as_the_token_and_the_room_say() {
    let world = World::start().await;
    let signalwire = world.signalwire();
    let entry = async |body: Value| signalwire.enter(&world.token_with(body).await).await.err();
    assert_eq!(signalwire.enter("a.b.c").await.err(), Some(Refused::BadToken));
    let missing = json!({ "room_name": "standup", "auto_create_room": false });
    assert_eq!(entry(missing.clone()).await, Some(Refused::NoRoom));
    world.post("/rooms", json!({ "name": "standup", "max_members": 1 })).await;
    assert_eq!(entry(json!({ "room_name": "standup", "join_until": "2020-01-01" })).await, Some(Refused::Unauthorized));
    assert_eq!(entry(missing.clone()).await, None);
    assert_eq!(entry(missing.clone()).await, Some(Refused::Full));
    assert!(signalwire.kill_room("standup"));
    assert_eq!(entry(missing).await, Some(Refused::NoRoom));
    let late = world.token_with(json!({ "room_name": "art", "join_until": "2200-01-01T00:00:00Z" })).await;
    signalwire.enter(&late).await.unwrap();
    world.sandbox.clock.advance(Duration::from_secs(200 * 365 * 24 * 3600));
    assert_eq!(signalwire.enter(&late).await.err(), Some(Refused::Unauthorized));
}

#[tokio::test]
async fn credentials_are_checked_on_every_route() {
    let world = World::start().await;
    for (method, path) in [
        (Method::GET, "/rooms"),
        (Method::POST, "/room_tokens"),
        (Method::GET, "/room_sessions"),
        (Method::GET, "/nowhere"),
    ] {
        let url = format!("{}/api/video{path}", world.env["SIGNALWIRE_SPACE_URL"]);
        let wrong = world.http.request(method, &url).basic_auth("me", Some("you")).send().await.unwrap();
        assert_eq!(wrong.status(), 401);
        assert_eq!(wrong.json::<Value>().await.unwrap(), json!({ "error": "Unauthorized" }));
    }
    world.signalwire().revoke_api_token();
    assert_eq!(world.ask(Method::GET, "/rooms", None).await.0, 401);
    world.signalwire().restore_api_token();
    assert_eq!(world.ask(Method::GET, "/nowhere", None).await.0, 404);
    assert_eq!(world.ask(Method::PATCH, "/rooms", None).await.0, 404);
}

#[tokio::test]
async fn what_is_no_json_object_is_a_bad_request() {
    let world = World::start().await;
    for body in ["", "[]", "{\"name\":", "nonsense"] {
        let request = world.request(Method::POST, "/rooms").header("content-type", "application/json").body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 400, "{body}");
        assert_eq!(response.json::<Value>().await.unwrap(), json!({ "error": "Bad Request" }));
    }
}

#[tokio::test]
async fn lists_come_in_pages_that_are_linked() {
    let world = World::start().await;
    for number in 0..5 {
        world.room(&format!("room-{number}")).await;
    }
    let mut names = vec![];
    let mut next = Some("/rooms?page_size=2".to_owned());
    while let Some(link) = next {
        let page = world.get(&link).await;
        names.extend(page["data"].as_array().unwrap().iter().map(|room| room["name"].as_str().unwrap().to_owned()));
        next = page["links"]["next"].as_str().map(str::to_owned);
        assert_eq!(page["links"]["prev"].is_null(), names.len() == 2);
    }
    assert_eq!(names, ["room-4", "room-3", "room-2", "room-1", "room-0"]);
    for (query, code) in [
        ("page_size=0", "invalid_parameter"),
        ("page_size=1001", "invalid_parameter"),
        ("page_number=1", "page_token_required"),
        ("page_number=1&page_token=PA00", "page_token_is_invalid"),
    ] {
        let (status, answer) = world.ask(Method::GET, &format!("/rooms?{query}"), None).await;
        assert_eq!((status.as_u16(), &answer["errors"][0]["code"]), (422, &json!(code)), "{query}");
    }
    world.check();
}

#[tokio::test]
async fn a_session_is_told_while_it_lives_and_afterwards() {
    let world = World::start().await;
    let room = world.room("standup").await;
    world.room("other").await;
    assert_eq!(world.get("/room_sessions").await["data"], json!([]));
    let mira = world.enter("standup", "Mira").await;
    let odo = world.enter("standup", "Odo").await;
    let other = world.enter("other", "Ann").await;
    let live = world.get("/room_sessions?room_name=standup&status=in-progress&page_size=1").await;
    assert_eq!(live["data"][0]["id"], mira.session_id());
    assert_eq!(live["data"][0]["room_id"], room["id"]);
    assert_eq!(world.get("/room_sessions?room_name_matches=oth").await["data"][0]["id"], other.session_id());
    assert_eq!(world.ask(Method::GET, "/room_sessions?status=asleep", None).await.0, 422);
    let shown = world.get("/rooms/standup?include_active_session=true").await;
    assert_eq!(shown["active_session"]["id"], mira.session_id());

    world.sandbox.clock.advance(Duration::from_secs(90));
    odo.leaves();
    let session = format!("/room_sessions/{}", mira.session_id());
    let members = world.get(&format!("{session}/members")).await["data"].clone();
    assert_eq!((&members[0]["name"], &members[0]["leave_time"]), (&json!("Mira"), &Value::Null));
    assert!(members[1]["duration"].as_i64().unwrap() >= 90);
    mira.leaves();
    let ended = world.get(&session).await;
    assert_eq!((&ended["status"], ended["end_time"].is_string()), (&json!("completed"), true));
    let events = world.get(&format!("{session}/events")).await["data"].clone();
    let names: Vec<&str> = events.as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["room.started", "member.joined", "member.left", "member.left", "room.ended"]);
    assert_eq!(events[1]["room_participant_id"], odo.id());
    for path in ["", "/members", "/events", "/recordings"] {
        let unknown = format!("/room_sessions/{}{path}", room["id"].as_str().unwrap());
        assert_eq!(world.ask(Method::GET, &unknown, None).await.0, 404, "{path}");
    }
    world.check();
}

#[tokio::test]
async fn an_auto_created_room_is_known_to_its_session_only() {
    let world = World::start().await;
    let mira = world.enter("surprise", "Mira").await;
    assert_eq!(world.ask(Method::GET, "/rooms/surprise", None).await.0, 404);
    let session = world.get(&format!("/room_sessions/{}", mira.session_id())).await;
    assert_eq!((&session["name"], &session["room_id"]), (&json!("surprise"), &Value::Null));
    world.check();
}

#[tokio::test]
async fn recordings_are_listed_and_deleted() {
    let world = World::start().await;
    world.post("/rooms", json!({ "name": "standup", "record_on_start": true })).await;
    let mira = world.enter("standup", "Mira").await;
    let of_session = format!("/room_sessions/{}/recordings", mira.session_id());
    let recording = world.get(&of_session).await["data"][0].clone();
    assert_eq!((&recording["status"], &recording["uri"]), (&json!("recording"), &Value::Null));
    mira.leaves();
    let path = format!("/room_recordings/{}", recording["id"].as_str().unwrap());
    let done = world.get(&format!("{path}?media_ttl=60")).await;
    assert_eq!((&done["status"], done["uri"].is_string()), (&json!("completed"), true));
    assert_eq!(world.get("/room_recordings").await["data"].as_array().map(Vec::len), Some(1));
    let events = world.get(&format!("{path}/events")).await["data"].clone();
    assert_eq!(events[0]["name"], "recording.started");
    assert_eq!(world.ask(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(world.ask(Method::GET, &path, None).await.0, 404);
    world.check();
}

#[tokio::test]
async fn a_room_whose_remove_at_has_come_is_emptied() {
    let world = World::start().await;
    let room = world.room("standup").await;
    let mira = world.enter("standup", "Mira").await;
    let now = world.sandbox.clock.now().to_string();
    world.put(&format!("/rooms/{}", room["id"].as_str().unwrap()), json!({ "remove_at": now })).await;
    assert!(!mira.is_inside());
    let session = world.get(&format!("/room_sessions/{}", mira.session_id())).await;
    assert_eq!(session["status"], "completed");
    let token = world.token("standup", "Mira").await;
    assert_eq!(world.signalwire().enter(&token).await.err(), Some(Refused::Unauthorized));
}

#[tokio::test]
async fn too_many_writes_are_refused() {
    let options = signalwire::Options { writes_per_window: 2, ..signalwire::Options::default() };
    let world = World::start_with(options).await;
    let write = async |name: &str| {
        let response = world.request(Method::POST, "/rooms").json(&json!({ "name": name })).send().await.unwrap();
        let left = response.headers()["x-ratelimit-remaining"].to_str().unwrap().to_owned();
        (response.status().as_u16(), left, response.json::<Value>().await.unwrap())
    };
    assert_eq!(write("a").await.1, "1");
    assert_eq!(write("b").await.1, "0");
    let (status, _, body) = write("c").await;
    assert_eq!((status, &body["errors"][0]["code"]), (429, &json!("rate_limit_exceeded")));
    assert_eq!(world.get("/rooms").await["data"].as_array().map(Vec::len), Some(2));
}
