//! The client against a server that says exactly what a test tells it to, over a real socket.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    clock::Clock,
    config,
    signalwire::{
        Client, Error, Fault, JoinAs, NewRoom, RemoveAt, RoomPatch, RoomTokenRequest, SessionStatus, SessionsOf,
    },
};

/// What the server does with one request.
enum Reply {
    Json(u16, Value),
    Raw(u16, &'static str, Bytes),
    With(u16, &'static str, &'static str),
    /// The head of an answer, then as much body as is taken.
    Endless,
    /// Less than it announced.
    Cut,
    /// Nothing, ever.
    Silence,
}

struct Server {
    client: Client,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<(String, HeaderMap, Value)>>>,
}

impl Server {
    async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = Arc::new(Mutex::new(replies.into_iter().collect::<VecDeque<_>>()));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let space_url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().fallback({
            let (replies, seen) = (replies.clone(), seen.clone());
            move |request: Request| answer(request, replies, seen)
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { client: Client::new(&settings(space_url), Clock::system()), replies, seen }
    }

    fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(line, ..)| line.clone()).collect()
    }

    fn body(&self, index: usize) -> Value {
        self.seen.lock().unwrap()[index].2.clone()
    }
}

fn settings(space_url: url::Url) -> config::SignalWire {
    config::SignalWire {
        space_url,
        project_id: "11111111-aaaa-4bbb-8ccc-222222222222".into(),
        api_token: SecretString::from("PTsecret"),
        relay_url: "ws://127.0.0.1:9".parse().unwrap(),
    }
}

async fn answer(
    request: Request,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<(String, HeaderMap, Value)>>>,
) -> Response {
    let line = format!("{} {}", request.method(), request.uri());
    let headers = request.headers().clone();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    seen.lock().unwrap().push((line, headers, serde_json::from_slice(&body).unwrap_or_default()));
    let reply = replies.lock().unwrap().pop_front().expect("an unexpected request");
    match reply {
        Reply::Json(status, body) => (code(status), axum::Json(body)).into_response(),
        Reply::Raw(status, kind, body) => (code(status), [(header::CONTENT_TYPE, kind)], body).into_response(),
        Reply::With(status, name, value) => (code(status), [(name, value)]).into_response(),
        Reply::Endless => {
            Body::from_stream(stream::repeat_with(|| Ok::<_, Infallible>([b' '; 8192].as_slice()))).into_response()
        }
        Reply::Cut => {
            let broken = stream::iter([Ok(b"{\"token\":".as_slice()), Err(std::io::Error::other("cut"))]);
            Body::from_stream(broken).into_response()
        }
        Reply::Silence => std::future::pending().await,
    }
}

fn code(status: u16) -> axum::http::StatusCode {
    axum::http::StatusCode::from_u16(status).unwrap()
}

fn token_request() -> RoomTokenRequest {
    RoomTokenRequest {
        room_name: "standup-abc".into(),
        user_name: "Mira".into(),
        join_as: JoinAs::Member,
        permissions: vec!["room.self.audio_mute".into()],
        join_until: 1_788_253_200_999,
        remove_after_seconds_elapsed: 28_800,
        auto_create_room: false,
        meta: json!({"stay": "s"}),
    }
}

fn good_token() -> Reply {
    Reply::Json(200, json!({"token": "aaa.bbb.c-_"}))
}

fn new_room() -> NewRoom {
    NewRoom {
        name: "standup-abc".into(),
        display_name: "Stand-up".into(),
        max_members: 50,
        record_on_start: false,
        enable_room_previews: false,
        meta: json!({}),
    }
}

#[tokio::test]
async fn a_room_token_is_one_authenticated_call() {
    let server = Server::start([good_token()]).await;
    let token = server.client.room_token(&token_request()).await.expect("a token");
    assert_eq!(token.0.expose_secret(), "aaa.bbb.c-_");
    assert!(!format!("{token:?}").contains("aaa"), "a token must not be printed");
    assert_eq!(server.requests(), ["POST /api/video/room_tokens"]);
    let seen = server.seen.lock().unwrap();
    let (_, headers, body) = &seen[0];
    // base64("11111111-aaaa-4bbb-8ccc-222222222222:PTsecret")
    let basic = "Basic MTExMTExMTEtYWFhYS00YmJiLThjY2MtMjIyMjIyMjIyMjIyOlBUc2VjcmV0";
    assert_eq!(headers[header::AUTHORIZATION], basic);
    assert_eq!(
        *body,
        json!({"room_name": "standup-abc", "user_name": "Mira", "join_as": "member",
               "permissions": ["room.self.audio_mute"], "join_until": "2026-09-01T09:00:00Z",
               "remove_after_seconds_elapsed": 28800, "auto_create_room": false, "meta": {"stay": "s"}})
    );
}

