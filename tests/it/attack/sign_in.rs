use reqwest::{Method, StatusCode, header};
use serde_json::json;

use super::with_our_keys;
use crate::{
    binary::Machine,
    browser::{Browser, Tab, http},
};

/// With Discord's sign-in, and a room in #general; its key.
pub async fn with_sign_in() -> (Machine, tokio::process::Child, String) {
    let (machine, child) = Machine::serving().await;
    machine.sandbox.discord.register_redirect(&format!("http://{}/oauth/callback", machine.address));
    let key = key_of(&machine.link_of("mira", "standup").await);
    (machine, child, key)
}

fn key_of(link: &str) -> String {
    link.split_once("/r/").unwrap().1.split_once('#').unwrap().0.to_owned()
}

/// Where a visit leads.
pub async fn leads(browser: &Browser, path: &str) -> String {
    let answer = browser.sends(Method::GET, path, None, None).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

/// Presses "Sign in" and agrees at Discord's page: the way back, not gone yet.
pub async fn is_sent_back(machine: &Machine, browser: &Browser, person: &str, key: &str) -> String {
    let page = leads(browser, &format!("/oauth/login?room={key}")).await;
    let back = machine.sandbox.discord.person(person).consents(&page).await.unwrap();
    back.strip_prefix(&format!("http://{}", machine.address)).expect("a way back to us").to_owned()
}

fn part(back: &str, name: &str) -> String {
    let url = reqwest::Url::parse(&format!("http://x{back}")).unwrap();
    url.query_pairs().find(|(part, _)| part == name).unwrap().1.into_owned()
}

fn way_back(state: &str, code: &str) -> String {
    let mut url = reqwest::Url::parse("http://x/oauth/callback").unwrap();
    url.query_pairs_mut().append_pair("state", state).append_pair("code", code);
    format!("{}?{}", url.path(), url.query().unwrap())
}

/// The session that a way back ended in.
pub fn tab_in(browser: &Browser, location: &str, key: &str) -> Tab {
    let sid = location.strip_prefix(&format!("/r/{key}#in=")).unwrap_or_else(|| panic!("it led to {location}"));
    Tab { browser: browser.clone(), sid: sid.to_owned(), room_key: key.to_owned() }
}

mod s09_sign_in_forgery {
    use greenroom::secret::Purpose;

    use super::*;

    #[tokio::test]
    async fn a_way_back_is_its_own_browsers_and_good_once() {
        let (machine, _child, key) = with_sign_in().await;
        let (mira, victim) = (machine.browser(), machine.browser());
        let back = is_sent_back(&machine, &mira, "mira", &key).await;
        let begun = mira.cookies();
        // Somebody else's browser is led there, also one that is signing in itself.
        let wrong = format!("/r/{key}#problem=wrong_browser");
        assert_eq!(leads(&victim, &back).await, wrong);
        let own = is_sent_back(&machine, &victim, "odo", &key).await;
        let attempts = victim.cookies();
        assert_eq!(leads(&victim, &back).await, wrong);
        assert_eq!(victim.cookies(), attempts, "it is nobody there, and its own attempt goes on");
        assert_eq!(leads(&victim, &way_back(&part(&back, "state"), &part(&own, "code"))).await, wrong);

        let tab = tab_in(&mira, &leads(&mira, &back).await, &key);
        assert_eq!(tab.lobby().await.unwrap()["you"]["name"], "Mira");
        let signed_in = mira.cookies();
        // Once more, by history or with the attempt's cookie kept.
        assert_eq!(leads(&mira, &back).await, format!("/r/{key}"));
        let thief = machine.browser();
        begun.iter().for_each(|(name, value)| thief.set_cookie(name, value));
        assert_eq!(leads(&thief, &back).await, format!("/r/{key}"));
        assert!(thief.cookies().is_empty() && mira.cookies() == signed_in, "nobody is anybody by it");
        // A code that was used, with a state that was not.
        let again = is_sent_back(&machine, &thief, "odo", &key).await;
        let replayed = way_back(&part(&again, "state"), &part(&back, "code"));
        assert_eq!(leads(&thief, &replayed).await, format!("/r/{key}#problem=sign_in_failed"));
        assert!(thief.cookies().is_empty());
    }

    #[tokio::test]
    async fn a_state_that_is_missing_made_up_or_old_lets_nobody_in() {
        let (machine, _child, keys) = with_our_keys().await;
        machine.sandbox.discord.register_redirect(&format!("http://{}/oauth/callback", machine.address));
        let key = key_of(&machine.link_of("mira", "standup").await);
        let browser = machine.browser();
        let back = is_sent_back(&machine, &browser, "mira", &key).await;
        let (state, code) = (part(&back, "state"), part(&back, "code"));
        // Sealed with the server's own key: too old, or meant for something else.
        let now = machine.sandbox.clock.unix_ms();
        let says = |exp: i64| json!({"id": "0123456789abcdef", "room": key, "exp": exp}).to_string().into_bytes();
        let old = keys.seal(Purpose::SignInState, "", &says(now - 1));
        let other = keys.seal(Purpose::SignInCookie, "", &says(now + 60_000));
        let elsewhere = keys.seal(
            Purpose::SignInState,
            "",
            &json!({"id": "x", "room": "/evil", "exp": 1}).to_string().into_bytes(),
        );
        let mut flipped = state.clone().into_bytes();
        flipped[20] = if flipped[20] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        let nowhere = "/#problem=invalid_request".to_owned();
        for (case, path, location) in [
            ("none", format!("/oauth/callback?code={code}"), nowhere.clone()),
            ("empty", way_back("", &code), nowhere.clone()),
            ("made up", way_back("abcdef", &code), nowhere.clone()),
            ("changed", way_back(&flipped, &code), nowhere.clone()),
            ("for another purpose", way_back(&other, &code), nowhere),
            ("old", way_back(&old, &code), format!("/r/{key}#problem=sign_in_late")),
            ("to elsewhere", way_back(&elsewhere, &code), "/#problem=sign_in_late".to_owned()),
        ] {
            assert_eq!(leads(&browser, &path).await, location, "{case}");
        }
        assert!(browser.cookies().into_keys().all(|name| name.starts_with("gr-dev-oauth-")), "nobody is in");
        assert!(machine.sandbox.discord.faults().requests_to("POST /api/v10/oauth2/token").is_empty());
        tab_in(&browser, &leads(&browser, &back).await, &key).lobby().await.expect("the true one is still good");
    }

    #[tokio::test]
    async fn discord_is_asked_for_a_name_alone_with_a_challenge_and_our_own_way_back() {
        let (machine, _child, key) = with_sign_in().await;
        let asked = format!("/oauth/login?room={key}&redirect_uri=https://evil.example&scope=guilds.join&state=x");
        let page = leads(&machine.browser(), &asked).await;
        let url = reqwest::Url::parse(&page).unwrap();
        let all = |name: &str| {
            let values = url.query_pairs().filter(|(part, _)| part == name).map(|(_, value)| value.into_owned());
            values.collect::<Vec<_>>()
        };
        assert_eq!(all("scope"), ["identify"]);
        assert_eq!(all("redirect_uri"), [format!("http://{}/oauth/callback", machine.address)]);
        assert_eq!((all("code_challenge_method"), all("response_type")), (vec!["S256".into()], vec!["code".into()]));
        assert_eq!(all("code_challenge")[0].len(), 43);
        assert!(all("state").len() == 1 && all("state")[0].len() > 100);
    }
}

mod s10_session_fixation {
    use super::*;

    const PLANTED: &str = "0123456789abcdef0123456789";

    /// Whoever sets cookies in another's browser beforehand knows no session that begins there.
    #[tokio::test]
    async fn a_session_that_begins_is_a_new_one_whatever_was_there_before() {
        let (machine, _child, key) = with_sign_in().await;
        let attacker = machine.browser().follows(&machine.link_of("odo", "standup").await).await.unwrap();
        let victim = machine.browser();
        for (name, value) in attacker.browser.cookies() {
            victim.set_cookie(&name, &value);
        }
        let planted = format!("gr-dev-{PLANTED}");
        victim.set_cookie(&planted, "planted");
        let link = machine.link_of("mira", "standup").await;
        let by_link = victim.redeems(&link, "a-nonce-of-the-attacker", Some(PLANTED)).await.unwrap();
        assert!(!victim.cookies().contains_key(&planted), "what is no cookie of ours goes");
        victim.set_cookie(&planted, "planted");
        let back = is_sent_back(&machine, &victim, "mira", &key).await;
        let by_sign_in = tab_in(&victim, &leads(&victim, &back).await, &key);
        let known = [PLANTED, attacker.sid.as_str()];
        for tab in [&by_link, &by_sign_in] {
            assert!(!known.contains(&tab.sid.as_str()), "{}", tab.sid);
            assert_eq!(tab.lobby().await.unwrap()["you"]["name"], "Mira");
            // Its id is no secret, and without its cookie nothing.
            let stolen = Tab { sid: tab.sid.clone(), ..attacker.clone() };
            assert_eq!(stolen.lobby().await.unwrap_err().code, "session_changed");
        }
        assert_ne!(by_link.sid, by_sign_in.sid);
        assert_eq!(attacker.lobby().await.unwrap()["you"]["name"], "Odo");
    }

    #[tokio::test]
    async fn a_copied_cookie_is_worth_nothing_once_its_person_signed_out() {
        let (machine, _child) = Machine::serving().await;
        let tab = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
        let copy = Tab { browser: machine.browser(), ..tab.clone() };
        tab.browser.cookies().iter().for_each(|(name, value)| copy.browser.set_cookie(name, value));
        copy.lobby().await.expect("until then it is");
        tab.posts("/api/session/end", json!({})).await.unwrap();
        assert!(tab.browser.cookies().is_empty());
        assert_eq!(copy.lobby().await.unwrap_err().code, "signed_out");
    }

    #[tokio::test]
    async fn over_https_a_cookie_is_this_hosts_alone_and_no_scripts() {
        let mut machine = Machine::new().await;
        machine.set("PUBLIC_URL", "https://video.example");
        let (_child, _) = machine.starts().await;
        machine.bot_is_there().await;
        let link = machine.link_of("mira", "standup").await;
        let key = key_of(&link);
        let ticket = link.split_once("#t=").unwrap().1;
        sandbox::issued::remember(ticket);
        let url = |path: &str| format!("http://{}{path}", machine.address);
        let begins = http().post(url("/api/session")).header(header::ORIGIN, "https://video.example");
        let begun = begins.json(&json!({"ticket": ticket, "nonce": "a-nonce-of-this-tab-0123"})).send().await.unwrap();
        let signs_in = http().get(url(&format!("/oauth/login?room={key}"))).send().await.unwrap();
        let mut session = None;
        for (answer, prefix) in [(begun, "__Host-gr-"), (signs_in, "__Host-gr-oauth-")] {
            let set: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().collect();
            assert_eq!(set.len(), 1, "{set:?}");
            let (pair, attributes) = set[0].to_str().unwrap().split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            sandbox::issued::remember(value);
            assert!(name.starts_with(prefix), "{name}");
            let attributes: Vec<&str> = attributes.split("; ").collect();
            for flag in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
                assert!(attributes.contains(&flag), "{flag} in {attributes:?}");
            }
            assert!(!attributes.iter().any(|flag| flag.starts_with("Domain")), "{attributes:?}");
            session.get_or_insert((name.to_owned(), value.to_owned()));
        }
        // What another host of the domain could set has no prefix, and is not looked at.
        let (name, value) = session.unwrap();
        let bare = name.replace("__Host-gr-", "gr-dev-");
        for (name, status) in [(name, StatusCode::OK), (bare, StatusCode::UNAUTHORIZED)] {
            let shows = http().get(url(&format!("/api/rooms/{key}"))).header(header::COOKIE, format!("{name}={value}"));
            assert_eq!(shows.send().await.unwrap().status(), status, "{name}");
        }
    }
}
