//! A small SignalWire: the Video REST API, the relay socket and the browser SDK's signalling, on one port.
//!
//! Comes in: [`Options`]. Goes out: [`SignalWire`], the handle tests and the demo hold. Where the real service's
//! behaviour is not documented, the stand-in takes its best guess; `docs/assumptions.md` lists them.

pub mod browser;
pub mod media;
pub mod relay;
mod rest;
pub mod rpc;
pub mod scripted;
pub mod socket;
pub mod state;
pub mod token;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    ops::Deref,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, routing::get};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::{
    browser::Browsers,
    relay::Relays,
    state::{Member, Room, Video},
    token::Tokens,
};
use crate::{
    clock::Clock,
    fault::{self, Faults, Vendor, hold},
    listen,
};

/// How a stand-in is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// The project id, user name of REST.
    pub project: String,
    /// The API token, password of REST.
    pub api_token: String,
    /// Real time between pings on sockets; a ping must be answered before the next but one is due.
    pub ping_every: Duration,
    /// Real time after which a browser whose socket and media are gone is out. With media still alive it has
    /// [`state::GRACE_MS`] to open another socket. A robot left alone goes after as long.
    pub browser_gone_after: Duration,
    /// Whether media is to be had at this machine's own network address too, beside 127.0.0.1. Chromium and Safari need
    /// only the latter, Firefox never uses it. Off in tests; for a demo in whatever browser the visitor has.
    pub media_for_firefox: bool,
    /// By the clock: how long a browser is authorized before the SDK asks for a new room token.
    pub browser_authorized_for: Duration,
    /// POST, PUT and DELETE requests per 10 seconds. <https://signalwire.com/docs/platform/rate-limits>
    pub writes_per_window: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            project: "5a1d9c02-7d3e-4b7f-9f50-2f3c8d1be6a4".into(),
            api_token: "PT0123456789abcdef0123456789abcdef0123456789abcdef".into(),
            ping_every: Duration::from_secs(5),
            browser_gone_after: Duration::from_secs(5),
            media_for_firefox: false,
            browser_authorized_for: Duration::from_secs(3600),
            writes_per_window: 13_800,
        }
    }
}

/// What REST, relay and browsers share. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Parts>);

/// See [`Service`].
pub struct Parts {
    pub options: Options,
    pub addr: SocketAddr,
    pub clock: Clock,
    pub faults: Faults,
    pub video: Video,
    pub tokens: Tokens,
    pub relays: Relays,
    pub browsers: Browsers,
    /// Cancelled when the stand-in ends; every task and connection ends with it.
    pub stop: CancellationToken,
    /// None: revoked.
    api_token: Mutex<Option<String>>,
    connect_refusal: Mutex<Option<(i64, String)>>,
    window: rest::Window,
}

impl Deref for Service {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    /// Whether these are the project's credentials.
    pub fn accepts(&self, project: Option<&str>, api_token: Option<&str>) -> bool {
        project == Some(self.options.project.as_str())
            && hold(&self.api_token).as_deref().is_some_and(|token| Some(token) == api_token)
    }

    fn connect_refusal(&self) -> Option<(i64, String)> {
        hold(&self.connect_refusal).clone()
    }
}

/// The stand-in. Cheap to clone; it ends with its last clone.
#[derive(Clone)]
pub struct SignalWire {
    service: Service,
    _stop: Arc<DropGuard>,
}

impl SignalWire {
    /// Starts one on a port of the system's choice.
    pub async fn start(clock: Clock, options: Options) -> std::io::Result<Self> {
        let listener = listen::bind().await?;
        let addr = listener.local_addr()?;
        let stop = CancellationToken::new();
        let service = Service(Arc::new(Parts {
            addr,
            faults: Faults::new(Vendor::SignalWire, clock.clone()),
            video: Video::new(clock.clone()),
            tokens: Tokens::new(format!("ws://{addr}")),
            relays: Relays::new(&options.project, clock.clone()),
            browsers: Browsers::start(&options).await?,
            stop: stop.clone(),
            api_token: Mutex::new(Some(options.api_token.clone())),
            connect_refusal: Mutex::default(),
            window: rest::Window::default(),
            clock,
            options,
        }));
        service.relays.listen_to(&service.video);
        Browsers::listen(&service);
        tokio::spawn({
            let (video, stop) = (service.video.clone(), stop.clone());
            async move { stop.run_until_cancelled_owned(video.keep_time()).await }
        });
        listen::serve(listener, routes(&service), stop.clone());
        Ok(Self { service, _stop: Arc::new(stop.drop_guard()) })
    }

    /// The variables a bot needs to use this stand-in.
    pub fn env(&self) -> Vec<(String, String)> {
        let Parts { addr, options, .. } = &*self.service;
        [
            ("SIGNALWIRE_SPACE_URL", format!("http://{addr}")),
            ("SIGNALWIRE_PROJECT_ID", options.project.clone()),
            ("SIGNALWIRE_API_TOKEN", options.api_token.clone()),
            ("SIGNALWIRE_RELAY_URL", format!("ws://{addr}")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    pub fn addr(&self) -> SocketAddr {
        self.service.addr
    }

    /// The switches to misbehave with, and the requests so far. Sockets are called `relay` and `browser`.
    pub fn faults(&self) -> &Faults {
        &self.service.faults
    }

    /// The service behind the protocols.
    pub fn video(&self) -> &Video {
        &self.service.video
    }

    /// All rooms, oldest first.
    pub fn rooms(&self) -> Vec<Room> {
        self.service.video.rooms()
    }

    /// Whoever is in the room of this name now: audience, screens and devices too.
    pub fn people(&self, room_name: &str) -> Vec<Member> {
        let session = self.service.video.live_session(room_name);
        session.map(|session| self.service.video.members(&session.id)).unwrap_or_default()
    }

    /// Requests so far by route, such as `"POST /api/video/room_tokens" -> 3`.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.service.faults.counts()
    }

    /// Deletes the room of this name, as somebody with the dashboard might. Whether there was one.
    pub fn kill_room(&self, name: &str) -> bool {
        self.service.video.with(|state, _| {
            let id = state.room(name).map(|room| room.id.clone());
            id.and_then(|id| state.delete_room(&id)).is_some()
        })
    }

    /// The media of this member breaks, while their socket lives. Whether they have any.
    pub async fn lose_media(&self, member_id: &str) -> bool {
        self.service.browsers.lose_media(member_id).await
    }

    /// From now on the API token is worth nothing, on REST and for new relay connections.
    pub fn revoke_api_token(&self) {
        *hold(&self.service.api_token) = None;
    }

    /// Takes the API token again.
    pub fn restore_api_token(&self) {
        *hold(&self.service.api_token) = Some(self.service.options.api_token.clone());
    }

    /// Answers every `signalwire.connect` with this JSON-RPC error, or with `None` behaves again.
    pub fn refuse_connects(&self, error: Option<(i64, &str)>) {
        *hold(&self.service.connect_refusal) = error.map(|(code, message)| (code, message.to_owned()));
    }

    /// Relay connections: how many, what they subscribe to, and closing them politely.
    pub fn relays(&self) -> &Relays {
        &self.service.relays
    }

    /// What REST, relay and browsers share.
    pub fn service(&self) -> &Service {
        &self.service
    }
}

fn routes(service: &Service) -> Router {
    let router = Router::new()
        .route("/", get(socket::upgrade))
        .route("/relay", get(socket::upgrade))
        .merge(rest::routes(service))
        .with_state(service.clone());
    fault::layer(router, service.faults.clone())
}
