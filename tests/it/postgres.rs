//! A PostgreSQL of the tests' own: one temporary cluster per run, on a socket in its own folder, one database for
//! each test. It ends with this process, however that ends: its keeper waits on our end of a pipe.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::Connection as _;
use tempfile::TempDir;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{OnceCell, watch},
};

/// Runs `initdb` and `postgres` in the folder `$1` with the programs in `$2`, tells when it answers, does what it is
/// told by the line, and cleans up when its standard input ends.
const KEEPER: &str = r#"
set -e
folder=$1 programs=$2
"$programs/initdb" --pgdata="$folder/data" --username=greenroom --auth=trust --no-sync --no-instructions >"$folder/log"
serve() {
  "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off -c full_page_writes=off \
    -c max_connections=400 -c shared_buffers=64MB >>"$folder/log" 2>&1 </dev/null &
  server=$!
  for _ in $(seq 600); do "$programs/pg_isready" -q -h "$folder" -d postgres && break; sleep 0.05; done
}
signal() {
  for process in $(ps -o pid= --ppid "$server") "$server"; do kill "-$1" "$process" 2>/dev/null || true; done
}
end() {
  kill -INT "$server" && wait "$server" || true
}
serve
echo ready
while read -r word; do
  case $word in
    stop) end ;;
    start) serve ;;
    freeze) signal STOP ;;
    thaw) signal CONT ;;
  esac
  echo done
done
signal CONT
end
rm -rf "$folder"
"#;

/// A server of one's own, or the one that tests share.
pub struct Cluster {
    folder: PathBuf,
    /// Its end tells the keeper that we are gone.
    keeper: std::process::Child,
    said: std::io::BufReader<std::process::ChildStdout>,
}

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
        format!("postgres://greenroom@localhost/{database}?host={}", self.folder.display())
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
        use std::io::{BufRead as _, Write as _};
        let done = tokio::task::spawn_blocking(move || {
            writeln!(self.keeper.stdin.as_mut().unwrap(), "{word}").unwrap();
            let mut said = String::new();
            self.said.read_line(&mut said).unwrap();
            assert_eq!(said.trim(), "done", "{word}");
            self
        });
        done.await.unwrap()
    }
}

fn start() -> Cluster {
    use std::io::BufRead as _;

    let folder = tempfile::Builder::new().prefix("greenroom-pg-").tempdir().unwrap().keep();
    let mut keeper = as_somebody_else(&folder);
    keeper.args(["sh", "-c", KEEPER, "keeper"]).arg(&folder).arg(programs());
    let mut keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = std::io::BufReader::new(keeper.stdout.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    assert_eq!(
        first.trim(),
        "ready",
        "PostgreSQL did not start: {}",
        std::fs::read_to_string(folder.join("log")).unwrap_or_default()
    );
    Cluster { folder, keeper, said }
}

/// initdb refuses root, so there it runs as the user Debian's package made.
fn as_somebody_else(folder: &std::path::Path) -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    if !is_root {
        return Command::new("env");
    }
    let owned = Command::new("chown").arg("postgres").arg(folder).status().unwrap();
    assert!(owned.success(), "there is no user postgres: install PostgreSQL from Debian's packages");
    let mut runuser = Command::new("runuser");
    runuser.args(["-u", "postgres", "--"]);
    runuser
}

fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL's server is missing: sudo apt-get install postgresql")
}
