//! Room tokens: what a browser joins with. <https://signalwire.com/docs/apis/rest/video/room-tokens>

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::{Client, Error, rfc3339};

/// What a room token should allow.
#[derive(Debug, Clone, Serialize)]
pub struct RoomTokenRequest {
    /// The room's SignalWire name.
    pub room_name: String,
    /// What others in the room read; at most 100 characters.
    pub user_name: String,
    pub join_as: JoinAs,
    /// An explicit list replaces SignalWire's defaults. For the audience SignalWire takes none.
    pub permissions: Vec<String>,
    /// Unix milliseconds. Room tokens have no other end and can't be revoked.
    #[serde(serialize_with = "time")]
    pub join_until: i64,
    /// 1 to 200,000.
    pub remove_after_seconds_elapsed: u32,
    /// `false`: a stale token must not bring a deleted room back.
    pub auto_create_room: bool,
    /// At most 2,000 characters as JSON. Others in the room can read it.
    pub meta: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JoinAs {
    Member,
    Audience,
}

/// A signed room token. Whoever holds it comes in as the person it names, so it is a secret.
#[derive(Debug, Clone)]
pub struct RoomToken(pub SecretString);

fn time<S: Serializer>(unix_ms: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*unix_ms))
}

impl Client {
    /// One call upstream per room token, unless it fails and is made again.
    pub async fn room_token(&self, request: &RoomTokenRequest) -> Result<RoomToken, Error> {
        let answer: Answer = self.write(Method::POST, "POST /room_tokens", &["room_tokens"], request).await?;
        Ok(RoomToken(answer.token.0))
    }
}

#[derive(Deserialize)]
struct Answer {
    token: Jwt,
}

/// A JWT by its alphabet: three parts of base64url. Anything else must not get as far as a browser.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Jwt(SecretString);

impl TryFrom<String> for Jwt {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        if text.split('.').count() == 3 && text.split('.').all(is_part) {
            Ok(Self(text.into()))
        } else {
            Err("not a room token")
        }
    }
}
