//! The running process, asked over HTTP as a balancer asks it: on METRICS_ADDR it names its parts.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use http::StatusCode;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Finding, Section, database, since};
use crate::{
    call::serve,
    cli::question::{self, Proxies},
    config, words,
};

/// It asks its database for two seconds at most.
const WITHIN: Duration = Duration::from_secs(5);

/// Where it was asked, and what it said.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    /// The variable whose address answered.
    pub asked: &'static str,
    address: SocketAddr,
    answer: Answer,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// Nothing listens there, or it says nothing.
    Silence,
    /// Not as Greenroom answers.
    Strange,
    /// The public listener's: ready or not.
    Ready(bool),
    Parts(Readiness),
}

/// As `call::metrics` tells it, now and in other versions.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Readiness {
    ready: bool,
    version: Option<String>,
    started_at: Option<i64>,
    process: Option<String>,
    on_duty: Option<bool>,
    parts: BTreeMap<String, Part>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Part {
    state: String,
    why: Option<String>,
    since: Option<i64>,
    quiet_ms: Option<i64>,
    until: Option<i64>,
}

pub(super) async fn ask(web: &config::Web) -> Told {
    if let Some(address) = web.metrics_addr {
        let answer = ask_for_parts(address).await;
        let told = Told { asked: "METRICS_ADDR", address, answer };
        // It may have been started before the variable was set.
        return match told.answer {
            Answer::Silence => Some(ask_whether_ready(web.listen_addr).await).filter(Told::speaks).unwrap_or(told),
            _ => told,
        };
    }
    ask_whether_ready(web.listen_addr).await
}

async fn ask_for_parts(address: SocketAddr) -> Answer {
    match get(address).await {
        Some(answer) => serde_json::from_slice(&answer.body).map_or(Answer::Strange, Answer::Parts),
        None => Answer::Silence,
    }
}

async fn ask_whether_ready(address: SocketAddr) -> Told {
    let answer = match get(address).await {
        Some(answer) => match (answer.status, &*answer.body) {
            (StatusCode::OK, b"ready\n") => Answer::Ready(true),
            (StatusCode::SERVICE_UNAVAILABLE, b"not ready\n") => Answer::Ready(false),
            _ => Answer::Strange,
        },
        None => Answer::Silence,
    };
    Told { asked: "LISTEN_ADDR", address, answer }
}

async fn get(address: SocketAddr) -> Option<question::Answer> {
    let url = Url::parse(&format!("http://{}/readyz", serve::from_here(address))).ok()?;
    question::get(url, WITHIN, Proxies::None).await.ok()
}

impl Told {
    /// A Greenroom answered.
    fn speaks(&self) -> bool {
        matches!(self.answer, Answer::Ready(_) | Answer::Parts(_))
    }

    /// Who it is in the database, where it said so.
    pub fn process(&self) -> Option<&str> {
        match &self.answer {
            Answer::Parts(Readiness { process, .. }) => process.as_deref(),
            _ => None,
        }
    }

    pub fn section(&self, web: &config::Web, database: &database::Told, now: i64) -> Section {
        let at = format!("{} ({})", serve::from_here(self.address), self.asked);
        let findings = match &self.answer {
            Answer::Silence => vec![self.silence(&at, database)],
            Answer::Strange => vec![Finding::problem(
                format!("what answers at {at} is no Greenroom"),
                "Is that address another program's? Then give Greenroom another one, and restart it.",
            )],
            Answer::Ready(ready) => {
                let mut findings = vec![is_ready(*ready, &at)];
                findings.push(match web.metrics_addr {
                    Some(address) => Finding::problem(
                        format!("nothing answers at {} (METRICS_ADDR)", serve::from_here(address)),
                        "It was started before METRICS_ADDR was set so: restart it, and its parts are named here.",
                    ),
                    None => Finding::hint(
                        "its parts are not named: METRICS_ADDR is off",
                        "Set METRICS_ADDR, such as 127.0.0.1:9090, and restart it.",
                    ),
                });
                findings
            }
            Answer::Parts(readiness) => readiness.findings(&at, now),
        };
        Section { title: "Process", findings }
    }

