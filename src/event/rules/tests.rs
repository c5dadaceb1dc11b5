//! The cases that have a story of their own.

use std::collections::BTreeSet;

use super::*;
use crate::event::{fact::Source, tests};

/// Beside a reference model.
mod histories;

const OPENED: i64 = 1_000;

fn open_session() -> SessionFacts {
    tests::open_session(OPENED)
}

fn person(member: &str, name: &str, user_id: u64) -> Person {
    let kind = Kind::Said(StayKind::Member);
    Person {
        member_id: member.into(),
        name: Some(name.into()),
        user_id: Some(user_id),
        kind,
        token_role: None,
        moves: false,
    }
}

/// Somebody as a leave names them.
fn bare(member: &str) -> Person {
    Person {
        member_id: member.into(),
        name: None,
        user_id: None,
        kind: Kind::Said(StayKind::Member),
        token_role: None,
        moves: false,
    }
}

/// Somebody as REST names them.
fn listed(member: &str, name: &str) -> Person {
    Person {
        member_id: member.into(),
        name: Some(name.into()),
        user_id: None,
        kind: Kind::NotSaid,
        token_role: None,
        moves: false,
    }
}

fn fact(at: i64, what: What) -> Fact {
    Fact { at, source: Source::Relay, what }
}

/// Takes facts in, and returns what was news as `kind member`.
fn take(facts: &mut SessionFacts, given: &[Fact]) -> Vec<String> {
    let mut news = Vec::new();
    for fact in given {
        for change in apply(facts, fact) {
            facts.take(&change);
            news.extend(change.events("relay").into_iter().map(|event| {
                let member = event.member.map(|member| format!(" {}", member.id)).unwrap_or_default();
                format!("{}{member}", event.kind.code())
            }));
        }
    }
    news
}

fn inside_now(facts: &SessionFacts) -> BTreeSet<&str> {
    let open = facts.stays.values().filter(|stay| stay.left_at.is_none() && stay.kind != StayKind::Unknown);
    open.map(|stay| stay.member_id.as_str()).collect()
}

#[test]
fn the_first_person_is_seeded_from_the_list_and_comes_before_the_rest() {
    let mut facts = open_session();
    let mira = person("M-1", "Mira", 1);
    let news = take(
        &mut facts,
        &[
            fact(2_000, What::Started),
            fact(2_050, What::Inside(vec![mira.clone()])),
            fact(9_000, What::Joined(person("M-2", "Odo", 2))),
            fact(9_100, What::Inside(vec![mira, person("M-2", "Odo", 2)])),
        ],
    );
    assert_eq!(news, ["started", "joined M-1", "joined M-2"]);
    assert_eq!((facts.started_at, facts.people_inside(), facts.most_people_at_once(i64::MIN)), (Some(2_000), 2, 2));
}

#[test]
fn a_leave_without_a_name_keeps_the_name() {
    let mut facts = open_session();
    take(&mut facts, &[fact(2_000, What::Joined(person("M-1", "Odo", 2))), fact(3_000, What::Left(bare("M-1")))]);
    let stay = &facts.stays["M-1"];
    assert_eq!((stay.name.as_str(), stay.user_id, stay.left_at), ("Odo", Some(2), Some(3_000)));
}

#[test]
fn a_leave_that_overtakes_its_join_ends_in_both() {
    let mut facts = open_session();
    assert!(take(&mut facts, &[fact(3_000, What::Left(bare("M-1")))]).is_empty(), "nobody to show yet");
    assert_eq!(facts.started_at, None);
    let news = take(&mut facts, &[fact(2_000, What::Joined(person("M-1", "Odo", 2)))]);
    assert_eq!(news, ["started", "joined M-1", "left M-1"]);
    assert!(inside_now(&facts).is_empty());
}

#[test]
fn attaching_again_reopens_the_stay_and_old_leaves_stay_old() {
    let mut facts = open_session();
    let odo = person("M-1", "Odo", 2);
    let news = take(
        &mut facts,
        &[
            fact(2_000, What::Joined(odo.clone())),
            fact(3_000, What::Left(bare("M-1"))),
            fact(4_000, What::Joined(odo.clone())),
            fact(3_000, What::Left(bare("M-1"))),
            fact(2_000, What::Joined(odo)),
        ],
    );
    assert_eq!(news, ["started", "joined M-1", "left M-1", "joined M-1"]);
    assert_eq!(facts.stays["M-1"].joined_at, 2_000);
}

#[test]
fn two_devices_and_a_screen_are_one_person() {
    let mut facts = open_session();
    let screen = Person { kind: Kind::Said(StayKind::Screen), ..person("M-3", "Mira", 1) };
    take(
        &mut facts,
        &[
            fact(2_000, What::Joined(person("M-1", "Mira", 1))),
            fact(2_100, What::Joined(person("M-2", "Mira", 1))),
            fact(2_200, What::Joined(screen)),
            fact(2_300, What::Joined(person("M-4", "Odo", 2))),
        ],
    );
    assert_eq!((facts.people_inside(), facts.most_people_at_once(i64::MIN)), (2, 2));
}

#[test]
fn the_peak_is_what_was_not_what_it_looked_like_meanwhile() {
    let mut facts = open_session();
    let late_leave = fact(3_000, What::Left(bare("M-1")));
    take(
        &mut facts,
        &[fact(2_000, What::Joined(person("M-1", "Mira", 1))), fact(4_000, What::Joined(person("M-2", "Odo", 2)))],
    );
    assert_eq!(facts.most_people_at_once(i64::MIN), 2);
    take(&mut facts, &[late_leave]);
    assert_eq!(facts.most_people_at_once(i64::MIN), 1);
}

