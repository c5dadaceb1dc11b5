//! What is kept for how long, on both databases.

use greenroom::{
    config,
    store::{Guest, Knock, KnockState, NewSession, NewTicket, OpenLimits, Opened, Part, Place, Room, Store},
};
use sqlx::{AnyConnection, Connection as _};

use crate::postgres;

const DAY: i64 = 24 * 3600 * 1000;
const NOW: i64 = 1_788_253_200_000;
const PLACE: Place = Place { guild_id: 10, channel_id: 20 };
/// A server that the bot was removed from.
const LEFT: Place = Place { guild_id: 11, channel_id: 21 };

const fn days_ago(count: i64) -> i64 {
    NOW - count * DAY
}

/// An interaction's id tells when it was made (<https://discord.com/developers/docs/reference#snowflakes>).
fn made_at(unix_ms: i64) -> u64 {
    (unix_ms - 1_420_070_400_000).cast_unsigned() << 22
}

struct Database {
    store: Store,
    /// For what only time, or SignalWire, does.
    hand: AnyConnection,
}

impl Database {
    async fn at(url: &str) -> Self {
        let database = config::Store { database_url: url.to_owned().into(), secret_keys: None };
        Self { store: Store::open(&database).await.unwrap(), hand: AnyConnection::connect(url).await.unwrap() }
    }

    async fn writes(&mut self, sql: &'static str, session_id: &str, value: Option<i64>) {
        sqlx::query(sql).bind(session_id).bind(value).execute(&mut self.hand).await.unwrap();
    }

    /// A session in a room of its own, with a stay, a refusal, and somebody who knocked.
    async fn session(&mut self, id: &str, place: Place, opened_at: i64, ended_at: Option<i64>) {
        let room = Room {
            key: format!("room-{id}"),
            place,
            canonical: id.to_owned(),
            title: id.to_owned(),
            video_name: id.to_owned(),
            video_room_id: None,
            ensured_at: None,
            created_at: opened_at,
        };
        self.store.keep_room(&room).await.unwrap();
        let new = NewSession {
            id,
            room_key: &room.key,
            place,
            topic: None,
            locale: "en",
            opened_by: 1,
            opened_by_name: "Mira",
            now: opened_at,
        };
        let limits = OpenLimits { per_guild: 9, per_user: 9, user_since: i64::MAX };
        assert!(matches!(self.store.open_session(&new, limits).await.unwrap(), Opened::New(_)));
        self.store.refuse(id, 2, 1, opened_at).await.unwrap();
        let knock = Knock {
            id: format!("knock-{id}"),
            session_id: id.to_owned(),
            place,
            user_id: 3,
            name: "Zed".to_owned(),
            role: "member".to_owned(),
            state: KnockState::Open,
            knocked_at: opened_at,
            expires_at: opened_at + 1,
            message: None,
            is_shown: false,
        };
        self.store.knock(&knock, 9).await.unwrap();
        let stay = "INSERT INTO stays (session_id, member_id, name, kind, joined_at, left_at)
                    VALUES ($1, 'M', 'Odo', 'member', 1, $2)";
        self.writes(stay, id, ended_at).await;
        self.writes("UPDATE sessions SET ended_at = $2 WHERE session_id = $1", id, ended_at).await;
    }

    /// Links and invitations, one of which ran out two days ago.
    async fn invitations(&self) {
        for (n, expires_at) in [(1, days_ago(2)), (2, NOW + 1)] {
            let hash = format!("ticket-{n}");
            let ticket = NewTicket {
                hash: &hash,
                purpose: "join",
                room_key: "room-old",
                user_id: 1,
                now: days_ago(3),
                expires_at,
            };
            self.store.add_ticket(&ticket).await.unwrap();
            let guest = Guest {
                id: n,
                room_key: "room-old".to_owned(),
                place: PLACE,
                name: "Kim".to_owned(),
                role: "member".to_owned(),
                invited_by: 1,
                invited_at: days_ago(3),
                expires_at,
            };
            assert!(self.store.add_guest(&guest, 9).await.unwrap());
        }
    }
}

async fn what_is_old_goes_and_what_is_live_stays_however_old(url: &str) {
    let mut database = Database::at(url).await;
    database.session("ancient", PLACE, days_ago(92), Some(days_ago(91))).await;
    database.session("old", PLACE, days_ago(32), Some(days_ago(31))).await;
    database.session("recent", PLACE, days_ago(2), Some(days_ago(0))).await;
    database.session("endless", PLACE, days_ago(400), None).await;
    database.session("left", LEFT, days_ago(9), Some(days_ago(8))).await;
    database.invitations().await;
    let store = &database.store;
    store.deny_sid("gone", days_ago(1)).await.unwrap();
    store.deny_sid("out", NOW + 1).await.unwrap();
    store.hold_lock("nobody's", 1, days_ago(1)).await.unwrap();
    for (guild_id, joined_at) in [(10, days_ago(91)), (10, days_ago(1)), (11, days_ago(1))] {
        store.add_join(guild_id, &[(Part::Whole, 400)], joined_at).await.unwrap();
    }
    assert!(store.leave_guild(LEFT.guild_id, "gone", days_ago(8)).await.unwrap());
    let interactions = [(NOW - 2 * 3600 * 1000, true), (NOW, false)];
    for (at, _) in interactions {
        assert!(store.take_interaction(made_at(at)).await.unwrap());
        assert!(!store.take_interaction(made_at(at)).await.unwrap());
    }

    assert!(store.forget_old(NOW).await.unwrap() > 0);
    for id in ["ancient", "left"] {
        assert!(store.session(id).await.unwrap().is_none(), "{id}");
        assert!(!store.lift_refusal(id, 2).await.unwrap(), "{id}");
        assert!(store.stays(id).await.unwrap().is_empty(), "{id}");
    }
    assert!(store.room("room-left").await.unwrap().is_none());
    for (id, events, knocked) in [("old", 0, false), ("recent", 1, true), ("endless", 1, true)] {
        assert!(store.session(id).await.unwrap().is_some(), "{id}");
        assert_eq!(store.events_after(id, 0, 10).await.unwrap().len(), events, "{id}");
        assert_eq!(store.stays(id).await.unwrap().len(), 1, "{id}");
        assert_eq!(store.knock_by_id(&format!("knock-{id}")).await.unwrap().is_some(), knocked, "{id}");
    }
    for (n, stays) in [(1, false), (2, true)] {
        assert_eq!(store.ticket(&format!("ticket-{n}")).await.unwrap().is_some(), stays, "{n}");
        assert_eq!(store.guest(n).await.unwrap().is_some(), stays, "{n}");
    }
    assert!(!store.sid_is_denied("gone").await.unwrap() && store.sid_is_denied("out").await.unwrap());
    let joins = store.join_times(10, 0).await.unwrap();
    assert_eq!(joins[&Part::Whole].joins, 1);
    assert!(store.join_times(11, 0).await.unwrap().is_empty());
    for (at, is_forgotten) in interactions {
        assert_eq!(store.take_interaction(made_at(at)).await.unwrap(), is_forgotten);
    }
    store.forget_old(NOW).await.unwrap();
    assert_eq!(store.forget_old(NOW).await.unwrap(), 0);
    store.close().await;
}

#[tokio::test]
async fn what_is_old_goes_on_sqlite() {
    sqlx::any::install_default_drivers();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("greenroom.db").display());
    what_is_old_goes_and_what_is_live_stays_however_old(&url).await;
}

#[tokio::test]
async fn what_is_old_goes_on_postgresql() {
    what_is_old_goes_and_what_is_live_stays_however_old(&postgres::database().await).await;
}
