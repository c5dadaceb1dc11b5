//! PostgreSQL for tests: one temporary cluster per run with a database for each test, or one of a test's own.

use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

use sqlx::Connection as _;
use tokio::sync::OnceCell;

/// A server of one's own, or the one that tests share.
pub struct Cluster(sandbox::postgres::Cluster);

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static TEMPLATE: OnceCell<()> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A fresh, empty database's `DATABASE_URL`.
pub async fn database() -> String {
    let cluster = tokio::task::spawn_blocking(|| CLUSTER.get_or_init(start)).await.unwrap();
    TEMPLATE.get_or_init(async || sqlx::any::install_default_drivers()).await;
    let name = format!("t{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut admin = sqlx::AnyConnection::connect(&cluster.url("postgres")).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} STRATEGY file_copy")))
        .execute(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();
    cluster.url(&name)
}

impl Cluster {
    /// One that the test may stop.
    pub async fn own() -> Self {
        tokio::task::spawn_blocking(start).await.unwrap()
    }

    pub fn url(&self, database: &str) -> String {
        self.0.url(database)
    }

    pub async fn stops(self) -> Self {
        self.does("stop").await
    }

    pub async fn starts(self) -> Self {
        self.does("start").await
    }

    /// It takes what it is sent, and answers nothing.
    pub async fn freezes(self) -> Self {
        self.does("freeze").await
    }

    pub async fn thaws(self) -> Self {
        self.does("thaw").await
    }

    async fn does(mut self, word: &'static str) -> Self {
        let done = tokio::task::spawn_blocking(move || {
            self.0.does(word).unwrap();
            self
        });
        done.await.unwrap()
    }
}

fn start() -> Cluster {
    Cluster(sandbox::postgres::Cluster::start().unwrap())
}
