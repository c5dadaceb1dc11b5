use std::{net::SocketAddr, process::Stdio, time::Duration};

use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _};

use crate::{
    binary::{self, Machine, Ran, free_address},
    browser::http,
    database::{
        KEY,
        older::{ALL, left_by},
    },
    postgres,
};

/// A machine whose parts are named at the address.
pub async fn with_metrics() -> (Machine, SocketAddr) {
    let (mut machine, address) = (Machine::new().await, free_address());
    machine.set("METRICS_ADDR", &address.to_string());
    (machine, address)
}

/// Once the parts are so: the process is up before Discord and SignalWire are reached.
pub async fn once(address: SocketAddr, wanted: impl Fn(&Value) -> bool) {
    let begun = std::time::Instant::now();
    loop {
        let told = http().get(format!("http://{address}/readyz")).send().await.unwrap().json().await.unwrap();
        if wanted(&told) {
            return;
        }
        assert!(begun.elapsed().as_secs() < 10, "not in time: {told}");
    }
}

pub fn is_well(told: &Value) -> bool {
    told["parts"]["relay"]["state"] == "up" && told["on_duty"] == true
}

/// The same, serving well; Mira is in a call while what comes last is kept.
pub async fn with_mira_inside() -> (Machine, SocketAddr, impl Sized) {
    let (machine, address) = with_metrics().await;
    let (serving, _) = machine.starts().await;
    machine.bot_is_there().await;
    let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
    let inside = mira.joins().await.unwrap();
    machine.card("**In the call (1):** Mira").await;
    once(address, is_well).await;
    (machine, address, (serving, inside))
}

fn says(ran: &Ran, code: i32, sentences: &[&str]) {
    assert_eq!(ran.code, Some(code), "{}\n{}", ran.out, ran.err);
    for sentence in sentences {
        assert!(ran.out.contains(sentence), "{sentence} is missing in\n{}", ran.out);
    }
}

#[tokio::test]
async fn who_looks_is_told_that_all_is_well_and_what_goes_on() {
    let (machine, address, _inside) = with_mira_inside().await;
    let ran = machine.runs(&["status"]).await;
    let at = format!("  ok       it is ready at {address} (METRICS_ADDR)");
    says(&ran, 0, &[&at, "version 0.1.0", "gateway: up", "relay: up", "on duty", "up to date"]);
    says(
        &ran,
        0,
        &["1 room is open, 1 person is inside in 1 of them", "no answer is owed", "was recorded", "All is well."],
    );
    says(&ran, 0, &["(the one above) lives, and alone has: ", "relay subscription"]);

    let metrics = http().get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("greenroom_gateway_shard_heard{shard=\"0/1\"} 1"), "{metrics}");

    let ran = machine.runs(&["status", "--json"]).await;
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&told["well"], &told["problems"]), (&json!(true), &json!([])), "{told:#}");
    let tables = &told["database"]["tables"];
    assert_eq!((&tables["version"], &tables["people"]), (&json!("current"), &json!(1)), "{told:#}");
    let parts = &told["process"]["answer"]["parts"];
    assert_eq!((&parts["version"], &parts["parts"]["relay"]["state"]), (&json!("0.1.0"), &json!("up")), "{told:#}");
}

#[tokio::test]
async fn a_part_that_is_not_well_is_named_with_what_mends_it() {
    let (mut machine, address) = with_metrics().await;
    let nobody = free_address();
    machine.set("SIGNALWIRE_RELAY_URL", &format!("ws://{nobody}"));
    let (serving, _) = machine.starts().await;
    machine.bot_is_there().await;
    once(address, |told| told["on_duty"] == true).await;
    let ran = machine.runs(&["status"]).await;
    says(&ran, 1, &["  PROBLEM  relay: down, for ", "SIGNALWIRE_RELAY_URL", "One thing has to be mended."]);
    says(&ran, 1, &["  ok       it is ready", "(the one above) lives, and alone has: "]);
    binary::stops(serving).await;

    machine.set("SIGNALWIRE_RELAY_URL", &machine.sandbox.signalwire.env().into_iter().find(is_relay).unwrap().1);
    machine.sandbox.signalwire.revoke_api_token();
    let (_serving, _) = machine.starts().await;
    once(address, |told| told["parts"]["relay"]["state"] == "refused").await;
    let ran = machine.runs(&["status", "--json"]).await;
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let problems = told["problems"].as_array().unwrap().iter();
    let refused = problems.map(|problem| problem[0].as_str().unwrap()).find(|says| says.starts_with("relay: refused"));
    assert!(refused.unwrap().contains("SIGNALWIRE_API_TOKEN"), "{told:#}");
    assert_eq!((ran.code, &told["well"]), (Some(1), &json!(false)));
}

