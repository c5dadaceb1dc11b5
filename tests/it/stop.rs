use std::{
    io::Write as _,
    net::SocketAddr,
    path::Path,
    process::{Child as Balancer, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::Method;
use sandbox::fault::Fault;
use sqlx::{AnyConnection, Connection as _};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    process::Child,
    time::{Interval, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    binary::{Machine, free_address, is_told_to_stop, stops},
    browser::http,
    database::KEY,
    postgres,
};

/// From the word to the end.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
const TOKENS: &str = "POST /api/video/room_tokens";
const CARD_EDITS: &str = "PATCH /api/v10/webhooks/*/*/messages/*";

async fn has_ended(mut child: Child, since: Instant) {
    let ended = tokio::time::timeout(STOPPED_WITHIN, child.wait()).await.expect("it drains in time").unwrap();
    assert!(ended.success(), "{ended}");
    assert!(since.elapsed() < STOPPED_WITHIN, "{:?}", since.elapsed());
    println!("it took {:?} to stop", since.elapsed());
}

#[tokio::test]
async fn who_is_being_served_when_it_stops_is_answered_and_streams_end_well() {
    let (machine, child) = Machine::serving().await;
    let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
    let path = format!("/api/rooms/{}/stream", mira.room_key);
    let mut stream = mira.browser.sends(Method::GET, &path, Some(&mira.sid), None).await;
    assert!(stream.chunk().await.unwrap().is_some());
    // And somebody who never says what they want.
    let mut silent = TcpStream::connect(machine.address).await.unwrap();
    silent.write_all(b"GET /r/").await.unwrap();

    let faults = machine.sandbox.signalwire.faults();
    faults.next(TOKENS, Fault::Latency(Duration::from_secs(1)));
    let ask = async { (mira.room_token().await, Instant::now()) };
    let stop = async {
        faults.asked(TOKENS, 1).await;
        is_told_to_stop(&child).await;
        let told = Instant::now();
        // A stream that is cut off is an error here.
        while stream.chunk().await.expect("the stream ends as it should").is_some() {}
        told
    };
    let ((token, answered), told) = tokio::join!(ask, stop);
    token.expect("the request under way is answered");
    assert!(answered > told, "it was answered before anybody stopped anything");
    has_ended(child, told).await;
    assert!(TcpStream::connect(machine.address).await.is_err());
}

#[tokio::test]
async fn while_both_services_hang_it_stops_in_time_and_the_next_start_keeps_what_was_promised() {
    let (machine, child) = Machine::serving().await;
    let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
    let token = mira.room_token().await.unwrap();
    machine.card("standup").await;
    let (signalwire, discord) = (machine.sandbox.signalwire.faults(), machine.sandbox.discord.faults());
    signalwire.always("* /api/video/**", Fault::Hang);
    discord.always("* /api/v10/webhooks/**", Fault::Hang);
    let _inside = mira.enters(&token).await.unwrap();
    discord.asked(CARD_EDITS, 1).await;
    let promised = machine.sandbox.discord.person("odo").runs("general", "video", &[("room", "retro")]).await;
    assert!(promised.deferred);
    let stop = async {
        signalwire.asked(TOKENS, 2).await;
        is_told_to_stop(&child).await;
        Instant::now()
    };
    let (token, told) = tokio::join!(mira.room_token(), stop);
    let problem = token.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (503, "video_unavailable"));
    has_ended(child, told).await;

    signalwire.clear();
    discord.clear();
    let (_child, _) = machine.starts().await;
    promised.eventually(|message| message.link().is_some()).await;
    machine.card("**In the call (1):** Mira").await;
}

#[tokio::test]
async fn all_that_it_knows_stands_in_the_one_file_once_it_has_stopped() {
    let (machine, child) = Machine::serving().await;
    machine.link_of("mira", "standup").await;
    let since = Instant::now();
    is_told_to_stop(&child).await;
    has_ended(child, since).await;
    let copy = machine.path("copy.db");
    std::fs::copy(machine.path("greenroom.db"), &copy).unwrap();
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&format!("sqlite://{}", copy.display())).await.unwrap();
    let title: String = sqlx::query_scalar("SELECT title FROM rooms").fetch_one(&mut connection).await.unwrap();
    assert_eq!(title, "standup");
    connection.close().await.unwrap();
}

