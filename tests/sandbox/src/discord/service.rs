//! What REST, gateway, people and pages share.

use std::{
    net::SocketAddr,
    ops::Deref,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State as Extract},
    http::{HeaderValue, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::get,
};
use ed25519_dalek::SigningKey;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    Delivery, Options, cast,
    gateway::{self, Gateway},
    oauth::{self, Oauth},
    picture, rest, secrets, signing_key,
    speak::OldEdits,
    state::State,
};
use crate::{
    clock::Clock,
    fault::{self, Faults, Vendor, hold},
};

/// Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Parts>);

/// See [`Service`].
pub struct Parts {
    pub options: Options,
    pub url: String,
    pub clock: Clock,
    pub faults: Faults,
    pub gateway: Gateway,
    pub oauth: Oauth,
    pub limits: rest::limits::Limits,
    pub signing: SigningKey,
    /// For the interactions endpoint.
    pub http: reqwest::Client,
    /// Counts changes.
    pub changed: watch::Sender<u64>,
    /// Cancelled when the stand-in ends; every task and connection ends with it.
    pub stop: CancellationToken,
    state: Mutex<State>,
    delivery: Mutex<Delivery>,
    /// None: revoked.
    bot_token: Mutex<Option<String>>,
}

impl Deref for Service {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Service {
    pub fn new(addr: SocketAddr, clock: Clock, options: Options, stop: CancellationToken) -> std::io::Result<Self> {
        let url = format!("http://{addr}");
        let mut state = State::new(clock.clone(), options.application_id, url.clone());
        cast::furnish(&mut state);
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(5))
            .build()
            .map_err(std::io::Error::other)?;
        Ok(Self(Arc::new(Parts {
            faults: Faults::new(Vendor::Discord, clock.clone()),
            gateway: Gateway::default(),
            oauth: Oauth::default(),
            limits: rest::limits::Limits::default(),
            signing: signing_key(&options),
            http,
            changed: watch::Sender::new(0),
            stop,
            state: Mutex::new(state),
            delivery: Mutex::new(Delivery::Gateway),
            bot_token: Mutex::new(Some(options.bot_token.clone())),
            clock,
            url,
            options,
        })))
    }
}

impl Parts {
    pub fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&hold(&self.state))
    }

    /// Changes something; what the gateway has to tell of it goes out in the order of the changes.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = {
            let mut state = hold(&self.state);
            let changed = change(&mut state);
            for event in state.take_events() {
                self.gateway.dispatch(&event);
            }
            changed
        };
        self.changed.send_modify(|changes| *changes += 1);
        changed
    }

    /// Whether this is the bot's token.
    pub fn accepts(&self, token: &str) -> bool {
        hold(&self.bot_token).as_deref() == Some(token)
    }

    /// From now on the bot's token is worth nothing, or is taken again.
    pub fn set_bot_token(&self, is_good: bool) {
        *hold(&self.bot_token) = is_good.then(|| self.options.bot_token.clone());
    }

    pub fn delivery(&self) -> Delivery {
        hold(&self.delivery).clone()
    }

    pub fn set_delivery(&self, delivery: Delivery) {
        *hold(&self.delivery) = delivery;
    }

    pub fn old_edits(&self) -> OldEdits {
        OldEdits { limit: self.options.edits_of_old_messages }
    }

    pub fn gateway_url(&self) -> String {
        self.url.replacen("http://", "ws://", 1)
    }

    /// The application's public key, in hex.
    pub fn public_key(&self) -> String {
        secrets::hex(self.signing.verifying_key().as_bytes())
    }
}

pub fn routes(service: &Service) -> Router {
    let router = Router::new()
        .route("/", get(gateway::upgrade))
        .route("/avatars/{file}", get(picture::avatar))
        .route("/avatars/{user}/{file}", get(picture::own))
        .merge(oauth::pages())
        .merge(rest::routes(service))
        .with_state(service.clone());
    fault::layer(router, service.faults.clone()).layer(from_fn_with_state(service.clone(), date))
}

/// Says what time it is here, which is not always the machine's.
async fn date(Extract(service): Extract<Service>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Ok(date) = HeaderValue::from_str(&service.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}
