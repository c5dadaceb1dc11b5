//! One connection to the gateway, from HELLO to its close.

use std::{collections::HashMap, time::Duration};

use axum::{
    extract::{
        Query, State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use serde_json::{Value, json};
use tokio::{sync::broadcast, time::Instant};

use super::{
    super::{
        Service,
        state::{Event, intent},
    },
    Attached, Order, Unresumable,
    packing::Packing,
};
use crate::fault::{Cuts, Line, Outcome};

/// A client's payload may be no longer.
const PAYLOAD_MAX: usize = 4096;

/// Intents that exist.
const KNOWN_INTENTS: u64 = ((1 << 17) - 1) | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);

/// Intents that must be switched on for the application.
const PRIVILEGED: u64 = intent::GUILD_MEMBERS | intent::GUILD_PRESENCES | intent::MESSAGE_CONTENT;

/// <https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes>
mod close {
    pub const UNKNOWN_OPCODE: u16 = 4001;
    pub const DECODE_ERROR: u16 = 4002;
    pub const NOT_AUTHENTICATED: u16 = 4003;
    pub const AUTHENTICATION_FAILED: u16 = 4004;
    pub const ALREADY_AUTHENTICATED: u16 = 4005;
    pub const INVALID_SEQ: u16 = 4007;
    pub const SESSION_TIMED_OUT: u16 = 4009;
    pub const INVALID_SHARD: u16 = 4010;
    pub const INVALID_API_VERSION: u16 = 4012;
    pub const INVALID_INTENTS: u16 = 4013;
    pub const DISALLOWED_INTENTS: u16 = 4014;
}

/// Why a connection is over.
enum Over {
    /// Gone without a word; what was missed is kept.
    Gone,
    /// The client ended its session.
    Goodbye,
    /// Closed by us.
    Close(u16),
}

/// The route of the socket.
pub async fn upgrade(
    State(service): State<Service>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.on_upgrade(async move |socket| {
        let stop = service.stop.clone();
        let packing = if query.get("compress").is_some_and(|how| how == "zlib-stream") {
            Packing::stream()
        } else {
            Packing::Plain
        };
        let connection = Connection {
            line: service.faults.line("gateway"),
            cuts: service.faults.cuts("gateway"),
            orders: service.gateway.orders.subscribe(),
            heard_at: Instant::now(),
            attached: None,
            socket,
            service,
            packing,
        };
        let is_version_known = query.get("v").is_none_or(|version| version == "10" || version == "9");
        tokio::select! {
            () = stop.cancelled() => {}
            () = connection.run(is_version_known) => {}
        }
    })
}

/// What a connection wakes up for.
enum Heard {
    Nothing,
    Cut,
    /// No heartbeat came.
    Late,
    Order(Order),
    /// There is something to send.
    News,
    /// There is no session any more.
    Bereft,
    /// None: the connection broke.
    Message(Option<Message>),
}

struct Connection {
    service: Service,
    socket: WebSocket,
    packing: Packing,
    line: Line<String>,
    cuts: Cuts,
    orders: broadcast::Receiver<Order>,
    /// When the client last sent a heartbeat, in real time.
    heard_at: Instant,
    attached: Option<Attached>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(attached) = &self.attached {
            self.service.gateway.leave(attached, false);
        }
    }
}

impl Connection {
    async fn run(mut self, is_version_known: bool) {
        let over = if is_version_known { self.talk().await } else { Over::Close(close::INVALID_API_VERSION) };
        match over {
            Over::Gone => {}
            Over::Goodbye => {
                if let Some(attached) = self.attached.take() {
                    self.service.gateway.leave(&attached, true);
                }
            }
            Over::Close(code) => {
                let frame = CloseFrame { code, reason: "".into() };
                // Gone already is closed too.
                let _ = self.socket.send(Message::Close(Some(frame))).await;
            }
        }
    }

    async fn talk(&mut self) -> Over {
        let interval = self.service.options.heartbeat_every;
        let hello = json!({
            "op": 10, "s": null, "t": null,
            "d": { "heartbeat_interval": u64::try_from(interval.as_millis()).unwrap_or(41_250), "_trace": ["[\"sandbox\"]"] },
        });
        if let Err(over) = self.push("HELLO", hello.to_string()).await {
            return over;
        }
        loop {
            if let Err(over) = self.step(interval).await {
                return over;
            }
        }
    }