#[tokio::test]
async fn who_looks_whether_it_is_ready_sees_it_leave_before_the_door_is_closed() {
    let (machine, child) = Machine::serving().await;
    let url = format!("http://{}", machine.address);
    let (page, ready) = (format!("{url}/r/nowhere"), format!("{url}/readyz"));
    let client = http();
    let mut looks = interval(Duration::from_millis(50));
    let mut told = None;
    let (mut served, mut looked) = (0, 0);
    // As long as there is a door.
    while let Ok(answer) = client.get(&ready).send().await {
        looks.tick().await;
        looked += 1;
        match (answer.status().as_u16(), told) {
            (200, None) if looked == 3 => {
                is_told_to_stop(&child).await;
                told = Some(Instant::now());
            }
            (200, _) => assert_eq!(served, 0, "it is ready again"),
            (503, Some(_)) => {
                if client.get(&page).send().await.is_ok_and(|answer| answer.status() == 200) {
                    served += 1;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(served > 10, "only {served} pages were served after it was not ready");
    has_ended(child, told.unwrap()).await;
}

/// Whether the balancer asks another process where nobody listens.
#[derive(Clone, Copy, PartialEq)]
enum Balance {
    AsWeShip,
    /// Then only what is said before the door is closed helps.
    WithoutASecondTry,
}

/// HAProxy with the configuration we ship; it ends with this value, or with this process.
struct Haproxy {
    keeper: Balancer,
    _config: tempfile::NamedTempFile,
}

impl Haproxy {
    fn start(front: SocketAddr, behind: [SocketAddr; 2], balance: Balance) -> Self {
        const KEEPER: &str = r#""$0" -db -f "$1" & balancer=$!; cat >/dev/null; kill "$balancer"; wait"#;
        let program = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy", "/usr/bin/haproxy", "/usr/local/bin/haproxy"];
        let program = program.into_iter().find(|path| Path::new(path).exists());
        let program = program.expect("HAProxy is missing: sudo apt-get install haproxy");
        let mut text = include_str!("../../deploy/haproxy.cfg").to_owned();
        if balance == Balance::WithoutASecondTry {
            for (tries, once) in [("    retries 2\n", "    retries 0\n"), ("    option redispatch 1\n", "")] {
                assert!(text.contains(tries), "{tries}");
                text = text.replace(tries, once);
            }
        }
        let mut config = tempfile::NamedTempFile::new().unwrap();
        config.write_all(text.as_bytes()).unwrap();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, program]).arg(config.path()).env_clear().env("PATH", "/usr/bin:/bin");
        keeper.env("GREENROOM_FRONT", front.to_string());
        keeper.env("GREENROOM_A", behind[0].to_string()).env("GREENROOM_B", behind[1].to_string());
        // It tells whenever a Greenroom comes or goes.
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { keeper: keeper.spawn().unwrap(), _config: config }
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It was told; whatever it says to that.
        let _ = self.keeper.wait();
    }
}

/// Asks at every tick until `stop`: how often, and what went wrong.
async fn steadily(
    mut ticks: Interval,
    stop: &CancellationToken,
    mut ask: impl AsyncFnMut() -> Result<(), String>,
) -> (u32, Vec<String>) {
    let (mut asked, mut failed) = (0, Vec::new());
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        asked += 1;
        failed.extend(ask().await.err());
    }
    (asked, failed)
}

fn every(ms: u64) -> Interval {
    interval(Duration::from_millis(ms))
}

/// A machine with HAProxy before two Greenrooms on one PostgreSQL.
async fn a_pair(balance: Balance) -> (Machine, [(SocketAddr, Child); 2], Haproxy) {
    let mut machine = Machine::new().await;
    let front = machine.address;
    for (variable, value) in [
        ("DATABASE_URL", &*postgres::database().await),
        ("SECRET_KEY", KEY),
        ("DISCORD_INTERACTIONS", "http"),
        ("TRUSTED_PROXIES", "127.0.0.1/32"),
        ("RATE_LIMITS", "off"),
    ] {
        machine.set(variable, value);
    }
    let behind = [free_address(), free_address()];
    let balancer = Haproxy::start(front, behind, balance);
    let [first, second] = behind;
    let processes = [(first, machine.starts_at(first).await.0), (second, machine.starts_at(second).await.0)];
    machine.address = front;
    // HAProxy looks once a second, and found nobody at first.
    let (client, url, begun) = (http(), format!("http://{front}/readyz"), Instant::now());
    let mut looks = every(50);
    while !client.get(&url).send().await.is_ok_and(|answer| answer.status() == 200) {
        assert!(begun.elapsed() < Duration::from_secs(10), "try: haproxy -c -f deploy/haproxy.cfg");
        looks.tick().await;
    }
    (machine, processes, balancer)
}

#[tokio::test]
async fn two_behind_a_balancer_are_restarted_one_after_the_other_and_no_request_fails() {
    are_restarted_behind(Balance::AsWeShip).await;
}

#[tokio::test]
async fn whoever_is_about_to_stop_is_left_by_a_balancer_that_asks_nobody_else_and_no_request_fails() {
    are_restarted_behind(Balance::WithoutASecondTry).await;
}

async fn are_restarted_behind(balance: Balance) {
    let (machine, processes, _balancer) = a_pair(balance).await;
    let front = format!("http://{}", machine.address);
    let discord = machine.sandbox.discord.clone();
    machine.bot_is_there_over_http().await;
    let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
    let (client, page, odo) = (http(), format!("{front}/r/{}", mira.room_key), discord.person("odo"));
    let stop = CancellationToken::new();
    let pages = steadily(every(25), &stop, async || match client.get(&page).send().await {
        Ok(answer) if answer.status() == 200 => Ok(()),
        Ok(answer) => Err(format!("page: {}", answer.status())),
        Err(error) => Err(format!("page: {error:?}")),
    });
    let tokens =
        steadily(every(50), &stop, async || mira.room_token().await.map(drop).map_err(|told| format!("{told:?}")));
    let commands = steadily(every(100), &stop, async || {
        let answer = odo.runs("general", "video", &[("room", "standup")]).await;
        answer.problem().map_or(Ok(()), |problem| Err(format!("command: {problem}")))
    });
    let mut again = Vec::new();
    let restarts = async {
        for (address, child) in processes {
            let told = Instant::now();
            is_told_to_stop(&child).await;
            has_ended(child, told).await;
            again.push(machine.starts_at(address).await.0);
        }
        stop.cancel();
    };
    let (pages, tokens, commands, ()) = tokio::join!(pages, tokens, commands, restarts);
    for (kind, (asked, failed), least) in [("pages", pages, 100), ("tokens", tokens, 60), ("commands", commands, 30)] {
        println!("{kind}: {asked} asked, {} failed", failed.len());
        assert!(failed.is_empty(), "{kind}: {failed:#?}");
        assert!(asked > least, "only {asked} {kind} were asked for");
    }
    for child in again {
        stops(child).await;
    }
}
