use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use sandbox::{fault::Fault, signalwire::state::Refused};
use serde_json::{Value, json};

use crate::{
    browser::Tab,
    world::{Plan, Way, World},
};

const TOKENS: &str = "POST /api/video/room_tokens";

async fn tab_of(world: &World, person: &str) -> Tab {
    let link = world.video(person, "general", "standup").await.link().unwrap();
    world.browser().follows(&link).await.unwrap()
}

#[tokio::test]
async fn a_room_token_costs_one_call_upstream() {
    let world = World::new(Way::Gateway).await;
    let tab = tab_of(&world, "mira").await;
    world.sandbox.signalwire.faults().forget();
    for _ in 0..5 {
        tab.room_token().await.unwrap();
    }
    let counts = world.sandbox.signalwire.counts();
    assert_eq!(counts.values().sum::<u64>(), 5, "{counts:?}");
}

#[tokio::test]
async fn who_moves_the_call_comes_in_as_one_who_does_and_nobody_else_can_say_so_for_them() {
    let world = World::new(Way::Gateway).await;
    let (mira, _inside) = world.inside("mira").await;
    let path = format!("/api/rooms/{}/token", mira.room_key);
    for (asked, moves) in [(json!({}), false), (json!({"moves": true}), true), (json!({"moves": false}), false)] {
        world.sandbox.signalwire.faults().forget();
        mira.posts(&path, asked).await.unwrap();
        let request = &world.sandbox.signalwire.faults().requests_to(TOKENS)[0].request;
        assert_eq!(request["meta"]["moves"], moves);
        assert!(!request["permissions"].to_string().contains("set_meta"));
    }
}

#[tokio::test]
async fn a_page_that_missed_it_is_told_that_the_call_moved_and_the_page_it_moved_to_is_not() {
    let world = World::new(Way::Gateway).await;
    let (mira, earlier) = world.inside("mira").await;
    let (_odo, _inside) = world.inside("odo").await;
    let path = format!("/api/rooms/{}/token", mira.room_key);
    // With two devices at once nothing has moved.
    let beside = mira.enters(&mira.room_token().await.unwrap()).await.unwrap();
    assert_eq!(mira.lobby().await.unwrap()["moved"], json!([]));
    let stream = mira.hears().await;
    let minted = mira.posts(&path, json!({"moves": true})).await.unwrap();
    let _later = mira.enters(minted["token"].as_str().unwrap()).await.unwrap();
    let moved = || stream.heard("lobby").last().map(|facts| facts["moved"].clone());
    world.until("the stream tells", || moved() == Some(json!([earlier.id(), beside.id()]))).await;
    earlier.leaves();
    beside.leaves();
    world.until("they are gone", || moved() == Some(json!([]))).await;
}

#[tokio::test]
async fn everybody_gets_the_token_their_role_allows() {
    let world = World::new(Way::Gateway).await;
    world.video("owen", "general", "standup").await;
    for (person, role, join_as) in
        [("mira", "member", "member"), ("ann", "moderator", "member"), ("vic", "audience", "audience")]
    {
        let card = world.card("standup").await;
        let answer = world.person(person).presses(card.id, "Join").await;
        let tab = world.browser().follows(&answer.link().unwrap()).await.unwrap();
        world.sandbox.signalwire.faults().forget();
        let minted = tab.posts(&format!("/api/rooms/{}/token", tab.room_key), json!({})).await.unwrap();
        assert_eq!(minted["role"], role);
        let asked = world.sandbox.signalwire.faults().requests_to(TOKENS);
        let asked = &asked[0].request;
        assert_eq!(asked["join_as"], join_as);
        assert_eq!(asked["auto_create_room"], false);
        let scopes = asked["permissions"].to_string();
        assert_eq!(scopes.contains("room.member.audio_mute"), role == "moderator", "{scopes}");
        for never in [
            "set_meta",
            "promote",
            "demote",
            "remove",
            "member.audio_unmute",
            "undeaf\"",
            "recording",
            "playback",
            "stream",
        ] {
            assert!(!scopes.replace("room.self.", "self.").contains(never) || never == "undeaf\"", "{scopes}");
        }
    }
}

