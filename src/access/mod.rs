//! 3. Who may come in, and the link and session that prove who they are.
//!
//! In: a person, a channel and what Discord says of them. Out: a role or a refusal, always with the rule behind
//! it; personal links; browser sessions. Decided anew each time it matters, from an answer of Discord's at most
//! 60 seconds old.

/// What Discord says about one person in one channel.
mod facts;

/// Permissions as Discord computes them.
mod permissions;

/// Facts in, role out: the one table of who may do what.
mod roles;

/// People without a Discord account.
mod guests;

/// Where the operator's file says otherwise.
mod policy;

/// Facts fetched, shared and kept for a minute.
mod membership;

/// Personal links, good once.
mod tickets;

/// Each tab's proof of who sits before it.
mod sessions;

/// Who somebody is, where Discord's own page says it.
mod oauth;

pub use self::{
    facts::{Facts, Invitation, Kind, Person},
    guests::{is_guest, new_guest_id},
    membership::{Changed, Membership, Names, Unreachable},
    oauth::{CALLBACK, Known, Returned, SignIn, SignInParts, SignInProblem, Unknown, is_room_key},
    permissions::allowed,
    policy::{Policy, PolicyProblems},
    roles::{Decision, Rule, Scopes},
    sessions::{Begun, BrowserSession, Meant, Sessions, SetCookies, Via},
    tickets::{GUEST_FOR, Link, Redeemed, TicketProblem, TicketPurpose, Tickets},
};
pub use crate::role::Role;
