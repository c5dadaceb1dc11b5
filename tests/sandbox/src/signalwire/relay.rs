//! The relay: how servers hear what happens in rooms.
//!
//! Comes in: a connection with the project's credentials. Goes out: events of the channels it subscribes to,
//! each until it is acknowledged, also over a later connection that resumes with the same `protocol`.

mod subscriber;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until},
};

use self::subscriber::Subscriber;
use super::{
    Service, rpc,
    socket::{Closed, Connect, Fate, Wire, code, error, request, result},
    state::{Event, State, Video, new_id, view},
};
use crate::{clock::Clock, fault::hold};

/// A protocol nobody is connected with is forgotten after this, by the clock. The real time is not known.
const RESUME_MS: i64 = 60_000;

/// How long a client may take to answer `signalwire.disconnect`.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(2);

/// The channel that tells of sessions starting and ending.
const ROOMS: &str = "video.rooms";

/// What another part of the stand-in tells the task of one connection.
#[derive(Clone, Copy, Debug)]
enum Order {
    /// Somebody else resumed this protocol.
    Superseded,
    /// Say `signalwire.disconnect`, then close.
    Disconnect { restart: bool },
}

/// Everybody who subscribes, connected or expected back, by protocol.
#[derive(Clone)]
pub struct Relays {
    project: Arc<str>,
    clock: Clock,
    subscribers: Arc<Mutex<HashMap<String, Arc<Subscriber>>>>,
    connected: tokio::sync::watch::Sender<usize>,
}

impl Relays {
    pub(super) fn new(project: &str, clock: Clock) -> Self {
        Self {
            project: project.into(),
            clock,
            subscribers: Arc::default(),
            connected: tokio::sync::watch::Sender::new(0),
        }
    }

    /// Hands every event to whoever subscribes to it.
    pub(super) fn listen_to(&self, video: &Video) {
        let relays = self.clone();
        video.hook(move |state, event| {
            relays.deliver(state, event);
            true
        });
    }

    /// How many relay connections there are.
    pub fn connected(&self) -> usize {
        *self.connected.borrow()
    }

    /// Ends when there are this many relay connections.
    pub async fn until_connected(&self, wanted: usize) {
        let mut connected = self.connected.subscribe();
        // The sender lives in `self`.
        let _ = connected.wait_for(|connected| *connected == wanted).await;
    }

    /// Whether any connection, or one that may come back, subscribes to this channel.
    pub fn subscribed_to(&self, event_channel: &str) -> bool {
        self.everybody().iter().any(|subscriber| subscriber.subscribes_to(event_channel))
    }

    /// Sends `signalwire.disconnect` to all and closes. With `restart` nobody may resume.
    pub fn disconnect_all(&self, restart: bool) {
        let everybody = self.everybody();
        if restart {
            hold(&self.subscribers).clear();
        }
        for subscriber in everybody {
            subscriber.order(Order::Disconnect { restart });
        }
    }

    /// Forgets every protocol: whoever resumes from now on is refused.
    pub fn forget_protocols(&self) {
        hold(&self.subscribers).clear();
    }

    fn everybody(&self) -> Vec<Arc<Subscriber>> {
        hold(&self.subscribers).values().cloned().collect()
    }

    fn deliver(&self, state: &State, event: &Event) {
        let mut params = None;
        for subscriber in self.everybody() {
            for channel in [ROOMS, &event.event_channel] {
                if !subscriber.wants(channel, event.name) {
                    continue;
                }
                let params = params.get_or_insert_with(|| self.params(state, event));
                let channel = if channel == ROOMS { self.rooms_channel() } else { channel.to_owned() };
                subscriber.push(event.name, self.event(event.name, &channel, event.at, params));
            }
        }
    }

    /// What servers are told of an event.
    fn params(&self, state: &State, event: &Event) -> Value {
        match (event.name, state.session(&event.session_id)) {
            ("video.layout.changed", Some(session)) => view::layout_changed(state, session),
            ("video.member.updated", _) => view::partial(&event.params),
            _ => (*event.params).clone(),
        }
    }

