//! Personal links: whoever opens one comes in as the person it was given to, once.
//!
//! In: a room and a person. Out: a [`Link`] whose secret stands in the fragment, which browsers send to nobody; it
//! is swapped by POST for a browser session. At rest only its SHA-256.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::guests::is_guest;
use crate::{
    clock::{Clock, millis},
    room::Room,
    secret::{self, Random},
    store::{NewTicket, Store, Ticket},
};

const JOIN_FOR: Duration = Duration::from_secs(10 * 60);
const HANDOFF_FOR: Duration = Duration::from_secs(2 * 60);
/// As long as the invitation itself.
pub const GUEST_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long the same browser is answered again, whose first answer was lost.
const REPEAT_FOR: Duration = Duration::from_secs(60);
const TICKET_BITS: usize = 128;
const SID_BITS: usize = 128;

/// Longer is none of ours; not worth hashing.
const TICKET_MAX: usize = 64;

/// As stored.
const GUEST: &str = "guest";

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketPurpose {
    /// Given in Discord to whom it names.
    Join,
    /// Taken from one browser to another.
    Handoff,
    /// Given to a guest by a moderator.
    Guest,
}

impl TicketPurpose {
    fn label(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Handoff => "handoff",
            Self::Guest => GUEST,
        }
    }

    fn lifetime(self) -> Duration {
        match self {
            Self::Join => JOIN_FOR,
            Self::Handoff => HANDOFF_FOR,
            Self::Guest => GUEST_FOR,
        }
    }
}

/// A personal link: a secret until it is used.
#[derive(Debug, Clone)]
pub struct Link {
    pub url: SecretString,
    /// Unix milliseconds.
    pub expires_at: i64,
}

/// Whom a ticket named, and the browser session it was swapped for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    pub room_key: String,
    pub user_id: u64,
    pub sid: String,
}

/// Why a ticket admits nobody.
#[derive(Debug, thiserror::Error)]
pub enum TicketProblem {
    #[error("the ticket was used")]
    Used,
    /// The same of a guest's, by whom: a browser that is theirs needs no other.
    #[error("the guest's ticket was used")]
    GuestUsed { room_key: String, user_id: u64 },
    #[error("the guest's ticket ran out")]
    GuestExpired,
    /// Also one that was never given, or so long ago that it is forgotten.
    #[error("the ticket ran out, or there never was such a ticket")]
    Expired,
    #[error("the database does not do its part")]
    Store(#[from] sqlx::Error),
}

/// Gives and takes tickets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tickets {
    store: Store,
    clock: Clock,
    random: Random,
    public_url: Url,
}

impl Tickets {
    pub fn new(store: Store, clock: Clock, random: Random, public_url: Url) -> Self {
        Self { store, clock, random, public_url }
    }

    /// A new link for this person into this room.
    pub async fn issue(&self, purpose: TicketPurpose, room: &Room, user_id: u64) -> sqlx::Result<Link> {
        let ticket = self.random.id(TICKET_BITS);
        let now = self.clock.unix_ms();
        let expires_at = now + millis(purpose.lifetime());
        let hash = hash(&ticket);
        let new = NewTicket { hash: &hash, purpose: purpose.label(), room_key: &room.key, user_id, now, expires_at };
        self.store.add_ticket(&new).await?;
        let mut url = self.public_url.clone();
        url.set_path(&format!("/{}/{}", if is_guest(user_id) { 'g' } else { 'r' }, room.key));
        url.set_fragment(Some(&format!("t={ticket}")));
        Ok(Link { url: String::from(url).into(), expires_at })
    }

    /// Swaps a ticket for a browser session, once. The browser that did it, known by its `nonce`, is given the same
    /// answer for another minute.
    pub async fn redeem(&self, ticket: &str, nonce: &str) -> Result<Redeemed, TicketProblem> {
        if ticket.len() > TICKET_MAX {
            return Err(TicketProblem::Expired);
        }
        let (hash, nonce) = (hash(ticket), secret::sha256_hex(nonce));
        let now = self.clock.unix_ms();
        let sid = self.random.id(SID_BITS);
        let used = self.store.use_ticket(&hash, &nonce, &sid, now, now - millis(REPEAT_FOR)).await?;
        match used {
            Some(ticket) => {
                Ok(Redeemed { room_key: ticket.room_key, user_id: ticket.user_id, sid: ticket.sid.unwrap_or(sid) })
            }
            None => Err(match self.store.ticket(&hash).await? {
                Some(Ticket { purpose, room_key, user_id, used_at: Some(_), .. }) if purpose == GUEST => {
                    TicketProblem::GuestUsed { room_key, user_id }
                }
                Some(ticket) if ticket.purpose == GUEST => TicketProblem::GuestExpired,
                Some(ticket) if ticket.used_at.is_some() => TicketProblem::Used,
                _ => TicketProblem::Expired,
            }),
        }
    }
}

fn hash(ticket: &str) -> String {
    secret::sha256_hex(format!("greenroom/ticket/v1/{ticket}"))
}
