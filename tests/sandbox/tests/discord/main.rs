//! Discord's stand-in from outside: REST and gateway over real sockets, people on the other side, each refusal.
//! Everything REST was asked and answered is held against the vendor's description.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod bot;
mod commands;
mod flow;
mod gateway;
mod http;
mod limits;
mod oauth;
mod rest;

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sandbox::{
    Options, Sandbox,
    discord::{self, Answer, Discord, Id},
    schema,
};
use serde_json::{Value, json};

use self::bot::Bot;

/// A sandbox, and an HTTP client with the bot's token.
struct World {
    sandbox: Sandbox,
    http: reqwest::Client,
    token: String,
}

impl World {
    async fn start() -> Self {
        Self::start_with(discord::Options::default()).await
    }

    async fn start_with(discord: discord::Options) -> Self {
        let token = discord.bot_token.clone();
        let sandbox = Sandbox::start(Options::from(discord)).await.unwrap();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { sandbox, http, token }
    }

    fn discord(&self) -> &Discord {
        &self.sandbox.discord
    }

    fn application(&self) -> Id {
        discord::Options::default().application_id
    }

    fn channel(&self, name: &str) -> Id {
        self.discord().channel(name).unwrap()
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v10{path}", self.discord().url());
        let request = self.http.request(method, url);
        // Webhook and interaction tokens speak for themselves.
        if path.starts_with("/webhooks/") || path.starts_with("/interactions/") {
            return request;
        }
        request.header("authorization", format!("Bot {}", self.token))
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
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    async fn patch(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::PATCH, path, Some(body)).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    async fn put(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::PUT, path, Some(body)).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    async fn delete(&self, path: &str) {
        let (status, answer) = self.ask(Method::DELETE, path, None).await;
        assert_eq!(status, 204, "{path}: {answer}");
    }

    /// Status and code of a refusal.
    async fn refusal(&self, method: Method, path: &str, body: Option<Value>) -> (u16, u64) {
        let (status, answer) = self.ask(method, path, body).await;
        assert!(!status.is_success(), "{path}: {answer}");
        (status.as_u16(), answer["code"].as_u64().unwrap())
    }

    /// The path of the first wrong field, as in `embeds.0.title`.
    async fn wrong_field(&self, method: Method, path: &str, body: Value) -> String {
        let (status, answer) = self.ask(method, path, Some(body)).await;
        assert_eq!((status.as_u16(), &answer["code"]), (400, &json!(50035)), "{answer}");
        let mut path = vec![];
        let mut here = &answer["errors"];
        while let Some((step, next)) = here.as_object().and_then(|fields| fields.iter().next()) {
            if step == "_errors" {
                break;
            }
            path.push(step.clone());
            here = next;
        }
        path.join(".")
    }

    /// `/video [room] [topic]`, as the bot would register it.
    async fn register_video(&self) -> Value {
        let path = format!("/applications/{}/commands", self.application());
        let commands = json!([{
            "name": "video", "description": "Opens a video room here", "contexts": [0], "integration_types": [0],
            "description_localizations": { "de": "Öffnet hier einen Videoraum" },
            "options": [
                { "type": 3, "name": "room", "description": "Its name", "autocomplete": true, "max_length": 100 },
                { "type": 3, "name": "topic", "description": "What it is about", "max_length": 200 },
            ],
        }]);
        self.put(&path, commands).await[0].clone()
    }

    /// The first answer to an interaction.
    async fn answer(&self, interaction: &Value, body: Value) -> (StatusCode, Value) {
        let (id, token) = (interaction["id"].as_str().unwrap(), interaction["token"].as_str().unwrap());
        self.ask(Method::POST, &format!("/interactions/{id}/{token}/callback"), Some(body)).await
    }

    /// The path of `@original`.
    fn original(&self, interaction: &Value) -> String {
        let token = interaction["token"].as_str().unwrap();
        format!("/webhooks/{}/{token}/messages/@original", self.application())
    }

    /// Somebody runs `/video`; the answer to come, and what the bot hears.
    async fn video(&self, bot: &mut Bot, person: &str, channel: &str) -> (tokio::task::JoinHandle<Answer>, Value) {
        let (person, channel) = (self.discord().person(person), channel.to_owned());
        let answer = tokio::spawn(async move { person.runs(&channel, "video", &[]).await });
        (answer, bot.interaction().await)
    }

    /// A webhook in this channel: its path with the token.
    async fn webhook(&self, channel: &str) -> String {
        let path = format!("/channels/{}/webhooks", self.channel(channel));
        let webhook = self.post(&path, json!({ "name": "Greenroom" })).await;
        format!("/webhooks/{}/{}", webhook["id"].as_str().unwrap(), webhook["token"].as_str().unwrap())
    }

    /// Holds everything so far against the vendor's description.
    fn check(&self) {
        let violations = schema::check(&self.discord().faults().requests());
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}
