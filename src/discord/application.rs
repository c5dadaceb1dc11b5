//! Verbs about the application itself: who it is, its commands, its gateway.

use http::Method;
use serde::Deserialize;
use serenity::{
    builder::CreateCommand,
    model::{application::Command, gateway::BotGateway, guild::GuildInfo, user::CurrentUser},
};

use super::{
    ApplicationId, GuildId,
    client::{Call, Client, plain_body},
    error::Error,
};

/// The application behind the bot token, as far as we look. serenity's own model lacks the endpoint URL.
#[derive(Debug, Clone, Deserialize)]
pub struct Application {
    pub id: ApplicationId,
    pub name: String,
    /// Where Discord sends interactions; none means over the gateway.
    #[serde(default)]
    pub interactions_endpoint_url: Option<String>,
    /// The Ed25519 public key of its signatures, in hex.
    #[serde(default)]
    pub verify_key: Option<String>,
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    #[serde(default)]
    pub approximate_guild_count: Option<u32>,
}

/// Where commands are registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Global,
    /// At once, and in this guild alone.
    Guild(GuildId),
}

impl Client {
    /// The bot's own user.
    pub async fn me(&self) -> Result<CurrentUser, Error> {
        self.ask(Call::get("users/@me".to_owned())).await
    }

    pub async fn application(&self) -> Result<Application, Error> {
        self.ask(Call::get("applications/@me".to_owned())).await
    }

    /// Asked once per process: an application keeps its id.
    pub async fn application_id(&self) -> Result<ApplicationId, Error> {
        self.application_id.get_or_try_init(async || Ok(self.application().await?.id)).await.copied()
    }

    /// The shards Discord recommends and how many more times today we may identify.
    pub async fn gateway_bot(&self) -> Result<BotGateway, Error> {
        self.ask(Call::get("gateway/bot".to_owned())).await
    }

    /// The guilds the bot is in, 200 at a time, those after `after`.
    pub async fn guilds(&self, after: Option<GuildId>) -> Result<Vec<GuildInfo>, Error> {
        let after = after.map_or(0, GuildId::get);
        self.ask(Call::get(format!("users/@me/guilds?limit=200&after={after}"))).await
    }

    pub async fn commands(&self, scope: Scope) -> Result<Vec<Command>, Error> {
        let path = self.commands_path(scope).await?;
        self.ask(Call::get(format!("{path}?with_localizations=true"))).await
    }

    /// Replaces all commands of the scope; those of an unchanged name keep their ids.
    pub async fn set_commands(&self, scope: Scope, commands: &[CreateCommand]) -> Result<Vec<Command>, Error> {
        let path = self.commands_path(scope).await?;
        self.ask(Call::new(Method::PUT, path).json(plain_body(&commands)?)).await
    }

    async fn commands_path(&self, scope: Scope) -> Result<String, Error> {
        let application = self.application_id().await?;
        Ok(match scope {
            Scope::Global => format!("applications/{application}/commands"),
            Scope::Guild(guild) => format!("applications/{application}/guilds/{guild}/commands"),
        })
    }
}
