//! What REST says, beside what is known.

use serde_json::json;

use super::*;
use crate::event::tests::open_session;

/// 2026-09-01T09:00:00Z
const NINE: i64 = 1_788_253_200_000;

fn session(status: &str) -> Session {
    serde_json::from_value(json!({
        "id": "S-1", "name": "standup-x", "status": status, "locked": false, "start_time": "2026-09-01T09:00:05Z",
        "end_time": (status == "completed").then_some("2026-09-01T09:42:00Z"),
    }))
    .unwrap()
}

/// Somebody who came, and maybe went, so many seconds after nine.
fn member(id: &str, name: Option<&str>, from: i64, to: Option<i64>) -> SessionMember {
    let time = |seconds: i64| jiff::Timestamp::from_millisecond(NINE + seconds * 1000).unwrap().to_string();
    serde_json::from_value(json!({"id": id, "name": name, "join_time": time(from), "leave_time": to.map(time)}))
        .unwrap()
}

fn stay(id: &str, name: &str, joined_at: i64, left_at: Option<i64>) -> Stay {
    Stay {
        member_id: id.into(),
        user_id: Some(7),
        name: name.into(),
        kind: StayKind::Member,
        token_role: None,
        moves: false,
        joined_at,
        inside_at: joined_at,
        left_at,
        left_known: left_at.is_some(),
    }
}

fn known(started_at: Option<i64>, stays: &[Stay]) -> SessionFacts {
    let stays = stays.iter().map(|stay| (stay.member_id.clone(), stay.clone())).collect();
    SessionFacts { started_at, stays, ..open_session(NINE) }
}

fn told(session: &Session, members: &[SessionMember], known: Option<&SessionFacts>, relay_decides: bool) -> Vec<Fact> {
    let asked_at = NINE + 3_600_000;
    Told { session, members, events: &[], asked_at, source: Source::Sweep, known, relay_decides }.facts()
}

/// As `seconds after nine what of whom`.
fn lines(facts: &[Fact]) -> Vec<String> {
    let line = |fact: &Fact| {
        let what = match &fact.what {
            What::Joined(person) => format!("joined {}", person.member_id),
            What::Left(person) => format!("left {}", person.member_id),
            What::Ended => "ended".to_owned(),
            What::Started => "started".to_owned(),
            What::Locked(_) => "locked".to_owned(),
            other => format!("{other:?}"),
        };
        format!("{} {what}", (fact.at - NINE) as f64 / 1000.0)
    };
    facts.iter().map(line).collect()
}

#[test]
fn it_tells_the_story_in_the_order_in_which_it_happened() {
    let members = [
        member("M-2", Some("Odo"), 60, None),
        member("M-1", Some("Mira"), 5, Some(60)),
        member("M-3", Some("Ann"), 60, Some(60)),
    ];
    assert_eq!(
        lines(&told(&session("completed"), &members, None, false)),
        ["5 started", "5 joined M-1", "60 joined M-2", "60 left M-1", "60 joined M-3", "60 left M-3", "2520 ended"]
    );
    let live = told(&session("in-progress"), &members, None, true);
    assert_eq!(lines(&live).last().map(String::as_str), Some("60 left M-3"), "the socket says what is locked");
}

#[test]
fn a_whole_second_is_no_news_where_the_moment_is_known() {
    let facts = known(
        Some(NINE + 5_300),
        &[stay("M-1", "Mira", NINE + 5_300, Some(NINE + 60_700)), stay("M-2", "Odo", NINE + 70_900, None)],
    );
    let members = [member("M-1", Some("Mira"), 5, Some(60)), member("M-2", Some("Odo"), 70, Some(70))];
    assert_eq!(
        lines(&told(&session("in-progress"), &members, Some(&facts), true)),
        ["5.3 started", "5.3 joined M-1", "60.7 left M-1", "70.9 joined M-2"],
        "and whether Odo is inside is for the socket to say"
    );
    let without_socket = lines(&told(&session("in-progress"), &members, Some(&facts), false));
    assert!(without_socket.contains(&"70.9 left M-2".to_owned()), "{without_socket:?}");
}

#[test]
fn who_is_within_somebody_of_the_same_name_is_most_likely_their_screen() {
    let members = [
        member("M-1", Some("Mira"), 5, Some(600)),
        member("M-2", Some("Mira"), 50, Some(60)),
        member("M-3", Some("Odo"), 50, Some(60)),
        member("M-4", Some("Odo"), 55, Some(90)),
        member("M-5", None, 50, Some(55)),
        member("M-6", None, 50, Some(60)),
    ];
    let kinds: std::collections::BTreeMap<String, Kind> = told(&session("in-progress"), &members, None, false)
        .into_iter()
        .filter_map(|fact| match fact.what {
            What::Joined(person) => Some((person.member_id, person.kind)),
            _ => None,
        })
        .collect();
    let (person, screen) = (Kind::Guessed(StayKind::Member), Kind::Guessed(StayKind::Screen));
    let kinds: Vec<Kind> = kinds.into_values().collect();
    assert_eq!(kinds, [person, screen, person, person, person, person]);
}

