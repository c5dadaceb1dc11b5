//! One shard's socket, from when its lease is ours until it is not.
//!
//! twilight's `Shard` speaks the protocol on one connection: heartbeats, RESUME, IDENTIFY once its queue lets it. Each
//! connection is one of ours: what ends it, how long to wait and what the next one takes up is decided here.

use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture};
use serenity::model::event::{Event as Dispatch, GatewayEvent};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use twilight_gateway::{
    CloseFrame, Config, ConfigBuilder, Message, Session, Shard, ShardId, ShardState,
    error::{ReceiveMessageError, ReceiveMessageErrorType},
    queue::Queue,
};

use super::{
    super::{
        answer::Handler,
        health::{Health, Wait},
    },
    Stopped,
    ears::Ears,
    gate::{Gate, NotYet, Pass},
    sessions::{Sessions, is_socket},
};
use crate::{clock::Clock, lease::Lease, secret::Random, telemetry};

/// From connecting to Discord's first word.
const OPENING: Duration = Duration::from_secs(20);
/// From a goodbye to the end of the connection.
const CLOSING: Duration = Duration::from_secs(1);
/// Connections one after another without a wait, in the hope that it was only the socket.
const AT_ONCE: u32 = 2;
/// Between more of them, the first and the longest; jittered.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Whether the lease, which was unsure, is sure again.
const LOOKED: Duration = Duration::from_millis(250);

/// What all shards of the process have in common.
pub(super) struct Common<H> {
    /// All but what a session is taken up with.
    pub config: Config<()>,
    pub total: u32,
    pub gate: Gate,
    pub sessions: Sessions,
    pub ears: Ears<H>,
    pub health: Health,
    pub random: Random,
    pub real: Clock,
}

/// Why a connection is over.
enum End {
    Broken,
    NotYet(NotYet),
    /// By us.
    Closed,
    Fatal(Stopped),
}

/// A shard that is ours.
pub(super) struct Held<'a, H> {
    common: &'a Common<H>,
    id: u32,
    lease: &'a Lease,
    stop: &'a CancellationToken,
    session: Option<Session>,
    /// Where the session is taken up.
    url: Option<String>,
    /// Connections since one lived for a heartbeat.
    tries: u32,
    /// Nothing was heard in this process yet.
    is_new: bool,
}

/// Runs the shard until `stop`, until it is another's, or until only a restart or the operator can help.
pub(super) async fn run<H: Handler>(
    common: &Common<H>,
    id: u32,
    lease: Lease,
    stop: &CancellationToken,
) -> Result<(), Stopped> {
    let left = common.sessions.left(id).await;
    let (session, url) = left.map(|left| (Session::new(left.seq, left.id), left.url)).unzip();
    let mut held = Held { common, id, lease: &lease, stop, session, url, tries: 0, is_new: true };
    common.health.takes(id);
    let ended = tokio::select! {
        // While the database is away nobody can have taken the shard, and people are told what is the matter.
        () = lease.taken() => None,
        ended = held.keep() => Some(ended),
    };
    common.health.loses(id);
    match ended {
        None => {
            tracing::warn!(shard = id, "another process has the shard now");
            common.sessions.forget(id);
            Ok(())
        }
        Some(ended) => {
            common.sessions.leave(id).await;
            lease.give_back().await;
            ended
        }
    }
}

impl<'a, H: Handler> Held<'a, H> {
    async fn keep(&mut self) -> Result<(), Stopped> {
        loop {
            // Others may have the shard while we can't be sure, and then its session too.
            while !self.lease.is_ours() && !self.stop.is_cancelled() {
                self.common.health.waits(self.id, Wait::Lease);
                self.common.real.sleep(LOOKED).await;
            }
            let wait = match self.connection().await {
                End::Closed => return Ok(()),
                End::Fatal(stopped) => return Err(stopped),
                End::Broken => self.common.real.sleep(self.pause()).boxed(),
                End::NotYet(NotYet { why, look_in }) => {
                    self.common.health.waits(self.id, why);
                    self.common.gate.sleep(look_in).boxed()
                }
            };
            if self.stop.run_until_cancelled(wait).await.is_none() {
                return Ok(());
            }
        }
    }

