//! What a proof found out: lines for whoever reads, and which limits were kept.

use std::fmt;

/// What a limit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Something that is so however busy the machine is.
    Structure,
    /// Time or memory, which a busy machine or a debug build may spoil.
    Speed,
}

/// A limit, and what was found.
#[derive(Clone, Debug)]
pub struct Limit {
    pub of: Of,
    /// What it is about, with what was found and what it should be.
    pub line: String,
    pub holds: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Figures {
    proof: String,
    entries: Vec<Entry>,
}

#[derive(Debug)]
enum Entry {
    Note(String),
    Limit(Limit),
}

impl Figures {
    pub fn of(proof: impl Into<String>) -> Self {
        Self { proof: proof.into(), entries: Vec::new() }
    }

    /// What they are about.
    pub fn title(&self) -> &str {
        &self.proof
    }

    /// Something worth knowing.
    pub fn note(&mut self, line: impl Into<String>) {
        self.entries.push(Entry::Note(line.into()));
    }

    /// A value with a limit.
    pub fn at_most(&mut self, of: Of, what: &str, value: f64, limit: f64) {
        self.must(of, value <= limit, format!("{what}: {} (at most {limit})", hundredths(value)));
    }

    /// A value that must reach something.
    pub fn at_least(&mut self, of: Of, what: &str, value: f64, limit: f64) {
        self.must(of, value >= limit, format!("{what}: {} (at least {limit})", hundredths(value)));
    }

    /// Something that has to be so.
    pub fn must(&mut self, of: Of, holds: bool, line: impl Into<String>) {
        self.entries.push(Entry::Limit(Limit { of, line: line.into(), holds }));
    }

    /// What is worth knowing, without the limits.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Note(line) => Some(line.as_str()),
            Entry::Limit(_) => None,
        })
    }

    pub fn limits(&self) -> impl Iterator<Item = &Limit> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Note(_) => None,
            Entry::Limit(limit) => Some(limit),
        })
    }

    /// Whether all limits were kept.
    pub fn hold(&self) -> bool {
        self.limits().all(|limit| limit.holds)
    }

    /// Whether all limits were kept that a busy machine has no part in.
    pub fn hold_in_structure(&self) -> bool {
        self.limits().all(|limit| limit.holds || limit.of == Of::Speed)
    }
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.proof)?;
        self.entries.iter().try_for_each(|entry| match entry {
            Entry::Note(line) => write!(f, "\n      {line}"),
            Entry::Limit(Limit { line, holds, .. }) => {
                write!(f, "\n{} {line}", if *holds { "  ok " } else { "  NOT" })
            }
        })
    }
}
