//! 2. A room is found or made.
//!
//! In: a place, a name and who asks. Out: the one room meant by them, known to SignalWire, and its present
//! session. Which rooms and sessions there are is the database's word; nothing here outlives the process.

use std::sync::Arc;

use crate::{
    clock::{Clock, millis},
    config::Limits,
    flight::Flights,
    secret::Random,
    signalwire,
    store::{NewSession, OpenLimits, Opened, Store},
    wake::Wake,
    words::Locale,
};

/// The end for all who are inside.
mod end;

/// Find by name, else create; safe when many race.
mod ensure;

/// From typed text to a room's name.
mod name;

pub use self::{
    end::{AskForLook, EndProblem, Ending},
    name::{NAME_MAX, NameProblem, RoomName, video_name},
};
pub use crate::store::{Attendee, Inside, Listed, Place, Room, Session};

/// How long SignalWire's word that a room exists is trusted.
const TRUSTED_MS: i64 = 24 * 60 * 60 * 1000;
/// Random bits of a room's key and of a session's id.
const KEY_BITS: usize = 128;
/// Rooms listed at most: autocompletion shows 25, and filters before it does.
const LISTED_MAX: i64 = 100;

/// The handle other steps hold. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    store: Store,
    clock: Clock,
    random: Random,
    limits: Limits,
    wake: Wake,
    ensuring: Arc<ensure::Ensuring>,
    /// Rooms being opened, by key.
    opening: Flights<String, Option<Session>>,
}

impl std::fmt::Debug for Rooms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rooms")
    }
}

/// Which room somebody means.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub place: Place,
    /// None: the channel's own room.
    pub name: Option<&'a RoomName>,
    /// What the channel is called now.
    pub channel_name: &'a str,
}

/// Who opens a room, and how.
#[derive(Debug, Clone)]
pub struct Opening {
    pub by: u64,
    pub by_name: String,
    pub topic: Option<String>,
    /// The guild's.
    pub locale: Locale,
}

/// Why no session can be opened now.
#[derive(Debug, thiserror::Error)]
pub enum OpenProblem {
    /// So many rooms are open in the guild as may be. Whoever is told of them must be allowed to see their channels.
    #[error("the guild has {} rooms open, its limit", rooms.len())]
    GuildLimit { rooms: Vec<Listed> },
    #[error("the person opened as many rooms as may be for now")]
    PersonLimit { opened: u32, per: std::time::Duration, again_at: i64 },
    #[error("the database does not do its part")]
    Store(#[from] sqlx::Error),
}

impl Wanted<'_> {
    /// Empty for the channel's own room, also when its name is typed.
    fn canonical(&self) -> &str {
        let typed = self.name.map(RoomName::canonical).unwrap_or_default();
        if typed == name::canonical(self.channel_name) { "" } else { typed }
    }

    fn title(&self) -> String {
        match self.name {
            Some(name) if !self.canonical().is_empty() => name.typed().to_owned(),
            _ => self.channel_name.to_owned(),
        }
    }
}

impl Room {
    /// Whether SignalWire may be taken to have the room.
    pub fn is_known(&self, now: i64) -> bool {
        self.ensured_at.is_some_and(|at| (at..at + TRUSTED_MS).contains(&now))
    }
}

impl Rooms {
    pub fn new(
        store: Store,
        signalwire: signalwire::Client,
        clock: Clock,
        random: Random,
        limits: Limits,
        wake: Wake,
    ) -> Self {
        let ensuring = ensure::Ensuring::new(store.clone(), signalwire, clock.clone(), limits.room_max_members);
        Self { store, clock, random, limits, wake, ensuring: Arc::new(ensuring), opening: Flights::default() }
    }

    /// The room meant, if anybody ever asked for it.
    pub async fn find(&self, wanted: Wanted<'_>) -> sqlx::Result<Option<Room>> {
        self.store.room_named(wanted.place, wanted.canonical()).await
    }

    /// The guild's rooms with a present session, fullest first.
    pub async fn in_guild(&self, guild_id: u64) -> sqlx::Result<Vec<Listed>> {
        self.store.rooms_present(guild_id, LISTED_MAX).await
    }

    pub async fn by_key(&self, key: &str) -> sqlx::Result<Option<Room>> {
        self.store.room(key).await
    }

    /// The room meant, with a row and under its present title. Asks no network. Refused when `by` may open no
    /// session of it now; a room with a present session is never refused.
    pub async fn prepare(&self, wanted: Wanted<'_>, by: u64) -> Result<Room, OpenProblem> {
        let found = self.find(wanted).await?;
        let present = match &found {
            Some(room) => self.store.present_session(&room.key).await?,
            None => None,
        };
        if present.is_none()
            && let Some(refused) =
                self.store.open_refused(wanted.place.guild_id, by, self.open_limits(self.clock.unix_ms())).await?
        {
            return Err(self.problem(wanted.place, refused).await?);
        }
        let title = wanted.title();
        match found {
            Some(room) if room.title == title => Ok(room),
            _ => Ok(self.store.keep_room(&self.new_room(wanted, title)).await?),
        }
    }

    /// `room` under its channel's present name, if it is the channel's own.
    pub async fn under_present_name(&self, room: Room, channel_name: &str) -> sqlx::Result<Room> {
        if !room.canonical.is_empty() || room.title == channel_name {
            return Ok(room);
        }
        self.store.keep_room(&Room { title: channel_name.to_owned(), ..room }).await
    }

