//! The stage from outside: whom it answers, what it shows, and how Odo gets into a call.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod odo;

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use sandbox::{
    Options, Sandbox,
    signalwire::{self, scripted::Member},
    stage::{self, Stage},
};
use serde_json::{Value, json};
use tokio::time::timeout;

/// Whatever is waited for comes within this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Both stand-ins, the stage over them, and a browser.
struct World {
    sandbox: Sandbox,
    stage: Stage,
    http: reqwest::Client,
}

impl World {
    async fn start() -> Self {
        Self::start_with(stage::Options { port: 0, odo_comes_after: None }).await
    }

    async fn start_with(options: stage::Options) -> Self {
        let sandbox = Sandbox::start(Options::from(signalwire::Options::default())).await.unwrap();
        let stage = Stage::start(sandbox.discord.clone(), sandbox.signalwire.clone(), options).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, stage, http }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.stage.url()))
    }

    /// Does something as the page does it.
    async fn act(&self, what: &str, body: Value) -> Value {
        let request = self.request(Method::POST, &format!("/api/{what}")).header(header::ORIGIN, self.stage.url());
        request.json(&body).send().await.unwrap().json().await.unwrap()
    }

    /// Somebody's open page.
    async fn looks(&self, who: &str, channel: &str) -> Eyes {
        let response =
            self.request(Method::GET, &format!("/api/view?as={who}&channel={channel}")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Eyes { response, read: String::new() }
    }

    /// A room as a bot makes it, for that channel.
    async fn room(&self, name: &str, channel: &str) {
        let channel = self.sandbox.discord.channel(channel).unwrap();
        let body = json!({ "name": name, "display_name": format!("the {name}"), "meta": { "channel": channel } });
        self.video("rooms", body).await;
    }

    /// Somebody comes into that room.
    async fn enters(&self, room: &str, who: &str) -> Member {
        let id = self.sandbox.discord.person(who).id();
        let body = json!({ "room_name": room, "user_name": who, "meta": { "discord_user_id": id } });
        let token = self.video("room_tokens", body).await["token"].as_str().unwrap().to_owned();
        self.sandbox.signalwire.enter(&token).await.unwrap()
    }

    async fn video(&self, path: &str, body: Value) -> Value {
        let credentials = signalwire::Options::default();
        let url = format!("http://{}/api/video/{path}", self.sandbox.signalwire.addr());
        let request = self.http.post(url).basic_auth(credentials.project, Some(credentials.api_token));
        request.json(&body).send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }
}

/// What comes over the stream of one open page.
struct Eyes {
    response: reqwest::Response,
    read: String,
}

impl Eyes {
    /// The next view that is as wanted.
    async fn see(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let seen = async {
            loop {
                while let Some((event, rest)) = self.read.split_once("\n\n") {
                    let view = event.strip_prefix("data: ").map(|data| serde_json::from_str::<Value>(data).unwrap());
                    self.read = rest.to_owned();
                    if let Some(view) = view.filter(|view| wanted(view)) {
                        return view;
                    }
                }
                let chunk = self.response.chunk().await.unwrap().expect("the stage goes on");
                self.read.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        };
        timeout(PATIENCE, seen).await.expect("the view comes")
    }
}

fn contents(view: &Value) -> Vec<&str> {
    view["messages"].as_array().unwrap().iter().filter_map(|message| message["content"].as_str()).collect()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().filter_map(|entry| entry["name"].as_str()).collect()
}

#[tokio::test]
async fn the_page_comes_with_all_its_files_and_a_strict_policy() {
    let world = World::start().await;
    let page = world.request(Method::GET, "/?as=odo").send().await.unwrap();
    assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let page = page.text().await.unwrap();
    let mut files: Vec<String> = page.split('"').filter(|part| part.starts_with('/')).map(str::to_owned).collect();
    assert!(files.len() >= 4, "{files:?}");
    let mut seen = 0;
    while let Some(file) = files.get(seen).cloned() {
        let response = world.request(Method::GET, &file).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{file}");
        let text = response.text().await.unwrap();
        let imports = text.split("from './").skip(1).filter_map(|rest| rest.split('\'').next());
        for import in imports.map(|name| format!("/{name}")) {
            if !files.contains(&import) {
                files.push(import);
            }
        }
        seen += 1;
    }
    assert_eq!(world.request(Method::GET, "/../Cargo.toml").send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_sites_page_is_refused() {
    let world = World::start().await;
    let say = json!({ "as": "mira", "channel": "general", "content": "not me" });
    for origin in [None, Some("https://elsewhere.example"), Some("null")] {
        let mut request = world.request(Method::POST, "/api/say").json(&say);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{origin:?}");
    }
    let rebound = world.request(Method::GET, "/api/view?as=mira").header(header::HOST, "rebound.example");
    assert_eq!(rebound.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert!(world.sandbox.discord.messages("general").is_empty());
}

#[tokio::test]
async fn a_body_without_end_is_refused() {
    let world = World::start().await;
    let say = json!({ "as": "mira", "channel": "general", "content": "x".repeat(100_000) });
    let request = world.request(Method::POST, "/api/say").header(header::ORIGIN, world.stage.url()).json(&say);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn what_one_says_the_others_see_at_once_and_safely() {
    let world = World::start().await;
    let mut odos = world.looks("odo", "general").await;
    let view = odos.see(|_| true).await;
    assert_eq!(view["me"]["name"], "Odo");
    assert_eq!(names(&view["people"]), ["Mira", "Odo", "Ann", "Vic", "Zed", "Owen"]);
    assert!(names(&view["places"]).starts_with(&["general"]));

    let content = "**standup** <script>alert(1)</script>";
    let said = world.act("say", json!({ "as": "mira", "channel": "general", "content": content })).await;
    assert_eq!(said["problem"], Value::Null);
    let view = odos.see(|view| contents(view) == [content]).await;
    assert_eq!(view["messages"][0]["id"], said["message"]);
    let html = view["messages"][0]["html"].as_str().unwrap();
    assert!(html.starts_with("<strong>standup</strong>") && !html.contains("<script"), "{html}");
}

#[tokio::test]
async fn each_sees_what_is_theirs_to_see() {
    let world = World::start().await;
    world.act("say", json!({ "as": "mira", "channel": "general", "content": "hello" })).await;
    let view = world.looks("zed", "general").await.see(|_| true).await;
    assert!(!names(&view["places"]).contains(&"general"));
    assert!(contents(&view).is_empty());
    let refused = world.act("say", json!({ "as": "vic", "channel": "general", "content": "hello" })).await;
    assert!(refused["problem"].is_string());
    let view = world.looks("nobody", "nowhere").await.see(|_| true).await;
    assert_eq!(view["me"]["name"], "Mira");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_words() {
    let world = World::start().await;
    let run = json!({ "as": "mira", "channel": "general", "command": "video", "options": [["room", "standup"]] });
    assert!(world.act("run", run).await["problem"].is_string());
    let press = json!({ "as": "mira", "message": "1", "button": "join" });
    assert!(world.act("press", press).await["problem"].is_string());
    let submit = json!({ "as": "mira", "form": "1", "inputs": [] });
    assert!(world.act("submit", submit).await["problem"].is_string());
    let say = json!({ "as": "nobody", "channel": "general", "content": "hello" });
    assert!(world.act("say", say).await["problem"].is_string());
    let complete = json!({ "as": "mira", "channel": "general", "command": "video", "option": "room", "so_far": "" });
    assert_eq!(world.act("complete", complete).await, json!([]));
}
