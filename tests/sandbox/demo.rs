//! `make demo`: the whole product on this machine, without an account. Starts the stand-ins of Discord and SignalWire, the
//! stage, and the very `greenroom` that ships, and keeps them until it is told to stop.

use std::{
    collections::VecDeque,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail};
use clap::{Parser, ValueEnum};
use rustix::process::{Pid, Signal, kill_process};
use sandbox::{
    Options, Sandbox,
    clock::pause,
    discord::Delivery,
    signalwire,
    stage::{self, Stage},
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    net::TcpListener,
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    time::timeout,
};

/// Where the stage is if nobody says otherwise and nobody else is there.
const PORT: u16 = 4747;
/// How long Odo lets somebody be alone in a call.
const ODO_COMES_AFTER: Duration = Duration::from_secs(2);
const READY_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Then it is killed: Ctrl-C ends everything within two seconds.
const STOP_WITHIN: Duration = Duration::from_millis(1500);
/// Lines of the bot's log that are kept, to be shown if it ends.
const LINES_KEPT: usize = 30;

/// Greenroom between pretend services, on this machine only.
#[derive(Parser)]
#[command(name = "demo")]
struct Flags {
    /// The stage's port; 0 is any [default: 4747 if it is free]
    #[arg(long)]
    port: Option<u16>,
    /// How interactions reach the bot
    #[arg(long, value_enum, default_value_t = Way::Gateway)]
    interactions: Way,
    /// Odo does not come by himself
    #[arg(long)]
    no_odo: bool,
    /// Don't open a browser
    #[arg(long)]
    no_open: bool,
    /// Say the addresses as one line of JSON
    #[arg(long)]
    json: bool,
    /// Show the bot's log
    #[arg(long)]
    logs: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Gateway,
    Http,
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    match demo(&flags).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn demo(flags: &Flags) -> anyhow::Result<()> {
    let began = Instant::now();
    let told = told_to_stop()?;
    tokio::pin!(told);
    let sandbox = tokio::select! {
        sandbox = start_sandbox() => sandbox?,
        () = &mut told => return Ok(()),
    };
    say(began, "pretend Discord and pretend SignalWire are up");
    let stage = start_stage(&sandbox, flags).await?;
    // The bot's own; gone with everything in it when the demo ends.
    let home = tempfile::tempdir()?;
    let mut bot = Bot::start(&sandbox, flags, home.path()).await?;
    let lived = tokio::select! {
        lived = live(began, flags, &sandbox, &stage, &mut bot) => lived,
        () = &mut told => Ok(()),
    };
    bot.stop().await;
    lived
}

/// Until the bot ends, which it should not.
async fn live(began: Instant, flags: &Flags, sandbox: &Sandbox, stage: &Stage, bot: &mut Bot) -> anyhow::Result<()> {
    let (url, log) = (bot.url.clone(), Arc::clone(&bot.log));
    let shown = async {
        is_ready(&url).await?;
        say(began, "Greenroom is ready");
        if flags.interactions == Way::Http {
            let delivery = Delivery::Http { url: format!("{url}/discord/interactions") };
            sandbox.discord.deliver(delivery).await.map_err(|why| anyhow!("Discord refuses the endpoint: {why}"))?;
        }
        knows_commands(sandbox).await?;
        say(began, "Discord knows its commands");
        show(flags, sandbox, stage, &url)?;
        std::future::pending::<anyhow::Result<()>>().await
    };
    tokio::select! {
        ended = bot.child.wait() => {
            let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            bail!("Greenroom has ended ({status}). The last it said:\n{}", log.last_lines());
        }
        shown = shown => shown.with_context(|| format!("The demo could not start. The last Greenroom said:\n{}", log.last_lines())),
    }
}

async fn start_sandbox() -> io::Result<Sandbox> {
    let signalwire = signalwire::Options { media_for_firefox: true, ..signalwire::Options::default() };
    Sandbox::start(Options::from(signalwire)).await
}

async fn start_stage(sandbox: &Sandbox, flags: &Flags) -> anyhow::Result<Stage> {
    let odo_comes_after = (!flags.no_odo).then_some(ODO_COMES_AFTER);
    let at = |port| {
        let options = stage::Options { port, odo_comes_after };
        Stage::start(sandbox.discord.clone(), sandbox.signalwire.clone(), options)
    };
    let started = match (at(flags.port.unwrap_or(PORT)).await, flags.port) {
        (Err(_), None) => at(0).await,
        (started, _) => started,
    };
    started.context("The stage's port can't be had; --port takes another")
}

/// The bot: the executable beside this one, and what it said last.
struct Bot {
    child: Child,
    url: String,
    log: Arc<Log>,
}

impl Bot {
    async fn start(sandbox: &Sandbox, flags: &Flags, home: &Path) -> anyhow::Result<Self> {
        let program = beside_this_one()?;
        let address = free_address().await?;
        let url = format!("http://{address}");
        sandbox.discord.register_redirect(&format!("{url}/oauth/callback"));
        let interactions = if flags.interactions == Way::Http { "http" } else { "gateway" };
        // Nothing of the visitor's own configuration gets in, nor does a `.env` of where they are.
        let kept = ["PATH", "HOME", "TMPDIR", "LANG", "RUST_LOG", "RUST_BACKTRACE"];
        let mut child = Command::new(&program)
            .env_clear()
            .envs(kept.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .envs(sandbox.env())
            .env("DISCORD_INTERACTIONS", interactions)
            .env("PUBLIC_URL", &url)
            .env("LISTEN_ADDR", &address)
            .env("DATABASE_URL", format!("sqlite://{}", home.join("greenroom.db").display()))
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for us: we stop the bot, once.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} can't be started", program.display()))?;
        let log = Arc::new(Log { lines: Mutex::default(), shown: flags.logs });
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(Arc::clone(&log).follow(stdout));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(Arc::clone(&log).follow(stderr));
        }
        Ok(Self { child, url, log })
    }

