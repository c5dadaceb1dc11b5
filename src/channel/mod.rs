//! 6. The channel is made to show it.
//!
//! In: what the database says of sessions, and wake-ups that something changed. Out: one card per session and few
//! lines in its channel, through the channel's Discord webhook. Driven by state, not by messages: lost, repeated and
//! reordered wake-ups, crashes and storms cost at most a few edits.

use std::{sync::Arc, time::Duration};

use quick_cache::sync::Cache;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    clock::Clock,
    command::VideoCommand,
    config::Config,
    discord,
    lease::Leases,
    secret::Keys,
    store::Store,
    tasks::Tasks,
    wake::{Change, Heard, Wake},
    words::Words,
};

/// The room card, from state to embed.
pub mod card;

/// Who came and who went, rolled up into few words.
pub mod activity;

/// What remains of a session once it has ended.
mod summary;

/// How fast a channel is written to.
mod window;

/// What is to be done about one card.
mod plan;

/// The channel's webhook, found again or made once.
mod webhook;

/// Saying something in a channel.
mod post;

/// Who asks to be let in.
mod knocks;

/// One channel's sender.
mod sender;

/// Who has one.
mod senders;

/// Servers the bot was removed from.
mod guilds;

use self::{card::Look, post::Posts, sender::Sender, senders::Senders, webhook::Webhooks};

/// The database is looked through so often for what no wake-up told.
const SWEEP: Duration = Duration::from_secs(5);
/// Sessions whose channel is remembered.
const SESSIONS_REMEMBERED: usize = 4096;

/// Why nothing can be posted in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The bot cannot see the channel.
    NoAccess,
    /// The bot may neither post through a webhook nor itself.
    MayNotPost,
    /// There is no such channel any more.
    ChannelGone,
    /// The thread is archived or locked.
    ThreadClosed,
    /// Discord takes the channel, but not what we say.
    Rejected,
    /// The bot was removed from the server.
    BotRemoved,
}

impl Problem {
    const ALL: [Self; 6] =
        [Self::NoAccess, Self::MayNotPost, Self::ChannelGone, Self::ThreadClosed, Self::Rejected, Self::BotRemoved];

    /// As stored and logged.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoAccess => "no_access",
            Self::MayNotPost => "may_not_post",
            Self::ChannelGone => "channel_gone",
            Self::ThreadClosed => "thread_closed",
            Self::Rejected => "rejected",
            Self::BotRemoved => "bot_removed",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.code() == code)
    }
}

/// What the configuration says about cards.
#[derive(Debug, Clone)]
pub struct Appearance {
    pub public_url: Url,
    /// Whether people can sign in with Discord, so that the plain room link admits somebody.
    pub sign_in: bool,
    pub max_members: u32,
}

impl Appearance {
    pub fn of(config: &Config) -> Self {
        Self {
            public_url: config.web.public_url.clone(),
            sign_in: config.discord.client_secret.is_some(),
            max_members: config.limits.room_max_members,
        }
    }
}

/// All channels that hear of rooms. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Channels(Arc<Shared>);

/// What every sender uses.
struct Shared {
    store: Store,
    posts: Posts,
    words: Words,
    clock: Clock,
    appearance: Appearance,
    video: VideoCommand,
    leases: Leases,
    /// Discord takes something again after it did not: nobody need wait any longer.
    back: Notify,
    senders: Arc<Senders>,
    /// Where sessions' cards are: a card never moves to another channel.
    homes: Cache<Arc<str>, u64>,
    tasks: Tasks,
    stop: CancellationToken,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Channels")
    }
}

impl Channels {
    /// Starts looking after all channels; what an earlier process left is continued first.
    #[expect(clippy::too_many_arguments, reason = "each is one thing the step needs, and app names them once")]
    pub fn start(
        store: Store,
        discord: discord::Client,
        keys: Keys,
        words: Words,
        clock: Clock,
        wake: Wake,
        appearance: Appearance,
        video: VideoCommand,
        leases: Leases,
        tasks: &Tasks,
    ) -> Self {
        let webhooks = Webhooks::new(store.clone(), discord.clone(), keys, clock.clone());
        let shared = Arc::new(Shared {
            posts: Posts::new(&discord, webhooks),
            senders: Arc::new(Senders::new(clock.clone())),
            store,
            words,
            clock,
            appearance,
            video,
            leases,
            back: Notify::new(),
            homes: Cache::new(SESSIONS_REMEMBERED),
            tasks: tasks.apart(),
            stop: tasks.stop().clone(),
        });
        let tasks = &shared.tasks;
        tasks.lasting("showing rooms in channels", watch(Arc::clone(&shared), wake.listen()));
        tasks.lasting("showing who knocks", knocks::watch(Arc::clone(&shared), wake.listen()));
        tasks.lasting("comparing servers", guilds::compare(Arc::clone(&shared), discord));
        Self(shared)
    }