#[tokio::test]
async fn the_api_token_is_in_no_answer() {
    let world = World::new(Way::Gateway).await;
    let tab = tab_of(&world, "mira").await;
    let secrets: Vec<String> = world
        .sandbox
        .env()
        .into_iter()
        .filter(|(name, _)| name.ends_with("_TOKEN") || name.ends_with("_SECRET"))
        .map(|(_, value)| value)
        .collect();
    assert!(secrets.len() >= 2);
    let room = format!("/api/rooms/{}", tab.room_key);
    let mut said = String::new();
    for path in ["/", "/r/x", &room, "/healthz", "/readyz", "/api/door", "/nowhere", "/assets/none.js"] {
        let answer = tab.browser.sends(Method::GET, path, Some(&tab.sid), None).await;
        said += &format!("{:?}", answer.headers());
        said += &answer.text().await.unwrap();
    }
    said += &tab.posts(&format!("{room}/token"), json!({})).await.unwrap().to_string();
    assert!(secrets.iter().all(|secret| !said.contains(secret)));
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_people() {
    let world = World::new(Way::Gateway).await;
    let tab = tab_of(&world, "mira").await;
    for path in ["/r/whatever", "/healthz", "/api/rooms/x", "/nowhere"] {
        let answer = tab.browser.sends(Method::GET, path, None, None).await;
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        let csp = header("content-security-policy");
        assert!(
            csp.contains("default-src") && csp.contains("frame-ancestors 'none'") && !csp.contains("unsafe"),
            "{path}: {csp}"
        );
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("permissions-policy").contains("camera=(self)"), "{path}");
    }
}

#[tokio::test]
async fn one_page_for_every_key_known_or_not() {
    let world = World::new(Way::Gateway).await;
    let tab = tab_of(&world, "mira").await;
    let known = tab.browser.sends(Method::GET, &format!("/r/{}", tab.room_key), None, None).await;
    let (status, tag) = (known.status(), known.headers().get(header::ETAG).cloned());
    let body = known.text().await.unwrap();
    let unknown = tab.browser.sends(Method::GET, "/r/nothing", None, None).await;
    assert_eq!((unknown.status(), unknown.headers().get(header::ETAG).cloned()), (status, tag));
    assert_eq!(unknown.text().await.unwrap(), body);
}

#[tokio::test]
async fn what_is_not_the_pages_own_request_is_refused() {
    let world = World::new(Way::Gateway).await;
    let tab = tab_of(&world, "mira").await;
    let http = reqwest::Client::builder().build().unwrap();
    let url = format!("{}/api/session", world.url());
    let elsewhere =
        http.post(&url).header(header::ORIGIN, "https://evil.example").json(&json!({})).send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN);
    let form = http.post(&url).header(header::ORIGIN, world.url()).form(&[("ticket", "x")]).send().await.unwrap();
    assert_eq!(form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let token = format!("/api/rooms/{}/token", tab.room_key);
    for (body, status) in [("{", 400), ("", 400), ("null", 422), ("{\"room_missing\":\"x\"}", 422)] {
        let answer = http
            .post(format!("{}{token}", world.url()))
            .header(header::ORIGIN, world.url())
            .header("x-greenroom-session", &tab.sid)
            .header(header::COOKIE, tab.browser.cookie_header())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), status, "{body}");
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["code"], "invalid_request");
    }
    let huge = http
        .post(&url)
        .header(header::ORIGIN, world.url())
        .header(header::CONTENT_TYPE, "application/json")
        .body(vec![b' '; 10 * 1024 * 1024])
        .send()
        .await;
    // Refused with a status, or hung up on while it was still talking.
    assert!(huge.is_err() || huge.unwrap().status() == StatusCode::PAYLOAD_TOO_LARGE);
    assert!(tab.lobby().await.is_ok());
}

