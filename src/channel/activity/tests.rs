//! Lines read as the texts say, and cuts lose and repeat nothing.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::{Cut, Event, Item, Kind, LEAVE_WAITS_MS, Lately, News, Rollup, is_open, line};
use crate::words::{Locale, Words};

/// "Mira joins at 1 s" and so on, numbered in order.
fn history(told: &[(i64, &str, Kind)]) -> Vec<Event> {
    told.iter()
        .enumerate()
        .map(|(index, &(at, name, kind))| Event {
            number: index as i64 + 1,
            kind,
            who: name.to_lowercase(),
            name: name.to_owned(),
            recorded_at: at,
        })
        .collect()
}

/// What is news at `now` about the events recorded by then, told up to `since`.
fn news(events: &[Event], since: Cut, now: i64) -> News {
    let first = events
        .iter()
        .position(|e| e.number > since.number || e.recorded_at > Rollup::recorded_after(since))
        .unwrap_or(events.len());
    let mut inside = BTreeMap::<String, i64>::new();
    for event in &events[..first] {
        match event.kind {
            Kind::Joined => *inside.entry(event.who.clone()).or_default() += 1,
            Kind::Left => *inside.entry(event.who.clone()).or_default() -= 1,
            Kind::Ended => {}
        }
    }
    let mut rollup = Rollup::new(since, inside);
    events[first..].iter().filter(|event| event.recorded_at <= now).cloned().for_each(|event| rollup.take(event));
    rollup.news(now)
}

fn said(events: &[Event], since: Cut, now: i64) -> Option<String> {
    line(&news(events, since, now), "standup", true, Locale::En, &Words::load())
}

fn from_start(events: &[Event], now: i64) -> String {
    said(events, Cut::default(), now).unwrap_or_default()
}

use Kind::{Ended, Joined, Left};

#[test]
fn joins_show_at_once_and_leaves_after_ten_seconds() {
    let events = history(&[(0, "Mira", Joined), (1_000, "Odo", Joined), (2_000, "Mira", Left)]);
    insta::assert_snapshot!(from_start(&events, 2_000), @"**standup:** Mira and Odo joined");
    assert_eq!(news(&events, Cut::default(), 2_000).due_at, Some(12_000));
    insta::assert_snapshot!(from_start(&events, 11_999), @"**standup:** Mira and Odo joined");
    insta::assert_snapshot!(from_start(&events, 12_000), @"**standup:** Mira and Odo joined · Mira left");
    // A later line tells only what the earlier could not.
    let told = Cut { number: 3, at: 11_999 };
    insta::assert_snapshot!(said(&events, told, 12_000).unwrap(), @"**standup:** Mira left");
    assert_eq!(said(&events, Cut { number: 3, at: 12_000 }, 60_000), None);
}

#[test]
fn a_reload_is_no_news_and_coming_back_later_is() {
    let reload = history(&[(0, "Mira", Joined), (20_000, "Mira", Left), (29_999, "Mira", Joined)]);
    let told = Cut { number: 1, at: 1_000 };
    assert_eq!(said(&reload, told, 25_000), None);
    assert_eq!(said(&reload, told, 60_000), None);
    let back = history(&[(0, "Mira", Joined), (20_000, "Mira", Left), (30_000, "Mira", Joined)]);
    insta::assert_snapshot!(said(&back, Cut { number: 2, at: 30_000 }, 30_000).unwrap(), @"**standup:** Mira joined");
}

#[test]
fn a_second_device_is_no_second_person() {
    let events = history(&[(0, "Mira", Joined), (1_000, "Mira", Joined), (2_000, "Mira", Left)]);
    insta::assert_snapshot!(from_start(&events, 60_000), @"**standup:** Mira joined");
    assert_eq!(news(&events, Cut::default(), 60_000).due_at, None);
}

#[test]
fn whoever_left_shortly_before_the_end_is_told_by_the_summary() {
    let events = history(&[
        (0, "Mira", Joined),
        (1_000, "Odo", Joined),
        (20_000, "Odo", Left),
        (40_000, "Mira", Left),
        (40_000, "", Ended),
    ]);
    let told = Cut { number: 2, at: 1_000 };
    insta::assert_snapshot!(said(&events, told, 90_000).unwrap(), @"**standup:** Odo left");
    assert_eq!(news(&events, told, 90_000).due_at, None);
}

#[test]
fn many_are_counted_beyond_ten_names() {
    let names: Vec<String> = (1..=30).map(|n| format!("P{n}")).collect();
    let joins = names.iter().map(|name| (0, name.as_str(), Joined));
    let leaves = names.iter().take(20).map(|name| (1_000, name.as_str(), Left));
    let events = history(&joins.clone().collect::<Vec<_>>());
    insta::assert_snapshot!(from_start(&events, 0), @"**standup:** P1, P2, P3, P4, P5, P6, P7, P8, P9, P10 and 20 others joined");
    let events = history(&joins.chain(leaves).collect::<Vec<_>>());
    insta::assert_snapshot!(from_start(&events, 60_000), @"**standup:** P1, P2, P3, P4, P5 and 25 others joined · P1, P2, P3, P4, P5 and 15 others left");
}