    /// What stood in the way of the channel's last card, if anything did.
    pub async fn problem(&self, channel_id: u64) -> sqlx::Result<Option<Problem>> {
        Ok(self.0.store.channel_problem(channel_id).await?.as_deref().and_then(Problem::from_code))
    }

    /// Something about the channel changed, such as permissions: what could not be posted there is tried again.
    pub async fn look_again(&self, channel_id: u64) -> sqlx::Result<()> {
        if self.0.store.channel_deliverable_again(channel_id).await? > 0 {
            ring(&self.0, channel_id);
        }
        Ok(())
    }

    /// The same for all channels of a guild, whose roles changed.
    pub async fn look_again_in_guild(&self, guild_id: u64) -> sqlx::Result<()> {
        for (channel_id, _) in self.0.store.undeliverable_channels(guild_id).await? {
            self.look_again(channel_id).await?;
        }
        Ok(())
    }

    /// Channels that have a sender now.
    pub fn senders(&self) -> usize {
        self.0.senders.present()
    }

    /// After the stop: until no request is in flight.
    pub async fn stopped(&self) {
        self.0.tasks.ended().await;
    }
}

impl Shared {
    fn look(&self) -> Look {
        let base = self.appearance.public_url.as_str().trim_end_matches('/');
        let room_link = self.appearance.sign_in.then(|| format!("{base}/r/"));
        Look { room_link, max_members: self.appearance.max_members, video_command: self.video.mention() }
    }

    /// How long it is until then.
    fn until(&self, unix_ms: i64) -> Duration {
        Duration::from_millis(u64::try_from(unix_ms - self.clock.unix_ms()).unwrap_or_default())
    }
}

/// The channel's sender looks at its cards; it is started if there is none.
fn ring(shared: &Arc<Shared>, channel_id: u64) {
    let Some(seat) = shared.senders.ring(channel_id).filter(|_| !shared.stop.is_cancelled()) else { return };
    shared.tasks.spawn(Sender::new(Arc::clone(shared), seat).run());
}

/// Hears of changes, and looks through the database for those it did not hear of.
async fn watch(shared: Arc<Shared>, mut changes: crate::wake::Listener) {
    // At start every card is looked at: the configuration may have changed, a post may have been under way.
    let mut sweep_at = shared.clock.monotonic() + SWEEP;
    let mut standing = shared.leases.standing();
    look_through(&shared, true).await;
    loop {
        let heard = tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.clock.sleep_until(sweep_at) => Heard { change: None, elsewhere: false },
            _ = standing.changed() => {
                // Nobody looks after the channels of a process that died; some post may have been under way.
                look_through(&shared, true).await;
                continue;
            }
            heard = changes.heard() => heard,
        };
        match heard.change {
            Some(Change::Session { session_id, .. }) => match home(&shared, session_id).await {
                // Where nobody writes to the channel, the process that said so does.
                Some(channel_id) if heard.elsewhere => shared.senders.ring_if_ours(channel_id),
                Some(channel_id) => ring(&shared, channel_id),
                None => {}
            },
            Some(Change::Person { .. } | Change::Lingers { .. }) => {}
            None => {
                look_through(&shared, false).await;
                sweep_at = shared.clock.monotonic() + SWEEP;
            }
        }
    }
}

async fn look_through(shared: &Arc<Shared>, everything: bool) {
    let channels = if everything {
        shared.store.channels_living().await
    } else {
        shared.store.channels_due(shared.clock.unix_ms()).await
    };
    match channels {
        Ok(channels) => channels.into_iter().for_each(|channel_id| ring(shared, channel_id)),
        Err(error) => tracing::error!(%error, "the cards can't be looked through; trying again"),
    }
}

async fn home(shared: &Shared, session_id: Arc<str>) -> Option<u64> {
    if let Some(channel_id) = shared.homes.get(&session_id) {
        return Some(channel_id);
    }
    let channel_id = match shared.store.card_channel(&session_id).await {
        Ok(channel_id) => channel_id?,
        Err(error) => {
            tracing::error!(session.id = %session_id, %error, "a session's card can't be looked up; the sweep will");
            return None;
        }
    };
    shared.homes.insert(session_id, channel_id);
    Some(channel_id)
}