    fn pause(&mut self) -> Duration {
        self.tries += 1;
        let Some(more) = self.tries.checked_sub(AT_ONCE + 1) else { return Duration::ZERO };
        let longest = PAUSE.saturating_mul(1 << more.min(5)).min(PAUSE_MAX);
        longest.mul_f64(self.common.random.jitter())
    }

    async fn connection(&mut self) -> End {
        let (wishes, mut wished) = mpsc::unbounded_channel();
        let shard = Shard::with_config(ShardId::new(self.id, self.common.total), self.config(wishes));
        let mut line = Line { shard, heard: Heard::Nothing, opening: None, is_stale: false, wish: None };
        self.common.health.goes_on(self.id);
        let end = self.talk(&mut line, &mut wished).await;
        self.session = line.shard.session().filter(|_| !line.is_stale).cloned();
        // Without a session there is nothing to take up; an address that does not answer is not tried again.
        self.url = line.shard.resume_url().filter(|url| is_socket(url)).map(str::to_owned);
        if let Some(how) = line.opening {
            telemetry::gateway_session(how, "lost");
        }
        end
    }

    async fn talk(&mut self, line: &mut Line<'a>, wished: &mut mpsc::UnboundedReceiver<Wish>) -> End {
        let (common, stop) = (self.common, self.stop);
        let mut limit = common.real.monotonic() + OPENING;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => {
                    line.close().await;
                    return End::Closed;
                }
                item = line.shard.next() => {
                    if let Some(end) = self.hear(line, item) {
                        return end;
                    }
                    limit = common.real.monotonic() + line.patience();
                }
                Some(wish) = wished.recv() => {
                    let id = self.id;
                    line.wish = Some((wish, async move { common.gate.pass(id).await }.boxed()));
                }
                pass = passed(&mut line.wish) => match pass {
                    Pass::Now => line.opening = Some("identify"),
                    Pass::NotYet(not_yet) => return End::NotYet(not_yet),
                },
                () = common.real.sleep_until(limit) => {
                    tracing::warn!(shard = self.id, "Discord's gateway is silent; connecting anew");
                    return End::Broken;
                }
            }
        }
    }

    fn hear(&mut self, line: &mut Line<'a>, item: Option<Result<Message, ReceiveMessageError>>) -> Option<End> {
        match item {
            Some(Ok(Message::Text(text))) => self.hear_text(line, &text),
            Some(Ok(Message::Close(frame))) => {
                let code = frame.map(|frame| frame.code);
                tracing::info!(shard = self.id, code, "Discord's gateway closed the connection");
                let how = line.opening.take();
                if let Some(how) = how {
                    let is_refused = code.is_some_and(|code| code >= 4000);
                    telemetry::gateway_session(how, if is_refused { "refused" } else { "lost" });
                }
                // A session of another token, or one that went on otherwise: a new one tells whether anything is wrong.
                line.is_stale = how == Some("resume") && matches!(code, Some(4003..=4007 | 4009));
                if line.is_stale {
                    return Some(End::Broken);
                }
                Some(code.and_then(fatal).map_or(End::Broken, End::Fatal))
            }
            Some(Err(error)) => {
                // The error's own text quotes what was heard, tokens and all.
                if let ReceiveMessageErrorType::Deserializing { .. } = error.kind() {
                    tracing::warn!(shard = self.id, "Discord's gateway said what is no event");
                    return None;
                }
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(shard = self.id, source, "Discord's gateway can't be reached");
                Some(End::Broken)
            }
            None => Some(End::Broken),
        }
    }

    fn hear_text(&mut self, line: &mut Line<'a>, text: &str) -> Option<End> {
        let event = match serde_json::from_str::<GatewayEvent>(text) {
            Ok(event) => event,
            Err(error) => {
                let (kind, column) = (error.classify(), error.column());
                tracing::debug!(shard = self.id, ?kind, column, "an event of Discord's gateway is not understood");
                return None;
            }
        };
        match event {
            GatewayEvent::Hello(interval) => {
                line.heard = Heard::Hello(Duration::from_millis(interval));
                self.common.health.hears(Duration::from_millis(interval));
                // twilight connects again by itself where a socket just ends.
                if !self.lease.is_ours() {
                    return Some(End::Broken);
                }
                line.opening = line.shard.session().map(|_| "resume");
            }
            GatewayEvent::HeartbeatAck => {
                self.tries = 0;
                self.common.health.beats(self.id);
            }
            GatewayEvent::InvalidateSession(_) => {
                if let Some(how) = line.opening.take() {
                    telemetry::gateway_session(how, "refused");
                }
            }
            GatewayEvent::Dispatch(_, dispatch) => {
                self.open(line, &dispatch);
                if let Some(session) = line.shard.session() {
                    let url = line.shard.resume_url();
                    self.common.sessions.has(self.id, session.id(), url, session.sequence());
                }
                self.common.ears.hear(dispatch, self.lease.is_ours());
            }
            _ => {}
        }
        None
    }

    /// Notes that a session has begun or goes on.
    fn open(&mut self, line: &mut Line<'a>, dispatch: &Dispatch) {
        let (how, has_missed) = match dispatch {
            Dispatch::Ready(event) => {
                let (bot, guilds) = (&event.ready.user.name, event.ready.guilds.len());
                tracing::info!(shard = self.id, bot.name = %bot, guilds, "connected to Discord's gateway");
                ("identify", true)
            }
            Dispatch::Resumed(_) => {
                tracing::info!(shard = self.id, "connected to Discord's gateway again");
                ("resume", self.is_new)
            }
            _ => return,
        };
        line.opening = None;
        self.is_new = false;
        self.common.health.beats(self.id);
        telemetry::gateway_session(how, "begun");
        if has_missed {
            self.common.ears.missed();
        }
    }

    fn config(&self, wishes: mpsc::UnboundedSender<Wish>) -> Config<Wishes> {
        let mut config = ConfigBuilder::from(self.common.config.clone()).queue(Wishes(wishes));
        if let Some(session) = &self.session {
            config = config.session(session.clone());
            if let Some(url) = &self.url {
                config = config.resume_url(url.trim_end_matches('/').to_owned());
            }
        }
        config.build()
    }
}

