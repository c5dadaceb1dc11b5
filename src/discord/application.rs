//! Verbs about the application itself: who it is, its commands, its gateway.

use http::Method;
use serde::Deserialize;
use serenity::{
    builder::CreateCommand,
    model::{
        Permissions,
        application::Command,
        gateway::BotGateway,
        guild::GuildInfo,
        user::{CurrentUser, User},
    },
};

use url::Url;

use super::{
    ApplicationId, GuildId,
    client::{Call, Client, plain_body},
    error::Error,
};
use crate::config::{self, Interactions};

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

/// Why interactions would not reach us as configured; the text says how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error(
        "DISCORD_INTERACTIONS=gateway, but Discord sends this application's interactions to {0}. Remove the \
         \"Interactions Endpoint URL\" in the Developer Portal (your application > General Information), or set \
         DISCORD_INTERACTIONS=http."
    )]
    EndpointSet(String),
    #[error(
        "DISCORD_PUBLIC_KEY is not this application's. Copy \"Public Key\" from the Developer Portal (your \
         application > General Information)."
    )]
    OtherKey,
    #[error(
        "DISCORD_INTERACTIONS=http, but Discord sends this application's interactions to {found}. Set the \
         \"Interactions Endpoint URL\" in the Developer Portal (your application > General Information) to {wanted}."
    )]
    OtherEndpoint { found: String, wanted: String },
}

/// Where interactions must go for us to hear of them over HTTP.
pub fn endpoint(public_url: &Url) -> String {
    format!("{}{}", public_url.as_str().trim_end_matches('/'), super::http::PATH)
}

impl Application {
    /// Whether interactions reach us as configured. An endpoint that is not set yet is no mismatch: Discord
    /// accepts one only while it answers, so we must be running first.
    pub fn mismatch(&self, interactions: &Interactions, public_url: &Url) -> Option<Mismatch> {
        let set = self.interactions_endpoint_url.as_deref().filter(|url| !url.is_empty());
        match (interactions, set) {
            (Interactions::Gateway, Some(found)) => Some(Mismatch::EndpointSet(found.to_owned())),
            (Interactions::Gateway, None) => None,
            (Interactions::Http { public_key }, set) => {
                let ours: String = public_key.iter().map(|byte| format!("{byte:02x}")).collect();
                if self.verify_key.as_ref().is_some_and(|key| !key.eq_ignore_ascii_case(&ours)) {
                    return Some(Mismatch::OtherKey);
                }
                let wanted = endpoint(public_url);
                set.filter(|&found| found.trim_end_matches('/') != wanted)
                    .map(|found| Mismatch::OtherEndpoint { found: found.to_owned(), wanted })
            }
        }
    }
}

/// What the bot needs in a guild: View Channel, Send Messages, Embed Links, Manage Webhooks, Send Messages in Threads.
pub const PERMISSIONS: Permissions = Permissions::VIEW_CHANNEL
    .union(Permissions::SEND_MESSAGES)
    .union(Permissions::EMBED_LINKS)
    .union(Permissions::MANAGE_WEBHOOKS)
    .union(Permissions::SEND_MESSAGES_IN_THREADS);

/// What Discord calls them where people switch them on.
pub fn permission_names(permissions: Permissions) -> Vec<String> {
    permissions.iter_names().map(|(name, _)| permission_name(name)).collect()
}

fn permission_name(constant: &str) -> String {
    let words = constant.split('_').map(|word| match word {
        "IN" => "in".to_owned(),
        _ => word.chars().take(1).chain(word.chars().skip(1).map(|letter| letter.to_ascii_lowercase())).collect(),
    });
    words.collect::<Vec<String>>().join(" ")
}

/// A user's own picture. <https://discord.com/developers/docs/reference#image-formatting>
pub fn avatar_url(user: &User) -> Option<String> {
    user.avatar.map(|hash| format!("https://cdn.discordapp.com/avatars/{}/{hash}.webp?size=128", user.id))
}

/// The page where an admin adds the bot to a guild, to `guild` when given.
/// <https://discord.com/developers/docs/topics/oauth2#bot-authorization-flow>
pub fn invite(api_url: &Url, application: ApplicationId, guild: Option<GuildId>) -> String {
    let base = api_url.as_str().trim_end_matches('/');
    let permissions = PERMISSIONS.bits();
    let guild = guild.map(|guild| format!("&guild_id={guild}")).unwrap_or_default();
    format!(
        "{base}/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={permissions}{guild}"
    )
}

/// Where commands are registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Global,
    /// At once, and in this guild alone.
    Guild(GuildId),
}

impl Scope {
    /// `DISCORD_GUILD_ID`'s, else everywhere.
    pub fn of(config: &config::Discord) -> Self {
        config.guild_id.map_or(Self::Global, |guild| Self::Guild(GuildId::new(guild)))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn application(endpoint: Option<&str>) -> Application {
        serde_json::from_value(serde_json::json!({
            "id": "1", "name": "Greenroom", "interactions_endpoint_url": endpoint, "verify_key": "07".repeat(32)
        }))
        .unwrap()
    }

    #[test]
    fn a_mismatch_says_how_to_mend_it() {
        let here: Url = "https://rooms.example.org".parse().unwrap();
        let http = |byte| Interactions::Http { public_key: [byte; 32] };
        let ours = Some("https://rooms.example.org/discord/interactions");
        let said = |endpoint, interactions: &Interactions| {
            application(endpoint).mismatch(interactions, &here).map(|mismatch| mismatch.to_string())
        };
        assert_eq!(said(None, &Interactions::Gateway), None);
        assert_eq!(said(None, &http(7)), None);
        assert_eq!(said(ours, &http(7)), None);
        assert!(said(ours, &Interactions::Gateway).is_some_and(|text| text.contains("DISCORD_INTERACTIONS=http")));
        assert!(said(ours, &http(8)).is_some_and(|text| text.contains("DISCORD_PUBLIC_KEY")));
        assert!(
            said(Some("https://else.example"), &http(7)).is_some_and(|text| text.ends_with("/discord/interactions."))
        );
    }

    #[test]
    fn the_invitation_asks_for_what_is_needed_and_no_more() {
        let link = invite(&"https://discord.com".parse().unwrap(), ApplicationId::new(1), None);
        insta::assert_snapshot!(link, @"https://discord.com/oauth2/authorize?client_id=1&scope=bot+applications.commands&permissions=275414797312");
    }
}