    /// Politely, then not.
    async fn stop(&mut self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let Some(id) = id else { return };
        // It may have ended this moment; the wait below notices.
        let _ = kill_process(id, Signal::TERM);
        if timeout(STOP_WITHIN, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

/// `target/debug/greenroom` for `target/debug/examples/demo`.
fn beside_this_one() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let program = own.parent().and_then(Path::parent).map(|folder| folder.join("greenroom"));
    match program.filter(|program| program.exists()) {
        Some(program) => Ok(program),
        None => bail!("Greenroom itself is not built yet: run `make demo`, or `cargo build` first."),
    }
}

/// An address nobody listens at. The bot has to be told where it will be before it is there.
async fn free_address() -> io::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.to_string())
}

/// The last lines of a log.
struct Log {
    lines: Mutex<VecDeque<String>>,
    shown: bool,
}

impl Log {
    async fn follow(self: Arc<Self>, from: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if self.shown {
                eprintln!("{line}");
            }
            let mut kept = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == LINES_KEPT {
                kept.pop_front();
            }
            kept.push_back(line);
        }
    }

    fn last_lines(&self) -> String {
        let kept = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|line| format!("  {line}\n")).collect()
    }
}

async fn is_ready(url: &str) -> anyhow::Result<()> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(1)).no_proxy().build()?;
    let ready = async {
        loop {
            let answer = http.get(format!("{url}/readyz")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            pause(LOOK_EVERY).await;
        }
    };
    timeout(READY_WITHIN, ready).await.map_err(|_| anyhow!("Greenroom does not get ready."))
}

/// Without its commands the stage's first step would fail.
async fn knows_commands(sandbox: &Sandbox) -> anyhow::Result<()> {
    let known = async {
        while sandbox.discord.commands().is_empty() {
            pause(LOOK_EVERY).await;
        }
    };
    timeout(READY_WITHIN, known).await.map_err(|_| anyhow!("Greenroom does not register its commands."))
}

fn say(began: Instant, what: &str) {
    eprintln!("{:>6.1} s  {what}", began.elapsed().as_secs_f32());
}

fn show(flags: &Flags, sandbox: &Sandbox, stage: &Stage, greenroom: &str) -> io::Result<()> {
    let url = stage.url();
    let mut out = io::stdout().lock();
    if flags.json {
        let signalwire = format!("http://{}", sandbox.signalwire.addr());
        let env: std::collections::HashMap<_, _> = sandbox.env().into_iter().collect();
        let all = json!({
            "stage": url, "greenroom": greenroom, "discord": sandbox.discord.url(), "signalwire": signalwire, "env": env,
        });
        writeln!(out, "{all}")?;
    } else {
        writeln!(out, "\n  Open {url}\n\n  A pretend Discord server on your machine. Ctrl-C stops it.\n")?;
    }
    out.flush()?;
    if !flags.json && !flags.no_open && out.is_terminal() {
        open_browser(url);
    }
    Ok(())
}

/// If it does not work out, the address is on the screen.
fn open_browser(url: &str) {
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| std::env::var_os(name).is_some());
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if has_screen {
        "xdg-open"
    } else {
        return;
    };
    let mut opener = Command::new(program);
    let opener = opener.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if let Ok(mut opener) = opener {
        tokio::spawn(async move { opener.wait().await });
    }
}

/// Ctrl-C, or whatever else asks politely.
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
            _ = hung_up.recv() => {}
        }
        eprintln!("\nStopping.");
    })
}
