//! Somebody's web browser, as far as the server sees it: cookies, tabs, and what the page sends. The page itself is
//! tested in a real one.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use reqwest::{Method, Response, StatusCode, header};
use sandbox::signalwire::{SignalWire, scripted::Member, state::Refused};
use serde_json::{Value, json};

/// One person's browser, or two people's. Its tabs share the cookies.
#[derive(Clone)]
pub struct Browser {
    base: String,
    /// Where requests go: a balancer may choose another process.
    to: String,
    http: reqwest::Client,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    signalwire: SignalWire,
}

/// A tab that holds a session.
#[derive(Clone)]
pub struct Tab {
    pub browser: Browser,
    pub sid: String,
    pub room_key: String,
}

/// Server-sent events as they came.
#[derive(Clone)]
pub struct Stream(Arc<Mutex<String>>);

impl Stream {
    /// The data of each event of that name.
    pub fn heard(&self, name: &str) -> Vec<Value> {
        let text = self.0.lock().unwrap();
        let events = text
            .split("\n\n")
            .filter_map(|event| event.strip_prefix(&format!("event: {name}\n"))?.strip_prefix("data: "));
        events.filter_map(|data| serde_json::from_str(data).ok()).collect()
    }
}

/// What the page is told when something can't be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub status: u16,
    pub code: String,
    pub message: String,
    pub reference: String,
    pub retry_after: Option<u64>,
}

impl Browser {
    pub fn new(base: &str, signalwire: SignalWire) -> Self {
        Self { base: base.to_owned(), to: base.to_owned(), http: http(), cookies: Arc::default(), signalwire }
    }

    /// The balancer has all its requests answered there.
    pub fn at(self, address: std::net::SocketAddr) -> Self {
        Self { to: format!("http://{address}"), ..self }
    }

    /// The cookies as they are now.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap().clone()
    }

    pub fn cookie_header(&self) -> String {
        let all: Vec<_> = self.cookies().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        all.join("; ")
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// A request as the page makes it.
    pub async fn sends(&self, method: Method, path: &str, sid: Option<&str>, body: Option<Value>) -> Response {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.to))
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "cors")
            .header("sec-fetch-dest", "empty");
        if method != Method::GET {
            request = request.header(header::ORIGIN, &self.base);
        }
        if let Some(sid) = sid {
            request = request.header("x-greenroom-session", sid);
        }
        if !self.cookies().is_empty() {
            request = request.header(header::COOKIE, self.cookie_header());
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        self.keep_cookies(&answer);
        answer
    }

    fn keep_cookies(&self, answer: &Response) {
        let mut cookies = self.cookies.lock().unwrap();
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (name, rest) = set.split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
            if value.is_empty() || attributes.to_lowercase().contains("max-age=0") {
                cookies.remove(name);
            } else {
                sandbox::issued::remember(value);
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Opens a link from an answer, as the page does: the ticket is swapped for a session.
    pub async fn follows(&self, link: &str) -> Result<Tab, Problem> {
        self.redeems(link, "a-nonce-of-this-tab-0123", None).await
    }

    /// The same with a nonce of one's choice, from a tab that may hold a session.
    pub async fn redeems(&self, link: &str, nonce: &str, sid: Option<&str>) -> Result<Tab, Problem> {
        let (page, ticket) = link.split_once("#t=").expect("a personal link");
        sandbox::issued::remember(ticket);
        let path = page.strip_prefix(&self.base).expect("a link to us");
        let page = self.sends(Method::GET, path, None, None).await;
        assert_eq!(page.status(), StatusCode::OK, "GET {path}");
        let body = json!({"ticket": ticket, "nonce": nonce});
        let begun = read(self.sends(Method::POST, "/api/session", sid, Some(body)).await).await?;
        Ok(Tab {
            browser: self.clone(),
            sid: begun["sid"].as_str().unwrap().to_owned(),
            room_key: begun["room"]["room_key"].as_str().unwrap().to_owned(),
        })
    }
}

impl Tab {
    pub async fn posts(&self, path: &str, body: Value) -> Result<Value, Problem> {
        read(self.browser.sends(Method::POST, path, Some(&self.sid), Some(body)).await).await
    }

    pub async fn gets(&self, path: &str) -> Result<Value, Problem> {
        read(self.browser.sends(Method::GET, path, Some(&self.sid), None).await).await
    }

    /// What the lobby shows.
    pub async fn lobby(&self) -> Result<Value, Problem> {
        self.gets(&format!("/api/rooms/{}", self.room_key)).await
    }

    /// What the stream tells, as it comes.
    pub async fn listens(&self) -> Arc<Mutex<String>> {
        let path = format!("/api/rooms/{}/stream", self.room_key);
        let mut answer = self.browser.sends(Method::GET, &path, Some(&self.sid), None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let told = Arc::new(Mutex::new(String::new()));
        let heard = told.clone();
        tokio::spawn(async move {
            while let Ok(Some(piece)) = answer.chunk().await {
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&piece));
            }
        });
        told
    }

    pub async fn room_token(&self) -> Result<String, Problem> {
        let minted = self.posts(&format!("/api/rooms/{}/token", self.room_key), json!({})).await?;
        Ok(minted["token"].as_str().unwrap().to_owned())
    }

    /// Joins the call; the video service's own refusal would be a bug of ours.
    pub async fn joins(&self) -> Result<Member, Problem> {
        let token = self.room_token().await?;
        Ok(self.enters(&token).await.unwrap_or_else(|refused| panic!("the video service said {refused:?}")))
    }

    pub async fn enters(&self, token: &str) -> Result<Member, Refused> {
        self.browser.signalwire.enter(token).await
    }

    /// The same, event by event.
    pub async fn hears(&self) -> Stream {
        Stream(self.listens().await)
    }

    /// A link into the same room for another browser.
    pub async fn hands_off(&self) -> Result<String, Problem> {
        let handed = self.posts("/api/session/handoff", json!({"room": self.room_key})).await?;
        Ok(handed["url"].as_str().unwrap().to_owned())
    }
}

/// What is no browser: no cookies, no headers of its own.
pub fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(20))
        .build()
        .unwrap()
}

/// The answer's JSON, or the problem it tells of.
pub async fn read(answer: Response) -> Result<Value, Problem> {
    let status = answer.status();
    let retry_after = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let text = answer.text().await.unwrap();
    let body: Value = match serde_json::from_str(&text) {
        Ok(body) => body,
        Err(_) if status.is_success() => Value::String(text),
        Err(_) => panic!("{status} without JSON: {text}"),
    };
    if status.is_success() {
        return Ok(body);
    }
    let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    Err(Problem {
        status: status.as_u16(),
        code: field("code"),
        message: field("message"),
        reference: field("reference"),
        retry_after,
    })
}
