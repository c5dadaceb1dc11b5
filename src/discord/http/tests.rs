//! Signed requests over a real socket, as Discord sends them and as others would.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use serenity::{
    builder::{CreateInteractionResponse, CreateInteractionResponseMessage},
    model::application::Interaction,
};

use super::{PATH, routes};
use crate::{
    clock::Clock,
    discord::{Answer, Handler, Outline, tests::client},
    store::temporary::Temporary,
    tasks::Tasks,
};

/// Says "hello", or breaks down when asked for `panic`.
#[derive(Clone, Default)]
struct Polite {
    heard: Arc<AtomicUsize>,
    worked: Arc<AtomicUsize>,
}

impl Handler for Polite {
    async fn handle(&self, interaction: Interaction) -> Answer {
        self.heard.fetch_add(1, Ordering::Relaxed);
        match interaction {
            Interaction::Ping(_) => CreateInteractionResponse::Pong.into(),
            Interaction::Command(command) if command.data.name == "panic" => panic!("on purpose"),
            _ => {
                let worked = Arc::clone(&self.worked);
                let later = Box::pin(async move {
                    worked.fetch_add(1, Ordering::Relaxed);
                });
                Answer { first: say("hello"), later: Some(later) }
            }
        }
    }

    fn label(&self, _: &Interaction) -> &'static str {
        "other"
    }

    fn sorry(&self, _: &Outline) -> CreateInteractionResponse {
        say("sorry")
    }
}

fn say(text: &str) -> CreateInteractionResponse {
    CreateInteractionResponse::Message(CreateInteractionResponseMessage::new().content(text))
}

struct Door {
    url: String,
    key: SigningKey,
    handler: Polite,
    tasks: Tasks,
    store: Temporary,
}

impl Door {
    async fn open() -> Self {
        Self::beside(Temporary::open().await).await
    }

    /// Of another process on that database.
    async fn beside(store: Temporary) -> Self {
        let key = SigningKey::from_bytes(&[7; 32]);
        let client = client("http://127.0.0.1:9");
        let (handler, tasks) = (Polite::default(), Tasks::new().0);
        let public_key = key.verifying_key().to_bytes();
        let app = routes(handler.clone(), public_key, client, store.store(), Clock::system(), tasks.clone()).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, key, handler, tasks, store }
    }

    /// Signs and sends; what comes back.
    async fn post(&self, body: impl Into<Vec<u8>>) -> (u16, Value) {
        self.post_at(Clock::system().unix_seconds(), body.into(), |_| {}).await
    }

    async fn post_at(&self, at: i64, body: Vec<u8>, spoil: impl FnOnce(&mut [u8; 64])) -> (u16, Value) {
        let mut signature = self.key.sign(&[at.to_string().as_bytes(), &body].concat()).to_bytes();
        spoil(&mut signature);
        let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        self.send(Some((&hex, &at.to_string())), body).await
    }

    async fn send(&self, signed: Option<(&str, &str)>, body: Vec<u8>) -> (u16, Value) {
        let mut request = reqwest::Client::builder().build().unwrap().post(&self.url).body(body);
        if let Some((signature, timestamp)) = signed {
            request = request.header("X-Signature-Ed25519", signature).header("X-Signature-Timestamp", timestamp);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
    }
}

fn ping(id: u64) -> String {
    json!({
        "id": id.to_string(), "application_id": "1", "type": 1, "token": "t", "version": 1, "entitlements": [],
        "user": null
    })
    .to_string()
}

fn command(id: u64, name: &str) -> String {
    json!({
        "id": id.to_string(), "application_id": "1", "type": 2, "token": "t", "version": 1, "channel_id": "4",
        "data": { "id": "3", "name": name, "type": 1 }, "locale": "en-US", "entitlements": [],
        "user": { "id": "7", "username": "mira", "discriminator": "0", "avatar": null },
        "attachment_size_limit": 10_485_760
    })
    .to_string()
}

#[tokio::test]
async fn a_ping_is_answered_with_a_pong() {
    let door = Door::open().await;
    let (status, body) = door.post(ping(1)).await;
    assert_eq!((status, &body["type"]), (200, &json!(1)));
}

#[tokio::test]
async fn a_command_is_answered_in_the_response_and_its_later_work_is_done() {
    let door = Door::open().await;
    let (status, body) = door.post(command(1, "video")).await;
    assert_eq!((status, &body["type"], &body["data"]["content"]), (200, &json!(4), &json!("hello")));
    door.tasks.ended().await;
    assert_eq!(door.handler.worked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_bad_signature_is_refused_before_anything_is_read() {
    let door = Door::open().await;
    let now = Clock::system().unix_seconds();
    let spoiled = door.post_at(now, ping(1).into(), |signature| signature[0] ^= 1).await;
    let unsigned = door.send(None, ping(1).into()).await;
    let nonsense = door.send(Some(("zz", "now")), ping(1).into()).await;
    let not_even_json = door.send(Some((&"0".repeat(128), &now.to_string())), b"{".to_vec()).await;
    for answer in [spoiled, unsigned, nonsense, not_even_json] {
        assert_eq!(answer, (401, json!({ "code": "invalid_signature" })));
    }
    assert_eq!(door.handler.heard.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_captured_request_counts_for_nothing() {
    let door = Door::open().await;
    let now = Clock::system().unix_seconds();
    for at in [now - 301, now + 302] {
        let stale = door.post_at(at, command(1, "video").into(), |_| {}).await;
        assert_eq!(stale, (401, json!({ "code": "stale_signature" })));
    }
    let (first, _) = door.post_at(now, command(1, "video").into(), |_| {}).await;
    let again = door.post_at(now, command(1, "video").into(), |_| {}).await;
    assert_eq!((first, again), (200, (202, Value::Null)));
    assert_eq!(door.handler.heard.load(Ordering::Relaxed), 1);
    let another = Door::beside(door.store.clone()).await;
    assert_eq!(another.post_at(now, command(1, "video").into(), |_| {}).await, (202, Value::Null));
    assert_eq!(another.handler.heard.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn without_a_database_this_process_alone_decides_and_people_are_answered() {
    let door = Door::open().await;
    door.store.close().await;
    let (status, body) = door.post(command(1, "video")).await;
    assert_eq!((status, &body["data"]["content"]), (200, &json!("hello")));
    assert_eq!(door.post(command(1, "video")).await, (202, Value::Null));
    assert_eq!(door.handler.heard.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_kind_nobody_knows_and_a_huge_body_are_refused() {
    let door = Door::open().await;
    let unknown = json!({ "id": "1", "application_id": "1", "type": 99, "token": "t", "version": 1 }).to_string();
    assert_eq!(door.post(unknown).await, (400, json!({ "code": "invalid_request" })));
    assert_eq!(door.post("[".repeat(60_000)).await, (400, json!({ "code": "invalid_request" })));
    assert_eq!(door.post(vec![b' '; 64 * 1024 + 1]).await.0, 413);
}

#[tokio::test]
async fn a_handler_that_breaks_down_is_apologised_for() {
    let door = Door::open().await;
    let (status, body) = door.post(command(1, "panic")).await;
    assert_eq!((status, &body["data"]["content"]), (200, &json!("sorry")));
}
