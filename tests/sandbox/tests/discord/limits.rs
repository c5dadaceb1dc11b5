//! Rate limits, as they are announced and as they are met.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::World;

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_webhook_takes_five_posts_in_two_seconds() {
    let world = World::start().await;
    let hook = world.webhook("general").await;
    let post = async || world.request(Method::POST, &hook).json(&json!({ "content": "x" })).send().await.unwrap();
    // At once, because the window is of real time.
    let responses = futures::future::join_all((0..6).map(|_| post())).await;
    let (passed, mut refused): (Vec<_>, Vec<_>) = responses.into_iter().partition(|response| response.status() == 204);
    let mut left: Vec<_> = passed.iter().map(|response| header(response, "x-ratelimit-remaining").unwrap()).collect();
    left.sort_unstable();
    assert_eq!(left, ["0", "1", "2", "3", "4"]);
    assert!(passed.iter().all(|response| header(response, "x-ratelimit-limit") == Some("5")));
    assert!(passed.iter().all(|response| header(response, "x-ratelimit-bucket").is_some()));
    let refused = refused.pop().unwrap();
    assert_eq!((refused.status().as_u16(), header(&refused, "x-ratelimit-scope")), (429, Some("user")));
    assert!(header(&refused, "retry-after").unwrap().parse::<u64>().unwrap() <= 3);
    let body: Value = refused.json().await.unwrap();
    let wait = body["retry_after"].as_f64().unwrap();
    assert!(wait > 0.0 && wait <= 2.1, "{body}");
    assert_eq!(body["global"], false);
    assert_eq!(world.discord().messages("general").len(), 5);
    world.check();
}

#[tokio::test]
async fn all_webhooks_of_a_channel_take_thirty_posts_a_minute() {
    let world = World::start().await;
    let mut hooks = vec![];
    for _ in 0..7 {
        hooks.push(world.webhook("general").await);
    }
    let mut posted = 0;
    for hook in &hooks {
        for _ in 0..5 {
            let response = world.request(Method::POST, hook).json(&json!({ "content": "x" })).send().await.unwrap();
            if response.status() == 204 {
                posted += 1;
                continue;
            }
            assert_eq!((response.status().as_u16(), header(&response, "x-ratelimit-scope")), (429, Some("shared")));
            assert_eq!(header(&response, "x-ratelimit-bucket"), None);
        }
    }
    assert_eq!(posted, 30);
    world.discord().forget_limits();
    assert_eq!(world.ask(Method::POST, &hooks[0], Some(json!({ "content": "x" }))).await.0, 204);
}

#[tokio::test]
async fn fifty_requests_a_second_and_answers_to_people_beside_them() {
    let world = World::start().await;
    let asks = (0..60).map(|_| world.request(Method::GET, "/users/@me").send());
    let answers = futures::future::join_all(asks).await;
    let refused: Vec<&Response> = answers.iter().flatten().filter(|response| response.status() == 429).collect();
    assert!((1..=10).contains(&refused.len()), "{}", refused.len());
    assert_eq!(header(refused[0], "x-ratelimit-global"), Some("true"));
    // An interaction nobody knows is refused for that, not for the rate.
    let path = "/interactions/5/x/callback";
    assert_eq!(world.refusal(Method::POST, path, Some(json!({ "type": 6 }))).await, (404, 10062));
    let path = format!("/webhooks/{}/x/messages/@original", world.application());
    assert_eq!(world.refusal(Method::PATCH, &path, Some(json!({ "content": "x" }))).await, (401, 50027));
}

#[tokio::test]
async fn a_channel_takes_five_messages_of_the_bot_in_five_seconds() {
    let world = World::start().await;
    let path = |channel| format!("/channels/{}/messages", world.channel(channel));
    for _ in 0..5 {
        world.post(&path("general"), json!({ "content": "x" })).await;
    }
    let sixth = world.refusal(Method::POST, &path("general"), Some(json!({ "content": "x" }))).await;
    assert_eq!(sixth, (429, 0));
    world.post(&path("lobby"), json!({ "content": "x" })).await;
    world.check();
}