    async fn step(&mut self, interval: Duration) -> Result<(), Over> {
        match self.next(interval).await {
            Heard::Nothing => Ok(()),
            Heard::Cut => Err(Over::Gone),
            Heard::Late => Err(Over::Close(close::SESSION_TIMED_OUT)),
            Heard::Order(order) => self.obey(order).await,
            Heard::News => self.flush().await,
            // The session was taken away; an order or a fresh IDENTIFY says what comes next.
            Heard::Bereft => {
                self.attached = None;
                Ok(())
            }
            Heard::Message(message) => match message {
                Some(Message::Text(text)) => self.hear(text.as_str()).await,
                Some(Message::Close(frame)) => Err(match frame {
                    Some(CloseFrame { code: 1000 | 1001, .. }) => Over::Goodbye,
                    _ => Over::Gone,
                }),
                Some(_) => Ok(()),
                None => Err(Over::Gone),
            },
        }
    }

    async fn next(&mut self, interval: Duration) -> Heard {
        let Self { attached, cuts, orders, socket, heard_at, .. } = self;
        let news = async {
            match attached {
                Some(attached) => attached.news.changed().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = cuts.cut() => Heard::Cut,
            order = orders.recv() => order.map_or(Heard::Nothing, Heard::Order),
            is_alive = news => if is_alive { Heard::News } else { Heard::Bereft },
            () = tokio::time::sleep_until(*heard_at + interval * 2) => Heard::Late,
            message = socket.recv() => Heard::Message(message.and_then(Result::ok)),
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), Over> {
        if text.len() > PAYLOAD_MAX {
            return Err(Over::Close(close::DECODE_ERROR));
        }
        let Ok(payload) = serde_json::from_str::<Value>(text) else { return Err(Over::Close(close::DECODE_ERROR)) };
        let data = &payload["d"];
        match payload["op"].as_u64() {
            Some(1) => {
                self.heard_at = Instant::now();
                let ack = json!({ "op": 11, "s": null, "t": null, "d": null });
                self.push("HEARTBEAT_ACK", ack.to_string()).await
            }
            Some(2 | 6) if self.attached.is_some() => Err(Over::Close(close::ALREADY_AUTHENTICATED)),
            Some(2) => self.identify(data).await,
            Some(6) => self.resume(data).await,
            Some(3 | 4 | 8 | 31) if self.attached.is_none() => Err(Over::Close(close::NOT_AUTHENTICATED)),
            // Presence, voice, member lists: nobody here looks at them.
            Some(3 | 4 | 8 | 31) => Ok(()),
            _ => Err(Over::Close(close::UNKNOWN_OPCODE)),
        }
    }

    fn check_token(&self, data: &Value) -> Result<(), Over> {
        if let Some(code) = self.service.gateway.refusal() {
            return Err(Over::Close(code));
        }
        let token = data["token"].as_str().unwrap_or_default();
        let is_known = self.service.accepts(token.strip_prefix("Bot ").unwrap_or(token));
        if is_known { Ok(()) } else { Err(Over::Close(close::AUTHENTICATION_FAILED)) }
    }

    async fn identify(&mut self, data: &Value) -> Result<(), Over> {
        self.check_token(data)?;
        let shard = match data["shard"].as_array().map(Vec::as_slice) {
            None => (0, 1),
            Some([id, total]) => match (id.as_u64(), total.as_u64()) {
                (Some(id), Some(total)) if id < total => (id, total),
                _ => return Err(Over::Close(close::INVALID_SHARD)),
            },
            Some(_) => return Err(Over::Close(close::INVALID_SHARD)),
        };
        let Some(intents) = data["intents"].as_u64().filter(|intents| intents & !KNOWN_INTENTS == 0) else {
            return Err(Over::Close(close::INVALID_INTENTS));
        };
        if intents & PRIVILEGED & !self.service.options.privileged_intents != 0 {
            return Err(Over::Close(close::DISALLOWED_INTENTS));
        }
        let (concurrency, now) = (self.service.options.max_concurrency, self.service.clock.unix_ms());
        if self.service.gateway.identifies_left(&self.service.options, now).0 == 0 {
            return Err(Over::Close(close::AUTHENTICATION_FAILED));
        }
        if self.service.gateway.count_identify(shard, concurrency, now) {
            return self.push("INVALID_SESSION", invalid_session(false)).await;
        }
        if data["compress"] == true && matches!(self.packing, Packing::Plain) {
            self.packing = Packing::Payload;
        }
        let service = &self.service;
        // Under the lock of the state, so that no event falls between the greeting and what follows.
        let attached = service.look(|state| {
            service.gateway.identify(shard, intents, |session| {
                let guild = state.guild.id;
                let is_here = state.bot_is_in() && (guild.0 >> 22) % shard.1 == shard.0;
                let guilds: Vec<Value> =
                    is_here.then(|| json!({ "id": guild, "unavailable": true })).into_iter().collect();
                let mut user = state.me_object(state.bot);
                user["email"] = Value::Null;
                let ready = json!({
                    "v": 10, "user": user, "guilds": guilds, "session_id": session, "session_type": "normal",
                    "resume_gateway_url": service.gateway_url(), "shard": [shard.0, shard.1],
                    "application": { "id": state.bot, "flags": 0 }, "private_channels": [], "relationships": [],
                    "presences": [], "guild_join_requests": [], "user_settings": {}, "geo_ordered_rtc_regions": [],
                    "_trace": ["[\"sandbox\"]"],
                });
                // READY goes to every shard.
                let own = crate::discord::Id((shard.0) << 22);
                let mut first = vec![Event { kind: "READY", data: ready, intent: intent::NONE, guild: Some(own) }];
                if is_here {
                    let data = state.guild_create();
                    first.push(Event { kind: "GUILD_CREATE", data, intent: intent::GUILDS, guild: Some(guild) });
                }
                first
            })
        });
        self.attached = Some(attached);
        self.flush().await
    }

    async fn resume(&mut self, data: &Value) -> Result<(), Over> {
        self.check_token(data)?;
        let (id, seq) = (data["session_id"].as_str().unwrap_or_default(), data["seq"].as_u64().unwrap_or_default());
        match self.service.gateway.resume(id, seq) {
            Ok(attached) => {
                self.attached = Some(attached);
                self.flush().await
            }
            Err(Unresumable::BadSequence) => Err(Over::Close(close::INVALID_SEQ)),
            Err(Unresumable::Unknown) => self.push("INVALID_SESSION", invalid_session(false)).await,
        }
    }

    async fn obey(&mut self, order: Order) -> Result<(), Over> {
        match order {
            Order::Reconnect => {
                let reconnect = json!({ "op": 7, "s": null, "t": null, "d": null });
                self.push("RECONNECT", reconnect.to_string()).await
            }
            Order::Invalidate(is_resumable) => {
                if let Some(attached) = self.attached.take() {
                    self.service.gateway.leave(&attached, false);
                }
                self.push("INVALID_SESSION", invalid_session(is_resumable)).await
            }
            Order::Close(code) => Err(Over::Close(code)),
        }
    }

    /// Sends what has happened since.
    async fn flush(&mut self) -> Result<(), Over> {
        let Some(attached) = &mut self.attached else { return Ok(()) };
        attached.news.borrow_and_update();
        let Some(unsent) = self.service.gateway.unsent(attached) else {
            self.attached = None;
            return Ok(());
        };
        for dispatch in unsent {
            if let Some(attached) = &mut self.attached {
                attached.sent = dispatch.seq;
            }
            self.push(dispatch.kind, dispatch.frame()).await?;
        }
        Ok(())
    }

    async fn push(&mut self, kind: &str, frame: String) -> Result<(), Over> {
        match self.line.push(kind, frame) {
            Outcome::Close => Err(Over::Gone),
            Outcome::Lost => Ok(()),
            Outcome::Send(frames) => {
                for frame in frames {
                    let message = self.packing.pack(frame);
                    self.socket.send(message).await.map_err(|_| Over::Gone)?;
                }
                Ok(())
            }
        }
    }
}

fn invalid_session(is_resumable: bool) -> String {
    json!({ "op": 9, "s": null, "t": null, "d": is_resumable }).to_string()
}
