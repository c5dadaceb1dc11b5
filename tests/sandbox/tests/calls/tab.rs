//! The media side of a browser tab. It sends made-up frames that carry its name, and remembers whose frames it gets.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const FRAME_EVERY: Duration = Duration::from_millis(20);
/// Long enough for a busy machine; a test that passes never waits for it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What a tab has got so far: frames by sender's name, for video and audio. Silence counts under "".
#[derive(Debug, Default, Clone)]
pub struct Got {
    pub video: HashMap<String, u64>,
    pub audio: HashMap<String, u64>,
    /// The last picture, for films whose frames carry no name.
    pub last: Arc<[u8]>,
    /// A time stamp went back, or the first frame was no key frame.
    pub faults: Vec<String>,
}

pub struct Tab {
    name: String,
    rtc: Option<Rtc>,
    pending: Option<SdpPendingOffer>,
    mids: Vec<(MediaKind, Mid)>,
    socket: Option<UdpSocket>,
    offer: String,
    talks: Arc<AtomicBool>,
    got: watch::Sender<Got>,
    task: Option<JoinHandle<()>>,
}

/// What a tab wants to send and get, in the order of its offer.
pub type Wish = [(MediaKind, Direction)];

pub const BOTH: &Wish = &[(MediaKind::Audio, Direction::SendRecv), (MediaKind::Video, Direction::SendRecv)];
pub const WATCH: &Wish = &[(MediaKind::Audio, Direction::RecvOnly), (MediaKind::Video, Direction::RecvOnly)];
pub const SHARE: &Wish = &[(MediaKind::Video, Direction::SendOnly)];

impl Tab {
    pub async fn open(name: &str, wish: &Wish) -> Tab {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let config =
            Rtc::builder().set_crypto_provider(crypto).clear_codecs().enable_opus(true, false).enable_vp8(true);
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
        let mut change = rtc.sdp_api();
        let add = |(kind, direction): &(_, _)| (*kind, change.add_media(*kind, *direction, None, None, None));
        let mids = wish.iter().map(add).collect();
        let (offer, pending) = change.apply().unwrap();
        Tab {
            name: name.to_owned(),
            rtc: Some(rtc),
            pending: Some(pending),
            mids,
            socket: Some(socket),
            offer: without_candidates(&offer),
            talks: Arc::default(),
            got: watch::Sender::default(),
            task: None,
        }
    }

    pub fn offer(&self) -> &str {
        &self.offer
    }

    /// The answer came: from now on frames flow.
    pub fn connect(&mut self, answer: &str) {
        let (mut rtc, pending) = (self.rtc.take().unwrap(), self.pending.take().unwrap());
        let answer = SdpAnswer::from_sdp_string(&in_order_of(&self.offer, answer)).unwrap();
        rtc.sdp_api().accept_answer(pending, answer).unwrap();
        let running = Running {
            name: self.name.clone(),
            rtc,
            mids: self.mids.clone(),
            got: self.got.clone(),
            talks: self.talks.clone(),
            sent: 0,
            wants_key: true,
            last: HashMap::new(),
        };
        self.task = Some(tokio::spawn(running.run(self.socket.take().unwrap())));
    }

    pub async fn gets(&self, what: &str, enough: impl Fn(&Got) -> bool) -> Got {
        let mut got = self.got.subscribe();
        let waited = tokio::time::timeout(PATIENCE, got.wait_for(enough)).await;
        match waited {
            Ok(got) => got.unwrap().clone(),
            Err(_) => panic!("{} never got {what}: {:?}", self.name, self.got.borrow()),
        }
    }

    /// `count` frames more of this sender than there are now.
    pub async fn sees(&self, sender: &str, count: u64) -> Got {
        let before = self.got.borrow().video.get(sender).copied().unwrap_or(0);
        self.gets(&format!("{count} pictures of {sender:?}"), |got| {
            got.video.get(sender).copied().unwrap_or(0) >= before + count
        })
        .await
    }

    pub async fn hears(&self, sender: &str, count: u64) -> Got {
        let before = self.got.borrow().audio.get(sender).copied().unwrap_or(0);
        self.gets(&format!("{count} sounds of {sender:?}"), |got| {
            got.audio.get(sender).copied().unwrap_or(0) >= before + count
        })
        .await
    }

    pub fn got(&self) -> Got {
        self.got.borrow().clone()
    }

    pub fn talks(&self, talks: bool) {
        self.talks.store(talks, Ordering::Relaxed);
    }

