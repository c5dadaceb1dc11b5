//! Guests: people without a Discord account, whom a moderator let into one room by name.
//!
//! In: our own tables, which say of them what Discord says of others. Out: [`Facts`], so that everything that is
//! decided about people is decided about guests too. Where others have a Discord user's id, they have one of ours.

use super::facts::{Facts, Invitation, Person};
use crate::{clock::Clock, role::Role, room::Place, secret::Random, store::Store};

/// From here on ids are guests'. Discord's stay below until 2084.
const FIRST_ID: u64 = 1 << 63;

pub fn is_guest(user_id: u64) -> bool {
    user_id >= FIRST_ID
}

/// An id for one more guest. Others in the room can read it; it opens nothing.
pub fn new_guest_id(random: &Random) -> u64 {
    u64::from_be_bytes(random.bytes()) | FIRST_ID
}

/// What is known of a guest in a place, now.
pub(super) async fn facts(store: &Store, clock: &Clock, guest_id: u64, place: Place) -> sqlx::Result<Facts> {
    let nobody = Facts { invitation: Some(Invitation::Over), ..Facts::stranger(guest_id) };
    let Some(guest) = store.guest(guest_id).await?.filter(|guest| guest.place == place) else { return Ok(nobody) };
    let lasts = clock.unix_ms() < guest.expires_at && store.guild_settings(place.guild_id).await?.guests;
    let role = if guest.role == Role::Member.as_str() { Role::Member } else { Role::Audience };
    Ok(Facts {
        person: Person { user_id: guest_id, name: guest.name, picture: None },
        invitation: Some(if lasts { Invitation::Good { role, until: guest.expires_at } } else { Invitation::Over }),
        ..nobody
    })
}
