//! Room tokens of Greenroom beside two others: what answers behind it, asked directly, and the least that can stand
//! between. All three take turns, so that whatever else the machine does falls on all.

use std::{path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use sandbox::{
    Sandbox,
    fault::Fault,
    proof::{Figures, Result, memory_kib},
};
use serde_json::json;

use super::{
    cell::{Beside, Cell, Sample, System},
    crowd::{Crowd, Rooms, SERVERS},
    load::Target,
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
        let crowd = Crowd::gather(greenroom, sandbox, home, Rooms { known: SERVERS, live: SERVERS }, people).await?;
        Ok(Self { sandbox, direct, relay: (relay, over_relay), crowd })
    }

    /// Its process; what answers for SignalWire has none of its own.
    fn process(&self, system: System) -> Result<Option<u32>> {
        match system {
            System::Direct => Ok(None),
            System::Relay => Ok(Some(self.relay.0.id)),
            System::Greenroom => self.crowd.greenroom.id().map(Some),
        }
    }

    async fn round(&mut self, system: System, clients: usize, requests: usize) -> Result<Sample> {
        self.crowd.stay().await?;
        let process = self.process(system)?;
        self.sandbox.signalwire.faults().forget();
        let took = || -> Result<_> {
            let own = process.map(usage::of_process).transpose()?;
            Ok((own, usage::of_threads(ASKING)?, usage::of_threads(ANSWERING)?))
        };
        let before = took()?;
        let round = match system {
            System::Direct => self.direct.as_fast_as_can_be(clients, requests).await?,
            System::Relay => self.relay.1.as_fast_as_can_be(clients, requests).await?,
            System::Greenroom => self.crowd.ask(clients, requests).await?,
        };
        let after = took()?;
        Ok(Sample {
            own: after.0.zip(before.0).map_or(Duration::ZERO, |(after, before)| after.since(&before)),
            asking: after.1.since(&before.1),
            answering: after.2.since(&before.2),
            upstream: self.sandbox.signalwire.counts().values().sum(),
            memory_kib: process.map(memory_kib).transpose()?,
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
    let beside: Vec<Beside> = cells.chunks_exact(3).map(|of_three| Beside::of(&of_three[1], &of_three[2])).collect();
    report.tokens(cells.iter().map(Cell::row).collect(), beside.iter().map(Beside::row).collect());
    let mut figures = Figures::of(format!(
        "Room tokens beside a bare relay, {} people in {} servers, {} rounds in turn",
        plan.people, SERVERS, plan.rounds
    ));
    for (of_three, beside) in cells.chunks_exact(3).zip(&beside) {
        beside.judge(&mut figures, &of_three[1], &of_three[2]);
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
        // Before any of the three, so that all find the machine alike.
        field.crowd.rest(requests).await;
        let mut order = [0, 1, 2];
        order.rotate_left(round % 3);
        for place in order {
            let sample = field.round(System::ALL[place], clients, requests).await?;
            cells[place].add(sample);
        }
    }
    Ok(cells.into_iter().map(Cell::done).collect())
}
