//! What can go wrong with SignalWire, in the kinds a caller branches on. No variant carries text of an answer's
//! body beyond vendor codes that were checked for shape, so that every error may be logged.

use std::{fmt, time::Duration};

use crate::telemetry::Ended;

/// Why SignalWire did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The project id or API token is wrong, or lacks the Video scope. Asking again does not help.
    #[error(
        "SignalWire refuses the credentials (SIGNALWIRE_PROJECT_ID, SIGNALWIRE_API_TOKEN) or they lack the Video scope"
    )]
    Unauthorized,
    #[error("SignalWire knows no such thing")]
    NotFound,
    /// A field was not accepted; also a name that is taken.
    #[error("SignalWire does not accept {} ({code})", field.as_deref().unwrap_or("the request"))]
    Invalid { field: Option<String>, code: String },
    /// Too many requests. This route stays closed until then; calls on it fail at once.
    #[error("SignalWire asks us to wait {} s", retry_after.as_secs_f32().ceil())]
    RateLimited { retry_after: Duration },
    /// The account, its plan or its balance does not allow it. Only its owner can mend that.
    #[error("SignalWire refuses this account: {code}")]
    Refused { code: String },
    /// No usable answer. Later may be better.
    #[error("SignalWire does not answer properly: {0}")]
    Unavailable(Fault),
}

/// What stood in place of a usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection: refused, unknown host, bad certificate, or none within the time.
    Connect,
    /// Connected, but no answer within the time.
    Timeout,
    /// The connection broke in the middle.
    Broken,
    /// A status outside of what the API describes.
    Status(u16),
    /// A JSON-RPC error of the event socket.
    Rpc(i64),
    /// An answer that is not what the API describes: too long, not JSON, cut short, a field missing.
    Answer,
    /// Too many of our own calls wait for SignalWire already.
    Busy,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("no connection"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Broken => f.write_str("the connection broke"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Rpc(code) => write!(f, "error {code}"),
            Self::Answer => f.write_str("an answer that is not as documented"),
            Self::Busy => f.write_str("too many calls are waiting"),
        }
    }
}

impl Error {
    /// For counting.
    fn kind(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::Invalid { .. } => "invalid",
            Self::RateLimited { .. } => "rate_limited",
            Self::Refused { .. } => "refused",
            Self::Unavailable(Fault::Busy) => "overloaded",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// For counting and the log. That something is not there, or a name taken, is asked as a question.
    pub(super) fn ended<T>(result: &Result<T, Self>, status: Option<u16>) -> Ended {
        let error = result.as_ref().err();
        let trouble = error.filter(|error| !matches!(error, Self::NotFound | Self::Invalid { .. }));
        Ended { outcome: error.map_or("ok", Self::kind), status, trouble: trouble.map(Self::to_string) }
    }

    /// Whether SignalWire works, as far as this tells: what it says no to, it has understood.
    pub(super) fn is_an_answer(&self) -> bool {
        !matches!(self, Self::Unauthorized | Self::Unavailable(_))
    }

    /// Whether the same call may go better a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Unavailable(fault) => match fault {
                Fault::Connect | Fault::Timeout | Fault::Broken => true,
                Fault::Status(status) => *status >= 500,
                Fault::Rpc(_) | Fault::Answer | Fault::Busy => false,
            },
            _ => false,
        }
    }

    /// An error described by a status and the `errors` of a body, per
    /// <https://signalwire.com/docs/apis/error-codes>.
    pub(super) fn from_answer(status: u16, problems: &[Problem]) -> Self {
        let account = problems.iter().map(|problem| &problem.code).find(|code| is_about_the_account(code));
        match (status, account) {
            // Said by error-codes to be 401 or 403 depending on the page one reads; so are missing scopes.
            (401, _) => Self::Unauthorized,
            (_, Some(code)) => Self::Refused { code: code.clone() },
            (402, None) => Self::Refused { code: "payment_required".into() },
            (403, None) => Self::Unauthorized,
            (404, None) => Self::NotFound,
            (400 | 409 | 422, None) => {
                // The whole array is walked: an entry that names its field says more than one that does not.
                let told = problems.iter().find(|problem| problem.attribute.is_some()).or(problems.first());
                let field = told.and_then(|problem| problem.attribute.clone());
                let code = told.map_or_else(|| format!("status_{status}"), |problem| problem.code.clone());
                Self::Invalid { field, code }
            }
            _ => Self::Unavailable(Fault::Status(status)),
        }
    }
}

/// One entry of an error body, its words reduced to what may be logged.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub code: String,
    pub attribute: Option<String>,
}

fn is_about_the_account(code: &str) -> bool {
    matches!(code, "insufficient_balance" | "not_allowed_on_subscription_plan" | "feature_not_available")
        || code.starts_with("exceeds_")
}
