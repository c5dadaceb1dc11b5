//! `greenroom export` and `greenroom import`: an installation in one file.
//!
//! A line is a JSON value: first what the file is, then each table's name and columns with its rows behind it, at last
//! how many rows there were, so that a file that was cut off is known as one. What is sealed in the database is sealed
//! in the file, by the same key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    secret::{Keys, Purpose},
    store::{Cell, Column, SEALED},
};

mod export;
mod import;

pub(super) use self::{
    export::{Export, export},
    import::{Import, import},
};

/// The number of what is described above.
const FORMAT: u32 = 1;
/// What the first line seals, as what.
const PROOF: (&str, &[u8]) = ("export", b"greenroom");

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    greenroom_export: u32,
    /// The newest change to the tables.
    schema: i64,
    /// The program's version, for people.
    version: String,
    made_at: i64,
    /// Opens with the key that the sealed columns were sealed with.
    sealed: String,
}

impl Head {
    fn is_sealed_by(&self, keys: &Keys) -> bool {
        keys.open(Purpose::Export, PROOF.0, &self.sealed).is_ok()
    }
}

/// Every other line but rows, which are plain lists.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mark {
    Table {
        name: String,
        columns: Vec<String>,
    },
    /// The last line: rows by table.
    End(Counts),
}

type Counts = BTreeMap<String, u64>;

/// Whether the ring opens what is sealed in this row, if anything is.
fn opens(keys: &Keys, table: &str, columns: &[Column], row: &[Cell]) -> bool {
    let cell = |name: &str| columns.iter().zip(row).find(|(column, _)| column.name == name).map(|(_, cell)| cell);
    SEALED.iter().filter(|sealed| sealed.table == table).all(|sealed| {
        let (Some(Cell::Number(id)), Some(Cell::Text(text))) = (cell(sealed.id), cell(sealed.column)) else {
            return false;
        };
        keys.open(sealed.purpose, &(sealed.bound_to)(id.cast_unsigned()), text).is_ok()
    })
}

/// `3 rows`
fn rows(count: u64) -> String {
    format!("{count} row{}", if count == 1 { "" } else { "s" })
}

/// A line of progress, for people, beside the file's own way.
fn tell(table: &str, count: u64) {
    eprintln!("  {table}: {}", rows(count));
}

/// Standard input or output is named so, or not at all.
fn is_standard(path: Option<&std::path::Path>) -> bool {
    path.is_none_or(|path| path.as_os_str() == "-")
}

/// What went wrong with the file itself.
fn damaged(line: u64, what: &str) -> anyhow::Error {
    anyhow::anyhow!("line {line} of the file {what}")
}
