//! One server's place at the relay: its channels and what it has not acknowledged. It outlives connections.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Mutex,
};

use serde_json::Value;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use super::{Order, new_id, request};
use crate::fault::hold;

/// Events kept for a server that does not acknowledge; beyond that the oldest are lost.
const KEPT: usize = 100_000;

struct Pending {
    id: String,
    kind: &'static str,
    frame: Value,
    sent: bool,
}

#[derive(Default)]
struct Place {
    authorization_states: Vec<String>,
    channels: HashMap<String, BTreeSet<String>>,
    pending: VecDeque<Pending>,
    /// How many connections there have been.
    connections: u64,
    orders: Option<mpsc::UnboundedSender<Order>>,
    /// Since when nobody is connected.
    alone_since: Option<i64>,
}

pub(super) struct Subscriber {
    pub protocol: String,
    pub signature: String,
    /// There is something to send.
    pub wake: Notify,
    acknowledges: bool,
    place: Mutex<Place>,
}

impl Subscriber {
    pub fn new(project: &str, acknowledges: bool) -> Self {
        let signature = Uuid::new_v4().simple().to_string();
        Self {
            protocol: format!("signalwire_{signature}_{}_{project}", new_id()),
            signature,
            wake: Notify::new(),
            acknowledges,
            place: Mutex::default(),
        }
    }

    /// Whether it may be resumed with this. Clients that keep no state (the Node SDK) are taken too.
    pub fn accepts(&self, authorization_state: Option<&str>) -> bool {
        let place = hold(&self.place);
        authorization_state.is_none_or(|given| place.authorization_states.iter().any(|state| state == given))
    }

    /// A fresh state to come back with. The one before stays good: the client may not have heard of the new one.
    pub fn new_authorization_state(&self) -> String {
        let state = Uuid::new_v4().simple().to_string();
        let mut place = hold(&self.place);
        if place.authorization_states.len() == 2 {
            place.authorization_states.remove(0);
        }
        place.authorization_states.push(state.clone());
        state
    }

    /// A connection begins; the one before ends. What was not acknowledged is to be sent again.
    pub fn attach(&self) -> (u64, mpsc::UnboundedReceiver<Order>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut place = hold(&self.place);
        if let Some(before) = place.orders.replace(sender) {
            // Its task may have ended a moment ago.
            let _ = before.send(Order::Superseded);
        }
        place.connections += 1;
        place.alone_since = None;
        for pending in &mut place.pending {
            pending.sent = false;
        }
        (place.connections, receiver)
    }

    pub fn detach(&self, connection: u64, now: i64) {
        let mut place = hold(&self.place);
        if place.connections == connection {
            place.orders = None;
            place.alone_since = Some(now);
        }
    }

    pub fn order(&self, order: Order) {
        if let Some(orders) = &hold(&self.place).orders {
            // Its task may have ended a moment ago.
            let _ = orders.send(order);
        }
    }

    pub fn is_forgotten(&self, now: i64, after_ms: i64) -> bool {
        hold(&self.place).alone_since.is_some_and(|since| now - since >= after_ms)
    }

    pub fn subscribe(&self, channel: &str, events: &[&str]) {
        let mut place = hold(&self.place);
        place.channels.entry(channel.to_owned()).or_default().extend(events.iter().map(|event| (*event).to_owned()));
    }

    pub fn unsubscribe(&self, channel: &str, events: &[&str]) {
        let mut place = hold(&self.place);
        let Some(wanted) = place.channels.get_mut(channel) else { return };
        wanted.retain(|event| !events.contains(&event.as_str()));
        if wanted.is_empty() {
            place.channels.remove(channel);
        }
    }

    pub fn subscribes_to(&self, channel: &str) -> bool {
        hold(&self.place).channels.contains_key(channel)
    }

    pub fn wants(&self, channel: &str, event: &str) -> bool {
        hold(&self.place).channels.get(channel).is_some_and(|wanted| wanted.contains(event))
    }

    pub fn push(&self, kind: &'static str, event: Value) {
        let id = new_id();
        let frame = request(&id, "signalwire.event", event);
        let mut place = hold(&self.place);
        if place.pending.len() == KEPT {
            place.pending.pop_front();
        }
        place.pending.push_back(Pending { id, kind, frame, sent: false });
        drop(place);
        self.wake.notify_one();
    }

    /// The oldest event that this connection has not been sent.
    pub fn next_unsent(&self) -> Option<(&'static str, Value)> {
        let mut place = hold(&self.place);
        // Sent ones stand in front of unsent ones.
        let next = place.pending.partition_point(|pending| pending.sent);
        let pending = place.pending.get_mut(next)?;
        pending.sent = true;
        let unsent = (pending.kind, pending.frame.clone());
        if !self.acknowledges {
            place.pending.remove(next);
        }
        Some(unsent)
    }

    pub fn acknowledged(&self, id: &str) {
        let mut place = hold(&self.place);
        if let Some(index) = place.pending.iter().position(|pending| pending.sent && pending.id == id) {
            place.pending.remove(index);
        }
    }
}
