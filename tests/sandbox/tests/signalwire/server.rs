//! A server at the relay, as a bot would be one: it answers pings and acknowledges, unless told not to.

use std::{collections::VecDeque, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::World;

/// How long anything that is to happen may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub struct Server {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Events that came while something else was waited for.
    early: VecDeque<Value>,
    asked: u64,
    pub protocol: String,
    pub authorization_state: String,
    pub acknowledges: bool,
    pub answers_pings: bool,
}

impl Server {
    pub async fn open(world: &World) -> Self {
        let (socket, _) = connect_async(&world.env["SIGNALWIRE_RELAY_URL"]).await.unwrap();
        Self {
            socket,
            early: VecDeque::new(),
            asked: 0,
            protocol: String::new(),
            authorization_state: String::new(),
            acknowledges: true,
            answers_pings: true,
        }
    }

    /// Connected with the project's credentials, the authorization state received.
    pub async fn connect(world: &World) -> Self {
        let mut server = Self::open(world).await;
        let answer = server.hello(world, json!({})).await;
        server.settle(&answer).await;
        server
    }

    /// Connected again under the protocol of `before`.
    pub async fn resume(world: &World, before: &Self) -> Self {
        let mut server = Self::open(world).await;
        let params = json!({ "protocol": before.protocol, "authorization_state": before.authorization_state });
        let answer = server.hello(world, params).await;
        server.settle(&answer).await;
        server
    }

    async fn settle(&mut self, answer: &Value) {
        self.protocol = answer["result"]["protocol"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        let event = self.event("signalwire.authorization.state").await;
        self.authorization_state = event["authorization_state"].as_str().unwrap().to_owned();
    }

    /// Sends `signalwire.connect` with `more` parameters and hands back the whole answer.
    pub async fn hello(&mut self, world: &World, more: Value) -> Value {
        let mut params = json!({
            "version": { "major": 3, "minor": 0, "revision": 0 },
            "event_acks": true,
            "agent": "test/0.1",
            "authentication": {
                "project": world.env["SIGNALWIRE_PROJECT_ID"], "token": world.env["SIGNALWIRE_API_TOKEN"],
            },
        });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask("signalwire.connect", params).await
    }

    pub async fn send(&mut self, frame: &Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// Asks and waits for the answer: `result` or `error`.
    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = format!("c-{}", self.asked);
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        loop {
            let frame = self.frame().await.expect("the connection closed instead of answering");
            if frame["id"] == *id && frame["method"].is_null() {
                return frame;
            }
            self.early.push_back(frame);
        }
    }

    /// Asks and hands back the result, which must say yes.
    pub async fn call(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params).await;
        assert_eq!(answer["result"]["code"], "200", "{method}: {answer}");
        answer["result"].clone()
    }

    pub async fn subscribe(&mut self, channel: &str, events: &[&str]) {
        let params = json!({ "event_channel": channel, "get_initial_state": true, "events": events });
        self.call("signalwire.subscribe", params).await;
    }

    /// The payload of the next event, which must be of this type.
    pub async fn event(&mut self, kind: &str) -> Value {
        let frame = self.next_event().await;
        assert_eq!(frame["params"]["event_type"], kind, "{frame}");
        frame["params"]["params"].clone()
    }

    /// The next event frame.
    pub async fn next_event(&mut self) -> Value {
        self.event_or_end().await.expect("the connection closed instead of sending an event")
    }

    /// The next event frame, or None when the connection closes.
    pub async fn event_or_end(&mut self) -> Option<Value> {
        loop {
            let frame = match self.early.pop_front() {
                Some(frame) => frame,
                None => self.frame().await?,
            };
            if frame["method"] == "signalwire.event" {
                return Some(frame);
            }
        }
    }

    /// The next frame that is no ping; acknowledges events and answers pings. None: closed.
    pub async fn frame(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("nothing came");
            let text = match message {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => continue,
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            let acknowledges = match frame["method"].as_str() {
                Some("signalwire.ping") => self.answers_pings,
                Some("signalwire.event") => self.acknowledges,
                _ => false,
            };
            if acknowledges {
                let result = match frame["method"].as_str() {
                    Some("signalwire.ping") => frame["params"].clone(),
                    _ => json!({}),
                };
                self.send(&json!({ "jsonrpc": "2.0", "id": frame["id"], "result": result })).await;
            }
            if frame["method"] != "signalwire.ping" {
                return Some(frame);
            }
        }
    }

    /// Nothing at all arrives until the answer to one more question does.
    pub async fn hears_nothing(&mut self) {
        self.ask("signalwire.ping", json!({ "timestamp": 1.0 })).await;
        assert!(self.early.is_empty(), "{:?}", self.early);
    }
}