#[test]
fn texts_own_example_in_both_languages_and_without_names() {
    let events = history(&[
        (0, "Zed", Joined),
        (20_000, "Zed", Left),
        (30_000, "Mira", Joined),
        (30_000, "Odo", Joined),
        (30_000, "a*b", Joined),
    ]);
    let news = news(&events, Cut { number: 1, at: 0 }, 40_000);
    let say = |names, locale| line(&news, "standup", names, locale, &Words::load()).unwrap();
    insta::assert_snapshot!(say(true, Locale::En), @r"**standup:** Mira, Odo and a\*b joined · Zed left");
    insta::assert_snapshot!(say(true, Locale::De), @r"**standup:** Neu dabei: Mira, Odo und a\*b · Gegangen: Zed");
    insta::assert_snapshot!(say(false, Locale::En), @"**standup:** 3 joined · 1 left");
}

#[test]
fn a_line_stays_open_longer_where_many_come_and_go() {
    assert!(is_open(0, 59_999, 8, false));
    assert!(!is_open(0, 60_000, 8, false));
    for (inside, rests) in [(9, false), (1, true)] {
        assert!(is_open(0, 299_999, inside, rests));
        assert!(!is_open(0, 300_000, inside, rests));
    }
}

/// Up to four people with up to two devices each, at random times, in the order of the clock.
fn any_history() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((0i64..8_000, 0usize..4, any::<bool>()), 0..60).prop_map(|steps| {
        let (mut at, mut devices, mut told) = (0, [0u8; 4], Vec::new());
        for (pause, person, join) in steps {
            at += pause;
            let count = &mut devices[person];
            let join = if *count == 0 { true } else { join && *count < 2 };
            *count = if join { *count + 1 } else { *count - 1 };
            told.push((at, ["Mira", "Odo", "Ann", "Zed"][person], if join { Joined } else { Left }));
        }
        history(&told)
    })
}

proptest! {
    #[test]
    fn however_the_telling_is_cut_nothing_is_lost_and_nothing_told_twice(
        events in any_history(),
        mut moments in prop::collection::vec(0i64..300_000, 0..12),
    ) {
        let end = 600_000;
        moments.sort_unstable();
        moments.push(end);
        let (mut cut, mut told) = (Cut::default(), Vec::<Item>::new());
        for now in moments {
            let news = news(&events, cut, now);
            cut = news.cut;
            told.extend(news.items);
        }
        let at_once = news(&events, Cut::default(), end);
        let unique: HashSet<&Item> = told.iter().collect();
        prop_assert_eq!(unique.len(), told.len(), "told twice: {:?}", told);
        prop_assert_eq!(unique, at_once.items.iter().collect());
        prop_assert_eq!(at_once.due_at, None);
    }

    #[test]
    fn who_was_told_to_be_inside_is_inside(events in any_history()) {
        let told = news(&events, Cut::default(), 600_000);
        let mut told_inside = HashSet::new();
        for item in &told.items {
            let fresh = if item.came { told_inside.insert(&item.who) } else { told_inside.remove(&item.who) };
            prop_assert!(fresh, "{item:?} changes nothing");
        }
        let mut devices = BTreeMap::<&String, i64>::new();
        for event in &events {
            *devices.entry(&event.who).or_default() += if event.kind == Joined { 1 } else { -1 };
        }
        let inside: HashSet<&String> = devices.into_iter().filter(|(_, count)| *count > 0).map(|(who, _)| who).collect();
        prop_assert_eq!(told_inside, inside);
    }

    #[test]
    fn the_next_due_moment_is_when_news_changes(events in any_history(), now in 0i64..300_000) {
        let before = news(&events, Cut::default(), now);
        let recorded: Vec<Event> = events.into_iter().filter(|event| event.recorded_at <= now).collect();
        let until = before.due_at.unwrap_or(now + LEAVE_WAITS_MS + 1);
        prop_assert_eq!(&news(&recorded, Cut::default(), until - 1).items, &before.items);
        prop_assert_eq!(news(&recorded, Cut::default(), until).items.len() > before.items.len(), before.due_at.is_some());
    }
}

#[test]
fn a_channel_that_got_three_lines_in_ten_minutes_gets_one_in_five() {
    const MINUTE: i64 = 60_000;
    let mut lately = Lately::default();
    for at in [0, 2, 2, 4] {
        assert_eq!(lately.rests_until(at * MINUTE), None);
        lately.begun(at * MINUTE);
    }
    assert_eq!(lately.rests_until(4 * MINUTE), Some(9 * MINUTE));
    assert_eq!(lately.rests_until(9 * MINUTE), None);
    for at in [9, 15, 20] {
        lately.begun(at * MINUTE);
        assert_eq!(lately.rests_until(at * MINUTE), Some((at + 5) * MINUTE), "still a lot");
    }
    lately.begun(33 * MINUTE);
    assert_eq!(lately.rests_until(33 * MINUTE), None, "the first of the three is long ago");
}
