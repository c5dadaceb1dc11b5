//! The store alone, the same on both databases.

use std::collections::HashSet;

use greenroom::{
    clock::Clock,
    config,
    lease::Leases,
    secret::Random,
    store::{NewSession, OpenLimits, Opened, Part, Place, Room, Spread, Store},
};

use crate::postgres;

async fn sqlite() -> (Store, Option<tempfile::TempDir>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/greenroom.db", folder.path().display());
    (open(url).await, Some(folder))
}

async fn postgres() -> (Store, Option<tempfile::TempDir>) {
    (open(postgres::database().await).await, None)
}

async fn open(url: String) -> Store {
    Store::open(&config::Store { database_url: url.into(), secret_keys: None }).await.unwrap()
}

macro_rules! on_both_databases {
    ($(async fn $name:ident($store:ident: Store) $body:block)*) => {$(
        mod $name {
            use super::*;
            async fn test($store: Store) $body
            #[tokio::test]
            async fn on_sqlite() {
                let (store, _folder) = sqlite().await;
                test(store).await;
            }
            #[tokio::test]
            async fn on_postgres() {
                let (store, _) = postgres().await;
                test(store).await;
            }
        }
    )*};
}

const PLACE: Place = Place { guild_id: 1, channel_id: u64::MAX / 2 };

fn room(key: &str, canonical: &str) -> Room {
    Room {
        key: key.into(),
        place: PLACE,
        canonical: canonical.into(),
        title: format!("{canonical} ü 😀 ' \" ;"),
        video_name: format!("{canonical}-tag"),
        video_room_id: None,
        ensured_at: None,
        created_at: 5,
    }
}

fn opening<'a>(id: &'a str, room_key: &'a str, now: i64) -> NewSession<'a> {
    NewSession {
        id,
        room_key,
        place: PLACE,
        topic: Some("topic"),
        locale: "en",
        opened_by: 7,
        opened_by_name: "Mira",
        now,
    }
}

const LIMITS: OpenLimits = OpenLimits { per_guild: 2, per_user: 100, user_since: 0 };

on_both_databases! {
    async fn a_room_is_kept_once_whoever_asks_first(store: Store) {
        let rooms: Vec<Room> = (0..24).map(|n| room(&format!("key-{n}"), "standup")).collect();
        let kept = futures::future::join_all(rooms.iter().map(|room| store.keep_room(room))).await;
        let keys: HashSet<String> = kept.into_iter().map(|room| room.unwrap().key).collect();
        assert_eq!(keys.len(), 1);
        let found = store.room_named(PLACE, "standup").await.unwrap().unwrap();
        assert_eq!(found.title, "standup ü 😀 ' \" ;");
        assert_eq!(found.place, PLACE);
    }

    async fn a_room_has_one_present_session_and_a_guild_so_many(store: Store) {
        for name in ["one", "two", "three"] {
            store.keep_room(&room(name, name)).await.unwrap();
        }
        let mut opened = HashSet::new();
        for n in 0..8 {
            let id = format!("session-{n}");
            match store.open_session(&opening(&id, "one", 10 + n), LIMITS).await.unwrap() {
                Opened::New(session) | Opened::Present(session) => opened.insert(session.id),
                other => panic!("{other:?}"),
            };
        }
        assert_eq!(opened.len(), 1);
        assert!(matches!(store.open_session(&opening("b", "two", 30), LIMITS).await.unwrap(), Opened::New(_)));
        assert!(matches!(store.open_session(&opening("c", "three", 31), LIMITS).await.unwrap(), Opened::GuildFull));
        assert!(matches!(store.open_session(&opening("d", "one", 32), LIMITS).await.unwrap(), Opened::Present(_)));
    }

    async fn a_lease_has_one_holder(store: Store) {
        let leases = Leases::join(store.clone(), Random::system(), Clock::system()).await.unwrap();
        let takes = (0..16).map(async |_: i32| leases.take("relay").await.unwrap());
        let mut took: Vec<_> = futures::future::join_all(takes).await.into_iter().flatten().collect();
        assert_eq!(took.len(), 1);
        took.remove(0).give_back().await;
        let again = leases.take("relay").await.unwrap().unwrap();
        assert!(again.is_ours());
        // Whoever leaves holds nothing.
        leases.leave().await;
        let other = Leases::join(store.clone(), Random::system(), Clock::system()).await.unwrap();
        assert!(other.take("relay").await.unwrap().is_some());
        assert!(leases.take("door").await.unwrap().is_none(), "nobody holds anything who has left");
    }

    async fn joins_that_happen_at_once_are_all_counted(store: Store) {
        const DAY: i64 = 24 * 3600 * 1000;
        let joins = (0..24).map(async |n| {
            let took = [(Part::Token, 90), (Part::Whole, if n < 20 { 400 } else { 900 })];
            store.add_join(7, &took, 3 * DAY).await.unwrap();
        });
        futures::future::join_all(joins).await;
        let times = store.join_times(7, 3 * DAY).await.unwrap();
        assert_eq!(times[&Part::Token], Spread { joins: 24, half_ms: 100, most_ms: 100 });
        assert_eq!(times[&Part::Whole], Spread { joins: 24, half_ms: 400, most_ms: 1_000 });
    }

    async fn a_ticket_is_used_once(store: Store) {
        store.keep_room(&room("one", "one")).await.unwrap();
        let new = greenroom::store::NewTicket { hash: "h", purpose: "join", room_key: "one", user_id: 7, now: 1, expires_at: 100 };
        store.add_ticket(&new).await.unwrap();
        let nonces: Vec<String> = (0..16).map(|n| format!("nonce-{n}")).collect();
        let uses = nonces.iter().map(async |nonce| store.use_ticket("h", nonce, nonce, 10, 0).await.unwrap());
        let used = futures::future::join_all(uses).await;
        assert_eq!(used.into_iter().flatten().count(), 1);
    }
}
