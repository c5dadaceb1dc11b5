//! Frames: one JSON-RPC 2.0 object each, both ways. Read leniently, for much of it is documented only by the SDK.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::signalwire::{Error, Fault};

/// A frame from SignalWire.
#[derive(Debug)]
pub(super) enum Frame {
    Request { id: Value, method: String, params: Value },
    Answer { id: String, outcome: Result<Value, RpcError> },
}

/// JSON-RPC's own kind of error: the request was not dealt with at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct RpcError {
    pub code: i64,
    pub message: String,
}

impl RpcError {
    /// Codes as in SignalWire's draft of its Relay description.
    pub const VERSION: i64 = -32001;
    pub const CREDENTIALS: i64 = -32002;
    pub const SCOPE: i64 = -32003;

    /// The saved protocol or authorization state was not taken; the browser SDK then drops both and starts afresh.
    pub fn is_about_resuming(&self) -> bool {
        self.message.contains("Requester validation failed")
    }
}

impl From<RpcError> for Error {
    fn from(error: RpcError) -> Self {
        match error.code {
            RpcError::CREDENTIALS | RpcError::SCOPE => Self::Unauthorized,
            -32602..=-32600 => Self::Invalid { field: None, code: format!("rpc{}", error.code) },
            code => Self::Unavailable(Fault::Rpc(code)),
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    id: Value,
    method: Option<String>,
    #[serde(default)]
    params: Value,
    result: Option<Value>,
    error: Option<RpcError>,
}

impl Frame {
    /// `None` for what is no frame of this protocol.
    pub fn parse(text: &str) -> Option<Self> {
        let raw: Raw = serde_json::from_str(text).ok()?;
        if let Some(method) = raw.method {
            return Some(Self::Request { id: raw.id, method, params: raw.params });
        }
        let id = raw.id.as_str()?.to_owned();
        let outcome = match (raw.error, raw.result) {
            (Some(error), _) => Err(error),
            (None, result) => Ok(result.unwrap_or_default()),
        };
        Some(Self::Answer { id, outcome })
    }
}

pub(super) fn request(id: &str, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

pub(super) fn answer(id: &Value, result: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()
}

/// What a call came to. The result may lie one level down, and says by its `code` (a string or a number) whether the
/// call was done: absent or 2xx is success.
pub(super) fn outcome(mut result: Value) -> Result<Value, Error> {
    if let Some(inner) = result.get_mut("result").filter(|inner| inner.is_object()) {
        result = inner.take();
    }
    let code = match result.get("code") {
        None | Some(Value::Null) => return Ok(result),
        Some(Value::String(code)) => code.parse().ok(),
        Some(code) => code.as_u64().and_then(|code| u16::try_from(code).ok()),
    };
    match code {
        Some(200..=299) => Ok(result),
        Some(410) => Err(Error::NotFound),
        Some(code) => Err(Error::from_answer(code, &[])),
        None => Err(Error::Unavailable(Fault::Answer)),
    }
}

/// Unix milliseconds from a `timestamp`, which is seconds with a fraction in most of SignalWire's fixtures and whole
/// microseconds in one.
pub(super) fn unix_ms(timestamp: &Value) -> Option<i64> {
    let number = match timestamp {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let ms = match number {
        number if number >= 1e14 => number / 1e3,
        number if number >= 1e11 => number,
        number if number > 0.0 => number * 1e3,
        _ => return None,
    };
    // `as` saturates, and what is left is far from the ends.
    Some(ms.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_of_any_unit_are_the_same_moment() {
        let expected = Some(1_788_253_210_500);
        for timestamp in
            [json!(1788253210.5), json!("1788253210.5"), json!(1788253210500_i64), json!(1788253210500000_i64)]
        {
            assert_eq!(unix_ms(&timestamp), expected, "{timestamp}");
        }
        for nonsense in [json!(null), json!("soon"), json!(-5), json!({})] {
            assert_eq!(unix_ms(&nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn results_succeed_by_their_code_at_either_depth() {
        assert!(outcome(json!({"rooms": []})).is_ok());
        assert!(outcome(json!({"code": "200", "message": "OK"})).is_ok());
        assert_eq!(outcome(json!({"result": {"code": 200, "members": [1]}})), Ok(json!({"code": 200, "members": [1]})));
        assert_eq!(outcome(json!({"code": "403", "message": "Unauthorized"})), Err(Error::Unauthorized));
        assert_eq!(outcome(json!({"result": {"code": "404"}})), Err(Error::NotFound));
        assert_eq!(outcome(json!({"code": "500"})), Err(Error::Unavailable(Fault::Status(500))));
        assert_eq!(outcome(json!({"code": []})), Err(Error::Unavailable(Fault::Answer)));
    }

    #[test]
    fn what_is_no_frame_is_left_alone() {
        for text in ["", "[]", "{}", "null", "{\"id\": 7, \"result\": {}}", "{\"method\": 5}"] {
            assert!(Frame::parse(text).is_none(), "{text}");
        }
    }
}
