//! A browser, our server and a small Discord, over real sockets: every way a sign-in can go.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Form, Json, Router,
    body::Body,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, COOKIE, LOCATION, SET_COOKIE},
};
use serde_json::json;
use tokio::{net::TcpListener, sync::Notify};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    access::{Membership, Policy, Sessions, SignIn, SignInParts, Tickets, Via},
    call::{Call, Parts, serve},
    clock::{Clock, movable::Movable},
    config::{self, SecretKey},
    discord,
    room::{Place, Room, Rooms},
    secret::{self, Keys, Random},
    signalwire,
    store::temporary::Temporary,
    wake::Wake,
    words::Words,
};

const APPLICATION: &str = "42";
const SECRET: &str = "client-secret";
const ROOM: &str = "aaaabbbbccccddddeeee";
const MIRA: u64 = 5;
const ODO: u64 = 6;

/// How a route of the small Discord behaves.
#[derive(Clone, Copy, Default)]
enum Mood {
    #[default]
    Well,
    Says(u16, &'static str),
    Silent,
    Endless,
}

#[derive(Default)]
struct Discord {
    /// Code -> its challenge, and who pressed Authorize.
    codes: Mutex<HashMap<String, (String, u64)>>,
    /// Token -> whose.
    tokens: Mutex<HashMap<String, u64>>,
    token: Mutex<Mood>,
    me: Mutex<Mood>,
    /// A token came back.
    revoked: Notify,
}

impl Discord {
    async fn start() -> (Arc<Self>, Url) {
        let it = Arc::new(Self::default());
        let app = Router::new()
            .route(
                "/api/v10/applications/@me",
                get(|| async { Json(json!({ "id": APPLICATION, "name": "Greenroom" })) }),
            )
            .route("/api/v10/oauth2/token", post(token))
            .route("/api/v10/oauth2/token/revoke", post(revoke))
            .route("/api/v10/users/@me", get(me))
            .with_state(it.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (it, url)
    }

    /// What its page does when `user` presses Authorize: the address the browser is sent to.
    fn authorizes(&self, page: &Url, user: u64) -> Url {
        let asked: HashMap<_, _> = page.query_pairs().into_owned().collect();
        assert_eq!((asked["client_id"].as_str(), asked["response_type"].as_str()), (APPLICATION, "code"));
        assert_eq!((asked["scope"].as_str(), asked["code_challenge_method"].as_str()), ("identify", "S256"));
        let code = format!("code-{user}-{}", self.codes.lock().unwrap().len());
        self.codes.lock().unwrap().insert(code.clone(), (asked["code_challenge"].clone(), user));
        let mut back: Url = asked["redirect_uri"].parse().unwrap();
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &asked["state"]);
        back
    }

    async fn has_no_token_left(&self) {
        loop {
            let revoked = self.revoked.notified();
            if self.tokens.lock().unwrap().is_empty() {
                return;
            }
            revoked.await;
        }
    }
}

impl Mood {
    /// None: goes on as usual.
    async fn answer(self) -> Option<Response> {
        match self {
            Self::Well => None,
            Self::Says(status, body) => Some(Response::builder().status(status).body(Body::from(body)).unwrap()),
            Self::Silent => std::future::pending().await,
            Self::Endless => {
                let zeros = std::iter::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 4096]));
                Some(Body::from_stream(futures::stream::iter(zeros)).into_response())
            }
        }
    }
}

fn is_our_bot(headers: &HeaderMap) -> bool {
    headers[AUTHORIZATION] == format!("Basic {}", STANDARD.encode(format!("{APPLICATION}:{SECRET}")))
}

async fn token(
    State(discord): State<Arc<Discord>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mood = *discord.token.lock().unwrap();
    if let Some(answer) = mood.answer().await {
        return answer;
    }
    assert!(is_our_bot(&headers));
    let known = discord.codes.lock().unwrap().remove(&form["code"]);
    let verified = known.filter(|(challenge, _)| {
        *challenge == secret::base64(&secret::sha256(&form["code_verifier"]))
            && form["redirect_uri"].ends_with("/oauth/callback")
    });
    let Some((_, user)) = verified else {
        return (http::StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let token = format!("token-{user}");
    discord.tokens.lock().unwrap().insert(token.clone(), user);
    Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 604_800, "refresh_token": "r", "scope": "identify" }))
        .into_response()
}

