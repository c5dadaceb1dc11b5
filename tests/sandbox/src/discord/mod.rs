//! A small Discord: REST, gateway, signed interactions, webhooks, OAuth, people.

/// Snowflakes.
pub mod id;

/// What people see.
pub mod view;

/// People.
pub mod person;

/// What comes back to them.
pub mod answer;

use tokio::sync::watch;

pub use answer::Answer;
pub use id::Id;
pub use person::Person;
pub use view::*;

/// How interactions reach the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// INTERACTION_CREATE over the gateway.
    Gateway,
    /// Signed requests to the application's interactions endpoint.
    Http { url: String },
}

/// The handle of the stand-in. Cheap to clone.
#[derive(Clone)]
pub struct Discord;

impl Discord {
    /// `http://127.0.0.1:PORT`: stands for `https://discord.com`.
    pub fn url(&self) -> &str {
        unreachable!()
    }
    /// DISCORD_TOKEN, DISCORD_API_URL, DISCORD_PUBLIC_KEY, DISCORD_CLIENT_SECRET.
    pub fn env(&self) -> Vec<(String, String)> {
        unreachable!()
    }
    /// Somebody of the cast, by lower-case name.
    pub fn person(&self, name: &str) -> Person {
        let _ = name;
        unreachable!()
    }
    /// The whole cast.
    pub fn people(&self) -> Vec<Someone> {
        unreachable!()
    }
    /// Everything in a channel that is not private to somebody, oldest first.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        let _ = channel;
        unreachable!()
    }
    /// The first message of the channel that is as wanted, once there is one.
    pub async fn wait_for(&self, channel: &str, wanted: impl Fn(&Message) -> bool) -> Message {
        let _ = (channel, wanted);
        unreachable!()
    }
    /// Counts up at every change anybody could see.
    pub fn changes(&self) -> watch::Receiver<u64> {
        unreachable!()
    }
    /// Discord's markdown as HTML, mentions as names; safe to insert into a page.
    pub fn html(&self, text: &str) -> String {
        let _ = text;
        unreachable!()
    }
    /// Switches how interactions go out. An endpoint is checked as Discord checks it, and refused when
    /// it answers a PING wrongly or lets a bad signature pass.
    pub async fn deliver(&self, delivery: Delivery) -> Result<(), String> {
        let _ = delivery;
        unreachable!()
    }
    /// Registers a redirect of the OAuth page.
    pub fn register_redirect(&self, url: &str) {
        let _ = url;
        unreachable!()
    }
}