#[test]
fn a_name_that_one_user_has_is_that_user() {
    let other = Stay { user_id: Some(8), ..stay("M-3", "Odo", NINE, None) };
    let facts = known(None, &[stay("M-1", "Mira", NINE, None), stay("M-2", "Odo", NINE, None), other]);
    let members = [member("M-8", Some("Mira"), 9, None), member("M-9", Some("Odo"), 9, None)];
    let users: Vec<Option<u64>> = told(&session("in-progress"), &members, Some(&facts), false)
        .into_iter()
        .filter_map(|fact| match fact.what {
            What::Joined(person) => Some(person.user_id),
            _ => None,
        })
        .collect();
    assert_eq!(users, [Some(7), None]);
}

#[test]
fn who_had_left_is_back_only_by_an_answer_that_is_newer() {
    let asked_at = NINE + 100_000;
    let members = [member("M-1", Some("Mira"), 5, None)];
    let back = |left_at: i64, relay_decides: bool| {
        let facts = known(None, &[stay("M-1", "Mira", NINE + 5_000, Some(left_at))]);
        let session = session("in-progress");
        let told = Told {
            session: &session,
            members: &members,
            events: &[],
            asked_at,
            source: Source::Look,
            known: Some(&facts),
            relay_decides,
        };
        told.facts().iter().filter(|fact| fact.at > NINE + 5_000 && matches!(fact.what, What::Joined(_))).count()
    };
    assert_eq!(back(NINE + 60_000, false), 1);
    assert_eq!(back(NINE + 95_000, false), 0, "REST may not have heard of it yet");
    assert_eq!(back(NINE + 60_000, true), 0, "the socket would have told");
}

#[test]
fn the_end_is_when_rest_says_or_else_when_the_last_one_left() {
    let mut over = session("completed");
    over.end_time = None;
    let members = [member("M-1", Some("Mira"), 5, Some(600))];
    assert_eq!(lines(&told(&over, &members, None, false)).last().map(String::as_str), Some("600 ended"));
    assert_eq!(lines(&told(&over, &[], None, false)).last().map(String::as_str), Some("3600 ended"));
    let facts = known(None, &[stay("M-1", "Mira", NINE + 5_000, Some(NINE + 2_520_800))]);
    let exact = told(&session("completed"), &[], Some(&facts), false);
    assert_eq!(lines(&exact).last().map(String::as_str), Some("2520.8 ended"));
}

#[test]
fn broken_entries_spoil_only_themselves() {
    let mut odd = member("M-1", Some("Mira"), 5, None);
    odd.join_time = serde_json::from_value(json!("yesterday")).unwrap();
    let nameless = member("", Some("Odo"), 5, None);
    let fine = member("M-2", Some(""), 7, None);
    let facts = told(&session("in-progress"), &[odd, nameless, fine], None, true);
    assert_eq!(lines(&facts), ["5 started", "7 joined M-2"]);
    let What::Joined(person) = &facts[1].what else { panic!("a join") };
    assert_eq!((&person.name, person.kind), (&None, Kind::NotSaid));
}

#[test]
fn a_member_is_who_the_room_token_said() {
    let member = |value| serde_json::from_value::<Member>(value).unwrap();
    let mira = member(json!({"id": "M-1", "name": "Mira", "type": "member", "meta": {"discord_user_id": "99887766"}}));
    assert_eq!(person(&mira).user_id, Some(99_887_766));
    assert_eq!(person(&mira).kind, Kind::Said(StayKind::Member));
    for meta in [json!(null), json!([]), json!({"discord_user_id": "me"}), json!({"discord_user_id": 0}), json!("x")] {
        let odd = member(json!({"id": "M-1", "name": "", "meta": meta}));
        assert_eq!((person(&odd).user_id, person(&odd).name), (None, None));
        assert_eq!(person(&odd).kind, Kind::Guessed(StayKind::Member));
        assert_eq!(person_who_left(&odd).kind, Kind::NotSaid);
    }
}

#[test]
fn what_was_recorded_when_is_read_from_the_list_of_events() {
    let event = |name: &str, at: &str| json!({"name": name, "created_at": at, "payload": {}});
    let events: Vec<SessionEvent> = serde_json::from_value(json!([
        event("recording.ended", "2026-09-01T09:20:00Z"),
        event("recording.updated", "2026-09-01T09:15:00Z"),
        event("video.recording.started", "2026-09-01T09:10:00Z"),
        event("room.started", "2026-09-01T09:00:05Z"),
        {"name": null, "created_at": "2026-09-01T09:30:00Z"},
        {"name": "recording.started", "created_at": "soon"},
    ]))
    .unwrap();
    let session = session("in-progress");
    let told = Told {
        session: &session,
        members: &[],
        events: &events,
        asked_at: NINE + 3_600_000,
        source: Source::Sweep,
        known: None,
        relay_decides: false,
    };
    let recordings: Vec<(i64, What)> = told
        .facts()
        .into_iter()
        .filter(|fact| matches!(fact.what, What::Recording { .. }))
        .map(|fact| ((fact.at - NINE) / 1000, fact.what))
        .collect();
    let began = What::Recording { on: true, since: Some(NINE + 600_000) };
    assert_eq!(recordings, [(600, began), (1200, What::Recording { on: false, since: None })]);
}
