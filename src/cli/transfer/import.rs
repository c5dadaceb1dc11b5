//! Reading the file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::de::DeserializeOwned;

use super::{Counts, FORMAT, Head, Mark, damaged, is_standard, opens, rows, tell};
use crate::{
    clock::Clock,
    config::Config,
    secret::{Keys, Random},
    store::{Cell, Column, KEPT, Store, Transfer},
};

/// No row of ours is longer: names, topics and requests are bounded.
const LINE_MAX: u64 = 1 << 20;
/// Rows that are written together.
const TOGETHER: usize = 64;
const SERVED: &str = "Greenroom serves from this database; stop it first (one that died counts for ten seconds)";
const UNUSABLE: &str = "the database does not do its part";

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Import {
    /// What greenroom export wrote. Standard input when left out
    file: Option<PathBuf>,
}

/// All of the file is taken, or nothing.
pub(in crate::cli) async fn import(config: Config, asked: Import) -> anyhow::Result<ExitCode> {
    match fill(&config, asked.file.as_deref()).await {
        Ok(counts) => {
            eprintln!("{} imported. Start Greenroom; nothing else may serve the old database.", rows(counts));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(error.context("nothing was imported")),
    }
}

/// How many rows.
async fn fill(config: &Config, path: Option<&Path>) -> anyhow::Result<u64> {
    let mut lines = Lines::open(path)?;
    let head: Head = lines.read_one()?.context("the file is empty")?;
    if head.greenroom_export != FORMAT {
        bail!("the file has another format ({}) than this program reads ({FORMAT})", head.greenroom_export);
    }
    if head.schema != Store::schema() {
        bail!(
            "the file is of Greenroom {} (tables of version {}), and this is {} (version {}): export it with this version",
            head.version,
            head.schema,
            env!("CARGO_PKG_VERSION"),
            Store::schema()
        );
    }
    let keys = Keys::load(&config.store, &Random::system())?;
    if !head.is_sealed_by(&keys) {
        bail!(
            "SECRET_KEY: does not open what the file holds; set it to the one the file was made with (of an SQLite \
             installation: the text of greenroom.key)"
        );
    }
    let (store, clock) = (Store::open(&config.store).await?, Clock::system());
    if store.is_served(&clock).await.context(UNUSABLE)? {
        bail!(SERVED);
    }
    let mut filling = store.filling().await.context(UNUSABLE)?;
    for table in KEPT {
        if !filling.is_empty(table).await.context(UNUSABLE)? {
            bail!(
                "DATABASE_URL: this database is in use already (table {table}); a file is imported into an empty one"
            );
        }
    }
    let count = Reading { lines, keys, filling: &mut filling }.all().await?;
    // Whoever started meanwhile believes that there is nothing.
    if store.is_served(&clock).await.context(UNUSABLE)? {
        bail!(SERVED);
    }
    filling.commit().await.context(UNUSABLE)?;
    store.close().await;
    Ok(count)
}

/// The file from its second line on, into a database.
struct Reading<'a> {
    lines: Lines,
    keys: Keys,
    filling: &'a mut Transfer,
}

impl Reading<'_> {
    async fn all(mut self) -> anyhow::Result<u64> {
        let mut counts = Counts::new();
        let mut next = self.lines.mark()?;
        for table in KEPT {
            let columns = match next {
                Mark::Table { name, columns } if name == table => self.columns(table, columns).await?,
                _ => return Err(damaged(self.lines.number, &format!("is not the table {table}, which comes next"))),
            };
            let (count, behind) = self.table(table, &columns).await?;
            tell(table, count);
            counts.insert(table.to_owned(), count);
            next = behind;
        }
        match next {
            Mark::End(said) if said == counts => {}
            Mark::End(_) => {
                return Err(damaged(self.lines.number, "counts other rows than there are: some are missing"));
            }
            Mark::Table { .. } => return Err(damaged(self.lines.number, "is a table that nobody knows")),
        }
        if self.lines.next()?.is_some() {
            return Err(damaged(self.lines.number, "comes after the last"));
        }
        Ok(counts.values().sum())
    }

    /// The file's columns, as the database knows them.
    async fn columns(&mut self, table: &str, names: Vec<String>) -> anyhow::Result<Vec<Column>> {
        let known = self.filling.columns(table).await.context(UNUSABLE)?;
        let named = names.iter().map(|name| known.iter().find(|column| column.name == *name).cloned());
        let columns: Option<Vec<Column>> = named.collect();
        let as_many = |columns: &Vec<Column>| columns.len() == known.len();
        columns.filter(as_many).with_context(|| format!("the table {table} has other columns in the file"))
    }

    /// Its rows, and what follows them.
    async fn table(&mut self, table: &str, columns: &[Column]) -> anyhow::Result<(u64, Mark)> {
        let (mut count, mut waiting) = (0, Vec::with_capacity(TOGETHER));
        loop {
            let line = self.lines.more()?;
            if !line.starts_with(b"[") {
                self.filling.add(table, columns, &waiting).await?;
                return Ok((count, self.lines.parse(&line)?));
            }
            let row: Vec<Cell> = self.lines.parse(&line)?;
            let fits = row.len() == columns.len() && columns.iter().zip(&row).all(|(column, cell)| column.takes(cell));
            if !fits {
                return Err(damaged(self.lines.number, "does not fit its table"));
            }
            if !opens(&self.keys, table, columns, &row) {
                bail!("SECRET_KEY: does not open line {}; it takes all keys the file was made with", self.lines.number);
            }
            count += 1;
            waiting.push(row);
            if waiting.len() == TOGETHER {
                self.filling.add(table, columns, &waiting).await?;
                waiting.clear();
            }
        }
    }
}

struct Lines {
    from: Box<dyn BufRead + Send>,
    /// Of the line that was read last, from 1.
    number: u64,
}

impl Lines {
    fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let from: Box<dyn BufRead + Send> = match path.filter(|path| !is_standard(Some(path))) {
            Some(path) => {
                let file = File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
                Box::new(BufReader::new(file))
            }
            None => Box::new(BufReader::new(io::stdin())),
        };
        Ok(Self { from, number: 0 })
    }

    /// None: that was all.
    fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = self.from.by_ref().take(LINE_MAX).read_until(b'\n', &mut line).context("the file can't be read")?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if line.pop() != Some(b'\n') {
            bail!("the file is cut off in line {}, or no export of Greenroom's", self.number);
        }
        Ok(Some(line))
    }

    fn more(&mut self) -> anyhow::Result<Vec<u8>> {
        self.next()?.with_context(|| format!("the file is cut off behind line {}", self.number))
    }

    fn read_one<T: DeserializeOwned>(&mut self) -> anyhow::Result<Option<T>> {
        self.next()?.map(|line| self.parse(&line)).transpose()
    }

    fn mark(&mut self) -> anyhow::Result<Mark> {
        let line = self.more()?;
        self.parse(&line)
    }

    fn parse<T: DeserializeOwned>(&self, line: &[u8]) -> anyhow::Result<T> {
        serde_json::from_slice(line).map_err(|_| damaged(self.number, "is not as greenroom export writes it"))
    }
}
