//! Every way Discord says no. <https://discord.com/developers/docs/topics/opcodes-and-status-codes>

use axum::{
    Json,
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

/// An error answer: `{"code", "message", "errors"?}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub status: StatusCode,
    pub code: u32,
    pub message: String,
    /// What is wrong with which field.
    errors: Option<Value>,
    /// Seconds.
    retry_after: Option<f64>,
}

/// Discord's codes, with their status and words.
const KNOWN: [(u32, u16, &str); 29] = [
    (10003, 404, "Unknown Channel"),
    (10004, 404, "Unknown Guild"),
    (10007, 404, "Unknown Member"),
    (10008, 404, "Unknown Message"),
    (10013, 404, "Unknown User"),
    (10015, 404, "Unknown Webhook"),
    (10062, 404, "Unknown interaction"),
    (10063, 404, "Unknown application command"),
    (20012, 403, "You are not authorized to perform this action on this application"),
    (30007, 400, "Maximum number of webhooks reached (15)"),
    (30046, 429, "Maximum number of edits to messages older than 1 hour reached. Try again later"),
    (40060, 400, "Interaction has already been acknowledged."),
    (50001, 403, "Missing Access"),
    (50005, 403, "Cannot edit a message authored by another user"),
    (50006, 400, "Cannot send an empty message"),
    (50008, 400, "Cannot send messages in a non-text channel"),
    (50013, 403, "Missing Permissions"),
    (50024, 400, "Cannot execute action on this channel type"),
    (50027, 401, "Invalid Webhook Token"),
    (50035, 400, "Invalid Form Body"),
    (50083, 400, "Thread is archived"),
    (50109, 400, "The request body contains invalid JSON."),
    (160_004, 400, "A thread has already been created for this message"),
    (160_005, 400, "This thread is locked"),
    (220_001, 400, "Webhooks posted to forum channels must have a thread_name or thread_id"),
    (220_002, 400, "Webhooks posted to forum channels cannot have both a thread_name and thread_id"),
    (220_003, 400, "Webhooks can only create threads in forum channels"),
    (40094, 400, "Maximum number of follow up messages has been reached (5)."),
    (50025, 401, "Invalid OAuth2 access token provided"),
];

impl Refusal {
    /// Discord's words for this code of its.
    pub fn of(code: u32) -> Self {
        let (_, status, message) = KNOWN.iter().find(|(known, ..)| *known == code).unwrap_or(&(0, 400, "Bad Request"));
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, code, message: (*message).to_owned(), errors: None, retry_after: None }
    }

    fn plain(status: StatusCode) -> Self {
        let message = format!("{}: {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
        Self { status, code: 0, message, errors: None, retry_after: None }
    }

    pub fn unauthorized() -> Self {
        Self::plain(StatusCode::UNAUTHORIZED)
    }

    pub fn not_found() -> Self {
        Self::plain(StatusCode::NOT_FOUND)
    }

    pub fn method_not_allowed() -> Self {
        Self::plain(StatusCode::METHOD_NOT_ALLOWED)
    }

    /// 30046, with how long it holds.
    pub fn too_many_old_edits(retry_after: f64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::of(30046) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "message": self.message, "code": self.code });
        if let Some(errors) = self.errors {
            body["errors"] = errors;
        }
        if let Some(seconds) = self.retry_after {
            body["retry_after"] = json!(seconds);
            body["global"] = json!(false);
        }
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert("retry-after", HeaderValue::from(seconds.ceil() as u64));
        }
        response
    }
}

/// What is wrong with a body, collected so that all of it is told at once.
#[derive(Debug, Default)]
pub struct Problems(Map<String, Value>);

impl Problems {
    /// `path` is written as in `embeds.0.title`.
    pub fn add(&mut self, path: &str, code: &str, message: impl Into<String>) {
        let mut here = &mut self.0;
        for step in path.split('.').filter(|step| !step.is_empty()) {
            let next = here.entry(step).or_insert_with(|| Value::Object(Map::new()));
            if !next.is_object() {
                *next = Value::Object(Map::new());
            }
            let Value::Object(next) = next else { return };
            here = next;
        }
        let errors = here.entry("_errors").or_insert_with(|| json!([]));
        if let Value::Array(errors) = errors {
            errors.push(json!({ "code": code, "message": message.into() }));
        }
    }

    /// A text of `min` to `max` characters.
    pub fn length(&mut self, path: &str, text: &str, min: usize, max: usize) {
        let length = text.chars().count();
        if length > max && min == 0 {
            self.add(path, "BASE_TYPE_MAX_LENGTH", format!("Must be {max} or fewer in length."));
        } else if length == 0 && min > 0 {
            self.add(path, "BASE_TYPE_REQUIRED", "This field is required");
        } else if length > max || length < min {
            self.add(path, "BASE_TYPE_BAD_LENGTH", format!("Must be between {min} and {max} in length."));
        }
    }

    /// 50035 when there are any.
    pub fn into_result(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Refusal { errors: Some(Value::Object(self.0)), ..Refusal::of(50035) })
    }
}
