//! Verbs about guilds, channels and members.

use serenity::model::{
    channel::GuildChannel,
    guild::{Member, PartialGuild, Role, ThreadMember},
};

use super::{
    ChannelId, GuildId, UserId,
    client::{Call, Client},
    error::Error,
};

impl Client {
    pub async fn guild(&self, guild: GuildId) -> Result<PartialGuild, Error> {
        self.ask(Call::get(format!("guilds/{guild}"))).await
    }

    pub async fn guild_roles(&self, guild: GuildId) -> Result<Vec<Role>, Error> {
        self.ask(Call::get(format!("guilds/{guild}/roles"))).await
    }

    /// The guild's channels, threads left out.
    pub async fn guild_channels(&self, guild: GuildId) -> Result<Vec<GuildChannel>, Error> {
        self.ask(Call::get(format!("guilds/{guild}/channels"))).await
    }

    /// A guild's channel or thread. A direct message is [`Error::Malformed`]: nothing of ours is in one.
    pub async fn channel(&self, channel: ChannelId) -> Result<GuildChannel, Error> {
        self.ask(Call::get(format!("channels/{channel}"))).await
    }

    /// 404 with [`UNKNOWN_MEMBER`](super::code::UNKNOWN_MEMBER): not in the guild.
    pub async fn member(&self, guild: GuildId, user: UserId) -> Result<Member, Error> {
        let call = Call::get(format!("guilds/{guild}/members/{user}")).key(format!("guilds/{guild}/members/:id"));
        self.ask(call).await
    }

    /// 404: not in the thread.
    pub async fn thread_member(&self, thread: ChannelId, user: UserId) -> Result<ThreadMember, Error> {
        let call = Call::get(format!("channels/{thread}/thread-members/{user}"))
            .key(format!("channels/{thread}/thread-members/:id"));
        self.ask(call).await
    }
}
