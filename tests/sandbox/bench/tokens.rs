//! Room tokens of Greenroom beside two others: what answers behind it, asked directly, and the least that can stand
//! between. All three take turns, so that whatever else the machine does falls on all.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use sandbox::{
    Sandbox,
    fault::Fault,
    proof::{Figures, Of, Result, memory_kib, quantile, sorted},
};
use serde_json::json;

use super::{
    crowd::Crowd,
    load::{Round, Target},
    relay::{Relay, Upstream, wish},
    report::Report,
    usage,
};

/// The threads that ask, and those that answer for SignalWire.
pub const ASKING: &str = "load";
pub const ANSWERING: &str = "stand-in";
const ROUTE: &str = "POST /api/video/room_tokens";

/// How much of it.
#[derive(Clone, Copy)]
pub struct Plan {
    pub people: u64,
    pub rounds: usize,
    /// Requests in a round, at most.
    pub requests: usize,
    /// A round of few clients and long latency lasts so long at least.
    pub lasts: Duration,
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum System {
    Direct,
    Relay,
    Greenroom,
}

impl System {
    const ALL: [Self; 3] = [Self::Direct, Self::Relay, Self::Greenroom];

    fn name(self) -> &'static str {
        match self {
            Self::Direct => "stand-in",
            Self::Relay => "relay",
            Self::Greenroom => "Greenroom",
        }
    }
}

/// One round of one system.
struct Sample {
    round: Round,
    own: Duration,
    asking: Duration,
    answering: Duration,
    upstream: u64,
}

/// All rounds of one system at one latency with so many clients.
struct Cell {
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
    /// How often, by status.
    refused: BTreeMap<u16, usize>,
}

/// Everything that is running.
pub struct Field<'a> {
    sandbox: &'a Sandbox,
    direct: Target,
    relay: (Relay, Target),
    crowd: Crowd,
}

