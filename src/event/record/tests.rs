//! The recorder and its database: everything once, whoever hands it in.

use super::*;
use crate::{
    clock::movable::{Movable, START},
    event::fact::{Kind, Person},
    store::{Place, StayKind, temporary::Temporary},
};

const PLACE: Place = Place { guild_id: 10, channel_id: 20 };

struct World {
    store: Temporary,
    clock: Clock,
    wake: Wake,
    tasks: Tasks,
}

impl World {
    /// A database with the session `s`, opened at [`START`].
    async fn new() -> Self {
        let store = Temporary::with_session(PLACE, START).await;
        let (_, clock) = Movable::new();
        Self { store, clock, wake: Wake::default(), tasks: Tasks::new().0 }
    }

    fn recorder(&self) -> Recorder {
        let (store, clock, wake) = (self.store.store(), self.clock.clone(), self.wake.clone());
        Recorder::start(store, clock, wake, Random::system(), &self.tasks)
    }

    async fn facts(&self) -> SessionFacts {
        self.store.facts("s").await.unwrap().unwrap()
    }
}

fn about(id: &str, live: Option<Live>) -> About {
    About::Video { video_session_id: id.into(), room_name: Some("standup-x".into()), live }
}

fn person(number: u32) -> Person {
    Person {
        member_id: format!("M-{number}"),
        name: Some(format!("Person {number}")),
        user_id: Some(u64::from(number) + 1),
        kind: Kind::Said(StayKind::Member),
        token_role: None,
        moves: false,
    }
}

fn fact(at: i64, what: What) -> Fact {
    Fact { at: START + at, source: Source::Relay, what }
}

fn joined(at: i64, number: u32) -> Fact {
    fact(at, What::Joined(person(number)))
}

fn left(at: i64, number: u32) -> Fact {
    fact(at, What::Left(person(number)))
}

async fn begins(recorder: &Recorder) {
    let outcome = recorder.record(about("S-1", Some(Live::Started(START))), vec![joined(0, 0)]).await;
    let recorded = Recorded { session_id: "s".into(), is_new: true, is_deserted: false, is_blurred: false };
    assert_eq!(outcome, Outcome::Recorded(recorded));
}

#[tokio::test]
async fn a_storm_is_written_down_whole_and_in_order() {
    let world = World::new().await;
    let recorder = world.recorder();
    begins(&recorder).await;
    const PEOPLE: u32 = 1_000;
    let mut pending = Vec::new();
    for number in 1..=PEOPLE {
        let at = i64::from(number);
        pending.push(recorder.hand_in(About::known("S-1"), vec![joined(at, number)]).await);
        pending.push(recorder.hand_in(About::known("S-1"), vec![left(at + 1_000_000, number)]).await);
    }
    for pending in pending {
        assert!(matches!(pending.outcome().await, Outcome::Recorded(_)));
    }
    let facts = world.facts().await;
    assert_eq!((facts.people_inside(), facts.peak), (1, PEOPLE + 1));
    let events = world.store.events_after("s", 0, 10_000).await.unwrap();
    assert_eq!(events.len(), 3 + 2 * PEOPLE as usize, "opened, started, the first, and everybody twice");
    assert!(events.iter().zip(1..).all(|(event, number)| event.number == number));
    assert_eq!(i64::try_from(events.len()).unwrap(), facts.version);
}

#[tokio::test]
async fn two_processes_that_hear_the_same_record_it_once() {
    let world = World::new().await;
    let recorders = [world.recorder(), world.recorder()];
    begins(&recorders[0]).await;
    let hear = async |recorder: &Recorder| {
        for number in 1..50 {
            let outcome = recorder.record(About::known("S-1"), vec![joined(i64::from(number), number)]).await;
            assert!(matches!(outcome, Outcome::Recorded(_)), "{outcome:?}");
        }
    };
    tokio::join!(hear(&recorders[0]), hear(&recorders[1]));
    let events = world.store.events_after("s", 0, 10_000).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == "joined").count(), 50);
    assert_eq!(world.facts().await.people_inside(), 50);
}

#[tokio::test]
async fn a_write_that_nobody_is_told_of_is_not_undone_by_one_who_read_before_it() {
    let world = World::new().await;
    let recorder = world.recorder();
    begins(&recorder).await;
    let before = world.facts().await;
    recorder.record(About::known("S-1"), vec![fact(5, What::Audience(0))]).await;
    let known = world.facts().await;
    assert_eq!((known.version, known.audience_at), (before.version, START + 5), "nothing that is told");
    let mut late = before.clone();
    late.hear(START);
    assert!(!world.store.keep_facts(&late, before.edition(), [], &[], START).await.unwrap());
    assert_eq!(world.facts().await, known);
    assert!(world.store.keep_facts(&late, known.edition(), [], &[], START).await.unwrap());
}

