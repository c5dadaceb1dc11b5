//! Whether Discord takes our token, sends interactions where we listen, knows our commands, and lets us do what we
//! must in each channel.

use std::collections::HashMap;

use serenity::model::{
    Permissions,
    channel::{ChannelType, GuildChannel},
};

use super::{Finding, Section};
use crate::{
    access::{self, SignIn, SignInParts},
    clock::Clock,
    command,
    config::{Config, Interactions},
    discord::{self, Application, Client, Error, GuildId, Scope, Stopped, UserId},
    secret::{Keys, Random},
    store::Store,
    words::Words,
};

/// A clock that is off by more draws a hint: Discord's signatures and answers have deadlines.
const SKEW_MS: i64 = 5_000;
/// Discord's usual limit of requests in a second.
const USUAL_LIMIT: u32 = 50;
/// Servers looked into; an installation with more is looked at where it was asked for, by DISCORD_GUILD_ID.
const GUILDS: usize = 25;
/// Channels named for one lack; the rest are counted.
const NAMED: usize = 5;

pub(super) async fn check(config: &Config, clock: &Clock, store: Option<&Store>) -> Section {
    let findings = match Client::new(&config.discord, &config.web.public_url, clock.clone()) {
        Ok(client) => Check { config, client, store }.findings().await,
        Err(error) => vec![Finding::problem(format!("{error:#}"), "Copy the token again, without spaces.")],
    };
    Section { title: "Discord", findings }
}

struct Check<'a> {
    config: &'a Config,
    client: Client,
    store: Option<&'a Store>,
}

