//! What happened in a room: SignalWire's event payloads, as types. Unknown events and fields are passed over.

use serde::Deserialize;
use serde_json::Value;

use super::wire;

/// One thing that happened. `at` is SignalWire's time, unix milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Something may have been missed: after each connect, and when events came faster than they were read.
    /// Ask for the state of things.
    Resync,
    /// Somebody is the first in a room. That person gets no [`Event::MemberJoined`].
    RoomStarted {
        at: i64,
        session: RoomSession,
    },
    /// A room as it is, with its members: what a subscription begins with.
    RoomSnapshot {
        at: i64,
        session: RoomSession,
    },
    /// Locked, unlocked, or something else about the room.
    RoomUpdated {
        at: i64,
        session: RoomSession,
    },
    RoomEnded {
        at: i64,
        session: RoomSession,
    },
    MemberJoined {
        at: i64,
        session_id: String,
        member: Member,
    },
    /// Often with no more of the member than its id.
    MemberLeft {
        at: i64,
        session_id: String,
        member: Member,
    },
    /// Recording began or ended.
    Recording {
        at: i64,
        session_id: String,
        on: bool,
    },
    /// How many watch.
    Audience {
        at: i64,
        session_id: String,
        total: u32,
    },
}

/// A live run of a room.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RoomSession {
    pub id: String,
    /// The room's name.
    pub name: Option<String>,
    /// What to subscribe to for the session's events; opaque.
    pub event_channel: Option<String>,
    pub recording: Option<bool>,
    pub locked: Option<bool>,
    pub audience_count: Option<u32>,
    /// In snapshots and lists.
    pub members: Option<Vec<Member>>,
}

/// Somebody, or a screen or a device of theirs, in a room.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Member {
    pub id: String,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<MemberKind>,
    /// As the room token had it.
    pub meta: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberKind {
    Member,
    /// Only watches. Whether these come with member events at all is not documented.
    Audience,
    Screen,
    /// An additional device, or a kind that was not heard of yet.
    #[serde(other)]
    Device,
}

/// Events asked for on the project-wide channel, and on each room's. Talking and layout changes are frequent, and
/// nobody here needs them.
pub(super) const OF_ALL_ROOMS: &[&str] = &["video.room.started", "video.room.ended"];
pub(super) const OF_ONE_ROOM: &[&str] = &[
    "video.room.subscribed",
    "video.room.updated",
    "video.room.ended",
    "video.room.audience_count",
    "video.member.joined",
    "video.member.left",
    "video.recording.started",
    "video.recording.ended",
];

/// `params` of a `signalwire.event`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Envelope {
    pub event_type: String,
    timestamp: Value,
    params: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    room_session_id: Option<String>,
    room_session: Option<RoomSession>,
    /// What `room_session` was called before, with the session's id under another name.
    room: Option<LegacyRoom>,
    member: Option<Member>,
    total: Option<u32>,
}

#[derive(Deserialize)]
struct LegacyRoom {
    room_session_id: String,
    #[serde(flatten)]
    session: RoomSession,
}

impl Envelope {
    /// The resume state SignalWire hands out, when this is that.
    pub fn authorization_state(&self) -> Option<&str> {
        let is_state = self.event_type == "signalwire.authorization.state";
        self.params.get("authorization_state").and_then(Value::as_str).filter(|_| is_state)
    }

    /// The event, or `None` for what is not asked for or not understood. Routed by its type: the channel it names is
    /// not always the one subscribed to.
    pub fn into_event(self, now: i64) -> Option<Event> {
        let at = wire::unix_ms(&self.timestamp).unwrap_or(now);
        let payload: Payload = serde_json::from_value(self.params).ok()?;
        match self.event_type.as_str() {
            "video.room.started" => Some(Event::RoomStarted { at, session: payload.session()? }),
            "video.room.subscribed" => Some(Event::RoomSnapshot { at, session: payload.session()? }),
            "video.room.updated" => Some(Event::RoomUpdated { at, session: payload.session()? }),
            "video.room.ended" => Some(Event::RoomEnded { at, session: payload.session()? }),
            "video.member.joined" => {
                let (session_id, member) = payload.member()?;
                Some(Event::MemberJoined { at, session_id, member })
            }
            "video.member.left" => {
                let (session_id, member) = payload.member()?;
                Some(Event::MemberLeft { at, session_id, member })
            }
            "video.recording.started" => Some(Event::Recording { at, session_id: payload.session_id()?, on: true }),
            "video.recording.ended" => Some(Event::Recording { at, session_id: payload.session_id()?, on: false }),
            "video.room.audience_count" => {
                Some(Event::Audience { at, total: payload.total?, session_id: payload.session_id()? })
            }
            _ => None,
        }
    }
}

