//! The browser SDK's protocol: joining, being told, changing.

use sandbox::signalwire::token::{Claims, JoinAs};
use serde_json::{Value, json};

use crate::browser::{Service, about, claims, session_id};
use crate::tab::{BOTH, PATIENCE, SHARE, Tab, WATCH};

async fn eventually(what: &str, is: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !is() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn connect_is_answered_as_the_sdk_needs_it() {
    let service = Service::start().await;
    let mut browser = service.opens().await;
    let answer = browser.connect(&service.token(&claims("mira")), None).await;
    let (result, authorization) = (&answer["result"], &answer["result"]["authorization"]);
    assert_eq!(result["ice_servers"], json!([]));
    assert_eq!(authorization["type"], "video");
    assert_eq!(authorization.get("jti"), None);
    assert_eq!((&authorization["audio_allowed"], &authorization["video_allowed"]), (&json!("both"), &json!("both")));
    assert_eq!(result["protocol"].as_str().unwrap().split('_').nth(1), authorization["signature"].as_str());
    assert_eq!(authorization["room"]["scopes"], json!(claims("mira").permissions));
    assert!(authorization["expires_at"].as_i64().unwrap() > service.clock.unix_seconds() + 120);
    let state = browser.event("signalwire.authorization.state").await;
    assert!(state["authorization_state"].is_string());
}

#[tokio::test]
async fn two_browsers_join_hear_of_each_other_and_get_each_others_frames() {
    let service = Service::start().await;
    let (mut mira, mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let subscribed = mira.event("video.room.subscribed").await;
    assert_eq!(subscribed["call_id"], "call-of-mira");
    assert_eq!(subscribed["room_session"]["members"][0]["id"], subscribed["member_id"]);
    let layout = mira.event("video.layout.changed").await;
    assert_eq!(layout["layout"]["layers"][0]["member_id"], subscribed["member_id"]);
    assert_eq!(layout["layout"]["layers"][0]["width"], 100.0);
    mira_tab.sees("mira", 10).await;

    let (mut odo, odo_tab) = service.joins("odo", &claims("odo"), BOTH).await;
    let joined = mira.event("video.member.joined").await;
    assert_eq!((&joined["member"]["name"], &joined["member"]["type"]), (&json!("odo"), &json!("member")));
    assert_eq!(joined["member"]["meta"]["discord_user_id"], "odo");
    let subscribed = odo.event("video.room.subscribed").await;
    assert_eq!(subscribed["room_session"]["members"].as_array().unwrap().len(), 2);
    assert_eq!(subscribed["member_id"], joined["member"]["id"]);
    mira_tab.sees("odo", 20).await;
    odo_tab.sees("mira", 20).await;
    mira_tab.hears("odo", 20).await;
    odo_tab.hears("mira", 20).await;

    // What is shown is what the layout says.
    let odo_id = &joined["member"]["id"];
    let shows_odo = |event: &Value| event["layout"]["layers"][0]["member_id"] == *odo_id;
    let layout = mira.event_where("video.layout.changed", shows_odo).await;
    assert!(layout["layout"]["layers"][1]["width"].as_f64().unwrap() < 50.0);
    assert!(!odo.unread().contains(&"video.member.joined"));

    let ended = odo.verto("verto.bye", json!({ "dialogParams": { "callID": odo.call } })).await;
    assert_eq!(ended["message"], "CALL ENDED");
    assert_eq!(mira.event("video.member.left").await["member"]["id"], *odo_id);
    assert_eq!(mira_tab.sees("mira", 10).await.faults, [""; 0]);
}

#[tokio::test]
async fn only_what_was_subscribed_to_is_told() {
    let service = Service::start().await;
    let mut mira = service.opens().await;
    mira.connect(&service.token(&claims("mira")), None).await;
    let tab = Tab::open("mira", BOTH).await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "verto.invite",
        "params": { "sdp": tab.offer(), "dialogParams": { "callID": "c" } } });
    mira.request("video.message", json!({ "subscribe": ["video.member.left"], "message": message })).await;
    mira.event("video.room.subscribed").await;
    mira.forget_events();
    let (mut odo, _tab) = service.joins("odo", &claims("odo"), BOTH).await;
    service.sw.video().lock(&session_id(&service.sw), true).unwrap();
    odo.verto("verto.bye", json!({ "dialogParams": { "callID": odo.call } })).await;
    mira.event("video.member.left").await;
    assert_eq!(mira.unread(), [""; 0]);
}

