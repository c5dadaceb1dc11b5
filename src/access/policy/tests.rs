//! A file as an operator writes it, and what becomes of people under it.

use serenity::model::Permissions as P;

use super::*;
use crate::access::{
    facts::{Kind, Person},
    roles::{Rule, decide},
};

const HOSTS: u64 = 11;
const MUTED: u64 = 12;
const GUILD: u64 = 7;

fn policy(text: &str) -> Policy {
    Policy::parse("policy.toml", text).unwrap()
}

fn wrong(text: &str) -> String {
    Policy::parse("policy.toml", text).unwrap_err().to_string()
}

/// Somebody who may send, unless changed.
fn mira(permissions: P, roles: &[u64]) -> Facts {
    Facts {
        person: Person { user_id: 5, name: "Mira".to_owned(), picture: None },
        member: true,
        permissions: P::VIEW_CHANNEL | permissions,
        roles: roles.iter().copied().chain([GUILD]).collect(),
        kind: Kind::Text,
        timed_out: false,
        opened: false,
        removed: false,
        watches: false,
        invitation: None,
    }
}

#[test]
fn the_first_rule_that_fits_decides_and_else_the_table() {
    let policy = policy(
        r#"
        [[rule]]
        role_id = "12"
        role = "nobody"

        [[rule]]
        role_id = 11
        role = "moderator"

        [[rule]]
        permission = "MANAGE_EVENTS"
        role = "member"
        scopes = ["room.lock"]

        [[rule]]
        permission = "PRIORITY_SPEAKER"
        role = "audience"
        "#,
    );
    assert_eq!(policy.len(), 4);
    use Role::{Audience, Member, Moderator};
    for (permissions, roles, role, rule) in [
        (P::empty(), &[][..], Some(Audience), Rule::MayViewOnly),
        (P::SEND_MESSAGES, &[], Some(Member), Rule::MaySend),
        (P::SEND_MESSAGES, &[99], Some(Member), Rule::MaySend),
        (P::empty(), &[HOSTS], Some(Moderator), Rule::Policy(2)),
        (P::SEND_MESSAGES, &[HOSTS, MUTED], None, Rule::Policy(1)),
        (P::all(), &[MUTED], None, Rule::Policy(1)),
        (P::MANAGE_EVENTS, &[], Some(Member), Rule::Policy(3)),
        (P::MANAGE_EVENTS | P::PRIORITY_SPEAKER | P::MANAGE_CHANNELS, &[], Some(Member), Rule::Policy(3)),
        (P::SEND_MESSAGES | P::PRIORITY_SPEAKER, &[], Some(Audience), Rule::Policy(4)),
    ] {
        let decision = decide(&mira(permissions, roles), &policy);
        assert_eq!((decision.role, decision.rule), (role, rule), "{permissions:?} {roles:?}");
        assert_eq!(decision.may_open, role >= Some(Member), "{permissions:?} {roles:?}");
    }
    assert_eq!(Rule::Policy(2).to_string(), "policy rule 2");
}

#[test]
fn no_rule_lets_in_whom_the_table_keeps_out() {
    let policy = policy("[[rule]]\nrole_id = \"7\"\nrole = \"moderator\"");
    let at_home = mira(P::SEND_MESSAGES, &[]);
    assert_eq!(decide(&at_home, &policy).rule, Rule::Policy(1), "everybody has the guild's own role");
    for (facts, rule) in [
        (Facts { member: false, ..at_home.clone() }, Rule::NotInGuild),
        (Facts { permissions: P::SEND_MESSAGES, ..at_home.clone() }, Rule::CannotView),
        (Facts { timed_out: true, ..at_home.clone() }, Rule::TimedOut),
        (Facts { removed: true, ..at_home.clone() }, Rule::Removed),
        (Facts { kind: Kind::Voice, ..at_home.clone() }, Rule::CannotConnect),
        (Facts { kind: Kind::PrivateThread { joined: false }, ..at_home.clone() }, Rule::NotInPrivateThread),
        (Facts::stranger(5), Rule::NotInGuild),
    ] {
        let decision = decide(&facts, &policy);
        assert_eq!((decision.role, decision.rule, decision.may_open), (None, rule, false));
        assert!(decision.scopes.list().is_empty());
    }
}

#[test]
fn extra_scopes_come_on_top_of_the_roles_own() {
    let policy = policy(
        "[[rule]]\npermission = \"MANAGE_EVENTS\"\nrole = \"member\"\nscopes = [\"room.lock\", \"room.self.deaf\"]",
    );
    let plain = decide(&mira(P::SEND_MESSAGES, &[]), &policy).scopes.list();
    let host = decide(&mira(P::MANAGE_EVENTS, &[]), &policy).scopes.list();
    assert_eq!(host.iter().filter(|scope| !plain.contains(scope)).collect::<Vec<_>>(), ["room.lock"]);
    assert_eq!(host.len(), plain.len() + 1);
}

