//! The event socket against a server that says what a test tells it to, over a real socket.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Event, Refusal, Relay, State};
use crate::{
    clock::movable::Movable,
    config,
    secret::Random,
    signalwire::{Error, Fault},
};

/// A relay under test, and the listener it connects to.
struct World {
    listener: TcpListener,
    relay: Relay,
    state: watch::Receiver<State>,
    events: mpsc::Receiver<Event>,
    clock: Movable,
    _stop: DropGuard,
}

/// SignalWire's end of one connection.
struct Peer {
    socket: WebSocketStream<TcpStream>,
    /// The params of `signalwire.connect`.
    greeting: Value,
}

impl World {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = config::SignalWire {
            space_url: "http://127.0.0.1:9".parse().unwrap(),
            project_id: "11111111-aaaa-4bbb-8ccc-222222222222".into(),
            api_token: SecretString::from("PTsecret"),
            relay_url: format!("ws://{}/", listener.local_addr().unwrap()).parse().unwrap(),
        };
        let (movable, clock) = Movable::new();
        let stop = CancellationToken::new();
        let (relay, events) = Relay::start(&config, clock, Random::seeded(7), stop.clone());
        Self { listener, state: relay.state(), relay, events, clock: movable, _stop: stop.drop_guard() }
    }

    /// The next connection, up to its greeting.
    async fn accept(&mut self) -> (Peer, Value) {
        let (stream, _) = loop {
            tokio::select! {
                accepted = self.listener.accept() => break accepted.unwrap(),
                // Whatever pause it makes before it comes back is over.
                () = tokio::task::yield_now() => self.clock.advance(Duration::from_millis(1)),
            }
        };
        let mut peer = Peer { socket: accept_async(stream).await.unwrap(), greeting: Value::Null };
        let connect = peer.hear().await;
        assert_eq!(connect["method"], "signalwire.connect");
        peer.greeting = connect["params"].clone();
        (peer, connect)
    }

    /// The next connection, let in and subscribed.
    async fn let_in(&mut self) -> Peer {
        let (mut peer, connect) = self.accept().await;
        peer.answer(&connect, json!({"identity": "i", "authorization": {}, "protocol": "signalwire_a_b_c"})).await;
        let subscribe = peer.hear().await;
        assert_eq!(subscribe["method"], "signalwire.subscribe");
        assert_eq!(
            subscribe["params"],
            json!({"event_channel": "video.rooms", "get_initial_state": true,
                   "events": ["video.room.started", "video.room.ended"]})
        );
        peer.answer(&subscribe, json!({"code": "200", "message": "OK"})).await;
        self.state.wait_for(State::is_connected).await.unwrap();
        assert_eq!(self.events.recv().await, Some(Event::Resync));
        peer
    }
}

impl Peer {
    async fn hear(&mut self) -> Value {
        loop {
            match self.socket.next().await.expect("still open").expect("a frame") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                _ => continue,
            }
        }
    }

    async fn is_left(&mut self) {
        while let Some(Ok(_)) = self.socket.next().await {}
    }

    async fn say(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn answer(&mut self, request: &Value, result: Value) {
        self.say(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).await;
    }

    async fn refuse(&mut self, request: &Value, code: i64, message: &str) {
        self.say(json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}})).await;
    }

    async fn ask(&mut self, id: &str, method: &str, params: Value) {
        self.say(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
    }

    async fn tell(&mut self, id: &str, event_type: &str, params: Value) {
        let event =
            json!({"event_type": event_type, "event_channel": "EC_1", "timestamp": 1788253210.5, "params": params});
        self.ask(id, "signalwire.event", event).await;
    }

    async fn tell_of_audience(&mut self, id: &str, total: u32) {
        self.tell(id, "video.room.audience_count", json!({"room_session_id": "S-1", "total": total})).await;
    }

    async fn hears_ack(&mut self, id: &str) {
        assert_eq!(self.hear().await, json!({"jsonrpc": "2.0", "id": id, "result": {}}));
    }
}

fn audience(total: u32) -> Event {
    Event::Audience { at: 1_788_253_210_500, session_id: "S-1".into(), total }
}

#[tokio::test]
async fn it_introduces_itself_and_says_when_it_is_connected() {
    let mut world = World::start().await;
    assert!(matches!(*world.state.borrow(), State::Down { .. }));
    let peer = world.let_in().await;
    assert_eq!(peer.greeting["version"], json!({"major": 3, "minor": 0, "revision": 0}));
    assert_eq!(peer.greeting["event_acks"], json!(true));
    assert_eq!(peer.greeting["authentication"]["project"], "11111111-aaaa-4bbb-8ccc-222222222222");
    assert_eq!(peer.greeting["authentication"]["token"], "PTsecret");
    assert_eq!(peer.greeting.get("protocol"), None);
    assert!(!format!("{:?}", world.relay).contains("PTsecret"));
}