impl Check<'_> {
    async fn findings(&self) -> Vec<Finding> {
        let application = match self.client.application().await {
            Ok(application) => application,
            Err(error) => return vec![cannot_ask(&error)],
        };
        let known = format!("DISCORD_TOKEN: Discord knows me as {}", application.name);
        let mut findings = vec![Finding::ok(known)];
        findings.extend(self.clock());
        findings.extend(self.limit());
        findings.push(self.interactions(&application));
        findings.extend(self.sign_in(&application).await);
        findings.push(self.commands().await);
        findings.extend(self.gateway().await);
        findings.extend(self.guilds().await);
        findings
    }

    fn clock(&self) -> Option<Finding> {
        let skew_ms = self.client.skew_ms();
        let behind = if skew_ms > 0 { "behind" } else { "ahead of" };
        (skew_ms.abs() > SKEW_MS).then(|| {
            let says = format!("this machine's clock is {} s {behind} Discord's", skew_ms.abs() / 1000);
            Finding::hint(says, "Let it be set by NTP (systemd-timesyncd or chrony).")
        })
    }

    /// Discord tells nobody what a bot was granted, before it is too much.
    fn limit(&self) -> Option<Finding> {
        (self.config.discord.requests_per_second > USUAL_LIMIT).then(|| {
            Finding::hint(
                format!("DISCORD_REQUESTS_PER_SECOND is more than the {USUAL_LIMIT} that Discord allows a bot"),
                "Right only where Discord has granted me more; where it has not, GreenroomDiscordLimits will tell.",
            )
        })
    }

    fn interactions(&self, application: &Application) -> Finding {
        let (wanted, public_url) = (&self.config.discord.interactions, &self.config.web.public_url);
        let set = application.interactions_endpoint_url.as_deref().is_some_and(|url| !url.is_empty());
        match (application.mismatch(wanted, public_url), wanted) {
            (Some(mismatch), _) => Finding::problem(mismatch.to_string(), "Then run this check again."),
            (None, Interactions::Gateway) => Finding::ok("DISCORD_INTERACTIONS: interactions come over the gateway"),
            (None, Interactions::Http { .. }) if set => {
                Finding::ok(format!("DISCORD_INTERACTIONS: interactions come to {}", discord::endpoint(public_url)))
            }
            (None, Interactions::Http { .. }) => Finding::hint(
                "DISCORD_INTERACTIONS: Discord sends interactions nowhere yet",
                format!(
                    "While Greenroom runs, set the \"Interactions Endpoint URL\" in the Developer Portal (your \
                     application > General Information) to {}.",
                    discord::endpoint(public_url)
                ),
            ),
        }
    }

    async fn sign_in(&self, application: &Application) -> Option<Finding> {
        self.config.discord.client_secret.as_ref()?;
        let redirect = format!("{}/oauth/callback", self.config.web.public_url.as_str().trim_end_matches('/'));
        Some(if self.is_secret_taken().await == Some(false) {
            Finding::problem(
                "DISCORD_CLIENT_SECRET: Discord does not accept it",
                "Copy it from the Developer Portal (your application > OAuth2 > Client Secret > Reset Secret).",
            )
        } else if application.redirect_uris.contains(&redirect) {
            Finding::ok("DISCORD_CLIENT_SECRET: people can sign in with Discord")
        } else {
            Finding::problem(
                "DISCORD_CLIENT_SECRET: Discord does not know where to send people back to",
                format!("Add {redirect} in the Developer Portal (your application > OAuth2 > Redirects)."),
            )
        })
    }

    /// None: it could not be asked.
    async fn is_secret_taken(&self) -> Option<bool> {
        let random = Random::system();
        let parts = SignInParts {
            config: &self.config.discord,
            public_url: &self.config.web.public_url,
            discord: self.client.clone(),
            keys: Keys::load(&self.config.store, &random).ok()?,
            store: self.store?.clone(),
            clock: Clock::system(),
            random,
        };
        SignIn::new(parts).ok()??.is_secret_taken().await
    }

    async fn commands(&self) -> Finding {
        match command::is_registered(&self.client, &Words::load(), Scope::of(&self.config.discord)).await {
            Ok(true) => Finding::ok("the commands are registered"),
            Ok(false) => Finding::hint(
                "the commands are not registered as they should be",
                "Starting Greenroom does it, or: greenroom register",
            ),
            Err(error) if error.is_forbidden() => Finding::problem(
                "DISCORD_GUILD_ID: I may not register commands in that server",
                "Add me to it with the link that `greenroom invite` prints.",
            ),
            Err(error) => cannot_ask(&error),
        }
    }

    async fn gateway(&self) -> Option<Finding> {
        if self.config.discord.interactions != Interactions::Gateway {
            return None;
        }
        Some(match self.client.gateway_bot().await {
            Ok(gateway) if gateway.session_start_limit.remaining == 0 => Finding::problem(
                "Discord lets me start no more gateway sessions today",
                "Something restarted me too often: look at the log, and wait.",
            ),
            Ok(gateway) if gateway.shards == 1 => Finding::ok("the gateway takes me, with one shard"),
            Ok(gateway) => Finding::ok(format!("the gateway takes me, with {} shards", gateway.shards)),
            Err(error) => cannot_ask(&error),
        })
    }

    async fn guilds(&self) -> Vec<Finding> {
        let (me, guilds) = match tokio::try_join!(self.client.me(), self.guild_names()) {
            Ok(found) => found,
            Err(error) => return vec![cannot_ask(&error)],
        };
        if guilds.is_empty() {
            return vec![Finding::hint(
                "I am in no server yet",
                "Add me with the link that `greenroom invite` prints.",
            )];
        }
        let mut findings = Vec::new();
        for (guild, name) in guilds.iter().take(GUILDS) {
            match self.guild(*guild, name, me.id).await {
                Ok(found) => findings.extend(found),
                Err(error) => findings.push(Finding::problem(
                    format!("{name}: I can't look at it: {error}"),
                    "Try again; if it stays, remove me from it and add me anew.",
                )),
            }
        }
        if guilds.len() > GUILDS {
            let rest = guilds.len() - GUILDS;
            findings
                .push(Finding::hint(format!("{rest} more servers were not looked into"), "Name one: DISCORD_GUILD_ID"));
        }
        findings
    }

    async fn guild_names(&self) -> Result<Vec<(GuildId, String)>, Error> {
        if let Some(guild) = self.config.discord.guild_id.map(GuildId::new) {
            return Ok(vec![(guild, self.client.guild(guild).await?.name)]);
        }
        Ok(self.client.guilds(None).await?.into_iter().map(|guild| (guild.id, guild.name)).collect())
    }

    /// One line when all is well, else one for each thing that is missing.
    async fn guild(&self, id: GuildId, name: &str, me: UserId) -> Result<Vec<Finding>, Error> {
        let (guild, channels, member) =
            tokio::try_join!(self.client.guild(id), self.client.guild_channels(id), self.client.member(id, me))?;
        let mut lacking: HashMap<String, Vec<String>> = HashMap::new();
        let mut seen = 0;
        for (channel, allowed) in access::allowed(guild, &member, &channels) {
            if !has_rooms(channel.kind) {
                continue;
            }
            let missing = missing(allowed, channel, self.wants_threads(channel).await);
            // A channel that I can't see was most likely hidden on purpose.
            if missing.contains(Permissions::VIEW_CHANNEL) {
                continue;
            }
            seen += 1;
            for lack in discord::permission_names(missing) {
                lacking.entry(lack).or_default().push(format!("#{}", channel.name));
            }
        }
        let mut findings: Vec<_> = lacking.into_iter().map(|(lack, channels)| lacks(name, &lack, &channels)).collect();
        findings.sort_by_key(|finding| format!("{finding:?}"));
        findings.extend(self.undeliverable(id, name, &channels).await);
        if findings.is_empty() {
            findings.push(Finding::ok(format!("{name}: I may do all I need in the {seen} channels I see")));
        }
        Ok(findings)
    }

    /// Whether lines are to go into a thread at the card there.
    async fn wants_threads(&self, channel: &GuildChannel) -> bool {
        let Some(store) = self.store.filter(|_| command::has_threads(channel.kind)) else { return false };
        store.channel_settings(channel.id.get()).await.is_ok_and(|settings| settings.thread)
    }

    /// Channels whose card could not be posted.
    async fn undeliverable(&self, guild: GuildId, name: &str, channels: &[GuildChannel]) -> Vec<Finding> {
        let Some(store) = self.store else { return Vec::new() };
        let problems = store.undeliverable_channels(guild.get()).await.unwrap_or_default();
        let finding = |(channel_id, problem): (u64, String)| {
            let channel = channels.iter().find(|channel| channel.id.get() == channel_id);
            let channel = channel.map_or_else(|| channel_id.to_string(), |channel| format!("#{}", channel.name));
            let says = format!("{name}, {channel}: a room's card could not be posted ({problem})");
            Finding::hint(
                says,
                "It is tried again when the channel or its permissions change, and with the next /video.",
            )
        };
        problems.into_iter().map(finding).collect()
    }
}

