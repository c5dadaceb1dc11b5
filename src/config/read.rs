//! From variables to [`Config`]: asks for each once and collects what is wrong.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::{
    Config, Discord, Interactions, Limits, Log, LogFormat, Problem, Problems, Rate, SignalWire, Store, Web, value,
    value::Read,
};

/// Members a room may have; SignalWire takes 1 to 300
/// (<https://signalwire.com/docs/apis/signalwire-rest/video/rooms>).
const ROOM_MEMBERS: std::ops::RangeInclusive<u32> = 1..=300;
/// SignalWire takes at most 200,000 s, which is 55 h and a half.
const MEMBER_HOURS: std::ops::RangeInclusive<u32> = 1..=55;

/// Discord's usual limit of 50 a second, less what is for whoever else uses the token (`greenroom check`).
const DISCORD_REQUESTS: u32 = 45;
/// With fewer, cards would leave nothing for people's own requests; a bot of a million servers needs some thousands.
const DISCORD_REQUESTS_RANGE: std::ops::RangeInclusive<u32> = 5..=10_000;

struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// The variable's text; empty counts as not set.
    fn text(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn problem(&mut self, variable: &'static str, advice: impl Into<String>) {
        self.problems.push(Problem { variable, advice: advice.into() });
    }

    fn optional<T>(&mut self, variable: &'static str, read: impl FnOnce(&str) -> Read<T>) -> Option<T> {
        let text = self.text(variable)?;
        read(&text).map_err(|advice| self.problem(variable, advice)).ok()
    }

    fn or<T>(&mut self, variable: &'static str, default: T, read: impl FnOnce(&str) -> Read<T>) -> T {
        self.optional(variable, read).unwrap_or(default)
    }

    /// A value that must be there; `found_at` says where people find it.
    fn required<T>(&mut self, variable: &'static str, found_at: &str, read: impl FnOnce(&str) -> Read<T>) -> Option<T> {
        if self.text(variable).is_none() {
            self.problem(variable, format!("is not set; {found_at}"));
        }
        self.optional(variable, read)
    }
}

fn secret(text: &str) -> Read<SecretString> {
    value::word(text).map(SecretString::from)
}

fn known(url: &'static str) -> Url {
    Url::parse(url).expect("a URL written here")
}

