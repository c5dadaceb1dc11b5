//! A browser's cookie jar against [`Sessions`]: what it holds after every answer, and what it is taken for.

use std::{collections::BTreeMap, time::Duration};

use axum::response::{IntoResponse as _, Response};
use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};
use secrecy::ExposeSecret as _;

use super::{Begun, BrowserSession, Denied, KEPT, LIFETIME, Meant, NOT_DENIED_FOR, Sessions, Via};
use crate::{
    clock::{Clock, movable::Movable},
    config::{self, SecretKey},
    secret::{Keys, Random},
    store::temporary::Temporary,
};

const MIRA: u64 = 5;
const ODO: u64 = 6;

struct World {
    sessions: Sessions,
    random: Random,
    time: Movable,
    clock: Clock,
    store: Temporary,
}

impl World {
    async fn new() -> Self {
        Self::at("https://video.example").await
    }

    async fn at(public_url: &str) -> Self {
        let (time, clock) = Movable::new();
        let store = Temporary::open().await;
        let random = Random::seeded(1);
        let sessions = Sessions::new(&keys(&[1]), &public_url.parse().unwrap(), clock.clone(), store.store());
        Self { sessions, random, time, clock, store }
    }

    /// The same database behind other keys.
    fn with_keys(&self, entries: &[u8]) -> Sessions {
        let url = "https://video.example".parse().unwrap();
        Sessions::new(&keys(entries), &url, self.clock.clone(), self.store.store())
    }
}

fn keys(entries: &[u8]) -> Keys {
    use base64::Engine as _;
    let entry = |byte: &u8| SecretKey(base64::engine::general_purpose::STANDARD.encode([*byte; 32]).into());
    let config =
        config::Store { database_url: "postgres://x".into(), secret_keys: Some(entries.iter().map(entry).collect()) };
    assert!(!config.database_url.expose_secret().is_empty());
    Keys::load(&config, &Random::seeded(9)).unwrap()
}

/// Cookies by name, as a browser keeps them.
#[derive(Default, Clone)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    fn headers(&self) -> HeaderMap {
        let cookies: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&cookies.join("; ")).unwrap())])
    }

    fn takes(&mut self, response: &Response) {
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// A new tab that redeems a ticket.
    fn comes_in(&mut self, world: &World, user_id: u64, room_key: &str) -> BrowserSession {
        self.comes_in_again(world, user_id, room_key, None)
    }

    fn comes_in_again(
        &mut self,
        world: &World,
        user_id: u64,
        room_key: &str,
        tab: Option<&BrowserSession>,
    ) -> BrowserSession {
        let sid = world.random.id(128);
        let begun = Begun { sid: &sid, user_id, via: Via::Ticket, room_key, tab };
        let (session, cookies) = world.sessions.begin(&self.headers(), begun);
        self.takes(&(cookies, ()).into_response());
        world.time.advance(Duration::from_secs(1));
        session
    }
}

async fn meant(world: &World, browser: &Browser, sid: Option<&str>, room_key: &str) -> Meant {
    world.sessions.meant(&browser.headers(), sid, room_key).await.unwrap()
}

#[tokio::test]
async fn two_people_in_one_browser_stay_two_people() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let mira = browser.comes_in(&world, MIRA, "a");
    let odo = browser.comes_in(&world, ODO, "a");
    assert_eq!(meant(&world, &browser, Some(&mira.sid), "a").await, Meant::This(mira.clone()));
    assert_eq!(meant(&world, &browser, Some(&odo.sid), "a").await, Meant::This(odo.clone()));
    // A tab without a session of its own takes the newest.
    assert_eq!(meant(&world, &browser, None, "a").await, Meant::This(odo.clone()));
    assert_eq!(meant(&world, &browser, Some(&mira.sid), "b").await, Meant::None);
    // Mira's cookie is gone, her tab is not: it must not become Odo unasked.
    browser.0.remove(&format!("__Host-gr-{}", mira.sid));
    assert_eq!(meant(&world, &browser, Some(&mira.sid), "a").await, Meant::Changed(odo));
}

#[tokio::test]
async fn a_session_reaches_the_rooms_it_was_given_for() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let first = browser.comes_in(&world, MIRA, "a");
    let second = browser.comes_in_again(&world, MIRA, "b", Some(&first));
    assert!(second.reaches("a") && second.reaches("b") && !second.reaches("c"));
    // The tab that still names the first is Mira's all the same.
    assert_eq!(meant(&world, &browser, Some(&first.sid), "b").await, Meant::This(second.clone()));
    // Somebody else in the same tab inherits nothing.
    let odo = browser.comes_in_again(&world, ODO, "c", Some(&second));
    assert!(!odo.reaches("a"));
    let mut tab = odo;
    for room in 0..20 {
        tab = browser.comes_in_again(&world, ODO, &format!("room{room}"), Some(&tab));
    }
    assert!(tab.reaches("room19") && tab.reaches("room12") && !tab.reaches("room11"));
}

#[tokio::test]
async fn the_newest_four_are_kept() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let sessions: Vec<_> = (0..7).map(|user| browser.comes_in(&world, user + 1, "a")).collect();
    assert_eq!(browser.0.len(), KEPT);
    for (index, session) in sessions.iter().enumerate() {
        let still = matches!(meant(&world, &browser, Some(&session.sid), "a").await, Meant::This(_));
        assert_eq!(still, index >= 3, "session {index}");
    }
}

