//! Bodies of messages: what Discord takes, what it says of the rest, and what it makes of them.
//! <https://discord.com/developers/docs/resources/message#create-message>

mod components;
mod embeds;

use serde_json::{Map, Value};

use super::{
    id::Id,
    refusal::{Problems, Refusal},
    state::{Pings, State},
};

pub use components::modal;

const CONTENT_MAX: usize = 2000;
const NONCE_MAX: usize = 25;
const USERNAME_MAX: usize = 80;

/// A message to be. `None` where the body says nothing, which matters for edits.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub content: Option<String>,
    pub embeds: Option<Vec<Value>>,
    pub components: Option<Vec<Value>>,
    pub flags: u64,
    pub nonce: Option<Value>,
    pub enforce_nonce: bool,
    /// Of webhooks.
    pub username: Option<String>,
    pub avatar_url: Option<String>,
    pub thread_name: Option<String>,
    allowed_mentions: Option<Value>,
}

/// Who speaks: that decides whom a message pings when it does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    Bot,
    Webhook,
}

impl Draft {
    /// Reads a body; `at` is where it stands in the request, such as `data`.
    pub fn read(body: &Value, at: &str) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let Some(body) = body.as_object() else {
            problems.add(at, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType");
            problems.into_result()?;
            return Ok(Self::default());
        };
        let draft = Reader { body, at, problems: &mut problems }.read();
        problems.into_result()?;
        Ok(draft)
    }

    /// Whether there is nothing to see.
    pub fn is_empty(&self) -> bool {
        let embeds = self.embeds.as_ref().is_none_or(Vec::is_empty);
        embeds && self.content.as_ref().is_none_or(|content| content.trim().is_empty())
    }

    /// Whom the text pings, as far as the message allows.
    pub fn pings(&self, state: &State, content: &str, speaks: Speaks) -> Pings {
        let default = match speaks {
            Speaks::Bot => serde_json::json!({ "parse": ["users", "roles", "everyone"] }),
            Speaks::Webhook => serde_json::json!({ "parse": ["users"] }),
        };
        let allowed = self.allowed_mentions.as_ref().unwrap_or(&default);
        let parses = |what: &str| allowed["parse"].as_array().is_some_and(|parse| parse.iter().any(|one| one == what));
        let lists = |list: &str, id: Id| {
            let ids = allowed[list].as_array().into_iter().flatten();
            ids.filter_map(|one| serde_json::from_value::<Id>(one.clone()).ok()).any(|one| one == id)
        };
        let users = mentioned(content, &["<@!", "<@"]).into_iter();
        let roles = mentioned(content, &["<@&"]).into_iter();
        let everyone = content.contains("@everyone") || content.contains("@here");
        Pings {
            users: users
                .filter(|id| state.users.contains_key(id) && (parses("users") || lists("users", *id)))
                .collect(),
            roles: roles
                .filter(|id| state.roles.contains_key(id) && (parses("roles") || lists("roles", *id)))
                .collect(),
            everyone: everyone && parses("everyone"),
        }
    }
}

