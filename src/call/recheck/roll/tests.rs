//! People inside, turn by turn.

use super::*;
use crate::room::Place;

const ALONE: Part = Part { place: 0, of: 1, pace: Duration::from_millis(100), on_duty: true };

fn person(user_id: u64) -> Attendee {
    Attendee {
        user_id,
        name: "Odo".into(),
        holds: None,
        session_id: "s".into(),
        video_session_id: Some("v".into()),
        room_key: "r".into(),
        place: Place { guild_id: 1, channel_id: 2 },
        opened_by: 1,
        came_at: 0,
        refused: false,
        watches: false,
    }
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Decides about everybody who is due until `until`; when whose turn was.
fn turns(roll: &mut Roll, from: u64, until: u64, known: bool) -> Vec<(u64, u64)> {
    let (mut turns, mut now) = (Vec::new(), at(from));
    while now <= at(until) {
        while let Some(Turn { person, .. }) = roll.take(now, |_, _| known) {
            turns.push((u64::try_from(now.as_millis()).unwrap(), person.user_id));
            roll.found(&Key::of(&person), Found::May(Role::Member), now);
        }
        now = roll.next_at().max(now + at(1));
    }
    turns
}

#[test]
fn everybody_has_a_turn_once_a_minute_and_ten_people_at_most_a_second() {
    let mut roll = Roll::new(ALONE);
    roll.update((1..=30).map(person).collect(), at(0));
    let first = turns(&mut roll, 0, 59_999, false);
    assert_eq!((first.len(), first[29].0), (30, 2_900));
    assert_eq!(turns(&mut roll, 60_000, 119_999, false).len(), 30);

    let mut many = Roll::new(ALONE);
    many.update((1..=1_200).map(person).collect(), at(0));
    assert_eq!(turns(&mut many, 0, 119_999, false).len(), 1_200);
}

#[test]
fn who_is_concerned_comes_first_and_what_is_known_is_not_waited_for() {
    let mut roll = Roll::new(ALONE);
    roll.update((1..=200).map(person).collect(), at(0));
    assert_eq!(turns(&mut roll, 0, 0, true).len(), 200);
    roll.hint(at(60_000), |person| person.user_id == 77);
    let first = roll.take(at(60_000), |_, _| false).unwrap();
    assert_eq!((first.person, first.age), (person(77), RECENT));
    assert!(roll.take(at(60_001), |_, _| false).is_none());
    assert_eq!(roll.take(at(60_100), |_, _| false).unwrap().age, FRESH);
}

#[test]
fn a_hint_during_a_decision_asks_for_another() {
    let mut roll = Roll::new(ALONE);
    roll.update(vec![person(7)], at(0));
    let seven = roll.take(at(0), |_, _| true).unwrap().person;
    roll.hint(at(5), |_| true);
    assert!(roll.take(at(5), |_, _| true).is_none(), "one at a time");
    assert_eq!(roll.found(&Key::of(&seven), Found::May(Role::Moderator), at(10)), None);
    assert!(roll.take(at(10), |_, _| true).is_some());
    assert_eq!(roll.found(&Key::of(&seven), Found::May(Role::Member), at(11)), Some(News::Role));
}

#[test]
fn who_could_not_be_put_out_is_tried_again_and_told_of_once() {
    let mut roll = Roll::new(ALONE);
    roll.update(vec![person(7)], at(0));
    let (mut now, mut pauses) = (at(0), Vec::new());
    for round in 0..7 {
        let seven = roll.take(now, |_, _| true).unwrap().person;
        let found = Found::MayNot { rule: Rule::CannotView, out: false };
        let told = roll.found(&Key::of(&seven), found, now);
        assert_eq!(told, (round == 0).then_some(News::StillInside));
        pauses.push((roll.next_at() - now).as_secs());
        now = roll.next_at();
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
    roll.owed(now + at(1));
    assert!(roll.take(now + at(1), |_, _| true).is_some(), "the socket is back");
}

#[test]
fn who_was_removed_waits_for_nobody_and_silence_slows_the_rest() {
    let mut roll = Roll::new(ALONE);
    roll.update(vec![person(1), person(2)], at(0));
    let one = roll.take(at(0), |_, _| false).unwrap().person;
    assert_eq!(roll.found(&Key::of(&one), Found::Silence, at(0)), None);
    assert_eq!(roll.next_at(), at(1_000));
    let removed = Attendee { refused: true, ..person(one.user_id) };
    roll.update(vec![removed.clone(), person(3 - one.user_id)], at(10));
    assert_eq!(roll.take(at(10), |_, _| false).unwrap().person, removed);
}

#[test]
fn who_holds_more_than_they_may_has_a_grace_to_come_in_again_with_less() {
    let mut roll = Roll::new(ALONE);
    let holding = |holds| Attendee { holds: Some(holds), ..person(7) };
    roll.update(vec![holding(Role::Moderator)], at(0));
    let decides = |roll: &mut Roll, now, found| {
        let turn = roll.take(at(now), |_, _| true).unwrap();
        (turn.is_late, roll.found(&Key::of(&turn.person), found, at(now)))
    };
    assert_eq!(decides(&mut roll, 0, Found::May(Role::Moderator)), (false, None));
    roll.hint(at(5_000), |_| true);
    assert_eq!(decides(&mut roll, 5_000, Found::May(Role::Member)), (false, Some(News::Role)));
    assert_eq!(roll.next_at(), at(25_000));
    assert_eq!(decides(&mut roll, 25_000, Found::Holds { out: true }), (true, Some(News::Lowered)));
    // Their page came in again in time.
    let mut good = Roll::new(ALONE);
    good.update(vec![holding(Role::Moderator)], at(0));
    assert_eq!(decides(&mut good, 0, Found::May(Role::Member)), (false, None));
    good.update(vec![holding(Role::Member)], at(3_000));
    assert_eq!(decides(&mut good, 20_000, Found::May(Role::Member)), (true, None));
    assert_eq!(good.next_at(), at(80_000), "nothing is held against them any more");
}

#[test]
fn who_comes_again_is_decided_about_again_though_nobody_saw_them_gone() {
    let mut roll = Roll::new(ALONE);
    roll.update(vec![person(1)], at(0));
    let one = roll.take(at(0), |_, _| true).unwrap().person;
    roll.found(&Key::of(&one), Found::MayNot { rule: Rule::Removed, out: true }, at(0));
    roll.update(vec![Attendee { came_at: 5, ..person(1) }], at(100));
    assert!(roll.take(at(100), |_, _| true).is_some());
}

#[test]
fn each_process_goes_through_its_part_and_hints_are_for_everybody() {
    let everybody: Vec<_> = (1..=300).map(person).collect();
    let mut went_through = Vec::new();
    for place in 0..3 {
        let mut roll = Roll::new(Part { place, of: 3, pace: at(300), on_duty: false });
        roll.update(everybody.clone(), at(0));
        let part = turns(&mut roll, 0, 40_000, false);
        let took = part.last().unwrap().0;
        assert!((18_000..40_000).contains(&took), "a third of them, three times as slowly: {took}");
        went_through.extend(part.into_iter().map(|(_, user_id)| user_id));
        roll.hint(at(40_001), |person| person.user_id <= 30);
        assert_eq!(turns(&mut roll, 40_001, 40_001, true).len(), 30);
    }
    went_through.sort_unstable();
    assert_eq!(went_through, (1..=300).collect::<Vec<_>>());
}

#[test]
fn who_comes_is_decided_about_where_it_is_heard_of_and_by_whose_part_they_are() {
    let part = |place, on_duty| Part { place, of: 5, pace: at(500), on_duty };
    let decide = |place, on_duty| {
        let mut roll = Roll::new(part(place, on_duty));
        roll.update(vec![person(7)], at(0));
        roll.take(at(0), |_, _| false).is_some()
    };
    assert!((0..5).all(|place| decide(place, true)));
    assert_eq!((0..5).filter(|place| decide(*place, false)).count(), 1);
    // Who was removed is nobody's part.
    let mut roll = Roll::new(part((0..5).find(|place| !part(*place, false).has(&person(7))).unwrap(), false));
    roll.update(vec![Attendee { refused: true, ..person(7) }], at(0));
    assert!(roll.take(at(0), |_, _| false).is_some());
}

#[test]
fn whose_process_has_gone_has_their_turn_in_the_next_round() {
    let mut roll = Roll::new(Part { place: 1, of: 2, on_duty: false, ..ALONE });
    roll.update((1..=20).map(person).collect(), at(0));
    let first = turns(&mut roll, 0, 30_000, false).len();
    assert!((5..15).contains(&first), "{first}");
    roll.is_for(ALONE);
    assert_eq!(turns(&mut roll, 30_001, 62_000, false).len(), 20);
}
