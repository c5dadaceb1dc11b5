//! Why there is no way in, and how people are told.

use std::time::Duration;

use super::{Denial, GUEST_NAME_MAX, Said, Speaker, TOPIC_MAX, channel};
use crate::{
    access::{Kind, Rule},
    buckets::TooOften,
    room::{NAME_MAX, NameProblem},
    words::{self, Time},
};

/// Rooms that are offered instead of a new one.
const ROOMS_OFFERED: usize = 10;

/// Why there is no way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    DirectMessage,
    NoBot {
        invite: String,
    },
    /// The rule that keeps the person out.
    Rule {
        rule: Rule,
        title: String,
        channel_id: u64,
    },
    MayNotOpen {
        kind: Kind,
        by_policy: bool,
        channel_id: u64,
    },
    /// So many are open; those the person may see, with how many are inside.
    GuildLimit {
        count: usize,
        rooms: Vec<(String, u32)>,
    },
    PersonLimit {
        count: u32,
        per: Duration,
        again_at: i64,
    },
    VideoSilent {
        title: String,
    },
    VideoAccount {
        title: String,
        reference: String,
    },
    Ended {
        title: String,
        is_own: bool,
    },
    UnknownRoom,
    DiscordSilent,
    Name(NameProblem),
    TopicTooLong,
    GuestName,
    TooOften(TooOften),
    Unknown,
    Sorry {
        reference: String,
    },
    Interrupted {
        title: Option<String>,
    },
    /// Of what moderators and admins do.
    Staff(Denial),
}

impl Refusal {
    /// For counting.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DirectMessage => "direct_message",
            Self::NoBot { .. } => "no_bot",
            Self::Rule { .. } => "rule",
            Self::MayNotOpen { .. } => "may_not_open",
            Self::GuildLimit { .. } => "guild_limit",
            Self::PersonLimit { .. } => "person_limit",
            Self::VideoSilent { .. } => "video_silent",
            Self::VideoAccount { .. } => "video_account",
            Self::Ended { .. } => "ended",
            Self::UnknownRoom => "unknown_room",
            Self::DiscordSilent => "discord_silent",
            Self::Name(_) => "name",
            Self::TopicTooLong => "topic_too_long",
            Self::GuestName => "guest_name",
            Self::TooOften(_) => "too_often",
            Self::Unknown => "unknown",
            Self::Sorry { .. } => "sorry",
            Self::Interrupted { .. } => "interrupted",
            Self::Staff(denial) => denial.code(),
        }
    }
}

impl Speaker<'_> {
    pub fn refuse(&self, refusal: &Refusal) -> Said {
        Said { content: self.refusal(refusal), rows: Vec::new() }
    }

    fn refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::DirectMessage => self.say("refuse-direct-message", &[]),
            Refusal::NoBot { invite } => self.say("refuse-no-bot", &[("invite", invite.as_str().into())]),
            Refusal::Rule { rule, title, channel_id } => {
                let args = [("room", words::name(title).into()), ("channel", channel(*channel_id))];
                self.say(kept_out(*rule), &args)
            }
            Refusal::MayNotOpen { by_policy: true, .. } => self.say("refuse-policy-open", &[]),
            Refusal::MayNotOpen { kind, channel_id, .. } => {
                self.say(may_not_open(*kind), &[("channel", channel(*channel_id))])
            }
            Refusal::GuildLimit { count, rooms } => self.guild_limit(*count, rooms),
            Refusal::PersonLimit { count, per, again_at } => {
                let time = words::time(*again_at, Time::Relative);
                let args = [("count", (*count).into()), ("within", self.within(*per).into()), ("time", time.into())];
                self.say("refuse-person-limit", &args)
            }
            Refusal::VideoSilent { title } => self.say("refuse-video-silent", &[("room", words::name(title).into())]),
            Refusal::VideoAccount { title, reference } => {
                let args = [("room", words::name(title).into()), ("reference", reference.as_str().into())];
                self.say("refuse-video-account", &args)
            }
            Refusal::Ended { title, is_own } => {
                let command = self.command(title, *is_own);
                self.say("refuse-ended", &[("room", words::name(title).into()), ("command", command.into())])
            }
            Refusal::UnknownRoom => self.say("refuse-unknown-room", &[]),
            Refusal::DiscordSilent => self.say("refuse-discord-silent", &[]),
            Refusal::Name(problem) => {
                let id = match problem {
                    NameProblem::Empty => "refuse-name-empty",
                    NameProblem::TooLong => "refuse-name-long",
                };
                self.say(id, &[("max", NAME_MAX.into()), ("command", self.command("standup", false).into())])
            }
            Refusal::TopicTooLong => self.say("refuse-topic-long", &[("max", TOPIC_MAX.into())]),
            Refusal::GuestName => self.say("refuse-guest-name", &[("max", GUEST_NAME_MAX.into())]),
            Refusal::TooOften(late) => self.say("refuse-too-often", &[("count", late.seconds().into())]),
            Refusal::Unknown => self.say("refuse-unknown", &[]),
            Refusal::Sorry { reference } => self.say("sorry", &[("reference", reference.as_str().into())]),
            Refusal::Interrupted { title } => {
                let command = title.as_ref().map_or_else(|| self.video.to_owned(), |title| self.command(title, false));
                self.say("sorry-interrupted", &[("command", command.into())])
            }
            Refusal::Staff(denial) => self.deny(denial),
        }
    }

    fn guild_limit(&self, count: usize, rooms: &[(String, u32)]) -> String {
        if rooms.is_empty() {
            return self.say("refuse-server-limit-hidden", &[("count", count.into())]);
        }
        let offered: Vec<String> = rooms
            .iter()
            .take(ROOMS_OFFERED)
            .map(|(title, inside)| format!("**{}** ({inside})", words::name(title)))
            .collect();
        self.say("refuse-server-limit", &[("count", count.into()), ("rooms", offered.join(", ").into())])
    }

    fn within(&self, per: Duration) -> String {
        let seconds = per.as_secs();
        let (id, count) = match seconds {
            3600.. if seconds.is_multiple_of(3600) => ("within-hours", seconds / 3600),
            60.. if seconds.is_multiple_of(60) => ("within-minutes", seconds / 60),
            _ => ("within-seconds", seconds),
        };
        self.say(id, &[("count", count.into())])
    }
}

fn kept_out(rule: Rule) -> &'static str {
    match rule {
        Rule::NotInGuild => "refuse-not-in-server",
        Rule::TimedOut => "refuse-timed-out",
        Rule::NotInPrivateThread => "refuse-private-thread",
        Rule::CannotConnect => "refuse-cannot-connect",
        Rule::Removed => "refuse-removed",
        Rule::Policy(_) => "refuse-policy",
        // The others let people in; should one of them ever keep somebody out, this is the safe thing to say.
        _ => "refuse-cannot-view",
    }
}

fn may_not_open(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::PublicThread | Kind::PrivateThread { .. } => "refuse-may-not-send",
        Kind::Voice => "refuse-may-not-speak",
        Kind::Stage => "refuse-stage-listener",
    }
}
