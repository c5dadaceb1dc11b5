//! Our server before the small Discord, and a browser that goes from one to the other.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::Router;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, LOCATION, SET_COOKIE},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{ROOM, SECRET, small_discord::Discord};
use crate::{
    access::{Membership, Policy, Sessions, SignIn, SignInParts, Tickets},
    call::{Call, Parts, serve},
    clock::{Clock, movable::Movable},
    config::{self, SecretKey},
    discord,
    room::{AskForLook, Ending, Rooms},
    secret::{Keys, Random},
    signalwire::{self, Relay},
    store::temporary::Temporary,
    tasks::Tasks,
    wake::Wake,
    words::Words,
};

pub struct World {
    pub discord: Arc<Discord>,
    pub base: Url,
    pub sessions: Sessions,
    pub time: Movable,
    stop: CancellationToken,
    pub store: Temporary,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with_secret(Some(SECRET)).await
    }

    pub async fn with_secret(client_secret: Option<&str>) -> Self {
        let (discord, api_url) = Discord::start().await;
        Self::before(discord, api_url, "bot-token", client_secret).await
    }

    /// Before whichever Discord stands at `api_url`.
    pub async fn before(discord: Arc<Discord>, api_url: Url, token: &str, client_secret: Option<&str>) -> Self {
        let (time, clock) = Movable::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let (random, store, tasks) = (Random::system(), Temporary::open().await, Tasks::new().0);
        let stop = tasks.stop().clone();
        let keys = keys(&random);
        let config = config::Discord {
            token: token.into(),
            client_secret: client_secret.map(Into::into),
            interactions: config::Interactions::Gateway,
            guild_id: None,
            shards: None,
            members_intent: false,
            requests_per_second: 45,
            api_url,
        };
        let client = discord::Client::new(&config, &base, Clock::system()).unwrap();
        let sign_in = SignIn::new(SignInParts {
            config: &config,
            public_url: &base,
            discord: client.clone(),
            keys: keys.clone(),
            store: store.store(),
            clock: clock.clone(),
            random: random.clone(),
        });
        let sign_in = sign_in.unwrap().map(|sign_in| sign_in.within(Duration::from_millis(300)));
        let sessions = Sessions::new(&keys, &base, clock.clone(), store.store());
        let signalwire_config = config::SignalWire {
            space_url: "http://127.0.0.1:9".parse().unwrap(),
            project_id: "p".to_owned(),
            api_token: "t".into(),
            relay_url: "ws://127.0.0.1:9".parse().unwrap(),
        };
        let signalwire = signalwire::Client::new(&signalwire_config, clock.clone());
        let (relay, _) = Relay::start(&signalwire_config, clock.clone(), random.clone(), stop.clone());
        let limits = config::Limits {
            room_max_members: 50,
            member_max_hours: 8,
            max_live_rooms_per_guild: 10,
            opens_per_user: config::Rate { count: 3, per: Duration::from_secs(600) },
        };
        let wake = Wake::default();
        let rooms =
            Rooms::new(store.store(), signalwire.clone(), clock.clone(), random.clone(), limits.clone(), wake.clone());
        let look: AskForLook = Arc::new(|_| {});
        let call = Call::new(Parts {
            ending: Ending {
                rooms: rooms.clone(),
                signalwire: signalwire.clone(),
                relay: relay.clone(),
                look: Arc::clone(&look),
                clock: clock.clone(),
            },
            rooms,
            store: store.store(),
            membership: Membership::new(client.clone(), store.store(), clock.clone(), Policy::default(), wake.clone()),
            tickets: Tickets::new(store.store(), clock.clone(), random.clone(), base.clone()),
            sessions: sessions.clone(),
            keys,
            discord: (client.http(), config.api_url.clone()),
            sign_in,
            signalwire,
            relay,
            look,
            words: Words::load(),
            wake,
            clock,
            random,
            leaving: crate::call::health::Leaving::default(),
            tasks,
            limits,
            web: config::Web {
                public_url: base.clone(),
                listen_addr: listener.local_addr().unwrap(),
                metrics_addr: None,
                trusted_proxies: vec![],
                rate_limits: false,
            },
            signalwire_config,
        });
        tokio::spawn(serve::serve(listener, call.router(Router::new()), stop.clone()));
        Self { discord, base, sessions, time, stop, store }
    }

    pub fn callback(&self, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.join("/oauth/callback").unwrap();
        url.query_pairs_mut().extend_pairs(query);
        url
    }
}

fn keys(random: &Random) -> Keys {
    let secret_keys = Some(vec![SecretKey(STANDARD.encode([7; 32]).into())]);
    Keys::load(&config::Store { database_url: "postgres://x".into(), secret_keys }, random).unwrap()
}

/// Keeps cookies, follows nothing by itself.
#[derive(Clone)]
pub struct Browser {
    pub http: reqwest::Client,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new() -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { http: http.build().unwrap(), cookies: BTreeMap::new() }
    }

    pub fn headers(&self) -> HeaderMap {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&cookies.join("; ")).unwrap())])
    }

    /// Status, and where it is sent.
    pub async fn opens(&mut self, url: Url) -> (u16, String) {
        let response = self.http.get(url).headers(self.headers()).send().await.unwrap();
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
        let location = response.headers().get(LOCATION).map(|location| location.to_str().unwrap().to_owned());
        if location.is_some() {
            assert_eq!(response.headers()["cache-control"], "no-store");
        }
        (response.status().as_u16(), location.unwrap_or_default())
    }

    /// Presses "Sign in with Discord" on the room's page: Discord's page.
    pub async fn begins(&mut self, world: &World) -> Url {
        let (status, location) = self.opens(world.base.join(&format!("/oauth/login?room={ROOM}")).unwrap()).await;
        assert_eq!(status, 303);
        location.parse().unwrap()
    }

    pub async fn signs_in(&mut self, world: &World, user: u64) -> String {
        let page = self.begins(world).await;
        let (status, location) = self.opens(world.discord.authorizes(&page, user)).await;
        assert_eq!(status, 303);
        location
    }

    pub fn attempts(&self) -> usize {
        self.cookies.keys().filter(|name| name.contains("oauth")).count()
    }

    pub fn is_nobody(&self) -> bool {
        self.cookies.len() == self.attempts()
    }
}
