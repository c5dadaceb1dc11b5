//! Everything the environment says, read once, with every problem reported together and no value printed.

mod read;
mod value;

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

pub(crate) use self::value::is_loopback;

/// The whole configuration. Each field's doc names its variable.
#[derive(Debug, Clone)]
pub struct Config {
    pub discord: Discord,
    pub signalwire: SignalWire,
    pub web: Web,
    pub store: Store,
    pub limits: Limits,
    pub log: Log,
    /// `POLICY_FILE`
    pub policy_file: Option<PathBuf>,
}

impl Config {
    /// Reads every variable through `lookup`; an empty value counts as not set.
    ///
    /// # Errors
    /// All problems together, each naming its variable and never its value.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        read::config(&lookup)
    }

    /// Reads the process environment.
    ///
    /// # Errors
    /// As [`Config::from_lookup`].
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_env() -> Result<Self, Problems> {
        use std::env::VarError::{NotPresent, NotUnicode};
        Self::from_lookup(|name| match std::env::var(name) {
            Ok(text) => Some(text),
            Err(NotPresent) => None,
            // It becomes a text that is not right either.
            Err(NotUnicode(bytes)) => Some(bytes.to_string_lossy().into_owned()),
        })
    }
}

/// What is wrong with the environment, one sentence a variable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(Vec<Problem>);

/// One variable and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub variable: &'static str,
    pub advice: String,
}

impl Problems {
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(f, "The configuration has {count} problem{}:", if count == 1 { "" } else { "s" })?;
        for Problem { variable, advice } in &self.0 {
            writeln!(f, "  {variable}: {advice}")?;
        }
        f.write_str("Every variable is explained in .env.example.")
    }
}

impl std::error::Error for Problems {}

/// How the log is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `RUST_LOG`
    pub filter: String,
    /// `LOG_FORMAT`
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone)]
pub struct Discord {
    /// `DISCORD_TOKEN`
    pub token: SecretString,
    /// `DISCORD_CLIENT_SECRET`
    pub client_secret: Option<SecretString>,
    /// `DISCORD_INTERACTIONS`, `DISCORD_PUBLIC_KEY`
    pub interactions: Interactions,
    /// `DISCORD_GUILD_ID`
    pub guild_id: Option<u64>,
    /// `DISCORD_SHARDS`
    pub shards: Option<Shards>,
    /// `DISCORD_MEMBERS_INTENT`
    pub members_intent: bool,
    /// `DISCORD_REQUESTS_PER_SECOND`, of all processes together
    pub requests_per_second: u32,
    /// `DISCORD_API_URL`, without a trailing slash or path
    pub api_url: Url,
}

/// How interactions reach us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interactions {
    Gateway,
    /// Served at `/discord/interactions`; the key is the application's Ed25519 public key.
    Http {
        public_key: [u8; 32],
    },
}

/// `first-last/total`, such as `0-3/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shards {
    pub first: u32,
    pub last: u32,
    pub total: u32,
}

#[derive(Debug, Clone)]
pub struct SignalWire {
    /// `SIGNALWIRE_SPACE_URL` as a base URL: `https://example.signalwire.com`
    pub space_url: Url,
    /// `SIGNALWIRE_PROJECT_ID`
    pub project_id: String,
    /// `SIGNALWIRE_API_TOKEN`
    pub api_token: SecretString,
    /// `SIGNALWIRE_RELAY_URL`
    pub relay_url: Url,
}

#[derive(Debug, Clone)]
pub struct Web {
    /// `PUBLIC_URL`, without a trailing slash or path
    pub public_url: Url,
    /// `LISTEN_ADDR`
    pub listen_addr: SocketAddr,
    /// `METRICS_ADDR`
    pub metrics_addr: Option<SocketAddr>,
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: Vec<IpNet>,
    /// `RATE_LIMITS`
    pub rate_limits: bool,
}

#[derive(Debug, Clone)]
pub struct Store {
    /// `DATABASE_URL`
    pub database_url: SecretString,
    /// `SECRET_KEY`: the first writes, all read. `None`: made beside the SQLite file.
    pub secret_keys: Option<Vec<SecretKey>>,
}

/// One entry of `SECRET_KEY`: base64 of at least 32 bytes, checked.
#[derive(Debug, Clone)]
pub struct SecretKey(pub SecretString);

#[derive(Debug, Clone)]
pub struct Limits {
    /// `ROOM_MAX_MEMBERS`
    pub room_max_members: u32,
    /// `MEMBER_MAX_HOURS`
    pub member_max_hours: u32,
    /// `MAX_LIVE_ROOMS_PER_GUILD`
    pub max_live_rooms_per_guild: u32,
    /// `OPENS_PER_USER`
    pub opens_per_user: Rate,
}

/// So many in so long, such as `3/10min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub per: Duration,
}

#[cfg(test)]
mod tests;