async fn me(State(discord): State<Arc<Discord>>, headers: HeaderMap) -> Response {
    let mood = *discord.me.lock().unwrap();
    if let Some(answer) = mood.answer().await {
        return answer;
    }
    let bearer = headers[AUTHORIZATION].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    let user = discord.tokens.lock().unwrap()[bearer];
    Json(json!({ "id": user.to_string(), "username": "somebody", "global_name": null })).into_response()
}

async fn revoke(
    State(discord): State<Arc<Discord>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Json<serde_json::Value> {
    assert!(is_our_bot(&headers));
    assert!(discord.tokens.lock().unwrap().remove(&form["token"]).is_some());
    discord.revoked.notify_waiters();
    Json(json!({}))
}

struct World {
    discord: Arc<Discord>,
    base: Url,
    sessions: Sessions,
    time: Movable,
    stop: CancellationToken,
    store: Temporary,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl World {
    async fn new() -> Self {
        Self::with_secret(Some(SECRET)).await
    }

    async fn with_secret(client_secret: Option<&str>) -> Self {
        let (discord, api_url) = Discord::start().await;
        Self::before(discord, api_url, "bot-token", client_secret).await
    }

    /// Before whichever Discord stands at `api_url`.
    async fn before(discord: Arc<Discord>, api_url: Url, token: &str, client_secret: Option<&str>) -> Self {
        let (time, clock) = Movable::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let (random, store, stop) = (Random::system(), Temporary::open().await, CancellationToken::new());
        let keys = keys(&random);
        let config = config::Discord {
            token: token.into(),
            client_secret: client_secret.map(Into::into),
            interactions: config::Interactions::Gateway,
            guild_id: None,
            shards: None,
            members_intent: false,
            api_url,
        };
        let client = discord::Client::new(&config, &base, Clock::system()).unwrap();
        let sign_in = SignIn::new(SignInParts {
            config: &config,
            public_url: &base,
            discord: client.clone(),
            keys: keys.clone(),
            store: store.store(),
            clock: clock.clone(),
            random: random.clone(),
        });
        let sign_in = sign_in.unwrap().map(|sign_in| sign_in.within(Duration::from_millis(300)));
        let sessions = Sessions::new(&keys, &base, clock.clone(), store.store());
        let signalwire_config = config::SignalWire {
            space_url: "http://127.0.0.1:9".parse().unwrap(),
            project_id: "p".to_owned(),
            api_token: "t".into(),
            relay_url: "ws://127.0.0.1:9".parse().unwrap(),
        };
        let signalwire = signalwire::Client::new(&signalwire_config, clock.clone());
        let limits = config::Limits {
            room_max_members: 50,
            member_max_hours: 8,
            max_live_rooms_per_guild: 10,
            opens_per_user: config::Rate { count: 3, per: Duration::from_secs(600) },
        };
        let wake = Wake::default();
        let rooms =
            Rooms::new(store.store(), signalwire.clone(), clock.clone(), random.clone(), limits.clone(), wake.clone());
        let look: crate::room::AskForLook = Arc::new(|_| {});
        let call = Call::new(Parts {
            ending: crate::room::Ending {
                rooms: rooms.clone(),
                signalwire: signalwire.clone(),
                relay: None,
                look: Arc::clone(&look),
                clock: clock.clone(),
            },
            rooms,
            store: store.store(),
            membership: Membership::new(client, clock.clone(), Policy::default()),
            tickets: Tickets::new(store.store(), clock.clone(), random.clone(), base.clone()),
            sessions: sessions.clone(),
            sign_in,
            signalwire,
            relay: None,
            look,
            words: Words::load(),
            wake,
            clock,
            random,
            stop: stop.clone(),
            limits,
            web: config::Web {
                public_url: base.clone(),
                listen_addr: listener.local_addr().unwrap(),
                metrics_addr: None,
                trusted_proxies: vec![],
                rate_limits: false,
            },
            signalwire_config,
        });
        tokio::spawn(serve::serve(listener, call.router(Router::new()), stop.clone()));
        Self { discord, base, sessions, time, stop, store }
    }

    fn callback(&self, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.join("/oauth/callback").unwrap();
        url.query_pairs_mut().extend_pairs(query);
        url
    }
}

fn keys(random: &Random) -> Keys {
    let secret_keys = Some(vec![SecretKey(STANDARD.encode([7; 32]).into())]);
    Keys::load(&config::Store { database_url: "postgres://x".into(), secret_keys }, random).unwrap()
}

/// Keeps cookies, follows nothing by itself.
#[derive(Clone)]
struct Browser {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { http: http.build().unwrap(), cookies: BTreeMap::new() }
    }

    fn headers(&self) -> HeaderMap {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&cookies.join("; ")).unwrap())])
    }

    /// Status, and where it is sent.
    async fn opens(&mut self, url: Url) -> (u16, String) {
        let response = self.http.get(url).headers(self.headers()).send().await.unwrap();
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
        let location = response.headers().get(LOCATION).map(|location| location.to_str().unwrap().to_owned());
        if location.is_some() {
            assert_eq!(response.headers()["cache-control"], "no-store");
        }
        (response.status().as_u16(), location.unwrap_or_default())
    }

    /// Presses "Sign in with Discord" on the room's page: Discord's page.
    async fn begins(&mut self, world: &World) -> Url {
        let (status, location) = self.opens(world.base.join(&format!("/oauth/login?room={ROOM}")).unwrap()).await;
        assert_eq!(status, 303);
        location.parse().unwrap()
    }

    async fn signs_in(&mut self, world: &World, user: u64) -> String {
        let page = self.begins(world).await;
        let (status, location) = self.opens(world.discord.authorizes(&page, user)).await;
        assert_eq!(status, 303);
        location
    }

    fn attempts(&self) -> usize {
        self.cookies.keys().filter(|name| name.contains("oauth")).count()
    }

    fn is_nobody(&self) -> bool {
        self.cookies.len() == self.attempts()
    }
}

