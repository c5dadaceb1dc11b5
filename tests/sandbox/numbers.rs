//! `make numbers`: figures of the executable as it ships, between the stand-ins, on this machine.
//!
//! In: the executable. Out: lines of text. Its own time is what its metrics say; the stand-ins beside it are debug
//! builds and busy too, so only that is told.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Parser;
use sandbox::{
    Options, Sandbox,
    clock::pause,
    fault::Fault,
    proof::{Greenroom, Setup},
};

const STARTS: usize = 7;
/// How long nothing happens before memory is looked at.
const IDLE: Duration = Duration::from_secs(5);
const PER_SECOND: u32 = 200;
const SECONDS: u32 = 5;
const TOKENS: usize = 200;

/// Figures of a greenroom executable.
#[derive(Parser)]
#[command(name = "numbers")]
struct Flags {
    #[arg(default_value = "target/release/greenroom")]
    greenroom: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let home = tempfile::tempdir()?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let sandbox = Sandbox::start(Options::default()).await?;
        starts.push(Setup::new(&flags.greenroom, &sandbox, home.path()).await?.start().await?.ready_after);
    }
    starts.sort_unstable();
    println!("ready after the start: median {:?} of {STARTS}, at most {:?}", starts[STARTS / 2], starts[STARTS - 1]);
    for way in ["gateway", "http"] {
        let sandbox = Sandbox::start(Options::default()).await?;
        let mut setup = Setup::new(&flags.greenroom, &sandbox, home.path()).await?;
        setup.set("DISCORD_INTERACTIONS", way);
        let running = setup.start().await?;
        running.is_there(&sandbox, way == "http").await?;
        pause(IDLE).await;
        println!("{way}: memory when idle: {} KiB resident", running.memory_kib()?);
        first_answers(&sandbox, &running, way).await?;
    }
    tokens(&flags.greenroom, home.path()).await
}

/// Commands for new rooms while SignalWire hangs.
async fn first_answers(sandbox: &Sandbox, running: &Greenroom, way: &str) -> anyhow::Result<()> {
    sandbox.signalwire.faults().always("* /api/video/**", Fault::Hang);
    let begun = Instant::now();
    let mut asking = Vec::new();
    for n in 0..PER_SECOND * SECONDS {
        let person = sandbox.discord.person(["mira", "odo", "ann", "owen"][n as usize % 4]);
        asking.push(tokio::spawn(async move {
            let room = format!("room-{n}");
            person.runs("general", "video", &[("room", &room)]).await.problem().is_none()
        }));
        pause((Duration::from_secs(1) / PER_SECOND * (n + 1)).saturating_sub(begun.elapsed())).await;
    }
    let rate = f64::from(PER_SECOND * SECONDS) / begun.elapsed().as_secs_f64();
    let mut answered = 0;
    for asked in asking {
        answered += usize::from(asked.await?);
    }
    let metrics = running.metrics().await?;
    println!("{way}: first answers, own time, SignalWire hanging, {rate:.0} commands/s, {answered} answered in time:");
    for line in
        metrics.lines().filter(|line| line.starts_with("greenroom_first_answer_seconds") && line.contains("video"))
    {
        println!("  {line}");
    }
    Ok(())
}

/// Room tokens of a room that is known, and what they cost at SignalWire.
async fn tokens(greenroom: &Path, home: &Path) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let running = Setup::new(greenroom, &sandbox, home).await?.start().await?;
    running.is_there(&sandbox, false).await?;
    let answer = sandbox.discord.person("mira").runs("general", "video", &[("room", "standup")]).await;
    let link = answer.eventually(|message| message.link().is_some()).await.link().context("a link")?.to_owned();
    let (page, ticket) = link.split_once("#t=").context("a ticket")?;
    let key = page.rsplit('/').next().context("a room key")?;
    let http = reqwest::Client::builder().build()?;
    let post = |path: &str| http.post(format!("{}{path}", running.url)).header("origin", &running.url);
    let body = serde_json::json!({ "ticket": ticket, "nonce": "a-nonce-of-the-numbers" });
    let begun = post("/api/session").json(&body).send().await?;
    let cookie = begun.headers().get("set-cookie").and_then(|set| set.to_str().ok()).context("a cookie")?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let sid = begun.json::<serde_json::Value>().await?["sid"].as_str().context("a session")?.to_owned();
    sandbox.signalwire.faults().forget();
    let mut took = Vec::new();
    for _ in 0..TOKENS {
        let begun = Instant::now();
        let path = format!("/api/rooms/{key}/token");
        let request = post(&path).header("cookie", &cookie).header("x-greenroom-session", &sid);
        let minted = request.json(&serde_json::json!({})).send().await?;
        ensure!(minted.status().is_success(), "a room token was refused: {}", minted.text().await?);
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    let calls: u64 = sandbox.signalwire.counts().values().sum();
    let per_token = calls as f64 / TOKENS as f64;
    println!(
        "room tokens: {per_token:.2} calls upstream each; p50 {:?}, p99 {:?}, the stand-in's time included",
        took[TOKENS / 2],
        took[TOKENS * 99 / 100]
    );
    Ok(())
}
