//! What nobody would send, a few thousand times: tickets, cookies, room names, bodies of the page's routes and of
//! Discord's interactions. `GREENROOM_FUZZ_CASES` sets how many.

use ed25519_dalek::{Signer as _, SigningKey};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::{
    browser::http,
    world::{Plan, Way, World},
};

/// Enough to meet the ordinary mistakes, in seconds.
const CASES: usize = 3_000;

/// What a route of ours may answer to anything at all. Nothing is wrong outside, so no 5xx is among them.
const DOCUMENTED: [u16; 13] = [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 423, 429, 431];

#[derive(Debug, Clone)]
enum Sent {
    Ticket(Value, Value),
    Cookie(String),
    Room(String),
    Body(usize, String),
    Interaction(Value),
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        "[0-9]{1,22}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,12}", inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// A command of somebody's with anything in the place of one or two of its values.
fn interaction(base: Value) -> impl Strategy<Value = Value> {
    let mut places = Vec::new();
    collect(&base, String::new(), &mut places);
    let change = (prop::sample::select(places), json_value());
    (prop::collection::vec(change, 0..3), ".{0,120}").prop_map(move |(changes, name)| {
        let mut interaction = base.clone();
        interaction["data"]["options"][0]["value"] = name.into();
        for (place, value) in changes {
            if let Some(spot) = interaction.pointer_mut(&place) {
                *spot = value;
            }
        }
        interaction
    })
}

fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let place = format!("{at}/{name}");
        collect(value, place.clone(), places);
        places.push(place);
    }
}

fn sent(base: Value) -> impl Strategy<Value = Sent> {
    prop_oneof![
        (
            prop_oneof![json_value(), ".{0,80}".prop_map(Value::from)],
            prop_oneof![json_value(), "[a-z0-9-]{0,140}".prop_map(Value::from)]
        )
            .prop_map(|(ticket, nonce)| Sent::Ticket(ticket, nonce)),
        "[\\x20-\\x7e]{0,300}".prop_map(Sent::Cookie),
        ".{0,60}".prop_map(Sent::Room),
        (0..6_usize, prop_oneof![".{0,200}", json_value().prop_map(|value| value.to_string())])
            .prop_map(|(route, body)| Sent::Body(route, body)),
        interaction(base).prop_map(Sent::Interaction),
    ]
}

/// `/video x` of Mira's, as Discord sends it.
pub fn command(world: &World, n: u64) -> Value {
    let discord = &world.sandbox.discord;
    let (guild, channel, mira) = (discord.guild(), discord.channel("general").unwrap(), discord.person("mira").id());
    json!({
        "id": (1_u64 << 60) + n, "application_id": "1", "type": 2, "token": "t", "version": 1, "guild_id": guild,
        "channel_id": channel, "channel": {"id": channel, "type": 0, "name": "general", "permissions": "0"},
        "data": {"id": "3", "name": "video", "type": 1, "options": [{"name": "room", "type": 3, "value": "x"}]},
        "member": {
            "user": {"id": mira, "username": "mira", "discriminator": "0", "avatar": null}, "roles": [],
            "joined_at": "2024-01-01T00:00:00+00:00", "deaf": false, "mute": false, "flags": 0,
            "permissions": "2147483647", "guild_id": guild
        },
        "locale": "en-US", "guild_locale": "en-US", "entitlements": [], "app_permissions": "2147483647",
        "authorizing_integration_owners": {"0": guild}, "context": 0, "attachment_size_limit": 1_000_000
    })
}

/// As Discord sends it to the Greenroom at `url`.
pub fn signed(client: &reqwest::Client, world: &World, url: &str, interaction: &Value) -> reqwest::RequestBuilder {
    let key = SigningKey::from_bytes(&sandbox::discord::Options::default().signing_seed);
    let (body, at) = (interaction.to_string(), (world.now() / 1000).to_string());
    let signature = key.sign(format!("{at}{body}").as_bytes()).to_bytes();
    client
        .post(format!("{url}/discord/interactions"))
        .header("x-signature-ed25519", data_encoding::HEXLOWER.encode(&signature))
        .header("x-signature-timestamp", at)
        .body(body)
}

#[tokio::test]
async fn whatever_is_sent_is_answered_with_a_documented_status_and_nothing_panics() {
    #[expect(clippy::disallowed_methods, reason = "how much is tried is the caller's choice")]
    let cases = std::env::var("GREENROOM_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let limits = ("MAX_LIVE_ROOMS_PER_GUILD", "100000");
    let world = Plan::over(Way::Http).with("RATE_LIMITS", "off").with(limits.0, limits.1).world().await;
    let tab = world.browser().follows(&world.video("mira", "general", "standup").await.link().unwrap()).await.unwrap();
    let client = http();
    let room = format!("{}/api/rooms/{}", world.url(), tab.room_key);
    let strategy = sent(command(&world, 0));
    let mut runner = TestRunner::default();
    let mut read = 0_usize;
    for n in 0..cases {
        let case = strategy.new_tree(&mut runner).unwrap().current();
        let post = |path: &str, body: String| {
            let request = client.post(path).header(header::ORIGIN, world.url());
            request.header(header::CONTENT_TYPE, "application/json").body(body)
        };
        let request = match &case {
            Sent::Ticket(ticket, nonce) => {
                post(&format!("{}/api/session", world.url()), json!({"ticket": ticket, "nonce": nonce}).to_string())
            }
            Sent::Cookie(value) => {
                let (name, _) = tab.browser.cookies().pop_first().unwrap();
                client.request(Method::GET, &room).header(header::COOKIE, format!("{name}={value}; {value}"))
            }
            Sent::Room(name) => {
                let mut url = reqwest::Url::parse(&world.url()).unwrap();
                url.path_segments_mut().unwrap().extend(["api", "rooms", name]);
                client.get(url).header(header::COOKIE, tab.browser.cookie_header())
            }
            Sent::Body(route, body) => {
                let route = ["token", "look", "actions/remove", "actions/end", "nothing", "joined"][*route];
                post(&format!("{room}/{route}"), body.clone())
                    .header(header::COOKIE, tab.browser.cookie_header())
                    .header("x-greenroom-session", &tab.sid)
            }
            Sent::Interaction(interaction) => {
                let mut interaction = interaction.clone();
                if interaction["id"].is_u64() {
                    interaction["id"] = ((1_u64 << 60) + n as u64 + 1).to_string().into();
                }
                signed(&client, &world, &world.url(), &interaction)
            }
        };
        // What no client can put into a request was not sent.
        let Ok(request) = request.build() else { continue };
        let answer = client.execute(request).await.unwrap_or_else(|error| panic!("no answer to {case:?}: {error}"));
        let status = answer.status();
        read += usize::from(matches!(case, Sent::Interaction(_)) && status.is_success());
        assert!(status.is_success() || DOCUMENTED.contains(&status.as_u16()), "{status} to {case:?}");
    }
    assert!(read * 50 > cases, "hardly any interaction was read: {read} of {cases} cases");
    tab.lobby().await.expect("all is as it was");
}
