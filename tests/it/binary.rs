//! The executable as it ships, in real time.

use std::{
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    browser::Browser,
    leaks::{self, Watch},
};
use sandbox::{
    Sandbox,
    discord::{Delivery, Message},
    fault::Fault,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// A machine with Greenroom on it.
pub struct Machine {
    pub sandbox: Sandbox,
    pub address: std::net::SocketAddr,
    folder: TempDir,
    pub env: Vec<(String, String)>,
    watch: Watch,
    printed: Arc<Mutex<Vec<u8>>>,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub out: String,
    pub err: String,
    pub code: Option<i32>,
}

impl Machine {
    pub async fn new() -> Self {
        Self::beside(sandbox::Options::default()).await
    }

    pub async fn beside(options: sandbox::Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let address = free_address();
        let folder = tempfile::tempdir().unwrap();
        let mut env = sandbox.env();
        env.push(("PUBLIC_URL".into(), format!("http://{address}")));
        env.push(("LISTEN_ADDR".into(), address.to_string()));
        // Whatever it says is searched for secrets in the end.
        env.push(("RUST_LOG".into(), leaks::EVERYTHING.into()));
        let watch = Watch::begin(&env);
        Self { sandbox, address, folder, env, watch, printed: Arc::default() }
    }

    pub fn set(&mut self, variable: &str, value: &str) {
        self.env.retain(|(name, _)| name != variable);
        self.env.push((variable.to_owned(), value.to_owned()));
    }

    /// What stands beside the process under that name.
    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// A file that somebody will keep.
    pub fn reads(&self, name: &str) -> String {
        let bytes = std::fs::read(self.path(name)).unwrap();
        self.watch.is_clean(name, &bytes);
        String::from_utf8(bytes).unwrap()
    }

    /// A file beside the process.
    pub fn writes(&self, name: &str, text: &str) -> std::path::PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Whether it has printed that.
    pub fn said(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.printed.lock().unwrap()).contains(text)
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&format!("http://{}", self.address), self.sandbox.signalwire.clone())
    }

    pub fn command(&self) -> Command {
        // Where a file may grow no further, that is an error, as on a full disk, and not the end.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_greenroom")]);
        command.env_clear().envs(self.env.iter().cloned()).current_dir(self.folder.path());
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// One that serves, with its bot at Discord, until the process is dropped.
    pub async fn serving() -> (Self, Child) {
        let machine = Self::new().await;
        let (child, _) = machine.starts().await;
        machine.bot_is_there().await;
        (machine, child)
    }

    /// Somebody opens a room in #general, or comes to it; their link.
    pub async fn link_of(&self, person: &str, room: &str) -> String {
        let answer = self.sandbox.discord.person(person).runs("general", "video", &[("room", room)]).await;
        answer.eventually(|message| message.link().is_some()).await.link().unwrap().to_owned()
    }

    /// Runs a command to its end.
    pub async fn runs(&self, arguments: &[&str]) -> Ran {
        let running = self.command().args(arguments).output();
        let ended = tokio::time::timeout(Duration::from_secs(30), running).await.expect("it ends").unwrap();
        self.printed.lock().unwrap().extend([&*ended.stdout, &ended.stderr].concat());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { out: text(ended.stdout), err: text(ended.stderr), code: ended.status.code() }
    }

    /// Starts serving; returns once it says that it is ready, and how long that took.
    pub async fn starts(&self) -> (Child, Duration) {
        self.starts_at(self.address).await
    }

    /// The same, behind what is at the machine's address.
    pub async fn starts_at(&self, address: std::net::SocketAddr) -> (Child, Duration) {
        let begun = Instant::now();
        let mut command = self.command();
        let mut child = command.env("LISTEN_ADDR", address.to_string()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let printed = Arc::clone(&self.printed);
        let keep = move |line: &str| printed.lock().unwrap().extend(format!("{line}\n").into_bytes());
        let up = async {
            while let Some(line) = log.next_line().await.unwrap() {
                keep(&line);
                if line.contains("Greenroom is up") {
                    return;
                }
            }
            panic!("it ended before it was up");
        };
        tokio::time::timeout(Duration::from_secs(20), up).await.expect("it is up in time");
        let ready = reqwest::get(format!("http://{address}/readyz")).await.unwrap();
        assert!(ready.status().is_success());
        let took = begun.elapsed();
        // Read on, or the pipe fills and it stands still.
        tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                keep(&line);
            }
        });
        (child, took)
    }

    /// What it printed of `reference`, once that are so many lines.
    pub async fn told_of(&self, reference: &str, lines: usize) -> Vec<String> {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        let begun = Instant::now();
        loop {
            let printed = String::from_utf8_lossy(&self.printed.lock().unwrap()).into_owned();
            let found: Vec<String> =
                printed.lines().filter(|line| line.contains(reference)).map(str::to_owned).collect();
            if found.len() >= lines {
                return found;
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "only {found:#?} in\n{printed}");
            looks.tick().await;
        }
    }

    pub async fn bot_is_there(&self) {
        self.sandbox.discord.gateway_has(1).await;
        self.commands_are_known().await;
    }

    /// The same where Discord calls it, at the machine's address.
    pub async fn bot_is_there_over_http(&self) {
        let url = format!("http://{}/discord/interactions", self.address);
        self.sandbox.discord.deliver(Delivery::Http { url }).await.unwrap();
        self.commands_are_known().await;
    }

    async fn commands_are_known(&self) {
        let mut changes = self.sandbox.discord.changes();
        let registered = changes.wait_for(|_| !self.sandbox.discord.commands().is_empty());
        tokio::time::timeout(Duration::from_secs(10), registered).await.expect("the bot is there in time").unwrap();
    }

    /// The channel's first card that says `text`, once there is one: a channel is written to every three seconds.
    pub async fn card(&self, text: &str) -> Message {
        let wanted = |message: &Message| !message.embeds.is_empty() && message.text().contains(text);
        let found = || self.sandbox.discord.messages("general").into_iter().find(wanted);
        let mut changes = self.sandbox.discord.changes();
        let waiting = changes.wait_for(|_| found().is_some());
        let is_there = tokio::time::timeout(Duration::from_secs(15), waiting).await.is_ok();
        assert!(is_there, "no card says {text}: {:#?}", self.sandbox.discord.messages("general"));
        found().unwrap()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.watch.is_clean("what the executable printed", &self.printed.lock().unwrap());
        }
    }
}