#[test]
fn an_empty_file_changes_nothing() {
    for text in ["", "# nothing yet\n", "rule = []"] {
        assert_eq!(policy(text), Policy::default());
    }
}

#[test]
fn the_sample_in_the_documentation_is_one() {
    let source = include_str!("../policy.rs");
    let lines = source.lines().skip_while(|line| *line != "//! ```toml").skip(1).take_while(|line| *line != "//! ```");
    let sample: String = lines.map(|line| line.trim_start_matches("//!").trim_start().to_owned() + "\n").collect();
    assert_eq!(policy(&sample).len(), 3);
}

#[test]
fn what_is_wrong_is_said_with_file_and_line_all_at_once() {
    insta::assert_snapshot!(wrong(
        r#"[[rule]]
permission = "MANAGE_CHANELS"
role = "boss"

[[rule]]
role = "member"

[[rule]]
permission = "SPEAK"
role_id = "1"
role = "member"

[[rule]]
role_id = "@everyone"
role = "moderator"
scopes = ["room.lock", "room.recording"]

[[rule]]
role_id = 0
role = "audience"
scopes = ["room.lock"]
"#
    ), @r"
    POLICY_FILE:
      policy.toml line 2: `MANAGE_CHANELS` is no permission of Discord's; write it like MANAGE_CHANNELS
      policy.toml line 3: `boss` is no role; there are moderator, member, audience and nobody
      policy.toml line 5: a rule has either `permission` or `role_id`
      policy.toml line 8: a rule has either `permission` or `role_id`
      policy.toml line 14: a role's id is digits alone (right-click the role > Copy Role ID)
      policy.toml line 16: `room.recording` is no scope that a browser may have
      policy.toml line 19: a role's id is digits alone (right-click the role > Copy Role ID)
      policy.toml line 21: only a member or a moderator takes scopes
    ");
}

#[test]
fn what_is_no_policy_is_refused_where_it_begins() {
    for (text, line, says) in [
        ("[[rule]]\nrole_id = \"1\"\nrole = \"member\"\nscope = []", 4, "unknown field `scope`"),
        ("rules = []", 1, "unknown field `rules`"),
        ("[[rule]]\nrole_id = \"1\"", 1, "missing field `role`"),
        ("[[rule]]\nrole_id = \"1\"\nrole = 5", 3, "invalid type"),
        ("[[rule]]\nrole_id = 1.5\nrole = \"member\"", 2, "expected a role's id"),
        ("[[rule]]\nrole_id = \"1\"\nrole_id = \"2\"\nrole = \"member\"", 3, "duplicate key"),
        ("\n\n[[rule", 3, ""),
        ("{\"rule\": []}", 1, ""),
    ] {
        let told = wrong(text);
        assert!(told.starts_with(&format!("POLICY_FILE:\n  policy.toml line {line}: ")), "{told}");
        assert!(told.contains(says), "{told}");
    }
    let many = "[[rule]]\nrole_id = \"1\"\nrole = \"member\"\n".repeat(101);
    assert_eq!(wrong(&many), "POLICY_FILE:\n  policy.toml line 301: there may be 100 rules");
}

#[test]
fn hostile_text_reaches_no_terminal_as_it_is() {
    let told = wrong("[[rule]]\nrole_id = \"1\"\nrole = \"\\u001b[2Jboss\\nmoderator\"");
    assert!(!told.contains('\u{1b}') && told.lines().count() == 2, "{told:?}");
}

#[test]
fn a_file_that_is_not_there_or_too_long_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.toml");
    let told = |path: &Path| format!("{:#}", Policy::read(Some(path)).unwrap_err());
    assert!(told(&path).contains("policy.toml can't be read"), "{}", told(&path));
    std::fs::write(&path, "#".repeat(200_000)).unwrap();
    assert!(told(&path).contains("more than 131072 bytes"), "{}", told(&path));
    std::fs::write(&path, [0xff]).unwrap();
    assert!(told(&path).contains("no text"), "{}", told(&path));
    std::fs::write(&path, "[[rule]]\nrole_id = \"1\"\nrole = \"member\"").unwrap();
    assert_eq!(Policy::read(Some(&path)).unwrap().len(), 1);
    assert!(Policy::read(None).unwrap().is_empty());
}