#[tokio::test]
async fn to_be_vouched_for_meanwhile_holds_up_no_writer() {
    let world = World::new().await;
    begins(&world.recorder()).await;
    let read = world.facts().await;
    let vouched = read.last_word_at.unwrap() + 20_000;
    world.store.hear_of_live_sessions(vouched, 0).await.unwrap();
    let mut next = read.clone();
    next.hear(vouched - 1);
    assert!(world.store.keep_facts(&next, read.edition(), [], &[], START).await.unwrap());
    assert_eq!(world.facts().await.last_word_at, Some(vouched), "no word is taken back");
}

#[tokio::test]
async fn sessions_of_others_and_of_earlier_times_touch_nothing() {
    let world = World::new().await;
    let recorder = world.recorder();
    let elsewhere = About::Video {
        video_session_id: "X-1".into(),
        room_name: Some("theirs".into()),
        live: Some(Live::Seen(START)),
    };
    assert_eq!(recorder.record(elsewhere, vec![joined(0, 1)]).await, Outcome::Foreign);
    assert_eq!(recorder.record(About::known("X-2"), vec![joined(0, 1)]).await, Outcome::Doubtful);
    assert_eq!(recorder.record(about("X-3", None), vec![fact(0, What::Ended)]).await, Outcome::Foreign);
    let long_ago = Some(Live::Started(START - 2 * START_BLUR_MS));
    assert_eq!(recorder.record(about("X-4", long_ago), vec![joined(0, 1)]).await, Outcome::Doubtful);
    assert_eq!(recorder.record(About::Session("nobody's".into()), vec![]).await, Outcome::Foreign);
    let facts = world.facts().await;
    assert_eq!((facts.version, facts.stays.len(), facts.video_session_id), (1, 0, None));
}

#[tokio::test]
async fn a_new_session_in_the_room_ends_the_one_whose_end_was_lost() {
    let world = World::new().await;
    let recorder = world.recorder();
    begins(&recorder).await;
    let next = recorder.record(about("S-2", Some(Live::Started(START + 9_000))), vec![joined(9_000, 2)]).await;
    let Outcome::Recorded(next) = next else { panic!("{next:?}") };
    assert_ne!(next.session_id, "s");
    let before = world.facts().await;
    assert_eq!((before.ended_at, before.people_inside()), (Some(START + 9_000), 0));
    // What is still said of the one before is about the one before.
    let late = recorder.record(About::known("S-1"), vec![left(5_000, 0)]).await;
    assert!(matches!(late, Outcome::Recorded(recorded) if recorded.session_id == "s"));
    assert_eq!(world.facts().await.stays["M-0"].left_at, Some(START + 5_000));
}

#[tokio::test]
async fn listeners_are_woken_by_news_and_when_doubt_ends_and_by_nothing_else() {
    let world = World::new().await;
    let recorder = world.recorder();
    begins(&recorder).await;
    let mut wakes = world.wake.listen();
    recorder.record(About::known("S-1"), vec![joined(0, 0)]).await;
    recorder.record(About::known("S-1"), vec![]).await;
    recorder.record(About::known("S-1"), vec![joined(5, 5)]).await;
    assert!(wakes.next().await.is_some());
    let is_woken = futures::FutureExt::now_or_never(wakes.next());
    assert!(is_woken.is_none(), "once for the one who came");

    let (later, clock) = Movable::new();
    later.advance(Duration::from_millis(UNSURE_MS.unsigned_abs() + 60_000));
    let (store, wake) = (world.store.store(), world.wake.clone());
    let another = Recorder::start(store, clock, wake, Random::system(), &world.tasks);
    another.record(About::known("S-1"), vec![]).await;
    assert!(wakes.next().await.is_some());
}

#[tokio::test]
async fn what_was_handed_in_before_the_stop_is_written_down() {
    let world = World::new().await;
    let recorder = world.recorder();
    begins(&recorder).await;
    for number in 1..=300 {
        recorder.hand_in(About::known("S-1"), vec![joined(i64::from(number), number)]).await;
    }
    world.tasks.stop().cancel();
    world.tasks.ended().await;
    assert_eq!(world.facts().await.people_inside(), 301);
    assert_eq!(recorder.record(About::known("S-1"), vec![joined(1, 999)]).await, Outcome::Doubtful);
}