    /// Events name the channel with the project, though one subscribes without.
    fn rooms_channel(&self) -> String {
        format!("{ROOMS}.{}", self.project)
    }

    fn event(&self, name: &str, channel: &str, at: f64, params: &Value) -> Value {
        json!({
            "event_type": name,
            "event_channel": channel,
            "timestamp": at,
            "project_id": &*self.project,
            "params": params,
        })
    }

    /// The subscriber a connection belongs to: the one it resumes, or a new one.
    fn enter(&self, connect: &Connect) -> Option<Arc<Subscriber>> {
        let now = self.clock.unix_ms();
        let mut subscribers = hold(&self.subscribers);
        subscribers.retain(|_, subscriber| !subscriber.is_forgotten(now, RESUME_MS));
        if let Some(protocol) = connect.protocol() {
            let subscriber = subscribers.get(protocol)?;
            return subscriber.accepts(connect.authorization_state()).then(|| Arc::clone(subscriber));
        }
        let acknowledges = connect.params["event_acks"].as_bool().unwrap_or(false);
        let subscriber = Arc::new(Subscriber::new(&self.project, acknowledges));
        subscribers.insert(subscriber.protocol.clone(), Arc::clone(&subscriber));
        Some(subscriber)
    }
}

/// Speaks with one server until it is gone.
pub(super) async fn run(service: &Service, wire: &mut Wire, connect: &Connect) -> Result<(), Closed> {
    let relays = &service.relays;
    let Some(subscriber) = relays.enter(connect) else {
        let refusal = error(&connect.id, code::REQUESTER, "Requester validation failed");
        return wire.push("signalwire.connect", &refusal).await.map(|_| ());
    };
    let (number, orders) = subscriber.attach();
    relays.connected.send_modify(|connected| *connected += 1);
    let mut connection = Connection {
        service,
        subscriber: &subscriber,
        wire,
        orders,
        pings: pings(service),
        unanswered_ping: None,
        goodbye: None,
    };
    let ended = connection.live(connect).await;
    subscriber.detach(number, service.clock.unix_ms());
    relays.connected.send_modify(|connected| *connected -= 1);
    ended
}

fn pings(service: &Service) -> Interval {
    let every = service.options.ping_every;
    let mut pings = interval_at(Instant::now() + every, every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings
}

struct Connection<'a> {
    service: &'a Service,
    subscriber: &'a Subscriber,
    wire: &'a mut Wire,
    orders: mpsc::UnboundedReceiver<Order>,
    pings: Interval,
    /// The ping sent last, if it has not been answered.
    unanswered_ping: Option<String>,
    /// The `signalwire.disconnect` that has been sent, and until when its answer may come.
    goodbye: Option<(String, Instant)>,
}

