//! Each variable with a value that can't be right, before the executable as it ships.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use crate::{binary::Machine, database::KEY};

type Set = &'static [(&'static str, &'static str)];

/// What only the operator can mend is said within this.
const AT_ONCE: Duration = Duration::from_secs(1);
/// On a machine that has other things to do: the best of so many.
const TRIES: usize = 3;

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
    for (variable, value, beside) in WRONG {
        let kept = machine.env.clone();
        for (name, value) in beside.iter().chain(&[(variable, value)]) {
            machine.set(name, value);
        }
        machine.writes("policy.toml", "[[rule]]\npermission = \"FLY\"\nrole = \"moderator\"\n");
        let mut fastest = Duration::MAX;
        for _ in 0..TRIES {
            let begun = Instant::now();
            let ran = machine.runs(&[]).await;
            fastest = fastest.min(begun.elapsed());
            assert_eq!(ran.code, Some(1), "{variable}={value}: {}", ran.err);
            assert!(ran.err.contains(variable), "{variable}={value} is not named: {}", ran.err);
            assert!(!ran.err.contains("hush-hush"), "{variable}: {}", ran.err);
            if fastest < AT_ONCE {
                break;
            }
        }
        println!("{variable}: {fastest:?}");
        assert!(fastest < AT_ONCE, "{variable}={value} took {fastest:?}");
        machine.env = kept;
    }
}

/// A packet that was lost is sent again after a second: nobody knows in less that a host says nothing.
#[tokio::test]
async fn a_database_that_says_nothing_is_named_after_a_second_and_given_up_after_three() {
    // The system takes the connection, and nobody speaks.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut machine = Machine::new().await;
    machine.set("DATABASE_URL", &format!("postgres://greenroom@{}/greenroom", silent.local_addr().unwrap()));
    machine.set("SECRET_KEY", KEY);
    let begun = Instant::now();
    let ran = machine.runs(&[]).await;
    let took = begun.elapsed();
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let (waits, gives_up) =
        ("DATABASE_URL: the database says nothing yet", "DATABASE_URL: the database does not answer");
    let said = |words| ran.err.find(words).unwrap_or_else(|| panic!("{words} is missing in {}", ran.err));
    assert!(said(waits) < said(gives_up), "{}", ran.err);
    assert!((Duration::from_secs(3)..Duration::from_secs(6)).contains(&took), "{took:?}");
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
