//! What is refused: bad tokens, people without permission or too late, and nonsense.

use sandbox::signalwire::token::Claims;
use serde_json::json;

use crate::browser::{Browser, Service, about, claims, session_id};
use crate::tab::{BOTH, SHARE, Tab};

#[tokio::test]
async fn bad_tokens_and_unknown_protocols_are_refused() {
    let service = Service::start().await;
    let mut browser = service.opens().await;
    let answer = browser.connect("no.token.of.ours", None).await;
    assert_eq!(answer["error"]["code"], -32002);
    browser.is_closed().await;

    // The SDK forgets what it stored and asks again on the same socket.
    let mut browser = service.opens().await;
    let token = service.token(&claims("mira"));
    let answer = browser.connect(&token, Some("signalwire_x_y_z")).await;
    assert_eq!(answer["error"]["message"], "Requester validation failed");
    let answer = browser.connect(&token, None).await;
    assert!(answer["result"]["protocol"].is_string());
}

#[tokio::test]
async fn nobody_may_more_than_the_token_says() {
    let service = Service::start().await;
    let (mut mira, _mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let mira_id = mira.event("video.room.subscribed").await["member_id"].clone();
    let member = Claims { permissions: vec!["room.self.audio_mute".into()], ..claims("odo") };
    let (mut odo, _odo_tab) = service.joins("odo", &member, BOTH).await;
    let odo_id = odo.event("video.room.subscribed").await["member_id"].clone();

    assert_eq!(odo.request("video.member.audio_mute", about(&service.sw, &odo_id)).await["result"]["code"], "200");
    let refused = json!({ "code": "403", "message": "Unauthorized" });
    for (method, whom) in [
        ("video.member.audio_mute", &mira_id),
        ("video.member.audio_unmute", &odo_id),
        ("video.member.remove", &mira_id),
        ("video.lock", &odo_id),
        ("video.list_available_layouts", &odo_id),
        ("video.rooms.get", &odo_id),
        ("video.recording.start", &odo_id),
    ] {
        assert_eq!(odo.request(method, about(&service.sw, whom)).await["result"], refused, "{method}");
    }
    let share = Tab::open("screen", SHARE).await;
    let dialog = json!({ "screenShare": true, "userVariables": { "memberId": odo_id } });
    assert_eq!(odo.invite("share", share.offer(), dialog).await["result"], refused);
    assert_eq!(service.people(), ["mira", "odo"]);
    assert_eq!(odo.request("video.dance", about(&service.sw, &odo_id)).await["error"]["code"], -32601);
    assert_eq!(odo.request("calling.dial", json!({})).await["error"]["code"], -32601);
}

#[tokio::test]
async fn who_may_not_come_in_is_told_why() {
    let service = Service::start().await;
    let later = Some(service.clock.unix_seconds() + 60);
    let before = Some(service.clock.unix_seconds() - 60);
    let cases = [
        ("404", Claims { auto_create_room: false, ..claims("zed") }),
        ("403", Claims { join_from: later, ..claims("zed") }),
        ("403", Claims { join_until: before, ..claims("zed") }),
    ];
    for (code, claims) in cases {
        let mut zed = service.opens().await;
        zed.connect(&service.token(&claims), None).await;
        let tab = Tab::open("zed", BOTH).await;
        assert_eq!(zed.invite("call", tab.offer(), json!({})).await["result"]["code"], code);
        assert_eq!(zed.unread(), ["signalwire.authorization.state"]);
    }
    let (mira, _tab) = service.joins("mira", &claims("mira"), BOTH).await;
    service.sw.video().lock(&session_id(&service.sw), true).unwrap();
    let mut zed = service.opens().await;
    zed.connect(&service.token(&claims("zed")), None).await;
    let tab = Tab::open("zed", BOTH).await;
    assert_eq!(zed.invite("call", tab.offer(), json!({})).await["result"]["message"], "Room is locked");
    assert_eq!(service.people(), ["mira"]);
    drop(mira);
}

#[tokio::test]
async fn nonsense_is_refused_and_harms_nobody() {
    let service = Service::start().await;
    let (mut mira, tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let mut zed = service.opens().await;
    zed.connect(&service.token(&claims("zed")), None).await;

    // An offer of no use never makes a member.
    for offer in ["", "v=0\r\n", "\u{0}", &"m=audio\r\n".repeat(10_000)] {
        let created = zed.invite("call", offer, json!({})).await;
        assert_eq!(created["message"], "CALL CREATED");
        let bye = zed.event("webrtc.message").await;
        assert_eq!((&bye["method"], &bye["params"]["causeCode"]), (&json!("verto.bye"), &json!("88")));
    }
    assert_eq!(service.people(), ["mira"]);

    let invites = [
        json!({ "dialogParams": { "callID": "x".repeat(200) }, "sdp": tab.offer() }),
        json!({ "dialogParams": { "callID": 7 }, "sdp": tab.offer() }),
        json!({ "dialogParams": { "callID": "c" } }),
        json!({ "dialogParams": { "callID": "c", "screenShare": true }, "sdp": tab.offer() }),
        json!([]),
        json!(null),
    ];
    for params in invites {
        let answer = zed.verto("verto.invite", params).await;
        assert!(answer["error"].is_object() || answer["result"]["code"] != "200", "{answer}");
    }
    for method in ["verto.bye", "verto.modify", "verto.dance"] {
        let answer = zed.verto(method, json!({ "dialogParams": { "callID": "unknown" } })).await;
        assert!(answer["error"].is_object() || answer["result"]["code"] != "200", "{answer}");
    }
    for method in ["video.member.audio_mute", "video.lock", "video.message", "signalwire.reauthenticate"] {
        let answer = zed.request(method, json!({})).await;
        assert!(answer.is_object());
    }
    for text in ["", "[]", "7", "{", "{\"method\":7}", "{\"id\":{}}"] {
        zed.send_text(text).await;
    }
    let pong = zed.request("signalwire.ping", json!({ "timestamp": 1 })).await;
    assert_eq!(pong["result"]["timestamp"], 1);

    // A second person in one page, and someone else's call, are nobody's business.
    let second = mira.invite("second", tab.offer(), json!({})).await;
    assert_eq!(second["result"]["code"], "400", "{second}");
    tab.sees("mira", 10).await;
}

#[tokio::test]
async fn a_page_renews_its_token_for_its_own_room_only() {
    let service = Service::start().await;
    let (mut mira, _tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let renew = async |mira: &mut Browser, claims: &Claims| {
        let authentication = json!({ "project": "project", "jwt_token": service.token(claims) });
        mira.request("signalwire.reauthenticate", json!({ "authentication": authentication })).await
    };
    let answer = renew(&mut mira, &claims("mira")).await;
    assert_eq!(answer["result"]["authorization"]["type"], "video");
    let other = Claims { room_name: "other".into(), ..claims("mira") };
    assert_eq!(renew(&mut mira, &other).await["error"]["code"], -32002);
}
