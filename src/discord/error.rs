//! What can go wrong when Discord is asked something. No message of these errors holds a URL, because
//! URLs hold webhook and interaction tokens.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use crate::telemetry::Ended;

/// Discord's own error codes that we act on.
/// <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json-json-error-codes>
pub mod code {
    pub const UNKNOWN_CHANNEL: u32 = 10003;
    pub const UNKNOWN_GUILD: u32 = 10004;
    pub const UNKNOWN_MEMBER: u32 = 10007;
    pub const UNKNOWN_MESSAGE: u32 = 10008;
    /// Also `@original` of an interaction whose first answer Discord has not processed yet.
    pub const UNKNOWN_WEBHOOK: u32 = 10015;
    /// The interaction's 3 seconds or 15 minutes are over.
    pub const UNKNOWN_INTERACTION: u32 = 10062;
    pub const TOO_MANY_WEBHOOKS_IN_CHANNEL: u32 = 30007;
    pub const TOO_MANY_WEBHOOKS_IN_GUILD: u32 = 30058;
    /// Too many edits of a message older than an hour; comes as a 429.
    pub const TOO_MANY_EDITS_OF_OLD_MESSAGE: u32 = 30046;
    pub const ALREADY_ANSWERED: u32 = 40060;
    pub const MISSING_ACCESS: u32 = 50001;
    pub const MISSING_PERMISSIONS: u32 = 50013;
    pub const INVALID_WEBHOOK_TOKEN: u32 = 50027;
    pub const THREAD_ARCHIVED: u32 = 50083;
    pub const WRONG_CHANNEL_TYPE: u32 = 50024;
    /// The message has a thread already.
    pub const THREAD_EXISTS: u32 = 160_004;
    pub const THREAD_LOCKED: u32 = 160_005;
    pub const TOO_MANY_THREADS: u32 = 160_006;
    pub const TOO_MANY_ANNOUNCEMENT_THREADS: u32 = 160_007;
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Discord refused. `code` is Discord's own, 0 when it gave none; `fields` are the paths of a refused body.
    #[error("Discord refused with status {} and code {code}{}", .status.as_u16(), listed(.fields))]
    Status { status: StatusCode, code: u32, fields: Vec<String> },

    /// Discord wants us to wait longer than a call may take; `retry_after` is exact. `code` is 0 or Discord's own.
    #[error("Discord wants {} ms of quiet on this route (code {code})", .retry_after.as_millis())]
    RateLimited { retry_after: Duration, code: u32 },

    /// No usable answer: not reached, hung up, too slow. Whether the request took effect is unknown.
    #[error("Discord does not answer: {0}")]
    Unreachable(String),

    /// An answer that is not what Discord documents.
    #[error("Discord's answer can't be read: {0}")]
    Malformed(String),

    /// While the call waited, what it was about went to somebody else. Nothing was sent.
    #[error("another process does this now")]
    NotOurs,

    /// More calls wait for Discord than we keep.
    #[error("too many calls wait for Discord")]
    Overloaded,
}

impl Error {
    /// Discord's own error code, 0 when there is none.
    pub fn code(&self) -> u32 {
        match self {
            Self::Status { code, .. } | Self::RateLimited { code, .. } => *code,
            _ => 0,
        }
    }

    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::RateLimited { .. } => Some(StatusCode::TOO_MANY_REQUESTS),
            _ => None,
        }
    }

    /// For counting and the log. What we may not, or what is not there, is for the caller to judge.
    pub(super) fn ended<T>(result: &Result<T, Self>) -> Ended {
        let error = result.as_ref().err();
        let is_trouble = |error: &&Self| error.is_temporary() || matches!(error, Self::Malformed(_));
        Ended {
            outcome: error.map_or("ok", Self::kind),
            status: error.and_then(Self::status).map(|status| status.as_u16()),
            trouble: error.filter(is_trouble).map(Self::to_string),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Status { status, .. } if status.is_server_error() => "failed",
            Self::Status { .. } => "refused",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unreachable(_) => "unreachable",
            Self::Malformed(_) => "malformed",
            Self::NotOurs => "not_ours",
            Self::Overloaded => "overloaded",
        }
    }

    /// The thing asked for is not there (any more).
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// We may not see or do this.
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
    }

    /// Discord itself is in trouble or asks for patience: the same call may work later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Status { status, .. } => status.is_server_error(),
            Self::RateLimited { .. } | Self::Unreachable(_) | Self::Overloaded => true,
            Self::Malformed(_) | Self::NotOurs => false,
        }
    }
}

fn listed(fields: &[String]) -> String {
    if fields.is_empty() { String::new() } else { format!(" (fields {})", fields.join(", ")) }
}

/// The body of Discord's refusals. Its `message` is left out: it may quote what we sent.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub code: u32,
    #[serde(default)]
    pub retry_after: Option<f64>,
    #[serde(default)]
    pub global: bool,
    #[serde(default)]
    errors: serde_json::Value,
}

impl Refusal {
    /// An HTML page of a proxy is as good as an empty refusal.
    pub fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    pub fn fields(&self) -> Vec<String> {
        let mut fields = Vec::new();
        collect(&self.errors, &mut String::new(), &mut fields);
        fields
    }
}

/// Refused fields named in an error; a hostile answer shall not fill the log.
const FIELDS_MAX: usize = 8;

/// Walks `{"data":{"content":{"_errors":[..]}}}` down to the paths that have `_errors`.
fn collect(errors: &serde_json::Value, path: &mut String, fields: &mut Vec<String>) {
    let Some(map) = errors.as_object() else { return };
    for (key, inner) in map {
        if fields.len() == FIELDS_MAX {
            return;
        }
        if key == "_errors" {
            fields.push(path.chars().take(100).collect());
            continue;
        }
        let before = path.len();
        if before > 0 {
            path.push('.');
        }
        path.push_str(key);
        collect(inner, path, fields);
        path.truncate(before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_body_names_its_fields_and_never_what_was_sent() {
        let refusal = Refusal::read(
            br#"{"code":50035,"message":"Invalid Form Body: secret","errors":{"data":{"embeds":{"0":{"title":
            {"_errors":[{"code":"X","message":"secret"}]}}},"content":{"_errors":[]}}}}"#,
        );
        let error = Error::Status { status: StatusCode::BAD_REQUEST, code: refusal.code, fields: refusal.fields() };
        insta::assert_snapshot!(error, @"Discord refused with status 400 and code 50035 (fields data.content, data.embeds.0.title)");
    }

    #[test]
    fn a_page_of_a_proxy_is_an_empty_refusal() {
        assert_eq!(Refusal::read(b"<html>").code, 0);
    }
}
