//! A small Discord: REST, gateway, signed interactions, webhooks, OAuth, people.
//!
//! Comes in: [`Options`]. Goes out: [`Discord`], the handle tests and the demo hold, and [`Person`]s to act as. What
//! Discord's documentation leaves open, the stand-in takes its best guess at.

pub mod answer;
pub mod id;
pub mod permissions;
pub mod person;
pub mod view;

mod admin;
mod cast;
mod commands;
mod compose;
mod deliver;
mod entities;
mod form;
mod gateway;
mod html;
mod interact;
mod look;
mod oauth;
mod objects;
mod picture;
mod refusal;
mod rest;
mod secrets;
mod service;
mod speak;
mod state;
mod told;

use std::{sync::Arc, time::Duration};

use ed25519_dalek::SigningKey;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use answer::Answer;
pub use gateway::Identified;
pub use id::Id;
pub use person::Person;
pub use view::*;

use self::service::Service;
use crate::{
    clock::{Clock, pause},
    fault::Faults,
    listen,
};

/// How interactions reach the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// INTERACTION_CREATE over the gateway.
    Gateway,
    /// Signed requests to the application's interactions endpoint.
    Http { url: String },
}

/// How a stand-in is made.
#[derive(Clone, Debug)]
pub struct Options {
    pub bot_token: String,
    pub client_secret: String,
    /// The bot's user and the application, which share an id.
    pub application_id: Id,
    /// The seed of the key interactions are signed with.
    pub signing_seed: [u8; 32],
    /// What `GET /gateway/bot` recommends.
    pub shards: u32,
    pub identifies_per_day: u32,
    /// Shards whose numbers are alike modulo this identify one at a time, every five seconds.
    pub max_concurrency: u32,
    /// Privileged intents switched on for the application, such as `1 << 1` for members.
    pub privileged_intents: u64,
    /// Real time between a client's heartbeats.
    pub heartbeat_every: Duration,
    /// Whether rate limits hold; off for load tests.
    pub limits: bool,
    /// Edits per hour of a message that is older than an hour.
    pub edits_of_old_messages: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bot_token: "MTIwMDAwMDAwMDAwMDAwMDAwMA.Gsand0.b0xb0xb0xb0xb0xb0xb0xb0xb0xb0xb0xb0xb0x".into(),
            client_secret: "s4ndb0xs4ndb0xs4ndb0xs4ndb0xs4nd".into(),
            application_id: Id(1_200_000_000_000_000_000),
            signing_seed: *b"greenroom's pretend signing key!",
            shards: 1,
            identifies_per_day: 1000,
            max_concurrency: 1,
            privileged_intents: 0,
            heartbeat_every: Duration::from_millis(41_250),
            limits: true,
            edits_of_old_messages: 30,
        }
    }
}

/// The handle of the stand-in. Cheap to clone; it ends with its last clone.
#[derive(Clone)]
pub struct Discord {
    service: Service,
    _stop: Arc<DropGuard>,
}

impl Discord {
    /// Starts one on a port of the system's choice.
    pub async fn start(clock: Clock, options: Options) -> std::io::Result<Self> {
        let listener = listen::bind().await?;
        let stop = CancellationToken::new();
        let service = Service::new(listener.local_addr()?, clock, options, stop.clone())?;
        listen::serve(listener, service::routes(&service), stop.clone());
        Ok(Self { service, _stop: Arc::new(stop.drop_guard()) })
    }

    /// `http://127.0.0.1:PORT`: stands for `https://discord.com`.
    pub fn url(&self) -> &str {
        &self.service.url
    }

