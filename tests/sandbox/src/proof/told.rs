//! What Discord was asked: requests for cards and lines, how fast, and what was refused.

use crate::{discord::Discord, fault::Seen};

/// One request that posts or edits a card or a line.
#[derive(Clone, Debug)]
pub struct Told {
    /// Unix milliseconds.
    pub at: i64,
    pub what: What,
    /// The room's title.
    pub title: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Card,
    Line,
}

impl Told {
    fn read(seen: &Seen) -> Option<Self> {
        if !matches!(seen.method.as_str(), "POST" | "PATCH") || !speaks(&seen.path) {
            return None;
        }
        let at = seen.at;
        if let Some(title) = seen.request["embeds"][0]["title"].as_str() {
            let title = title.split(" · ").next().unwrap_or(title).to_owned();
            return Some(Self { at, what: What::Card, title });
        }
        let line = seen.request["content"].as_str()?.strip_prefix("**")?;
        let (title, _) = line.split_once(":** ")?;
        Some(Self { at, what: What::Line, title: title.to_owned() })
    }
}

/// A message in a channel, not the answer to an interaction.
fn speaks(path: &str) -> bool {
    (path.contains("/webhooks/") && !path.ends_with("/messages/@original"))
        || (path.contains("/channels/") && path.contains("/messages"))
}

/// What Discord was asked since it was last made to forget.
pub struct Log(Vec<Seen>);

impl Log {
    pub fn of(discord: &Discord) -> Self {
        Self(discord.faults().requests())
    }

    pub fn told(&self) -> Vec<Told> {
        self.0.iter().filter_map(Told::read).collect()
    }

    /// Answers of 429 that Discord meant.
    pub fn refused_for_rate(&self) -> Vec<String> {
        let refused = self.0.iter().filter(|seen| seen.status == Some(429) && !seen.faulted);
        refused.map(|seen| format!("{} {} {}", seen.method, seen.route, seen.response)).collect()
    }

    /// Most requests under the global limit in any second.
    pub fn fastest_second(&self, application: &str) -> usize {
        let own = format!("/webhooks/{application}/");
        let counts = |seen: &&Seen| !seen.path.contains("/interactions/") && !seen.path.contains(&own);
        let mut times: Vec<i64> = self.0.iter().filter(counts).map(|seen| seen.at).collect();
        times.sort_unstable();
        let within = |(index, &first): (usize, &i64)| times.partition_point(|&at| at < first + 1000) - index;
        times.iter().enumerate().map(within).max().unwrap_or_default()
    }
}
