//! One loaded page: what stays when its socket drops. The SDK comes back with the `protocol` it was given, and finds its calls.
//!
//! In come frames to send, from requests and from the room; out they go in one order over whichever socket is attached,
//! or wait, within bounds, for the next one.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::mpsc;

use super::super::media::Picture;
use super::super::state::Kind;
use super::super::token::Claims;
use crate::fault::hold;

/// Frames that wait for a socket that is slow. One that is slower still is given up.
const QUEUE: usize = 1024;
/// Frames that wait for the next socket; what is older is lost.
const BACKLOG: usize = 256;

/// A frame, and what faults know it by.
#[derive(Debug, Clone)]
pub struct Push {
    pub kind: String,
    pub frame: Value,
}

/// One call of a page: the person, or a screen share or second device beside it.
#[derive(Debug, Clone)]
pub struct Call {
    pub id: String,
    pub session_id: String,
    pub member_id: String,
    pub kind: Kind,
    /// The event types that the app listens to.
    pub subscribe: Vec<String>,
    /// The picture that the last layout told of.
    pub shown: Option<Picture>,
}

pub struct Page {
    pub protocol: String,
    state: Mutex<State>,
}

struct State {
    claims: Claims,
    calls: Vec<Call>,
    socket: Option<mpsc::Sender<Push>>,
    /// Counts the sockets, so that one that was replaced does not detach its successor.
    sockets: u64,
    detached_at: Option<Instant>,
    backlog: VecDeque<Push>,
    /// How many set-ups are under way; news of the room waits in `held` until they are through.
    setting_up: u32,
    held: Vec<Push>,
}

/// A socket's end of a page.
pub struct Attachment {
    pub number: u64,
    pub frames: mpsc::Receiver<Push>,
}

impl Page {
    pub fn new(protocol: String, claims: Claims) -> Page {
        let state = State {
            claims,
            calls: Vec::new(),
            socket: None,
            sockets: 0,
            detached_at: None,
            backlog: VecDeque::new(),
            setting_up: 0,
            held: Vec::new(),
        };
        Page { protocol, state: Mutex::new(state) }
    }

    pub fn claims(&self) -> Claims {
        hold(&self.state).claims.clone()
    }

    pub fn renew(&self, claims: Claims) {
        hold(&self.state).claims = claims;
    }

    /// Takes a new socket; an older one finds its queue closed. What waited goes first.
    pub fn attach(&self, greeting: Vec<Push>) -> Attachment {
        let (sender, frames) = mpsc::channel(QUEUE);
        let mut state = hold(&self.state);
        state.sockets += 1;
        state.detached_at = None;
        state.socket = Some(sender);
        let waiting = std::mem::take(&mut state.backlog);
        greeting.into_iter().chain(waiting).for_each(|push| state.send(push));
        Attachment { number: state.sockets, frames }
    }

    /// The socket of this number is gone. Whether it was the present one.
    pub fn detach(&self, number: u64) -> bool {
        let mut state = hold(&self.state);
        let present = state.sockets == number;
        if present {
            state.socket = None;
            state.detached_at = Some(Instant::now());
        }
        present
    }

    /// For how long the page has been without a socket, if the last one it had was this.
    pub fn detached_for(&self, number: u64) -> Option<Duration> {
        let state = hold(&self.state);
        state.detached_at.filter(|_| state.sockets == number).map(|at| at.elapsed())
    }

    /// An answer to a request, or part of setting a call up.
    pub fn push(&self, kind: &str, frame: Value) {
        hold(&self.state).send(Push { kind: kind.to_owned(), frame });
    }

    /// News of the room.
    pub fn tell(&self, kind: &str, frame: Value) {
        let push = Push { kind: kind.to_owned(), frame };
        let mut state = hold(&self.state);
        if state.setting_up > 0 && state.held.len() < BACKLOG {
            state.held.push(push);
        } else {
            state.send(push);
        }
    }

