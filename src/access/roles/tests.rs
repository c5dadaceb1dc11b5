//! The table of design section 4, line by line and then as laws over every combination of facts.

use serenity::model::Permissions as P;

use super::*;
use crate::access::facts::Person;

/// By the table alone.
fn decide(facts: &Facts) -> Decision {
    super::decide(facts, &Policy::default())
}

fn scopes(role: Role) -> Vec<String> {
    Scopes::of(Some(role)).list()
}

fn facts(kind: Kind, permissions: P) -> Facts {
    Facts {
        person: Person { user_id: 5, name: "Mira".to_owned(), picture: None },
        member: true,
        permissions,
        roles: [7].into(),
        kind,
        timed_out: false,
        opened: false,
        removed: false,
        watches: false,
        invitation: None,
    }
}

#[test]
fn every_line_of_the_table() {
    use Kind::{PrivateThread, PublicThread, Stage, Text, Voice};
    use Role::{Audience, Member, Moderator};

    let (view, send) = (P::VIEW_CHANNEL, P::SEND_MESSAGES);
    let (thread, connect, speak) = (P::SEND_MESSAGES_IN_THREADS, P::CONNECT, P::SPEAK);
    let joined = PrivateThread { joined: true };
    let outside = PrivateThread { joined: false };
    for (kind, permissions, role, rule) in [
        (Text, P::empty(), None, Rule::CannotView),
        (Text, send | P::MANAGE_CHANNELS, None, Rule::CannotView),
        (Text, view, Some(Audience), Rule::MayViewOnly),
        (Text, view | thread, Some(Audience), Rule::MayViewOnly),
        (Text, view | send, Some(Member), Rule::MaySend),
        (Text, view | P::MANAGE_CHANNELS, Some(Moderator), Rule::KeepsOrder),
        (Text, view | P::MODERATE_MEMBERS, Some(Moderator), Rule::KeepsOrder),
        (Text, view | send | P::MUTE_MEMBERS | P::MANAGE_THREADS | P::KICK_MEMBERS, Some(Member), Rule::MaySend),
        (Text, P::all(), Some(Moderator), Rule::KeepsOrder),
        (PublicThread, view | send, Some(Audience), Rule::MayViewOnly),
        (PublicThread, view | thread, Some(Member), Rule::MaySend),
        (outside, view | thread, None, Rule::NotInPrivateThread),
        (outside, view | thread | P::MANAGE_THREADS, Some(Member), Rule::MaySend),
        (outside, view | P::MANAGE_CHANNELS, None, Rule::NotInPrivateThread),
        (joined, view | thread, Some(Member), Rule::MaySend),
        (joined, view, Some(Audience), Rule::MayViewOnly),
        (Voice, view | send, None, Rule::CannotConnect),
        (Voice, view | P::MANAGE_CHANNELS, None, Rule::CannotConnect),
        (Voice, view | connect | send, Some(Audience), Rule::MayViewOnly),
        (Voice, view | connect | speak, Some(Member), Rule::MaySpeak),
        (Voice, view | connect | P::MODERATE_MEMBERS, Some(Moderator), Rule::KeepsOrder),
        (Stage, view, None, Rule::CannotConnect),
        (Stage, view | connect | send | speak, Some(Audience), Rule::StageListener),
        (Stage, view | connect | P::MANAGE_CHANNELS, Some(Audience), Rule::StageListener),
        (Stage, view | connect | P::MUTE_MEMBERS, Some(Moderator), Rule::StageModerator),
    ] {
        let decision = decide(&facts(kind, permissions));
        assert_eq!((decision.role, decision.rule), (role, rule), "{kind:?} with {permissions:?}");
    }
}

#[test]
fn who_was_let_in_to_watch_watches_unless_they_keep_order() {
    let let_in = |permissions| decide(&Facts { watches: true, ..facts(Kind::Text, P::VIEW_CHANNEL | permissions) });
    let member = let_in(P::SEND_MESSAGES);
    assert_eq!((member.role, member.rule, member.may_open), (Some(Role::Audience), Rule::LetInToWatch, false));
    assert_eq!(member.scopes, Scopes::default());
    assert_eq!(let_in(P::MANAGE_CHANNELS).role, Some(Role::Moderator));
    assert_eq!(let_in(P::empty()).rule, Rule::MayViewOnly);
    let invitation = Some(Invitation::Good { role: Role::Member, until: 0 });
    let guest = decide(&Facts { watches: true, invitation, ..facts(Kind::Text, P::empty()) });
    assert_eq!((guest.role, guest.rule), (Some(Role::Audience), Rule::LetInToWatch));
}

#[test]
fn of_guests_the_invitation_says_everything_and_discord_nothing() {
    let guest = |invitation, removed, permissions| {
        let facts = Facts { invitation: Some(invitation), removed, opened: true, ..facts(Kind::Text, permissions) };
        let policy = Policy::parse("policy.toml", "[[rule]]\nrole_id = \"7\"\nrole = \"moderator\"\n").unwrap();
        super::decide(&facts, &policy)
    };
    for role in [Role::Audience, Role::Member] {
        for permissions in [P::empty(), P::all()] {
            let invited = guest(Invitation::Good { role, until: 0 }, false, permissions);
            assert_eq!((invited.role, invited.rule, invited.may_open), (Some(role), Rule::Invited, false));
            assert_eq!(invited.scopes, Scopes::of(Some(role)));
            let removed = guest(Invitation::Good { role, until: 0 }, true, permissions);
            assert_eq!((removed.role, removed.rule), (None, Rule::Removed));
            assert_eq!(guest(Invitation::Over, false, permissions).rule, Rule::NotInvited);
        }
    }
}