#[test]
fn whoever_is_missing_from_a_list_has_left_unless_the_list_may_be_older() {
    let mut facts = open_session();
    take(
        &mut facts,
        &[fact(2_000, What::Joined(person("M-1", "Mira", 1))), fact(9_500, What::Joined(person("M-2", "Odo", 2)))],
    );
    let news = take(&mut facts, &[fact(10_000, What::Inside(vec![]))]);
    assert_eq!(news, ["left M-1"]);
    assert_eq!(inside_now(&facts), ["M-2"].into());
    // When a source says when, that is when; nobody is told again.
    let exact = take(&mut facts, &[fact(6_000, What::Left(bare("M-1")))]);
    assert!(exact.is_empty());
    assert_eq!(facts.stays["M-1"].left_at, Some(6_000));
}

#[test]
fn a_list_that_may_be_older_than_a_leave_brings_nobody_back() {
    let mut facts = open_session();
    let mira = person("M-1", "Mira", 1);
    take(&mut facts, &[fact(2_000, What::Joined(mira.clone())), fact(9_000, What::Left(bare("M-1")))]);
    assert!(take(&mut facts, &[fact(9_500, What::Inside(vec![mira.clone()]))]).is_empty());
    assert_eq!(take(&mut facts, &[fact(12_000, What::Inside(vec![mira]))]), ["joined M-1"]);
}

#[test]
fn the_end_closes_everything_and_later_words_only_make_it_exact() {
    let mut facts = open_session();
    take(
        &mut facts,
        &[
            fact(2_000, What::Joined(person("M-1", "Mira", 1))),
            fact(2_500, What::Joined(person("M-2", "Odo", 2))),
            fact(9_000, What::Ended),
        ],
    );
    assert_eq!((facts.ended_at, facts.end_reason), (Some(9_000), Some("ended")));
    assert!(inside_now(&facts).is_empty());
    let late = [
        fact(8_000, What::Left(bare("M-2"))),
        fact(9_500, What::Ended),
        fact(8_500, What::Locked(true)),
        fact(20_000, What::Joined(person("M-9", "Zed", 9))),
        fact(9_100, What::Inside(vec![person("M-1", "Mira", 1)])),
    ];
    assert!(take(&mut facts, &late).is_empty());
    assert_eq!((facts.stays["M-2"].left_at, facts.ended_at), (Some(8_000), Some(9_000)));
    // Somebody who was there and whom nobody had told of is still told of.
    let missed = take(&mut facts, &[fact(4_000, What::Joined(person("M-3", "Ann", 3)))]);
    assert_eq!(missed, ["joined M-3", "left M-3"]);
}

#[test]
fn the_last_one_to_leave_ends_it_by_leaving() {
    let mut facts = open_session();
    take(&mut facts, &[fact(2_000, What::Joined(person("M-1", "Mira", 1))), fact(9_000, What::Ended)]);
    assert_eq!(facts.end_reason, Some("left"));
}

#[test]
fn nobody_came_only_while_nobody_came() {
    let mut facts = open_session();
    take(&mut facts, &[fact(2_000, What::Started)]);
    assert!(take(&mut facts, &[fact(9_000, What::NobodyCame)]).is_empty());
    let mut facts = open_session();
    assert_eq!(take(&mut facts, &[fact(9_000, What::NobodyCame)]), ["ended"]);
    assert_eq!(facts.end_reason, Some("nobody"));
}

#[test]
fn what_rest_guesses_gives_way_to_what_the_relay_says() {
    let mut facts = open_session();
    let guessed = |kind| Person { kind: Kind::Guessed(kind), ..listed("M-1", "Mira") };
    assert_eq!(take(&mut facts, &[fact(2_000, What::Joined(listed("M-1", "Mira")))]), [""; 0]);
    assert_eq!(take(&mut facts, &[fact(2_000, What::Joined(guessed(StayKind::Member)))]), ["started", "joined M-1"]);
    let screen = Person { kind: Kind::Said(StayKind::Screen), ..person("M-1", "Mira", 1) };
    assert_eq!(take(&mut facts, &[fact(3_000, What::Inside(vec![screen]))]), ["updated M-1"]);
    assert!(take(&mut facts, &[fact(2_000, What::Joined(guessed(StayKind::Member)))]).is_empty());
    assert_eq!(facts.stays["M-1"].kind, StayKind::Screen);
}

#[test]
fn room_facts_are_the_last_ones_by_their_own_time() {
    let mut facts = open_session();
    let recording = |on| What::Recording { on, since: None };
    let news = take(
        &mut facts,
        &[
            fact(3_000, recording(true)),
            fact(5_000, recording(false)),
            fact(4_000, recording(true)),
            fact(3_000, What::Locked(true)),
            fact(2_000, What::Locked(false)),
            fact(6_000, What::Locked(true)),
            fact(3_000, What::Audience(5)),
            fact(4_000, What::Audience(5)),
        ],
    );
    assert_eq!(news, ["recording", "recording", "locked", "audience"]);
    assert_eq!((facts.recording, facts.locked, facts.audience), (false, true, 5));
}

#[test]
fn names_have_a_bound() {
    let mut facts = open_session();
    take(&mut facts, &[fact(2_000, What::Joined(person("M-1", &"ä".repeat(5_000), 1)))]);
    assert_eq!(facts.stays["M-1"].name.chars().count(), NAME_MAX);
}
