//! Made-up failures, in the words of the vendor whose stand-in answers.

use axum::{
    Json,
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use serde_json::{Value, json};

use super::Vendor;

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// `status` with the body that vendor gives it.
pub(super) fn status(vendor: Vendor, status: u16) -> Response {
    let status = code(status);
    let reason = status.canonical_reason().unwrap_or("Error");
    match vendor {
        Vendor::Discord => {
            (status, Json(json!({ "message": format!("{}: {reason}", status.as_u16()), "code": 0 }))).into_response()
        }
        Vendor::SignalWire if status == StatusCode::UNPROCESSABLE_ENTITY => {
            (status, Json(signalwire("validation_error", "invalid_parameter", "The request is invalid")))
                .into_response()
        }
        Vendor::SignalWire if status == StatusCode::TOO_MANY_REQUESTS => rate_limited(vendor, None, false, None, false),
        Vendor::SignalWire => (status, Json(json!({ "error": reason }))).into_response(),
    }
}

pub(super) fn exactly(status: u16, content_type: &str, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = code(status);
    if let Ok(value) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}

pub(super) fn rate_limited(
    vendor: Vendor,
    retry_after: Option<f64>,
    global: bool,
    json_code: Option<i64>,
    headers: bool,
) -> Response {
    let body = match vendor {
        // https://discord.com/developers/docs/topics/rate-limits#exceeding-a-rate-limit-rate-limit-response-structure
        Vendor::Discord => {
            let mut body = json!({ "message": "You are being rate limited.", "global": global });
            if let Some(seconds) = retry_after {
                body["retry_after"] = json!(seconds);
            }
            if let Some(code) = json_code {
                body["code"] = json!(code);
            }
            body
        }
        // https://signalwire.com/docs/apis/error-codes names the code; the shape is that of the other errors.
        Vendor::SignalWire => signalwire("rate_limit_error", "rate_limit_exceeded", "Too many requests"),
    };
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    if headers {
        let seconds = retry_after.unwrap_or(1.0);
        let mut set = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        };
        // `Retry-After` is whole seconds; a client that trusts it must not come back too early.
        set("retry-after", format!("{}", seconds.ceil()));
        set("x-ratelimit-remaining", "0".into());
        if vendor == Vendor::Discord {
            set("x-ratelimit-limit", "5".into());
            set("x-ratelimit-reset-after", format!("{seconds:.3}"));
            set("x-ratelimit-scope", if global { "global" } else { "user" }.into());
            if global {
                set("x-ratelimit-global", "true".into());
            } else {
                set("x-ratelimit-bucket", "b0c4e17f9d3a".into());
            }
        }
    }
    response
}

/// The error body of https://signalwire.com/docs/apis/error-codes.
pub(crate) fn signalwire(kind: &str, code: &str, message: &str) -> Value {
    json!({ "errors": [{
        "type": kind, "code": code, "message": message, "attribute": null,
        "url": "https://signalwire.com/docs/apis/error-codes",
    }] })
}
