use std::time::Duration;

use http::{Method, header::CONTENT_TYPE};
use serde_json::json;

use crate::{
    browser::Problem,
    world::{Way, World},
};

fn code(problem: Result<impl Sized, Problem>) -> (u16, String) {
    let problem = problem.err().expect("a refusal");
    assert!(!problem.message.is_empty() && problem.reference.len() == 7, "{problem:?}");
    (problem.status, problem.code)
}

#[tokio::test]
async fn a_personal_link_lets_its_person_in_once() {
    let world = World::new(Way::Gateway).await;
    let link = world.video("mira", "general", "standup").await.link().unwrap();
    let tab = world.browser().follows(&link).await.unwrap();
    let lobby = tab.lobby().await.unwrap();
    assert_eq!(lobby["you"]["name"], "Mira");
    assert_eq!(lobby["room"]["title"], "standup");
    let used = world.browser().redeems(&link, "another-tabs-nonce-456", None).await;
    assert_eq!(code(used), (410, "ticket_used".into()));
}

#[tokio::test]
async fn a_lost_answer_costs_nothing_for_a_minute() {
    let world = World::new(Way::Gateway).await;
    let link = world.video("mira", "general", "standup").await.link().unwrap();
    let first = world.browser().redeems(&link, "the-same-nonce-of-a-tab", None).await.unwrap();
    let again = world.browser().redeems(&link, "the-same-nonce-of-a-tab", None).await.unwrap();
    assert_eq!(first.sid, again.sid);
    assert!(again.lobby().await.is_ok());
    world.advance(Duration::from_secs(61));
    let late = world.browser().redeems(&link, "the-same-nonce-of-a-tab", None).await;
    assert_eq!(code(late), (410, "ticket_used".into()));
}

#[tokio::test]
async fn two_people_share_one_browser_and_stay_two_people() {
    let world = World::new(Way::Gateway).await;
    let browser = world.browser();
    let mira = browser.follows(&world.video("mira", "general", "standup").await.link().unwrap()).await.unwrap();
    let odo = browser.follows(&world.video("odo", "general", "standup").await.link().unwrap()).await.unwrap();
    assert_eq!(mira.lobby().await.unwrap()["you"]["name"], "Mira");
    assert_eq!(odo.lobby().await.unwrap()["you"]["name"], "Odo");
    assert_eq!(browser.cookies().len(), 2);
    let (first, second) = (mira.joins().await.unwrap(), odo.joins().await.unwrap());
    assert_eq!((first.name(), second.name()), ("Mira", "Odo"));
}

#[tokio::test]
async fn a_call_can_be_handed_to_another_browser() {
    let world = World::new(Way::Gateway).await;
    let tab = world.browser().follows(&world.video("mira", "general", "standup").await.link().unwrap()).await.unwrap();
    let url = tab.hands_off().await.unwrap();
    let phone = world.browser().follows(&url).await.unwrap();
    assert_eq!(phone.lobby().await.unwrap()["you"]["name"], "Mira");
    let again = world.browser().redeems(&url, "a-third-browsers-nonce", None).await;
    assert_eq!(code(again), (410, "ticket_used".into()));
}

#[tokio::test]
async fn a_link_reaches_its_room_and_no_other() {
    let world = World::new(Way::Gateway).await;
    let tab = world.browser().follows(&world.video("mira", "general", "standup").await.link().unwrap()).await.unwrap();
    let other = world.browser().follows(&world.video("mira", "general", "retro").await.link().unwrap()).await.unwrap();
    let problem = tab.gets(&format!("/api/rooms/{}", other.room_key)).await.unwrap_err();
    let unknown = tab.gets("/api/rooms/aaaaaaaaaaaaaaaaaaaaaaaaaa").await.unwrap_err();
    assert_eq!((problem.status, problem.code), (unknown.status, unknown.code));
}

#[tokio::test]
async fn a_cookie_of_another_key_is_nobodys() {
    let world = World::new(Way::Gateway).await;
    let tab = world.browser().follows(&world.video("mira", "general", "standup").await.link().unwrap()).await.unwrap();
    let (name, value) = tab.browser.cookies().into_iter().next().unwrap();
    let flipped: String = value.chars().rev().collect();
    for forged in [flipped.as_str(), "x", "", &"A".repeat(4000)] {
        tab.browser.set_cookie(&name, forged);
        let problem = tab.lobby().await.unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (401, "signed_out"));
    }
}

#[tokio::test]
async fn a_tab_whose_browser_became_somebody_else_says_so() {
    let world = World::new(Way::Gateway).await;
    let browser = world.browser();
    let mira = browser.follows(&world.video("mira", "general", "standup").await.link().unwrap()).await.unwrap();
    let odo = browser.follows(&world.video("odo", "general", "standup").await.link().unwrap()).await.unwrap();
    // Mira's cookie is gone, Odo's is there: the tab names a session this browser no longer has.
    let gone = browser.cookies().into_keys().find(|name| name.ends_with(&mira.sid)).unwrap();
    browser.set_cookie(&gone, "x");
    let problem = mira.lobby().await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (409, "session_changed"), "{problem:?}");
    assert!(problem.message.contains("Odo"), "{}", problem.message);
    assert!(odo.lobby().await.is_ok());
}

#[tokio::test]
async fn who_signs_out_is_out_also_with_the_cookie_kept() {
    let world = World::new(Way::Gateway).await;
    let tab = world.browser().follows(&world.video("mira", "general", "standup").await.link().unwrap()).await.unwrap();
    let kept = tab.browser.cookies();
    tab.posts("/api/session/end", json!({})).await.unwrap();
    for (name, value) in kept {
        tab.browser.set_cookie(&name, &value);
    }
    assert_eq!(tab.lobby().await.unwrap_err().status, 401);
}

#[tokio::test]
async fn a_kick_closes_the_door_within_a_minute() {
    let world = World::new(Way::Gateway).await;
    let (tab, _) = world.inside("mira").await;
    world.sandbox.discord.kick("mira");
    world.advance(Duration::from_secs(61));
    let problem = tab.room_token().await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (403, "not_allowed"));
}

#[tokio::test]
async fn whoever_follows_a_link_that_lost_a_piece_reads_where_rooms_are_found() {
    let world = World::new(Way::Gateway).await;
    let browser = world.browser();
    for path in ["/nowhere", "/r/", "/r", "/r/x/y"] {
        let answer = browser.sends(Method::GET, path, None, None).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert!(answer.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/html"), "{path}");
        assert!(answer.text().await.unwrap().starts_with("<!doctype html>"), "{path}");
    }
    let answer = browser.sends(Method::POST, "/nowhere", None, Some(json!({}))).await;
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (404, ""));
}
