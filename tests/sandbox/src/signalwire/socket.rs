//! The WebSocket of the stand-in, for servers and browsers alike: JSON-RPC 2.0, one object per text frame.
//!
//! Comes in: a fresh connection. Its first request must be `signalwire.connect`; with project and API token it
//! is handed to [`relay`], with a room token to [`browser`]. [`Wire`] is what both speak through.

use std::{future::Future, time::Duration};

use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use serde_json::{Value, json};

use super::{Service, browser, relay, state::Refused};
use crate::{
    clock::pause,
    fault::{Cuts, Faults, Line, Outcome},
};

/// How long a fresh connection may keep us waiting for its first request.
const FIRST_REQUEST: Duration = Duration::from_secs(10);

/// JSON-RPC error codes. `specs/relay/common/frames.tsp` of SignalWire's draft.
pub mod code {
    pub const VERSION: i64 = -32001;
    pub const AUTHENTICATION: i64 = -32002;
    pub const REQUESTER: i64 = -32003;
    pub const INVALID_REQUEST: i64 = -32600;
    pub const NO_METHOD: i64 = -32601;
    pub const BAD_PARAMETERS: i64 = -32602;
    pub const PARSE: i64 = -32700;
}

/// The connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Sent, or held back to be sent later.
    Sent,
    /// A fault lost it: it counts as delivered, and nobody got it.
    Lost,
}

/// The first request of a connection, not answered yet.
#[derive(Clone, Debug)]
pub struct Connect {
    pub id: Value,
    pub params: Value,
}

impl Connect {
    /// What it was given by an earlier connection and wants back.
    pub fn protocol(&self) -> Option<&str> {
        self.params["protocol"].as_str().filter(|protocol| !protocol.is_empty())
    }

    pub fn authorization_state(&self) -> Option<&str> {
        self.params["authorization_state"].as_str().filter(|state| !state.is_empty())
    }
}

/// `{"result": ..}` to the request with this id.
pub fn result(id: &Value, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// `{"error": ..}` to the request with this id.
pub fn error(id: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

/// A request of ours.
pub fn request(id: &str, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// One connection: frames in, frames out, with the damage the tests asked for.
pub struct Wire {
    socket: WebSocket,
    line: Line<String>,
    cuts: Cuts,
}

impl Wire {
    /// `name` is what the faults call this kind of socket.
    fn new(socket: WebSocket, faults: &Faults, name: &str) -> Self {
        Self { socket, line: faults.line(name), cuts: faults.cuts(name) }
    }

    /// The next frame; a frame that is no JSON object is refused here. Safe to drop and call again.
    pub async fn receive(&mut self) -> Result<Value, Closed> {
        loop {
            let message = tokio::select! {
                () = self.cuts.cut() => return Err(Closed),
                message = self.socket.recv() => message,
            };
            match message {
                Some(Ok(Message::Text(text))) => match serde_json::from_str::<Value>(&text) {
                    Ok(frame) if frame.is_object() => return Ok(frame),
                    Ok(_) => self.complain(code::INVALID_REQUEST, "Invalid Request").await?,
                    Err(_) => self.complain(code::PARSE, "Parse error").await?,
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Closed),
                // The library answers pings itself; binary frames mean nothing here.
                Some(Ok(_)) => {}
            }
        }
    }

    async fn complain(&mut self, code: i64, message: &str) -> Result<(), Closed> {
        self.push("error", &error(&Value::Null, code, message)).await.map(|_| ())
    }

    /// Sends a frame. `kind` is what faults know it by: its event type, or the method it is about.
    pub async fn push(&mut self, kind: &str, frame: &Value) -> Result<Fate, Closed> {
        match self.line.push(kind, frame.to_string()) {
            Outcome::Close => Err(Closed),
            Outcome::Lost => Ok(Fate::Lost),
            Outcome::Send(frames) => {
                for frame in frames {
                    self.socket.send(Message::text(frame)).await.map_err(|_| Closed)?;
                }
                Ok(Fate::Sent)
            }
        }
    }

    /// Closes with a handshake.
    pub async fn close(mut self) {
        // Gone already is closed too.
        let _ = self.socket.send(Message::Close(None)).await;
    }
}

/// The route at `/` and `/relay`.
pub(super) async fn upgrade(State(service): State<Service>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| serve(service, socket))
}

async fn serve(service: Service, mut socket: WebSocket) {
    let stop = service.stop.clone();
    let story = async {
        let Some(Some(first)) = timeout(FIRST_REQUEST, first_text(&mut socket)).await else { return };
        greet(service, socket, &first).await;
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = story => {}
    }
}

async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::select! {
        output = future => Some(output),
        () = pause(limit) => None,
    }
}

async fn first_text(socket: &mut WebSocket) -> Option<String> {
    loop {
        match socket.recv().await? {
            Ok(Message::Text(text)) => return Some(text.to_string()),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// Looks at the first request and hands the connection on.
async fn greet(service: Service, socket: WebSocket, first: &str) {
    let first: Value = serde_json::from_str(first).unwrap_or_default();
    let connect = Connect { id: first["id"].clone(), params: first["params"].clone() };
    let authentication = connect.params["authentication"].clone();
    let room_token = authentication["jwt_token"].as_str();
    let name = if room_token.is_some() { "browser" } else { "relay" };
    let mut wire = Wire::new(socket, &service.faults, name);

    let refused = if first["method"] != "signalwire.connect" {
        Some((code::INVALID_REQUEST, "The first request must be signalwire.connect".to_owned()))
    } else if !version_is_spoken(&connect.params["version"]) {
        Some((code::VERSION, "Protocol version not supported".to_owned()))
    } else if connect.authorization_state().is_some() && connect.protocol().is_none() {
        Some((code::BAD_PARAMETERS, "authorization_state without protocol".to_owned()))
    } else {
        service.connect_refusal()
    };
    if let Some((code, message)) = refused {
        refuse(wire, &connect, code, &message).await;
        return;
    }

    if let Some(token) = room_token {
        match service.tokens.verify(token) {
            Ok(claims) => browser::run(service, claims, wire, connect).await,
            Err(_) => refuse(wire, &connect, code::AUTHENTICATION, &Refused::BadToken.to_string()).await,
        }
    } else if service.accepts(authentication["project"].as_str(), authentication["token"].as_str()) {
        // A connection that breaks needs no goodbye.
        if relay::run(&service, &mut wire, &connect).await.is_ok() {
            wire.close().await;
        }
    } else {
        refuse(wire, &connect, code::AUTHENTICATION, &Refused::BadToken.to_string()).await;
    }
}

/// Major versions up to 4 with minor 0 are taken.
fn version_is_spoken(version: &Value) -> bool {
    matches!(version["major"].as_i64(), Some(1..=4)) && version["minor"].as_i64() == Some(0)
}

async fn refuse(mut wire: Wire, connect: &Connect, code: i64, message: &str) {
    if wire.push("signalwire.connect", &error(&connect.id, code, message)).await.is_ok() {
        wire.close().await;
    }
}