/// Nobody takes it before who is told of it does: it lies below the ports that systems give out by themselves, to
/// listeners and to connections.
pub fn free_address() -> std::net::SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let next = std::process::id().wrapping_mul(256).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let address = ([127, 0, 0, 1], 20_000 + u16::try_from(next).unwrap()).into();
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

#[tokio::test]
async fn an_empty_environment_is_told_everything_at_once_and_ends_in_under_a_second() {
    let mut machine = Machine::new().await;
    machine.env.clear();
    machine.set("ROOM_MAX_MEMBERS", "many");
    machine.set("DISCORD_CLIENT_SECRET", "hunter2-hunter2");
    let begun = Instant::now();
    let ran = machine.runs(&[]).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(ran.code, Some(1));
    for variable in [
        "DISCORD_TOKEN",
        "SIGNALWIRE_SPACE_URL",
        "SIGNALWIRE_PROJECT_ID",
        "SIGNALWIRE_API_TOKEN",
        "PUBLIC_URL",
        "ROOM_MAX_MEMBERS",
    ] {
        assert!(ran.err.contains(&format!("{variable}:")), "{variable} is missing in {}", ran.err);
    }
    assert!(!ran.err.contains("hunter2") && !ran.err.contains("many"), "{}", ran.err);
}

#[tokio::test]
async fn check_finds_a_healthy_installation_healthy() {
    let machine = Machine::new().await;
    let registered = machine.runs(&["register"]).await;
    assert_eq!(registered.code, Some(0), "{registered:?}");
    let redirect = format!("http://{}/oauth/callback", machine.address);
    machine.sandbox.discord.register_redirect(&redirect);
    let ran = machine.runs(&["check"]).await;
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
    for line in [
        "Discord knows me as Greenroom",
        "the video API takes them",
        "events of rooms reach me",
        "leads here",
        "people can sign in with Discord",
        "the database answers",
        "All is well.",
    ] {
        assert!(ran.out.contains(line), "{line} is missing in\n{}", ran.out);
    }
}