impl Connection<'_> {
    async fn live(&mut self, connect: &Connect) -> Result<(), Closed> {
        self.welcome(connect).await?;
        loop {
            let patience = self.goodbye.as_ref().map(|(_, until)| *until);
            tokio::select! {
                frame = self.wire.receive() => {
                    let frame = frame?;
                    if self.handle(&frame).await? {
                        return Ok(());
                    }
                }
                () = self.subscriber.wake.notified() => self.flush().await?,
                Some(order) = self.orders.recv() => match order {
                    Order::Superseded => return Ok(()),
                    Order::Disconnect { restart } => self.say_goodbye(restart).await?,
                },
                _ = self.pings.tick() => self.ping().await?,
                () = sleep_until(patience.unwrap_or_else(Instant::now)), if patience.is_some() => return Ok(()),
            }
        }
    }

    /// The answer to `signalwire.connect`, the authorization state to come back with, and whatever an earlier
    /// connection did not acknowledge.
    async fn welcome(&mut self, connect: &Connect) -> Result<(), Closed> {
        let Subscriber { protocol, signature, .. } = self.subscriber;
        let answer = json!({
            "identity": format!("{}@{}.us-east", new_id(), new_id()),
            "protocol": protocol,
            "authorization": {
                "type": "video",
                "project_id": self.service.options.project,
                "scopes": ["video"],
                "signature": signature,
            },
            "ice_servers": [],
        });
        self.wire.push("signalwire.connect", &result(&connect.id, answer)).await?;
        let name = "signalwire.authorization.state";
        let params = json!({ "authorization_state": self.subscriber.new_authorization_state() });
        let now = self.service.clock.unix_float();
        let event = self.service.relays.event(name, protocol, now, &params);
        self.wire.push(name, &request(&new_id(), "signalwire.event", event)).await?;
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Closed> {
        while let Some((kind, frame)) = self.subscriber.next_unsent() {
            if self.wire.push(kind, &frame).await? == Fate::Lost {
                self.subscriber.acknowledged(frame["id"].as_str().unwrap_or_default());
            }
        }
        Ok(())
    }

    async fn ping(&mut self) -> Result<(), Closed> {
        if self.unanswered_ping.is_some() {
            return Err(Closed);
        }
        let id = new_id();
        let params = json!({ "timestamp": self.service.clock.unix_float() });
        self.wire.push("signalwire.ping", &request(&id, "signalwire.ping", params)).await?;
        self.unanswered_ping = Some(id);
        Ok(())
    }

    async fn say_goodbye(&mut self, restart: bool) -> Result<(), Closed> {
        let id = new_id();
        let frame = request(&id, "signalwire.disconnect", json!({ "restart": restart }));
        self.wire.push("signalwire.disconnect", &frame).await?;
        self.goodbye = Some((id, Instant::now() + GOODBYE));
        Ok(())
    }

    /// Whether the client has said the last word.
    async fn handle(&mut self, frame: &Value) -> Result<bool, Closed> {
        let Some(method) = frame["method"].as_str() else {
            let Some(id) = frame["id"].as_str() else { return Ok(false) };
            if self.unanswered_ping.as_deref() == Some(id) {
                self.unanswered_ping = None;
            } else {
                self.subscriber.acknowledged(id);
            }
            return Ok(self.goodbye.as_ref().is_some_and(|(goodbye, _)| goodbye == id));
        };
        let answer = self.answer(method, frame);
        self.wire.push(method, &answer).await?;
        Ok(false)
    }

    fn answer(&self, method: &str, frame: &Value) -> Value {
        let (id, params) = (&frame["id"], &frame["params"]);
        match method {
            "signalwire.ping" => result(id, params.clone()),
            "signalwire.subscribe" => self.subscribe(id, params),
            "signalwire.unsubscribe" => {
                if let Some((channel, events)) = subscription(params) {
                    self.subscriber.unsubscribe(channel, &events);
                    return result(id, json!({ "code": "200", "message": "OK" }));
                }
                error(id, code::BAD_PARAMETERS, "Invalid params")
            }
            method => rpc::answer(id, rpc::call(&self.service.video, rpc::Caller::Server, method, params)),
        }
    }

    /// Subscribes, and has the session told in full where that was asked for: nothing happens in between.
    fn subscribe(&self, id: &Value, params: &Value) -> Value {
        let Some((channel, events)) = subscription(params) else {
            return error(id, code::BAD_PARAMETERS, "Invalid params");
        };
        let initial = params["get_initial_state"].as_bool().unwrap_or(false);
        let relays = &self.service.relays;
        let known = self.service.video.with(|state, now| {
            if channel == ROOMS {
                self.subscriber.subscribe(channel, &events);
                return true;
            }
            let Some(session) = state.sessions_newest_first().find(|session| session.event_channel == channel) else {
                return false;
            };
            self.subscriber.subscribe(channel, &events);
            let name = "video.room.subscribed";
            if initial && session.is_live() && events.contains(&name) {
                // Far below 2^53.
                let at = now as f64 / 1000.0;
                self.subscriber.push(name, relays.event(name, channel, at, &view::subscribed(state, session)));
            }
            true
        });
        // Wakes whoever waits for a subscription.
        relays.connected.send_modify(|_| {});
        let (code, message) = if known { ("200", "OK") } else { ("404", "Not Found") };
        result(id, json!({ "code": code, "message": message }))
    }
}

/// The channel and the events somebody subscribes to.
fn subscription(params: &Value) -> Option<(&str, Vec<&str>)> {
    let events = params["events"].as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
    Some((params["event_channel"].as_str()?, events))
}
