//! Interactions over signed HTTP requests.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::post,
};
use ed25519_dalek::{Signature, VerifyingKey};
use sandbox::discord::Delivery;
use serde_json::{Value, json};

use super::{Bot, World};

/// An application's endpoint that checks signatures, unless told not to.
#[derive(Clone)]
struct Endpoint {
    key: VerifyingKey,
    is_careless: bool,
    answer: Arc<Mutex<Option<Value>>>,
    heard: Arc<Mutex<Vec<Value>>>,
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    std::array::from_fn(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap())
}

impl Endpoint {
    async fn serve(world: &World, is_careless: bool) -> (Self, String) {
        let env: std::collections::HashMap<String, String> = world.discord().env().into_iter().collect();
        let key = VerifyingKey::from_bytes(&bytes(&env["DISCORD_PUBLIC_KEY"])).unwrap();
        let endpoint = Self { key, is_careless, answer: Arc::default(), heard: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/interactions", listener.local_addr().unwrap());
        let app = Router::new().route("/interactions", post(Self::hear)).with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (endpoint, url)
    }

    async fn hear(State(this): State<Self>, headers: HeaderMap, body: Bytes) -> Response {
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        let signed = [text("x-signature-timestamp").as_bytes(), &body].concat();
        let signature = Signature::from_bytes(&bytes(&text("x-signature-ed25519")));
        if !this.is_careless && this.key.verify_strict(&signed, &signature).is_err() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let asked: Value = serde_json::from_slice(&body).unwrap();
        if asked["type"] == 1 {
            return Json(json!({ "type": 1 })).into_response();
        }
        this.heard.lock().unwrap().push(asked);
        match this.answer.lock().unwrap().clone() {
            Some(answer) => Json(answer).into_response(),
            None => StatusCode::ACCEPTED.into_response(),
        }
    }
}

#[tokio::test]
async fn an_endpoint_is_checked_and_then_gets_the_interactions() {
    let world = World::start().await;
    world.register_video().await;
    let mut bot = Bot::connect(&world).await;
    bot.event("GUILD_CREATE").await;
    let (endpoint, url) = Endpoint::serve(&world, false).await;
    world.discord().deliver(Delivery::Http { url: url.clone() }).await.unwrap();
    assert_eq!(world.get("/applications/@me").await["interactions_endpoint_url"], url.as_str());
    assert_eq!(world.discord().probe().await, Ok(401));

    *endpoint.answer.lock().unwrap() = Some(json!({ "type": 4, "data": { "content": "inline", "flags": 64 } }));
    let mira = world.discord().person("mira");
    let answer = mira.runs("general", "video", &[("room", "standup")]).await;
    assert_eq!((answer.text().as_str(), answer.is_private()), ("inline", true));
    bot.hears_nothing_more().await;

    // Or 202, and the answer through the callback route.
    *endpoint.answer.lock().unwrap() = None;
    let running = tokio::spawn(async move { mira.runs("general", "video", &[]).await });
    world.discord().faults().forget();
    let asked = loop {
        if let Some(asked) = endpoint.heard.lock().unwrap().get(1) {
            break asked.clone();
        }
        tokio::task::yield_now().await;
    };
    world.answer(&asked, json!({ "type": 4, "data": { "content": "later" } })).await;
    assert_eq!(running.await.unwrap().text(), "later");

    *endpoint.answer.lock().unwrap() = Some(json!({ "type": 99 }));
    let answer = world.discord().person("odo").runs("general", "video", &[]).await;
    assert_eq!(answer.problem(), Some("The application did not respond"));
}

#[tokio::test]
async fn an_endpoint_that_lets_bad_signatures_pass_is_refused() {
    let world = World::start().await;
    let (_, url) = Endpoint::serve(&world, true).await;
    let refused = world.discord().deliver(Delivery::Http { url }).await.unwrap_err();
    assert!(refused.contains("could not be verified") && refused.contains("wrong signature"), "{refused}");
    let nobody = world.discord().deliver(Delivery::Http { url: "http://127.0.0.1:9/".into() }).await;
    assert!(nobody.unwrap_err().contains("could not be verified"));
    assert_eq!(world.get("/applications/@me").await["interactions_endpoint_url"], Value::Null);
}
