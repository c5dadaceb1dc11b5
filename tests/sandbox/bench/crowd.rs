//! Servers with a call each, and the people who come to them: each with an account, a home address and a browser of
//! their own, so that every limit is met as a real crowd meets it.
//!
//! The stand-in has one server. These are others of the same Discord: who is pressing Join there is told by signed
//! interactions, made here as Discord makes them, and Discord is asked nothing about them for a minute.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ed25519_dalek::{Signer as _, SigningKey};
use sandbox::{
    Sandbox,
    clock::pause,
    discord::{self, Id},
    proof::{Failed, Greenroom, Result, Setup},
};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::task::JoinSet;

use super::{
    limit::Limit,
    load::{Round, Target},
    wire::Wire,
};

/// Each with a live room, where most people at once are wanted.
pub const SERVERS: u64 = 24;
const FIRST_SERVER: u64 = 800_000_000_000_000_000;
const FIRST_CHANNEL: u64 = 810_000_000_000_000_000;
const FIRST_PERSON: u64 = 820_000_000_000_000_000;
const CARD: u64 = 830_000_000_000_000_000;
/// View, speak, write: a member of any server.
const PERMISSIONS: &str = "2184252928";
/// Whoever is told to wait presses Join again; nobody does it more often.
const PRESSES: usize = 5;
/// Connections people come over at once.
const AT_ONCE: usize = 16;
/// After the start it introduces itself to Discord, and looks about.
const SETTLED: Duration = Duration::from_secs(1);
/// Discord vouches for a minute for who pressed a button; whoever pressed this long ago presses again.
const VOUCHED: Duration = Duration::from_secs(35);

/// A Greenroom with live rooms and people who are signed in.
pub struct Crowd {
    pub greenroom: Greenroom,
    /// Asks for a room token, one person after the other.
    pub target: Target,
    /// What it took right after the start.
    pub idle_kib: u64,
    door: Door,
    people: u64,
    pressed: Instant,
    of_person: Limit,
    of_server: Limit,
}

/// Rooms that a Greenroom knows, and how many of them are live, one in each server. The others are of calls that are over.
#[derive(Clone, Copy)]
pub struct Rooms {
    pub known: u64,
    pub live: u64,
}

/// Where interactions go in.
#[derive(Clone)]
struct Door {
    address: SocketAddr,
    url: String,
    application: Id,
    key: SigningKey,
    rooms: Arc<Vec<String>>,
    made: Arc<AtomicU64>,
    promised: Arc<AtomicU64>,
}

impl Crowd {
    /// Starts a Greenroom that knows these rooms, and lets so many people come.
    pub async fn gather(executable: &Path, sandbox: &Sandbox, home: &Path, rooms: Rooms, people: u64) -> Result<Self> {
        let database = home.join(format!("{}-{people}.db", rooms.known));
        let mut setup = Setup::new(executable, sandbox, home).await?;
        for (variable, value) in [
            ("DATABASE_URL", format!("sqlite://{}", database.display())),
            ("DISCORD_INTERACTIONS", "http".into()),
            // As it ships: with its limits, behind a proxy, and with a log.
            ("RATE_LIMITS", "on".into()),
            ("TRUSTED_PROXIES", "127.0.0.1/32".into()),
            ("RUST_LOG", "info".into()),
        ] {
            setup.set(variable, &value);
        }
        // Its tables are its own affair.
        setup.start().await?.kill().await?;
        let live = fill(&database, sandbox, rooms).await.map_err(|error| Failed::new(error.to_string()))?;
        let greenroom = setup.start().await?;
        pause(SETTLED).await;
        let idle_kib = greenroom.memory_kib()?;
        let address = greenroom.url.trim_start_matches("http://").parse();
        let options = discord::Options::default();
        let door = Door {
            address: address.map_err(|_| Failed::new("an address that is none"))?,
            url: greenroom.url.clone(),
            application: options.application_id,
            key: SigningKey::from_bytes(&options.signing_seed),
            rooms: Arc::new(live),
            made: Arc::default(),
            promised: Arc::default(),
        };
        let pressed = Instant::now();
        let requests = door.everybody(people, |door, wire, person| Box::pin(door.come(wire, person))).await?;
        let target = Target::new(door.address, Arc::new(requests));
        let (of_person, of_server) = (Limit::of_person(), Limit::of_server());
        Ok(Self { greenroom, target, idle_kib, door, people, pressed, of_person, of_server })
    }

    /// Waits until so many requests are allowed, of each person and of each server.
    pub async fn rest(&mut self, requests: usize) {
        let (of_person, of_server) = self.shares(requests);
        let needed = self.of_person.wait_for(of_person).max(self.of_server.wait_for(of_server));
        pause(needed).await;
    }

    /// So many clients ask until all have asked so often together.
    pub async fn ask(&mut self, clients: usize, requests: usize) -> Result<Round> {
        let round = self.target.as_fast_as_can_be(clients, requests).await?;
        let (of_person, of_server) = self.shares(requests);
        self.of_person.spend(of_person);
        self.of_server.spend(of_server);
        Ok(round)
    }

