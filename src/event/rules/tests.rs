//! The rules beside a reference model, under random histories; and the cases that have a story of their own.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{prelude::*, sample::subsequence};

use super::*;
use crate::event::fact::Source;

const OPENED: i64 = 1_000;

fn open_session() -> SessionFacts {
    SessionFacts {
        session_id: "s".into(),
        room_key: "r".into(),
        video_session_id: Some("S-1".into()),
        opened_at: OPENED,
        started_at: None,
        ended_at: None,
        end_reason: None,
        recording: false,
        recording_since: None,
        recording_at: 0,
        locked: false,
        locked_at: 0,
        audience: 0,
        audience_at: 0,
        peak: 0,
        last_word_at: None,
        version: 1,
        stays: BTreeMap::new(),
    }
}

fn person(member: &str, name: &str, user_id: u64) -> Person {
    let kind = Kind::Said(StayKind::Member);
    Person { member_id: member.into(), name: Some(name.into()), user_id: Some(user_id), kind }
}

/// Somebody as a leave names them.
fn bare(member: &str) -> Person {
    Person { member_id: member.into(), name: None, user_id: None, kind: Kind::Said(StayKind::Member) }
}

/// Somebody as REST names them.
fn listed(member: &str, name: &str) -> Person {
    Person { member_id: member.into(), name: Some(name.into()), user_id: None, kind: Kind::NotSaid }
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
    assert_eq!((facts.started_at, facts.people_inside(), facts.most_people_at_once()), (Some(2_000), 2, 2));
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
    assert_eq!((facts.people_inside(), facts.most_people_at_once()), (2, 2));
}

