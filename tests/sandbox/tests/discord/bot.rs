//! A bot at the gateway.

use std::{collections::VecDeque, io::Read as _, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::World;

/// How long anything that is to happen may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// GUILDS and GUILD_MODERATION.
pub const INTENTS: u64 = 0b101;

pub struct Bot {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    early: VecDeque<Value>,
    pub session: String,
    pub seq: u64,
}

impl Bot {
    /// A connection that was greeted.
    pub async fn open(world: &World) -> Self {
        let url = world.discord().url().replacen("http", "ws", 1);
        let (socket, _) = connect_async(format!("{url}/?v=10&encoding=json")).await.unwrap();
        let mut bot = Self { socket, early: VecDeque::new(), session: String::new(), seq: 0 };
        let hello = bot.frame().await.unwrap();
        assert_eq!((hello["op"].as_u64(), hello["d"]["heartbeat_interval"].as_u64()), (Some(10), Some(41_250)));
        bot
    }

    /// Identified and READY.
    pub async fn connect(world: &World) -> Self {
        let mut bot = Self::open(world).await;
        bot.identify(world, json!({})).await;
        let ready = bot.event("READY").await;
        bot.session = ready["session_id"].as_str().unwrap().to_owned();
        bot
    }

    /// IDENTIFY as libraries send it, with `more` fields, as long after the last one as it must be.
    pub async fn identify(&mut self, world: &World, more: Value) {
        world.sandbox.clock.advance(Duration::from_secs(5));
        self.identify_at_once(world, more).await;
    }

    pub async fn identify_at_once(&mut self, world: &World, more: Value) {
        let mut data = json!({
            "token": format!("Bot {}", world.token), "intents": INTENTS, "shard": [0, 1], "compress": true,
            "large_threshold": 250, "properties": { "browser": "serenity", "device": "serenity", "os": "linux" },
            "presence": { "afk": false, "status": "online", "activities": [], "since": { "secs_since_epoch": 1 } },
        });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.send(2, data).await;
    }

    pub async fn resume(world: &World, before: &Self) -> Self {
        let mut bot = Self::open(world).await;
        let token = format!("Bot {}", world.token);
        bot.send(6, json!({ "token": token, "session_id": before.session, "seq": before.seq })).await;
        (bot.session, bot.seq) = (before.session.clone(), before.seq);
        bot
    }

    pub async fn send(&mut self, op: u64, data: Value) {
        self.socket.send(Message::text(json!({ "op": op, "d": data }).to_string())).await.unwrap();
    }

    /// The next payload; none when the connection ended.
    pub async fn frame(&mut self) -> Option<Value> {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("the gateway says something");
        let frame: Value = match next?.ok()? {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            Message::Binary(bytes) => {
                let mut text = String::new();
                flate2::read::ZlibDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
                serde_json::from_str(&text).unwrap()
            }
            Message::Close(frame) => {
                return Some(json!({ "op": "close", "code": frame.map(|frame| u16::from(frame.code)) }));
            }
            other => panic!("{other:?}"),
        };
        if let Some(seq) = frame["s"].as_u64() {
            self.seq = seq;
        }
        Some(frame)
    }

    /// The code the gateway closes with.
    pub async fn close_code(&mut self) -> u64 {
        loop {
            let frame = self.frame().await.expect("a close frame");
            if frame["op"] == "close" {
                return frame["code"].as_u64().unwrap_or_default();
            }
        }
    }

    /// The data of the next event of this kind; others before it are kept.
    pub async fn event(&mut self, kind: &str) -> Value {
        if let Some(at) = self.early.iter().position(|frame| frame["t"] == kind) {
            return self.early.remove(at).unwrap()["d"].take();
        }
        loop {
            let mut frame = self.frame().await.expect("the connection lives");
            if frame["t"] == kind {
                return frame["d"].take();
            }
            assert_ne!(frame["op"], "close", "{frame} instead of {kind}");
            self.early.push_back(frame);
        }
    }

    pub async fn interaction(&mut self) -> Value {
        self.event("INTERACTION_CREATE").await
    }

    /// Whether everything so far was heard: a heartbeat is answered after all that was sent before it.
    pub async fn hears_nothing_more(&mut self) {
        self.send(1, json!(self.seq)).await;
        let frame = self.frame().await.unwrap();
        assert_eq!(frame["op"], 11, "{frame}");
    }
}