#[tokio::test]
async fn changes_are_told_to_everybody_and_to_whom_they_are_about() {
    let service = Service::start().await;
    let (mut mira, mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let (mut odo, _odo_tab) = service.joins("odo", &claims("odo"), BOTH).await;
    let me = odo.event("video.room.subscribed").await["member_id"].clone();
    mira_tab.hears("odo", 5).await;

    let changes = [
        ("video.member.audio_mute", "audio_muted", json!(true)),
        ("video.member.video_mute", "video_muted", json!(true)),
        ("video.member.raisehand", "handraised", json!(true)),
        ("video.member.deaf", "deaf", json!(true)),
        ("video.member.audio_unmute", "audio_muted", json!(false)),
        ("video.member.lowerhand", "handraised", json!(false)),
    ];
    for (method, field, value) in changes {
        // Without a member's id it is about oneself.
        let answer = odo.request(method, json!({ "room_session_id": session_id(&service.sw) })).await;
        assert_eq!(answer["result"]["code"], "200", "{answer}");
        for browser in [&mut mira, &mut odo] {
            let event = browser.event("video.member.updated").await;
            assert_eq!(event["member"]["id"], me);
            assert_eq!(event["member"][field], value, "{method}");
            assert!(event["member"]["updated"].as_array().unwrap().contains(&json!(field)));
        }
    }
    let answer = mira.request("video.member.audio_mute", about(&service.sw, &me)).await;
    assert_eq!(answer["result"]["code"], "200");
    mira_tab.hears("", 10).await;

    let lock = json!({ "room_session_id": session_id(&service.sw) });
    assert_eq!(mira.request("video.lock", lock.clone()).await["result"]["code"], "200");
    assert_eq!(odo.event("video.room.updated").await["room_session"]["locked"], true);
    let members = mira.request("video.members.get", lock.clone()).await;
    assert_eq!(members["result"]["members"].as_array().unwrap().len(), 2);
    let layouts = mira.request("video.list_available_layouts", lock).await;
    assert!(layouts["result"]["layouts"].as_array().unwrap().contains(&json!("grid-responsive")));
}

#[tokio::test]
async fn the_audience_watches_and_is_neither_seen_nor_listed() {
    let service = Service::start().await;
    let (mut mira, mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let audience = Claims { join_as: JoinAs::Audience, permissions: vec![], ..claims("vic") };
    let mut vic = service.opens().await;
    let authorization = vic.connect(&service.token(&audience), None).await["result"]["authorization"].clone();
    assert_eq!((&authorization["join_as"], &authorization["audio_allowed"]), (&json!("audience"), &json!("receive")));
    let vic_tab = vic.joins("vic", WATCH).await;
    vic_tab.sees("mira", 10).await;
    vic_tab.hears("mira", 10).await;
    let subscribed = vic.event("video.room.subscribed").await;
    assert_eq!(subscribed["room_session"]["members"].as_array().unwrap().len(), 1);
    mira_tab.sees("mira", 5).await;
    assert!(!mira.unread().contains(&"video.member.joined"));

    // Removed: the audience has no `member.left` of its own.
    let vic_id = subscribed["member_id"].as_str().unwrap();
    service.sw.video().remove(&session_id(&service.sw), vic_id).unwrap();
    let bye = vic.event_where("webrtc.message", |message| message["method"] == "verto.bye").await;
    assert_eq!(bye["params"]["callID"], "call-of-vic");
    mira.forget_events();
}

#[tokio::test]
async fn a_share_is_announced_to_the_sharer_too_and_seen_by_both() {
    let service = Service::start().await;
    let (mut mira, mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let (mut odo, odo_tab) = service.joins("odo", &claims("odo"), BOTH).await;
    let mira_id = mira.event("video.room.subscribed").await["member_id"].clone();
    mira.event("video.member.joined").await;

    let mut screen = Tab::open("screen", SHARE).await;
    let dialog = json!({ "screenShare": true, "userVariables": { "memberCallId": mira.call, "memberId": mira_id } });
    mira.invite("share", screen.offer(), dialog).await;
    // Announced only after the answer, and without a `room.subscribed` of its own.
    assert!(!mira.unread().contains(&"video.member.joined"));
    screen.connect(mira.answer("share").await["sdp"].as_str().unwrap());
    for browser in [&mut mira, &mut odo] {
        let joined = browser.event("video.member.joined").await;
        assert_eq!((&joined["member"]["type"], &joined["member"]["parent_id"]), (&json!("screen"), &mira_id));
    }
    mira_tab.sees("screen", 10).await;
    odo_tab.sees("screen", 10).await;
    assert!(!mira.unread().contains(&"video.room.subscribed"));

    mira.verto("verto.bye", json!({ "dialogParams": { "callID": "share" } })).await;
    for browser in [&mut mira, &mut odo] {
        assert_eq!(browser.event("video.member.left").await["member"]["type"], "screen");
    }
    odo_tab.sees("mira", 10).await;
    assert_eq!(service.people(), ["mira", "odo"]);
}

#[tokio::test]
async fn a_robot_comes_is_seen_by_all_and_goes() {
    let service = Service::start().await;
    assert!(service.sw.send_robot("standup", "Odo", json!({})).is_err());
    let (mut mira, mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    mira_tab.sees("mira", 5).await;
    let robot = service.sw.send_robot("standup", "Odo", json!({ "discord_user_id": "7" })).unwrap();
    let joined = mira.event("video.member.joined").await;
    assert_eq!((&joined["member"]["name"], &joined["member"]["type"]), (&json!("Odo"), &json!("member")));
    assert_eq!(joined["member"]["meta"]["discord_user_id"], "7");
    let first = mira_tab.sees("", 2).await.last;
    assert_ne!(mira_tab.sees("", 15).await.last, first);
    assert_eq!(service.sw.robots("standup").len(), 1);
    robot.leaves();
    mira.event("video.member.left").await;
    mira_tab.sees("mira", 5).await;
    assert!(!robot.is_inside());

    // A robot whose company has left does not stay alone for ever.
    service.sw.send_robot("standup", "Odo", json!({})).unwrap();
    mira.verto("verto.bye", json!({ "dialogParams": { "callID": mira.call } })).await;
    eventually("the robot leaves", || service.sw.video().live_session("standup").is_none()).await;
}

#[tokio::test]
async fn who_talks_is_told() {
    let service = Service::start().await;
    let (mut mira, mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let (odo, odo_tab) = service.joins("odo", &claims("odo"), BOTH).await;
    mira_tab.hears("odo", 5).await;
    odo_tab.talks(true);
    assert_eq!(mira.event("video.member.talking").await["member"]["talking"], true);
    odo_tab.talks(false);
    assert_eq!(mira.event("video.member.talking").await["member"]["talking"], false);
    drop(odo);
}