#[tokio::test]
async fn check_says_what_is_wrong_and_how_to_mend_it() {
    let mut machine = Machine::new().await;
    machine.sandbox.discord.bot_lacks("general", &["EMBED_LINKS"]);
    machine.sandbox.signalwire.revoke_api_token();
    machine.set("DISCORD_INTERACTIONS", "http");
    machine.set("DISCORD_PUBLIC_KEY", &"07".repeat(32));
    let ran = machine.runs(&["check"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    for line in [
        "DISCORD_PUBLIC_KEY is not this application's",
        "I lack Embed Links in #general",
        "SignalWire refuses the credentials",
        "Video scope",
        "Redirects",
    ] {
        assert!(ran.out.contains(line), "{line} is missing in\n{}", ran.out);
    }
    machine.set("DISCORD_CLIENT_SECRET", "not-the-secret");
    let ran = machine.runs(&["check"]).await;
    assert!(ran.out.contains("DISCORD_CLIENT_SECRET: Discord does not accept it"), "{}", ran.out);
    machine.set("DISCORD_TOKEN", "MTE.wrong.token");
    let ran = machine.runs(&["check"]).await;
    assert!(ran.out.contains("Reset Token") && !ran.out.contains("wrong.token"), "{}", ran.out);
}

#[tokio::test]
async fn a_deep_check_tells_what_is_as_assumed_and_what_differs_and_leaves_no_room_behind() {
    let machine = Machine::new().await;
    let deep = ["check", "--deep", "--without-browser", "--listen", "1"];
    let ran = machine.runs(&deep).await;
    for number in ["R1", "R3", "R4", "R5", "R13", "R18", "B1", "E1", "E6", "E10", "E11"] {
        assert!(ran.out.contains(&format!("  ok       {number}: ")), "{number} is missing in\n{}", ran.out);
    }
    assert!(ran.out.contains("0 assumptions differ, 1 could not be seen"), "{}", ran.out);

    let faults = machine.sandbox.signalwire.faults();
    let room = serde_json::json!({"id": "R-1", "name": "standup"});
    faults.always("PUT /api/video/rooms/*", Fault::json(200, &room));
    let ran = machine.runs(&deep).await;
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("DIFFERS  R3: `remove_at` is not set"), "{}", ran.out);
    assert!(ran.out.contains("whoever joins that room again is put out at once"), "{}", ran.out);
    assert!(ran.out.contains("1 assumption differs"), "{}", ran.out);

    assert!(ran.out.contains("all of them are deleted"), "{}", ran.out);
    faults.always("DELETE /api/video/rooms/*", Fault::json(500, &serde_json::json!({})));
    let ran = machine.runs(&deep).await;
    assert!(ran.out.contains("these are left at SignalWire"), "{}", ran.out);
}

#[tokio::test]
async fn check_asks_for_threads_only_where_they_are_wanted() {
    let (machine, _serving) = Machine::serving().await;
    machine.sandbox.discord.bot_lacks("general", &["CREATE_PUBLIC_THREADS"]);
    let ran = machine.runs(&["check"]).await;
    assert!(!ran.out.contains("Create Public Threads"), "{}", ran.out);
    let owen = machine.sandbox.discord.person("owen");
    let form = owen.runs("general", "greenroom settings", &[]).await.modal().unwrap();
    owen.submits(&form, &[("thread", "yes")]).await;
    let ran = machine.runs(&["check"]).await;
    assert!(ran.out.contains("I lack Create Public Threads in #general"), "{}", ran.out);
    assert!(ran.out.contains("the lines stand in the channel"), "{}", ran.out);
}

#[tokio::test]
async fn invite_prints_one_link() {
    let machine = Machine::new().await;
    let ran = machine.runs(&["invite"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.trim().contains("/oauth2/authorize?client_id=") && ran.out.lines().count() == 1, "{}", ran.out);
}

#[tokio::test]
async fn a_wrong_token_ends_it_with_the_sentence_that_mends_it() {
    let mut machine = Machine::new().await;
    machine.set("DISCORD_TOKEN", "MTE.wrong.token");
    let ran = machine.runs(&[]).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("DISCORD_TOKEN") && ran.err.contains("Reset Token"), "{}", ran.err);
    assert!(!ran.err.contains("wrong.token"), "{}", ran.err);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let machine = Machine::new().await;
    let _taken = std::net::TcpListener::bind(machine.address).unwrap();
    let ran = machine.runs(&[]).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("LISTEN_ADDR"), "{}", ran.err);
}

#[tokio::test]
async fn it_stops_when_told_and_says_goodbye() {
    let (_machine, child) = Machine::serving().await;
    stops(child).await;
}

/// It is told to stop.
pub async fn is_told_to_stop(child: &Child) {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
}

/// It is told to stop, and does.
pub async fn stops(mut child: Child) {
    is_told_to_stop(&child).await;
    let ended = tokio::time::timeout(Duration::from_secs(10), child.wait()).await.expect("it drains in time").unwrap();
    assert!(ended.success(), "{ended}");
}