#[tokio::test]
async fn every_event_is_acknowledged_and_repeats_are_handled_once() {
    let mut world = World::start().await;
    let mut peer = world.let_in().await;
    for (id, total) in [("s-1", 1), ("s-1", 1), ("s-2", 2)] {
        peer.tell_of_audience(id, total).await;
        peer.hears_ack(id).await;
    }
    peer.tell("s-3", "video.something.new", json!({"room_session_id": 5})).await;
    peer.hears_ack("s-3").await;
    peer.ask("s-4", "signalwire.event", json!("nonsense")).await;
    peer.hears_ack("s-4").await;
    assert_eq!(world.events.recv().await, Some(audience(1)));
    assert_eq!(world.events.recv().await, Some(audience(2)));
    assert!(world.events.try_recv().is_err());
}

#[tokio::test]
async fn events_nobody_reads_are_acknowledged_all_the_same_and_end_in_a_resync() {
    let mut world = World::start().await;
    let mut peer = world.let_in().await;
    let too_many = u32::try_from(super::QUEUE).unwrap() + 50;
    for total in 0..too_many {
        let id = total.to_string();
        peer.tell_of_audience(&id, total).await;
        peer.hears_ack(&id).await;
    }
    let mut got = 0;
    while world.events.recv().await != Some(Event::Resync) {
        got += 1;
    }
    assert_eq!(got, super::QUEUE);
}

#[tokio::test]
async fn calls_are_answered_refused_or_fail_with_the_connection() {
    let mut world = World::start().await;
    assert_eq!(world.relay.rooms().await, Err(Error::Unavailable(Fault::Connect)));
    let mut peer = world.let_in().await;
    let (rooms, ()) = tokio::join!(world.relay.rooms(), async {
        let request = peer.hear().await;
        assert_eq!(request["method"], "video.rooms.get");
        let member = json!({"id": "M-1", "name": "Mira", "type": "member", "meta": {"stay": "x"}});
        let room = json!({"id": "S-1", "name": "standup-abc", "event_channel": "EC_1", "members": [member]});
        peer.answer(&request, json!({"result": {"code": "200", "rooms": [room]}})).await;
    });
    let rooms = rooms.expect("rooms");
    assert_eq!(rooms[0].members.as_ref().map(Vec::len), Some(1));
    let (members, ()) = tokio::join!(world.relay.members("S-9"), async {
        let request = peer.hear().await;
        assert_eq!(request["params"], json!({"room_session_id": "S-9"}));
        peer.answer(&request, json!({"code": "404", "message": "Not Found"})).await;
    });
    assert_eq!(members, Err(Error::NotFound));
    let (removed, ()) = tokio::join!(world.relay.remove("S-1", "M-1"), async {
        let request = peer.hear().await;
        assert_eq!(request["method"], "video.member.remove");
        peer.refuse(&request, -32003, "not allowed").await;
    });
    assert_eq!(removed, Err(Error::Unauthorized));
    let (locked, ()) = tokio::join!(world.relay.lock("S-1"), async {
        peer.hear().await;
        drop(peer);
    });
    assert_eq!(locked, Err(Error::Unavailable(Fault::Broken)));
}

#[tokio::test]
async fn pings_are_answered_and_tell_the_time_at_signalwire() {
    let mut world = World::start().await;
    let mut peer = world.let_in().await;
    let an_hour_ahead = crate::clock::movable::START / 1000 + 3600;
    peer.ask("s-1", "signalwire.ping", json!({"timestamp": an_hour_ahead, "payload": "p"})).await;
    let pong = peer.hear().await;
    assert_eq!(pong["result"], json!({"timestamp": an_hour_ahead, "payload": "p"}));
    let ahead = world.relay.source_time() / 1000 - an_hour_ahead;
    assert!((0..=60).contains(&ahead), "{ahead}");
}