    /// How many requests of these are one person's and one server's at most: people take turns.
    fn shares(&self, requests: usize) -> (usize, usize) {
        let of_person = requests.div_ceil(self.people as usize);
        // Where people are not as many in each server, one more each time all had their turn.
        (of_person, requests.div_ceil(self.door.rooms.len()) + of_person)
    }

    /// Everybody whom Discord no longer vouches for presses Join again.
    pub async fn stay(&mut self) -> Result<()> {
        if self.pressed.elapsed() > VOUCHED {
            self.pressed = Instant::now();
            self.door.everybody(self.people, |door, wire, person| Box::pin(door.press(wire, person))).await?;
        }
        Ok(())
    }

    /// Presses that were not answered at once, because the database was too slow.
    pub fn promised(&self) -> u64 {
        self.door.promised.load(Ordering::Relaxed)
    }

    /// The same without end, evenly, for as long as it is polled.
    pub async fn keep_pressing(&self) -> Result<()> {
        let mut wire = Wire::open(self.door.address).await?;
        let every = VOUCHED.div_f64(self.people as f64);
        let begun = Instant::now();
        for number in 0u32.. {
            pause(every.mul_f64(f64::from(number)).saturating_sub(begun.elapsed())).await;
            self.door.press(&mut wire, u64::from(number) % self.people).await?;
        }
        Ok(())
    }
}

type Doing<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

impl Door {
    /// Everybody does it, some at once; what came of it, in order of the people.
    async fn everybody<T: Send + 'static>(
        &self,
        people: u64,
        does: for<'a> fn(&'a Self, &'a mut Wire, u64) -> Doing<'a, T>,
    ) -> Result<Vec<T>> {
        let mut lines = JoinSet::new();
        for line in 0..AT_ONCE as u64 {
            let door = self.clone();
            lines.spawn(async move {
                let mut wire = Wire::open(door.address).await?;
                let mut done = Vec::new();
                for person in (line..people).step_by(AT_ONCE) {
                    done.push((person, does(&door, &mut wire, person).await?));
                }
                Result::Ok(done)
            });
        }
        let mut all = Vec::new();
        while let Some(done) = lines.join_next().await {
            all.extend(done.map_err(|error| Failed::new(error.to_string()))??);
        }
        all.sort_by_key(|(person, _)| *person);
        Ok(all.into_iter().map(|(_, done)| done).collect())
    }

    /// Presses Join, again where the answer was only promised: the ticket.
    async fn press(&self, wire: &mut Wire, person: u64) -> Result<String> {
        for _ in 0..PRESSES {
            if let Some(ticket) = self.press_once(wire, person).await? {
                return Ok(ticket);
            }
            self.promised.fetch_add(1, Ordering::Relaxed);
        }
        Err(Failed::new(format!("{PRESSES} presses on Join were not answered at once")))
    }

    async fn press_once(&self, wire: &mut Wire, person: u64) -> Result<Option<String>> {
        let body = self.interaction(person).to_string();
        let now = jiff::Timestamp::now().as_second().to_string();
        let signature = self.key.sign(format!("{now}{body}").as_bytes()).to_string().to_lowercase();
        // Discord's come from few addresses.
        let from = format!("35.196.132.{}", person % 4 + 1);
        let headers = format!("x-signature-ed25519: {signature}\r\nx-signature-timestamp: {now}\r\n");
        let status = wire.ask(&self.request("/discord/interactions", &from, &headers, &body)).await?;
        let answer = wire.body();
        let ticket = answer.split_once("#t=").map(|(_, rest)| rest);
        let ticket = ticket.and_then(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next());
        match (status, ticket) {
            (200, Some(ticket)) => Ok(Some(ticket.to_owned())),
            (200, None) if answer.contains("\"type\":5") => Ok(None),
            _ => Err(Failed::new(format!("a press on Join was answered with {status} {answer}"))),
        }
    }

    /// Presses Join and opens the page: the request for a room token, ready to be sent.
    async fn come(&self, wire: &mut Wire, person: u64) -> Result<Vec<u8>> {
        let ticket = self.press(wire, person).await?;
        let home = format!("10.{}.{}.{}", person >> 16, person >> 8 & 255, person & 255);
        let body = json!({ "ticket": ticket, "nonce": format!("a-nonce-of-person-{person}") }).to_string();
        let status = wire.ask(&self.request("/api/session", &home, "", &body)).await?;
        let (head, answer) = (wire.head(), wire.body());
        let cookie =
            head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).and_then(|set| set.split(';').next());
        let sid = serde_json::from_str::<Value>(&answer).ok().and_then(|begun| Some(begun["sid"].as_str()?.to_owned()));
        let (Some(cookie), Some(sid)) = (cookie, sid) else {
            return Err(Failed::new(format!("a ticket was answered with {status} {answer}")));
        };
        let headers = format!("cookie: {cookie}\r\nx-greenroom-session: {sid}\r\n");
        Ok(self.request(&format!("/api/rooms/{}/token", self.room(person)), &home, &headers, "{}"))
    }

    fn room(&self, person: u64) -> &str {
        &self.rooms[self.server(person) as usize]
    }

    /// Which of the servers somebody is in.
    fn server(&self, person: u64) -> u64 {
        person % self.rooms.len() as u64
    }

    fn request(&self, path: &str, from: &str, headers: &str, body: &str) -> Vec<u8> {
        let (host, origin, length) = (self.address, &self.url, body.len());
        format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\nsec-fetch-site: same-origin\r\n\
             x-forwarded-for: {from}\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// <https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object>
    fn interaction(&self, person: u64) -> Value {
        let id = Id::at(jiff::Timestamp::now().as_millisecond(), self.made.fetch_add(1, Ordering::Relaxed));
        let server = Id(FIRST_SERVER + self.server(person));
        let channel = Id(FIRST_CHANNEL + self.server(person));
        let bot = json!({ "id": self.application, "username": "Greenroom", "discriminator": "0", "avatar": null,
            "bot": true });
        let user = json!({ "id": Id(FIRST_PERSON + person), "username": format!("person{person}"),
            "global_name": format!("Person {person}"), "discriminator": "0", "avatar": null, "public_flags": 0 });
        json!({
            "id": id, "application_id": self.application, "type": 3, "token": format!("token-of-{id}"), "version": 1,
            "data": { "custom_id": format!("join:v1:{}", self.room(person)), "component_type": 2, "id": 1 },
            "guild_id": server, "guild": { "id": server, "locale": "en-US", "features": [] },
            "guild_locale": "en-US", "locale": "en-US", "channel_id": channel,
            "channel": { "id": channel, "type": 0, "guild_id": server, "name": "general", "permissions": PERMISSIONS },
            "member": {
                "user": user, "nick": null, "avatar": null, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00",
                "premium_since": null, "deaf": false, "mute": false, "flags": 0, "pending": false,
                "permissions": PERMISSIONS, "communication_disabled_until": null,
            },
            "message": {
                "id": Id(CARD), "channel_id": channel, "type": 0, "author": bot, "content": "", "flags": 0,
                "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": null, "tts": false,
                "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [],
                "components": [], "pinned": false,
            },
            "app_permissions": PERMISSIONS, "entitlements": [], "context": 0,
            "authorizing_integration_owners": { "0": server }, "attachment_size_limit": 10_485_760,
        })
    }
}

