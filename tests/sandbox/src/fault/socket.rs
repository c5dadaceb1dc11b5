//! Damage to the frames a stand-in pushes over a socket.

use tokio::sync::broadcast;

use super::{Faults, Rule};

/// What happens to one pushed frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketFault {
    /// The connection closes instead, without a closing handshake.
    Drop,
    /// The connection stays open, but nothing is sent on it any more: no frame, no ping, no answer.
    Silence,
    /// Sent twice.
    Duplicate,
    /// Sent after the frame that follows it.
    Reorder,
    /// Not sent, and never again.
    Lose,
}

#[derive(Clone, Debug)]
struct Kind {
    socket: String,
    starts_with: String,
}

#[derive(Default)]
pub(super) struct SocketRules(Vec<Rule<Kind, SocketFault>>);

impl SocketRules {
    pub fn add(&mut self, socket: &str, kind: &str, fault: SocketFault, left: Option<u32>) {
        let at = Kind { socket: socket.to_owned(), starts_with: kind.to_owned() };
        self.0.push(Rule { at, what: fault, left });
    }

    pub fn take(&mut self, socket: &str, kind: &str) -> Option<SocketFault> {
        let rule = self.0.iter_mut().find(|rule| rule.at.socket == socket && kind.starts_with(&rule.at.starts_with))?;
        let fault = rule.spend();
        self.0.retain(|rule| !rule.is_spent());
        Some(fault)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// What to do with the connection, having handed a frame to its [`Line`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<Frame> {
    /// Send these, in this order.
    Send(Vec<Frame>),
    /// Do not send it, and never again.
    Lost,
    /// Close the connection at once. What was to be sent was not.
    Close,
}

/// The outgoing side of one connection: hand it each frame, send what comes back.
pub struct Line<Frame> {
    faults: Faults,
    socket: String,
    held_back: Option<Frame>,
    silent: bool,
}

impl<Frame: Clone> Line<Frame> {
    pub(super) fn new(faults: Faults, socket: &str) -> Self {
        Self { faults, socket: socket.to_owned(), held_back: None, silent: false }
    }

    /// A pushed event of this kind.
    pub fn push(&mut self, kind: &str, frame: Frame) -> Outcome<Frame> {
        if self.silent {
            return Outcome::Send(vec![]);
        }
        let fault = self.faults.socket_fault(&self.socket, kind);
        let mut frames = match fault {
            None => vec![frame],
            Some(SocketFault::Duplicate) => vec![frame.clone(), frame],
            Some(SocketFault::Lose) => return Outcome::Lost,
            Some(SocketFault::Drop) => return Outcome::Close,
            Some(SocketFault::Silence) => {
                self.silent = true;
                vec![]
            }
            Some(SocketFault::Reorder) => {
                let earlier = self.held_back.replace(frame);
                return Outcome::Send(earlier.into_iter().collect());
            }
        };
        if !self.silent {
            frames.extend(self.held_back.take());
        }
        Outcome::Send(frames)
    }
}

/// Hears [`Faults::cut`].
pub struct Cuts {
    socket: String,
    cuts: broadcast::Receiver<String>,
}

impl Cuts {
    pub(super) fn new(socket: &str, cuts: broadcast::Receiver<String>) -> Self {
        Self { socket: socket.to_owned(), cuts }
    }

    /// Ends when this connection is to close. Safe to drop and call again.
    pub async fn cut(&mut self) {
        loop {
            match self.cuts.recv().await {
                Ok(socket) if socket != self.socket => {}
                // Cut, or so far behind that a cut may be among what was missed.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                // No switches any more: nobody will ever cut it.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
