//! The little of Discord that a sign-in meets, and every mood it can be in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    body::Body,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};
use serde_json::json;
use tokio::{net::TcpListener, sync::Notify};
use url::Url;

use super::{APPLICATION, SECRET};
use crate::secret;

/// How a route of the small Discord behaves.
#[derive(Clone, Copy, Default)]
pub enum Mood {
    #[default]
    Well,
    Says(u16, &'static str),
    Silent,
    Endless,
}

#[derive(Default)]
pub struct Discord {
    /// Code -> its challenge, and who pressed Authorize.
    codes: Mutex<HashMap<String, (String, u64)>>,
    /// Token -> whose.
    tokens: Mutex<HashMap<String, u64>>,
    pub token: Mutex<Mood>,
    pub me: Mutex<Mood>,
    /// A token came back.
    revoked: Notify,
}

impl Discord {
    pub async fn start() -> (Arc<Self>, Url) {
        let it = Arc::new(Self::default());
        let app = Router::new()
            .route(
                "/api/v10/applications/@me",
                get(|| async { Json(json!({ "id": APPLICATION, "name": "Greenroom" })) }),
            )
            .route("/api/v10/oauth2/token", post(token))
            .route("/api/v10/oauth2/token/revoke", post(revoke))
            .route("/api/v10/users/@me", get(me))
            .with_state(it.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (it, url)
    }

    /// What its page does when `user` presses Authorize: the address the browser is sent to.
    pub fn authorizes(&self, page: &Url, user: u64) -> Url {
        let asked: HashMap<_, _> = page.query_pairs().into_owned().collect();
        assert_eq!((asked["client_id"].as_str(), asked["response_type"].as_str()), (APPLICATION, "code"));
        assert_eq!((asked["scope"].as_str(), asked["code_challenge_method"].as_str()), ("identify", "S256"));
        let code = format!("code-{user}-{}", self.codes.lock().unwrap().len());
        self.codes.lock().unwrap().insert(code.clone(), (asked["code_challenge"].clone(), user));
        let mut back: Url = asked["redirect_uri"].parse().unwrap();
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &asked["state"]);
        back
    }

    pub async fn has_no_token_left(&self) {
        loop {
            let revoked = self.revoked.notified();
            if self.tokens.lock().unwrap().is_empty() {
                return;
            }
            revoked.await;
        }
    }
}

impl Mood {
    /// None: goes on as usual.
    async fn answer(self) -> Option<Response> {
        match self {
            Self::Well => None,
            Self::Says(status, body) => Some(Response::builder().status(status).body(Body::from(body)).unwrap()),
            Self::Silent => std::future::pending().await,
            Self::Endless => {
                let zeros = std::iter::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 4096]));
                Some(Body::from_stream(futures::stream::iter(zeros)).into_response())
            }
        }
    }
}

fn is_our_bot(headers: &HeaderMap) -> bool {
    headers[AUTHORIZATION] == format!("Basic {}", STANDARD.encode(format!("{APPLICATION}:{SECRET}")))
}

async fn token(
    State(discord): State<Arc<Discord>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mood = *discord.token.lock().unwrap();
    if let Some(answer) = mood.answer().await {
        return answer;
    }
    assert!(is_our_bot(&headers));
    let known = discord.codes.lock().unwrap().remove(&form["code"]);
    let verified = known.filter(|(challenge, _)| {
        *challenge == secret::base64(&secret::sha256(&form["code_verifier"]))
            && form["redirect_uri"].ends_with("/oauth/callback")
    });
    let Some((_, user)) = verified else {
        return (http::StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let token = format!("token-{user}");
    discord.tokens.lock().unwrap().insert(token.clone(), user);
    Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 604_800, "refresh_token": "r", "scope": "identify" }))
        .into_response()
}

async fn me(State(discord): State<Arc<Discord>>, headers: HeaderMap) -> Response {
    let mood = *discord.me.lock().unwrap();
    if let Some(answer) = mood.answer().await {
        return answer;
    }
    let bearer = headers[AUTHORIZATION].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    let user = discord.tokens.lock().unwrap()[bearer];
    Json(json!({ "id": user.to_string(), "username": "somebody", "global_name": null })).into_response()
}

async fn revoke(
    State(discord): State<Arc<Discord>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Json<serde_json::Value> {
    assert!(is_our_bot(&headers));
    assert!(discord.tokens.lock().unwrap().remove(&form["token"]).is_some());
    discord.revoked.notify_waiters();
    Json(json!({}))
}
