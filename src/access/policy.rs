//! `POLICY_FILE`: other roles than the table's, for who has a permission or one of a guild's roles.
//!
//! In: TOML. Out: a [`Policy`]. The first rule that fits somebody decides, in place of the table's lines that let
//! people in; where none fits, the table does. No rule lets in whom the table keeps out: who can't see the channel,
//! is timed out, or was removed from the call.
//!
//! ```toml
//! # Whoever has this role keeps order in every call. (Right-click a role in Discord > Copy Role ID)
//! [[rule]]
//! role_id = "1080000000000000001"
//! role = "moderator"
//!
//! # Hosts of events take part and may lock the room. Permissions are named as Discord names them; administrators
//! # have every one.
//! [[rule]]
//! permission = "MANAGE_EVENTS"
//! role = "member"
//! scopes = ["room.lock", "room.unlock"]
//!
//! # In this server everybody else watches: @everyone's role has the server's own id.
//! [[rule]]
//! role_id = "1070000000000000001"
//! role = "audience"
//! ```
//!
//! `role` is `moderator`, `member`, `audience` or `nobody`. A moderator by rule may do what one by permission may; who
//! opened a call is what a rule that fits says, not its moderator. `scopes` adds to what the role may do in the call,
//! from the lists in `roles.rs`; the audience takes none.

use std::{fmt, io::Read as _, ops::Range, path::Path, sync::Arc};

use anyhow::Context as _;
use serde::{Deserialize, de};
use serenity::model::Permissions;
use toml::Spanned;

use super::{facts::Facts, roles::Scopes};
use crate::role::Role;

const RULES: usize = 100;
/// Bytes of the file: a hundred rules with every scope are half of it.
const FILE_MAX: u64 = 128 * 1024;

/// The rules, in order. Cheap to clone; without a file there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy(Arc<[PolicyRule]>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PolicyRule {
    who: Who,
    /// None: may not come in.
    role: Option<Role>,
    scopes: Scopes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Permission(Permissions),
    Role(u64),
}

/// What a rule that fits says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    /// From 1, as people count.
    pub number: u16,
    pub role: Option<Role>,
    pub scopes: Scopes,
}

/// What is wrong with the file, with lines; all that could be found at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblems {
    file: String,
    problems: Vec<(usize, String)>,
}

