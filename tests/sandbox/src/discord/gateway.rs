//! The gateway: sessions that hear of everything they asked for, and can be taken up again.
//! <https://discord.com/developers/docs/topics/gateway>
//!
//! Comes in: [`Event`]s, in the order in which they happened. Goes out: dispatches, numbered per session and kept
//! for a while, so that a resumed connection gets what it missed.

mod connection;
mod packing;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard},
};

use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};

pub(super) use connection::upgrade;

use super::{
    Options, secrets,
    state::{Event, intent},
};
use crate::fault::hold;

/// Dispatches kept per session; who missed more must identify anew.
const KEPT: usize = 10_000;

/// Sessions kept without a connection.
const SESSIONS_MAX: usize = 64;

/// Between two IDENTIFYs of one bucket. <https://discord.com/developers/docs/events/gateway#rate-limiting>
const IDENTIFY_EVERY_MS: i64 = 5000;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// An IDENTIFY that was in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identified {
    pub shard: u64,
    pub shards: u64,
    /// Unix milliseconds, by the stand-in's clock.
    pub at: i64,
    /// Answered with "invalid session", for its bucket had another less than five seconds before.
    pub too_soon: bool,
}

/// What all connections are told at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Opcode 7: come back and resume.
    Reconnect,
    /// Opcode 9: the session is over, or, where true, may be resumed.
    Invalidate(bool),
    /// Close with this code.
    Close(u16),
}

/// A dispatch as it was numbered for one session.
#[derive(Clone, Debug)]
struct Dispatch {
    seq: u64,
    kind: &'static str,
    data: Value,
}

impl Dispatch {
    fn frame(&self) -> String {
        json!({ "op": 0, "s": self.seq, "t": self.kind, "d": self.data }).to_string()
    }
}

/// What one IDENTIFY began.
struct Session {
    shard: (u64, u64),
    intents: u64,
    seq: u64,
    kept: VecDeque<Dispatch>,
    /// Counts connections; an older one must go.
    connection: u64,
    is_connected: bool,
    is_resumable: bool,
    /// Counts dispatches, to wake the connection.
    news: watch::Sender<u64>,
}

impl Session {
    fn add(&mut self, kind: &'static str, data: Value) {
        self.seq += 1;
        self.kept.push_back(Dispatch { seq: self.seq, kind, data });
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        self.news.send_replace(self.seq);
    }

    fn wants(&self, event: &Event) -> bool {
        let shard = event.guild.map_or(0, |guild| (guild.0 >> 22) % self.shard.1.max(1));
        shard == self.shard.0 && (event.intent == intent::NONE || self.intents & event.intent != 0)
    }
}

/// A day's IDENTIFYs. When a day begins isn't documented; here, with the first one that is asked about.
#[derive(Default)]
struct Day {
    /// Unix milliseconds.
    until: i64,
    spent: u32,
}

/// All sessions.
pub struct Gateway {
    sessions: Mutex<HashMap<String, Session>>,
    identified: Mutex<Vec<Identified>>,
    day: Mutex<Day>,
    resumed: Mutex<u32>,
    refusal: Mutex<Option<u16>>,
    refused: Mutex<u32>,
    orders: broadcast::Sender<Order>,
    /// How many connections have a session.
    connected: watch::Sender<usize>,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            sessions: Mutex::default(),
            identified: Mutex::default(),
            day: Mutex::default(),
            resumed: Mutex::default(),
            refusal: Mutex::default(),
            refused: Mutex::default(),
            orders: broadcast::Sender::new(16),
            connected: watch::Sender::new(0),
        }
    }
}

impl Gateway {
    /// Tells whoever wants to hear it.
    pub fn dispatch(&self, event: &Event) {
        for session in hold(&self.sessions).values_mut().filter(|session| session.wants(event)) {
            session.add(event.kind, event.data.clone());
        }
    }

    /// How many IDENTIFYs are left today, and the milliseconds until there are all of them again.
    pub fn identifies_left(&self, options: &Options, now: i64) -> (u32, i64) {
        let day = self.day(now);
        (options.identifies_per_day.saturating_sub(day.spent), day.until - now)
    }

    /// Somebody else with the token uses up what is left today, which is over `until` then.
    pub fn use_up_identifies(&self, until: i64) {
        *hold(&self.day) = Day { until, spent: u32::MAX };
    }

