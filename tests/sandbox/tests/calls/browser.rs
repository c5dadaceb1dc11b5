//! The signalling side of a browser tab: what SDK 3.30.0 sends, frame by frame, and what it insists on.

use std::collections::VecDeque;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use sandbox::clock::Clock;
use sandbox::signalwire::token::{Claims, PERMISSIONS};
use sandbox::signalwire::{Options, SignalWire};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::tab::{PATIENCE, Tab, Wish};

/// Short, so that a test may wait for a tab to be given up; long enough for a busy machine to send a packet in.
pub const GONE_AFTER: Duration = Duration::from_millis(1500);

pub struct Service {
    pub sw: SignalWire,
    pub clock: Clock,
}

/// A token for the room "standup", which it makes, with every permission.
pub fn claims(name: &str) -> Claims {
    Claims {
        jti: "df31ca48".into(),
        sub: "project".into(),
        user_name: Some(name.into()),
        room_name: "standup".into(),
        auto_create_room: true,
        permissions: PERMISSIONS.map(str::to_owned).into(),
        meta: Some(json!({ "discord_user_id": name })),
        ..Claims::default()
    }
}

pub fn session_id(sw: &SignalWire) -> String {
    sw.video().live_session("standup").unwrap().id
}

/// What a command needs beside its own parameters.
pub fn about(sw: &SignalWire, member: &Value) -> Value {
    json!({ "room_session_id": session_id(sw), "member_id": member })
}

impl Service {
    pub async fn start() -> Service {
        let clock = Clock::new();
        let options = Options { browser_gone_after: GONE_AFTER, ..Options::default() };
        Service { sw: SignalWire::start(clock.clone(), options).await.unwrap(), clock }
    }

    pub async fn opens(&self) -> Browser {
        let url = format!("ws://{}", self.sw.addr());
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        Browser { socket, sent: 0, events: VecDeque::new(), protocol: String::new(), call: String::new() }
    }

    pub fn token(&self, claims: &Claims) -> String {
        self.sw.service().tokens.mint(claims)
    }

    /// Connects and joins, with media.
    pub async fn joins(&self, name: &str, claims: &Claims, wish: &Wish) -> (Browser, Tab) {
        let mut browser = self.opens().await;
        let connected = browser.connect(&self.token(claims), None).await;
        assert!(connected["result"].is_object(), "{connected}");
        let tab = browser.joins(name, wish).await;
        (browser, tab)
    }

    pub fn people(&self) -> Vec<String> {
        let session = self.sw.video().live_session("standup");
        let members = session.map(|session| self.sw.video().members(&session.id)).unwrap_or_default();
        members.into_iter().map(|member| member.name).collect()
    }
}

pub struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    sent: u64,
    /// What came while something else was waited for: event types and their payloads.
    events: VecDeque<(String, Value)>,
    pub protocol: String,
    /// Of the person's call.
    pub call: String,
}

impl Browser {
    pub async fn connect(&mut self, token: &str, protocol: Option<&str>) -> Value {
        let mut params = json!({
            "version": { "major": 3, "minor": 0, "revision": 0 },
            "event_acks": true,
            "agent": "@signalwire/js/browser/3.30.0",
            "authentication": { "jwt_token": token },
        });
        if let Some(protocol) = protocol {
            params["protocol"] = protocol.into();
            params["authorization_state"] = "opaque".into();
        }
        let answer = self.request("signalwire.connect", params).await;
        self.protocol = answer["result"]["protocol"].as_str().unwrap_or_default().to_owned();
        answer
    }

    /// Sends a request and waits for its answer.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let id = format!("request-{}", self.sent);
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        loop {
            if let Some(answer) = self.frame().await
                && answer["id"] == id.as_str()
            {
                return answer;
            }
        }
    }

    /// A Verto request; the result of the result.
    pub async fn verto(&mut self, method: &str, params: Value) -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": "verto", "method": method, "params": params });
        let subscribe = [
            "video.room.subscribed",
            "video.room.updated",
            "video.room.ended",
            "video.member.joined",
            "video.member.updated",
            "video.member.left",
            "video.member.talking",
            "video.layout.changed",
            "video.memberList.updated",
        ];
        let answer = self.request("video.message", json!({ "subscribe": subscribe, "message": message })).await;
        let result = &answer["result"];
        if result["code"] == "200" { result["result"]["result"].clone() } else { answer }
    }

    pub async fn invite(&mut self, call: &str, sdp: &str, dialog: Value) -> Value {
        let mut params = json!({ "sdp": sdp, "dialogParams": { "callID": call, "screenShare": false } });
        params["dialogParams"].as_object_mut().unwrap().extend(dialog.as_object().unwrap().clone());
        self.verto("verto.invite", params).await
    }

    /// A person's call, from the offer to `video.room.subscribed`.
    pub async fn joins(&mut self, name: &str, wish: &Wish) -> Tab {
        let mut tab = Tab::open(name, wish).await;
        self.call = format!("call-of-{name}");
        let call = self.call.clone();
        let created = self.invite(&call, tab.offer(), json!({})).await;
        assert_eq!(created, json!({ "message": "CALL CREATED", "callID": call }));
        tab.connect(self.answer(&call).await["sdp"].as_str().unwrap());
        tab
    }

    /// The `verto.answer` for this call.
    pub async fn answer(&mut self, call: &str) -> Value {
        let message = self.event("webrtc.message").await;
        assert_eq!(message["method"], "verto.answer", "{message}");
        assert_eq!(message["params"]["callID"], call);
        message["params"].clone()
    }

    /// The next event of this type; others that came before it are kept.
    pub async fn event(&mut self, name: &str) -> Value {
        loop {
            if let Some(at) = self.events.iter().position(|(event, _)| event == name) {
                return self.events.remove(at).unwrap().1;
            }
            if let Some(frame) = self.frame().await {
                panic!("waited for {name}, got {frame}");
            }
        }
    }

    /// The next event of this type that is as it should be.
    pub async fn event_where(&mut self, name: &str, is: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.event(name).await;
            if is(&event) {
                return event;
            }
        }
    }

    /// The types of all events that came and were not asked for yet.
    pub fn unread(&self) -> Vec<&str> {
        self.events.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub fn forget_events(&mut self) {
        self.events.clear();
    }

    pub async fn send(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next answer; none for an event or a ping, which are acknowledged on the way.
    pub async fn frame(&mut self) -> Option<Value> {
        let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("nothing came");
        let message = message.expect("the socket was closed").unwrap();
        let Message::Text(text) = message else { return None };
        let frame: Value = serde_json::from_str(&text).unwrap();
        let result = match frame["method"].as_str() {
            None => return Some(frame),
            Some("signalwire.ping") => json!({ "timestamp": frame["params"]["timestamp"] }),
            Some(_) => {
                let name = frame["params"]["event_type"].as_str().unwrap().to_owned();
                self.events.push_back((name, frame["params"]["params"].clone()));
                json!({})
            }
        };
        self.send(json!({ "jsonrpc": "2.0", "id": frame["id"], "result": result })).await;
        None
    }

    /// Reads on until the server has closed the socket.
    pub async fn is_closed(&mut self) {
        while let Some(Ok(_)) = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("stays open") {}
    }

    /// The socket goes away without a word.
    pub fn vanishes(self) -> String {
        self.protocol
    }
}
