//! SignalWire is made to have a room: found by name, else created, corrected when different.

use std::time::Duration;

use quick_cache::sync::Cache;
use serde_json::json;

use super::Room;
use crate::{
    clock::Clock,
    flight::Flights,
    signalwire::{self, NewRoom, RoomPatch},
    store::Store,
    telemetry,
};

/// Rooms whose last confirmation is remembered in memory, over and above the database's.
const REMEMBERED: usize = 4096;
/// Joins that find a room missing may be many and may be wrong: SignalWire is asked again this often at most.
const ANEW: Duration = Duration::from_secs(10);
/// Characters of SignalWire's `display_name`.
const DISPLAY_NAME_MAX: usize = 200;

/// What had to be done for SignalWire to have a room.
#[derive(Debug, Clone, Copy)]
enum Done {
    Found,
    Created,
    Corrected,
}

impl Done {
    /// As counted.
    fn code(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Created => "created",
            Self::Corrected => "corrected",
        }
    }
}

pub(super) struct Ensuring {
    store: Store,
    signalwire: signalwire::Client,
    clock: Clock,
    max_members: u32,
    flights: Flights<String, Result<(), signalwire::Error>>,
    /// When (monotonic) SignalWire last confirmed a room.
    confirmed: std::sync::Arc<Cache<String, Duration>>,
}

impl std::fmt::Debug for Ensuring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ensuring")
    }
}

impl Ensuring {
    pub fn new(store: Store, signalwire: signalwire::Client, clock: Clock, max_members: u32) -> Self {
        let confirmed = std::sync::Arc::new(Cache::new(REMEMBERED));
        Self { store, signalwire, clock, max_members, flights: Flights::default(), confirmed }
    }

    pub async fn ensure(&self, room: &Room) -> Result<(), signalwire::Error> {
        if room.is_known(self.clock.unix_ms()) {
            telemetry::room_ensured("known");
            return Ok(());
        }
        // The row may be older than the answer that others just waited for.
        self.ensure_anew(room).await
    }

    pub async fn ensure_anew(&self, room: &Room) -> Result<(), signalwire::Error> {
        if self.confirmed_within(room, ANEW) {
            telemetry::room_ensured("known");
            return Ok(());
        }
        self.ask(room).await
    }

    /// Whether SignalWire has no such room.
    pub async fn is_missing(&self, room: &Room) -> Result<bool, signalwire::Error> {
        Ok(self.signalwire.room_by_name(&room.video_name).await?.is_none())
    }

    /// What was confirmed is no longer so.
    pub fn forget(&self, room: &Room) {
        self.confirmed.remove(&room.video_name);
    }

    fn confirmed_within(&self, room: &Room, age: Duration) -> bool {
        self.confirmed.get(&room.video_name).is_some_and(|at| self.clock.monotonic().saturating_sub(at) < age)
    }

    async fn ask(&self, room: &Room) -> Result<(), signalwire::Error> {
        let wanted = self.wanted(room);
        let (signalwire, store, clock) = (self.signalwire.clone(), self.store.clone(), self.clock.clone());
        let (confirmed, key) = (self.confirmed.clone(), room.key.clone());
        let flight = async move {
            let ensured = as_wanted(&signalwire, &wanted).await;
            telemetry::room_ensured(ensured.as_ref().map_or("failed", |(_, done)| done.code()));
            let (have, _) = ensured?;
            confirmed.insert(wanted.name.clone(), clock.monotonic());
            if let Err(error) = store.room_ensured(&key, &have.id, clock.unix_ms()).await {
                // The room is there; not remembering it costs one question more.
                tracing::warn!(room.key = key, %error, "a room's confirmation was not written down");
            }
            Ok(())
        };
        self.flights.join(room.video_name.clone(), flight).await
    }

    fn wanted(&self, room: &Room) -> NewRoom {
        NewRoom {
            name: room.video_name.clone(),
            display_name: room.title.chars().take(DISPLAY_NAME_MAX).collect(),
            max_members: self.max_members,
            record_on_start: false,
            enable_room_previews: false,
            // As strings: browsers' numbers can't hold a Discord id.
            meta: json!({ "guild": room.place.guild_id.to_string(), "channel": room.place.channel_id.to_string() }),
        }
    }
}

/// The room as it is to be, and what that took.
async fn as_wanted(
    signalwire: &signalwire::Client,
    wanted: &NewRoom,
) -> Result<(signalwire::Room, Done), signalwire::Error> {
    let (have, done) = find_or_create(signalwire, wanted).await?;
    match difference(&have, wanted) {
        None => Ok((have, done)),
        Some(patch) => Ok((signalwire.update_room(&have.id, &patch).await?, Done::Corrected)),
    }
}

async fn find_or_create(
    signalwire: &signalwire::Client,
    wanted: &NewRoom,
) -> Result<(signalwire::Room, Done), signalwire::Error> {
    if let Some(room) = signalwire.room_by_name(&wanted.name).await? {
        return Ok((room, Done::Found));
    }
    match signalwire.create_room(wanted).await {
        Ok(room) => Ok((room, Done::Created)),
        // The name was taken meanwhile, by another instance or by our own try whose answer was lost.
        Err(error @ signalwire::Error::Invalid { .. }) => {
            let room = signalwire.room_by_name(&wanted.name).await?.ok_or(error)?;
            Ok((room, Done::Found))
        }
        Err(error) => Err(error),
    }
}

/// What has to change in the room SignalWire has. An instant at which all are put out is left over from an earlier
/// "end for all" and would put out whoever comes next.
fn difference(have: &signalwire::Room, wanted: &NewRoom) -> Option<RoomPatch> {
    let same = have.display_name.as_deref() == Some(&wanted.display_name)
        && have.max_members == wanted.max_members
        && have.record_on_start == wanted.record_on_start
        && have.enable_room_previews.unwrap_or(false) == wanted.enable_room_previews
        && have.meta == wanted.meta
        && have.remove_at.is_none();
    (!same).then(|| RoomPatch {
        display_name: Some(wanted.display_name.clone()),
        max_members: Some(wanted.max_members),
        record_on_start: Some(wanted.record_on_start),
        enable_room_previews: Some(wanted.enable_room_previews),
        meta: Some(wanted.meta.clone()),
        remove_at: have.remove_at.as_ref().map(|_| signalwire::RemoveAt::Never),
    })
}
