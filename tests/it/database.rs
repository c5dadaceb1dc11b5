use std::time::{Duration, Instant};

use greenroom::{
    config,
    store::{Store, may_work_later},
};
use sandbox::{discord::Answer, signalwire::scripted::Member};
use sqlx::{AnyConnection, Connection as _};
use tokio::process::{Child, Command};

use crate::{
    binary::Machine,
    browser::{Tab, http},
    postgres::{self, Cluster},
    wire::Wire,
};

/// From older versions to this one.
pub mod older;

/// From this version to a newer one.
mod newer;

/// What is kept for how long.
mod retention;

pub const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
/// What must be right again this soon after the database is.
const SOON: Duration = Duration::from_secs(5);
/// Nobody waits longer than this for an answer that never comes.
const GIVEN_UP: Duration = Duration::from_secs(10);
/// A channel that was written to just before is written to again after this.
const WINDOW: Duration = Duration::from_secs(3);

/// Mira and Odo are in a call, each with an open page.
struct Call {
    machine: Machine,
    serving: Child,
    mira: Tab,
    mira_inside: Member,
    odo_inside: Member,
}

impl Call {
    async fn on(machine: Machine) -> Self {
        let (serving, _) = machine.starts().await;
        machine.bot_is_there().await;
        let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
        let mira_inside = mira.joins().await.unwrap();
        let odo = machine.browser().follows(&machine.link_of("odo", "standup").await).await.unwrap();
        let odo_inside = odo.joins().await.unwrap();
        machine.card("**In the call (2):** Mira, Odo").await;
        Self { machine, serving, mira, mira_inside, odo_inside }
    }

    async fn status(&self, path: &str) -> u16 {
        http().get(format!("http://{}{path}", self.machine.address)).send().await.unwrap().status().as_u16()
    }

    /// A page that has something to be written down is told that it can't be, and when to come again.
    async fn refuses_to_write(&self) {
        let problem = self.mira.hands_off().await.unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (503, "database_unavailable"), "{problem:?}");
        assert_eq!(problem.retry_after, Some(5), "{problem:?}");
    }

    /// And somebody who types a command gets a sentence.
    async fn says_sorry(&self) {
        for command in ["video", "greenroom settings"] {
            let answer = self.machine.sandbox.discord.person("owen").insisting().runs("general", command, &[]).await;
            answer.eventually(|message| !message.thinking).await;
            let text = answer.text();
            assert!(text.contains("Something went wrong on my side. Try again in a minute."), "{command}: {text}");
        }
    }

    /// Odo leaves while PostgreSQL says nothing: whoever waits for it is told so soon.
    async fn holds_nobody_up(&self) {
        self.odo_inside.leaves();
        let begun = Instant::now();
        self.refuses_to_write().await;
        assert!(begun.elapsed() < Duration::from_secs(16), "{:?}", begun.elapsed());
        assert_eq!(self.status("/healthz").await, 200);
        self.says_sorry().await;
    }

    /// Reading is possible, writing is not.
    async fn says_sorry_to_who_opens(&self) {
        let ann = self.machine.sandbox.discord.person("ann");
        let answer = ann.runs("general", "video", &[("room", "retro")]).await;
        answer.eventually(|message| !message.thinking).await;
        let text = answer.text();
        assert!(text.contains("Something went wrong on my side. Try again in a minute."), "{text}");
    }

    /// Odo left while nothing could be written down.
    async fn is_right_again(&self, since: Instant) {
        while self.mira.hands_off().await.is_err() || self.status("/readyz").await != 200 {
            assert!(since.elapsed() < SOON, "nothing can be written down after {:?}", since.elapsed());
        }
        self.machine.card("**In the call (1):** Mira").await;
        assert!(since.elapsed() < SOON + WINDOW, "the card was right after {:?}", since.elapsed());
        let answer: Answer = self.machine.sandbox.discord.person("owen").runs("general", "video", &[]).await;
        answer.eventually(|message| message.link().is_some()).await;
        // Nobody is announced twice, and nothing was lost.
        self.mira_inside.leaves();
        self.machine.card("standup · ended").await;
        let cards = self.machine.sandbox.discord.messages("general").into_iter();
        let cards = cards.filter(|message| message.text().contains("standup") && !message.embeds.is_empty());
        assert_eq!(cards.count(), 1);
    }
}

async fn on_sqlite() -> Call {
    sqlx::any::install_default_drivers();
    Call::on(Machine::new().await).await
}

async fn on(cluster: &Cluster) -> Call {
    on_postgres(&cluster.url("postgres")).await
}

async fn on_postgres(url: &str) -> Call {
    let mut machine = Machine::new().await;
    machine.set("DATABASE_URL", url);
    machine.set("SECRET_KEY", KEY);
    Call::on(machine).await
}

