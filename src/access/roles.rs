//! The one table of who may do what. Facts in, role and rule out; pure, first match wins.

use std::fmt;

use serenity::model::Permissions;

use super::{
    facts::{Facts, Invitation, Kind},
    policy::Policy,
};
use crate::role::Role;

/// A decision with the rule behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// None: may not come in.
    pub role: Option<Role>,
    pub rule: Rule,
    /// What they would need, all of it or any, for the line that stopped them to let them on.
    pub lacks: Permissions,
    /// May open a session where none is.
    pub may_open: bool,
    /// What a room token lets them do.
    pub scopes: Scopes,
}

/// The line of the table that matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    NotInGuild,
    CannotView,
    TimedOut,
    NotInPrivateThread,
    CannotConnect,
    Removed,
    StageModerator,
    StageListener,
    KeepsOrder,
    OpenedTheSession,
    MaySend,
    MaySpeak,
    MayViewOnly,
    /// A guest, whom a moderator let in by name.
    Invited,
    /// A guest whose invitation is over.
    NotInvited,
    /// They knocked, and a moderator let them in to see and hear.
    LetInToWatch,
    /// A rule of `POLICY_FILE`, from 1.
    Policy(u16),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Policy(number) => return write!(f, "policy rule {number}"),
            Self::LetInToWatch => "knocked, and was let in as audience",
            Self::Invited => "was invited as a guest",
            Self::NotInvited => "has no invitation that is still good",
            Self::NotInGuild => "is not in the server",
            Self::CannotView => "can't view the channel",
            Self::TimedOut => "is timed out",
            Self::NotInPrivateThread => "is not in the private thread and lacks Manage Threads",
            Self::CannotConnect => "lacks Connect",
            Self::Removed => "was removed from this call",
            Self::StageModerator => "has Mute Members in a stage channel",
            Self::StageListener => "may only listen in a stage channel",
            Self::KeepsOrder => "has Manage Channels or Moderate Members",
            Self::OpenedTheSession => "opened this call and may send",
            Self::MaySend => "may send messages",
            Self::MaySpeak => "may speak",
            Self::MayViewOnly => "may view, but not take part",
        })
    }
}

impl Rule {
    /// The permissions whose absence is the reason, in a channel of that kind. Empty where something else is.
    fn lacks(self, kind: Kind) -> Permissions {
        match self {
            Self::CannotView => Permissions::VIEW_CHANNEL,
            Self::NotInPrivateThread => Permissions::MANAGE_THREADS,
            Self::CannotConnect => Permissions::CONNECT,
            Self::StageListener => Permissions::MUTE_MEMBERS,
            Self::MayViewOnly => to_take_part(kind),
            _ => Permissions::empty(),
        }
    }
}

/// Who may do what, per the table and where `policy` says otherwise; decided anew every time it matters.
pub(super) fn decide(facts: &Facts, policy: &Policy) -> Decision {
    let decision = before_the_door(facts, policy);
    // Who keeps order needs no door.
    match decision.role {
        Some(Role::Member) if facts.watches => Decision {
            role: Some(Role::Audience),
            rule: Rule::LetInToWatch,
            may_open: false,
            scopes: Scopes::default(),
            ..decision
        },
        _ => decision,
    }
}

fn before_the_door(facts: &Facts, policy: &Policy) -> Decision {
    if let Some(invitation) = facts.invitation {
        return of_guest(invitation, facts.removed);
    }
    let (role, rule, more) = match (refusal(facts), policy.verdict(facts)) {
        (Some(rule), _) => (None, rule, Scopes::default()),
        (None, Some(verdict)) => (verdict.role, Rule::Policy(verdict.number), verdict.scopes),
        (None, None) => {
            let (role, rule) = admission(facts);
            (role, rule, Scopes::default())
        }
    };
    let lacks = rule.lacks(facts.kind);
    Decision { role, rule, lacks, may_open: role >= Some(Role::Member), scopes: Scopes::of(role).and(more) }
}

/// Guests are a moderator's word, not Discord's, so neither table nor policy says anything of them. They open nothing.
fn of_guest(invitation: Invitation, removed: bool) -> Decision {
    let (role, rule) = match invitation {
        Invitation::Over => (None, Rule::NotInvited),
        Invitation::Good { .. } if removed => (None, Rule::Removed),
        Invitation::Good { role, .. } => (Some(role), Rule::Invited),
    };
    Decision { role, rule, lacks: Permissions::empty(), may_open: false, scopes: Scopes::of(role) }
}