fn sid_in(location: &str) -> &str {
    location.strip_prefix(&format!("/r/{ROOM}#in=")).unwrap_or_else(|| panic!("{location}"))
}

fn prompt(page: &Url) -> String {
    page.query_pairs().find(|(name, _)| name == "prompt").unwrap().1.into_owned()
}

#[tokio::test]
async fn who_signs_in_comes_back_to_the_room_with_a_session_for_every_room() {
    let (world, mut mira) = (World::new().await, Browser::new());
    let location = mira.signs_in(&world, MIRA).await;
    let session = world.sessions.named(&mira.headers(), sid_in(&location)).await.unwrap().unwrap();
    assert_eq!((session.user_id, session.via), (MIRA, Via::Oauth));
    assert!(session.reaches(ROOM) && session.reaches("any other"));
    assert_eq!(mira.attempts(), 0, "nothing of the attempt is left");
    world.discord.has_no_token_left().await;
}

#[tokio::test]
async fn the_page_is_asked_again_only_of_who_wants_to_be_somebody_else() {
    let (world, mut browser) = (World::new().await, Browser::new());
    assert_eq!(prompt(&browser.begins(&world).await), "none");
    let mira = browser.signs_in(&world, MIRA).await;
    assert_eq!(prompt(&browser.begins(&world).await), "consent");
    let odo = browser.signs_in(&world, ODO).await;
    // Two people in one browser: the tab that switched is Odo's, another one stays Mira's.
    let whose =
        async |location: &str| world.sessions.named(&browser.headers(), sid_in(location)).await.unwrap().unwrap();
    assert_eq!((whose(&mira).await.user_id, whose(&odo).await.user_id), (MIRA, ODO));
}

#[tokio::test]
async fn another_browser_is_told_so_and_gets_nothing() {
    let (world, mut mira, mut victim) = (World::new().await, Browser::new(), Browser::new());
    let back = world.discord.authorizes(&mira.begins(&world).await, MIRA);
    assert_eq!(victim.opens(back.clone()).await.1, format!("/r/{ROOM}#problem=wrong_browser"));
    // Nor does it help to have an attempt of one's own under way.
    victim.begins(&world).await;
    assert_eq!(victim.opens(back.clone()).await.1, format!("/r/{ROOM}#problem=wrong_browser"));
    assert!(victim.is_nobody());
    // The right one still gets in.
    sid_in(&mira.opens(back).await.1);
}

#[tokio::test]
async fn an_attempt_is_good_once() {
    let (world, mut mira) = (World::new().await, Browser::new());
    let back = world.discord.authorizes(&mira.begins(&world).await, MIRA);
    let mut copy = mira.clone();
    sid_in(&mira.opens(back.clone()).await.1);
    // Going back in the history shows the room; a copy of all cookies is worth nothing more.
    assert_eq!(mira.opens(back.clone()).await.1, format!("/r/{ROOM}"));
    assert_eq!(copy.opens(back).await.1, format!("/r/{ROOM}"));
    assert!(copy.is_nobody());
}

#[tokio::test]
async fn ten_minutes_are_enough() {
    let (world, mut mira) = (World::new().await, Browser::new());
    let back = world.discord.authorizes(&mira.begins(&world).await, MIRA);
    world.time.advance(Duration::from_secs(600));
    assert_eq!(mira.opens(back).await.1, format!("/r/{ROOM}#problem=sign_in_late"));
    assert!(mira.is_nobody());
}

