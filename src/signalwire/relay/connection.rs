//! One connection of the event socket, from opening to its end.

use std::{collections::HashMap, time::Duration};

use futures::{SinkExt, StreamExt};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::{
    Refusal, Request, Shared,
    event::{Envelope, OF_ALL_ROOMS},
    intake::Intake,
    wire::{self, Frame, RpcError},
};
use crate::signalwire::{Error, Fault};

/// For opening, for writing, and for the answer to any request; SignalWire's SDKs take a socket that is slower for
/// dead.
const PATIENCE: Duration = Duration::from_secs(10);
/// SignalWire pings more often than this (its SDK gives up after as long). We ask once before giving up, so that a
/// ping that is late, or a clock that jumps, costs nothing.
const SILENCE: Duration = Duration::from_secs(15);
const PROBE: Duration = Duration::from_secs(5);
/// As SignalWire's server SDK for Python takes it.
const FRAME_LIMIT: usize = 10 * 1024 * 1024;
/// Requests waiting to be sent, and requests waiting for an answer.
const WAITING: usize = 64;
const UNANSWERED: usize = 256;

/// What lets the next connection go on where this one ended.
#[derive(Debug, Default)]
pub(super) struct Resume {
    protocol: Option<String>,
    authorization_state: Option<SecretString>,
}

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    Lost(&'static str),
    /// SignalWire asked; `clean` when nothing is to be resumed.
    Asked {
        clean: bool,
    },
    /// What we wanted to resume is not known any more.
    Stale,
    Refused(Refusal),
}

/// SignalWire's wish to close, and until when we wait for it to do so.
#[derive(Clone, Copy)]
struct Leave {
    clean: bool,
    deadline: Duration,
}

/// Who waits for an answer, and since when it is overdue.
struct Pending {
    who: Who,
    deadline: Duration,
}

enum Who {
    Connect,
    SubscribeToAllRooms,
    Probe,
    Caller(oneshot::Sender<Result<Value, Error>>),
}

pub(super) struct Connection<'a> {
    shared: &'a Shared,
    resume: &'a mut Resume,
    intake: &'a mut Intake,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pending: HashMap<String, Pending>,
    heard: Duration,
    probed: Option<Duration>,
    /// Set by `signalwire.disconnect`: only the close is awaited now, and not for long.
    asked: Option<Leave>,
}

impl<'a> Connection<'a> {
    /// Connects, authenticates, subscribes and serves until it ends.
    pub async fn run(shared: &'a Shared, resume: &'a mut Resume, intake: &'a mut Intake) -> End {
        let config = WebSocketConfig::default().max_message_size(Some(FRAME_LIMIT)).max_frame_size(Some(FRAME_LIMIT));
        let opening = connect_async_with_config(shared.url.as_str(), Some(config), true);
        let socket = match shared.clock.timeout(PATIENCE, opening).await {
            Some(Ok((socket, _))) => socket,
            Some(Err(_)) => return End::Lost("it can't be opened"),
            None => return End::Lost("it does not open"),
        };
        let heard = shared.clock.monotonic();
        let pending = HashMap::new();
        let connection = Self { shared, resume, intake, socket, pending, heard, probed: None, asked: None };
        connection.serve().await.unwrap_or_else(|end| end)
    }

    /// Only ever returns by the end of the connection; `Err` so that every step may end it with `?`.
    async fn serve(mut self) -> Result<End, End> {
        self.send_request("signalwire.connect", &self.connect_params(), Who::Connect).await?;
        let (sender, mut requests) = mpsc::channel(WAITING);
        let mut sender = Some(sender);
        loop {
            let deadline = self.deadline();
            let takes_requests = self.pending.len() < UNANSWERED && self.asked.is_none();
            tokio::select! {
                message = self.socket.next() => self.hear(message, &mut sender).await?,
                Some(request) = requests.recv(), if takes_requests => {
                    self.send_request(request.method, &request.params, Who::Caller(request.answer)).await?;
                }
                () = self.intake.deliver_resync() => {}
                () = self.shared.clock.sleep_until(deadline) => self.check_time().await?,
            }
        }
    }

    fn connect_params(&self) -> Value {
        let mut params = json!({
            "version": {"major": 3, "minor": 0, "revision": 0},
            "event_acks": true,
            "agent": concat!("greenroom/", env!("CARGO_PKG_VERSION")),
            "authentication": {"project": self.shared.project_id, "token": self.shared.api_token.expose_secret()},
        });
        // A state without its protocol would be refused.
        if let Some(protocol) = &self.resume.protocol {
            params["protocol"] = json!(protocol);
            if let Some(state) = &self.resume.authorization_state {
                params["authorization_state"] = json!(state.expose_secret());
            }
        }
        params
    }

    async fn hear(
        &mut self,
        message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
        sender: &mut Option<mpsc::Sender<Request>>,
    ) -> Result<(), End> {
        self.heard = self.shared.clock.monotonic();
        self.probed = None;
        match message {
            Some(Ok(Message::Text(text))) => match Frame::parse(&text) {
                Some(Frame::Request { id, method, params }) => self.obey(id, &method, params).await,
                Some(Frame::Answer { id, outcome }) => self.answered(&id, outcome, sender).await,
                None => Ok(()),
            },
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(match self.asked {
                Some(leave) => End::Asked { clean: leave.clean },
                None => End::Lost("it was closed"),
            }),
            // Pings of the WebSocket itself are answered by tungstenite; there are no binary frames here.
            Some(Ok(_)) => Ok(()),
        }
    }

