//! A database for unit tests: a SQLite file that goes with its last user.

use std::{ops::Deref, sync::Arc};

use super::Store;
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