#[test]
fn the_peak_is_what_was_not_what_it_looked_like_meanwhile() {
    let mut facts = open_session();
    let late_leave = fact(3_000, What::Left(bare("M-1")));
    take(
        &mut facts,
        &[fact(2_000, What::Joined(person("M-1", "Mira", 1))), fact(4_000, What::Joined(person("M-2", "Odo", 2)))],
    );
    assert_eq!(facts.most_people_at_once(), 2);
    take(&mut facts, &[late_leave]);
    assert_eq!(facts.most_people_at_once(), 1);
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

/// What truly happened: for each member id, when they came and went in turn; and the end.
#[derive(Debug, Clone)]
struct History {
    members: Vec<Member>,
    end: Option<i64>,
}

#[derive(Debug, Clone)]
struct Member {
    id: String,
    user_id: u64,
    kind: StayKind,
    /// Came, went, came, ... in order.
    times: Vec<i64>,
}

const END: i64 = 100_000;

fn histories() -> impl Strategy<Value = History> {
    let kinds = prop_oneof![4 => Just(StayKind::Member), 1 => Just(StayKind::Screen)];
    let times = prop::collection::btree_set(2_000..END, 1..6);
    let member = (0..3u64, kinds, times);
    (prop::collection::vec(member, 0..6), prop::option::of(Just(END))).prop_map(|(members, end)| {
        let member = |(index, (user_id, kind, times)): (usize, (u64, StayKind, BTreeSet<i64>))| Member {
            id: format!("M-{index}"),
            user_id,
            kind,
            times: times.into_iter().collect(),
        };
        History { members: members.into_iter().enumerate().map(member).collect(), end }
    })
}

impl Member {
    fn spoken(&self) -> Person {
        Person { kind: Kind::Said(self.kind), ..person(&self.id, &format!("Name {}", self.id), self.user_id) }
    }

    fn is_inside(&self) -> bool {
        self.times.len() % 2 == 1
    }
}

impl History {
    /// What the relay says of it, and what REST does.
    fn told(&self) -> (Vec<Fact>, Vec<Fact>) {
        let (mut relay, mut rest) = (Vec::new(), Vec::new());
        for member in &self.members {
            for (turn, &at) in member.times.iter().enumerate() {
                let from_rest = listed(&member.id, &format!("Name {}", member.id));
                let (spoken, from_rest) = if turn % 2 == 0 {
                    (What::Joined(member.spoken()), What::Joined(from_rest))
                } else {
                    (What::Left(Person { kind: Kind::Said(member.kind), ..bare(&member.id) }), What::Left(from_rest))
                };
                relay.push(fact(at, spoken));
                rest.push(Fact { at, source: Source::Sweep, what: from_rest });
            }
        }
        if let Some(end) = self.end {
            relay.push(fact(end, What::Ended));
            rest.push(Fact { at: end, source: Source::Sweep, what: What::Ended });
        }
        (relay, rest)
    }

    /// Who was there, from when to when: the reference.
    fn stays(&self) -> BTreeMap<&str, (i64, Option<i64>, StayKind, u64)> {
        let stay = |member: &Member| {
            let left_at = if member.is_inside() { self.end } else { member.times.last().copied() };
            (member.times[0], left_at, member.kind, member.user_id)
        };
        self.members.iter().map(|member| (member.id.as_str(), stay(member))).collect()
    }
}

/// Everything the relay says at least once, some of it twice, some of what REST says, in any order.
fn mixed() -> impl Strategy<Value = (History, Vec<Fact>)> {
    histories().prop_flat_map(|history| {
        let (relay, rest) = history.told();
        let some = |facts: &Vec<Fact>| subsequence(facts.clone(), 0..=facts.len());
        (Just(history), Just(relay.clone()), some(&relay), some(&rest)).prop_flat_map(
            |(history, relay, again, rest)| {
                let all: Vec<Fact> = [relay, again, rest].concat();
                (Just(history), Just(all).prop_shuffle())
            },
        )
    })
}

fn check_alternation(news: &[String], facts: &SessionFacts) -> Result<(), TestCaseError> {
    for stay in facts.stays.values().filter(|stay| is_shown(stay)) {
        let is_about =
            |entry: &&String| entry.ends_with(&format!(" {}", stay.member_id)) && !entry.starts_with("updated");
        let turns: Vec<&str> = news.iter().filter(is_about).map(|entry| &entry[..4]).collect();
        for (turn, word) in turns.iter().enumerate() {
            prop_assert_eq!(*word, if turn % 2 == 0 { "join" } else { "left" }, "{:?}", news);
        }
        prop_assert!(!turns.is_empty());
        // The end stands for the leaves of whoever was still inside.
        if facts.ended_at.is_none() {
            prop_assert_eq!(turns.len() % 2 == 1, stay.left_at.is_none());
        }
    }
    Ok(())
}

/// A thousand histories each, or as many as `PROPTEST_CASES` asks for.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { cases: config.cases.max(1_000), ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn facts_of_two_sources_repeated_and_in_any_order_end_in_what_happened((history, given) in mixed()) {
        let mut facts = open_session();
        let news = take(&mut facts, &given);
        let recorded: BTreeMap<&str, _> = facts.stays.values().map(|stay| {
            (stay.member_id.as_str(), (stay.joined_at, stay.left_at, stay.kind, stay.user_id.unwrap_or_default()))
        }).collect();
        prop_assert_eq!(recorded, history.stays());
        prop_assert_eq!(facts.ended_at, history.end);
        prop_assert_eq!(facts.started_at, history.members.iter().map(|member| member.times[0]).min());
        check_alternation(&news, &facts)?;
        // Heard again, in whatever order, nothing of it is news.
        prop_assert_eq!(take(&mut facts, &given), Vec::<String>::new());
    }

    #[test]
    fn after_any_loss_a_list_puts_it_right(
        (history, given) in mixed(),
        kept in prop::collection::vec(any::<bool>(), 64),
    ) {
        let mut facts = open_session();
        let is_end = |fact: &Fact| fact.what == What::Ended;
        let given: Vec<Fact> = given.into_iter().zip(kept.iter().cycle()).filter(|(fact, kept)| **kept && !is_end(fact))
            .map(|(fact, _)| fact).collect();
        let mut news = take(&mut facts, &given);
        let inside: Vec<Person> = history.members.iter().filter(|member| member.is_inside()).map(Member::spoken).collect();
        let truth: BTreeSet<String> = inside.iter().map(|person| person.member_id.clone()).collect();
        news.extend(take(&mut facts, &[fact(END + 10_000, What::Inside(inside))]));
        let recorded: BTreeSet<String> = inside_now(&facts).into_iter().map(Into::into).collect();
        prop_assert_eq!(recorded, truth);
        check_alternation(&news, &facts)?;
    }

    #[test]
    fn the_peak_is_the_most_people_at_any_moment(history in histories()) {
        // One time inside each: the row of a stay has no gaps.
        let once = |mut member: Member| { member.times.truncate(2); member };
        let history = History { members: history.members.into_iter().map(once).collect(), end: None };
        let mut facts = open_session();
        take(&mut facts, &history.told().0);
        let at = |moment: i64| {
            let inside = |member: &&Member| member.kind == StayKind::Member && member.times[0] <= moment
                && member.times.get(1).is_none_or(|&left| moment < left);
            history.members.iter().filter(inside).map(|member| member.user_id).collect::<BTreeSet<_>>().len()
        };
        let most = history.members.iter().map(|member| at(member.times[0])).max().unwrap_or(0);
        prop_assert_eq!(facts.most_people_at_once() as usize, most);
    }
}
