use std::collections::BTreeMap;

use super::*;

fn complete() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("DISCORD_TOKEN", "a-bot-token"),
        ("SIGNALWIRE_SPACE_URL", "example.signalwire.com"),
        ("SIGNALWIRE_PROJECT_ID", "11111111-aaaa-4bbb-8ccc-222222222222"),
        ("SIGNALWIRE_API_TOKEN", "PTsecret"),
        ("PUBLIC_URL", "https://greenroom.example.org"),
    ])
}

fn read(environment: &BTreeMap<&'static str, &'static str>) -> Result<Config, Problems> {
    Config::from_lookup(|name| environment.get(name).map(|value| (*value).to_owned()))
}

fn problems_with(variable: &'static str, value: &'static str) -> String {
    let mut environment = complete();
    environment.insert(variable, value);
    let problems = read(&environment).expect_err(variable);
    assert!(problems.iter().all(|problem| problem.variable == variable), "{problems}");
    problems.to_string()
}

#[test]
fn five_variables_are_enough() {
    let config = read(&complete()).expect("complete");
    assert_eq!(config.signalwire.space_url.as_str(), "https://example.signalwire.com/");
    assert_eq!(config.limits.room_max_members, 50);
    assert_eq!(config.discord.requests_per_second, 45);
    assert_eq!(config.discord.interactions, Interactions::Gateway);
}

#[test]
fn an_empty_environment_is_told_everything_at_once() {
    let problems = read(&BTreeMap::new()).expect_err("empty");
    insta::assert_snapshot!(problems, @r"
    The configuration has 5 problems:
      DISCORD_TOKEN: is not set; find it at https://discord.com/developers/applications > your application > Bot > Reset Token
      SIGNALWIRE_SPACE_URL: is not set; it is the host of your SignalWire dashboard, like example.signalwire.com
      SIGNALWIRE_PROJECT_ID: is not set; find it in the dashboard under API > Project ID
      SIGNALWIRE_API_TOKEN: is not set; make one in the dashboard under API > Tokens, with the Video scope
      PUBLIC_URL: is not set; it is where people reach the join page, like https://greenroom.example.org
    Every variable is explained in .env.example.
    ");
}

#[test]
fn a_wrong_value_is_refused_without_being_repeated() {
    for (variable, value) in [
        ("PUBLIC_URL", "http://greenroom.example.org"),
        ("PUBLIC_URL", "https://greenroom.example.org/path"),
        ("PUBLIC_URL", "hunter2"),
        ("DISCORD_API_URL", "https://evil.example"),
        ("SIGNALWIRE_SPACE_URL", "https://signalwire.com@evil.example"),
        ("SIGNALWIRE_SPACE_URL", "http://example.signalwire.com"),
        ("SIGNALWIRE_RELAY_URL", "ws://relay.signalwire.com"),
        ("DISCORD_INTERACTIONS", "pigeon"),
        ("DISCORD_PUBLIC_KEY", "abc"),
        ("DISCORD_SHARDS", "4-3/8"),
        ("DISCORD_GUILD_ID", "12x"),
        ("DISCORD_REQUESTS_PER_SECOND", "4"),
        ("DISCORD_REQUESTS_PER_SECOND", "45.5"),
        ("DATABASE_URL", "mysql://hunter2"),
        ("SECRET_KEY", "c2hvcnQ="),
        ("ROOM_MAX_MEMBERS", "301"),
        ("MEMBER_MAX_HOURS", "0"),
        ("OPENS_PER_USER", "3 per day"),
        ("TRUSTED_PROXIES", "here"),
        ("RATE_LIMITS", "off"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "greenroom=loud"),
        ("DISCORD_TOKEN", "Bot hunter2"),
        ("DISCORD_CLIENT_SECRET", "\"hunter2\""),
        ("SIGNALWIRE_PROJECT_ID", "the project"),
        ("SIGNALWIRE_API_TOKEN", "PT hunter2"),
        ("POLICY_FILE", "/does/not/exist.toml"),
    ] {
        let report = problems_with(variable, value);
        assert!(value == "off" || !report.contains(&format!(" {value}")), "{report}");
    }
}

#[test]
fn http_interactions_need_the_public_key() {
    let mut environment = complete();
    environment.insert("DISCORD_INTERACTIONS", "http");
    assert!(read(&environment).expect_err("no key").to_string().contains("DISCORD_PUBLIC_KEY: is not set"));
    environment.insert("DISCORD_PUBLIC_KEY", "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f");
    assert_eq!(read(&environment).expect("with key").discord.interactions, Interactions::Http { public_key: [15; 32] });
}

#[test]
fn several_instances_need_a_shared_key() {
    let mut environment = complete();
    environment.insert("DATABASE_URL", "postgres://greenroom@localhost/greenroom");
    assert!(read(&environment).expect_err("no key").to_string().contains("SECRET_KEY: is required with PostgreSQL"));
}

#[test]
fn a_stand_in_on_this_machine_needs_no_tls() {
    let mut environment = complete();
    environment.insert("SIGNALWIRE_SPACE_URL", "http://127.0.0.1:4711");
    environment.insert("SIGNALWIRE_RELAY_URL", "ws://127.0.0.1:4711/relay");
    environment.insert("DISCORD_API_URL", "http://127.0.0.1:4712");
    environment.insert("PUBLIC_URL", "http://localhost:8080");
    environment.insert("RATE_LIMITS", "off");
    assert!(!read(&environment).expect("loopback").web.rate_limits);
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let config = read(&complete()).expect("complete");
    let shown = format!("{config:?}");
    assert!(!shown.contains("a-bot-token") && !shown.contains("PTsecret"), "{shown}");
}