    /// What SignalWire asks of us. Answered before anything is done with it.
    async fn obey(&mut self, id: Value, method: &str, params: Value) -> Result<(), End> {
        match method {
            "signalwire.event" => {
                self.send(wire::answer(&id, &json!({}))).await?;
                self.take_event(&id, params);
            }
            "signalwire.ping" => {
                if let Some(at) = params.get("timestamp").and_then(wire::unix_ms) {
                    self.shared.heard_time(at);
                }
                self.send(wire::answer(&id, &params)).await?;
            }
            "signalwire.disconnect" => {
                self.send(wire::answer(&id, &json!({}))).await?;
                let clean = params.get("restart").and_then(Value::as_bool).unwrap_or(false);
                self.asked = Some(Leave { clean, deadline: self.shared.clock.monotonic() + PROBE });
            }
            _ => {}
        }
        Ok(())
    }

    fn take_event(&mut self, id: &Value, params: Value) {
        let Ok(envelope) = serde_json::from_value::<Envelope>(params) else { return };
        if let Some(state) = envelope.authorization_state() {
            self.resume.authorization_state = Some(state.into());
            return;
        }
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        if self.intake.is_new(&id)
            && let Some(event) = envelope.into_event(self.shared.source_time())
        {
            self.intake.offer(event);
        }
    }

    async fn answered(
        &mut self,
        id: &str,
        outcome: Result<Value, RpcError>,
        sender: &mut Option<mpsc::Sender<Request>>,
    ) -> Result<(), End> {
        let Some(pending) = self.pending.remove(id) else { return Ok(()) };
        match pending.who {
            Who::Connect => self.connected(outcome).await,
            Who::SubscribeToAllRooms => {
                match outcome.map_err(Error::from).and_then(wire::outcome) {
                    Ok(_) => {}
                    Err(Error::Unauthorized) => return Err(End::Refused(Refusal::Scope)),
                    Err(_) => return Err(End::Lost("it does not let us subscribe")),
                }
                if let Some(sender) = sender.take() {
                    tracing::info!("connected to SignalWire's events");
                    self.shared.open(sender);
                    self.intake.ask_for_resync();
                }
                Ok(())
            }
            Who::Probe => Ok(()),
            Who::Caller(answer) => {
                // Whoever asked may have gone; then nobody misses the answer.
                let _ = answer.send(outcome.map_err(Error::from).and_then(wire::outcome));
                Ok(())
            }
        }
    }

    async fn connected(&mut self, outcome: Result<Value, RpcError>) -> Result<(), End> {
        match outcome {
            Ok(result) => {
                self.resume.protocol = result.get("protocol").and_then(Value::as_str).map(str::to_owned);
                let params = json!({"event_channel": "video.rooms", "events": OF_ALL_ROOMS, "get_initial_state": true});
                self.send_request("signalwire.subscribe", &params, Who::SubscribeToAllRooms).await
            }
            Err(error) if error.is_about_resuming() && self.resume.protocol.is_some() => Err(End::Stale),
            Err(error) => Err(match error.code {
                RpcError::CREDENTIALS => End::Refused(Refusal::Credentials),
                RpcError::SCOPE => End::Refused(Refusal::Scope),
                RpcError::VERSION => End::Refused(Refusal::Version),
                _ => End::Lost("it does not let us in just now"),
            }),
        }
    }

    /// When something is due at the latest: an answer, or any sign of life.
    fn deadline(&self) -> Duration {
        if let Some(leave) = self.asked {
            return leave.deadline;
        }
        let alive = self.probed.map_or(self.heard + SILENCE, |probed| probed + PROBE);
        self.pending.values().map(|pending| pending.deadline).fold(alive, Duration::min)
    }

    async fn check_time(&mut self) -> Result<(), End> {
        let now = self.shared.clock.monotonic();
        if let Some(leave) = self.asked {
            // It asked us to go but never closed.
            return if leave.deadline <= now { Err(End::Asked { clean: leave.clean }) } else { Ok(()) };
        }
        if self.pending.values().any(|pending| pending.deadline <= now) {
            return Err(End::Lost("it does not answer"));
        }
        match self.probed {
            Some(probed) if probed + PROBE <= now => Err(End::Lost("it is silent")),
            None if self.heard + SILENCE <= now => {
                self.probed = Some(now);
                let params = json!({"timestamp": self.shared.clock.unix_seconds()});
                self.send_request("signalwire.ping", &params, Who::Probe).await
            }
            _ => Ok(()),
        }
    }

    async fn send_request(&mut self, method: &str, params: &Value, who: Who) -> Result<(), End> {
        let id = self.shared.random.id(128);
        let deadline = self.shared.clock.monotonic() + PATIENCE;
        let frame = wire::request(&id, method, params);
        self.pending.insert(id, Pending { who, deadline });
        self.send(frame).await
    }

    async fn send(&mut self, frame: String) -> Result<(), End> {
        match self.shared.clock.timeout(PATIENCE, self.socket.send(Message::text(frame))).await {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) => Err(End::Lost("it broke")),
            None => Err(End::Lost("it takes nothing any more")),
        }
    }
}

impl Drop for Connection<'_> {
    /// Calls under way learn that they will not be answered.
    fn drop(&mut self) {
        for (_, pending) in self.pending.drain() {
            if let Who::Caller(answer) = pending.who {
                let _ = answer.send(Err(Error::Unavailable(Fault::Broken)));
            }
        }
    }
}
