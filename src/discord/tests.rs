//! The REST client against a scripted listener, over real sockets.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, body::Body, extract::Request, response::Response};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use serenity::{
    builder::{
        CreateAllowedMentions, CreateInteractionResponse, CreateInteractionResponseMessage, CreateMessage,
        EditInteractionResponse, EditMessage, EditWebhookMessage, ExecuteWebhook,
    },
    model::id::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId, UserId, WebhookId},
};

use super::{Client, Error, Reply, callback_body, code};
use crate::{clock::Clock, config};

/// What one request is answered with.
type Step = (u16, Vec<(&'static str, &'static str)>, Value);

#[derive(Debug, Clone)]
struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Value,
}

/// Answers with its steps in turn, then with 500, and remembers what it was asked.
#[derive(Clone, Default)]
struct Script {
    steps: Arc<Mutex<VecDeque<Step>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Script {
    async fn serve(steps: impl IntoIterator<Item = Step>) -> (Self, Client) {
        let script = Self { steps: Arc::new(Mutex::new(steps.into_iter().collect())), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let it = script.clone();
        let app = Router::new().fallback(move |request: Request| {
            let it = it.clone();
            async move { it.answer(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        (script, client(&url))
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        self.asked.lock().unwrap().push(Asked {
            method: parts.method,
            path: parts.uri.to_string(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        });
        let (status, headers, body) =
            self.steps.lock().unwrap().pop_front().unwrap_or((500, vec![], json!({ "code": 0 })));
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        response.body(Body::from(body.to_string())).unwrap()
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// Of the Discord at `url`.
pub(super) fn client(url: &str) -> Client {
    let config = config::Discord {
        token: "bot-token".into(),
        client_secret: None,
        interactions: config::Interactions::Gateway,
        guild_id: None,
        shards: None,
        members_intent: false,
        api_url: url.parse().unwrap(),
        requests_per_second: 45,
    };
    Client::new(&config, &"https://rooms.example.org".parse().unwrap(), Clock::system()).unwrap()
}

fn reply() -> Reply {
    Reply { application: ApplicationId::new(1), interaction: InteractionId::new(2), token: "interaction-token".into() }
}

fn user() -> Value {
    json!({ "id": "7", "username": "mira", "discriminator": "0", "avatar": null })
}

fn message() -> Value {
    json!({
        "id": "5", "channel_id": "4", "author": user(), "content": "", "timestamp": "2026-08-06T10:00:00.000000+00:00",
        "edited_timestamp": null, "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": [], "pinned": false, "type": 0
    })
}

const CHANNEL: ChannelId = ChannelId::new(4);
const MESSAGE: MessageId = MessageId::new(5);
const WEBHOOK: WebhookId = WebhookId::new(6);

#[tokio::test]
async fn the_bot_says_who_it_is_and_a_webhook_does_not() {
    let (script, client) = Script::serve([(200, vec![], user()), (200, vec![], message())]).await;
    client.me().await.unwrap();
    client.execute_webhook(WEBHOOK, &"hook-token".into(), Some(CHANNEL), &ExecuteWebhook::new()).await.unwrap();
    let [me, hook] = &script.asked()[..] else { panic!("two requests") };
    assert_eq!(me.path, "/api/v10/users/@me");
    assert_eq!(me.headers["authorization"], "Bot bot-token");
    assert_eq!(me.headers["user-agent"], "DiscordBot (https://rooms.example.org/, 0.1.0)");
    assert_eq!(hook.path, "/api/v10/webhooks/6/hook-token?wait=true&thread_id=4");
    assert!(!hook.headers.contains_key("authorization"));
}

#[tokio::test]
async fn a_limited_request_waits_exactly_as_long_as_it_is_told() {
    let limited = (429, vec![("retry-after", "1")], json!({ "message": "", "retry_after": 0.2, "global": false }));
    let (script, client) = Script::serve([limited, (200, vec![], message())]).await;
    let started = Instant::now();
    // A refused request did nothing, so even this one may be sent again.
    client.execute_webhook(WEBHOOK, &"hook-token".into(), None, &ExecuteWebhook::new()).await.unwrap();
    let took = started.elapsed();
    assert!((Duration::from_millis(200)..Duration::from_millis(900)).contains(&took), "{took:?}");
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn a_long_limit_is_the_callers_business_and_closes_the_route() {
    let slow = json!({ "message": "", "code": 20028, "retry_after": 600.25, "global": false });
    let (script, client) = Script::serve([(429, vec![], slow), (200, vec![], user())]).await;
    let (token, new) = ("hook-token".into(), EditWebhookMessage::new());
    let edit = || client.edit_webhook_message(WEBHOOK, &token, None, MESSAGE, &new);
    let error = edit().await.unwrap_err();
    assert_eq!(error.code(), 20028);
    assert!(matches!(error, Error::RateLimited { retry_after, .. } if retry_after == Duration::from_millis(600_250)));
    let again = edit().await.unwrap_err();
    assert!(
        matches!(again, Error::RateLimited { retry_after, .. } if retry_after > Duration::from_secs(590)),
        "{again}"
    );
    // Other routes stay open, and the closed one was asked once.
    client.me().await.unwrap();
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn a_limit_on_one_old_message_leaves_the_others_alone() {
    let old = json!({ "message": "", "code": 30046, "retry_after": 1800.5, "global": false });
    let (script, client) = Script::serve([(429, vec![], old), (200, vec![], message())]).await;
    let (token, new) = ("hook-token".into(), EditWebhookMessage::new());
    let edit = || client.edit_webhook_message(WEBHOOK, &token, None, MESSAGE, &new);
    assert_eq!(edit().await.unwrap_err().code(), code::TOO_MANY_EDITS_OF_OLD_MESSAGE);
    edit().await.unwrap();
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn a_limit_on_everything_keeps_every_route_quiet_but_answers_to_people() {
    let global = json!({ "message": "", "retry_after": 0.3, "global": true });
    let steps = [(429, vec![], global), (204, vec![], json!(null)), (200, vec![], user()), (200, vec![], user())];
    let (script, client) = Script::serve(steps).await;
    let started = Instant::now();
    let asking = tokio::spawn({
        let client = client.clone();
        async move { client.me().await.map(drop) }
    });
    while script.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    let other = tokio::spawn({
        let client = client.clone();
        async move { client.guild_roles(GuildId::new(9)).await.map(drop).unwrap_err() }
    });
    client.callback(&reply(), &CreateInteractionResponse::Acknowledge).await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(250), "{:?}", started.elapsed());
    asking.await.unwrap().unwrap();
    assert!(matches!(other.await.unwrap(), Error::Malformed(_)));
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn only_what_may_happen_twice_is_asked_twice() {
    let down = || (503, vec![], json!(null));
    let (script, client) =
        Script::serve([down(), (200, vec![], user()), down(), down(), (200, vec![], message())]).await;
    client.me().await.unwrap();
    let error = client.execute_webhook(WEBHOOK, &"hook-token".into(), None, &ExecuteWebhook::new()).await.unwrap_err();
    assert!(error.is_temporary());
    assert_eq!(script.asked().len(), 3, "no second webhook message");
    client.create_message(CHANNEL, &CreateMessage::new(), Some("card/1")).await.unwrap();
    let asked = script.asked();
    assert_eq!(asked.len(), 5, "a nonce makes the repetition harmless");
    assert_eq!(asked[4].body["nonce"], "card/1");
    assert_eq!(asked[4].body["enforce_nonce"], true);
}

#[tokio::test]
async fn nothing_we_send_pings_anybody() {
    let steps = (0..6).map(|_| (200, vec![], message()));
    let (script, client) = Script::serve(steps).await;
    let everyone = || CreateAllowedMentions::new().everyone(true).all_users(true);
    let token = "hook-token".into();
    client.create_message(CHANNEL, &CreateMessage::new().allowed_mentions(everyone()), None).await.unwrap();
    client.edit_message(CHANNEL, MESSAGE, &EditMessage::new().content("@everyone")).await.unwrap();
    client.execute_webhook(WEBHOOK, &token, None, &ExecuteWebhook::new()).await.unwrap();
    client.edit_webhook_message(WEBHOOK, &token, None, MESSAGE, &EditWebhookMessage::new()).await.unwrap();
    client.edit_original(&reply(), &EditInteractionResponse::new()).await.unwrap();
    client.followup(&reply(), &serenity::builder::CreateInteractionResponseFollowup::new()).await.unwrap();
    for asked in script.asked() {
        assert_eq!(asked.body["allowed_mentions"], json!({ "parse": [] }), "{} {}", asked.method, asked.path);
    }
    let said = CreateInteractionResponse::Message(CreateInteractionResponseMessage::new().content("@everyone"));
    assert_eq!(callback_body(&said).unwrap()["data"]["allowed_mentions"], json!({ "parse": [] }));
    let deferred = CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(true));
    assert_eq!(callback_body(&deferred).unwrap(), json!({ "type": 5, "data": { "flags": 64 } }));
}

#[tokio::test]
async fn the_answer_that_overtakes_the_interaction_is_sent_again() {
    let not_yet = || (404, vec![], json!({ "code": 10015, "message": "Unknown Webhook" }));
    let (script, client) = Script::serve([not_yet(), not_yet(), (200, vec![], message())]).await;
    client.edit_original(&reply(), &EditInteractionResponse::new().content("done")).await.unwrap();
    let asked = script.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[2].path, "/api/v10/webhooks/1/interaction-token/messages/@original");
}

#[tokio::test]
async fn no_error_tells_a_token() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refused = client(&url);
    let (_, odd) = Script::serve([
        (200, vec![], json!({ "token": "hook-token", "id": "hook-token" })),
        (403, vec![], json!({ "code": 50013, "message": "hook-token" })),
    ])
    .await;
    let hook = ExecuteWebhook::new;
    for error in [
        refused.execute_webhook(WEBHOOK, &"hook-token".into(), None, &hook()).await.unwrap_err(),
        refused.edit_original(&reply(), &EditInteractionResponse::new()).await.unwrap_err(),
        odd.channel_webhooks(CHANNEL).await.unwrap_err(),
        odd.execute_webhook(WEBHOOK, &"hook-token".into(), None, &hook()).await.unwrap_err(),
    ] {
        let told = format!("{error} {error:?}");
        assert!(!told.contains("-token") && !told.contains("127.0.0.1"), "{told}");
    }
}

#[tokio::test]
async fn a_first_answer_does_not_wait_for_a_silent_discord() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&format!("http://{}", listener.local_addr().unwrap()));
    let started = Instant::now();
    let error = client.callback(&reply(), &CreateInteractionResponse::Acknowledge).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)));
    assert!(started.elapsed() < Duration::from_millis(2900), "{:?}", started.elapsed());
}

#[tokio::test]
async fn discords_clock_is_learnt_from_its_answers() {
    let (_, client) = Script::serve([(200, vec![("date", "Thu, 06 Aug 2026 10:00:00 GMT")], user())]).await;
    client.me().await.unwrap();
    let off = client.discord_unix_ms() - 1_786_010_400_500;
    assert!((0..1000).contains(&off), "{off}");
}

#[tokio::test]
async fn a_member_who_left_is_told_from_a_discord_that_is_down() {
    let (_, client) = Script::serve([(404, vec![], json!({ "code": 10007, "message": "Unknown Member" }))]).await;
    let error = client.member(GuildId::new(9), UserId::new(7)).await.unwrap_err();
    assert_eq!((error.code(), error.is_not_found(), error.is_temporary()), (code::UNKNOWN_MEMBER, true, false));
}
