//! What a stand-in was asked and answered, for assertions and for the schema check.

use std::collections::{BTreeMap, VecDeque};

use axum::http::{HeaderMap, Method, StatusCode, header::CONTENT_TYPE};
use bytes::Bytes;
use serde_json::Value;

/// Requests remembered; load tests make far more.
const REMEMBERED: usize = 10_000;

/// Bodies beyond this are not kept: the schema check has no use for them, and 10,000 are remembered.
const BODY_KEPT: usize = 1024 * 1024;

/// One request and what was answered. Headers are not kept: they hold credentials.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: Method,
    /// The route's pattern, such as `/api/video/rooms/{id}`; the path itself where nothing matched.
    pub route: String,
    pub path: String,
    pub query: Option<String>,
    /// Milliseconds since 1970-01-01 UTC, by the stand-in's clock.
    pub at: i64,
    /// Not there (yet) when the request hangs or its connection was closed.
    pub status: Option<u16>,
    /// The type of the request's body, without parameters.
    pub content_type: Option<String>,
    /// The request's JSON, else null.
    pub request: Value,
    /// The answer's JSON, else null.
    pub response: Value,
    /// Whether a fault answered, rather than the stand-in.
    pub faulted: bool,
}

/// A request as it comes in.
pub(super) struct Arrival {
    pub method: Method,
    pub route: String,
    pub path: String,
    pub query: Option<String>,
    pub at: i64,
    pub content_type: Option<String>,
    pub body: Bytes,
}

struct Record {
    arrival: Arrival,
    status: Option<u16>,
    response: Bytes,
    faulted: bool,
}

/// The newest requests. Bodies are parsed only when somebody looks, so that load tests do not pay for it.
#[derive(Default)]
pub(super) struct Log {
    records: VecDeque<Record>,
    /// The number of `records[0]`.
    first: u64,
    counts: BTreeMap<(String, String), u64>,
}

impl Log {
    pub fn arrived(&mut self, mut arrival: Arrival) -> u64 {
        let route = (arrival.method.to_string(), arrival.route.clone());
        *self.counts.entry(route).or_default() += 1;
        if arrival.body.len() > BODY_KEPT {
            arrival.body = Bytes::new();
        }
        if self.records.len() == REMEMBERED {
            self.records.pop_front();
            self.first += 1;
        }
        self.records.push_back(Record { arrival, status: None, response: Bytes::new(), faulted: false });
        self.first + self.records.len() as u64 - 1
    }

    pub fn answered(&mut self, number: u64, status: StatusCode, body: Option<Bytes>, faulted: bool) {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        let Some(record) = place.and_then(|place| self.records.get_mut(place)) else { return };
        record.status = Some(status.as_u16());
        record.faulted = faulted;
        record.response = body.filter(|body| body.len() <= BODY_KEPT).unwrap_or_default();
    }

    pub fn arrivals(&self, wanted: impl Fn(&Method, &str) -> bool) -> usize {
        self.records.iter().filter(|record| wanted(&record.arrival.method, &record.arrival.path)).count()
    }

    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.counts.iter().map(|((method, route), times)| (format!("{method} {route}"), *times)).collect()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.records.iter().map(Record::seen).collect()
    }

    pub fn forget(&mut self) {
        self.first += self.records.len() as u64;
        self.records.clear();
        self.counts.clear();
    }
}

impl Record {
    fn seen(&self) -> Seen {
        let Arrival { method, route, path, query, at, content_type, body } = &self.arrival;
        Seen {
            method: method.clone(),
            route: route.clone(),
            path: path.clone(),
            query: query.clone(),
            at: *at,
            status: self.status,
            content_type: content_type.clone(),
            request: json(body),
            response: json(&self.response),
            faulted: self.faulted,
        }
    }
}

fn json(bytes: &Bytes) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// The media type a message says it has, without parameters.
pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
}