#[tokio::test]
async fn a_gateway_that_may_begin_no_session_today_is_told_and_how_long_that_lasts() {
    let (machine, address) = with_metrics().await;
    machine.sandbox.discord.use_up_identifies(Duration::from_secs(3 * 60 * 60 + 30));
    let (_serving, _) = machine.starts().await;
    once(address, |told| told["ready"] == true && told["parts"]["gateway"]["state"] == "waiting").await;
    let ran = machine.runs(&["status"]).await;
    let waits = "gateway: waiting, for 3 h 0 min more: Discord allows no more gateway sessions today";
    says(&ran, 1, &[&format!("  PROBLEM  {waits}"), "this bot's token", "  ok       it is ready"]);
    machine.told_of("Discord allows no more gateway sessions today; a shard waits", 1).await;
    let metrics = http().get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("greenroom_gateway_shard_heard{shard=\"0/1\"} 0"), "{metrics}");
    assert_eq!(machine.sandbox.discord.identified().len(), 0);
}

fn is_relay((variable, _): &(String, String)) -> bool {
    variable == "SIGNALWIRE_RELAY_URL"
}

#[tokio::test]
async fn where_nobody_runs_it_says_so_and_what_the_database_knows() {
    let (machine, _) = with_metrics().await;
    let ran = machine.runs(&["status"]).await;
    says(&ran, 1, &["nothing answers at", "Greenroom does not run", "the database does not answer", "in this folder"]);
    assert!(!machine.path("greenroom.db").exists(), "a look makes no database");

    let (serving, _) = machine.starts().await;
    machine.bot_is_there().await;
    machine.link_of("mira", "standup").await;
    binary::stops(serving).await;
    let ran = machine.runs(&["status"]).await;
    says(&ran, 1, &["Greenroom does not run", "1 room is open, nobody is inside", "no process serves from it"]);
    assert!(!ran.out.contains("records what happens"), "{}", ran.out);
}

#[tokio::test]
async fn parts_are_named_only_at_the_metrics_address() {
    let (mut machine, serving) = Machine::serving().await;
    let ran = machine.runs(&["status"]).await;
    let at = format!("it is ready at {} (LISTEN_ADDR)", machine.address);
    says(&ran, 0, &[&at, "  hint     its parts are not named: METRICS_ADDR is off", "All is well."]);

    // It was started before.
    machine.set("METRICS_ADDR", &free_address().to_string());
    says(&machine.runs(&["status"]).await, 1, &[&at, "It was started before METRICS_ADDR was set so"]);
    drop(serving);
}

#[tokio::test]
async fn processes_that_share_a_database_are_told_with_what_each_holds() {
    let url = postgres::database().await;
    let (mut machine, address) = with_metrics().await;
    let (mut other, _) = with_metrics().await;
    for machine in [&mut machine, &mut other] {
        machine.set("DATABASE_URL", &url);
        machine.set("SECRET_KEY", KEY);
    }
    let (_first, _) = machine.starts().await;
    once(address, is_well).await;
    let (mut second, _) = other.starts().await;
    let ran = machine.runs(&["status"]).await;
    says(&ran, 0, &["(the one above) lives, and alone has: relay subscription"]);
    assert_eq!(ran.out.matches(" lives").count(), 2, "{}", ran.out);
    // One died: its row stands there until the other notices.
    second.kill().await.unwrap();
    let ran = machine.runs(&["status"]).await;
    assert_eq!(ran.out.matches(" lives").count(), 1, "{}", ran.out);
}

#[tokio::test]
async fn an_older_database_is_read_as_it_is() {
    let mut machine = Machine::new().await;
    let newest = ALL.iter().count();
    for version in 1..=newest {
        let on_sqlite = format!("sqlite://{}", machine.path(&format!("{version}.db")).display());
        for url in [on_sqlite, postgres::database().await] {
            left_by(version, &format!("{url}{}", if url.starts_with("sqlite") { "?mode=rwc" } else { "" })).await;
            machine.set("DATABASE_URL", &url);
            machine.set("SECRET_KEY", KEY);
            let ran = machine.runs(&["status"]).await;
            says(&ran, 1, &["1 room is open, 1 person is inside in 1 of them"]);
            assert_eq!(ran.out.contains("its tables are an older version's"), version < newest, "{}", ran.out);
            let mut connection = AnyConnection::connect(&url).await.unwrap();
            let made: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations").fetch_one(&mut connection).await.unwrap();
            assert_eq!(usize::try_from(made).unwrap(), version, "nothing was brought up to date");
        }
    }
}

#[tokio::test]
async fn who_reads_no_further_than_the_first_lines_is_told_of_no_panic() {
    let machine = Machine::new().await;
    let mut child = machine.command().args(["status", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = tokio::time::timeout(Duration::from_secs(30), child.wait()).await.expect("it ends").unwrap();
    assert_eq!(ended.code(), Some(1), "nothing serves, and that is all that is wrong");
}