    /// As when the browser dies: nothing is sent any more, nothing is said.
    pub fn dies(&mut self) {
        self.task.take().unwrap().abort();
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

struct Running {
    name: String,
    rtc: Rtc,
    mids: Vec<(MediaKind, Mid)>,
    got: watch::Sender<Got>,
    talks: Arc<AtomicBool>,
    sent: u64,
    wants_key: bool,
    /// The time stamps last seen, of audio and video.
    last: HashMap<Mid, u64>,
}

impl Running {
    async fn run(mut self, socket: UdpSocket) {
        let here = socket.local_addr().unwrap();
        let mut buffer = vec![0; 2048];
        let mut frames = tokio::time::interval(FRAME_EVERY);
        let mut wake = self.drain(&socket).await;
        loop {
            tokio::select! {
                received = socket.recv_from(&mut buffer) => {
                    let (length, from) = received.unwrap();
                    let receive = Receive::new(Protocol::Udp, from, here, &buffer[..length]).unwrap();
                    self.rtc.handle_input(Input::Receive(Instant::now(), receive)).unwrap();
                }
                _ = frames.tick() => self.send(&socket).await,
                () = tokio::time::sleep_until(wake.into()) => {
                    self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
                }
            }
            wake = self.drain(&socket).await;
        }
    }

    async fn send(&mut self, socket: &UdpSocket) {
        if !self.rtc.is_connected() {
            return;
        }
        for (kind, mid) in self.mids.clone() {
            if !self.rtc.media(mid).is_some_and(|media| media.direction().is_sending()) {
                continue;
            }
            let now = Instant::now();
            let frame = self.frame(kind);
            let talks = self.talks.load(Ordering::Relaxed);
            let writer = self.rtc.writer(mid).unwrap().audio_level(if talks { -20 } else { -127 }, talks);
            let (codec, rate) = match kind {
                MediaKind::Audio => (Codec::Opus, Frequency::FORTY_EIGHT_KHZ),
                MediaKind::Video => (Codec::Vp8, Frequency::NINETY_KHZ),
            };
            let pt = writer.payload_params().find(|params| params.spec().codec == codec).unwrap().pt();
            let time = MediaTime::new(7 + self.sent * u64::from(rate.get()) / 50, rate);
            writer.write(pt, now, time, frame).unwrap();
            self.drain(socket).await;
        }
        self.sent += 1;
    }

    /// Opaque to everybody on the way but for the bit that says "key frame".
    fn frame(&mut self, kind: MediaKind) -> Vec<u8> {
        let is_key = kind == MediaKind::Video && std::mem::take(&mut self.wants_key);
        let mut frame = vec![if is_key || kind == MediaKind::Audio { 0x10 } else { 0x11 }];
        frame.extend(self.name.bytes());
        frame
    }

    async fn drain(&mut self, socket: &UdpSocket) -> Instant {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => return at,
                Output::Transmit(packet) => drop(socket.send_to(&packet.contents, packet.destination).await),
                Output::Event(Event::KeyframeRequest(_)) => self.wants_key = true,
                Output::Event(Event::MediaData(data)) => {
                    let last = self.last.insert(data.mid, data.time.numer());
                    let video = data.params.spec().codec == Codec::Vp8;
                    self.got.send_modify(|got| {
                        if last.is_some_and(|last| last >= data.time.numer()) {
                            got.faults.push(format!("time went from {last:?} to {:?}", data.time));
                        }
                        let sender = sender(&data.data);
                        let by_sender = if video { &mut got.video } else { &mut got.audio };
                        let first = by_sender.is_empty();
                        if video && first && !data.is_keyframe() {
                            got.faults.push("the first frame is no key frame".to_owned());
                        }
                        *by_sender.entry(sender).or_default() += 1;
                        if video {
                            got.last = data.data.clone();
                        }
                    });
                }
                Output::Event(_) => {}
            }
        }
    }
}

/// The name that a tab wrote into the frame; what is no tab's has none.
fn sender(frame: &[u8]) -> String {
    let name = frame.get(1..).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
    if name.chars().all(|letter| letter.is_ascii_lowercase()) { name.to_owned() } else { String::new() }
}

/// What Chromium offers where it may not show addresses: no candidates at all.
fn without_candidates(offer: &SdpOffer) -> String {
    let offer = offer.to_sdp_string();
    let kept =
        offer.lines().filter(|line| !line.starts_with("a=candidate") && !line.starts_with("a=end-of-candidates"));
    kept.map(|line| format!("{line}\r\n")).collect()
}

/// The server puts audio first; the SDK gives the browser the sections in the order of its offer again.
fn in_order_of(offer: &str, answer: &str) -> String {
    let video_first = offer.find("m=video") < offer.find("m=audio").or(Some(usize::MAX));
    let (Some(audio), Some(video)) = (answer.find("m=audio"), answer.find("m=video")) else { return answer.to_owned() };
    assert!(audio < video, "audio has to come first: {answer}");
    if video_first {
        format!("{}{}{}", &answer[..audio], &answer[video..], &answer[audio..video])
    } else {
        answer.to_owned()
    }
}
