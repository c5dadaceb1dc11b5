//! What was found: for whoever watches, as JSON, and in the document about it.

use std::{fmt::Write as _, fs, path::Path};

use sandbox::proof::{Failed, Figures, Result};
use serde_json::{Value, json};

use super::chart;

/// Everything found so far.
pub struct Report {
    run: &'static str,
    tokens: Vec<Value>,
    beside: Vec<Value>,
    sections: Vec<Value>,
    broken: usize,
}

/// In the document, the figures stand between these.
const MARKS: (&str, &str) = ("<!-- figures of make bench -->\n", "<!-- end of the figures -->");

impl Report {
    pub fn new(quick: bool) -> Self {
        let run = if quick { "a quick run" } else { "a full run" };
        Self { run, tokens: Vec::new(), beside: Vec::new(), sections: Vec::new(), broken: 0 }
    }

    pub fn add(&mut self, figures: &Figures) {
        println!("{figures}\n");
        let limits = figures.limits().map(|limit| json!({ "line": limit.line, "kept": limit.holds }));
        self.broken += figures.limits().filter(|limit| !limit.holds).count();
        self.sections.push(json!({
            "title": figures.title(), "notes": figures.notes().collect::<Vec<_>>(), "limits": limits.collect::<Vec<_>>(),
        }));
    }

    /// The comparison's rows, and those of Greenroom beside the relay.
    pub fn tokens(&mut self, rows: Vec<Value>, beside: Vec<Value>) {
        println!("{}\n{}", of_tokens(&rows), of_ratios(&beside));
        (self.tokens, self.beside) = (rows, beside);
    }

    /// Limits that were not kept.
    pub fn broken(&self) -> usize {
        self.broken
    }

    pub fn write(&self, file: &Path) -> Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let found = json!({
            "run": self.run, "build": if cfg!(debug_assertions) { "debug" } else { "release" }, "machine": machine(),
            "tokens": self.tokens, "beside": self.beside, "sections": self.sections,
        });
        Ok(fs::write(file, format!("{found:#}\n"))?)
    }
}

/// Puts what `found` says into the document, and draws its chart beside it.
pub fn into_document(found: &Path, document: &Path) -> Result<()> {
    let found: Value =
        serde_json::from_str(&fs::read_to_string(found)?).map_err(|error| Failed::new(error.to_string()))?;
    let text = fs::read_to_string(document)?;
    let around = text.split_once(MARKS.0).and_then(|(before, rest)| Some((before, rest.split_once(MARKS.1)?.1)));
    let (before, after) = around.ok_or_else(|| Failed::new(format!("{} has no marks", document.display())))?;
    fs::write(document, format!("{before}{}{}{}{after}", MARKS.0, words(&found), MARKS.1))?;
    let rows = found["tokens"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(fs::write(document.with_extension("svg"), chart::draw(rows))?)
}

fn words(found: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut words = format!(
        "\nFigures of {}, {} build, on {}.\n",
        text(&found["run"]),
        text(&found["build"]),
        text(&found["machine"])
    );
    let rows = |name: &str| found[name].as_array().map(Vec::as_slice).unwrap_or_default();
    // Writing into a string does not fail.
    let _ = write!(words, "\n{}", of_tokens(rows("tokens")));
    let _ = write!(words, "\nGreenroom beside the relay, times as much:\n\n{}", of_ratios(rows("beside")));
    for section in found["sections"].as_array().into_iter().flatten() {
        let _ = writeln!(words, "\n### {}\n", text(&section["title"]));
        for limit in section["limits"].as_array().into_iter().flatten() {
            let kept = if limit["kept"] == true { "kept" } else { "**NOT kept**" };
            let _ = writeln!(words, "- {kept}: {}", text(&limit["line"]));
        }
        for note in section["notes"].as_array().into_iter().flatten() {
            let _ = writeln!(words, "- {}", text(note));
        }
    }
    words.push('\n');
    words
}

/// One line for each system, latency and number of clients.
fn of_tokens(rows: &[Value]) -> String {
    let head = [
        "upstream",
        "at once",
        "who",
        "tokens/s",
        "p50 ms",
        "p99 ms",
        "p999 ms",
        "own us",
        "asking us",
        "stand-in us",
        "MiB",
        "calls",
        "refused",
    ];
    let line = |row: &Value| {
        [
            format!("{} ms", row["latency_ms"]),
            row["clients"].to_string(),
            row["system"].as_str().unwrap_or_default().to_owned(),
            number(&row["per_second"], 0),
            number(&row["p50_ms"], 2),
            number(&row["p99_ms"], 2),
            number(&row["p999_ms"], 2),
            number(&row["own_us"], 0),
            number(&row["asking_us"], 0),
            number(&row["stand_in_us"], 0),
            number(&row["memory_mib"], 1),
            number(&row["upstream"], 2),
            refused(&row["refused"]),
        ]
    };
    table(head, rows.iter().map(line))
}

/// One line for each latency and number of clients.
fn of_ratios(rows: &[Value]) -> String {
    let head = ["upstream", "at once", "tokens/s", "p50", "p99", "p999", "processor time", "memory", "calls"];
    let line = |row: &Value| {
        let of = |key: &str| number(&row[key], 2);
        [
            format!("{} ms", row["latency_ms"]),
            row["clients"].to_string(),
            of("per_second"),
            of("p50"),
            of("p99"),
            of("p999"),
            of("own"),
            of("memory"),
            of("upstream"),
        ]
    };
    table(head, rows.iter().map(line))
}

/// Nothing where there is none.
fn number(value: &Value, digits: usize) -> String {
    value.as_f64().map(|number| format!("{number:.digits$}")).unwrap_or_default()
}

/// The same for people and for Markdown.
fn table<const COLUMNS: usize>(head: [&str; COLUMNS], rows: impl Iterator<Item = [String; COLUMNS]>) -> String {
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows);
    let widths: Vec<usize> =
        (0..COLUMNS).map(|column| lines.iter().map(|line| line[column].len()).max().unwrap_or_default()).collect();
    let mut table = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(table, "| {cell:>width$} ");
        }
        table.push_str("|\n");
        if number == 0 {
            widths.iter().for_each(|width| table.push_str(&format!("|{}:", "-".repeat(width + 1))));
            table.push_str("|\n");
        }
    }
    table
}

/// `500 x 429`: how often, and the status.
fn refused(statuses: &Value) -> String {
    let all = statuses.as_object().into_iter().flatten().map(|(status, times)| format!("{times} x {status}"));
    let all: Vec<String> = all.collect();
    if all.is_empty() { "0".to_owned() } else { all.join(", ") }
}

/// What it ran on.
fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("processors of unknown make", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} x {model}, Linux {}", read("/proc/sys/kernel/osrelease").trim())
}
