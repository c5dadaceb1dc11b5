//! The command line. In: arguments and the environment. Out: a running Greenroom, or a report; an exit code.

use std::{
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::config::Config;

/// `greenroom check`
mod check;

/// `greenroom forget`
mod forget;

/// `greenroom invite`
mod invite;

/// How the log is written.
mod log;

/// One question over HTTP.
mod question;

/// `greenroom register`
mod register;

/// What was found, line by line.
mod report;

/// `greenroom`
mod serve;

/// `greenroom status`
mod status;

/// `greenroom export`, `greenroom import`
mod transfer;

/// `greenroom why`
mod why;

/// Says what was asked for, with its last line's end. Whoever reads no further (`| head`) has what they wanted.
fn say(text: impl Display) -> io::Result<()> {
    match write!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Anybody's id, a guest's too.
fn id(text: &str) -> Result<u64, &'static str> {
    text.parse().ok().filter(|id| *id > 0).ok_or(
        "an id is digits alone, like 175928847299117063 (Discord: Settings > Advanced > Developer Mode, then Copy ID)",
    )
}

/// Discord's ids stay below 2^63 until 2084.
fn discord_id(text: &str) -> Result<u64, &'static str> {
    id(text).and_then(|id| if i64::try_from(id).is_ok() { Ok(id) } else { Err("Discord has no id as large as that") })
}

/// Opens SignalWire video rooms from Discord. Without a command it serves.
///
/// Configured by environment variables or a .env file; .env.example explains each.
#[derive(Debug, Parser)]
#[command(name = "greenroom", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// Verify every credential, permission and address against the live services, and say how to mend what is wrong
    Check(check::Asked),
    /// Register the commands at Discord now, where they differ
    Register,
    /// Print the link that adds the bot to a server
    Invite,
    /// Say how the running Greenroom is, part by part, and what its database tells; changes nothing
    Status(status::Asked),
    /// Say what somebody may do in a channel's rooms, and the rule behind it; asks Discord
    Why(why::Asked),
    /// Delete what is stored of a person, or take their name off it
    Forget(forget::Asked),
    /// Write everything this installation knows into a file, to move or keep it; needs the same SECRET_KEY to be read
    Export(transfer::Export),
    /// Fill an empty database from what `greenroom export` wrote
    Import(transfer::Import),
}

/// Does what the arguments say. Errors go to standard error as one report; the exit code tells.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match start(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn start(arguments: Arguments) -> anyhow::Result<ExitCode> {
    install_crypto();
    read_env_file()?;
    let config = Config::from_env()?;
    log::start(&config.log, arguments.command.is_some());
    match arguments.command {
        None => serve::serve(config).await,
        Some(Command::Check(asked)) => check::check(config, asked).await,
        Some(Command::Register) => register::register(config).await,
        Some(Command::Invite) => invite::invite(config).await,
        Some(Command::Status(asked)) => status::status(config, asked).await,
        Some(Command::Why(asked)) => why::why(config, asked).await,
        Some(Command::Forget(asked)) => forget::forget(config, asked).await,
        Some(Command::Export(asked)) => transfer::export(config, asked).await,
        Some(Command::Import(asked)) => transfer::import(config, asked).await,
    }
}

/// One provider for every TLS connection: with several compiled in, rustls must be told which.
fn install_crypto() {
    // Only a second call in one process is refused, and then the first holds.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A `.env` beside the process, if there is one. What the environment says already, it keeps.
fn read_env_file() -> anyhow::Result<()> {
    match dotenvy::dotenv() {
        Ok(path) => {
            warn_if_others_can_read(&path);
            Ok(())
        }
        Err(error) if error.not_found() => Ok(()),
        // The parser's own text quotes the line, which may hold a secret.
        Err(dotenvy::Error::LineParse(_, at)) => {
            anyhow::bail!(
                ".env: a line can't be read, at its character {at}: write NAME=value, with quotes around spaces"
            )
        }
        Err(_) => anyhow::bail!(".env: the file can't be read"),
    }
}

fn warn_if_others_can_read(path: &std::path::Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let others_can = std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
        if others_can {
            eprintln!("{}: others on this machine can read your secrets; mend with: chmod 600 .env", path.display());
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}
