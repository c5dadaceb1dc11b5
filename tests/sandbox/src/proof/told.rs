//! What Discord was asked: requests for cards and lines, how fast, and what was refused.

use crate::{
    discord::{Discord, Id},
    fault::Seen,
};

/// One request that posts or edits a card or a line.
#[derive(Clone, Debug)]
pub struct Told {
    /// Unix milliseconds.
    pub at: i64,
    pub what: What,
    /// The room's title.
    pub title: String,
    /// The message that is edited; none: a new one.
    pub message: Option<Id>,
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
        let edited = (seen.method == "PATCH").then(|| seen.path.rsplit('/').next()).flatten();
        let message = edited.and_then(|id| id.parse().ok());
        if let Some(title) = seen.request["embeds"][0]["title"].as_str() {
            let title = title.split(" · ").next().unwrap_or(title).to_owned();
            return Some(Self { at, what: What::Card, title, message });
        }
        let line = seen.request["content"].as_str()?.strip_prefix("**")?;
        let (title, _) = line.split_once(":** ")?;
        Some(Self { at, what: What::Line, title: title.to_owned(), message })
    }
}

/// How often an old message may be edited Discord does not say: one finds out.
fn is_of_old(seen: &Seen) -> bool {
    seen.response["code"] == 30046
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

    /// Refusals to edit an old message once more.
    pub fn refused_as_old(&self) -> usize {
        self.0.iter().filter(|seen| is_of_old(seen)).count()
    }

    /// Answers of 429 that Discord meant.
    pub fn refused_for_rate(&self) -> Vec<String> {
        let refused = self.0.iter().filter(|seen| seen.status == Some(429) && !seen.faulted && !is_of_old(seen));
        refused.map(|seen| format!("{} {} {}", seen.method, seen.route, seen.response)).collect()
    }

    /// Interactions that were answered once more, to which Discord says no.
    pub fn answered_again(&self) -> usize {
        self.0.iter().filter(|seen| seen.response["code"] == 40060).count()
    }

    /// The routes of the requests under the global limit in the second with most of them.
    pub fn fastest_second(&self, application: &str) -> Vec<String> {
        let own = format!("/webhooks/{application}/");
        // The gateway's socket is no request of the REST API, and where it is may be asked by anybody.
        let is_gateway = |path: &str| !path.starts_with("/api/") || path.ends_with("/gateway");
        let counts = |seen: &&Seen| {
            !seen.path.contains("/interactions/") && !seen.path.contains(&own) && !is_gateway(&seen.path)
        };
        let mut seen: Vec<&Seen> = self.0.iter().filter(counts).collect();
        seen.sort_unstable_by_key(|seen| seen.at);
        let within = |first: usize| &seen[first..seen.partition_point(|other| other.at < seen[first].at + 1000)];
        let fastest = (0..seen.len()).map(within).max_by_key(|second| second.len()).unwrap_or_default();
        fastest.iter().map(|seen| format!("{} {}", seen.method, seen.route)).collect()
    }
}