    /// Keeps news back until the guard is dropped: a browser that hears of a call's member before the call is answered
    /// does not know what it is told of.
    pub fn set_up(&self) -> SettingUp<'_> {
        hold(&self.state).setting_up += 1;
        SettingUp(self)
    }

    pub fn add_call(&self, call: Call) {
        hold(&self.state).calls.push(call);
    }

    pub fn take_call(&self, id: &str) -> Option<Call> {
        let mut state = hold(&self.state);
        let at = state.calls.iter().position(|call| call.id == id)?;
        Some(state.calls.remove(at))
    }

    pub fn call(&self, id: &str) -> Option<Call> {
        hold(&self.state).calls.iter().find(|call| call.id == id).cloned()
    }

    pub fn calls(&self) -> Vec<Call> {
        hold(&self.state).calls.clone()
    }

    /// The person's own call, not its screens and devices.
    pub fn person(&self) -> Option<Call> {
        hold(&self.state).calls.iter().find(|call| call.is_person()).cloned()
    }

    /// Remembers the picture a layout tells of. Whether it is another than before.
    pub fn shows(&self, call: &str, picture: &Picture) -> bool {
        let mut state = hold(&self.state);
        let Some(call) = state.calls.iter_mut().find(|known| known.id == call) else { return false };
        let other = call.shown.as_ref() != Some(picture);
        call.shown = Some(picture.clone());
        other
    }
}

impl Call {
    pub fn is_person(&self) -> bool {
        matches!(self.kind, Kind::Member | Kind::Audience)
    }
}

impl State {
    fn send(&mut self, push: Push) {
        let unsent = match &self.socket {
            Some(socket) => match socket.try_send(push) {
                Ok(()) => None,
                Err(mpsc::error::TrySendError::Full(push) | mpsc::error::TrySendError::Closed(push)) => Some(push),
            },
            None => Some(push),
        };
        if let Some(push) = unsent {
            // Its loop sees the queue closed and ends; the SDK then opens another.
            self.socket = None;
            if self.backlog.len() == BACKLOG {
                self.backlog.pop_front();
            }
            self.backlog.push_back(push);
        }
    }
}

/// See [`Page::set_up`].
pub struct SettingUp<'a>(&'a Page);

impl Drop for SettingUp<'_> {
    fn drop(&mut self) {
        let mut state = hold(&self.0.state);
        state.setting_up -= 1;
        if state.setting_up == 0 {
            std::mem::take(&mut state.held).into_iter().for_each(|push| state.send(push));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page() -> Page {
        Page::new("signalwire_x_y_z".to_owned(), Claims::default())
    }

    fn received(attachment: &mut Attachment) -> Vec<String> {
        std::iter::from_fn(|| attachment.frames.try_recv().ok()).map(|push| push.kind).collect()
    }

    #[test]
    fn frames_wait_for_the_next_socket_and_the_oldest_give_way() {
        let page = page();
        (0..BACKLOG + 2).for_each(|number| page.push(&number.to_string(), json!({})));
        let mut socket = page.attach(vec![Push { kind: "greeting".to_owned(), frame: json!({}) }]);
        let received = received(&mut socket);
        assert_eq!(received.len(), BACKLOG + 1);
        assert_eq!(received[..2], ["greeting", "2"]);
    }

    #[test]
    fn a_replaced_socket_is_closed_and_does_not_detach_its_successor() {
        let page = page();
        let mut first = page.attach(vec![]);
        let mut second = page.attach(vec![]);
        assert!(matches!(first.frames.try_recv(), Err(mpsc::error::TryRecvError::Disconnected)));
        assert!(!page.detach(first.number));
        page.push("news", json!({}));
        assert_eq!(received(&mut second), ["news"]);
        assert!(page.detached_for(second.number).is_none());
        assert!(page.detach(second.number));
        assert!(page.detached_for(second.number).is_some());
    }

    #[test]
    fn news_of_the_room_waits_while_a_call_is_set_up() {
        let page = page();
        let mut socket = page.attach(vec![]);
        let setting_up = page.set_up();
        page.tell("video.member.joined", json!({}));
        page.push("verto.answer", json!({}));
        assert_eq!(received(&mut socket), ["verto.answer"]);
        drop(setting_up);
        assert_eq!(received(&mut socket), ["video.member.joined"]);
    }

    #[test]
    fn a_socket_that_is_too_slow_is_given_up() {
        let page = page();
        let mut socket = page.attach(vec![]);
        (0..=QUEUE).for_each(|number| page.push(&number.to_string(), json!({})));
        assert_eq!(received(&mut socket).len(), QUEUE);
        assert!(socket.frames.is_closed());
    }
}