impl<'a> Field<'a> {
    pub async fn lay(greenroom: &Path, sandbox: &'a Sandbox, home: &Path, people: u64) -> Result<Field<'a>> {
        let env = |name: &str| {
            let all = sandbox.signalwire.env();
            all.into_iter().find(|(is, _)| is == name).map(|(_, value)| value).unwrap_or_default()
        };
        let upstream = Upstream {
            space: env("SIGNALWIRE_SPACE_URL"),
            project: env("SIGNALWIRE_PROJECT_ID"),
            api_token: env("SIGNALWIRE_API_TOKEN"),
        };
        let relay = Relay::start(&upstream).await?;
        let asked = json!({ "room_name": "standup", "user_name": "Person 1" });
        let over_relay = Target::new(relay.address, Arc::new(vec![post("/token", "", &asked.to_string())]));
        let authorization = BASE64.encode(format!("{}:{}", upstream.project, upstream.api_token));
        let authorization = format!("authorization: Basic {authorization}\r\n");
        let wish = wish(&asked["room_name"], &asked["user_name"]).to_string();
        let request = post("/api/video/room_tokens", &authorization, &wish);
        let direct = Target::new(sandbox.signalwire.addr(), Arc::new(vec![request]));
        let crowd = Crowd::gather(greenroom, sandbox, home, 0, people).await?;
        Ok(Self { sandbox, direct, relay: (relay, over_relay), crowd })
    }

    fn own(&self, system: System) -> Result<Duration> {
        match system {
            System::Direct => Ok(Duration::ZERO),
            System::Relay => usage::of_process(self.relay.0.id),
            System::Greenroom => usage::of_process(self.crowd.greenroom.id()?),
        }
    }

    async fn round(&mut self, system: System, clients: usize, requests: usize) -> Result<Sample> {
        self.crowd.stay().await?;
        let target = match system {
            System::Direct => &self.direct,
            System::Relay => &self.relay.1,
            System::Greenroom => &self.crowd.target,
        };
        self.sandbox.signalwire.faults().forget();
        let before = (self.own(system)?, usage::of_threads(ASKING)?, usage::of_threads(ANSWERING)?);
        let round = target.as_fast_as_can_be(clients, requests).await?;
        let since = |now: Duration, before: Duration| now.saturating_sub(before);
        Ok(Sample {
            own: since(self.own(system)?, before.0),
            asking: since(usage::of_threads(ASKING)?, before.1),
            answering: since(usage::of_threads(ANSWERING)?, before.2),
            upstream: self.sandbox.signalwire.counts().values().sum(),
            round,
        })
    }
}

fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{headers}\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

pub async fn run(greenroom: &Path, sandbox: &Sandbox, home: &Path, plan: Plan, report: &mut Report) -> Result<()> {
    let mut field = Field::lay(greenroom, sandbox, home, plan.people).await?;
    for system in [System::Relay, System::Greenroom, System::Direct] {
        // The first requests make connections and fill caches.
        field.round(system, 64, plan.people as usize).await?;
    }
    let mut cells = Vec::new();
    for latency in [0, 20, 100].map(Duration::from_millis) {
        sandbox.signalwire.faults().clear();
        if !latency.is_zero() {
            sandbox.signalwire.faults().always(ROUTE, Fault::Latency(latency));
        }
        for clients in [1, 64, 512] {
            cells.extend(compare(&mut field, plan, latency, clients).await?);
        }
    }
    sandbox.signalwire.faults().clear();
    report.tokens(cells.iter().map(Cell::row).collect());
    let mut figures = Figures::of(format!(
        "Room tokens beside a bare relay, {} people in {} servers, {} rounds in turn",
        plan.people,
        super::crowd::SERVERS,
        plan.rounds
    ));
    for of_three in cells.chunks_exact(3) {
        judge(&mut figures, &of_three[1], &of_three[2]);
    }
    let (own, bare) = (field.crowd.greenroom.memory_kib()?, memory_kib(field.relay.0.id)?);
    let of = |kib: u64| kib as f64 / 1024.0;
    figures.note(format!(
        "memory after all of it: Greenroom {:.1} MiB ({:.1} MiB when idle), relay {:.1} MiB",
        of(own),
        of(field.crowd.idle_kib),
        of(bare)
    ));
    report.add(&figures);
    Ok(())
}

async fn compare(field: &mut Field<'_>, plan: Plan, latency: Duration, clients: usize) -> Result<Vec<Cell>> {
    let mut requests = plan.requests.max(clients * 2);
    if !latency.is_zero() {
        let fit = (plan.lasts.as_secs_f64() * clients as f64 / latency.as_secs_f64()) as usize;
        requests = requests.min(fit.max(clients * 2).max(10));
    }
    let mut cells = System::ALL.map(|system| Cell::new(latency, clients, system));
    for round in 0..plan.rounds {
        let mut order = [0, 1, 2];
        order.rotate_left(round % 3);
        for place in order {
            let sample = field.round(System::ALL[place], clients, requests).await?;
            cells[place].add(sample);
        }
    }
    Ok(cells.into_iter().map(Cell::done).collect())
}

/// What the two have to do with each other.
fn judge(figures: &mut Figures, relay: &Cell, own: &Cell) {
    let (ms, clients) = (own.latency.as_millis(), own.clients);
    let at = format!("at {ms} ms, {clients} at once");
    let ratio = median(own.per_second.iter().zip(&relay.per_second).map(|(own, relay)| own / relay));
    let dearer = median(own.own.iter().zip(&relay.own).map(|(own, relay)| own / relay));
    figures.at_most(Of::Structure, &format!("calls upstream for a token {at}"), own.upstream, 1.0);
    if clients > 64 {
        figures.note(format!("{at}: {ratio:.2} x the relay's tokens/s, {dearer:.2} x its processor time"));
        return;
    }
    let least = if ms == 0 { 0.7 } else { 0.95 };
    figures.at_least(Of::Speed, &format!("tokens/s beside the relay {at}"), ratio, least);
    if ms > 0 {
        let more = quantile(&own.took, 0.5) - quantile(&relay.took, 0.5);
        figures.at_most(Of::Speed, &format!("p50 beyond the relay's, ms, {at}"), more, 1.0);
        let longer = quantile(&own.took, 0.99) / quantile(&relay.took, 0.99);
        figures.at_most(Of::Speed, &format!("p99 beside the relay's {at}"), longer, 1.3);
    }
    // The machine counts in hundredths of a second: of few requests that says nothing.
    if clients == 64 {
        figures.at_most(Of::Speed, &format!("processor time beside the relay's {at}"), dearer, 1.6);
    }
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    quantile(&sorted(values.collect()), 0.5)
}

impl Cell {
    fn new(latency: Duration, clients: usize, system: System) -> Self {
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
            refused: BTreeMap::new(),
        }
    }

    fn add(&mut self, Sample { round, own, asking, answering, upstream }: Sample) {
        let tokens = round.micros.len().max(1) as f64;
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        self.per_second.push(round.per_second());
        self.own.push(micros(own) / tokens);
        self.samples += round.micros.len();
        self.asking += micros(asking);
        self.answering += micros(answering);
        self.upstream += upstream as f64;
        for (status, times) in round.refused {
            *self.refused.entry(status).or_default() += times;
        }
        self.took.extend(round.micros.into_iter().map(|micros| f64::from(micros) / 1000.0));
    }

    /// For one token.
    fn done(mut self) -> Self {
        let tokens = self.samples.max(1) as f64;
        self.asking /= tokens;
        self.answering /= tokens;
        self.upstream /= tokens;
        self.took = sorted(self.took);
        self
    }

    fn row(&self) -> serde_json::Value {
        let at = |share| quantile(&self.took, share);
        json!({
            "latency_ms": self.latency.as_millis() as u64, "clients": self.clients, "system": self.system.name(),
            "per_second": median(self.per_second.iter().copied()),
            "p50_ms": at(0.5), "p99_ms": at(0.99), "p999_ms": at(0.999),
            "own_us": median(self.own.iter().copied()), "stand_in_us": self.answering, "asking_us": self.asking,
            "upstream": self.upstream, "tokens": self.samples, "refused": self.refused,
        })
    }
}
