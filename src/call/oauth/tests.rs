//! A browser, our server and a small Discord, over real sockets: every way a sign-in can go.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use url::Url;

use self::{
    small_discord::Mood,
    world::{Browser, World},
};
use crate::{
    access::Via,
    room::{Place, Room},
};

/// The little of Discord that a sign-in meets.
mod small_discord;

/// Our server and a browser.
mod world;

const APPLICATION: &str = "42";
const SECRET: &str = "client-secret";
const ROOM: &str = "aaaabbbbccccddddeeee";
const MIRA: u64 = 5;
const ODO: u64 = 6;

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
