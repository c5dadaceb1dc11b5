//! Room tokens: what a browser joins with.
//!
//! Comes in: the claims of one person for one room. Goes out: a JWT as SignalWire's sample token shows it
//! (header `typ` VRT, HS512, short claim names), with the address of this stand-in in the header's `ch`,
//! which the browser SDK obeys. Verified again when somebody joins.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha512;

/// Every permission a room token may carry. <https://signalwire.com/docs/apis/permissions>
pub const PERMISSIONS: [&str; 44] = [
    "room.hide_video_muted",
    "room.list_available_layouts",
    "room.lock",
    "room.member.audio_mute",
    "room.member.audio_unmute",
    "room.member.deaf",
    "room.member.demote",
    "room.member.lowerhand",
    "room.member.promote",
    "room.member.raisehand",
    "room.member.remove",
    "room.member.set_input_sensitivity",
    "room.member.set_input_volume",
    "room.member.set_meta",
    "room.member.set_output_volume",
    "room.member.set_position",
    "room.member.undeaf",
    "room.member.video_mute",
    "room.member.video_unmute",
    "room.playback",
    "room.playback_seek",
    "room.prioritize_handraise",
    "room.recording",
    "room.self.additional_source",
    "room.self.audio_mute",
    "room.self.audio_unmute",
    "room.self.deaf",
    "room.self.lowerhand",
    "room.self.raisehand",
    "room.self.screenshare",
    "room.self.set_input_sensitivity",
    "room.self.set_input_volume",
    "room.self.set_meta",
    "room.self.set_output_volume",
    "room.self.set_position",
    "room.self.undeaf",
    "room.self.video_mute",
    "room.self.video_unmute",
    "room.set_layout",
    "room.set_meta",
    "room.set_position",
    "room.show_video_muted",
    "room.stream",
    "room.unlock",
];

/// What a token allows when its request names no permissions.
pub const DEFAULT_PERMISSIONS: [&str; 11] = [
    "room.self.audio_mute",
    "room.self.audio_unmute",
    "room.self.video_mute",
    "room.self.video_unmute",
    "room.self.deaf",
    "room.self.undeaf",
    "room.self.set_input_volume",
    "room.self.set_output_volume",
    "room.self.set_input_sensitivity",
    "room.self.screenshare",
    "room.self.additional_source",
];

/// In which part somebody joins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JoinAs {
    #[default]
    Member,
    /// Sees and hears, is neither seen nor heard.
    Audience,
}

/// What a token says. `iat` to `rse` are named as in SignalWire's sample; the rest it does not show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    pub iat: i64,
    pub jti: String,
    /// The project.
    pub sub: String,
    /// Missing: a random one, new on each authorization.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    #[serde(rename = "r")]
    pub room_name: String,
    #[serde(rename = "s")]
    pub permissions: Vec<String>,
    #[serde(rename = "acr")]
    pub auto_create_room: bool,
    /// Unix seconds.
    #[serde(rename = "jf", default, skip_serializing_if = "Option::is_none")]
    pub join_from: Option<i64>,
    /// Unix seconds.
    #[serde(rename = "ju", default, skip_serializing_if = "Option::is_none")]
    pub join_until: Option<i64>,
    /// Unix seconds.
    #[serde(rename = "rat", default, skip_serializing_if = "Option::is_none")]
    pub remove_at: Option<i64>,
    #[serde(rename = "rse", default, skip_serializing_if = "Option::is_none")]
    pub remove_after_seconds_elapsed: Option<i64>,
    #[serde(rename = "ja", default)]
    pub join_as: JoinAs,
    #[serde(rename = "ma", default, skip_serializing_if = "Option::is_none")]
    pub media_allowed: Option<String>,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Value>,
    #[serde(rename = "rm", default, skip_serializing_if = "Option::is_none")]
    pub room_meta: Option<Value>,
    #[serde(rename = "rdn", default, skip_serializing_if = "Option::is_none")]
    pub room_display_name: Option<String>,
    #[serde(rename = "jam", default, skip_serializing_if = "is_false")]
    pub join_audio_muted: bool,
    #[serde(rename = "jvm", default, skip_serializing_if = "is_false")]
    pub join_video_muted: bool,
    #[serde(rename = "erl", default, skip_serializing_if = "is_false")]
    pub end_room_session_on_leave: bool,
    #[serde(rename = "erp", default, skip_serializing_if = "is_false")]
    pub enable_room_previews: bool,
    #[serde(rename = "sav", default, skip_serializing_if = "is_false")]
    pub sync_audio_video: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Claims {
    pub fn allows(&self, permission: &str) -> bool {
        self.permissions.iter().any(|given| given == permission)
    }
}