#[test]
fn who_opened_the_session_keeps_order_while_they_may_send() {
    let opener = |permissions| decide(&Facts { opened: true, ..facts(Kind::Text, permissions) });
    assert_eq!(opener(P::VIEW_CHANNEL | P::SEND_MESSAGES).role, Some(Role::Moderator));
    assert_eq!(opener(P::VIEW_CHANNEL | P::SEND_MESSAGES).rule, Rule::OpenedTheSession);
    assert_eq!(opener(P::VIEW_CHANNEL).role, Some(Role::Audience));
    let listener = Facts { opened: true, ..facts(Kind::Stage, P::VIEW_CHANNEL | P::CONNECT) };
    assert_eq!(decide(&listener).role, Some(Role::Audience));
}

/// All facts that matter, in every combination.
fn all_facts() -> impl Iterator<Item = Facts> {
    let flags = [
        P::VIEW_CHANNEL,
        P::SEND_MESSAGES,
        P::SEND_MESSAGES_IN_THREADS,
        P::CONNECT,
        P::SPEAK,
        P::MUTE_MEMBERS,
        P::MANAGE_THREADS,
        P::MANAGE_CHANNELS,
        P::MODERATE_MEMBERS,
    ];
    let kinds = [
        Kind::Text,
        Kind::PublicThread,
        Kind::PrivateThread { joined: false },
        Kind::PrivateThread { joined: true },
        Kind::Voice,
        Kind::Stage,
    ];
    let permissions = (0u32..1 << flags.len()).map(move |bits| {
        let chosen = flags.iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0);
        chosen.fold(P::empty(), |all, (_, flag)| all | *flag)
    });
    permissions.flat_map(move |permissions| {
        kinds.into_iter().flat_map(move |kind| {
            (0u8..16).map(move |bits| Facts {
                member: bits & 1 != 0,
                timed_out: bits & 2 != 0,
                opened: bits & 4 != 0,
                removed: bits & 8 != 0,
                ..facts(kind, permissions)
            })
        })
    })
}

#[test]
fn laws_over_every_combination() {
    for facts in all_facts() {
        let decision = decide(&facts);
        let may = |permission| facts.permissions.contains(permission);
        if !facts.member || facts.timed_out || facts.removed || !may(P::VIEW_CHANNEL) {
            assert_eq!(decision.role, None, "{facts:?}");
        }
        if matches!(facts.kind, Kind::Voice | Kind::Stage) && !may(P::CONNECT) {
            assert_eq!(decision.role, None, "{facts:?}");
        }
        assert_eq!(decision.may_open, decision.role >= Some(Role::Member), "{facts:?}");
        if decision.role == Some(Role::Moderator) {
            let keeps_order = facts.permissions.intersects(P::MANAGE_CHANNELS | P::MODERATE_MEMBERS);
            assert!(keeps_order || facts.opened || (facts.kind == Kind::Stage && may(P::MUTE_MEMBERS)), "{facts:?}");
        }
        // Nobody rises by being timed out or removed, nor falls by having opened the session.
        for worse in [Facts { timed_out: true, ..facts.clone() }, Facts { removed: true, ..facts.clone() }] {
            assert!(decide(&worse).role <= decision.role, "{facts:?}");
        }
        assert!(decide(&Facts { opened: true, ..facts.clone() }).role >= decision.role, "{facts:?}");
    }
}

/// Whatever keeps somebody from more for want of a permission names it, and with it they are let on.
#[test]
fn what_is_lacking_is_what_would_help() {
    for facts in all_facts() {
        let decision = decide(&facts);
        let named = !decision.lacks.is_empty();
        let stopped_by_permission = matches!(
            decision.rule,
            Rule::CannotView | Rule::NotInPrivateThread | Rule::CannotConnect | Rule::StageListener | Rule::MayViewOnly
        );
        assert_eq!(named, stopped_by_permission, "{facts:?}");
        assert!(!facts.permissions.intersects(decision.lacks), "{facts:?} has what it is said to lack");
        if named {
            let helped = Facts { permissions: facts.permissions | decision.lacks, ..facts.clone() };
            let then = decide(&helped);
            assert_ne!(then.rule, decision.rule, "{facts:?}");
            assert!(then.role >= decision.role, "{facts:?}");
        }
    }
}

#[test]
fn no_token_holds_what_goes_through_our_own_routes() {
    assert!(scopes(Role::Audience).is_empty());
    let moderator = scopes(Role::Moderator);
    assert!(scopes(Role::Member).iter().all(|scope| moderator.contains(scope)));
    for never in ["set_meta", "promote", "demote", "remove", "additional_source", "playback", "stream", "recording"] {
        assert!(!moderator.iter().any(|scope| scope.ends_with(never)), "{never}");
    }
    for never in ["audio_unmute", "video_unmute", "undeaf"] {
        assert!(!moderator.contains(&format!("room.member.{never}")), "{never}");
    }
    insta::assert_snapshot!(moderator.join(" "));
}