impl Payload {
    fn session(self) -> Option<RoomSession> {
        let legacy = self.room.map(|room| RoomSession { id: room.room_session_id, ..room.session });
        self.room_session.or(legacy).filter(|session| !session.id.is_empty())
    }

    fn session_id(self) -> Option<String> {
        self.room_session_id.or_else(|| self.room_session.map(|session| session.id)).filter(|id| !id.is_empty())
    }

    fn member(mut self) -> Option<(String, Member)> {
        let member = self.member.take().filter(|member| !member.id.is_empty())?;
        Some((self.session_id()?, member))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn event(event_type: &str, params: Value) -> Option<Event> {
        let envelope =
            json!({"event_type": event_type, "event_channel": "EC_77", "timestamp": 1788253210.5, "params": params});
        serde_json::from_value::<Envelope>(envelope).expect("an envelope").into_event(7)
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,30}".prop_map(Value::from),
        ];
        let name = prop::sample::select(vec![
            "room",
            "room_session",
            "member",
            "members",
            "id",
            "name",
            "meta",
            "recording",
            "locked",
            "timestamp",
            "audience_count",
            "total",
            "type",
            "params",
            "event_type",
            "event_channel",
        ]);
        leaf.prop_recursive(5, 32, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map(name.clone().prop_map(str::to_owned), inner, 0..6)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        /// `PROPTEST_CASES` sets how many.
        #[test]
        fn whatever_comes_is_an_event_or_nothing(
            kind in prop_oneof![
                prop::sample::select(vec![
                    "video.room.started", "video.room.subscribed", "video.room.updated", "video.room.ended",
                    "video.member.joined", "video.member.left", "video.recording.started", "video.room.audience_count",
                ]).prop_map(str::to_owned),
                ".{0,30}",
            ],
            params in anything(),
            timestamp in anything(),
            text in ".{0,200}",
        ) {
            let envelope = json!({"event_type": kind, "timestamp": timestamp, "params": params});
            let _ = wire::Frame::parse(&json!({"jsonrpc": "2.0", "id": "x", "method": kind, "params": envelope}).to_string());
            let _ = wire::Frame::parse(&text);
            if let Ok(envelope) = serde_json::from_value::<Envelope>(envelope) {
                let _ = envelope.into_event(7);
            }
        }
    }

    #[test]
    fn a_start_is_read_from_either_shape() {
        let session = RoomSession {
            id: "S-1".into(),
            name: Some("standup-abc".into()),
            event_channel: Some("EC_77".into()),
            ..RoomSession::default()
        };
        let expected = Some(Event::RoomStarted { at: 1_788_253_210_500, session });
        let new = json!({"room_session_id": "S-1",
            "room_session": {"id": "S-1", "room_id": "R-1", "name": "standup-abc", "event_channel": "EC_77"}});
        let old = json!({"room": {"room_session_id": "S-1", "name": "standup-abc", "event_channel": "EC_77"}});
        assert_eq!(event("video.room.started", new), expected);
        assert_eq!(event("video.room.started", old), expected);
    }

    #[test]
    fn a_leave_may_name_nobody_and_new_kinds_are_no_people() {
        let bare = json!({"room_session_id": "S-1", "member": {"id": "M-2"}});
        let Some(Event::MemberLeft { member, .. }) = event("video.member.left", bare) else { panic!("a leave") };
        assert_eq!((member.name, member.kind), (None, None));
        let strange = json!({"room_session_id": "S-1", "member": {"id": "M-2", "type": "hologram", "talking": 5}});
        let Some(Event::MemberJoined { member, .. }) = event("video.member.joined", strange) else { panic!("a join") };
        assert_eq!(member.kind, Some(MemberKind::Device));
    }

    #[test]
    fn what_is_unknown_or_broken_is_passed_over() {
        assert_eq!(event("video.member.talking", json!({"member": {"id": "M-1"}})), None);
        assert_eq!(event("video.member.joined", json!({"member": {"id": "M-1"}})), None);
        assert_eq!(event("video.room.ended", json!({"room_session": {"name": "x"}})), None);
        assert_eq!(event("video.room.started", json!([])), None);
        assert_eq!(event("video.room.started", json!({"room_session": {"id": 5}})), None);
    }
}
