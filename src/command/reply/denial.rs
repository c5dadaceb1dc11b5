//! What moderators and admins are told when something is not done for them. Pure, as the rest of the answers.

use super::{Field, Speaker, channel};
use crate::words;

/// Rooms that are named when somebody has to choose.
const NAMED: usize = 10;

/// Why something is not done for a moderator or an admin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    NotStaff,
    NotAdmin,
    /// Only who may manage the server lets guests in.
    NotTheServers,
    NotModerator {
        title: String,
    },
    /// Guests are off in this server.
    GuestsOff,
    TooManyGuests {
        channel_id: u64,
        max: usize,
    },
    /// Of an invitation that is forgotten.
    NoSuchGuest,
    /// Answered before, or too late.
    KnockOver,
    NothingOpen {
        channel_id: u64,
    },
    WhichRoom {
        titles: Vec<String>,
    },
    NotOpen {
        title: String,
    },
    /// Nobody removed them from the present session.
    NotRemoved {
        user_id: u64,
        title: String,
    },
    NobodyInside {
        title: String,
    },
    /// The video service does not do it.
    NotEnded {
        title: String,
    },
    Setting {
        field: Field,
        typed: String,
    },
}

impl Denial {
    /// For counting.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotStaff => "not_staff",
            Self::NotAdmin => "not_admin",
            Self::NotTheServers => "not_the_servers",
            Self::NotModerator { .. } => "not_moderator",
            Self::GuestsOff => "guests_off",
            Self::TooManyGuests { .. } => "too_many_guests",
            Self::NoSuchGuest => "no_such_guest",
            Self::KnockOver => "knock_over",
            Self::NothingOpen { .. } => "nothing_open",
            Self::WhichRoom { .. } => "which_room",
            Self::NotOpen { .. } => "not_open",
            Self::NotRemoved { .. } => "not_removed",
            Self::NobodyInside { .. } => "nobody_inside",
            Self::NotEnded { .. } => "not_ended",
            Self::Setting { .. } => "setting",
        }
    }
}

impl Speaker<'_> {
    pub(super) fn deny(&self, denial: &Denial) -> String {
        let of_room = |id, title: &str| self.say(id, &[("room", words::name(title).into())]);
        match denial {
            Denial::NotStaff => self.say("deny-not-staff", &[]),
            Denial::NotAdmin => self.say("deny-not-admin", &[]),
            Denial::NotTheServers => self.say("deny-not-the-servers", &[]),
            Denial::NotModerator { title } => of_room("deny-not-moderator", title),
            Denial::GuestsOff => self.say("deny-guests-off", &[]),
            Denial::TooManyGuests { channel_id, max } => {
                self.say("deny-too-many-guests", &[("channel", channel(*channel_id)), ("max", (*max).into())])
            }
            Denial::NoSuchGuest => self.say("deny-no-such-guest", &[]),
            Denial::KnockOver => self.say("deny-knock-over", &[]),
            Denial::NothingOpen { channel_id } => self.say("deny-nothing-open", &[("channel", channel(*channel_id))]),
            Denial::WhichRoom { titles } => {
                let named: Vec<String> =
                    titles.iter().take(NAMED).map(|title| format!("**{}**", words::name(title))).collect();
                let rooms = self.words.list(self.locale, &named, titles.len() - named.len());
                self.say("deny-which-room", &[("rooms", rooms.into())])
            }
            Denial::NotOpen { title } => of_room("deny-not-open", title),
            Denial::NotRemoved { user_id, title } => self.of_somebody("deny-not-removed", *user_id, title),
            Denial::NobodyInside { title } => of_room("deny-nobody-inside", title),
            Denial::NotEnded { title } => of_room("deny-not-ended", title),
            Denial::Setting { field, typed } => {
                let (field, takes) = (self.say(field.label(), &[]), self.say(&format!("{}-hint", field.label()), &[]));
                let args = [("typed", words::name(typed).into()), ("field", field.into()), ("takes", takes.into())];
                self.say("deny-setting", &args)
            }
        }
    }

    pub(super) fn of_somebody(&self, id: &str, user_id: u64, title: &str) -> String {
        // Nobody is told of a mention that is not allowed, and it shows the name this server knows.
        self.say(id, &[("name", format!("<@{user_id}>").into()), ("room", words::name(title).into())])
    }
}
