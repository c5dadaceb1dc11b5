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

/// See the module.
#[derive(Debug)]
pub struct Figures {
    proof: String,
    lines: Vec<String>,
    broken: Vec<(Of, String)>,
}

impl Figures {
    pub fn of(proof: impl Into<String>) -> Self {
        Self { proof: proof.into(), lines: Vec::new(), broken: Vec::new() }
    }

    /// Something worth knowing.
    pub fn note(&mut self, line: impl Into<String>) {
        self.lines.push(format!("      {}", line.into()));
    }

    /// A value with a limit.
    pub fn at_most(&mut self, of: Of, what: &str, value: f64, limit: f64) {
        self.must(of, value <= limit, format!("{what}: {} (at most {limit})", (value * 100.0).round() / 100.0));
    }

    /// Something that has to be so.
    pub fn must(&mut self, of: Of, holds: bool, line: impl Into<String>) {
        let line = line.into();
        self.lines.push(format!("{} {line}", if holds { "  ok " } else { "  NOT" }));
        if !holds {
            self.broken.push((of, line));
        }
    }

    /// Whether all limits were kept.
    pub fn hold(&self) -> bool {
        self.broken.is_empty()
    }

    /// Whether all limits were kept that a busy machine has no part in.
    pub fn hold_in_structure(&self) -> bool {
        self.broken.iter().all(|(of, _)| *of == Of::Speed)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.proof)?;
        self.lines.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}
