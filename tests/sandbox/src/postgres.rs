//! A PostgreSQL of one's own: a temporary cluster on a socket in its own folder, from Debian's package. It ends with
//! this process, however that ends: its keeper waits on our end of a pipe.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
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

/// Dropped, it ends.
pub struct Cluster {
    folder: PathBuf,
    /// Its end tells the keeper that we are gone.
    keeper: Child,
    said: BufReader<ChildStdout>,
}

impl Cluster {
    /// Returns once it answers.
    pub fn start() -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("greenroom-pg-{}", uuid::Uuid::new_v4().simple()));
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let mut keeper = as_somebody_else(&folder)?;
        keeper.args(["sh", "-c", KEEPER, "keeper"]).arg(&folder).arg(programs()?);
        let mut keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let said = keeper.stdout.take().ok_or_else(|| io::Error::other("the keeper has no output"))?;
        let mut cluster = Self { folder, keeper, said: BufReader::new(said) };
        if cluster.hears()? != "ready" {
            let log = std::fs::read_to_string(cluster.folder.join("log")).unwrap_or_default();
            return Err(io::Error::other(format!("PostgreSQL did not start: {log}")));
        }
        Ok(cluster)
    }

    /// The `DATABASE_URL` of a database in it; `postgres` is there from the start.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://greenroom@localhost/{database}?host={}", self.folder.display())
    }

    /// `stop`, `start`, `freeze` or `thaw`; returns once it is done.
    pub fn does(&mut self, word: &str) -> io::Result<()> {
        let input = self.keeper.stdin.as_mut().ok_or_else(|| io::Error::other("the keeper has no input"))?;
        writeln!(input, "{word}")?;
        match self.hears()?.as_str() {
            "done" => Ok(()),
            said => Err(io::Error::other(format!("{word}: {said}"))),
        }
    }

    fn hears(&mut self) -> io::Result<String> {
        let mut said = String::new();
        self.said.read_line(&mut said)?;
        Ok(said.trim().to_owned())
    }
}

/// initdb refuses root, so there it runs as the user Debian's package made.
fn as_somebody_else(folder: &Path) -> io::Result<Command> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    if !is_root {
        return Ok(Command::new("env"));
    }
    if !Command::new("chown").arg("postgres").arg(folder).status()?.success() {
        return Err(io::Error::other("there is no user postgres: install PostgreSQL from Debian's packages"));
    }
    let mut runuser = Command::new("runuser");
    runuser.args(["-u", "postgres", "--"]);
    Ok(runuser)
}

fn programs() -> io::Result<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().ok_or_else(|| io::Error::other("PostgreSQL's server is missing: sudo apt-get install postgresql"))
}
