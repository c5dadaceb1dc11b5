use std::borrow::Cow;

use greenroom::{clock::Clock, config, lease::Leases, secret::Random, store::Store};
use sqlx::{AnyConnection, Connection as _, migrate::Migrator};

use super::KEY;
use crate::{binary::Machine, postgres};

pub static ALL: Migrator = sqlx::migrate!();

/// A call of an installation of the first version: Mira opened it and is inside, Odo was.
const ROWS: [&str; 9] = [
    "INSERT INTO rooms VALUES ('key', 7, 8, 'standup', 'Standup', 'standup-tag', NULL, 5, 5)",
    "INSERT INTO sessions (session_id, room_key, guild_id, channel_id, video_session_id, opened_by, opened_by_name,
                           opened_at, started_at, peak, version)
     VALUES ('s', 'key', 7, 8, 'v', 1, 'Mira', 10, 11, 2, 4)",
    "INSERT INTO stays (session_id, member_id, user_id, name, kind, joined_at) VALUES ('s', 'm', 1, 'Mira', 'member', 11)",
    "INSERT INTO stays (session_id, member_id, user_id, name, kind, joined_at, left_at)
     VALUES ('s', 'o', 2, 'Odo', 'member', 12, 13)",
    "INSERT INTO events VALUES ('s', 2, 'joined', 'm', 1, 'Mira', 'relay', 11, 11)",
    "INSERT INTO cards (session_id, guild_id, channel_id, state, message_id) VALUES ('s', 7, 8, 'posted', 99)",
    "INSERT INTO channel_settings (channel_id, guild_id, lines) VALUES (8, 7, 'each')",
    "INSERT INTO refusals VALUES ('s', 3, 1, 12)",
    "INSERT INTO pending_interactions (interaction_id, token_sealed, request, created_at, lease)
     VALUES (9, 'sealed', '{}', 14, 9000000000000)",
];

/// Zed knocks, and the process that was about to ask about it is gone.
const KNOCK: &str = "INSERT INTO knocks (knock_id, session_id, guild_id, channel_id, user_id, name, role, knocked_at,
                                         expires_at, lease)
                     VALUES ('k', 's', 7, 8, 4, 'Zed', 'member', 15, 9000000000000, 9000000000000)";
/// The version that brought knocks.
const KNOCKS: usize = 3;

/// The database as version `count` left it, with rows.
pub async fn left_by(count: usize, url: &str) {
    sqlx::any::install_default_drivers();
    let older = Migrator { migrations: Cow::Owned(ALL.iter().take(count).cloned().collect()), ..Migrator::DEFAULT };
    let mut connection = AnyConnection::connect(url).await.unwrap();
    older.run(&mut connection).await.unwrap();
    for row in ROWS.into_iter().chain((count >= KNOCKS).then_some(KNOCK)) {
        sqlx::query(row).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

async fn is_understood(url: String, version: usize) {
    let store = Store::open(&config::Store { database_url: url.into(), secret_keys: None }).await.unwrap();
    let session = store.session("s").await.unwrap().unwrap();
    assert_eq!((session.opened_by, session.opened_by_name.as_str(), session.ended_at), (1, "Mira", None), "{version}");
    let stays = store.stays("s").await.unwrap();
    let inside: Vec<_> = stays.iter().filter(|stay| stay.left_at.is_none()).map(|stay| stay.name.as_str()).collect();
    assert_eq!((stays.len(), inside), (2, vec!["Mira"]), "{version}");
    let cards = store.living_cards(8).await.unwrap();
    assert_eq!(cards[0].message.as_ref().map(|message| message.message_id), Some(99), "{version}");
    let settings = store.channel_settings(8).await.unwrap();
    assert_eq!(settings.lines, greenroom::store::Lines::Each, "{version}");
    assert!(store.standing("key", 3).await.unwrap().unwrap().refused, "{version}");
    assert_eq!(store.events_after("s", 0, 10).await.unwrap().len(), 1, "{version}");
    // Whoever worked on it is no process of today: it is free at once, long before its time is over.
    let promises = store.promises(20).await.unwrap();
    assert_eq!((promises.open, promises.overdue, promises.overdue_since), (1, 1, Some(14)), "{version}");
    let leases = Leases::join(store.clone(), Random::system(), Clock::system()).await.unwrap();
    let knock = store.claim_knock(&leases.owner(), 20, 30).await.unwrap();
    let zeds = (version >= KNOCKS).then(|| "Zed".to_owned());
    assert_eq!(knock.map(|knock| knock.name), zeds, "{version}");
    store.close().await;
}

#[tokio::test]
async fn every_older_version_of_sqlite_is_brought_up_to_date_with_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    for version in 1..=ALL.iter().count() {
        let url = format!("sqlite://{}/{version}.db?mode=rwc", folder.path().display());
        left_by(version, &url).await;
        is_understood(url, version).await;
    }
}

#[tokio::test]
async fn every_older_version_of_postgresql_is_brought_up_to_date_with_what_it_holds() {
    for version in 1..=ALL.iter().count() {
        let url = postgres::database().await;
        left_by(version, &url).await;
        is_understood(url, version).await;
    }
}

#[tokio::test]
async fn processes_that_start_at_once_bring_it_up_to_date_once() {
    let (empty, old) = (postgres::database().await, postgres::database().await);
    left_by(1, &old).await;
    for url in [empty, old] {
        let machines = futures::future::join_all((0..3).map(async |_| {
            let mut machine = Machine::new().await;
            machine.set("DATABASE_URL", &url);
            machine.set("SECRET_KEY", KEY);
            machine
        }));
        let machines = machines.await;
        let started = futures::future::join_all(machines.iter().map(Machine::starts)).await;
        let mut connection = AnyConnection::connect(&url).await.unwrap();
        let done: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations WHERE success")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(usize::try_from(done).unwrap(), ALL.iter().count());
        drop(started);
    }
}
