//! The rules beside a reference model, under random histories.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{prelude::*, sample::subsequence};

use super::*;

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

/// Ten thousand histories each, or as many as `HISTORIES` asks for. A failing one is printed, made small, and its seed
/// is kept under `proptest-regressions`, with which every later run begins.
#[expect(clippy::disallowed_methods, reason = "asked of the test, not of Greenroom")]
fn config() -> ProptestConfig {
    let asked = std::env::var("HISTORIES").ok().and_then(|asked| asked.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(10_000), ..ProptestConfig::default() }
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
    fn the_peak_that_is_kept_is_the_one_worked_out_anew((_, given) in mixed(), portion in 1..9_usize) {
        let mut facts = open_session();
        for given in given.chunks(portion) {
            let mut peak = Peak::of(&facts);
            for fact in given {
                for change in apply(&facts, fact) {
                    if let Change::Stay { stay, .. } = &change {
                        peak.changes(&facts, stay);
                    }
                    facts.take(&change);
                }
            }
            facts.peak = peak.after(&facts);
            prop_assert_eq!(facts.peak, facts.most_people_at_once(i64::MIN));
        }
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
        prop_assert_eq!(facts.most_people_at_once(i64::MIN) as usize, most);
    }
}