    fn silence(&self, at: &str, database: &database::Told) -> Finding {
        let mend = if database.is_served() {
            "But a process serves from the database below. If it runs here, it was started with another address, or \
             hangs: restart it."
        } else {
            "Greenroom does not run. Start it, or see why it ended: systemctl status greenroom; journalctl -u greenroom \
             -n 20"
        };
        Finding::problem(format!("nothing answers at {at}"), mend)
    }
}

fn is_ready(ready: bool, at: &str) -> Finding {
    if ready {
        return Finding::ok(format!("it is ready at {at}"));
    }
    Finding::problem(
        format!("it is not ready at {at}"),
        "It is about to stop, or its database does not answer: see below, and the last lines of its log.",
    )
}

impl Readiness {
    fn findings(&self, at: &str, now: i64) -> Vec<Finding> {
        let mut findings = vec![is_ready(self.ready, at)];
        let runs = self.started_at.map(|started_at| format!("it has run for {}", since(started_at, now)));
        let version = self.version.as_deref().map(words::clean).unwrap_or_default();
        findings.extend(runs.map(|runs| match &*version {
            "" => Finding::ok(runs),
            env!("CARGO_PKG_VERSION") => Finding::ok(format!("{runs}, version {version}")),
            _ => Finding::hint(
                format!("{runs}, version {version}; this program is {}", env!("CARGO_PKG_VERSION")),
                "Restart it, so that the installed version runs.",
            ),
        }));
        findings.extend(self.parts.iter().map(|(name, part)| part.finding(name, now)));
        findings.extend(self.on_duty.map(|on_duty| {
            Finding::ok(if on_duty {
                "on duty: it records what happens in rooms"
            } else {
                "not on duty: another process records what happens in rooms, see below"
            })
        }));
        findings
    }
}

impl Part {
    fn finding(&self, name: &str, now: i64) -> Finding {
        let (name, state) = (words::clean(name), words::clean(&self.state));
        let why = self.why.as_deref().map(|why| format!(": {}", words::clean(why))).unwrap_or_default();
        let spoke = match (self.until, self.quiet_ms, self.since) {
            (Some(until), ..) => format!(", for {} more", since(now, until)),
            (None, Some(quiet), _) => format!(", last heard of {} ago", since(0, quiet)),
            (None, None, Some(then)) if name == "video_rest" => format!(", last asked {} ago", since(then, now)),
            (None, None, Some(then)) => format!(", for {}", since(then, now)),
            (None, None, None) => String::new(),
        };
        let says = format!("{name}: {state}{spoke}{why}");
        if !["down", "refused", "stopping", "waiting"].contains(&&*state) {
            return Finding::ok(says);
        }
        Finding::problem(says, mend(&name, &state))
    }
}

/// What to do about a part that is not well.
fn mend(part: &str, state: &str) -> &'static str {
    match (part, state) {
        ("listener", "stopping") => "It has been told to stop. If nothing else starts it again, start it.",
        ("listener", _) => "It takes no connections: look for errors in its log, such as too many open files.",
        ("database", _) => "See what stands under Database below, and at the database's own log.",
        ("gateway", "waiting") => {
            "It goes on by itself; commands may go unanswered until it does. Sessions are used up by restarts, one after \
             another, and by whatever else uses this bot's token."
        }
        ("gateway", _) => {
            "Its log says what Discord answers. A wrong token or intents, no sessions left, or no way out of this machine: \
             see greenroom check."
        }
        ("relay", "refused") => {
            "Mend SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN (with the Video scope), then restart it."
        }
        ("relay", _) => {
            "It is tried again by itself. May this machine open WebSockets to SIGNALWIRE_RELAY_URL? Until then joins and \
             leaves show up to 30 s late, and nobody can be removed from a call."
        }
        ("video_rest", _) => "See SignalWire's status page, and greenroom check, which asks it.",
        _ => "Its log says more.",
    }
}
