//! One call's transport: one `Rtc` and its two outgoing streams. In come packets and the passing of time, out go packets on the
//! shared socket, and what the engine has to pass on.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::crypto::CryptoProvider;
use str0m::format::Codec;
use str0m::media::{KeyframeRequestKind, MediaData, MediaKind, Mid};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcError};

use super::lane::{Lane, Source, next_beat};
use super::sockets::Sockets;
use super::talk::Talk;
use super::{Refused, sdp};

/// Opus for 20 ms of nothing. Sent while nobody is heard, so that the receiver's counters go on moving.
const SILENCE: &[u8] = &[0xF8, 0xFF, 0xFE];
const SILENCE_BEAT: Duration = Duration::from_millis(20);
/// So long a source may pause before silence fills in.
const SILENCE_AFTER: Duration = Duration::from_millis(80);
/// A source is asked for a key frame at most this often, however many want one.
const KEY_PAUSE: Duration = Duration::from_millis(300);

/// What a peer has for the engine.
#[derive(Debug)]
pub enum Out {
    Frame(MediaKind, Box<MediaData>),
    WantsKeyframe,
}

pub struct Peer {
    pub call: String,
    pub fingerprint: String,
    pub audio: Lane,
    pub video: Lane,
    pub talk: Talk,
    /// When the last packet came.
    pub heard: Instant,
    rtc: Rtc,
    connected: bool,
    broken: bool,
    wake: Instant,
    asked_for_key: Option<Instant>,
}

