//! The executable, run as an operator runs it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    time::timeout,
};

use super::{Failed, Result};
use crate::{Sandbox, clock::pause, discord::Delivery};

const READY: Duration = Duration::from_secs(20);

/// How a Greenroom is set up. It keeps its files and addresses from one start to the next.
pub struct Setup {
    executable: PathBuf,
    home: PathBuf,
    address: String,
    metrics: String,
    env: Vec<(String, String)>,
}

/// One run of it; ends when dropped.
pub struct Greenroom {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    metrics: String,
    /// From the start to the first ready answer.
    pub ready_after: Duration,
}

impl Setup {
    /// Between these stand-ins, in a new folder below `within`, with the limits off that are for people.
    pub async fn new(executable: &Path, sandbox: &Sandbox, within: &Path) -> Result<Self> {
        let executable = std::fs::canonicalize(executable)
            .map_err(|error| Failed::new(format!("{}: {error}; build it first", executable.display())))?;
        let (address, metrics) = (free_address().await?, free_address().await?);
        let home = within.join(uuid::Uuid::new_v4().to_string());
        std::fs::create_dir_all(&home)?;
        let mut env = sandbox.env();
        env.extend(faster_time());
        let own = [
            ("PUBLIC_URL", format!("http://{address}")),
            ("LISTEN_ADDR", address.clone()),
            ("METRICS_ADDR", metrics.clone()),
            ("RATE_LIMITS", "off".into()),
            ("MAX_LIVE_ROOMS_PER_GUILD", "100000".into()),
            ("OPENS_PER_USER", "100000/1s".into()),
            ("RUST_LOG", "off".into()),
        ];
        env.extend(own.map(|(name, value)| (name.to_owned(), value)));
        Ok(Self { executable, home, address, metrics, env })
    }

    /// Where it takes connections.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.join("log")).unwrap_or_default()
    }

    /// Sets a variable of its environment.
    pub fn set(&mut self, variable: &str, value: &str) {
        self.env.retain(|(name, _)| name != variable);
        self.env.push((variable.to_owned(), value.to_owned()));
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&self) -> Result<Greenroom> {
        let begun = Instant::now();
        let log = std::fs::File::options().create(true).append(true).open(self.home.join("log"))?;
        let child = Command::new(&self.executable)
            .env_clear()
            .envs(self.env.iter().cloned())
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let url = format!("http://{}", self.address);
        let ready = async {
            while !reqwest::get(format!("{url}/readyz")).await.is_ok_and(|answer| answer.status().is_success()) {
                pause(Duration::from_millis(2)).await;
            }
        };
        timeout(READY, ready).await.map_err(|_| Failed::new("it does not get ready"))?;
        Ok(Greenroom { child, url, metrics: self.metrics.clone(), ready_after: begun.elapsed() })
    }
}

impl Greenroom {
    /// Waits until Discord knows it: over the gateway, or with `http` by its endpoint.
    pub async fn is_there(&self, sandbox: &Sandbox, http: bool) -> Result<()> {
        if http {
            let delivery = Delivery::Http { url: format!("{}/discord/interactions", self.url) };
            sandbox.discord.deliver(delivery).await.map_err(Failed::new)?;
        }
        let there = async {
            if !http {
                sandbox.discord.gateway_has(1).await;
            }
            let mut changes = sandbox.discord.changes();
            // The sender lives in `sandbox`.
            let _ = changes.wait_for(|_| !sandbox.discord.commands().is_empty()).await;
        };
        timeout(READY, there).await.map_err(|_| Failed::new("Discord does not get to know it"))
    }

    /// `kill -9`.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Its process.
    pub fn id(&self) -> Result<u32> {
        self.child.id().ok_or_else(|| Failed::new("it has ended"))
    }

    pub fn memory_kib(&self) -> Result<u64> {
        memory_kib(self.id()?)
    }

    /// All metrics, in Prometheus' words.
    pub async fn metrics(&self) -> Result<String> {
        Ok(reqwest::get(format!("http://{}/metrics", self.metrics)).await?.text().await?)
    }

    /// Whether it says that it is the one who listens to SignalWire's events.
    pub async fn is_on_duty(&self) -> Result<bool> {
        let state: Value = reqwest::get(format!("http://{}/readyz", self.metrics)).await?.json().await?;
        state["on_duty"].as_bool().ok_or_else(|| Failed::new(format!("not whether it is on duty: {state}")))
    }

    /// One metric by its only label.
    pub async fn metric_by(&self, name: &str, label: &str) -> Result<BTreeMap<String, f64>> {
        let start = format!("{name}{{{label}=\"");
        let metrics = self.metrics().await?;
        let lines = metrics.lines().filter_map(|line| line.strip_prefix(&start)?.split_once("\"} "));
        Ok(lines.filter_map(|(label, value)| Some((label.to_owned(), value.parse().ok()?))).collect())
    }

    /// One metric without labels.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let metrics = self.metrics().await?;
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        line.ok_or_else(|| Failed::new(format!("no metric {name}")))
    }
}

/// What a process has in memory.
pub fn memory_kib(id: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kib.ok_or_else(|| Failed::new("no VmRSS"))
}

/// What makes time run faster here, as libfaketime sets it: both sides live in the same.
fn faster_time() -> impl Iterator<Item = (String, String)> {
    std::env::vars().filter(|(name, _)| name == "LD_PRELOAD" || name.starts_with("FAKETIME"))
}

/// An address nobody listens at.
async fn free_address() -> std::io::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.to_string())
}
