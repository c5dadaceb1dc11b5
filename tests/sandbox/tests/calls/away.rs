//! Going away: dropped sockets, closed and reloaded tabs, removals, the end.

use std::time::Duration;

use sandbox::signalwire::token::Claims;
use serde_json::{Value, json};

use crate::browser::{Service, about, claims, session_id};
use crate::tab::BOTH;

#[tokio::test]
async fn a_dropped_socket_is_resumed_and_nothing_is_missed() {
    let service = Service::start().await;
    let (mut mira, mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let mira_id = mira.event("video.room.subscribed").await["member_id"].clone();
    let protocol = mira.vanishes();
    let (odo, odo_tab) = service.joins("odo", &claims("odo"), BOTH).await;
    odo_tab.sees("mira", 10).await;

    let mut again = service.opens().await;
    let answer = again.connect(&service.token(&claims("mira")), Some(&protocol)).await;
    assert_eq!(answer["result"]["protocol"], protocol.as_str());
    assert_eq!(again.event("video.member.joined").await["member"]["name"], "odo");
    assert_eq!(again.request("video.member.deaf", about(&service.sw, &mira_id)).await["result"]["code"], "200");
    mira_tab.sees("odo", 10).await;
    assert_eq!(service.people(), ["mira", "odo"]);
    drop(odo);

    // Another room's token does not open it.
    let other = Claims { room_name: "other".into(), ..claims("zed") };
    let mut thief = service.opens().await;
    let answer = thief.connect(&service.token(&other), Some(&protocol)).await;
    assert_eq!(answer["error"]["message"], "Requester validation failed");
}

#[tokio::test]
async fn a_newer_socket_takes_the_page_over() {
    let service = Service::start().await;
    let (mut first, _tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let mut second = service.opens().await;
    second.connect(&service.token(&claims("mira")), Some(&first.protocol)).await;
    first.is_closed().await;
    let session = json!({ "room_session_id": session_id(&service.sw) });
    assert_eq!(second.request("video.members.get", session).await["result"]["code"], "200");
    assert_eq!(service.people(), ["mira"]);
}

#[tokio::test]
async fn a_closed_tab_ends_in_member_left() {
    let service = Service::start().await;
    let (mut mira, _mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let (odo, mut odo_tab) = service.joins("odo", &claims("odo"), BOTH).await;
    let odo_id = mira.event("video.member.joined").await["member"]["id"].clone();
    odo_tab.sees("mira", 5).await;
    odo_tab.dies();
    odo.vanishes();
    assert_eq!(mira.event("video.member.left").await["member"]["id"], odo_id);
    assert_eq!(service.people(), ["mira"]);
}

#[tokio::test]
async fn while_media_is_alive_the_grace_is_the_long_one() {
    let service = Service::start().await;
    let (mut mira, mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let (odo, _odo_tab) = service.joins("odo", &claims("odo"), BOTH).await;
    mira.event("video.member.joined").await;
    mira_tab.sees("odo", 5).await;
    let protocol = odo.vanishes();
    // Well past the short grace: 20 ms a frame.
    mira_tab.sees("odo", 150).await;
    assert_eq!(service.people(), ["mira", "odo"]);
    service.clock.advance(Duration::from_secs(16));
    mira.event("video.member.left").await;
    mira_tab.sees("mira", 5).await;

    // Back too late: the page is still known for a while, and is told that its call is over.
    let mut odo = service.opens().await;
    if odo.connect(&service.token(&claims("odo")), Some(&protocol)).await["result"].is_object() {
        odo.event_where("webrtc.message", |message| message["method"] == "verto.bye").await;
    }
}

#[tokio::test]
async fn a_reloaded_page_is_the_same_member_again() {
    let service = Service::start().await;
    let (mut mira, mut mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let mira_id = mira.event("video.room.subscribed").await["member_id"].clone();
    mira_tab.sees("mira", 5).await;
    mira_tab.dies();
    let protocol = mira.vanishes();

    let mut again = service.opens().await;
    again.connect(&service.token(&claims("mira")), Some(&protocol)).await;
    let tab = again.joins("mira", BOTH).await;
    assert_eq!(again.event("video.room.subscribed").await["member_id"], mira_id);
    tab.sees("mira", 10).await;
    assert_eq!(service.people(), ["mira"]);

    // The same page once more is an ICE restart: answered, but it is told nothing again.
    again.forget_events();
    let (call, offer) = (again.call.clone(), tab.offer().to_owned());
    again.invite(&call, &offer, json!({})).await;
    assert!(again.answer(&call).await["sdp"].is_string());
    let pong = again.request("signalwire.ping", json!({ "timestamp": 1.5 })).await;
    assert_eq!(pong["result"]["timestamp"], 1.5);
    assert!(!again.unread().contains(&"video.room.subscribed"));

    let modified = json!({ "dialogParams": { "callID": call }, "action": "updateMedia", "sdp": offer });
    assert!(again.verto("verto.modify", modified).await["sdp"].as_str().unwrap().starts_with("v=0"));
    tab.sees("mira", 10).await;
}

#[tokio::test]
async fn who_is_removed_and_whose_room_ends_is_told() {
    let service = Service::start().await;
    let (mut mira, _mira_tab) = service.joins("mira", &claims("mira"), BOTH).await;
    let (mut odo, _odo_tab) = service.joins("odo", &claims("odo"), BOTH).await;
    let odo_id = mira.event("video.member.joined").await["member"]["id"].clone();
    odo.event("video.room.subscribed").await;
    let is_bye = |message: &Value| message["method"] == "verto.bye";

    assert_eq!(mira.request("video.member.remove", about(&service.sw, &odo_id)).await["result"]["code"], "200");
    let bye = odo.event_where("webrtc.message", is_bye).await;
    assert_eq!((&bye["params"]["cause"], &bye["params"]["causeCode"]), (&json!("NORMAL_CLEARING"), &json!("16")));
    assert_eq!(mira.event("video.member.left").await["member"]["id"], odo_id);
    assert_eq!(odo.request("video.members.get", about(&service.sw, &odo_id)).await["result"]["code"], "403");

    service.sw.video().end(&session_id(&service.sw));
    mira.event("video.room.ended").await;
    mira.event_where("webrtc.message", is_bye).await;
}
