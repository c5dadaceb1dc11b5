//! A database for unit tests: a SQLite file that goes with its last user.

use std::{ops::Deref, sync::Arc};

use super::{NewSession, OpenLimits, Opened, Place, Room, Store};
use crate::config;

#[derive(Clone)]
pub struct Temporary {
    store: Store,
    _folder: Arc<tempfile::TempDir>,
}

impl Temporary {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/greenroom.db", folder.path().display());
        let config = config::Store { database_url: url.into(), secret_keys: None };
        let store = Store::open(&config).await.unwrap();
        Self { store, _folder: Arc::new(folder) }
    }

    /// Whose disk is full: not one page more than there are. What fits on these may still be written.
    pub async fn full() -> Self {
        let Self { store, _folder } = Self::open().await;
        store.close().await;
        let url = secrecy::ExposeSecret::expose_secret(&store.url);
        let limit = &["PRAGMA foreign_keys = ON", "PRAGMA max_page_count = 1"];
        Self { store: Store::connect(url, store.engine, limit).await.unwrap(), _folder }
    }

    /// With the session `s` of the room `room`, opened by Mira at `opened_at`.
    pub async fn with_session(place: Place, opened_at: i64) -> Self {
        let it = Self::open().await;
        let room = Room {
            key: "room".to_owned(),
            place,
            canonical: "standup".to_owned(),
            title: "Standup".to_owned(),
            video_name: "standup-x".to_owned(),
            video_room_id: None,
            ensured_at: None,
            created_at: opened_at,
        };
        it.keep_room(&room).await.unwrap();
        let new = NewSession {
            id: "s",
            room_key: "room",
            place,
            topic: None,
            locale: "en",
            opened_by: 1,
            opened_by_name: "Mira",
            now: opened_at,
        };
        let limits = OpenLimits { per_guild: 9, per_user: 9, user_since: 0 };
        assert!(matches!(it.open_session(&new, limits).await.unwrap(), Opened::New(_)));
        it
    }

    pub fn store(&self) -> Store {
        self.store.clone()
    }
}

impl Deref for Temporary {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
