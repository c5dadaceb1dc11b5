//! People's pictures: what Discord has of them reaches a browser through Greenroom, and through nobody else.

use reqwest::{Method, StatusCode, header};
use sandbox::fault::Fault;

use crate::world::{Way, World};

const PICTURE: &str = "GET /avatars/*/*";

#[tokio::test]
async fn a_picture_comes_from_greenroom_and_is_fetched_once() {
    let world = World::new(Way::Gateway).await;
    let (odo, _inside) = world.inside("odo").await;
    let (mira, _) = world.inside("mira").await;
    world.card("**In the call (2):**").await;
    let lobby = mira.lobby().await.unwrap();
    let people = lobby["session"]["people"].as_array().unwrap();
    let address = |name: &str| people.iter().find(|one| one["name"] == name).unwrap()["avatar_url"].clone();
    assert!(address("Mira").is_null());
    assert_eq!(odo.lobby().await.unwrap()["you"]["avatar_url"], address("Odo"));
    let path = address("Odo").as_str().unwrap().to_owned();
    assert!(path.starts_with("/faces/"), "{path}");

    for _ in 0..2 {
        let answer = mira.browser.sends(Method::GET, &path, None, None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "image/webp");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "private, max-age=31536000, immutable");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("img-src 'self';"), "{policy}");
        assert!(answer.bytes().await.unwrap().starts_with(b"RIFF"));
    }
    let asked = world.sandbox.discord.faults().requests_to(PICTURE);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].query.as_deref(), Some("size=128"));
}

#[tokio::test]
async fn only_addresses_that_greenroom_gave_out_are_fetched() {
    let world = World::new(Way::Gateway).await;
    let (odo, _inside) = world.inside("odo").await;
    let path = odo.lobby().await.unwrap()["you"]["avatar_url"].as_str().unwrap().to_owned();
    let (mark, picture) = path.strip_prefix("/faces/").unwrap().split_once('/').unwrap();
    for foreign in [
        format!("/faces/{mark}/avatars/1/8f2c1be07d9a4c6e5b3f60a1d4e7c928.webp"),
        format!("/faces/{mark}/../{picture}"),
        format!("/faces/{mark}/{picture}?size=4096"),
        format!("/faces//{picture}"),
        format!("/faces/{}/{picture}", "A".repeat(mark.len())),
    ] {
        let status = odo.browser.sends(Method::GET, &foreign, None, None).await.status();
        // What is asked for besides is not passed on.
        let wanted = if foreign.contains('?') { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(status, wanted, "{foreign}");
    }
    let asked = world.sandbox.discord.faults().requests_to(PICTURE);
    assert_eq!(asked.iter().map(|one| one.query.as_deref()).collect::<Vec<_>>(), [Some("size=128")]);
}

#[tokio::test]
async fn a_picture_that_does_not_come_is_none_and_is_asked_for_again() {
    let world = World::new(Way::Gateway).await;
    let (odo, _inside) = world.inside("odo").await;
    let path = odo.lobby().await.unwrap()["you"]["avatar_url"].as_str().unwrap().to_owned();
    world.sandbox.discord.faults().next(PICTURE, Fault::Status(503));
    for wanted in [StatusCode::NOT_FOUND, StatusCode::OK] {
        assert_eq!(odo.browser.sends(Method::GET, &path, None, None).await.status(), wanted);
    }
}
