//! `greenroom invite`: the link that adds the bot to a server.

use std::process::ExitCode;

use crate::{
    clock::Clock,
    config::Config,
    discord::{self, GuildId},
};

pub(super) async fn invite(config: Config) -> anyhow::Result<ExitCode> {
    let discord = discord::Client::new(&config.discord, &config.web.public_url, Clock::system())?;
    let application = discord.application_id().await?;
    let link = discord::invite(&config.discord.api_url, application, config.discord.guild_id.map(GuildId::new));
    super::say(format_args!("{link}\n"))?;
    Ok(ExitCode::SUCCESS)
}
