//! What somebody is in a call, from least to most: what a decision gives, a room token holds, and the database keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees and hears.
    Audience,
    /// Is seen and heard too.
    Member,
    /// Keeps order.
    Moderator,
}

impl Role {
    const ALL: [Self; 3] = [Self::Audience, Self::Member, Self::Moderator];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audience => "audience",
            Self::Member => "member",
            Self::Moderator => "moderator",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
