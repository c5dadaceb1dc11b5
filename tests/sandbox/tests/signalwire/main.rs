//! SignalWire's stand-in from outside: REST and relay over real sockets, each refusal, and the transcript of
//! the realtime reference. Everything REST was asked and answered is held against the vendor's description.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod faults;
mod relay;
mod rest;
mod server;

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sandbox::{
    Options, Sandbox, schema,
    signalwire::{self, SignalWire, scripted::Member},
};
use serde_json::{Value, json};

/// A sandbox, and an HTTP client with the project's credentials.
struct World {
    sandbox: Sandbox,
    http: reqwest::Client,
    env: std::collections::HashMap<String, String>,
}

impl World {
    async fn start() -> Self {
        Self::start_with(signalwire::Options::default()).await
    }

    async fn start_with(signalwire: signalwire::Options) -> Self {
        let sandbox = Sandbox::start(Options::from(signalwire)).await.unwrap();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        Self { env: sandbox.env().into_iter().collect(), sandbox, http }
    }

    fn signalwire(&self) -> &SignalWire {
        &self.sandbox.signalwire
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = match path.strip_prefix("http") {
            Some(_) => path.to_owned(),
            None => format!("{}/api/video{path}", self.env["SIGNALWIRE_SPACE_URL"]),
        };
        let (project, token) = (&self.env["SIGNALWIRE_PROJECT_ID"], &self.env["SIGNALWIRE_API_TOKEN"]);
        self.http.request(method, url).basic_auth(project, Some(token))
    }

    /// Status and JSON; null where there is none.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap_or_default())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::POST, path, Some(body)).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    async fn put(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::PUT, path, Some(body)).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// The code of the first error and the field it is about.
    async fn refusal(&self, path: &str, body: Value) -> (String, String) {
        let (status, answer) = self.ask(Method::POST, path, Some(body)).await;
        assert_eq!(status, 422, "{path}: {answer}");
        let error = &answer["errors"][0];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (text("code"), text("attribute"))
    }

    async fn room(&self, name: &str) -> Value {
        self.post("/rooms", json!({ "name": name })).await
    }

    async fn token(&self, room: &str, user: &str) -> String {
        self.token_with(json!({ "room_name": room, "user_name": user })).await
    }

    async fn token_with(&self, body: Value) -> String {
        self.post("/room_tokens", body).await["token"].as_str().unwrap().to_owned()
    }

    /// Somebody comes in, camera and microphone on.
    async fn enter(&self, room: &str, user: &str) -> Member {
        let token = self.token(room, user).await;
        self.signalwire().enter(&token).await.unwrap()
    }

    /// Holds everything so far against the vendor's description.
    fn check(&self) {
        let violations = schema::check(&self.signalwire().faults().requests());
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}