    fn day(&self, now: i64) -> MutexGuard<'_, Day> {
        let mut day = hold(&self.day);
        if now >= day.until {
            *day = Day { until: now + DAY_MS, spent: 0 };
        }
        day
    }

    /// Every IDENTIFY that was in order, the first one first.
    pub fn identified(&self) -> Vec<Identified> {
        hold(&self.identified).clone()
    }

    /// How many sessions were taken up again.
    pub fn resumed(&self) -> u32 {
        *hold(&self.resumed)
    }

    /// The shards that are connected, each as often as it is.
    pub fn shards(&self) -> Vec<(u64, u64)> {
        let sessions = hold(&self.sessions);
        let mut shards: Vec<_> =
            sessions.values().filter(|session| session.is_connected).map(|session| session.shard).collect();
        shards.sort_unstable();
        shards
    }

    /// Counts an IDENTIFY, and says whether it comes too soon.
    fn count_identify(&self, (shard, shards): (u64, u64), concurrency: u32, at: i64) -> bool {
        self.day(at).spent += 1;
        let bucket = |shard: u64| shard % u64::from(concurrency.max(1));
        let mut identified = hold(&self.identified);
        let last = identified.iter().rev().find(|last| bucket(last.shard) == bucket(shard));
        let too_soon = last.is_some_and(|last| at - last.at < IDENTIFY_EVERY_MS);
        identified.push(Identified { shard, shards, at, too_soon });
        too_soon
    }

    pub(super) fn order(&self, order: Order) {
        if order == Order::Invalidate(false) {
            hold(&self.sessions).clear();
        }
        // Nobody connected needs no orders.
        let _ = self.orders.send(order);
    }

    /// From now on none of these sessions can be taken up again. Who is connected goes on.
    pub fn forget(&self) {
        let mut sessions = hold(&self.sessions);
        sessions.retain(|_, session| session.is_connected);
        sessions.values_mut().for_each(|session| session.is_resumable = false);
    }

    /// Closes each new connection's IDENTIFY and RESUME with this code.
    pub fn refuse(&self, code: Option<u16>) {
        *hold(&self.refusal) = code;
    }

    /// How many were closed so.
    pub fn refused(&self) -> u32 {
        *hold(&self.refused)
    }

    fn refusal(&self) -> Option<u16> {
        let refusal = *hold(&self.refusal);
        *hold(&self.refused) += u32::from(refusal.is_some());
        refusal
    }

    /// Connections that are past IDENTIFY or RESUME.
    pub fn connected(&self) -> watch::Receiver<usize> {
        self.connected.subscribe()
    }

    /// A new session with what it hears first.
    fn identify(&self, shard: (u64, u64), intents: u64, first: impl FnOnce(&str) -> Vec<Event>) -> Attached {
        // No secret: nobody resumes with it who lacks the bot's token.
        let id = secrets::text(32);
        let mut session = Session {
            shard,
            intents,
            seq: 0,
            kept: VecDeque::new(),
            connection: 1,
            is_connected: true,
            is_resumable: true,
            news: watch::Sender::new(0),
        };
        for event in first(&id) {
            if session.wants(&event) {
                session.add(event.kind, event.data);
            }
        }
        let news = session.news.subscribe();
        let mut sessions = hold(&self.sessions);
        if sessions.len() >= SESSIONS_MAX {
            sessions.retain(|_, session| session.is_connected);
        }
        sessions.insert(id.clone(), session);
        self.count(&sessions);
        Attached { id, connection: 1, sent: 0, news }
    }

    /// Takes a session up behind `seq`.
    fn resume(&self, id: &str, seq: u64) -> Result<Attached, Unresumable> {
        let mut sessions = hold(&self.sessions);
        let session = sessions.get_mut(id).filter(|session| session.is_resumable).ok_or(Unresumable::Unknown)?;
        if seq > session.seq {
            return Err(Unresumable::BadSequence);
        }
        let oldest = session.kept.front().map_or(session.seq + 1, |dispatch| dispatch.seq);
        if seq + 1 < oldest {
            return Err(Unresumable::Unknown);
        }
        session.connection += 1;
        session.is_connected = true;
        session.add("RESUMED", json!({}));
        *hold(&self.resumed) += 1;
        let attached =
            Attached { id: id.to_owned(), connection: session.connection, sent: seq, news: session.news.subscribe() };
        self.count(&sessions);
        Ok(attached)
    }

    /// What `attached` has not sent yet; none when it is not its session any more.
    fn unsent(&self, attached: &Attached) -> Option<Vec<Dispatch>> {
        let sessions = hold(&self.sessions);
        let session = sessions.get(&attached.id).filter(|session| session.connection == attached.connection)?;
        Some(session.kept.iter().filter(|dispatch| dispatch.seq > attached.sent).cloned().collect())
    }

    /// The connection is over; with a polite goodbye the session is too.
    fn leave(&self, attached: &Attached, is_goodbye: bool) {
        let mut sessions = hold(&self.sessions);
        if let Some(session) = sessions.get_mut(&attached.id)
            && session.connection == attached.connection
        {
            session.is_connected = false;
            if is_goodbye || !session.is_resumable {
                sessions.remove(&attached.id);
            }
        }
        self.count(&sessions);
    }

    fn count(&self, sessions: &HashMap<String, Session>) {
        self.connected.send_replace(sessions.values().filter(|session| session.is_connected).count());
    }
}

/// A connection's hold on its session.
struct Attached {
    id: String,
    connection: u64,
    /// The last dispatch it sent.
    sent: u64,
    news: watch::Receiver<u64>,
}

/// Why a session cannot be taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unresumable {
    Unknown,
    BadSequence,
}