async fn connect(machine: &Machine) -> AnyConnection {
    AnyConnection::connect(&format!("sqlite://{}", machine.path("greenroom.db").display())).await.unwrap()
}

#[tokio::test]
async fn another_program_that_keeps_sqlite_busy_is_waited_out() {
    let call = on_sqlite().await;
    let mut other = connect(&call.machine).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    call.odo_inside.leaves();
    // Reading goes on, and a room token needs nothing else.
    call.mira.room_token().await.unwrap();
    assert_eq!(call.status("/readyz").await, 200);
    tokio::join!(call.refuses_to_write(), call.says_sorry_to_who_opens());
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    call.is_right_again(Instant::now()).await;
    other.close().await.unwrap();
}

/// No file of the process may grow, or be written to, beyond so many bytes.
async fn files_end_at(serving: &Child, bytes: &str) {
    let id = serving.id().unwrap().to_string();
    let limit = format!("--fsize={bytes}:");
    let done = Command::new("prlimit").args(["--pid", &id, &limit]).status().await.unwrap();
    assert!(done.success());
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_breaks_nothing() {
    let call = on_sqlite().await;
    let anns_link = call.machine.link_of("ann", "standup").await;
    files_end_at(&call.serving, "0").await;
    call.odo_inside.leaves();
    call.refuses_to_write().await;
    call.says_sorry_to_who_opens().await;
    // A link that can't be marked as used is not used.
    let problem = call.machine.browser().follows(&anns_link).await.err().expect("a refusal");
    assert_eq!((problem.status, problem.code.as_str()), (503, "database_unavailable"));
    call.mira.room_token().await.unwrap();
    files_end_at(&call.serving, "unlimited").await;
    let begun = Instant::now();
    call.machine.browser().redeems(&anns_link, "another-nonce-of-ann-0", None).await.unwrap();
    call.is_right_again(begun).await;
    let whole: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connect(&call.machine).await).await.unwrap();
    assert_eq!(whole, "ok");
}

#[tokio::test]
async fn a_postgresql_that_restarts_is_missed_and_found_again() {
    let cluster = Cluster::own().await;
    let call = on(&cluster).await;
    let cluster = cluster.stops().await;
    call.odo_inside.leaves();
    call.refuses_to_write().await;
    assert_eq!(call.status("/readyz").await, 503);
    assert_eq!(call.status("/healthz").await, 200);
    call.says_sorry().await;
    let begun = Instant::now();
    let _cluster = cluster.starts().await;
    call.is_right_again(begun).await;
}

#[tokio::test]
async fn a_postgresql_that_hangs_holds_nobody_up_for_long() {
    let cluster = Cluster::own().await;
    let call = on(&cluster).await;
    let cluster = cluster.freezes().await;
    call.holds_nobody_up().await;
    let cluster = cluster.thaws().await;
    call.is_right_again(Instant::now()).await;
    drop(cluster);
}

/// For what `other` keeps.
async fn someone_waits(other: &mut AnyConnection) {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let waiting = "SELECT COUNT(*) FROM pg_locks
                    WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let waits = async {
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *other).await.unwrap() == 0 {
            looks.tick().await;
        }
    };
    tokio::time::timeout(SOON, waits).await.expect("somebody waits");
}

#[tokio::test]
async fn a_postgresql_that_vanished_without_a_word_holds_nobody_up_for_long() {
    let wire = Wire::to(&postgres::database().await).await;
    let call = on_postgres(&wire.url).await;
    wire.cuts_off_everybody();
    call.holds_nobody_up().await;
    // What was connected before stays dead: only new connections lead anywhere.
    wire.returns();
    call.is_right_again(Instant::now()).await;
}

#[tokio::test]
async fn a_question_that_postgresql_never_answers_is_given_up_and_its_connection_too() {
    let url = postgres::database().await;
    let wire = Wire::to(&url).await;
    let database = config::Store { database_url: wire.url.clone().into(), secret_keys: None };
    let store = Store::open(&database).await.unwrap();
    let mut other = AnyConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN").execute(&mut other).await.unwrap();
    sqlx::query("LOCK TABLE cards IN ACCESS EXCLUSIVE MODE").execute(&mut other).await.unwrap();
    let asks = store.clone();
    let asked = tokio::spawn(async move { asks.living_cards(8).await });
    someone_waits(&mut other).await;
    wire.cuts_off_everybody();
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    let told = tokio::time::timeout(GIVEN_UP, asked).await.expect("it is given up").unwrap();
    assert!(may_work_later(&told.unwrap_err()));
    wire.returns();
    let begun = Instant::now();
    store.living_cards(8).await.unwrap();
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    store.close().await;
}
