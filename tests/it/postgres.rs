//! PostgreSQL for tests: one temporary cluster per run with a database for each test, or one of a test's own.

use std::{
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::Connection as _;
use tempfile::TempDir;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{OnceCell, watch},
};

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

/// A way to a database that the test may cut, for one process alone.
pub struct Line {
    url: String,
    is_cut: watch::Sender<bool>,
    _folder: TempDir,
}

impl Line {
    pub fn to(url: &str) -> Self {
        const SOCKET: &str = ".s.PGSQL.5432";
        let (database, far) = url.split_once("?host=").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (url, far) = (format!("{database}?host={}", folder.path().display()), PathBuf::from(far).join(SOCKET));
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let (is_cut, cut) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (mut cut, far) = (cut.clone(), far.clone());
                tokio::spawn(async move {
                    let Ok(mut far) = UnixStream::connect(far).await else { return };
                    tokio::select! {
                        biased;
                        _ = cut.wait_for(|is_cut| *is_cut) => {}
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    }
                });
            }
        });
        Self { url, is_cut, _folder: folder }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn is_cut(&self, is_cut: bool) {
        self.is_cut.send_replace(is_cut);
    }
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