    /// DISCORD_TOKEN, DISCORD_API_URL, DISCORD_PUBLIC_KEY, DISCORD_CLIENT_SECRET.
    pub fn env(&self) -> Vec<(String, String)> {
        let options = &self.service.options;
        [
            ("DISCORD_TOKEN", options.bot_token.clone()),
            ("DISCORD_API_URL", self.service.url.clone()),
            ("DISCORD_PUBLIC_KEY", self.service.public_key()),
            ("DISCORD_CLIENT_SECRET", options.client_secret.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The switches to misbehave with, and the requests so far. The socket is called `gateway`.
    pub fn faults(&self) -> &Faults {
        &self.service.faults
    }

    /// Somebody of the cast, by lower-case name.
    ///
    /// # Panics
    ///
    /// When nobody is called so.
    pub fn person(&self, name: &str) -> Person {
        let found = self.service.look(|state| state.user_named(name).filter(|user| !user.bot).map(|user| user.id));
        let id = found.unwrap_or_else(|| panic!("nobody of the cast is called {name}"));
        Person { discord: self.clone(), id, insists: false }
    }

    /// The whole cast.
    pub fn people(&self) -> Vec<Someone> {
        self.service.look(|state| {
            let people = state.users.values().filter(|user| !user.bot);
            people.filter_map(|user| state.someone(user.id)).collect()
        })
    }

    /// The guild's id, as the bot knows it.
    pub fn guild(&self) -> Id {
        self.service.look(|state| state.guild.id)
    }

    /// The application's id, which is the bot's too.
    pub fn application(&self) -> Id {
        self.service.options.application_id
    }

    /// A channel's or thread's id, by name (`"general"`, `"#general"`) or id.
    pub fn channel(&self, name: &str) -> Option<Id> {
        self.service.look(|state| state.channel_named(name).map(|channel| channel.id))
    }

    /// Everything in a channel that is not private to somebody, oldest first.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.service.look(|state| match state.channel_named(channel) {
            Some(channel) => state.seen_in(channel.id, None),
            None => vec![],
        })
    }

    /// The first message of the channel that is as wanted, once there is one.
    ///
    /// # Panics
    ///
    /// After five seconds, showing what is there instead.
    pub async fn wait_for(&self, channel: &str, wanted: impl Fn(&Message) -> bool) -> Message {
        let found = async {
            let mut changes = self.changes();
            loop {
                changes.borrow_and_update();
                if let Some(message) = self.messages(channel).into_iter().find(|message| wanted(message)) {
                    return message;
                }
                // The sender lives in `self`.
                let _ = changes.changed().await;
            }
        };
        tokio::select! {
            message = found => message,
            () = pause(answer::PATIENCE) => {
                panic!("#{channel} never had what was wanted, but {:#?}", self.messages(channel))
            }
        }
    }

    /// Counts up at every change anybody could see.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.service.changed.subscribe()
    }

    /// Discord's markdown as HTML, mentions as names; safe to insert into a page.
    pub fn html(&self, text: &str) -> String {
        self.service.look(|state| html::render(state, text))
    }

    /// Switches how interactions go out. An endpoint is checked as Discord checks it, and refused when
    /// it answers a PING wrongly or lets a bad signature pass.
    pub async fn deliver(&self, delivery: Delivery) -> Result<(), String> {
        if let Delivery::Http { url } = &delivery {
            deliver::check(&self.service, url).await?;
        }
        self.service.set_delivery(delivery);
        Ok(())
    }

    /// Probes the endpoint with a wrong signature, as Discord does from time to time. The status it got; anything but
    /// 401 costs the endpoint, and interactions go over the gateway again.
    pub async fn probe(&self) -> Result<u16, String> {
        let Delivery::Http { url } = self.service.delivery() else { return Err("there is no endpoint".into()) };
        let status = deliver::probe(&self.service, &url).await?;
        if status != 401 {
            self.service.set_delivery(Delivery::Gateway);
        }
        Ok(status)
    }

    /// Registers a redirect of the OAuth page.
    pub fn register_redirect(&self, url: &str) {
        self.service.oauth.register(url);
    }
}

fn signing_key(options: &Options) -> SigningKey {
    SigningKey::from_bytes(&options.signing_seed)
}