    /// Makes sure that SignalWire has the room as we want it. Those who ask at once share one answer; a room it
    /// confirmed in the last 24 hours is not asked for again.
    pub async fn ensure(&self, room: &Room) -> Result<(), signalwire::Error> {
        self.ensuring.ensure(room).await
    }

    /// The same for a room that a join did not find, whatever was known of it.
    pub async fn ensure_anew(&self, room: &Room) -> Result<(), signalwire::Error> {
        self.ensuring.ensure_anew(room).await
    }

    /// SignalWire's room is no longer as we want it: it is corrected before it is used again.
    async fn unensured(&self, room: &Room) -> sqlx::Result<()> {
        self.ensuring.forget(room);
        self.store.room_unensured(&room.key).await
    }

    /// Whether somebody deleted the room at SignalWire. If so it is made again before it is used again.
    pub async fn is_deleted(&self, room: &Room) -> Result<bool, EndProblem> {
        let is_missing = self.ensuring.is_missing(room).await?;
        if is_missing {
            self.unensured(room).await?;
        }
        Ok(is_missing)
    }

    /// The room's present session, or a new one with its card wanted.
    pub async fn open(&self, room: &Room, opening: &Opening) -> Result<Session, OpenProblem> {
        let (rooms, alone) = (self.clone(), (room.clone(), opening.clone()));
        let first = async move { rooms.open_alone(&alone.0, &alone.1).await.ok() };
        // Many at once would queue at the database for the same row. What stopped one, a limit of theirs, may not
        // stop another.
        match self.opening.join(room.key.clone(), first).await {
            Some(session) => Ok(session),
            None => self.open_alone(room, opening).await,
        }
    }

    async fn open_alone(&self, room: &Room, opening: &Opening) -> Result<Session, OpenProblem> {
        let now = self.clock.unix_ms();
        let id = self.random.id(KEY_BITS);
        let new = NewSession {
            id: &id,
            room_key: &room.key,
            place: room.place,
            topic: opening.topic.as_deref(),
            locale: opening.locale.code(),
            opened_by: opening.by,
            opened_by_name: &opening.by_name,
            now,
        };
        match self.store.open_session(&new, self.open_limits(now)).await? {
            Opened::New(session) | Opened::Present(session) => {
                self.wake.session(&session.id, &room.key);
                Ok(session)
            }
            refused => Err(self.problem(room.place, refused).await?),
        }
    }

    pub async fn present(&self, room_key: &str) -> sqlx::Result<Option<Session>> {
        self.store.present_session(room_key).await
    }

    /// Who is inside, in the order they came; screens and devices too.
    pub async fn inside(&self, session_id: &str) -> sqlx::Result<Vec<Inside>> {
        self.store.inside(session_id).await
    }

    /// All people inside, in any room.
    pub async fn attendees(&self) -> sqlx::Result<Vec<Attendee>> {
        self.store.attendees().await
    }

    /// The channel's rooms, live ones first, then open ones, then the most recent.
    pub async fn in_channel(&self, channel_id: u64) -> sqlx::Result<Vec<Listed>> {
        self.store.rooms_in_channel(channel_id, LISTED_MAX).await
    }

    /// Rooms of the same name with a present session in the guild's other channels, fullest first. A channel's own
    /// room has no name to share.
    pub async fn same_name_elsewhere(&self, room: &Room) -> sqlx::Result<Vec<Listed>> {
        if room.canonical.is_empty() {
            return Ok(Vec::new());
        }
        self.store.rooms_named_elsewhere(room.place, &room.canonical, LISTED_MAX).await
    }

    /// What the channel's cards and lines look like has changed: they are looked at again.
    pub async fn redraw(&self, channel_id: u64) -> sqlx::Result<()> {
        for session in self.in_channel(channel_id).await?.into_iter().filter_map(|listed| listed.session) {
            self.wake.session(&session.id, &session.room_key);
        }
        Ok(())
    }

    fn new_room(&self, wanted: Wanted<'_>, title: String) -> Room {
        let (place, canonical) = (wanted.place, wanted.canonical());
        Room {
            key: self.random.id(KEY_BITS),
            place,
            canonical: canonical.to_owned(),
            title,
            video_name: video_name(place.guild_id, place.channel_id, canonical),
            video_room_id: None,
            ensured_at: None,
            created_at: self.clock.unix_ms(),
        }
    }

    fn open_limits(&self, now: i64) -> OpenLimits {
        let rate = self.limits.opens_per_user;
        OpenLimits {
            per_guild: self.limits.max_live_rooms_per_guild,
            per_user: rate.count,
            user_since: now - millis(rate.per),
        }
    }

    async fn problem(&self, place: Place, refused: Opened) -> sqlx::Result<OpenProblem> {
        let rate = self.limits.opens_per_user;
        Ok(match refused {
            Opened::UserFull { oldest } => {
                OpenProblem::PersonLimit { opened: rate.count, per: rate.per, again_at: oldest + millis(rate.per) }
            }
            _ => OpenProblem::GuildLimit { rooms: self.store.rooms_present(place.guild_id, LISTED_MAX).await? },
        })
    }
}

#[cfg(test)]
mod tests;