impl fmt::Display for PolicyProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("POLICY_FILE:")?;
        for (line, why) in &self.problems {
            write!(f, "\n  {} line {line}: {why}", self.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyProblems {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<Spanned<Written>>,
}

/// A rule as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    permission: Option<Spanned<String>>,
    role_id: Option<Spanned<Id>>,
    role: Spanned<String>,
    #[serde(default)]
    scopes: Vec<Spanned<String>>,
}

/// A Discord id, with quotes or without.
struct Id(String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a role's id")
            }

            fn visit_i64<E: de::Error>(self, id: i64) -> Result<Id, E> {
                Ok(Id(id.to_string()))
            }

            fn visit_str<E: de::Error>(self, id: &str) -> Result<Id, E> {
                Ok(Id(id.to_owned()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Policy {
    /// The rules in the file; none without one.
    ///
    /// # Errors
    /// Names the file, and each line with what is wrong there.
    pub fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(FILE_MAX + 1).read_to_end(&mut bytes));
        read.with_context(|| format!("POLICY_FILE: {name} can't be read"))?;
        anyhow::ensure!(bytes.len() as u64 <= FILE_MAX, "POLICY_FILE: {name} has more than {FILE_MAX} bytes");
        let text = std::str::from_utf8(&bytes).with_context(|| format!("POLICY_FILE: {name} is no text"))?;
        Ok(Self::parse(&name, text)?)
    }

    /// Reads `text`; `file` is what errors call it.
    ///
    /// # Errors
    /// Everything that is wrong, with lines; what can't be read as TOML at all alone.
    pub fn parse(file: &str, text: &str) -> Result<Self, PolicyProblems> {
        let wrong = |problems| PolicyProblems { file: file.to_owned(), problems };
        let written: File = toml::from_str(text).map_err(|error| {
            let line = line_of(text, error.span().unwrap_or_default());
            wrong(vec![(line, error.message().lines().next().unwrap_or_default().to_owned())])
        })?;
        let mut reader = Reader { text, problems: Vec::new() };
        if let Some(first) = written.rule.get(RULES) {
            reader.complain(first.span(), format!("there may be {RULES} rules"));
        }
        let rules: Vec<PolicyRule> = written.rule.iter().filter_map(|rule| reader.rule(rule)).collect();
        if reader.problems.is_empty() { Ok(Self(rules.into())) } else { Err(wrong(reader.problems)) }
    }

    /// The first rule that fits somebody the table lets in.
    pub(super) fn verdict(&self, facts: &Facts) -> Option<Verdict> {
        let fits = |rule: &PolicyRule| match rule.who {
            Who::Permission(permission) => facts.permissions.contains(permission),
            Who::Role(role) => facts.roles.contains(&role),
        };
        let (number, rule) = (1..).zip(self.0.iter()).find(|(_, rule)| fits(rule))?;
        Some(Verdict { number, role: rule.role, scopes: rule.scopes })
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// From written rules to rules, collecting what is wrong.
struct Reader<'a> {
    text: &'a str,
    problems: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn complain(&mut self, at: Range<usize>, why: impl Into<String>) {
        self.problems.push((line_of(self.text, at), why.into()));
    }

    fn rule(&mut self, spanned: &Spanned<Written>) -> Option<PolicyRule> {
        let written = spanned.get_ref();
        let who = match (&written.permission, &written.role_id) {
            (Some(permission), None) => self.permission(permission),
            (None, Some(id)) => self.role_id(id),
            _ => {
                self.complain(spanned.span(), "a rule has either `permission` or `role_id`");
                None
            }
        };
        let role = self.role(&written.role);
        let mut scopes = Scopes::default();
        for scope in &written.scopes {
            match (role, Scopes::named(scope.get_ref())) {
                (Some(None | Some(Role::Audience)), _) => {
                    self.complain(scope.span(), "only a member or a moderator takes scopes");
                }
                (_, Some(known)) => scopes = scopes.and(known),
                (_, None) => self.complain(
                    scope.span(),
                    format!("`{}` is no scope that a browser may have", clipped(scope.get_ref())),
                ),
            }
        }
        Some(PolicyRule { who: who?, role: role?, scopes })
    }

    fn permission(&mut self, name: &Spanned<String>) -> Option<Who> {
        let permission = Permissions::from_name(name.get_ref());
        if permission.is_none() {
            let why =
                format!("`{}` is no permission of Discord's; write it like MANAGE_CHANNELS", clipped(name.get_ref()));
            self.complain(name.span(), why);
        }
        permission.map(Who::Permission)
    }

    fn role_id(&mut self, id: &Spanned<Id>) -> Option<Who> {
        let known = id.get_ref().0.parse().ok().filter(|id| (1..=i64::MAX as u64).contains(id));
        if known.is_none() {
            self.complain(id.span(), "a role's id is digits alone (right-click the role > Copy Role ID)");
        }
        known.map(Who::Role)
    }

    /// `Some(None)`: nobody.
    #[expect(clippy::option_option, reason = "wrong, nobody, and a role are three things")]
    fn role(&mut self, name: &Spanned<String>) -> Option<Option<Role>> {
        let role = Role::named(name.get_ref());
        if role.is_none() && name.get_ref() != "nobody" {
            let other = clipped(name.get_ref());
            let why = format!("`{other}` is no role; there are moderator, member, audience and nobody");
            self.complain(name.span(), why);
            return None;
        }
        Some(role)
    }
}

/// From 1.
fn line_of(text: &str, at: Range<usize>) -> usize {
    text.as_bytes().iter().take(at.start).filter(|byte| **byte == b'\n').count() + 1
}

/// As much of what somebody wrote as fits a line of a report, without what a terminal obeys.
fn clipped(text: &str) -> String {
    text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests;
