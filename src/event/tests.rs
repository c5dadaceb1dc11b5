//! The whole step against a small SignalWire over real sockets, by a clock that tests move.

use std::collections::BTreeMap;

use crate::store::SessionFacts;

mod chaos;
mod gaps;
mod live;
mod rest;
mod world;

/// A session that nobody has been in, as the recorder knows it.
pub(super) fn open_session(opened_at: i64) -> SessionFacts {
    SessionFacts {
        session_id: "s".into(),
        room_key: "r".into(),
        video_session_id: Some("S-1".into()),
        opened_at,
        started_at: None,
        ended_at: None,
        end_reason: None,
        recording: false,
        recording_since: None,
        recording_at: 0,
        locked: false,
        locked_at: 0,
        audience: 0,
        audience_at: 0,
        peak: 0,
        last_word_at: None,
        version: 1,
        edition: 0,
        stays: BTreeMap::new(),
    }
}