/// Puts these rooms there. The live ones' keys.
async fn fill(database: &PathBuf, sandbox: &Sandbox, rooms: Rooms) -> sqlx::Result<Vec<String>> {
    let mut database = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(database)).await?;
    let (now, mut keys) = (sandbox.clock.unix_ms(), Vec::new());
    let mut transaction = database.begin().await?;
    for server in 0..rooms.live {
        let key = format!("live{}", uuid::Uuid::new_v4().simple());
        sqlx::query(ROOM)
            .bind(&key)
            .bind((FIRST_SERVER + server).cast_signed())
            .bind((FIRST_CHANNEL + server).cast_signed())
            .bind(format!("standup-{key}"))
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        keys.push(key);
    }
    sqlx::query(SESSIONS).bind(now).execute(&mut *transaction).await?;
    let more = (rooms.known - rooms.live).cast_signed();
    sqlx::query(OLD_ROOMS).bind(more).bind(now).execute(&mut *transaction).await?;
    sqlx::query(OLD_SESSIONS).bind(now).execute(&mut *transaction).await?;
    transaction.commit().await?;
    database.close().await?;
    Ok(keys)
}

const ROOM: &str = "INSERT INTO rooms (room_key, guild_id, channel_id, canonical, title, video_name, video_room_id,
                                       ensured_at, created_at)
                    VALUES ($1, $2, $3, 'standup', 'Standup', $4, $1, $5, $5)";
const SESSIONS: &str = "INSERT INTO sessions (session_id, room_key, guild_id, channel_id, opened_by, opened_by_name,
                                              opened_at)
                        SELECT 's-' || room_key, room_key, guild_id, channel_id, 1, 'Mira', $1 FROM rooms";
const OLD_ROOMS: &str = "WITH RECURSIVE numbers (n) AS (
                             SELECT 1 WHERE $1 > 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1)
                         INSERT INTO rooms (room_key, guild_id, channel_id, canonical, title, video_name,
                                            video_room_id, ensured_at, created_at)
                         SELECT printf('old%023d', n), 700000000000000000 + n / 50, 710000000000000000 + n / 5,
                                printf('room-%d', n), printf('Room %d', n), printf('room-%d-of-old', n),
                                printf('old-%d', n), $2, $2
                           FROM numbers";
const OLD_SESSIONS: &str = "INSERT INTO sessions (session_id, room_key, guild_id, channel_id, video_session_id,
                                                  opened_by, opened_by_name, opened_at, started_at, ended_at,
                                                  end_reason, peak)
                            SELECT 's-' || room_key, room_key, guild_id, channel_id, 'v-' || room_key, 1, 'Mira',
                                   $1 - 7200000, $1 - 7100000, $1 - 3600000, 'left', 4
                              FROM rooms WHERE room_key LIKE 'old%'";
