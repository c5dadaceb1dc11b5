//! Reports: what a source found out, about which session, and what the recorder made of it.

use crate::{event::fact::Fact, signalwire::relay::RoomSession};

/// What a source found out about one session.
#[derive(Debug, Clone)]
pub struct Report {
    pub about: About,
    pub facts: Vec<Fact>,
}

/// Which session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// By SignalWire's session id.
    Video { video_session_id: String, room_name: Option<String>, live: Option<Live> },
    /// By ours.
    Session(String),
}

/// What vouches for a session being live, which alone lets it become a session of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// It was told of as it started, maybe late.
    Started(i64),
    /// It was among the live ones at this time.
    Seen(i64),
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Recorded(Recorded),
    /// Not a session of ours, or of an earlier time.
    Foreign,
    /// It may be one of ours, but this report can't tell, or could not be kept: look at what is live.
    Doubtful,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub session_id: String,
    /// First heard of just now.
    pub is_new: bool,
    /// Live, yet nobody is inside: either somebody is about to be seen or the end was missed.
    pub is_deserted: bool,
    /// Who was listed as inside contradicts what happened just before: a list made later can be believed.
    pub is_blurred: bool,
}

impl About {
    /// As the event socket shows it.
    pub fn video(session: &RoomSession, live: Option<Live>) -> Self {
        Self::Video { video_session_id: session.id.clone(), room_name: session.name.clone(), live }
    }

    /// By an id that must have been heard of before.
    pub fn known(video_session_id: &str) -> Self {
        Self::Video { video_session_id: video_session_id.to_owned(), room_name: None, live: None }
    }

    /// What either knows.
    pub(super) fn merge(&mut self, other: Self) {
        if let (Self::Video { room_name, live, .. }, Self::Video { room_name: name, live: vouched, .. }) = (self, other)
        {
            if room_name.is_none() {
                *room_name = name;
            }
            *live = match (*live, vouched) {
                (Some(Live::Seen(at)), Some(Live::Seen(later))) => Some(Live::Seen(at.max(later))),
                (Some(Live::Seen(at)), _) | (_, Some(Live::Seen(at))) => Some(Live::Seen(at)),
                (started, other) => started.or(other),
            };
        }
    }
}
