//! What stands in front of several Greenrooms: a request goes to the next of them that takes connections. An
//! interaction goes to all at once, as the worst of balancers would have it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{self, Body},
    extract::State,
};
use http::{HeaderMap, Request, Response, StatusCode, header};
use serde_json::Value;
use tokio::{net::TcpListener, task::AbortHandle};

const BODY_MAX: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(20);
const PING: u64 = 1;
/// What is of one connection, or made anew for the next.
const OWN: [header::HeaderName; 4] =
    [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// Ends when dropped.
pub struct Balancer {
    pub url: String,
    shared: Arc<Shared>,
    serves: AbortHandle,
}

struct Shared {
    instances: Vec<String>,
    http: reqwest::Client,
    turn: AtomicUsize,
    twice: AtomicUsize,
    nobody: AtomicUsize,
}

/// An answer, whole.
type Answer = (StatusCode, HeaderMap, bytes::Bytes);

impl Balancer {
    /// `instances`: `http://127.0.0.1:PORT` each.
    pub async fn start(instances: Vec<String>) -> io::Result<Self> {
        // A connection that is kept may be to one that died.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(PATIENCE).build();
        let shared = Arc::new(Shared {
            instances,
            http: http.map_err(io::Error::other)?,
            turn: AtomicUsize::new(0),
            twice: AtomicUsize::new(0),
            nobody: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        let serves = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Ok(Self { url, shared, serves })
    }

    /// Interactions that more than one has answered.
    pub fn answered_twice(&self) -> usize {
        self.shared.twice.load(Ordering::Relaxed)
    }

    /// Interactions that nobody has answered.
    pub fn unanswered(&self) -> usize {
        self.shared.nobody.load(Ordering::Relaxed)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.serves.abort();
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body::to_bytes(body, BODY_MAX).await else { return lost() };
    let is_interaction = parts.uri.path() == "/discord/interactions"
        && serde_json::from_slice::<Value>(&body).is_ok_and(|body| body["type"] != PING);
    let answer = match is_interaction {
        true => shared.to_all(&parts, &body).await,
        false => shared.to_next(&parts, &body).await,
    };
    let Some((status, headers, body)) = answer else { return lost() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn lost() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}

impl Shared {
    async fn send(&self, instance: &str, parts: &http::request::Parts, body: &bytes::Bytes) -> reqwest::Result<Answer> {
        let mut headers = parts.headers.clone();
        OWN.iter().for_each(|name| drop(headers.remove(name)));
        let url = format!("{instance}{}", parts.uri);
        let request = self.http.request(parts.method.clone(), url).headers(headers).body(body.clone());
        let answer = request.send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        OWN.iter().for_each(|name| drop(headers.remove(name)));
        Ok((status, headers, answer.bytes().await?))
    }

    async fn to_next(&self, parts: &http::request::Parts, body: &bytes::Bytes) -> Option<Answer> {
        for _ in 0..self.instances.len() {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.instances.len();
            match self.send(&self.instances[turn], parts, body).await {
                Ok(answer) => return Some(answer),
                Err(error) if error.is_connect() => {}
                // It may have been heard.
                Err(_) => return None,
            }
        }
        None
    }

    async fn to_all(&self, parts: &http::request::Parts, body: &bytes::Bytes) -> Option<Answer> {
        let sent = self.instances.iter().map(|instance| self.send(instance, parts, body));
        let answers: Vec<Answer> = futures::future::join_all(sent).await.into_iter().flatten().collect();
        let answered = answers.iter().filter(|(status, ..)| *status == StatusCode::OK).count();
        self.twice.fetch_add(usize::from(answered > 1), Ordering::Relaxed);
        self.nobody.fetch_add(usize::from(answered == 0), Ordering::Relaxed);
        answers.into_iter().min_by_key(|(status, ..)| status.as_u16())
    }
}
