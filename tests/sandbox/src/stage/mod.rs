//! The stage: a web page that looks like a small chat server, for whoever tries the bot without an account.
//!
//! Comes in: the two stand-ins, and what a visitor does on the page in the place of somebody of the cast. Goes out: what that
//! person sees, as it changes. It holds nothing of its own but how far the visitor has come, and forms that are open.

/// What the visitor does.
mod act;

/// What breaks when a test says so.
mod breakage;

/// Whom it answers.
mod guard;

/// Somebody to be in a call with.
mod odo;

/// The page's files.
mod page;

/// What somebody sees.
mod view;

use std::{
    collections::VecDeque,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    discord::{Discord, Id, Modal, Person, Someone},
    fault::hold,
    listen,
    signalwire::SignalWire,
};

/// Forms that may be open at once, over all tabs.
const OPEN_FORMS: usize = 64;
/// No request of the page comes near it.
const BODY_MAX: usize = 16 * 1024;

/// How a stage is made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// 0: of the system's choice.
    pub port: u16,
    /// Whether Odo comes by himself once somebody is alone in a call, and how long after that.
    pub odo_comes_after: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self { port: 0, odo_comes_after: Some(Duration::from_secs(2)) }
    }
}

/// The stage. It ends with its last clone.
#[derive(Clone)]
pub struct Stage {
    url: Arc<str>,
    _stop: Arc<DropGuard>,
}

impl Stage {
    /// Starts one on the loopback interface.
    ///
    /// # Errors
    ///
    /// When the port cannot be had.
    pub async fn start(discord: Discord, signalwire: SignalWire, options: Options) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let port = listener.local_addr()?.port();
        let stop = CancellationToken::new();
        let house = House(Arc::new(Parts {
            discord,
            signalwire,
            options,
            hosts: guard::Hosts::of(port),
            progress: watch::Sender::default(),
            forms: Mutex::default(),
            stop: stop.clone(),
        }));
        odo::listen(&house);
        listen::serve(listener, routes(house), stop.clone());
        Ok(Self { url: format!("http://127.0.0.1:{port}").into(), _stop: Arc::new(stop.drop_guard()) })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// What all requests share. Cheap to clone.
#[derive(Clone)]
struct House(Arc<Parts>);

struct Parts {
    discord: Discord,
    signalwire: SignalWire,
    options: Options,
    hosts: guard::Hosts,
    progress: watch::Sender<odo::Progress>,
    forms: Mutex<VecDeque<Modal>>,
    stop: CancellationToken,
}

impl House {
    /// Somebody of the cast, by key.
    fn somebody(&self, key: &str) -> Option<(Person, Someone)> {
        let someone = self.0.discord.people().into_iter().find(|someone| someone.key == key)?;
        Some((self.0.discord.person(key), someone))
    }

    /// Keeps a form until it is sent; the oldest makes room.
    fn keep(&self, form: Modal) {
        let mut forms = hold(&self.0.forms);
        if forms.len() == OPEN_FORMS {
            forms.pop_front();
        }
        forms.push_back(form);
    }

    /// Takes back a form that is sent.
    fn take(&self, interaction: Id) -> Option<Modal> {
        let mut forms = hold(&self.0.forms);
        let at = forms.iter().position(|form| form.interaction == interaction)?;
        forms.remove(at)
    }
}

fn routes(house: House) -> Router {
    Router::new()
        .route("/api/view", get(view::stream))
        .route("/api/run", post(act::run))
        .route("/api/complete", post(act::complete))
        .route("/api/press", post(act::press))
        .route("/api/choose", post(act::choose))
        .route("/api/submit", post(act::submit))
        .route("/api/say", post(act::say))
        .route("/api/odo", post(odo::send_in))
        .route("/api/break", post(breakage::breaks))
        .fallback(get(page::file))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(house.clone(), guard::guard))
        .with_state(house)
}
