//! What was found: one line each, the state in words, and under what is not right how to mend it.

use std::fmt;

#[derive(Debug, Default)]
pub(super) struct Report {
    pub sections: Vec<Section>,
}

#[derive(Debug)]
pub(super) struct Section {
    pub title: &'static str,
    pub findings: Vec<Finding>,
}

#[derive(Debug)]
pub(super) struct Finding {
    state: State,
    says: String,
    /// What to do about it.
    mend: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    /// Works, but not as well as it could.
    Hint,
    Problem,
    /// Not what Greenroom assumes of others.
    Differs,
    /// Could not be tried.
    Unseen,
}

impl Finding {
    pub fn ok(says: impl Into<String>) -> Self {
        Self { state: State::Ok, says: says.into(), mend: None }
    }

    pub fn hint(says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { state: State::Hint, says: says.into(), mend: Some(mend.into()) }
    }

    pub fn problem(says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { state: State::Problem, says: says.into(), mend: Some(mend.into()) }
    }

    /// `consequence`: what people will notice.
    pub fn differs(says: impl Into<String>, consequence: impl Into<String>) -> Self {
        Self { state: State::Differs, says: says.into(), mend: Some(consequence.into()) }
    }

    pub fn unseen(says: impl Into<String>) -> Self {
        Self { state: State::Unseen, says: says.into(), mend: None }
    }
}

impl Report {
    /// Whether nothing has to be mended, and nothing is other than assumed.
    pub fn is_fine(&self) -> bool {
        self.count(State::Problem) == 0 && self.count(State::Differs) == 0
    }

    /// What has to be mended, each with how.
    pub fn problems(&self) -> Vec<[String; 2]> {
        let findings = self.sections.iter().flat_map(|section| &section.findings);
        let problems = findings.filter(|finding| finding.state == State::Problem);
        problems.map(|finding| [finding.says.clone(), finding.mend.clone().unwrap_or_default()]).collect()
    }

    fn count(&self, state: State) -> usize {
        self.sections.iter().flat_map(|section| &section.findings).filter(|finding| finding.state == state).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for section in &self.sections {
            writeln!(f, "{}", section.title)?;
            for finding in &section.findings {
                let state = match finding.state {
                    State::Ok => "ok",
                    State::Hint => "hint",
                    State::Problem => "PROBLEM",
                    State::Differs => "DIFFERS",
                    State::Unseen => "unseen",
                };
                writeln!(f, "  {state:<8} {}", finding.says)?;
                if let Some(mend) = &finding.mend {
                    writeln!(f, "           {mend}")?;
                }
            }
        }
        match (self.count(State::Differs), self.count(State::Unseen)) {
            (0, 0) => {}
            (differ, unseen) => {
                let assumptions = if differ == 1 { "assumption differs" } else { "assumptions differ" };
                writeln!(f, "{differ} {assumptions}, {unseen} could not be seen; docs/assumptions.md tells of each.")?;
            }
        }
        match self.count(State::Problem) {
            0 if self.count(State::Differs) > 0 => Ok(()),
            0 => writeln!(f, "All is well."),
            1 => writeln!(f, "One thing has to be mended."),
            problems => writeln!(f, "{problems} things have to be mended."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_is_wrong_and_how_to_mend_it() {
        let findings = vec![
            Finding::ok("DISCORD_TOKEN: Discord knows me as Greenroom"),
            Finding::hint("my clock is 12 s behind", "Let it be set by NTP."),
            Finding::problem("#general: I lack Manage Webhooks", "Give it to my role."),
        ];
        let report = Report { sections: vec![Section { title: "Discord", findings }] };
        assert!(!report.is_fine());
        insta::assert_snapshot!(report, @r"
        Discord
          ok       DISCORD_TOKEN: Discord knows me as Greenroom
          hint     my clock is 12 s behind
                   Let it be set by NTP.
          PROBLEM  #general: I lack Manage Webhooks
                   Give it to my role.
        One thing has to be mended.
        ");
    }
}