impl Peer {
    pub fn new(call: String, addresses: &[SocketAddr], crypto: Arc<CryptoProvider>) -> Result<Peer, Refused> {
        let now = Instant::now();
        let mut rtc = Rtc::builder()
            .set_crypto_provider(crypto)
            // The browser's addresses are learnt from its checks: it often sends none (mDNS names, which the SDK strips).
            .set_ice_lite(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        for address in addresses {
            let candidate =
                Candidate::host(*address, "udp").map_err(|error| Refused::Description(error.to_string()))?;
            rtc.add_local_candidate(candidate);
        }
        Ok(Peer {
            call,
            fingerprint: String::new(),
            audio: Lane::new(Codec::Opus, now),
            video: Lane::new(Codec::Vp8, now),
            talk: Talk::default(),
            heard: now,
            rtc,
            connected: false,
            broken: false,
            wake: now,
            asked_for_key: None,
        })
    }

    /// Takes an offer: the first one, an ICE restart or a change of directions.
    pub fn answer(&mut self, offer: &str, sockets: &Sockets) -> Result<(String, Vec<Out>), Refused> {
        let parsed = || SdpOffer::from_sdp_string(offer).map_err(|error| Refused::Description(error.to_string()));
        let answer = guarded(|| {
            let answer = self.rtc.sdp_api().accept_offer(parsed()?);
            answer.map_err(|error| Refused::Description(error.to_string()))
        })
        .unwrap_or(Err(Refused::Description("the offer broke the media engine".to_owned())))?;
        self.fingerprint = sdp::fingerprint(offer).unwrap_or_default().to_owned();
        let outs = self.drain(sockets);
        let answer = answer.to_sdp_string();
        self.audio.mid = self.usable(&answer, "audio", Codec::Opus);
        self.video.mid = self.usable(&answer, "video", Codec::Vp8);
        if self.audio.mid.is_none() && self.video.mid.is_none() {
            return Err(Refused::Description("neither Opus nor VP8 is offered".to_owned()));
        }
        Ok((sdp::audio_first(&answer), outs))
    }

    pub fn is_gone(&self) -> bool {
        self.broken || !self.rtc.is_alive()
    }

    pub fn accepts(&self, input: &Input) -> bool {
        !self.is_gone() && self.rtc.accepts(input)
    }

    /// Whether the browser sends such a stream.
    pub fn receives(&self, kind: MediaKind) -> bool {
        let mid = self.lane(kind).mid;
        mid.and_then(|mid| self.rtc.media(mid)).is_some_and(|media| media.direction().is_receiving())
    }

    pub fn packet(&mut self, input: Input, sockets: &Sockets) -> Vec<Out> {
        if let Input::Receive(now, _) = &input {
            self.heard = *now;
        }
        self.mutate(sockets, |peer| peer.rtc.handle_input(input))
    }

    /// When this peer wants `tick` next.
    pub fn next(&self) -> Instant {
        let film = matches!(self.video.source(), Source::Film(_)).then_some(self.video.due);
        let ours = film.into_iter().chain(self.audio.mid.map(|_| self.audio.due)).min();
        ours.filter(|_| self.connected).map_or(self.wake, |ours| ours.min(self.wake))
    }

    pub fn tick(&mut self, now: Instant, sockets: &Sockets) -> Vec<Out> {
        let mut outs = Vec::new();
        if self.wake <= now {
            outs.extend(self.mutate(sockets, |peer| peer.rtc.handle_input(Input::Timeout(now))));
        }
        if !self.connected {
            return outs;
        }
        if self.audio.mid.is_some() && self.audio.due <= now {
            self.audio.due = next_beat(self.audio.due, SILENCE_BEAT, now);
            outs.extend(self.mutate(sockets, |peer| peer.audio.fill(&mut peer.rtc, SILENCE, now)));
        }
        if matches!(self.video.source(), Source::Film(_)) && self.video.due <= now {
            outs.extend(self.mutate(sockets, |peer| peer.video.play(&mut peer.rtc, now)));
        }
        outs
    }

    /// Passes a frame on to this peer's browser. `ask`: the source has to be asked for a key frame.
    pub fn forward(&mut self, kind: MediaKind, frame: &MediaData, sockets: &Sockets) -> (Vec<Out>, bool) {
        use super::lane::Admission;
        if !self.connected {
            return (Vec::new(), false);
        }
        let now = Instant::now();
        let (is_key, whole) = (frame.is_keyframe(), frame.contiguous);
        match self.lane_mut(kind).admits(is_key, whole, now) {
            Admission::Drop => return (Vec::new(), false),
            Admission::DropAndAsk => return (Vec::new(), true),
            Admission::Pass => {}
        }
        let (time, data) = (frame.time, frame.data.clone());
        let outs = self.mutate(sockets, |peer| match kind {
            MediaKind::Audio => peer.audio.forward(&mut peer.rtc, time, data, now),
            MediaKind::Video => peer.video.forward(&mut peer.rtc, time, data, now),
        });
        if kind == MediaKind::Audio {
            self.audio.due = now + SILENCE_AFTER;
        }
        (outs, false)
    }

    /// Asks the browser for a key frame of what it sends.
    pub fn ask_for_key(&mut self, now: Instant, sockets: &Sockets) -> Vec<Out> {
        let lately = self.asked_for_key.is_some_and(|asked| now.saturating_duration_since(asked) < KEY_PAUSE);
        let Some(mid) = self.video.mid.filter(|_| self.connected && !lately) else { return Vec::new() };
        self.asked_for_key = Some(now);
        self.mutate(sockets, |peer| {
            // Fails while nothing has come yet; then a key frame comes first anyway.
            let _ = peer.rtc.writer(mid).map(|mut writer| writer.request_keyframe(None, KeyframeRequestKind::Pli));
            Ok(())
        })
    }

    /// Tells the browser that it is over.
    pub fn close(&mut self, sockets: &Sockets) {
        self.mutate(sockets, |peer| peer.rtc.close());
    }

    /// The first section of this kind in which the browser takes our codec.
    fn usable(&mut self, answer: &str, kind: &str, codec: Codec) -> Option<Mid> {
        sdp::sections(answer, kind).map(Mid::from).find(|mid| {
            let writer = self.rtc.writer(*mid);
            writer.is_some_and(|writer| writer.payload_params().any(|params| params.spec().codec == codec))
        })
    }

    fn lane(&self, kind: MediaKind) -> &Lane {
        match kind {
            MediaKind::Audio => &self.audio,
            MediaKind::Video => &self.video,
        }
    }

    fn lane_mut(&mut self, kind: MediaKind) -> &mut Lane {
        match kind {
            MediaKind::Audio => &mut self.audio,
            MediaKind::Video => &mut self.video,
        }
    }

    /// str0m's one rule: after every mutation, drain until it says when it wants to be woken.
    fn mutate(&mut self, sockets: &Sockets, change: impl FnOnce(&mut Peer) -> Result<(), RtcError>) -> Vec<Out> {
        if self.is_gone() {
            return Vec::new();
        }
        match guarded(|| change(self)) {
            Some(Ok(())) => self.drain(sockets),
            Some(Err(error)) => {
                tracing::debug!(call.id = %self.call, %error, "media: refused");
                self.drain(sockets)
            }
            None => {
                self.broken = true;
                Vec::new()
            }
        }
    }

    fn drain(&mut self, sockets: &Sockets) -> Vec<Out> {
        let mut outs = Vec::new();
        loop {
            match guarded(|| self.rtc.poll_output()) {
                Some(Ok(Output::Timeout(at))) => {
                    self.wake = at;
                    return outs;
                }
                Some(Ok(Output::Transmit(packet))) => sockets.send(&packet.contents, packet.source, packet.destination),
                Some(Ok(Output::Event(event))) => self.event(event, &mut outs),
                Some(Err(error)) => {
                    tracing::warn!(call.id = %self.call, %error, "media: given up");
                    self.broken = true;
                    return outs;
                }
                None => {
                    self.broken = true;
                    return outs;
                }
            }
        }
    }

    fn event(&mut self, event: Event, outs: &mut Vec<Out>) {
        match event {
            Event::Connected => {
                self.connected = true;
                let now = Instant::now();
                (self.audio.due, self.video.due) = (now, now);
            }
            Event::MediaData(frame) => {
                outs.extend(self.kind_of(frame.mid).map(|kind| Out::Frame(kind, Box::new(frame))))
            }
            Event::KeyframeRequest(request) if self.video.mid == Some(request.mid) => outs.push(Out::WantsKeyframe),
            _ => {}
        }
    }

    fn kind_of(&self, mid: Mid) -> Option<MediaKind> {
        [MediaKind::Audio, MediaKind::Video].into_iter().find(|kind| self.lane(*kind).mid == Some(mid))
    }
}

/// str0m panics on its own bugs. One such call is then given up, and the others go on; its advice:
/// <https://docs.rs/str0m/latest/str0m/#catching-panics>.
fn guarded<T>(step: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(step)).inspect_err(|_| tracing::error!("media: the WebRTC library panicked")).ok()
}
