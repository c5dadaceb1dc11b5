//! Snowflakes: Discord's ids. 42 bits of milliseconds since 2015, 22 bits that keep them apart.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The first millisecond of 2015, where snowflakes begin.
const EPOCH_MS: i64 = 1_420_070_400_000;

/// An id of Discord's; text in JSON, as theirs are, because JavaScript cannot hold 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u64);

impl Id {
    /// The `n`th id of the millisecond `unix_ms`.
    pub const fn at(unix_ms: i64, n: u64) -> Self {
        let since = if unix_ms > EPOCH_MS { unix_ms - EPOCH_MS } else { 0 };
        Self(((since as u64) << 22) | (n & 0x3f_ffff))
    }

    /// When it was made.
    pub const fn unix_ms(self) -> i64 {
        (self.0 >> 22) as i64 + EPOCH_MS
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(u64),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(n) => Ok(Self(n)),
            Either::Text(text) => text.parse().map_err(de::Error::custom),
        }
    }
}
