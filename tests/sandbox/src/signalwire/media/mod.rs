//! Real media for the browser SDK: a small forwarding server (SFU) on `str0m`, on the loopback interface.
//! In come WebRTC offers and who is in which room; out go answers, and to each browser one picture and one voice.

/// Who sees and hears whom.
mod cast;

/// Pre-encoded pictures.
mod film;

/// Time stamps of an outgoing stream.
mod rebase;

/// Who talks.
mod talk;

/// Session descriptions, as text.
mod sdp;

/// One outgoing stream.
mod lane;

/// One call's transport.
mod peer;

/// Where packets come and go.
mod sockets;

/// The task that drives them all.
mod engine;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use self::cast::Cast;
pub use self::cast::{Picture, Seat};
use self::engine::{Command, Engine};
pub use self::film::{Film, ROBOT};
use self::sockets::Sockets;

/// Commands that may wait for the engine; who has more waits.
const COMMANDS: usize = 64;

/// The handle. When its last clone is dropped the engine closes every transport and ends.
#[derive(Clone)]
pub struct Media {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub struct Answer {
    pub sdp: String,
    pub transport: Transport,
    /// Whether the browser sends this, for its [`Seat`].
    pub sends_audio: bool,
    pub sends_video: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    New,
    /// The offer was for the transport that the call already had: an ICE restart, or other directions.
    Kept,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    #[error("the session description is of no use: {0}")]
    Description(String),
    #[error("too many calls at once")]
    Full,
    #[error("the media engine has ended")]
    Ended,
}

impl Media {
    /// Binds a port of the system's choice on 127.0.0.1. `for_firefox`: and one at this machine's own address, because
    /// Firefox tries no way from its own address to a loopback one (`nr_ice_component_can_candidate_addr_pair`).
    pub async fn start(for_firefox: bool) -> std::io::Result<Media> {
        let own = for_firefox.then(sockets::own_address).flatten();
        let sockets = Sockets::bind([IpAddr::V4(Ipv4Addr::LOCALHOST)].into_iter().chain(own)).await?;
        let shared = Arc::new(Shared { cast: Mutex::default(), changes: watch::Sender::new(0) });
        let (commands, receiver) = mpsc::channel(COMMANDS);
        tokio::spawn(Engine::new(sockets, shared.clone()).run(receiver));
        Ok(Media { commands, shared })
    }

    /// Answers an offer for a call: a new transport, or new directions or an ICE restart on the one it has.
    /// Nothing flows until a [`Seat`] names this call.
    pub async fn offer(&self, call: &str, sdp: &str) -> Result<Answer, Refused> {
        let (reply, answer) = oneshot::channel();
        let (call, sdp) = (call.to_owned(), sdp.to_owned());
        self.commands.send(Command::Offer { call, sdp, reply }).await.map_err(|_| Refused::Ended)?;
        answer.await.map_err(|_| Refused::Ended)?
    }

    pub async fn hang_up(&self, call: &str) {
        // An engine that has ended has no calls left to end.
        let _ = self.commands.send(Command::HangUp { call: call.to_owned() }).await;
    }

    /// The way between this member and us breaks: whatever his browser sends is lost, and nothing reaches it, not even
    /// a goodbye. Whether he has one.
    pub async fn lose(&self, member: &str) -> bool {
        let call = self.shared.cast().find(member).and_then(|seat| seat.call.clone());
        match call {
            Some(call) => self.commands.send(Command::Lose { call }).await.is_ok(),
            None => false,
        }
    }

    /// How long nothing came from this call's browser; none: it has no transport (any more).
    pub async fn silent_for(&self, call: &str) -> Option<Duration> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command::SilentFor { call: call.to_owned(), reply }).await.ok()?;
        answer.await.ok()?
    }

    /// Takes a seat in a room session: from now on this member sees, and is seen once his offer is answered.
    pub fn seat(&self, seat: Seat) {
        self.shared.cast().seat(seat);
        self.shared.tell();
    }

    pub fn unseat(&self, member: &str) {
        if self.shared.cast().unseat(member) {
            self.shared.tell();
        }
    }

    pub fn is_seated(&self, member: &str) -> bool {
        self.shared.cast().find(member).is_some()
    }

    /// Changes what a member may be seen and heard with. Nobody of that id: nothing happens.
    pub fn change(&self, member: &str, change: impl FnOnce(&mut Seat)) {
        self.shared.change(member, change);
    }

    pub fn picture_for(&self, viewer: &str) -> Picture {
        self.shared.cast().picture_for(viewer)
    }

    /// Everybody's member id and whether he makes noise at the moment.
    pub fn voices(&self) -> Vec<(String, bool)> {
        let cast = self.shared.cast();
        cast.seats().iter().map(|seat| (seat.member.clone(), seat.talking && !seat.audio_muted)).collect()
    }

    /// Wakes whenever an answer of `picture_for` or `voices` may have changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }
}

/// What the engine and its handles share.
struct Shared {
    cast: Mutex<Cast>,
    changes: watch::Sender<u64>,
}

impl Shared {
    fn cast(&self) -> MutexGuard<'_, Cast> {
        self.cast.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, member: &str, change: impl FnOnce(&mut Seat)) {
        let seated = self.cast().find_mut(member).map(change).is_some();
        if seated {
            self.tell();
        }
    }

    fn bring_forward(&self, member: &str) {
        if self.cast().bring_forward(member) {
            self.tell();
        }
    }

    fn tell(&self) {
        self.changes.send_modify(|version| *version += 1);
    }
}
