//! Rooms: found by name, made, corrected. <https://signalwire.com/docs/apis/rest/video/rooms>

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Client, Error, rfc3339};

/// A room, as far as anything here asks. Unknown fields are ignored, missing ones are their defaults.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Room {
    pub id: String,
    pub name: String,
    pub display_name: Option<String>,
    #[serde(default)]
    pub max_members: u32,
    #[serde(default)]
    pub record_on_start: bool,
    #[serde(default)]
    pub enable_room_previews: Option<bool>,
    /// When everybody is put out; set to end a running session.
    pub remove_at: Option<super::Time>,
    #[serde(default)]
    pub meta: Value,
}

/// A room to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewRoom {
    /// `^[A-Za-z0-9_-]{1,100}$`, unique in the project.
    pub name: String,
    /// At most 200 characters.
    pub display_name: String,
    /// 1 to 300; SignalWire's own default is 20.
    pub max_members: u32,
    pub record_on_start: bool,
    pub enable_room_previews: bool,
    /// At most 2,000 characters as JSON.
    pub meta: Value,
}

/// What to change in a room; `None` stays as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RoomPatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_members: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_on_start: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_room_previews: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "remove_at")]
    pub remove_at: Option<RemoveAt>,
}

/// Everybody is put out at an instant, or that is taken back. Without the second, whoever comes later is put out too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoveAt {
    UnixMs(i64),
    Never,
}

fn remove_at<S: serde::Serializer>(value: &Option<RemoveAt>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(RemoveAt::UnixMs(at)) => serializer.serialize_str(&rfc3339(*at)),
        Some(RemoveAt::Never) | None => serializer.serialize_none(),
    }
}

impl Client {
    /// The room of this name, which is one documented GET and not a walk through the list.
    pub async fn room_by_name(&self, name: &str) -> Result<Option<Room>, Error> {
        match self.get("GET /rooms/{name}", &["rooms", name]).await {
            Ok(room) => Ok(Some(room)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a room. A taken name is [`Error::Invalid`], also when our own first attempt took it and its answer was
    /// lost: read the room again then.
    pub async fn create_room(&self, room: &NewRoom) -> Result<Room, Error> {
        self.write(Method::POST, "POST /rooms", &["rooms"], room).await
    }

    pub async fn update_room(&self, room_id: &str, patch: &RoomPatch) -> Result<Room, Error> {
        self.write(Method::PUT, "PUT /rooms/{id}", &["rooms", room_id], patch).await
    }
}
