//! The one browser that plays everybody: a page on loopback, opened by a person, that does step by step what it is told
//! with the vendor's SDK and says what came of it.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{
    Json, Router,
    extract::{Path, State},
    middleware,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    call::{assets, headers, serve},
    clock::Clock,
    config::Config,
    secret::Random,
};

/// How long somebody has to open the link.
const OPENED_WITHIN: Duration = Duration::from_secs(300);
/// A step takes less, or is given up.
const STEP_WITHIN: Duration = Duration::from_secs(60);
/// Less than what proxies and browsers bear.
const ASK_AGAIN: Duration = Duration::from_secs(20);
const KEY: &str = "x-greenroom-check";
const PAGE: &str = "check.html";

/// What came of a step.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    pub ok: bool,
    /// The SDK's, of a refusal.
    pub words: String,
    /// Names of those the page sees inside.
    pub names: Vec<String>,
    pub permissions: Vec<String>,
    /// Whether the page was told of its own coming in as others are.
    pub itself: bool,
}

pub(super) struct Browser {
    steps: mpsc::Sender<Value>,
    done: mpsc::Receiver<Done>,
    clock: Clock,
    _serving: DropGuard,
}

#[derive(Clone)]
struct Puppet {
    key: Arc<str>,
    steps: Arc<Mutex<mpsc::Receiver<Value>>>,
    done: mpsc::Sender<Done>,
    clock: Clock,
}

/// One that has opened the link; none when nobody did in time.
pub(super) async fn opened(config: &Config, clock: &Clock) -> anyhow::Result<Option<Browser>> {
    if !assets::has(PAGE) {
        anyhow::bail!("this Greenroom was built without its pages");
    }
    let key = Random::system().id(128);
    let listener = serve::listen(([127, 0, 0, 1], 0).into()).context("no port is free")?;
    let address = listener.local_addr().context("no port is free")?;
    let url = format!("http://{address}/").parse().context("an address")?;
    let (steps, to_do) = mpsc::channel(1);
    let (results, done) = mpsc::channel(1);
    let puppet =
        Puppet { key: key.as_str().into(), steps: Arc::new(Mutex::new(to_do)), done: results, clock: clock.clone() };
    let security = headers::Security::new(&url, &config.signalwire);
    let router = Router::new()
        .route("/", get(page))
        .route("/assets/{path}", get(asset))
        .route("/step", post(step))
        .with_state(puppet)
        .layer(middleware::from_fn_with_state(security, headers::add));
    let stop = CancellationToken::new();
    tokio::spawn(serve::serve(listener, router, stop.clone()));
    eprintln!("\nOpen this in a browser on this machine, and leave it open until it says that it is done:\n");
    eprintln!("  {url}#{key}\n");
    eprintln!("From another machine, first: ssh -L {port}:127.0.0.1:{port} <this machine>", port = address.port());
    let mut browser = Browser { steps, done, clock: clock.clone(), _serving: stop.drop_guard() };
    let hello = clock.timeout(OPENED_WITHIN, browser.done.recv()).await.flatten();
    Ok(hello.map(|_| browser))
}

impl Browser {
    /// Does one thing; what came of it. Silence is a failure with words of its own.
    pub async fn does(&mut self, what: &str, who: &str, with: Value) -> Done {
        let mut step = json!({ "do": what, "as": who });
        if let (Some(step), Value::Object(with)) = (step.as_object_mut(), with) {
            step.extend(with);
        }
        let told = async {
            self.steps.send(step).await.ok()?;
            self.done.recv().await
        };
        let silent = || Done { words: "the browser does not answer".to_owned(), ..Done::default() };
        self.clock.timeout(STEP_WITHIN, told).await.flatten().unwrap_or_else(silent)
    }
}

async fn page(request: HeaderMap) -> Response {
    assets::serve(PAGE, &request)
}

async fn asset(Path(path): Path<String>, request: HeaderMap) -> Response {
    assets::serve(&format!("assets/{path}"), &request)
}

/// Takes what came of the last step and gives the next; `{"do": "wait"}` when there is none yet.
async fn step(State(puppet): State<Puppet>, request: HeaderMap, Json(last): Json<Option<Done>>) -> Response {
    let given = request.get(KEY).map(http::HeaderValue::as_bytes).unwrap_or_default();
    if !bool::from(given.ct_eq(puppet.key.as_bytes())) {
        return StatusCode::FORBIDDEN.into_response();
    }
    if let Some(last) = last {
        // Full only when somebody opened the link twice: then the first page is the one that counts.
        let _ = puppet.done.try_send(last);
    }
    let next = async { puppet.steps.lock().await.recv().await };
    match puppet.clock.timeout(ASK_AGAIN, next).await {
        Some(Some(step)) => Json(step).into_response(),
        Some(None) => Json(json!({ "do": "end" })).into_response(),
        None => Json(json!({ "do": "wait" })).into_response(),
    }
}
