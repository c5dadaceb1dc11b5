//! `make micro`: what the steps cost that every request, command or fact goes through, without any network.
//!
//! The database is a SQLite file in a temporary folder, as a small installation has it.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use axum::response::IntoResponse as _;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use greenroom::{
    access::{Begun, Sessions, TicketPurpose, Tickets, Via},
    channel::card::{Card, Look, People},
    clock::Clock,
    event::{About, Fact, Kind, Live, Outcome, Person, Recorder, Source, What},
    room::{Place, Room, RoomName, video_name},
    secret::{Keys, Random},
    store::{NewSession, OpenLimits, StayKind, Store},
    tasks::Tasks,
    wake::Wake,
    words::{Locale, Words},
};
use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};
use tokio::runtime::Runtime;
use url::Url;

const ROOM_KEY: &str = "k4qv2m7yh3xw5d6rb2nc";
const SESSION: &str = "session";
const PLACE: Place = Place { guild_id: 1_402_000_000_000_000_001, channel_id: 1_402_000_000_000_000_002 };

/// A database with one open room.
struct World {
    runtime: Runtime,
    store: Store,
    keys: Keys,
    room: Room,
    random: Random,
    _home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let runtime = Runtime::new().expect("threads can be started");
        let home = tempfile::tempdir().expect("there is a place for temporary files");
        let database_url = format!("sqlite://{}/greenroom.db", home.path().display()).into();
        let config = greenroom::config::Store { database_url, secret_keys: None };
        let random = Random::system();
        let keys = Keys::load(&config, &random).expect("a key can be made");
        let store = runtime.block_on(Store::open(&config)).expect("a new file can be opened");
        let room = runtime.block_on(open_room(&store)).expect("a new file takes a room");
        Self { runtime, store, keys, room, random, _home: home }
    }
}

async fn open_room(store: &Store) -> sqlx::Result<Room> {
    let now = Clock::system().unix_ms();
    let room = Room {
        key: ROOM_KEY.to_owned(),
        place: PLACE,
        canonical: "standup".to_owned(),
        title: "standup".to_owned(),
        video_name: video_name(PLACE.guild_id, PLACE.channel_id, "standup"),
        video_room_id: None,
        ensured_at: Some(now),
        created_at: now,
    };
    let room = store.keep_room(&room).await?;
    let new = NewSession {
        id: SESSION,
        room_key: ROOM_KEY,
        place: PLACE,
        topic: None,
        locale: "en",
        opened_by: 1,
        opened_by_name: "Mira",
        now,
    };
    store.open_session(&new, OpenLimits { per_guild: 10, per_user: 10, user_since: 0 }).await?;
    Ok(room)
}

fn names(c: &mut Criterion) {
    let mut group = c.benchmark_group("name");
    let longest = "Überstunden für 我們 – fünfzehn ".repeat(3);
    let hostile = "\u{202e}\u{200b}ﷺﷺ e\u{301}\u{301}\u{301}".repeat(4);
    for (kind, text) in [("short", "standup"), ("longest", longest.as_str()), ("hostile", hostile.as_str())] {
        group.bench_with_input(BenchmarkId::new("parse", kind), text, |b, text| b.iter(|| RoomName::parse(text)));
    }
    group.bench_function("at SignalWire", |b| {
        b.iter(|| video_name(PLACE.guild_id, PLACE.channel_id, black_box("standup")));
    });
    group.finish();
}

fn tickets(c: &mut Criterion) {
    let world = World::new();
    let url: Url = "https://video.example".parse().expect("a URL");
    let tickets = Tickets::new(world.store.clone(), Clock::system(), world.random.clone(), url);
    let mut group = c.benchmark_group("ticket");
    // Each is good once, so as many are made as are swapped.
    group.bench_function("swapped", |b| {
        b.iter_custom(|count| world.runtime.block_on(swap(&tickets, &world.room, count)))
    });
    group.bench_function("never given", |b| {
        b.to_async(&world.runtime).iter(|| tickets.redeem("aaaaaaaaaaaaaaaaaaaaaaaaaa", "nonce"));
    });
    group.finish();
}

async fn swap(tickets: &Tickets, room: &Room, count: u64) -> Duration {
    let mut secrets = Vec::new();
    for _ in 0..count {
        let link = tickets.issue(TicketPurpose::Join, room, 2).await.expect("the database takes a ticket");
        let url = secrecy::ExposeSecret::expose_secret(&link.url);
        secrets.push(url.rsplit_once("#t=").expect("a link ends with its ticket").1.to_owned());
    }
    let began = Instant::now();
    for secret in &secrets {
        tickets.redeem(secret, "nonce").await.expect("a fresh ticket is good");
    }
    began.elapsed()
}

/// The one question that every request of a page asks, with both changes of thread.
fn entrances(c: &mut Criterion) {
    let world = World::new();
    let mut group = c.benchmark_group("entrance");
    group.bench_function("looked up", |b| {
        b.to_async(&world.runtime).iter(|| world.store.entrance(black_box(ROOM_KEY), 1));
    });
    group.finish();
}

fn cookies(c: &mut Criterion) {
    let world = World::new();
    let url: Url = "https://video.example".parse().expect("a URL");
    let sessions = Sessions::new(&world.keys, &url, Clock::system(), world.store.clone());
    let mut group = c.benchmark_group("cookie");
    for browsers in [1_usize, 4] {
        let (headers, sid) = signed_in(&sessions, &world.random, browsers);
        group.bench_with_input(BenchmarkId::new("read", browsers), &headers, |b, headers| {
            b.to_async(&world.runtime).iter(|| sessions.meant(headers, Some(&sid), ROOM_KEY));
        });
    }
    group.finish();
}

