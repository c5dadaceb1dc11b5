//! `greenroom register`: the commands, now.

use std::process::ExitCode;

use crate::{
    clock::Clock,
    command,
    config::Config,
    discord::{self, Scope},
    words::Words,
};

pub(super) async fn register(config: Config) -> anyhow::Result<ExitCode> {
    let discord = discord::Client::new(&config.discord, &config.web.public_url, Clock::system())?;
    let scope = Scope::of(&config.discord);
    let registered = command::register(&discord, &Words::load(), scope).await?;
    let place = match scope {
        Scope::Global => "in every server".to_owned(),
        Scope::Guild(guild) => format!("in server {guild}"),
    };
    let what = if registered.changed { "are registered now" } else { "were registered already" };
    super::say(format_args!(
        "The commands {what}, {place}. </video:{}> is how a message names the first.\n",
        registered.video
    ))?;
    Ok(ExitCode::SUCCESS)
}