#[tokio::test]
async fn a_session_ends_by_itself_and_by_signing_out() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let session = browser.comes_in(&world, MIRA, "a");
    let copy = browser.clone();
    let cookies = world.sessions.end(&browser.headers(), &session).await.unwrap();
    browser.takes(&(cookies, ()).into_response());
    assert!(browser.0.is_empty());
    assert_eq!(meant(&world, &copy, Some(&session.sid), "a").await, Meant::None, "a copy is worth nothing");
    // Nor at another instance, which has not heard of it.
    let other = world.with_keys(&[1]).meant(&copy.headers(), Some(&session.sid), "a").await.unwrap();
    assert_eq!(other, Meant::None);

    let session = browser.comes_in(&world, MIRA, "a");
    world.time.advance(LIFETIME - Duration::from_secs(2));
    assert_eq!(meant(&world, &browser, None, "a").await, Meant::This(session));
    world.time.advance(Duration::from_secs(2));
    assert_eq!(meant(&world, &browser, None, "a").await, Meant::None);
}

#[tokio::test]
async fn only_who_signed_out_is_remembered_for_long() {
    let world = World::new().await;
    let mut gone = Browser::default();
    let session = gone.comes_in(&world, MIRA, "a");
    let copy = gone.clone();
    let cookies = world.sessions.end(&gone.headers(), &session).await.unwrap();
    gone.takes(&(cookies, ()).into_response());
    for _ in 0..100 {
        let mut browser = Browser::default();
        browser.comes_in(&world, ODO, "a");
        assert!(matches!(meant(&world, &browser, None, "a").await, Meant::This(_)));
    }
    world.time.advance(Duration::from_secs(60));
    world.sessions.forget_old();
    assert_eq!(world.sessions.denied.len(), 1);
    assert_eq!(meant(&world, &copy, Some(&session.sid), "a").await, Meant::None);
}

#[tokio::test]
async fn keys_rotate_and_foreign_cookies_are_nothing() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let session = browser.comes_in(&world, MIRA, "a");
    let sid = Some(session.sid.as_str());
    let by = |entries: &'static [u8]| {
        let (sessions, headers) = (world.with_keys(entries), browser.headers());
        async move { sessions.meant(&headers, sid, "a").await.unwrap() }
    };
    assert_eq!(by(&[2, 1]).await, Meant::This(session.clone()));
    assert_eq!(by(&[2]).await, Meant::None);

    // A cookie that no key reads any more goes when a new session begins.
    let begun = Begun { sid: "0123456789abcdef", user_id: MIRA, via: Via::Ticket, room_key: "a", tab: None };
    let (_, cookies) = world.with_keys(&[2]).begin(&browser.headers(), begun);
    let mut after = browser.clone();
    after.takes(&(cookies, ()).into_response());
    assert_eq!(after.0.keys().collect::<Vec<_>>(), ["__Host-gr-0123456789abcdef"]);
}

#[tokio::test]
async fn a_cookie_speaks_for_its_own_sid_only_and_no_bit_of_it_may_change() {
    let world = World::new().await;
    let mut browser = Browser::default();
    let session = browser.comes_in(&world, MIRA, "a");
    let (name, value) = browser.0.pop_first().unwrap();
    browser.0.insert("__Host-gr-0123456789abcdef".to_owned(), value.clone());
    assert_eq!(meant(&world, &browser, Some("0123456789abcdef"), "a").await, Meant::None);
    browser.0.clear();
    for index in 0..value.len() {
        let mut bytes = value.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(bytes).unwrap();
        browser.0.insert(name.clone(), forged);
        assert_eq!(meant(&world, &browser, Some(&session.sid), "a").await, Meant::None, "byte {index}");
    }
    for hostile in ["", "=", "%", "{}", "a; b", "\u{7f}"] {
        let headers = HeaderMap::from_iter(HeaderValue::from_str(&format!("{name}={hostile}")).map(|v| (COOKIE, v)));
        assert_eq!(world.sessions.meant(&headers, Some(&session.sid), "a").await.unwrap(), Meant::None);
    }
}

#[tokio::test]
async fn cookies_are_as_strict_as_their_way_back_allows() {
    for (url, expected) in [
        (
            "https://video.example",
            "__Host-gr-0123456789abcdef=…; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=43200",
        ),
        ("http://127.0.0.1:8080", "gr-dev-0123456789abcdef=…; HttpOnly; SameSite=Lax; Path=/; Max-Age=43200"),
    ] {
        let world = World::at(url).await;
        let begun = Begun { sid: "0123456789abcdef", user_id: MIRA, via: Via::Ticket, room_key: "a", tab: None };
        let (_, cookies) = world.sessions.begin(&HeaderMap::new(), begun);
        let response = (cookies, ()).into_response();
        let line = response.headers()[SET_COOKIE].to_str().unwrap();
        let (name, rest) = line.split_once('=').unwrap();
        let (value, attributes) = rest.split_once(';').unwrap();
        assert!(!value.contains("ticket") && value.len() > 60, "encrypted");
        assert_eq!(format!("{name}=…;{attributes}"), expected);
    }
}

#[test]
fn who_asked_in_between_counts_however_late_we_read_the_time() {
    let (now, later) = (Duration::from_secs(1), Duration::from_secs(2));
    assert!(Denied { denied: false, asked_at: later }.counts(now));
    assert!(!Denied { denied: false, asked_at: now }.counts(now + NOT_DENIED_FOR));
    assert!(Denied { denied: true, asked_at: now }.counts(now + NOT_DENIED_FOR));
}
