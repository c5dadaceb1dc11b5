//! What was found of one system at one latency with so many clients, and what two of them have to do with each other.

use std::{collections::BTreeMap, time::Duration};

use sandbox::proof::{Figures, Of, quantile, sorted};
use serde_json::{Value, json};

use super::load::Round;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum System {
    Direct,
    Relay,
    Greenroom,
}

impl System {
    pub const ALL: [Self; 3] = [Self::Direct, Self::Relay, Self::Greenroom];

    fn name(self) -> &'static str {
        match self {
            Self::Direct => "stand-in",
            Self::Relay => "relay",
            Self::Greenroom => "Greenroom",
        }
    }
}

/// One round of one system.
pub struct Sample {
    pub round: Round,
    pub own: Duration,
    pub asking: Duration,
    pub answering: Duration,
    pub upstream: u64,
    /// After the round. What stands in for SignalWire lives in the process that asks, and has none of its own.
    pub memory_kib: Option<u64>,
}

/// All rounds of one system at one latency with so many clients.
pub struct Cell {
    latency: Duration,
    clients: usize,
    system: System,
    per_second: Vec<f64>,
    /// Microseconds of its own for one token, round by round.
    own: Vec<f64>,
    samples: usize,
    /// Milliseconds, smallest first.
    took: Vec<f64>,
    asking: f64,
    answering: f64,
    upstream: f64,
    /// MiB, round by round.
    memory: Vec<f64>,
    /// How often, by status.
    refused: BTreeMap<u16, usize>,
}

impl Cell {
    pub fn new(latency: Duration, clients: usize, system: System) -> Self {
        Self {
            latency,
            clients,
            system,
            per_second: Vec::new(),
            own: Vec::new(),
            samples: 0,
            took: Vec::new(),
            asking: 0.0,
            answering: 0.0,
            upstream: 0.0,
            memory: Vec::new(),
            refused: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, Sample { round, own, asking, answering, upstream, memory_kib }: Sample) {
        let tokens = round.micros.len().max(1) as f64;
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        self.per_second.push(round.per_second());
        self.own.push(micros(own) / tokens);
        self.samples += round.micros.len();
        self.asking += micros(asking);
        self.answering += micros(answering);
        self.upstream += upstream as f64;
        self.memory.extend(memory_kib.map(|kib| kib as f64 / 1024.0));
        for (status, times) in round.refused {
            *self.refused.entry(status).or_default() += times;
        }
        self.took.extend(round.micros.into_iter().map(|micros| f64::from(micros) / 1000.0));
    }

    /// For one token.
    pub fn done(mut self) -> Self {
        let tokens = self.samples.max(1) as f64;
        self.asking /= tokens;
        self.answering /= tokens;
        self.upstream /= tokens;
        self.took = sorted(self.took);
        self
    }

    fn at(&self, share: f64) -> f64 {
        quantile(&self.took, share)
    }

    pub fn row(&self) -> Value {
        json!({
            "latency_ms": self.latency.as_millis() as u64, "clients": self.clients, "system": self.system.name(),
            "per_second": median(self.per_second.iter().copied()),
            "p50_ms": self.at(0.5), "p99_ms": self.at(0.99), "p999_ms": self.at(0.999),
            "own_us": median(self.own.iter().copied()), "stand_in_us": self.answering, "asking_us": self.asking,
            "memory_mib": (!self.memory.is_empty()).then(|| median(self.memory.iter().copied())),
            "upstream": self.upstream, "tokens": self.samples, "refused": self.refused,
        })
    }
}

/// How many times as much Greenroom has of everything as the relay. Rates and processor time are compared round by round.
pub struct Beside {
    latency: Duration,
    clients: usize,
    per_second: f64,
    p50: f64,
    p99: f64,
    p999: f64,
    own: f64,
    memory: f64,
    upstream: f64,
}

impl Beside {
    pub fn of(relay: &Cell, own: &Cell) -> Self {
        let by_round = |own: &[f64], relay: &[f64]| median(own.iter().zip(relay).map(|(own, relay)| own / relay));
        let at = |share| own.at(share) / relay.at(share);
        Self {
            latency: own.latency,
            clients: own.clients,
            per_second: by_round(&own.per_second, &relay.per_second),
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            own: by_round(&own.own, &relay.own),
            memory: by_round(&own.memory, &relay.memory),
            upstream: own.upstream / relay.upstream,
        }
    }

    pub fn row(&self) -> Value {
        json!({
            "latency_ms": self.latency.as_millis() as u64, "clients": self.clients, "per_second": self.per_second,
            "p50": self.p50, "p99": self.p99, "p999": self.p999, "own": self.own, "memory": self.memory,
            "upstream": self.upstream,
        })
    }

    /// Which limits are kept; 512 at once are more than any was set for.
    pub fn judge(&self, figures: &mut Figures, relay: &Cell, own: &Cell) {
        let (ms, clients) = (self.latency.as_millis(), self.clients);
        let at = format!("at {ms} ms, {clients} at once");
        figures.at_most(Of::Structure, &format!("calls upstream for a token {at}"), own.upstream, 1.0);
        let refused = own.refused.values().chain(relay.refused.values()).sum::<usize>();
        figures.at_most(Of::Speed, &format!("refused {at}"), refused as f64, 0.0);
        if clients > 64 {
            return;
        }
        let least = if ms == 0 { 0.7 } else { 0.95 };
        figures.at_least(Of::Speed, &format!("tokens/s beside the relay {at}"), self.per_second, least);
        if ms > 0 {
            let more = own.at(0.5) - relay.at(0.5);
            figures.at_most(Of::Speed, &format!("p50 beyond the relay's, ms, {at}"), more, 1.0);
            figures.at_most(Of::Speed, &format!("p99 beside the relay's {at}"), self.p99, 1.3);
        }
        // One client that waits asks for few tokens: what a process does by itself meanwhile would count as theirs.
        if clients == 64 || ms == 0 {
            figures.at_most(Of::Speed, &format!("processor time beside the relay's {at}"), self.own, 1.6);
        }
    }
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    quantile(&sorted(values.collect()), 0.5)
}
