//! Facts: what a source says happened in a session, in the same words whichever source it is.

use crate::{role::Role, store::StayKind};

/// Something a source says about one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// When it happened, or when it was so: SignalWire's time, unix milliseconds.
    pub at: i64,
    pub source: Source,
    pub what: What,
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Relay,
    Sweep,
    Look,
}

impl Source {
    pub fn code(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Sweep => "sweep",
            Self::Look => "look",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Somebody is the first inside.
    Started,
    Joined(Person),
    Left(Person),
    /// Exactly these are inside, audience aside, which no list is sure to name.
    Inside(Vec<Person>),
    Recording {
        on: bool,
        /// When it began, where the source says.
        since: Option<i64>,
    },
    Locked(bool),
    /// So many watch.
    Audience(u32),
    /// Nobody is inside any more.
    Ended,
    /// Nobody was ever inside. Means nothing once somebody was.
    NobodyCame,
}

/// Somebody, or a screen or a device, as far as a source knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub member_id: String,
    pub name: Option<String>,
    pub user_id: Option<u64>,
    pub kind: Kind,
    /// What their room token lets them do, where the source says.
    pub token_role: Option<Role>,
    /// Their room token says that they go on from another device.
    pub moves: bool,
}

/// How sure a source is of what somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Said(StayKind),
    /// Likely, for want of anybody who knows; gives way to whoever does.
    Guessed(StayKind),
    NotSaid,
}