fn has_rooms(kind: ChannelType) -> bool {
    matches!(kind, ChannelType::Text | ChannelType::News | ChannelType::Voice | ChannelType::Stage)
}

fn missing(allowed: Permissions, channel: &GuildChannel, wants_threads: bool) -> Permissions {
    let mut needed = discord::PERMISSIONS;
    needed.set(Permissions::CREATE_PUBLIC_THREADS, wants_threads);
    if matches!(channel.kind, ChannelType::Voice | ChannelType::Stage) {
        needed |= Permissions::CONNECT;
        needed -= Permissions::SEND_MESSAGES_IN_THREADS;
    }
    needed - allowed
}

fn lacks(guild: &str, lack: &str, channels: &[String]) -> Finding {
    let mut named = channels.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if channels.len() > NAMED {
        named = format!("{named} and {} others", channels.len() - NAMED);
    }
    let says = format!("{guild}: I lack {lack} in {named}");
    let mend =
        format!("Give it to my role, in Server Settings > Roles or in the channel's permissions. {}", cost(lack));
    // Without webhooks I still post, as myself; without threads, in the channel.
    match lack {
        "Manage Webhooks" | "Create Public Threads" => Finding::hint(says, mend),
        _ => Finding::problem(says, mend),
    }
}

fn cost(lack: &str) -> &'static str {
    match lack {
        "Manage Webhooks" => "Without it I post as myself, more slowly.",
        "Create Public Threads" => "Without it I start no thread, and the lines stand in the channel.",
        "Connect" => "Without it Discord does not let me see who may enter.",
        _ => "Without it nobody is told of a room.",
    }
}

fn cannot_ask(error: &Error) -> Finding {
    match error.status() {
        Some(http::StatusCode::UNAUTHORIZED) => {
            Finding::problem("DISCORD_TOKEN: Discord does not accept it", Stopped::BadToken.to_string())
        }
        _ => Finding::problem(error.to_string(), "Check that this machine may reach DISCORD_API_URL, and try again."),
    }
}