pub(super) fn config(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Config, Problems> {
    let mut reader = Reader { lookup, problems: Vec::new() };
    let discord = discord(&mut reader);
    let signalwire = signalwire(&mut reader);
    let web = web(&mut reader);
    let store = store(&mut reader);
    let limits = limits(&mut reader);
    let log = log(&mut reader);
    let policy_file = reader.optional("POLICY_FILE", |text| {
        let path = PathBuf::from(text);
        if path.is_file() { Ok(path) } else { Err("names a file that is not there".into()) }
    });
    match (discord, signalwire, web, store) {
        (Some(discord), Some(signalwire), Some(web), Some(store)) if reader.problems.is_empty() => {
            Ok(Config { discord, signalwire, web, store, limits, log, policy_file })
        }
        _ => Err(Problems(reader.problems)),
    }
}

fn discord(reader: &mut Reader<'_>) -> Option<Discord> {
    let token = reader.required(
        "DISCORD_TOKEN",
        "find it at https://discord.com/developers/applications > your application > Bot > Reset Token",
        secret,
    );
    let client_secret = reader.optional("DISCORD_CLIENT_SECRET", secret);
    let mode = reader.or("DISCORD_INTERACTIONS", "gateway".to_owned(), |text| match text {
        "gateway" | "http" => Ok(text.to_owned()),
        _ => Err("must be gateway or http".into()),
    });
    let public_key = if mode == "http" {
        reader.required("DISCORD_PUBLIC_KEY", "find it at General Information > Public Key", value::public_key)
    } else {
        reader.optional("DISCORD_PUBLIC_KEY", value::public_key)
    };
    let interactions = match (mode.as_str(), public_key) {
        ("http", Some(public_key)) => Interactions::Http { public_key },
        _ => Interactions::Gateway,
    };
    let guild_id = reader.optional("DISCORD_GUILD_ID", value::snowflake);
    let shards = reader.optional("DISCORD_SHARDS", value::shards);
    let members_intent = reader.or("DISCORD_MEMBERS_INTENT", false, value::switch);
    let requests_per_second =
        reader.or("DISCORD_REQUESTS_PER_SECOND", DISCORD_REQUESTS, |text| value::number(text, DISCORD_REQUESTS_RANGE));
    let api_url = reader.or("DISCORD_API_URL", known("https://discord.com"), value::discord_api);
    Some(Discord {
        token: token?,
        client_secret,
        interactions,
        guild_id,
        shards,
        members_intent,
        requests_per_second,
        api_url,
    })
}

fn signalwire(reader: &mut Reader<'_>) -> Option<SignalWire> {
    let space_url = reader.required(
        "SIGNALWIRE_SPACE_URL",
        "it is the host of your SignalWire dashboard, like example.signalwire.com",
        value::space,
    );
    let project_id =
        reader.required("SIGNALWIRE_PROJECT_ID", "find it in the dashboard under API > Project ID", value::word);
    let api_token = reader.required(
        "SIGNALWIRE_API_TOKEN",
        "make one in the dashboard under API > Tokens, with the Video scope",
        secret,
    );
    let relay_url = reader.or("SIGNALWIRE_RELAY_URL", known("wss://relay.signalwire.com"), value::relay);
    Some(SignalWire { space_url: space_url?, project_id: project_id?, api_token: api_token?, relay_url })
}

fn web(reader: &mut Reader<'_>) -> Option<Web> {
    let public_url = reader.required(
        "PUBLIC_URL",
        "it is where people reach the join page, like https://greenroom.example.org",
        value::origin,
    );
    let listen_addr = reader.or("LISTEN_ADDR", ([0, 0, 0, 0], 8080).into(), |text| {
        value::parsed(text, "an address and a port, like 0.0.0.0:8080")
    });
    let metrics_addr =
        reader.optional("METRICS_ADDR", |text| value::parsed(text, "an address and a port, like 127.0.0.1:9090"));
    let trusted_proxies = reader.or("TRUSTED_PROXIES", Vec::new(), |text| {
        text.split(',')
            .map(|entry| value::parsed(entry.trim(), "networks separated by commas, like 127.0.0.1/32,10.0.0.0/8"))
            .collect()
    });
    let rate_limits = reader.or("RATE_LIMITS", true, value::switch);
    if !rate_limits && public_url.as_ref().is_some_and(|url| !value::is_loopback(url)) {
        reader.problem("RATE_LIMITS", "off is for load tests on this machine: PUBLIC_URL is not loopback");
    }
    Some(Web { public_url: public_url?, listen_addr, metrics_addr, trusted_proxies, rate_limits })
}

fn store(reader: &mut Reader<'_>) -> Option<Store> {
    let database_url = reader.or("DATABASE_URL", "sqlite://greenroom.db".to_owned().into(), value::database);
    let secret_keys = reader.optional("SECRET_KEY", value::secret_keys);
    let is_sqlite = secrecy::ExposeSecret::expose_secret(&database_url).starts_with("sqlite:");
    if !is_sqlite && reader.text("SECRET_KEY").is_none() {
        reader.problem(
            "SECRET_KEY",
            "is required with PostgreSQL, the same for every instance; make one with: openssl rand -base64 32",
        );
    }
    Some(Store { database_url, secret_keys })
}

fn limits(reader: &mut Reader<'_>) -> Limits {
    Limits {
        room_max_members: reader.or("ROOM_MAX_MEMBERS", 50, |text| value::number(text, ROOM_MEMBERS)),
        member_max_hours: reader.or("MEMBER_MAX_HOURS", 8, |text| value::number(text, MEMBER_HOURS)),
        max_live_rooms_per_guild: reader.or("MAX_LIVE_ROOMS_PER_GUILD", 10, |text| value::number(text, 1..=100_000)),
        opens_per_user: reader.or(
            "OPENS_PER_USER",
            Rate { count: 3, per: std::time::Duration::from_secs(600) },
            value::rate,
        ),
    }
}

fn log(reader: &mut Reader<'_>) -> Log {
    Log {
        filter: reader.or("RUST_LOG", "info".to_owned(), value::log_filter),
        format: reader.or("LOG_FORMAT", LogFormat::Text, |text| match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("must be text or json".into()),
        }),
    }
}