#[tokio::test]
async fn trouble_that_passes_is_tried_thrice_and_no_more() {
    let server = Server::start([Reply::Json(503, json!({})), Reply::Cut, good_token()]).await;
    server.client.room_token(&token_request()).await.expect("the third attempt");
    let down = || Reply::Json(500, json!({"error": "Internal Server Error"}));
    server.replies.lock().unwrap().extend([down(), down(), down(), down()]);
    let error = server.client.room_token(&token_request()).await.expect_err("down");
    assert_eq!(error, Error::Unavailable(Fault::Status(500)));
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn refusals_are_told_apart_and_never_repeated() {
    let problem = |code: &str, attribute: Option<&str>| {
        json!({"errors": [{"type": "validation_error", "code": code, "message": "<b>secret</b>",
               "attribute": attribute, "url": "https://signalwire.com/docs"}]})
    };
    let invalid = |field: Option<&str>, code: &str| Error::Invalid { field: field.map(Into::into), code: code.into() };
    let cases = [
        (Reply::Json(401, json!({"error": "Unauthorized"})), Error::Unauthorized),
        (Reply::Json(403, json!({"error": "Forbidden"})), Error::Unauthorized),
        (Reply::Json(404, json!({"error": "Not Found"})), Error::NotFound),
        (
            Reply::Json(422, problem("not_unique_within_project", Some("name"))),
            invalid(Some("name"), "not_unique_within_project"),
        ),
        (Reply::Json(409, json!({"error": "Conflict"})), invalid(None, "status_409")),
        (Reply::Raw(400, "text/html", "<h1>no</h1>".into()), invalid(None, "status_400")),
        (Reply::Json(422, problem("<script>", Some("a\nb"))), invalid(None, "unknown")),
        (
            Reply::Json(422, problem("insufficient_balance", None)),
            Error::Refused { code: "insufficient_balance".into() },
        ),
        (
            Reply::Json(403, problem("not_allowed_on_subscription_plan", None)),
            Error::Refused { code: "not_allowed_on_subscription_plan".into() },
        ),
        (
            Reply::Json(422, problem("exceeds_platform_stream_limit", None)),
            Error::Refused { code: "exceeds_platform_stream_limit".into() },
        ),
        (Reply::With(302, "location", "http://127.0.0.1:1/elsewhere"), Error::Unavailable(Fault::Status(302))),
    ];
    for (reply, expected) in cases {
        let server = Server::start([reply]).await;
        let error = server.client.create_room(&new_room()).await.expect_err("refused");
        assert_eq!(error, expected);
        assert!(!error.to_string().contains("secret"), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn answers_that_are_not_as_documented_are_errors_and_are_not_read_to_the_end() {
    let json = "application/json";
    let hostile = [
        Reply::Raw(200, "text/html", "<html>Sign in to the hotel's network</html>".into()),
        Reply::Raw(200, json, "{\"token\": \"aaa.bb".into()),
        Reply::Raw(200, json, "{}".into()),
        Reply::Raw(200, json, "".into()),
        Reply::Raw(200, json, "{\"token\": \"aaa.b\\r\\nb.ccc\"}".into()),
        Reply::Raw(200, json, "{\"token\": \"<script>.a.b\"}".into()),
        Reply::Raw(200, json, vec![b'['; 60_000].into()),
        Reply::Endless,
        // A compressed bomb is read as it came, and is no JSON.
        Reply::With(200, "content-encoding", "gzip"),
    ];
    for (index, reply) in hostile.into_iter().enumerate() {
        let server = Server::start([reply]).await;
        let outcome = server.client.room_token(&token_request()).await;
        assert_eq!(outcome.expect_err("unusable"), Error::Unavailable(Fault::Answer), "case {index}");
        assert_eq!(server.requests().len(), 1, "case {index}");
    }
}

#[tokio::test]
async fn a_limit_closes_its_route_and_no_other() {
    let server = Server::start([Reply::With(429, "retry-after", "7"), Reply::Json(404, json!({}))]).await;
    let limited = server.client.room_token(&token_request()).await.expect_err("limited");
    assert_eq!(limited, Error::RateLimited { retry_after: Duration::from_secs(7) });
    let still = server.client.room_token(&token_request()).await.expect_err("closed");
    assert!(matches!(still, Error::RateLimited { retry_after } if retry_after <= Duration::from_secs(8)), "{still:?}");
    assert_eq!(server.client.room_by_name("standup-abc").await, Ok(None));
    assert_eq!(server.requests(), ["POST /api/video/room_tokens", "GET /api/video/rooms/standup-abc"]);
}

#[tokio::test]
async fn a_limit_may_be_a_fraction_a_date_or_nonsense() {
    let seconds = [("0.3", 0.3), ("Thu, 31 Dec 2099 23:59:59 GMT", 600.0), ("1e300", 1.0), ("-5", 1.0), ("soon", 1.0)];
    for (said, meant) in seconds {
        let server = Server::start([Reply::With(429, "retry-after", said)]).await;
        let limited = server.client.room_token(&token_request()).await.expect_err("limited");
        assert_eq!(limited, Error::RateLimited { retry_after: Duration::from_secs_f64(meant) }, "{said}");
    }
}

#[tokio::test]
async fn nobody_waits_longer_than_the_deadline_for_a_service_that_hangs() {
    let server = Server::start([Reply::Silence]).await;
    let started = Instant::now();
    let error = server.client.room_token(&token_request()).await.expect_err("hangs");
    assert_eq!(error, Error::Unavailable(Fault::Timeout));
    assert!((2_400..3_200).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_service_that_is_gone_is_said_to_be_unavailable() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let client = Client::new(&settings(format!("http://127.0.0.1:{port}").parse().unwrap()), Clock::system());
    let error = client.room_token(&token_request()).await.expect_err("gone");
    assert_eq!(error, Error::Unavailable(Fault::Connect));
}

#[tokio::test]
async fn lists_are_followed_to_their_end_but_never_to_another_origin() {
    let session = |id: &str| {
        json!({"id": id, "name": "standup-abc", "status": "in-progress", "locked": false,
        "start_time": "2026-09-01T09:00:05Z", "end_time": null})
    };
    let page = |id: &str, next: Option<&str>| Reply::Json(200, json!({"data": [session(id)], "links": {"next": next}}));
    let relative = "/api/video/room_sessions?page_number=1&page_token=PA1";
    let server = Server::start([page("S-1", Some(relative)), page("S-2", None)]).await;
    let sessions = server.client.sessions(SessionsOf::AllLive).await.expect("two pages");
    assert_eq!(sessions.iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), ["S-1", "S-2"]);
    assert_eq!(sessions[0].status, SessionStatus::InProgress);
    assert_eq!(sessions[0].start_time.as_ref().and_then(super::super::Time::unix_ms), Some(1_788_253_205_000));
    assert_eq!(
        server.requests(),
        ["GET /api/video/room_sessions?status=in-progress&page_size=25", &format!("GET {relative}")]
    );

    let server = Server::start([page("S-1", Some("https://evil.example/api/video/room_sessions"))]).await;
    let error = server.client.sessions(SessionsOf::AllLive).await.expect_err("another origin");
    assert_eq!(error, Error::Unavailable(Fault::Answer));
}

#[tokio::test]
async fn names_stay_inside_their_path_segment() {
    let server = Server::start([Reply::Json(404, json!({}))]).await;
    assert_eq!(server.client.room_by_name("a/../b?c#d").await, Ok(None));
    assert_eq!(server.requests(), ["GET /api/video/rooms/a%2F..%2Fb%3Fc%23d"]);
    assert_eq!(server.client.room_by_name("..").await, Ok(None));
    assert_eq!(server.client.session("").await, Err(Error::NotFound));
}

#[tokio::test]
async fn a_patch_holds_only_what_changes() {
    let room = json!({"id": "R-1", "name": "standup-abc", "max_members": 50});
    let server = Server::start([Reply::Json(200, room.clone()), Reply::Json(200, room)]).await;
    let ending = RoomPatch { remove_at: Some(RemoveAt::UnixMs(1_788_253_200_000)), ..RoomPatch::default() };
    let room = server.client.update_room("R-1", &ending).await.expect("updated");
    assert_eq!((room.max_members, room.display_name), (50, None));
    let again = RoomPatch { max_members: Some(7), remove_at: Some(RemoveAt::Never), ..RoomPatch::default() };
    server.client.update_room("R-1", &again).await.expect("updated");
    assert_eq!(server.body(0), json!({"remove_at": "2026-09-01T09:00:00Z"}));
    assert_eq!(server.body(1), json!({"max_members": 7, "remove_at": null}));
}
