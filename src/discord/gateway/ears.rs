//! What a shard's socket hears: interactions are answered, changes handed on.

use std::{sync::Arc, time::Duration};

use serenity::{
    builder::CreateInteractionResponse,
    model::{application::Interaction, event::Event as Dispatch},
};
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use super::super::{
    ChannelId, Event, Events, GuildId,
    answer::{self, Handler, Outline},
    client::Client,
    error::{Error, code},
    interactions::Reply,
    seen::Seen,
};
use crate::{clock::Clock, snowflake, tasks::Tasks, telemetry};

/// Interactions that may be in work at once; what comes on top goes unanswered, and Discord says so.
const AT_ONCE: usize = 1024;

/// An older interaction has lost its 3 seconds: it comes from a replay after a resume.
const STALE_MS: i64 = 3000;

/// How much later whoever may have lost a shard answers: who has it now is first then, and Discord takes the first.
const YIELD: Duration = Duration::from_millis(500);

/// All shards' sockets have the same.
pub(super) struct Ears<H>(Arc<Inner<H>>);

struct Inner<H> {
    client: Client,
    handler: H,
    events: Events,
    clock: Clock,
    tasks: Tasks,
    seen: Seen,
    places: Arc<Semaphore>,
}

impl<H: Handler> Ears<H> {
    pub fn new(client: Client, seen: Seen, handler: H, events: Events, clock: Clock, tasks: Tasks) -> Self {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Self(Arc::new(Inner { client, handler, events, clock, tasks, seen, places }))
    }

    /// `is_ours`: nobody else can have the shard.
    pub fn hear(&self, dispatch: Dispatch, is_ours: bool) {
        match dispatch {
            Dispatch::InteractionCreate(event) => self.0.hear(event.interaction, is_ours),
            other => {
                if let Some(event) = changed(&other) {
                    self.0.events.send(event);
                }
            }
        }
    }

    /// Something may have happened that nobody here has heard of.
    pub fn missed(&self) {
        self.0.events.send(Event::Missed);
    }
}

fn changed(dispatch: &Dispatch) -> Option<Event> {
    Some(match dispatch {
        Dispatch::GuildCreate(event) => Event::GuildChanged { guild: event.guild.id },
        Dispatch::GuildUpdate(event) => Event::GuildChanged { guild: event.guild.id },
        // Unavailable is an outage of Discord's, no farewell.
        Dispatch::GuildDelete(event) if !event.guild.unavailable => Event::GuildLeft { guild: event.guild.id },
        Dispatch::GuildRoleCreate(event) => Event::GuildChanged { guild: event.role.guild_id },
        Dispatch::GuildRoleUpdate(event) => Event::GuildChanged { guild: event.role.guild_id },
        Dispatch::GuildRoleDelete(event) => Event::GuildChanged { guild: event.guild_id },
        Dispatch::ChannelCreate(event) => channel(event.channel.guild_id, event.channel.id),
        Dispatch::ChannelUpdate(event) => channel(event.channel.guild_id, event.channel.id),
        Dispatch::ChannelDelete(event) => {
            Event::ChannelDeleted { guild: event.channel.guild_id, channel: event.channel.id }
        }
        Dispatch::ThreadCreate(event) => channel(event.thread.guild_id, event.thread.id),
        Dispatch::ThreadUpdate(event) => channel(event.thread.guild_id, event.thread.id),
        Dispatch::ThreadDelete(event) => {
            Event::ChannelDeleted { guild: event.thread.guild_id, channel: event.thread.id }
        }
        Dispatch::ThreadMembersUpdate(event) => channel(event.guild_id, event.id),
        Dispatch::GuildMemberUpdate(event) => Event::MemberChanged { guild: event.guild_id, user: event.user.id },
        Dispatch::GuildMemberRemove(event) => Event::MemberGone { guild: event.guild_id, user: event.user.id },
        Dispatch::GuildBanAdd(event) => Event::MemberGone { guild: event.guild_id, user: event.user.id },
        _ => return None,
    })
}

fn channel(guild: GuildId, channel: ChannelId) -> Event {
    Event::ChannelChanged { guild, channel }
}

impl<H: Handler> Inner<H> {
    fn hear(self: &Arc<Self>, interaction: Interaction, is_ours: bool) {
        let id = interaction.id();
        // By our clock and by Discord's: a machine whose clock is ahead shall not find everything old.
        let now = self.clock.unix_ms().min(self.client.discord_unix_ms());
        let age_ms = now - snowflake::made_at(id.get());
        if age_ms > STALE_MS {
            telemetry::skipped("old");
            tracing::debug!(interaction.id = id.get(), age_ms, "skipping an interaction that is too old to answer");
            return;
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            telemetry::skipped("crowd");
            tracing::error!(interaction.id = id.get(), "too many interactions at once: one goes unanswered");
            return;
        };
        let (this, span) = (Arc::clone(self), answer::span(id, self.handler.label(&interaction)));
        let answered = async move {
            if !is_ours {
                this.client.real.sleep(YIELD).await;
            }
            this.answer(interaction).await;
            drop(place);
        };
        self.tasks.spawn(answered.instrument(span));
    }

    async fn answer(&self, interaction: Interaction) {
        let reply = Reply::to(&interaction);
        let outline = Outline::of(&interaction);
        let Some(answer) = answer::first(&self.handler, &self.seen, interaction, &self.client.real).await else {
            return;
        };
        if self.send_first(&reply, &answer.first, &outline).await
            && let Some(later) = answer.later
        {
            later.await;
        }
    }

    /// Whether later work makes sense.
    async fn send_first(&self, reply: &Reply, first: &CreateInteractionResponse, outline: &Outline) -> bool {
        let Err(error) = self.client.callback(reply, first).await else { return true };
        tracing::warn!(%error, "a first answer did not arrive");
        match error {
            // Perhaps it did: then the later edit shows.
            Error::Unreachable(_) => true,
            error if matches!(error.code(), code::UNKNOWN_INTERACTION | code::ALREADY_ANSWERED) => false,
            // Discord does not like what we say, so say less. Nothing more can be done when that fails too.
            Error::Status { status, .. } if status.is_client_error() => {
                let _ = self.client.callback(reply, &self.handler.sorry(outline)).await;
                false
            }
            _ => false,
        }
    }
}
