//! A SignalWire, a database with one open room, people, and the step under test.

use std::{collections::BTreeSet, time::Duration};

use sandbox::{
    clock::pause,
    signalwire::{Options, SignalWire, scripted::Member},
};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::{Clock, Sleep, Time, millis},
    config,
    event::{Events, Parts},
    lease::Leases,
    secret::Random,
    signalwire::{Client, JoinAs, NewRoom, Relay, RoomTokenRequest, relay::State},
    store::{NewSession, OpenLimits, Opened, Place, Room, SessionFacts, Stay, StayKind, Store, temporary::Temporary},
    tasks::Tasks,
    wake::Wake,
};

/// SignalWire's name of the room.
pub const ROOM: &str = "standup-x";
/// Nothing here takes long; what takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);
pub const PLACE: Place = Place { guild_id: 10, channel_id: 20 };
/// REST tells whole seconds.
pub const SECOND: i64 = 1_000;

pub struct World {
    pub signalwire: SignalWire,
    /// Both sides' time.
    pub clock: sandbox::clock::Clock,
    ours: Clock,
    database: Temporary,
    pub wake: Wake,
    config: config::SignalWire,
    running: Option<Running>,
}

struct Running {
    events: Events,
    stop: CancellationToken,
}

/// The stand-in's time as ours.
struct Same(sandbox::clock::Clock);

impl Time for Same {
    fn unix_ms(&self) -> i64 {
        self.0.unix_ms()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.unix_ms().unsigned_abs())
    }

    fn sleep_until(&self, deadline: Duration) -> Sleep {
        let clock = self.0.clone();
        Box::pin(async move { clock.sleep_until(millis(deadline)).await })
    }
}

impl World {
    /// Everybody there, nothing running.
    pub async fn new() -> Self {
        let clock = sandbox::clock::Clock::new();
        let signalwire = SignalWire::start(clock.clone(), Options::default()).await.unwrap();
        let options = &signalwire.service().options;
        let config = config::SignalWire {
            space_url: format!("http://{}", signalwire.addr()).parse().unwrap(),
            project_id: options.project.clone(),
            api_token: options.api_token.clone().into(),
            relay_url: format!("ws://{}", signalwire.addr()).parse().unwrap(),
        };
        let ours = Clock::new(Same(clock.clone()));
        let database = Temporary::open().await;
        let world = Self { signalwire, clock, ours, database, wake: Wake::default(), config, running: None };
        world.has_room().await;
        world.opens("s").await;
        world
    }

    /// The same, listening.
    pub async fn listening() -> Self {
        let mut world = Self::new().await;
        world.starts().await;
        world
    }

    pub fn store(&self) -> &Store {
        &self.database
    }

    async fn has_room(&self) {
        let room = Room {
            key: "room".to_owned(),
            place: PLACE,
            canonical: "standup".to_owned(),
            title: "Standup".to_owned(),
            video_name: ROOM.to_owned(),
            video_room_id: None,
            ensured_at: None,
            created_at: self.clock.unix_ms(),
        };
        self.store().keep_room(&room).await.unwrap();
        for name in [ROOM, "somebody-elses"] {
            let new = NewRoom {
                name: name.to_owned(),
                display_name: "Standup".to_owned(),
                max_members: 300,
                record_on_start: false,
                enable_room_previews: false,
                meta: json!({}),
            };
            self.client().create_room(&new).await.unwrap();
        }
    }

    /// Somebody types `/video standup`.
    pub async fn opens(&self, id: &str) {
        let new = NewSession {
            id,
            room_key: "room",
            place: PLACE,
            topic: None,
            locale: "en",
            opened_by: 1,
            opened_by_name: "Mira",
            now: self.clock.unix_ms(),
        };
        let limits = OpenLimits { per_guild: 9, per_user: 9, user_since: i64::MAX };
        assert!(matches!(self.store().open_session(&new, limits).await.unwrap(), Opened::New(_)));
    }

    /// A process of ours begins, and has compared what it found.
    pub async fn starts(&mut self) {
        self.begins().await;
        let events = self.events().clone();
        wait("the socket is up and everything compared", async || {
            let State::Connected { .. } = events.relay_state() else { return None };
            (events.is_on_duty() && events.has_swept()).then_some(())
        })
        .await;
    }

    /// A process of ours begins.
    pub async fn begins(&mut self) {
        let another = self.begins_beside(&self.config).await;
        self.running = Some(another);
    }

    async fn begins_beside(&self, config: &config::SignalWire) -> Running {
        let tasks = Tasks::new().0;
        let stop = tasks.stop().clone();
        let leases = Leases::join(self.database.store(), Random::system(), self.ours.clone()).await.unwrap();
        tokio::spawn(stop.clone().run_until_cancelled_owned(leases.clone().run()));
        let random = Random::seeded(7);
        let (relay, relay_events) = Relay::start(config, self.ours.clone(), random, stop.clone());
        let parts = Parts {
            store: self.database.store(),
            leases,
            signalwire: self.client(),
            relay,
            relay_events,
            clock: self.ours.clone(),
            wake: self.wake.clone(),
            random: Random::system(),
            tasks,
        };
        Running { events: Events::start(parts), stop }
    }