#[tokio::test]
async fn silence_is_asked_about_once_and_then_taken_for_the_end() {
    let mut world = World::start().await;
    let mut peer = world.let_in().await;
    world.clock.advance(Duration::from_secs(16));
    let probe = peer.hear().await;
    assert_eq!(probe["method"], "signalwire.ping");
    peer.refuse(&probe, -32601, "any sign of life will do").await;
    peer.tell_of_audience("s-1", 1).await;
    peer.hears_ack("s-1").await;
    assert_eq!(world.events.recv().await, Some(audience(1)));
    world.clock.advance(Duration::from_secs(16));
    assert_eq!(peer.hear().await["method"], "signalwire.ping");
    world.clock.advance(Duration::from_secs(6));
    peer.is_left().await;
    world.state.wait_for(|state| matches!(state, State::Down { .. })).await.unwrap();
    world.let_in().await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_ends_the_connection() {
    let mut world = World::start().await;
    let mut peer = world.let_in().await;
    let (rooms, ()) = tokio::join!(world.relay.rooms(), async {
        peer.hear().await;
        world.clock.advance(Duration::from_secs(11));
        peer.is_left().await;
    });
    assert_eq!(rooms, Err(Error::Unavailable(Fault::Broken)));
}

#[tokio::test]
async fn a_new_connection_goes_on_where_the_last_one_ended() {
    let mut world = World::start().await;
    let mut peer = world.let_in().await;
    peer.tell("s-1", "signalwire.authorization.state", json!({"authorization_state": "opaque"})).await;
    peer.hears_ack("s-1").await;
    peer.tell_of_audience("s-2", 2).await;
    peer.hears_ack("s-2").await;
    assert_eq!(world.events.recv().await, Some(audience(2)));
    drop(peer);
    let mut peer = world.let_in().await;
    assert_eq!(peer.greeting["protocol"], "signalwire_a_b_c");
    assert_eq!(peer.greeting["authorization_state"], "opaque");
    // What it saw no acknowledgement for, it sends again.
    peer.tell_of_audience("s-2", 2).await;
    peer.hears_ack("s-2").await;
    peer.tell_of_audience("s-3", 3).await;
    peer.hears_ack("s-3").await;
    assert_eq!(world.events.recv().await, Some(audience(3)));
}

#[tokio::test]
async fn what_can_not_be_resumed_is_begun_afresh() {
    let mut world = World::start().await;
    drop(world.let_in().await);
    let (mut peer, connect) = world.accept().await;
    assert_eq!(peer.greeting["protocol"], "signalwire_a_b_c");
    peer.refuse(&connect, -32002, "Requester validation failed").await;
    let peer = world.let_in().await;
    assert_eq!(peer.greeting.get("protocol"), None);
}

#[tokio::test]
async fn asked_to_disconnect_it_acknowledges_and_comes_back() {
    for (restart, resumed) in [(true, None), (false, Some("signalwire_a_b_c"))] {
        let mut world = World::start().await;
        let mut peer = world.let_in().await;
        peer.ask("s-1", "signalwire.disconnect", json!({"restart": restart})).await;
        peer.hears_ack("s-1").await;
        drop(peer);
        let peer = world.let_in().await;
        assert_eq!(peer.greeting.get("protocol").and_then(Value::as_str), resumed);
    }
}

#[tokio::test]
async fn wrong_credentials_are_said_and_tried_rarely() {
    for (code, why) in [(-32002, Refusal::Credentials), (-32003, Refusal::Scope), (-32001, Refusal::Version)] {
        let mut world = World::start().await;
        let (mut peer, connect) = world.accept().await;
        peer.refuse(&connect, code, "no").await;
        world.state.wait_for(|state| matches!(state, State::Refused { why: said, .. } if *said == why)).await.unwrap();
        world.clock.advance(Duration::from_secs(10));
        let early = tokio::time::timeout(Duration::from_millis(50), world.listener.accept()).await;
        assert!(early.is_err(), "too soon");
        world.clock.advance(Duration::from_secs(25));
        world.let_in().await;
    }
}

#[tokio::test]
async fn without_the_scope_to_subscribe_it_says_so() {
    let mut world = World::start().await;
    let (mut peer, connect) = world.accept().await;
    peer.answer(&connect, json!({"protocol": "signalwire_a_b_c"})).await;
    let subscribe = peer.hear().await;
    peer.answer(&subscribe, json!({"code": "403", "message": "Unauthorized"})).await;
    world.state.wait_for(|state| matches!(state, State::Refused { why: Refusal::Scope, .. })).await.unwrap();
}

#[tokio::test]
async fn frames_that_make_no_sense_change_nothing() {
    let mut world = World::start().await;
    let mut peer = world.let_in().await;
    for nonsense in ["", "{", "[1]", "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}}", "{\"method\":\"x\"}"] {
        peer.socket.send(Message::text(nonsense)).await.unwrap();
    }
    peer.socket.send(Message::binary(vec![0, 1, 2])).await.unwrap();
    peer.tell_of_audience("s-1", 1).await;
    peer.hears_ack("s-1").await;
    assert_eq!(world.events.recv().await, Some(audience(1)));
}
