//! `/room guest`: a moderator lets in one named person without a Discord account, by a link of their own.
//! `/room guests`: who is let in that way, and a menu that takes an invitation back.

use super::{
    Commands, Step, Stop,
    ask::Ask,
    reply::{Denial, ENTRIES_MAX, Invited, Refusal},
};
use crate::{
    access::{Facts, GUEST_FOR, Role, TicketPurpose, new_guest_id},
    clock::millis,
    room::Listed,
    store::Guest,
};

impl Commands {
    pub(super) async fn invite(
        &self,
        ask: &Ask,
        name: &str,
        typed: Option<&str>,
        role: Role,
        facts: Facts,
    ) -> Result<Step, Stop> {
        let Listed { room, session, .. } = self.meant(ask, typed).await?;
        self.moderates(&room, session.as_ref(), facts).await?;
        if !self.store.guild_settings(ask.guild_id).await?.guests {
            return Err(Refusal::Staff(Denial::GuestsOff).into());
        }
        let now = self.clock.unix_ms();
        let guest = Guest {
            id: new_guest_id(&self.random),
            room_key: room.key.clone(),
            place: room.place,
            // In the server's language, as everything that all of them see.
            name: self.words.say(ask.guild_locale(), "guest-name", &[("name", name.into())]),
            role: role.as_str().to_owned(),
            invited_by: ask.user_id,
            invited_at: now,
            expires_at: now + millis(GUEST_FOR),
        };
        if !self.store.add_guest(&guest, ENTRIES_MAX).await? {
            // As many as the list can show.
            return Err(Refusal::Staff(Denial::TooManyGuests { channel_id: ask.channel_id, max: ENTRIES_MAX }).into());
        }
        let link = self.tickets.issue(TicketPurpose::Guest, &room, guest.id).await?;
        tracing::info!(room.key = room.key, user.id = guest.id, by.id = ask.user_id, %role, "a guest was invited");
        Ok(Step::Said(self.speak(ask, |speaker| speaker.guest_invited(&room.title, &guest, &link))))
    }

    pub(super) async fn guests(&self, ask: &Ask, facts: &Facts) -> Result<Step, Stop> {
        let invited = self.invited_here(ask, facts).await?;
        Ok(Step::Said(self.speak(ask, |speaker| speaker.guests(ask.channel_id, &invited))))
    }

    /// Takes an invitation back. Whoever is inside by it is put out, as everybody who loses access is.
    pub(super) async fn revoke(&self, ask: &Ask, guest_id: u64, facts: Facts) -> Result<Step, Stop> {
        let known = self.store.guest(guest_id).await?;
        // Button and menu stand in the room's channel, so a press elsewhere is forged.
        let guest = known.filter(|guest| guest.place == ask.place()).ok_or(Refusal::Staff(Denial::NoSuchGuest))?;
        let room = self.rooms.by_key(&guest.room_key).await?.ok_or(Refusal::UnknownRoom)?;
        let present = self.rooms.present(&room.key).await?;
        self.moderates(&room, present.as_ref(), facts.clone()).await?;
        if self.store.revoke_guest(guest.id, self.clock.unix_ms()).await? {
            self.membership.guest_changed(guest.place.guild_id, Some(guest.id));
            tracing::info!(
                room.key = room.key,
                user.id = guest.id,
                by.id = ask.user_id,
                "an invitation was taken back"
            );
        }
        let others = self.invited_here(ask, &facts).await?;
        Ok(Step::Said(
            self.speak(ask, |speaker| speaker.guest_revoked(&room.title, &guest.name, ask.channel_id, &others)),
        ))
    }

    /// The channel's guests, as far as the person moderates their rooms.
    async fn invited_here(&self, ask: &Ask, facts: &Facts) -> Result<Vec<Invited>, Stop> {
        let mut invited = Vec::new();
        for guest in self.store.guests_in_channel(ask.channel_id, self.clock.unix_ms()).await? {
            let Some(room) = self.rooms.by_key(&guest.room_key).await? else { continue };
            let present = self.rooms.present(&room.key).await?;
            if self.decide(facts.clone(), present.as_ref()).await?.role == Some(Role::Moderator) {
                invited.push(Invited { title: room.title, guest });
            }
        }
        Ok(invited)
    }
}