fn refusal(facts: &Facts) -> Option<Rule> {
    let may = |permission| facts.permissions.contains(permission);
    if !facts.member {
        return Some(Rule::NotInGuild);
    }
    if !may(Permissions::VIEW_CHANNEL) {
        return Some(Rule::CannotView);
    }
    if facts.timed_out {
        return Some(Rule::TimedOut);
    }
    match facts.kind {
        Kind::PrivateThread { joined: false } if !may(Permissions::MANAGE_THREADS) => Some(Rule::NotInPrivateThread),
        Kind::Voice | Kind::Stage if !may(Permissions::CONNECT) => Some(Rule::CannotConnect),
        _ if facts.removed => Some(Rule::Removed),
        _ => None,
    }
}

fn admission(facts: &Facts) -> (Option<Role>, Rule) {
    let may = |permission| facts.permissions.contains(permission);
    if facts.kind == Kind::Stage {
        return if may(Permissions::MUTE_MEMBERS) {
            (Some(Role::Moderator), Rule::StageModerator)
        } else {
            (Some(Role::Audience), Rule::StageListener)
        };
    }
    if facts.permissions.intersects(Permissions::MANAGE_CHANNELS | Permissions::MODERATE_MEMBERS) {
        return (Some(Role::Moderator), Rule::KeepsOrder);
    }
    match (may(to_take_part(facts.kind)), facts.opened) {
        (true, true) => (Some(Role::Moderator), Rule::OpenedTheSession),
        (true, false) if facts.kind == Kind::Voice => (Some(Role::Member), Rule::MaySpeak),
        (true, false) => (Some(Role::Member), Rule::MaySend),
        (false, _) => (Some(Role::Audience), Rule::MayViewOnly),
    }
}

/// What makes a member of who may look.
fn to_take_part(kind: Kind) -> Permissions {
    match kind {
        Kind::PublicThread | Kind::PrivateThread { .. } => Permissions::SEND_MESSAGES_IN_THREADS,
        Kind::Voice => Permissions::SPEAK,
        Kind::Text | Kind::Stage => Permissions::SEND_MESSAGES,
    }
}

/// What a room token lets its holder do, in the video service's words: a set of `SCOPES`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u32);

/// What members may do, then what moderators may do besides. The audience takes none.
///
/// Never in a browser's token: `set_meta`, `promote`, `demote`, `remove`, another's `*_unmute` or `undeaf`,
/// `additional_source`, `playback`, `stream`, `recording`. Those go through our own routes, so that role, consent
/// and cost stay ours.
const SCOPES: [&str; 23] = [
    "room.self.audio_mute",
    "room.self.audio_unmute",
    "room.self.video_mute",
    "room.self.video_unmute",
    "room.self.deaf",
    "room.self.undeaf",
    "room.self.set_input_volume",
    "room.self.set_output_volume",
    "room.self.set_input_sensitivity",
    "room.self.raisehand",
    "room.self.lowerhand",
    "room.self.screenshare",
    "room.list_available_layouts",
    "room.member.audio_mute",
    "room.member.video_mute",
    "room.member.lowerhand",
    "room.lock",
    "room.unlock",
    "room.set_layout",
    "room.set_position",
    "room.prioritize_handraise",
    "room.hide_video_muted",
    "room.show_video_muted",
];
const OF_MEMBERS: usize = 13;

impl Scopes {
    fn of(role: Option<Role>) -> Self {
        let first = |count: usize| Self((1 << count) - 1);
        match role {
            None | Some(Role::Audience) => Self::default(),
            Some(Role::Member) => first(OF_MEMBERS),
            Some(Role::Moderator) => first(SCOPES.len()),
        }
    }

    /// The one of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        SCOPES.iter().position(|scope| *scope == name).map(|at| Self(1 << at))
    }

    pub(super) fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    pub fn list(self) -> Vec<String> {
        let held = SCOPES.iter().enumerate().filter(|(at, _)| self.0 & (1 << at) != 0);
        held.map(|(_, scope)| (*scope).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests;
