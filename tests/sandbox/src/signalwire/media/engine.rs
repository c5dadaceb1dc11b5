//! The forwarding engine: one task and its sockets for all calls of all rooms. In come offers, packets
//! and changes of the cast; out go answers and packets. Runs on real time, as media must.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::Input;
use str0m::crypto::CryptoProvider;
use str0m::media::MediaKind;
use str0m::net::{Protocol, Receive};
use tokio::sync::{mpsc, oneshot};

use super::cast::{Picture, Seat};
use super::film::CAMERA_OFF;
use super::lane::Source;
use super::peer::{Out, Peer};
use super::sockets::Sockets;
use super::talk::Heard;
use super::{Answer, Refused, Shared, Transport, sdp};

/// More calls than this at one time are refused: it is a stand-in for a person or a test, not a service.
const MAX_CALLS: usize = 256;
/// Larger offers are no offers of a browser.
const MAX_OFFER: usize = 64 * 1024;
const HOUSEKEEPING: Duration = Duration::from_millis(500);
/// So many packets are taken in a row before time and commands have their turn.
const PACKETS_IN_A_ROW: usize = 64;

pub enum Command {
    Offer { call: String, sdp: String, reply: oneshot::Sender<Result<Answer, Refused>> },
    HangUp { call: String },
    Lose { call: String },
    SilentFor { call: String, reply: oneshot::Sender<Option<Duration>> },
}

pub struct Engine {
    sockets: Sockets,
    addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
    crypto: Arc<CryptoProvider>,
    peers: Vec<Peer>,
    /// Who has something to pass on, and what.
    queue: VecDeque<(usize, Out)>,
    housekeeping: Instant,
}

impl Engine {
    pub fn new(sockets: Sockets, shared: Arc<Shared>) -> Engine {
        let (crypto, addresses) = (Arc::new(str0m::crypto::from_feature_flags()), sockets.addresses());
        Engine {
            sockets,
            addresses,
            shared,
            crypto,
            peers: Vec::new(),
            queue: VecDeque::new(),
            housekeeping: Instant::now(),
        }
    }

