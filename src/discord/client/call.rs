//! One request to Discord, as the verbs describe it; and that what it says pings nobody.

use std::time::Duration;

use http::Method;
use serde::Serialize;
use serde_json::Value;

use crate::discord::error::Error;

/// One request, from connecting to the last byte.
pub const WHOLE: Duration = Duration::from_secs(10);
/// A first answer must be there within 3 s of the interaction; what is later only holds the task.
pub const CALLBACK: Duration = Duration::from_millis(2500);

/// Who the request speaks as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// The bot, under its rate limits.
    Bot,
    /// Whoever holds the token in the path; the same limits.
    Webhook,
    /// An interaction's token in the path: outside the global limit.
    Interaction,
}

/// One request. `path` is what is sent and may hold a token, `key` is what limits and logs see and may not.
#[derive(Debug)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub key: String,
    pub speaks: As,
    pub body: Option<Value>,
    /// A repetition does no harm.
    pub repeatable: bool,
    pub timeout: Duration,
    pub reason: Option<&'static str>,
}

impl Call {
    /// As the bot. `key` defaults to the path, so a path with ids below its first two parts wants [`Call::key`].
    pub fn new(method: Method, path: String) -> Self {
        let repeatable = method != Method::POST;
        let key = path.split('?').next().unwrap_or_default().to_owned();
        Self { method, path, key, speaks: As::Bot, body: None, repeatable, timeout: WHOLE, reason: None }
    }

    pub fn get(path: String) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn key(mut self, key: String) -> Self {
        self.key = key;
        self
    }

    pub fn speaks(mut self, speaks: As) -> Self {
        self.speaks = speaks;
        self
    }

    pub fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Shown in the guild's audit log.
    pub fn reason(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The route without what it is about: `GET channels/:id/messages/:id`.
    pub fn shape(&self) -> String {
        let is_id = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = self.key.split('/').map(|part| if is_id(part) { ":id" } else { part }).collect();
        format!("{} {}", self.method, parts.join("/"))
    }
}

/// A builder of serenity's as JSON. Nothing we send pings anybody: every message passes here, and
/// `allowed_mentions` is set whatever the builder says. Without it Discord parses mentions, on edits too.
/// <https://discord.com/developers/docs/resources/message#allowed-mentions-object>
pub fn message_body(message: &impl Serialize) -> Result<Value, Error> {
    let mut body = plain_body(message)?;
    ping_nobody(&mut body);
    Ok(body)
}

pub fn ping_nobody(message: &mut Value) {
    if let Some(map) = message.as_object_mut() {
        map.insert("allowed_mentions".to_owned(), serde_json::json!({ "parse": [] }));
    }
}

pub fn plain_body(value: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::Malformed(format!("our own body: {error}")))
}

#[cfg(test)]
mod tests {
    use super::Call;

    #[test]
    fn calls_are_counted_by_their_shape() {
        for (key, counted) in [
            ("channels/123/messages/:id", "GET channels/:id/messages/:id"),
            ("webhooks/123", "GET webhooks/:id"),
            ("users/@me", "GET users/@me"),
            ("", "GET "),
        ] {
            assert_eq!(Call::get(key.to_owned()).shape(), counted);
        }
    }
}