/// A socket's wish to identify, granted by an answer.
type Wish = oneshot::Sender<()>;

/// Hands twilight's wishes to whoever drives the socket.
#[derive(Debug)]
struct Wishes(mpsc::UnboundedSender<Wish>);

impl Queue for Wishes {
    fn enqueue(&self, _: u32) -> oneshot::Receiver<()> {
        let (wish, granted) = oneshot::channel();
        // The driver is only ever gone together with the socket.
        let _ = self.0.send(wish);
        granted
    }
}

/// What was heard on a connection.
#[derive(Clone, Copy)]
enum Heard {
    Nothing,
    /// With so long between two heartbeats.
    Hello(Duration),
}

/// One connection.
struct Line<'a> {
    shard: Shard<Wishes>,
    heard: Heard,
    /// How a session is being opened, until it is.
    opening: Option<&'static str>,
    /// Its session is not taken up any more.
    is_stale: bool,
    wish: Option<(Wish, BoxFuture<'a, Pass>)>,
}

impl Line<'_> {
    /// How long it may be silent.
    fn patience(&self) -> Duration {
        match (self.heard, self.shard.state()) {
            (Heard::Nothing, _) => OPENING,
            // It says goodbye.
            (_, ShardState::Disconnected { .. }) => CLOSING,
            (Heard::Hello(interval), _) => interval * 2 + OPENING,
        }
    }

    /// The session stays open, for the next process or the next start.
    async fn close(&mut self) {
        self.shard.close(CloseFrame::RESUME);
        // That sends it. Discord's answer changes nothing, and waiting for it twilight would connect anew.
        let _ = futures::poll!(self.shard.next());
    }
}

/// What becomes of the wish, if there is one. A wish may be given up amid.
async fn passed(wished: &mut Option<(Wish, BoxFuture<'_, Pass>)>) -> Pass {
    let Some((_, pass)) = wished else { return std::future::pending().await };
    let pass = pass.await;
    if let (Pass::Now, Some((wish, _))) = (pass, wished.take()) {
        // The connection may be over meanwhile.
        let _ = wish.send(());
    }
    pass
}

/// What no new connection mends.
fn fatal(code: u16) -> Option<Stopped> {
    Some(match code {
        4004 => Stopped::BadToken,
        4010 | 4011 => Stopped::BadShards,
        4013 | 4014 => Stopped::IntentNotAllowed,
        4012 => Stopped::Ended,
        _ => return None,
    })
}