/// Ids of the mentions that begin like this, each once.
fn mentioned(content: &str, openings: &[&str]) -> Vec<Id> {
    let mut ids = vec![];
    for opening in openings {
        for (at, _) in content.match_indices(opening) {
            let rest = &content[at + opening.len()..];
            let Some((id, _)) = rest.split_once('>') else { continue };
            if let Ok(id) = id.parse()
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
    }
    ids
}

struct Reader<'a> {
    body: &'a Map<String, Value>,
    at: &'a str,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn path(&self, field: &str) -> String {
        if self.at.is_empty() { field.to_owned() } else { format!("{}.{field}", self.at) }
    }

    /// Null counts as given: it takes something away.
    fn given(&self, field: &str) -> Option<&Value> {
        self.body.get(field)
    }

    fn text(&mut self, field: &str, max: usize) -> Option<String> {
        let value = self.given(field)?.clone();
        let path = self.path(field);
        match value {
            Value::Null => Some(String::new()),
            Value::String(text) => {
                self.problems.length(&path, &text, 0, max);
                Some(text)
            }
            Value::Number(number) => Some(number.to_string()),
            _ => {
                self.problems.add(&path, "STRING_TYPE_CONVERT", "Could not interpret as string.");
                None
            }
        }
    }

    fn list(&mut self, field: &str, max: usize) -> Option<Vec<Value>> {
        let value = self.given(field)?.clone();
        let path = self.path(field);
        match value {
            Value::Null => Some(vec![]),
            Value::Array(items) => {
                if items.len() > max {
                    self.problems.add(&path, "BASE_TYPE_MAX_LENGTH", format!("Must be {max} or fewer in length."));
                }
                Some(items)
            }
            _ => {
                self.problems.add(&path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
                None
            }
        }
    }

    fn read(mut self) -> Draft {
        let content = self.text("content", CONTENT_MAX).map(|content| content.trim().to_owned());
        let embeds = self.list("embeds", embeds::EMBEDS_MAX);
        let embeds = embeds.map(|embeds| embeds::read(&embeds, &self.path("embeds"), self.problems));
        let components = self.list("components", components::ROWS_MAX);
        let components = components.map(|rows| components::read(&rows, &self.path("components"), self.problems));
        let given = |field: &str| self.body.get(field).filter(|value| !value.is_null()).cloned();
        let flags = given("flags").and_then(|flags| flags.as_u64()).unwrap_or_default();
        let nonce = given("nonce");
        let enforce_nonce = self.body.get("enforce_nonce").is_some_and(|enforce| *enforce == true);
        let allowed_mentions = given("allowed_mentions");
        if nonce.as_ref().and_then(Value::as_str).is_some_and(|nonce| nonce.chars().count() > NONCE_MAX) {
            let path = self.path("nonce");
            self.problems.add(&path, "NONCE_TYPE_TOO_LONG", format!("Must be {NONCE_MAX} or fewer in length."));
        }
        self.check_mentions(allowed_mentions.as_ref());
        let username = self.text("username", USERNAME_MAX).filter(|name| !name.trim().is_empty());
        if let Some(username) = &username {
            let path = self.path("username");
            webhook_name(&path, username, self.problems);
        }
        let avatar_url = self.text("avatar_url", 2048).filter(|url| !url.is_empty());
        if let Some(url) = &avatar_url
            && !is_web_address(url)
        {
            let path = self.path("avatar_url");
            self.problems.add(&path, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
        }
        let thread_name = self.text("thread_name", 100).filter(|name| !name.is_empty());
        Draft {
            content,
            embeds,
            components,
            flags,
            nonce,
            enforce_nonce,
            username,
            avatar_url,
            thread_name,
            allowed_mentions,
        }
    }

    /// A kind that is parsed must not be listed too.
    fn check_mentions(&mut self, allowed: Option<&Value>) {
        let Some(allowed) = allowed else { return };
        let path = self.path("allowed_mentions");
        for kind in ["users", "roles"] {
            let parsed = allowed["parse"].as_array().is_some_and(|parse| parse.iter().any(|one| one == kind));
            let listed = allowed[kind].as_array().is_some_and(|list| !list.is_empty());
            if parsed && listed {
                let message = format!("parse:[\"{kind}\"] and {kind}: [ids...] are mutually exclusive.");
                self.problems.add(&path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message);
            }
        }
    }
}

/// Names that look like Discord's own are refused.
pub fn webhook_name(path: &str, name: &str, problems: &mut Problems) {
    let lower = name.to_lowercase();
    for word in ["discord", "clyde"] {
        if lower.contains(word) {
            problems.add(path, "USERNAME_INVALID_CONTAINS", format!("Username cannot contain \"{word}\""));
        }
    }
}

/// An `http` or `https` address.
pub fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