    /// Another process on the same database.
    pub async fn begins_another(&self) -> (Events, CancellationToken) {
        let Running { events, stop } = self.begins_beside(&self.config).await;
        (events, stop)
    }

    /// The same, where no way leads to the event socket.
    pub async fn begins_deaf(&self) -> (Events, CancellationToken) {
        let relay_url = "ws://127.0.0.1:1".parse().unwrap();
        let Running { events, stop } =
            self.begins_beside(&config::SignalWire { relay_url, ..self.config.clone() }).await;
        (events, stop)
    }

    pub fn events(&self) -> &Events {
        &self.running.as_ref().expect("running").events
    }

    /// The process ends in good order.
    pub async fn stops(&mut self) {
        let Running { events, stop } = self.running.take().expect("running");
        stop.cancel();
        events.stopped().await;
    }

    fn client(&self) -> Client {
        Client::new(&self.config, self.ours.clone())
    }

    /// A member of this Discord user comes in.
    pub async fn enters(&self, name: &str) -> Member {
        self.enters_as(name, ROOM, JoinAs::Member).await
    }

    pub async fn enters_as(&self, name: &str, room: &str, join_as: JoinAs) -> Member {
        let audience = join_as == JoinAs::Audience;
        let permissions = ["room.self.screenshare"].map(str::to_owned).into_iter().filter(|_| !audience).collect();
        let request = RoomTokenRequest {
            room_name: room.to_owned(),
            user_name: name.to_owned(),
            join_as,
            permissions,
            join_until: self.clock.unix_ms() + 300_000,
            remove_after_seconds_elapsed: 8 * 3600,
            auto_create_room: false,
            meta: json!({"discord_user_id": user(name).to_string(), "role": "member", "stay": "x"}),
        };
        let token = self.client().room_token(&request).await.unwrap();
        self.signalwire.enter(token.0.expose_secret()).await.unwrap()
    }

    /// Ends when what is recorded of the session is so.
    pub async fn until(&self, what: &str, is_so: impl Fn(&SessionFacts) -> bool) -> SessionFacts {
        self.until_of("s", what, is_so).await
    }

    pub async fn until_of(&self, id: &str, what: &str, is_so: impl Fn(&SessionFacts) -> bool) -> SessionFacts {
        let seen = std::cell::RefCell::new(None);
        let waiting = wait(what, async || {
            let facts = self.facts_of(id).await;
            seen.replace(facts.clone());
            facts.filter(&is_so)
        });
        match futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(waiting)).await {
            Ok(facts) => facts,
            Err(_) => panic!("never: {what}; last seen: {:#?}", seen.borrow()),
        }
    }

    pub async fn until_inside(&self, names: &[&str]) -> SessionFacts {
        let expected: BTreeSet<&str> = names.iter().copied().collect();
        self.until(&format!("{names:?} are inside"), |facts| inside(facts) == expected && facts.ended_at.is_none())
            .await
    }

    pub async fn facts(&self) -> SessionFacts {
        self.facts_of("s").await.unwrap()
    }

    /// As they were at one moment: a session and its stays are two reads, and whatever was written between them made
    /// it another edition.
    async fn facts_of(&self, id: &str) -> Option<SessionFacts> {
        let read = async || self.store().facts(id).await.unwrap();
        let mut facts = read().await;
        loop {
            let again = read().await;
            let edition = |facts: &Option<SessionFacts>| facts.as_ref().map(SessionFacts::edition);
            if edition(&facts) == edition(&again) {
                return facts;
            }
            facts = again;
        }
    }

    /// What was recorded, as `kind name`; that REST knew a moment better is no news.
    pub async fn told(&self) -> Vec<String> {
        let events = self.store().events_after("s", 0, 10_000).await.unwrap();
        let tell = |name: Option<String>| name.map(|name| format!(" {name}")).unwrap_or_default();
        events
            .into_iter()
            .filter(|event| event.kind != "updated")
            .map(|event| format!("{}{}", event.kind, tell(event.name.filter(|_| event.kind != "opened"))))
            .collect()
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Lets time pass as it does, in steps, until what is recorded is so: whatever has to come back comes back.
    pub async fn in_time(&self, what: &str, is_so: impl Fn(&SessionFacts) -> bool) -> SessionFacts {
        wait(what, async || {
            let facts = self.facts_of("s").await.filter(&is_so);
            if facts.is_none() {
                self.clock.advance(Duration::from_millis(100));
            }
            facts
        })
        .await
    }
}

/// Ends when `look` finds something.
pub async fn wait<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            pause(Duration::from_millis(3)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(found) => found,
        Err(_) => panic!("never: {what}"),
    }
}

/// The Discord user of this name.
pub fn user(name: &str) -> u64 {
    name.bytes().fold(7, |id, byte| id * 31 % 1_000_003 + u64::from(byte))
}

/// The names of the people inside.
pub fn inside(facts: &SessionFacts) -> BTreeSet<&str> {
    let people = facts.stays.values().filter(|stay| stay.kind == StayKind::Member && stay.left_at.is_none());
    people.map(|stay| stay.name.as_str()).collect()
}

pub fn stay<'a>(facts: &'a SessionFacts, member: &Member) -> &'a Stay {
    facts.stays.get(member.id()).expect("known")
}