/// The request of a browser with so many sessions, and the `sid` of one.
fn signed_in(sessions: &Sessions, random: &Random, count: usize) -> (HeaderMap, String) {
    let (mut cookies, mut last) = (Vec::new(), String::new());
    for user_id in 1..=count as u64 {
        let sid = random.id(128);
        let begun = Begun { sid: &sid, user_id, via: Via::Ticket, room_key: ROOM_KEY, tab: None };
        let (_, set) = sessions.begin(&HeaderMap::new(), begun);
        let answer = (set, ()).into_response();
        let line = answer.headers()[SET_COOKIE].to_str().expect("a cookie is text").to_owned();
        cookies.push(line.split_once(';').map_or(line.clone(), |(cookie, _)| cookie.to_owned()));
        last = sid;
    }
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, HeaderValue::from_str(&cookies.join("; ")).expect("cookies are text"));
    (headers, last)
}

fn cards(c: &mut Criterion) {
    let words = Words::load();
    let look = Look {
        room_link: Some("https://video.example/r/".to_owned()),
        max_members: 50,
        video_command: "</video:1402>".to_owned(),
    };
    let mut group = c.benchmark_group("card");
    for count in [0, 12, 50] {
        let card = card(count);
        group.bench_with_input(BenchmarkId::new("people", count), &card, |b, card| {
            b.iter(|| card.render(&words, &look, card.opened_at + 60_000));
        });
    }
    group.finish();
}

fn card(count: u32) -> Card {
    let opened_at = 1_772_468_400_000;
    Card {
        room_key: ROOM_KEY.to_owned(),
        title: "standup".to_owned(),
        topic: Some("What we did *yesterday*".to_owned()),
        locale: Locale::En,
        opened_by: "Mira".to_owned(),
        opened_at,
        started_at: (count > 0).then_some(opened_at),
        ended_at: None,
        recording: true,
        recording_since: Some(opened_at),
        locked: false,
        last_word_at: Some(opened_at),
        people: People { count, first: (0..count.min(13)).map(|person| format!("Person_{person}")).collect() },
        audience: 0,
        peak: count,
        names: true,
    }
}

fn recording(c: &mut Criterion) {
    let world = World::new();
    let _inside = world.runtime.enter();
    let tasks = Tasks::new().0;
    let recorder = Recorder::start(world.store.clone(), Clock::system(), Wake::default(), world.random.clone(), &tasks);
    world.runtime.block_on(begin(&recorder, &world.room));
    let mut group = c.benchmark_group("recording");
    group.throughput(Throughput::Elements(1));
    // Each a millisecond later than the one before, or it would be no news.
    let (mut turn, began) = (0, Clock::system().unix_ms());
    group.bench_function("a change", |b| {
        b.to_async(&world.runtime).iter(|| {
            turn += 1;
            recorder.record(About::known(CALL), vec![turned(began, turn)])
        });
    });
    group.bench_function("nothing new", |b| {
        b.to_async(&world.runtime).iter(|| recorder.record(About::known(CALL), vec![joined(7)]));
    });
    group.throughput(Throughput::Elements(200));
    group.bench_function("200 changes at once", |b| {
        b.to_async(&world.runtime).iter(|| {
            turn += 200;
            recorder.record(About::known(CALL), (turn..turn + 200).map(|turn| turned(began, turn)).collect())
        });
    });
    group.finish();
    tasks.stop().cancel();
    let facts = world.runtime.block_on(world.store.facts(SESSION)).expect("a file that was written can be read");
    let events = facts.map_or(0, |facts| facts.version);
    assert!(events >= turn, "of {turn} changes {events} were news: something else was measured");
}

/// The call of the room, by SignalWire's id.
const CALL: &str = "call";
const INSIDE: u64 = 50;

/// Fifty people come in.
async fn begin(recorder: &Recorder, room: &Room) {
    let started = Fact { at: Clock::system().unix_ms(), source: Source::Relay, what: What::Started };
    let about = About::Video {
        video_session_id: CALL.to_owned(),
        room_name: Some(room.video_name.clone()),
        live: Some(Live::Started(started.at)),
    };
    let facts = std::iter::once(started).chain((1..=INSIDE).map(joined)).collect();
    let outcome = recorder.record(about, facts).await;
    assert!(matches!(outcome, Outcome::Recorded(_)), "{outcome:?}");
}

fn joined(user_id: u64) -> Fact {
    let person = Person {
        member_id: format!("member-{user_id}"),
        name: Some(format!("Person {user_id}")),
        user_id: Some(user_id),
        kind: Kind::Said(StayKind::Member),
        token_role: None,
        moves: false,
    };
    Fact { at: Clock::system().unix_ms(), source: Source::Relay, what: What::Joined(person) }
}

/// Recorded, and no longer, in turns.
fn turned(began: i64, turn: i64) -> Fact {
    let what = What::Recording { on: turn % 2 == 0, since: None };
    Fact { at: began + turn, source: Source::Relay, what }
}

criterion_group!(benches, names, tickets, entrances, cookies, cards, recording);
criterion_main!(benches);