    /// Until the last handle is dropped.
    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut changes = self.shared.changes.subscribe();
        let mut buffer = vec![0; 2048];
        loop {
            let wake =
                self.peers.iter().map(Peer::next).min().map_or(self.housekeeping, |at| at.min(self.housekeeping));
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.command(command),
                    None => break,
                },
                _ = changes.changed() => {}
                (length, from, to) = self.sockets.receive(&mut buffer) => {
                    self.packet(&buffer[..length], from, to);
                    self.more_packets(&mut buffer);
                }
                () = tokio::time::sleep_until(wake.into()) => self.tick(),
            }
            if changes.has_changed().unwrap_or(false) {
                changes.mark_unchanged();
            }
            self.route();
            self.pass_on();
            self.bury();
        }
        self.peers.iter_mut().for_each(|peer| peer.close(&self.sockets));
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Offer { call, sdp, reply } => {
                // Nobody waits any more: the socket went away meanwhile.
                let _ = reply.send(self.offer(call, &sdp));
            }
            Command::HangUp { call } => {
                if let Some(at) = self.find(&call) {
                    self.peers[at].close(&self.sockets);
                    self.queue.clear();
                    self.peers.remove(at);
                }
            }
            Command::Lose { call } => {
                if let Some(at) = self.find(&call) {
                    self.queue.clear();
                    self.peers.remove(at);
                }
            }
            Command::SilentFor { call, reply } => {
                let _ = reply.send(self.find(&call).map(|at| self.peers[at].heard.elapsed()));
            }
        }
    }

    fn offer(&mut self, call: String, offer: &str) -> Result<Answer, Refused> {
        if offer.len() > MAX_OFFER {
            return Err(Refused::Description("the offer is too long".to_owned()));
        }
        let known = self.find(&call);
        if let Some(at) = known.filter(|at| Some(self.peers[*at].fingerprint.as_str()) == sdp::fingerprint(offer)) {
            let (answer, outs) = self.peers[at].answer(offer, &self.sockets)?;
            self.note(at, outs);
            return Ok(self.answer(at, answer, Transport::Kept));
        }
        if known.is_none() && self.peers.len() >= MAX_CALLS {
            return Err(Refused::Full);
        }
        let mut peer = Peer::new(call, &self.addresses, self.crypto.clone())?;
        let (answer, outs) = peer.answer(offer, &self.sockets)?;
        let at = match known {
            Some(at) => {
                self.peers[at].close(&self.sockets);
                self.peers[at] = peer;
                at
            }
            None => {
                self.peers.push(peer);
                self.peers.len() - 1
            }
        };
        self.note(at, outs);
        Ok(self.answer(at, answer, Transport::New))
    }

    fn answer(&self, at: usize, sdp: String, transport: Transport) -> Answer {
        let peer = &self.peers[at];
        let (sends_audio, sends_video) = (peer.receives(MediaKind::Audio), peer.receives(MediaKind::Video));
        Answer { sdp, transport, sends_audio, sends_video }
    }

    fn packet(&mut self, bytes: &[u8], from: SocketAddr, to: SocketAddr) {
        let Ok(receive) = Receive::new(Protocol::Udp, from, to, bytes) else { return };
        let input = Input::Receive(Instant::now(), receive);
        // The newest first: an address may have been another call's a while ago.
        let Some(at) = self.peers.iter().rposition(|peer| peer.accepts(&input)) else { return };
        let outs = self.peers[at].packet(input, &self.sockets);
        self.note(at, outs);
    }

    fn more_packets(&mut self, buffer: &mut [u8]) {
        for _ in 0..PACKETS_IN_A_ROW {
            let Some((length, from, to)) = self.sockets.try_receive(buffer) else { return };
            self.packet(&buffer[..length], from, to);
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        for at in 0..self.peers.len() {
            if self.peers[at].next() <= now {
                let outs = self.peers[at].tick(now, &self.sockets);
                self.note(at, outs);
            }
        }
        if self.housekeeping <= now {
            self.housekeeping = now + HOUSEKEEPING;
            for at in 0..self.peers.len() {
                let heard = self.peers[at].talk.look(now);
                self.talk(at, heard);
            }
        }
    }

    /// Gives every peer the sources that the cast says it should have.
    fn route(&mut self) {
        let now = Instant::now();
        let mut wanted = Vec::new();
        {
            let cast = self.shared.cast();
            for peer in &mut self.peers {
                let Some(me) = cast.by_call(&peer.call) else { continue };
                let picture = match cast.picture_for(&me.member) {
                    Picture::CameraOff(_) => Source::Film(CAMERA_OFF.clone()),
                    Picture::Of(member) => source(cast.find(&member)),
                };
                let heard = peer.audio.carries().and_then(|call| cast.by_call(call)).map(|seat| seat.member.as_str());
                let voice = cast.sound_for(&me.member, heard).and_then(|member| cast.find(&member));
                peer.audio.switch(source(voice), now);
                if peer.video.switch(picture, now) {
                    wanted.extend(peer.video.carries().map(str::to_owned));
                }
            }
        }
        wanted.iter().for_each(|call| self.ask_for_key(call, now));
    }

    fn pass_on(&mut self) {
        while let Some((at, out)) = self.queue.pop_front() {
            match out {
                Out::WantsKeyframe => {
                    let now = Instant::now();
                    let lane = &mut self.peers[at].video;
                    // Only a browser has to be asked; a film goes back to its key frame by itself.
                    match lane.carries().map(str::to_owned) {
                        Some(call) => self.ask_for_key(&call, now),
                        None => drop(lane.restart(now)),
                    }
                }
                Out::Frame(kind, frame) => {
                    if kind == MediaKind::Audio {
                        let heard = self.peers[at].talk.packet(frame.ext_vals.audio_level, Instant::now());
                        self.talk(at, heard);
                    }
                    let call = self.peers[at].call.clone();
                    let mut ask = false;
                    for viewer in 0..self.peers.len() {
                        let peer = &mut self.peers[viewer];
                        let lane = if kind == MediaKind::Audio { &peer.audio } else { &peer.video };
                        if lane.carries() == Some(call.as_str()) {
                            let (outs, asks) = peer.forward(kind, &frame, &self.sockets);
                            ask |= asks;
                            self.note(viewer, outs);
                        }
                    }
                    if ask {
                        self.ask_for_key(&call, Instant::now());
                    }
                }
            }
        }
    }

    fn ask_for_key(&mut self, call: &str, now: Instant) {
        if let Some(at) = self.find(call) {
            let outs = self.peers[at].ask_for_key(now, &self.sockets);
            self.note(at, outs);
        }
    }

    fn talk(&mut self, at: usize, heard: Option<Heard>) {
        let Some(heard) = heard else { return };
        let Some(member) = self.shared.cast().by_call(&self.peers[at].call).map(|seat| seat.member.clone()) else {
            return;
        };
        match heard {
            Heard::HoldsTheFloor => self.shared.bring_forward(&member),
            Heard::Began => self.shared.change(&member, |seat| seat.talking = true),
            Heard::Ended => self.shared.change(&member, |seat| seat.talking = false),
        }
    }

    /// A transport that broke or was closed by its browser is forgotten; the member stays until the call's grace is over.
    fn bury(&mut self) {
        if self.queue.is_empty() {
            self.peers.retain(|peer| !peer.is_gone());
        }
    }

    fn find(&self, call: &str) -> Option<usize> {
        self.peers.iter().position(|peer| peer.call == call)
    }

    fn note(&mut self, at: usize, outs: Vec<Out>) {
        self.queue.extend(outs.into_iter().map(|out| (at, out)));
    }
}

fn source(seat: Option<&Seat>) -> Source {
    let Some(seat) = seat else { return Source::Nothing };
    match (&seat.film, &seat.call) {
        (Some(film), _) => Source::Film(film.clone()),
        (None, Some(call)) => Source::Call(call.clone()),
        (None, None) => Source::Nothing,
    }
}