#[tokio::test]
async fn a_state_that_is_not_ours_leads_nowhere() {
    let (world, mut mira) = (World::new().await, Browser::new());
    let page = mira.begins(&world).await;
    let state = page.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let sealed = STANDARD.decode(&state).unwrap();
    let mut states: Vec<String> =
        ["", "x", "é", "../evil", "//evil.example", &state[1..], &"A".repeat(5000)].map(str::to_owned).into();
    for byte in 0..sealed.len() {
        let mut flipped = sealed.clone();
        flipped[byte] ^= 1;
        states.push(STANDARD.encode(flipped));
    }
    // Sealed by us, but for something else.
    let cookie = mira.cookies.values().next().unwrap().clone();
    states.push(percent_decoded(&cookie));
    for state in states {
        let told = mira.opens(world.callback(&[("code", "x"), ("state", &state)])).await;
        assert_eq!(told, (303, "/#problem=invalid_request".to_owned()), "{state}");
    }
    let twice = world.callback(&[("state", &state), ("state", &state)]);
    for url in [world.callback(&[]), world.callback(&[("code", "x")]), twice] {
        assert_eq!(mira.opens(url).await, (303, "/#problem=invalid_request".to_owned()));
    }
    assert!(mira.is_nobody());
}

fn percent_decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes()).next().unwrap().1.into_owned()
}

#[tokio::test]
async fn a_cookie_that_was_changed_is_no_cookie() {
    let (world, mut mira) = (World::new().await, Browser::new());
    let back = world.discord.authorizes(&mira.begins(&world).await, MIRA);
    for value in mira.cookies.values_mut() {
        let at = value.len() / 2;
        let other = if value.as_bytes()[at] == b'A' { "B" } else { "A" };
        value.replace_range(at..=at, other);
    }
    assert_eq!(mira.opens(back).await.1, format!("/r/{ROOM}#problem=wrong_browser"));
    assert!(mira.is_nobody());
}

#[tokio::test]
async fn who_presses_cancel_is_back_at_the_door() {
    let (world, mut mira) = (World::new().await, Browser::new());
    let errors =
        [("access_denied", ""), ("server_error", "#problem=sign_in_failed"), ("<b>", "#problem=sign_in_failed")];
    for (error, says) in errors {
        let page = mira.begins(&world).await;
        let state = page.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let back = world.callback(&[("error", error), ("state", &state)]);
        assert_eq!(mira.opens(back).await.1, format!("/r/{ROOM}{says}"), "{error}");
    }
    assert!(mira.is_nobody());
    assert_eq!(mira.attempts(), 0);
}

#[tokio::test]
async fn a_code_that_discord_does_not_know_lets_nobody_in() {
    let (world, mut mira) = (World::new().await, Browser::new());
    for code in [Some("guessed"), Some(""), Some(&*"x".repeat(5000)), None] {
        let page = mira.begins(&world).await;
        let state = page.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let mut query = vec![("state", &*state)];
        query.extend(code.map(|code| ("code", code)));
        assert_eq!(mira.opens(world.callback(&query)).await.1, format!("/r/{ROOM}#problem=sign_in_failed"));
    }
    // One that was given for another attempt fails at its verifier.
    let (first, second) = (mira.begins(&world).await, mira.begins(&world).await);
    let stolen = world.discord.authorizes(&first, ODO);
    let code = stolen.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let state = second.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let told = mira.opens(world.callback(&[("code", &code), ("state", &state)])).await;
    assert_eq!(told.1, format!("/r/{ROOM}#problem=sign_in_failed"));
    assert!(mira.is_nobody());
}