/// The token is not one of ours, or not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the room token is not valid")]
pub struct Invalid;

/// Makes and checks room tokens with a key of this stand-in alone.
#[derive(Clone)]
pub struct Tokens {
    key: [u8; 64],
    channel: String,
}

impl Tokens {
    /// `channel` is the WebSocket address that goes into every token.
    pub fn new(channel: String) -> Self {
        Self { key: rand::random(), channel }
    }

    pub fn mint(&self, claims: &Claims) -> String {
        let header = json!({ "typ": "VRT", "alg": "HS512", "ch": self.channel });
        let payload = serde_json::to_vec(claims).expect("claims hold nothing that JSON cannot");
        let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(payload));
        let signature = BASE64.encode(self.mac(&signed).finalize().into_bytes());
        let token = format!("{signed}.{signature}");
        crate::issued::remember(&token);
        token
    }

    pub fn verify(&self, token: &str) -> Result<Claims, Invalid> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Invalid)?;
        let signature = BASE64.decode(signature).map_err(|_| Invalid)?;
        self.mac(signed).verify_slice(&signature).map_err(|_| Invalid)?;
        let (_, payload) = signed.split_once('.').ok_or(Invalid)?;
        let payload = BASE64.decode(payload).map_err(|_| Invalid)?;
        serde_json::from_slice(&payload).map_err(|_| Invalid)
    }

    fn mac(&self, signed: &str) -> Hmac<Sha512> {
        let mut mac = Hmac::<Sha512>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(signed.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims {
            iat: 1_622_120_123,
            jti: "df31ca48-dbdc-4bcf-aae6-455a08c9486a".into(),
            sub: "0c97f635-1c13-4fc1-86f7-bb2be859d8b9".into(),
            user_name: Some("John Doe".into()),
            room_name: "my_super_awesome_room".into(),
            permissions: vec!["room.self.audio_unmute".into()],
            auto_create_room: true,
            remove_after_seconds_elapsed: Some(900),
            ..Claims::default()
        }
    }

    fn part(token: &str, number: usize) -> Value {
        serde_json::from_slice(&BASE64.decode(token.split('.').nth(number).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn a_token_looks_like_signalwires_sample() {
        let token = Tokens::new("ws://127.0.0.1:1".into()).mint(&claims());
        assert_eq!(part(&token, 0), json!({ "typ": "VRT", "alg": "HS512", "ch": "ws://127.0.0.1:1" }));
        assert_eq!(
            part(&token, 1),
            json!({
                "iat": 1_622_120_123, "jti": "df31ca48-dbdc-4bcf-aae6-455a08c9486a",
                "sub": "0c97f635-1c13-4fc1-86f7-bb2be859d8b9", "u": "John Doe", "r": "my_super_awesome_room",
                "s": ["room.self.audio_unmute"], "acr": true, "rse": 900, "ja": "member",
            })
        );
    }

    #[test]
    fn only_whole_tokens_of_the_same_key_are_taken() {
        let tokens = Tokens::new("ws://127.0.0.1:1".into());
        let token = tokens.mint(&claims());
        assert_eq!(tokens.verify(&token), Ok(claims()));
        assert_eq!(Tokens::new("ws://127.0.0.1:1".into()).verify(&token), Err(Invalid));
        for broken in ["", ".", "a.b.c", &token[..token.len() - 2], &token.replace('.', "")] {
            assert_eq!(tokens.verify(broken), Err(Invalid), "{broken}");
        }
    }
}
