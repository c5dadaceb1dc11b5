//! The outside party Discord: its REST API, and the two ways its interactions reach us.
//!
//! Nothing here knows of rooms or of the video service. serenity gives the models, twilight the
//! gateway's socket; every REST call of ours goes through `Client`.

/// What can go wrong when Discord is asked something.
mod error;

/// Discord's rate limits, kept before they are met.
mod limits;

/// One REST client: base URL, secret, limits, retries; one private `send`.
mod client;

/// Verbs about the application itself: who it is, its commands, its gateway.
mod application;

/// Verbs about guilds, channels and members.
mod guilds;

/// Verbs about messages, by the bot and through webhooks.
mod messages;

/// Verbs that answer an interaction.
mod interactions;

/// What the gateway says has changed about who may see what.
mod event;

/// What both ways in ask of whoever handles interactions.
mod answer;

/// No interaction is answered twice.
mod seen;

/// One way in: the gateway socket.
pub mod gateway;

/// Notices a gateway that went silent.
mod watchdog;

/// Which shards this process has, and how long ago each showed a sign of life.
mod health;

/// The other way in: signed HTTP requests.
pub mod http;

pub use serenity::model::id::{
    ApplicationId, ChannelId, CommandId, GuildId, InteractionId, MessageId, RoleId, UserId, WebhookId,
};

pub use self::{
    answer::{Answer, Handler, Later, Outline, span},
    application::{Application, Mismatch, PERMISSIONS, Scope, avatar_url, endpoint, invite, permission_names},
    client::Client,
    error::{Error, code},
    event::{Event, Events},
    gateway::{Gateway, Stopped},
    health::{Health, Shards},
    interactions::{Reply, callback_body},
    limits::{Budget, Share},
    messages::{Glimpse, Webhook},
};

#[cfg(test)]
mod tests;
