//! Writing the file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::Args;
use futures::TryStreamExt as _;
use serde::Serialize;

use super::{Counts, FORMAT, Head, Mark, PROOF, is_standard, opens, rows, tell};
use crate::{
    clock::Clock,
    config::{self, Config},
    secret::{Keys, Purpose, Random},
    store::{KEPT, Store, Tables, Transfer},
};

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Export {
    /// Where to write to, for its owner alone; nothing that is there is overwritten. Standard output when left out
    file: Option<PathBuf>,
}

/// Works while Greenroom serves, and says that it does.
pub(in crate::cli) async fn export(config: Config, asked: Export) -> anyhow::Result<ExitCode> {
    if !has_tables(&config.store).await? {
        bail!(NOTHING);
    }
    let store = Store::open(&config.store).await?;
    let keys = Keys::load(&config.store, &Random::system())?;
    let clock = Clock::system();
    let mut snapshot = store.snapshot().await.context(UNREAD)?;
    if is_empty(&mut snapshot).await? {
        bail!(NOTHING);
    }
    let head = Head {
        greenroom_export: FORMAT,
        schema: Store::schema(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: clock.unix_ms(),
        sealed: keys.seal(Purpose::Export, PROOF.0, PROOF.1),
    };
    let mut out = Out::create(asked.file.as_deref())?;
    let counts = match write(&mut out, &head, &mut snapshot, &keys).await {
        Ok(counts) => counts,
        Err(error) => {
            out.remove();
            return Err(error);
        }
    };
    drop(snapshot);
    eprintln!("{} exported. It is read with the same SECRET_KEY; keep both from others.", rows(counts.values().sum()));
    if store.is_served(&clock).await.context(UNREAD)? {
        eprintln!(
            "Greenroom serves from this database: what happens from now on is not in the file. To move, stop it first."
        );
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

const UNREAD: &str = "the database can't be read";
const NOTHING: &str = "the database knows nothing yet: is DATABASE_URL right, and its file looked for in this folder?";

/// Whether Greenroom has served from there. It is only looked at: where nothing is, nothing is made.
async fn has_tables(config: &config::Store) -> anyhow::Result<bool> {
    let store = Store::look(config).await?;
    let tables = store.tables().await.context(UNREAD);
    store.close().await;
    Ok(tables? != Tables::Missing)
}

async fn is_empty(snapshot: &mut Transfer) -> anyhow::Result<bool> {
    for table in KEPT {
        if !snapshot.is_empty(table).await.context(UNREAD)? {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn write(out: &mut Out, head: &Head, snapshot: &mut Transfer, keys: &Keys) -> anyhow::Result<Counts> {
    out.line(head)?;
    let mut counts = Counts::new();
    for table in KEPT {
        let columns = snapshot.columns(table).await.context(UNREAD)?;
        let names = columns.iter().map(|column| column.name.clone()).collect();
        out.line(&Mark::Table { name: table.to_owned(), columns: names })?;
        let (mut written, mut lost) = (0, 0);
        let mut found = snapshot.rows(table, &columns);
        while let Some(row) = found.try_next().await.context(UNREAD)? {
            if opens(keys, table, &columns, &row) {
                out.line(&row)?;
                written += 1;
            } else {
                lost += 1;
            }
        }
        tell(table, written);
        if lost > 0 {
            eprintln!("    left out, for SECRET_KEY does not open what they hold: {}", rows(lost));
        }
        counts.insert(table.to_owned(), written);
    }
    out.line(&Mark::End(counts.clone()))?;
    out.finish()?;
    Ok(counts)
}

/// Where the file goes.
struct Out {
    to: BufWriter<Box<dyn Write + Send>>,
    file: Option<(PathBuf, File)>,
}

const UNWRITTEN: &str = "the file can't be written";

impl Out {
    fn create(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| !is_standard(Some(path))) else {
            return Ok(Self { to: BufWriter::new(Box::new(io::stdout())), file: None });
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).with_context(|| format!("{} can't be made", path.display()))?;
        let same = file.try_clone().context(UNWRITTEN)?;
        Ok(Self { to: BufWriter::new(Box::new(file)), file: Some((path.to_owned(), same)) })
    }

    fn line(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.to, value).context(UNWRITTEN)?;
        self.to.write_all(b"\n").context(UNWRITTEN)
    }

    /// All of it is on the disk.
    fn finish(&mut self) -> anyhow::Result<()> {
        self.to.flush().context(UNWRITTEN)?;
        self.file.as_ref().map_or(Ok(()), |(_, file)| file.sync_all()).context(UNWRITTEN)
    }

    /// Half a file is none.
    fn remove(self) {
        let Some((path, _)) = self.file else { return };
        if let Err(error) = fs::remove_file(&path) {
            eprintln!("{} holds half of it and can't be removed: {error}", path.display());
        }
    }
}
