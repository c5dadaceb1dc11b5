//! How single values are read: each function takes the text of one variable and gives the value or advice.
//! Advice never repeats the text: it may be a secret pasted into the wrong line.

use std::time::Duration;

use base64::Engine as _;
use secrecy::SecretString;
use url::{Host, Url};

use super::{Rate, SecretKey, Shards};

/// A value, or the sentence that mends it.
pub(super) type Read<T> = Result<T, String>;

/// `https://host` (or loopback `http`), nothing behind it.
pub(super) fn origin(text: &str) -> Read<Url> {
    let url = Url::parse(text).map_err(|_| "is not a URL; write it like https://greenroom.example.org".to_owned())?;
    secure(&url, "https", "http")?;
    bare(&url)?;
    Ok(url)
}

/// Discord's address: the real one, or a stand-in on this machine.
pub(super) fn discord_api(text: &str) -> Read<Url> {
    let url = origin(text)?;
    if url.host_str() == Some("discord.com") || is_loopback(&url) {
        Ok(url)
    } else {
        Err("must be https://discord.com, or the address of a stand-in on this machine".into())
    }
}

/// SignalWire's space: `example.signalwire.com`, or the full URL of a stand-in on this machine.
pub(super) fn space(text: &str) -> Read<Url> {
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&full).map_err(|_| "is not a host name; write it like example.signalwire.com".to_owned())?;
    secure(&url, "https", "http")?;
    bare(&url)?;
    signalwire_host(url, "must be your space, like example.signalwire.com")
}

/// SignalWire's realtime socket.
pub(super) fn relay(text: &str) -> Read<Url> {
    let url = Url::parse(text).map_err(|_| "is not a URL; write it like wss://relay.signalwire.com".to_owned())?;
    secure(&url, "wss", "ws")?;
    signalwire_host(url, "must be a host of signalwire.com")
}

/// Credentials only ever travel to SignalWire or to a stand-in on this machine.
fn signalwire_host(url: Url, advice: &str) -> Read<Url> {
    let named = url.host_str().is_some_and(|host| host.ends_with(".signalwire.com"));
    if named || is_loopback(&url) { Ok(url) } else { Err(advice.into()) }
}

fn secure(url: &Url, scheme: &str, loopback_scheme: &str) -> Read<()> {
    match url.scheme() {
        found if found == scheme => Ok(()),
        found if found == loopback_scheme && is_loopback(url) => Ok(()),
        found if found == loopback_scheme => {
            Err(format!("must begin with {scheme}:// ({loopback_scheme}:// is for this machine alone)"))
        }
        _ => Err(format!("must begin with {scheme}://")),
    }
}

fn bare(url: &Url) -> Read<()> {
    let clean = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if clean && anonymous { Ok(()) } else { Err("must be scheme and host only, nothing behind them".into()) }
}

/// Whether the URL's host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An id or a secret as others gave it out: it has no spaces and no quotes, and travels in headers.
pub(super) fn word(text: &str) -> Read<String> {
    let is_word = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'".contains(&byte));
    if is_word { Ok(text.to_owned()) } else { Err("must be as it was copied, without spaces and quotes".into()) }
}

/// What is logged, as `tracing-subscriber` reads it.
pub(super) fn log_filter(text: &str) -> Read<String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must be a filter like info, or info,greenroom=debug".into()),
    }
}

/// A sqlite or PostgreSQL URL.
pub(super) fn database(text: &str) -> Read<SecretString> {
    let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    if known {
        Ok(text.to_owned().into())
    } else {
        Err("must be a sqlite://file.db or postgres://user:password@host/database URL".into())
    }
}

/// Comma-separated base64 of at least 32 bytes each.
pub(super) fn secret_keys(text: &str) -> Read<Vec<SecretKey>> {
    text.split(',').map(|entry| secret_key(entry.trim())).collect()
}

fn secret_key(text: &str) -> Read<SecretKey> {
    let long_enough = base64::engine::general_purpose::STANDARD.decode(text).is_ok_and(|bytes| bytes.len() >= 32);
    if long_enough {
        Ok(SecretKey(text.to_owned().into()))
    } else {
        Err("each entry must be base64 of 32 or more random bytes; make one with: openssl rand -base64 32".into())
    }
}

/// Discord's Ed25519 public key, 64 hexadecimal digits.
pub(super) fn public_key(text: &str) -> Read<[u8; 32]> {
    data_encoding::HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| "must be the 64 hexadecimal digits of General Information > Public Key".into())
}

/// `first-last/total`, such as `0-3/8`; a single shard is `2/8`.
pub(super) fn shards(text: &str) -> Read<Shards> {
    parse_shards(text).ok_or_else(|| "must be like 0-3/8: first shard, last shard, number of all shards".into())
}

fn parse_shards(text: &str) -> Option<Shards> {
    let (range, total) = text.split_once('/')?;
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let shards = Shards { first: first.parse().ok()?, last: last.parse().ok()?, total: total.parse().ok()? };
    (shards.first <= shards.last && shards.last < shards.total).then_some(shards)
}

/// So many in so long, such as `3/10min`.
pub(super) fn rate(text: &str) -> Read<Rate> {
    parse_rate(text).ok_or_else(|| "must be like 3/10min: how many, in how long (s, min or h)".into())
}

fn parse_rate(text: &str) -> Option<Rate> {
    let (count, per) = text.split_once('/')?;
    let digits = per.find(|c: char| !c.is_ascii_digit())?;
    let (amount, unit) = per.split_at(digits);
    let seconds = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        _ => return None,
    };
    let per = Duration::from_secs(amount.parse::<u64>().ok()?.checked_mul(seconds)?);
    let count = count.parse().ok()?;
    (count > 0 && !per.is_zero()).then_some(Rate { count, per })
}

/// A whole number within `range`.
pub(super) fn number(text: &str, range: std::ops::RangeInclusive<u32>) -> Read<u32> {
    text.parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("must be a whole number from {} to {}", range.start(), range.end()))
}

/// A Discord id.
pub(super) fn snowflake(text: &str) -> Read<u64> {
    text.parse().ok().filter(|id| *id > 0 && *id <= i64::MAX as u64).ok_or_else(|| {
        "must be an id of digits (Discord: Settings > Advanced > Developer Mode, then Copy Server ID)".into()
    })
}

/// `on` or `off`.
pub(super) fn switch(text: &str) -> Read<bool> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off".into()),
    }
}

/// Anything whose own parser knows it; `shape` says how to write it.
pub(super) fn parsed<T: std::str::FromStr>(text: &str, shape: &str) -> Read<T> {
    text.parse().map_err(|_| format!("must be {shape}"))
}
