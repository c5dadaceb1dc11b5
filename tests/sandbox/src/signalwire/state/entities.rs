//! What the stand-in remembers: rooms, sessions, members, recordings.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;

use super::super::token::JoinAs;

/// The settings of a room, and of a session that runs in it. Times are unix milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub max_members: u32,
    pub quality: String,
    pub join_from: Option<i64>,
    pub join_until: Option<i64>,
    pub remove_at: Option<i64>,
    pub remove_after_seconds_elapsed: Option<i64>,
    pub layout: String,
    pub record_on_start: bool,
    pub enable_room_previews: bool,
    pub meta: Option<Value>,
    pub sync_audio_video: Option<bool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            display_name: None,
            description: None,
            max_members: 20,
            quality: "720p".into(),
            join_from: None,
            join_until: None,
            remove_at: None,
            remove_after_seconds_elapsed: None,
            layout: "grid-responsive".into(),
            record_on_start: false,
            enable_room_previews: false,
            meta: None,
            sync_audio_video: None,
        }
    }
}

/// The lasting thing with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Room {
    pub id: String,
    pub name: String,
    pub settings: Settings,
    pub created_at: i64,
    pub updated_at: i64,
}

/// One run of a room, from the first person in to the last one out.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    /// What realtime calls the room's id. For a room made by a token there is no such room over REST.
    pub room_id: String,
    /// Made by a token's `auto_create_room`: REST knows no room for it.
    pub auto_created: bool,
    pub name: String,
    pub event_channel: String,
    pub settings: Settings,
    pub layout_name: String,
    pub locked: bool,
    pub hide_video_muted: bool,
    pub prioritize_handraise: bool,
    pub started_at: i64,
    pub updated_at: i64,
    pub ended_at: Option<i64>,
    /// Whoever was ever in it, in the order of joining.
    pub everyone: Vec<String>,
    /// Whoever is in it: places in `everyone`.
    pub present: BTreeSet<usize>,
    /// How many of those are members (no screens, no devices).
    pub members_inside: u32,
    /// How many are audience.
    pub audience_inside: u32,
    pub recordings: Vec<String>,
    /// The newest stored events.
    pub log: VecDeque<Logged>,
}

impl Session {
    pub fn is_live(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Whether a human being is inside.
    pub fn is_peopled(&self) -> bool {
        self.members_inside + self.audience_inside > 0
    }

    /// How many of this kind are inside, where that is counted.
    pub(super) fn counter(&mut self, kind: Kind) -> Option<&mut u32> {
        match kind {
            Kind::Member => Some(&mut self.members_inside),
            Kind::Audience => Some(&mut self.audience_inside),
            Kind::Screen | Kind::Device => None,
        }
    }
}

/// What a participant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Member,
    /// Counted, never listed.
    Audience,
    /// A screen share, child of a member.
    Screen,
    /// A second camera or microphone, child of a member.
    Device,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Audience => "audience",
            Self::Screen => "screen",
            Self::Device => "device",
        }
    }
}

impl From<JoinAs> for Kind {
    fn from(join_as: JoinAs) -> Self {
        match join_as {
            JoinAs::Member => Self::Member,
            JoinAs::Audience => Self::Audience,
        }
    }
}

/// Somebody, or their screen, in a session. Times are unix milliseconds.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: String,
    pub room_id: String,
    pub session_id: String,
    pub kind: Kind,
    /// Its place in the session's `everyone`.
    pub(super) place: usize,
    /// The member whose screen or device this is.
    pub parent_id: Option<String>,
    /// Its screens and devices, also those that are gone.
    pub children: Vec<String>,
    pub name: String,
    pub meta: Value,
    pub permissions: Vec<String>,
    pub audio_muted: bool,
    pub video_muted: bool,
    pub deaf: bool,
    pub handraised: bool,
    pub talking: bool,
    pub input_volume: f64,
    pub output_volume: f64,
    pub input_sensitivity: f64,
    pub requested_position: String,
    pub joined_at: i64,
    pub left_at: Option<i64>,
    /// From the token's and the room's limits.
    pub remove_at: Option<i64>,
    /// The connection is gone and this is when the server gives up on it.
    pub gone_at: Option<i64>,
    pub ends_session_on_leave: bool,
}

impl Member {
    pub fn is_present(&self) -> bool {
        self.left_at.is_none()
    }

    pub fn visible(&self) -> bool {
        self.kind != Kind::Audience && !self.video_muted
    }

    /// When it is to be removed, if nothing changes.
    pub(super) fn due(&self) -> Option<i64> {
        [self.remove_at, self.gone_at].into_iter().flatten().min()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingState {
    Recording,
    Paused,
    Completed,
}

impl RecordingState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Paused => "paused",
            Self::Completed => "completed",
        }
    }
}

/// A recording of a session. Times are unix milliseconds.
#[derive(Clone, Debug)]
pub struct Recording {
    pub id: String,
    pub room_id: String,
    pub session_id: String,
    pub state: RecordingState,
    pub started_at: i64,
    pub updated_at: i64,
    pub ended_at: Option<i64>,
}

/// An event as REST hands it out later.
#[derive(Clone, Debug)]
pub struct Logged {
    pub id: String,
    /// Without the `video.` that realtime puts in front.
    pub name: String,
    pub recording_id: Option<String>,
    pub member_id: Option<String>,
    pub payload: Value,
    pub at: i64,
}