#[tokio::test]
async fn a_room_deleted_between_token_and_join_is_made_again() {
    let world = World::new(Way::Gateway).await;
    let tab = tab_of(&world, "mira").await;
    let token = tab.room_token().await.unwrap();
    let name = world.sandbox.signalwire.rooms()[0].name.clone();
    // Pages that can't come in may be many and may be wrong, so a room is asked after once in ten seconds.
    world.advance(Duration::from_secs(11));
    assert!(world.sandbox.signalwire.kill_room(&name));
    assert!(matches!(tab.enters(&token).await, Err(Refused::NoRoom)));
    let body = json!({"room_missing": true});
    let minted = tab.posts(&format!("/api/rooms/{}/token", tab.room_key), body).await.unwrap();
    tab.enters(minted["token"].as_str().unwrap()).await.unwrap_or_else(|refused| panic!("{refused:?}"));
}

#[tokio::test]
async fn a_full_room_and_a_locked_one_say_so() {
    let world = Plan::over(Way::Gateway).with("ROOM_MAX_MEMBERS", "1").world().await;
    let (_, _mira) = world.inside("mira").await;
    world.card("standup · live").await;
    let odo = tab_of(&world, "odo").await;
    let problem = odo.room_token().await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (409, "room_full"));
    assert!(problem.message.contains("1 of 1"), "{}", problem.message);
}

#[tokio::test]
async fn each_trouble_of_the_video_service_has_its_code_and_no_word_of_its_body() {
    let world = World::new(Way::Gateway).await;
    let tab = tab_of(&world, "mira").await;
    let faults = world.sandbox.signalwire.faults();
    let html = Fault::html(200, "<html>secret inside</html>");
    let cut = Fault::Body { status: 200, content_type: "application/json".into(), bytes: "{\"token\": \"ey".into() };
    let huge =
        Fault::Body { status: 200, content_type: "application/json".into(), bytes: vec![b'x'; 8 * 1024 * 1024].into() };
    let cases = [
        (Fault::Status(401), 502, "video_refused"),
        (Fault::Status(503), 503, "video_unavailable"),
        (Fault::Status(500), 503, "video_unavailable"),
        (Fault::Refuse, 503, "video_unavailable"),
        (html, 503, "video_unavailable"),
        (cut, 503, "video_unavailable"),
        (huge, 503, "video_unavailable"),
    ];
    for (fault, status, code) in cases {
        faults.always(TOKENS, fault.clone());
        let problem = tab.room_token().await.unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (status, code), "{fault:?}");
        assert!(!problem.message.contains("secret"), "{}", problem.message);
        faults.clear();
        world.advance(Duration::from_secs(60));
    }
    assert!(tab.room_token().await.is_ok());
}

#[tokio::test]
async fn a_video_service_that_asks_for_patience_is_given_it() {
    let world = World::new(Way::Gateway).await;
    let tab = tab_of(&world, "mira").await;
    let limited = Fault::RateLimited { retry_after: Some(20.0), global: false, code: None, headers: true };
    world.sandbox.signalwire.faults().next(TOKENS, limited);
    let problem = tab.room_token().await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (503, "video_unavailable"));
    assert!(problem.retry_after.is_some_and(|seconds| seconds >= 5));
    world.sandbox.signalwire.faults().forget();
    assert!(tab.room_token().await.is_err());
    assert!(world.sandbox.signalwire.faults().requests_to(TOKENS).is_empty(), "the closed route is not asked");
    world.advance(Duration::from_secs(21));
    assert!(tab.room_token().await.is_ok());
}

