//! Each variable with a value that can't be right, before the executable as it ships.

use std::time::{Duration, Instant};

use crate::{binary::Machine, database::KEY};

type Set = &'static [(&'static str, &'static str)];

/// Each variable, a value that is wrong, and what else has to be set for it to count.
const WRONG: [(&str, &str, Set); 38] = [
    ("DISCORD_TOKEN", "", &[]),
    ("DISCORD_TOKEN", "Bot hush-hush", &[]),
    ("DISCORD_TOKEN", "MTE.hush-hush.token", &[]),
    ("DISCORD_CLIENT_SECRET", "\"hush-hush\"", &[]),
    ("DISCORD_INTERACTIONS", "pigeon", &[]),
    ("DISCORD_PUBLIC_KEY", "abc", &[]),
    ("DISCORD_PUBLIC_KEY", "", &[("DISCORD_INTERACTIONS", "http")]),
    (
        "DISCORD_PUBLIC_KEY",
        "0707070707070707070707070707070707070707070707070707070707070707",
        &[("DISCORD_INTERACTIONS", "http")],
    ),
    ("DISCORD_GUILD_ID", "My server", &[]),
    ("DISCORD_SHARDS", "4-3/8", &[]),
    ("DISCORD_MEMBERS_INTENT", "maybe", &[]),
    ("DISCORD_REQUESTS_PER_SECOND", "all of them", &[]),
    ("DISCORD_REQUESTS_PER_SECOND", "0", &[]),
    ("DISCORD_API_URL", "https://discord.example", &[]),
    ("SIGNALWIRE_SPACE_URL", "", &[]),
    ("SIGNALWIRE_SPACE_URL", "https://signalwire.example", &[]),
    ("SIGNALWIRE_PROJECT_ID", "my project", &[]),
    ("SIGNALWIRE_API_TOKEN", "PT hush-hush", &[]),
    ("SIGNALWIRE_RELAY_URL", "https://relay.signalwire.com", &[]),
    ("PUBLIC_URL", "http://rooms.example.org", &[]),
    ("LISTEN_ADDR", "here", &[]),
    ("LISTEN_ADDR", "203.0.113.1:80", &[]),
    ("METRICS_ADDR", "9090", &[]),
    ("METRICS_ADDR", "203.0.113.1:9090", &[]),
    ("DATABASE_URL", "mysql://greenroom:hush-hush@localhost/greenroom", &[]),
    ("DATABASE_URL", "sqlite:///no/such/folder/greenroom.db", &[]),
    ("DATABASE_URL", "postgres://greenroom:hush-hush@127.0.0.1:9/greenroom", &[("SECRET_KEY", KEY)]),
    ("SECRET_KEY", "aHVzaC1odXNo", &[]),
    ("ROOM_MAX_MEMBERS", "301", &[]),
    ("MEMBER_MAX_HOURS", "a day", &[]),
    ("MAX_LIVE_ROOMS_PER_GUILD", "0", &[]),
    ("OPENS_PER_USER", "three", &[]),
    ("POLICY_FILE", "no-such.toml", &[]),
    ("POLICY_FILE", "policy.toml", &[]),
    ("TRUSTED_PROXIES", "the proxy", &[]),
    ("RATE_LIMITS", "few", &[]),
    ("RUST_LOG", "greenroom=loud", &[]),
    ("LOG_FORMAT", "xml", &[]),
];

#[tokio::test]
async fn a_wrong_value_of_any_variable_ends_it_at_once_with_the_variables_name() {
    let mut machine = Machine::new().await;
    // What it prints is its last word alone.
    machine.set("RUST_LOG", "off");
    let mut slowest = Duration::ZERO;
    for (variable, value, beside) in WRONG {
        let kept = machine.env.clone();
        for (name, value) in beside.iter().chain(&[(variable, value)]) {
            machine.set(name, value);
        }
        machine.writes("policy.toml", "[[rule]]\npermission = \"FLY\"\nrole = \"moderator\"\n");
        let begun = Instant::now();
        let ran = machine.runs(&[]).await;
        let took = begun.elapsed();
        println!("{variable}: {took:?}");
        slowest = slowest.max(took);
        assert_eq!(ran.code, Some(1), "{variable}={value}: {}", ran.err);
        assert!(ran.err.contains(variable), "{variable}={value} is not named: {}", ran.err);
        assert!(!ran.err.contains("hush-hush"), "{variable}: {}", ran.err);
        machine.env = kept;
    }
    println!("the slowest took {slowest:?}");
    // A second on a machine that has nothing else to do.
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

#[tokio::test]
async fn a_value_that_is_no_text_is_not_taken_for_one_that_is_missing() {
    use std::os::unix::ffi::OsStrExt as _;

    let machine = Machine::new().await;
    let mut command = machine.command();
    command.env("OPENS_PER_USER", std::ffi::OsStr::from_bytes(b"3/10min\xff"));
    let ran = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("OPENS_PER_USER:"), "{said}");
}

/// The table above has all of them.
#[test]
fn no_variable_is_left_out() {
    let example = include_str!("../../.env.example").lines();
    let names = example.filter_map(|line| line.trim_start_matches('#').split_once('=').map(|(name, _)| name));
    let is_name = |name: &&str| name.len() > 3 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let names: Vec<&str> = names.filter(is_name).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(WRONG.iter().any(|(variable, ..)| *variable == name), "{name}");
    }
}