#[tokio::test]
async fn whatever_discord_answers_instead_is_a_page_that_offers_to_start_again() {
    let (world, mut mira) = (World::new().await, Browser::new());
    let moods = [
        Mood::Says(500, "<html>Internal Server Error</html>"),
        Mood::Says(502, ""),
        Mood::Says(200, "<html>hello</html>"),
        Mood::Says(200, "{}"),
        Mood::Says(200, r#"{"id":"0"}"#),
        Mood::Says(200, r#"{"id":"../evil"}"#),
        Mood::Says(401, r#"{"error":"invalid_client"}"#),
        Mood::Says(429, r#"{"retry_after":1}"#),
        Mood::Silent,
        Mood::Endless,
    ];
    for mood in moods {
        *world.discord.token.lock().unwrap() = mood;
        assert_eq!(mira.signs_in(&world, MIRA).await, format!("/r/{ROOM}#problem=sign_in_failed"));
        *world.discord.token.lock().unwrap() = Mood::Well;
        *world.discord.me.lock().unwrap() = mood;
        assert_eq!(mira.signs_in(&world, MIRA).await, format!("/r/{ROOM}#problem=sign_in_failed"));
        *world.discord.me.lock().unwrap() = Mood::Well;
        world.discord.has_no_token_left().await;
    }
    assert!(mira.is_nobody());
    sid_in(&mira.signs_in(&world, MIRA).await);
}

#[tokio::test]
async fn nothing_but_a_room_can_be_asked_for() {
    let (world, mut mira) = (World::new().await, Browser::new());
    for room in [
        "",
        "x",
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "aaaabbbbccccdddd%0d%0aset-cookie:x=y",
        "../../evil",
        "aaaabbbbccccdddd#x",
    ] {
        let mut url = world.base.join("/oauth/login").unwrap();
        url.query_pairs_mut().append_pair("room", room).append_pair("next", "https://evil.example");
        assert_eq!(mira.opens(url).await, (303, "/#problem=invalid_request".to_owned()), "{room}");
    }
    let without = world.base.join("/oauth/login?next=//evil.example").unwrap();
    assert_eq!(mira.opens(without).await, (303, "/#problem=invalid_request".to_owned()));
    assert!(mira.cookies.is_empty());
}

#[tokio::test]
async fn a_browser_keeps_few_attempts() {
    let (world, mut mira) = (World::new().await, Browser::new());
    let mut last = None;
    for _ in 0..20 {
        last = Some(mira.begins(&world).await);
        assert!((1..=4).contains(&mira.attempts()));
    }
    sid_in(&mira.opens(world.discord.authorizes(&last.unwrap(), MIRA)).await.1);
}

#[tokio::test]
async fn without_a_client_secret_there_is_no_such_door() {
    let (world, mut mira) = (World::with_secret(None).await, Browser::new());
    for path in ["/oauth/login?room=aaaabbbbccccddddeeee", "/oauth/callback?code=x&state=y"] {
        assert_eq!(mira.opens(world.base.join(path).unwrap()).await.0, 404);
    }
    let door = |world: &World| mira.http.get(world.base.join("/api/door").unwrap()).send();
    assert_eq!(door(&world).await.unwrap().text().await.unwrap(), r#"{"sign_in":false}"#);
    assert_eq!(door(&World::new().await).await.unwrap().text().await.unwrap(), r#"{"sign_in":true}"#);
}

#[tokio::test]
async fn the_account_decides_what_the_plain_link_opens() {
    let options = sandbox::discord::Options::default();
    let (token, secret) = (options.bot_token.clone(), options.client_secret.clone());
    let stand_in = sandbox::discord::Discord::start(sandbox::clock::Clock::new(), options).await.unwrap();
    let api_url: Url = stand_in.url().parse().unwrap();
    let world = World::before(Arc::default(), api_url, &token, Some(&secret)).await;
    stand_in.register_redirect(world.callback(&[]).as_str().trim_end_matches('?'));
    let place = Place { guild_id: stand_in.guild().0, channel_id: stand_in.channel("general").unwrap().0 };
    let room = Room {
        key: ROOM.to_owned(),
        place,
        canonical: String::new(),
        title: "general".to_owned(),
        video_name: "general-x".to_owned(),
        video_room_id: None,
        ensured_at: None,
        created_at: 0,
    };
    world.store.keep_room(&room).await.unwrap();

    let mut browser = Browser::new();
    for (name, status) in [("mira", 200), ("zed", 403), ("ann", 200)] {
        let page = browser.begins(&world).await;
        let back = stand_in.person(name).consents(page.as_str()).await.unwrap();
        let (_, location) = browser.opens(back.parse().unwrap()).await;
        let sid = sid_in(&location);
        let lobby = world.base.join(&format!("/api/rooms/{ROOM}?sid={sid}")).unwrap();
        let lobby = browser.http.get(lobby).headers(browser.headers()).send().await.unwrap();
        assert_eq!(lobby.status().as_u16(), status, "{name}");
        if status == 200 {
            let facts: serde_json::Value = serde_json::from_str(&lobby.text().await.unwrap()).unwrap();
            assert_eq!(facts["you"]["name"].as_str().unwrap().to_lowercase(), name);
            assert_eq!(facts["sign_in"], true);
        }
    }
}