#[tokio::test]
async fn discord_silent_means_nobody_new_but_who_is_inside_may_renew() {
    let world = World::new(Way::Gateway).await;
    let (mira, _) = world.inside("mira").await;
    world.card("standup · live").await;
    let odo = tab_of(&world, "odo").await;
    world.advance(Duration::from_secs(61));
    assert!(mira.room_token().await.is_ok());
    world.advance(Duration::from_secs(61));
    world.sandbox.discord.faults().always("GET /api/v10/**", Fault::Status(503));
    let problem = odo.room_token().await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (503, "discord_unavailable"));
    assert!(mira.room_token().await.is_ok(), "who is inside may renew for ten minutes");
}

#[tokio::test]
async fn an_end_tells_how_long_it_lasted() {
    let world = World::new(Way::Gateway).await;
    let (tab, mira) = world.inside("mira").await;
    world.card("standup · live").await;
    let told = tab.listens().await;
    let hears = |what: &str| told.lock().unwrap().contains(what);
    world.until("the lobby", || hears("event: lobby")).await;
    mira.leaves();
    world.until("the end", || hears("event: ended")).await;
    assert!(hears(r#"data: {"minutes":0,"#), "{told:?}");
}

#[tokio::test]
async fn where_nobody_came_nothing_lasted() {
    let world = World::new(Way::Gateway).await;
    let told = tab_of(&world, "mira").await.listens().await;
    let hears = |what: &str| told.lock().unwrap().contains(what);
    world.card("Nobody is inside yet").await;
    world.until("the lobby", || hears("event: lobby")).await;
    world.advance(Duration::from_secs(61 * 60));
    world.until("the end", || hears("event: ended")).await;
    assert!(hears(r#"data: {"minutes":null,"#), "{told:?}");
}

#[tokio::test]
async fn who_was_inside_is_told_whether_the_call_ended_or_its_room_was_deleted() {
    for (deleted, hangs) in [(false, false), (true, false), (true, true)] {
        let world = World::new(Way::Gateway).await;
        let (mira, _mira) = world.inside("mira").await;
        let (odo, _odo) = world.inside("odo").await;
        let ann = tab_of(&world, "ann").await;
        let streams = [mira.hears().await, odo.hears().await];
        let beside = ann.hears().await;
        world.until("both are inside", || streams.iter().all(|one| one.heard("lobby").len() == 1)).await;
        let signalwire = &world.sandbox.signalwire;
        let name = signalwire.rooms()[0].name.clone();
        assert!(!deleted || signalwire.kill_room(&name));
        signalwire.faults().forget();
        if hangs {
            signalwire.faults().always("GET /api/video/rooms/*", Fault::Hang);
        }
        let session = signalwire.video().live_sessions().remove(0);
        signalwire.video().end(&session.id);
        world.until("they are told", || streams.iter().all(|one| one.heard("ended").len() == 1)).await;
        for stream in &streams {
            assert_eq!(stream.heard("ended")[0]["room_deleted"], deleted && !hangs);
        }
        // Asked once for all of them; who was not inside needs no reason.
        world.until("she is told too", || beside.heard("ended").len() == 1).await;
        assert_eq!(beside.heard("ended")[0]["room_deleted"], false);
        let asked = signalwire.faults().requests_to("GET /api/video/rooms/*").len();
        // Whoever waits with somebody who gives up asks in their stead.
        assert!(asked == 1 || hangs && asked <= streams.len(), "asked {asked} times");
    }
}

#[tokio::test]
async fn a_join_that_failed_in_the_browser_gets_a_reference_and_only_a_pages_own_codes_do() {
    let world = World::new(Way::Gateway).await;
    let tab = tab_of(&world, "mira").await;
    let path = format!("/api/rooms/{}/failed", tab.room_key);
    let told =
        tab.posts(&path, json!({"code": "media_unreachable", "said": "ICE_GATHERING_FAILED \u{1b}[31m<b>"})).await;
    let reference = told.unwrap()["reference"].as_str().unwrap().to_owned();
    assert_eq!(reference.len(), 7);
    for foreign in [json!({"code": "video_refused"}), json!({"code": "\n"}), json!({})] {
        assert!(tab.posts(&path, foreign).await.is_err());
    }
}
