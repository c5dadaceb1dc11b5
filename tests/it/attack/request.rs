use std::time::Duration;

use ed25519_dalek::{Signer as _, SigningKey};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    binary::Machine,
    browser::{Tab, http},
};

async fn tab_of(machine: &Machine, person: &str) -> Tab {
    machine.browser().follows(&machine.link_of(person, "standup").await).await.unwrap()
}

/// The status of what a raw request gets; None where the connection is just closed.
async fn status_of(machine: &Machine, request: &[u8]) -> Option<u16> {
    let mut socket = TcpStream::connect(machine.address).await.unwrap();
    // Whoever is refused early may be hung up on while still talking.
    let _ = socket.write_all(request).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(15), socket.read_to_end(&mut answer)).await.expect("an end");
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}

mod s08_csrf {
    use super::*;

    #[tokio::test]
    async fn nothing_is_changed_from_another_origin_or_by_a_form_or_by_get() {
        let (machine, _child) = Machine::serving().await;
        let tab = tab_of(&machine, "mira").await;
        let http = http();
        let ours = format!("http://{}", machine.address);
        let room = format!("/api/rooms/{}", tab.room_key);
        for path in [format!("{room}/token"), format!("{room}/actions/end"), "/api/session/handoff".to_owned()] {
            let url = format!("{ours}{path}");
            let post = || {
                http.post(&url)
                    .header(header::COOKIE, tab.browser.cookie_header())
                    .header("x-greenroom-session", &tab.sid)
            };
            let json = || post().json(&json!({}));
            for (case, request, status) in [
                ("another origin", json().header(header::ORIGIN, "https://evil.example"), 403),
                ("no origin", json(), 403),
                ("a null origin", json().header(header::ORIGIN, "null"), 403),
                ("another site", json().header(header::ORIGIN, &ours).header("sec-fetch-site", "cross-site"), 403),
                ("a form", post().header(header::ORIGIN, &ours).form(&[("a", "b")]), 415),
                (
                    "text",
                    post().header(header::ORIGIN, &ours).header(header::CONTENT_TYPE, "text/plain").body("{}"),
                    415,
                ),
                ("no type", post().header(header::ORIGIN, &ours).body("{}"), 415),
                ("GET", http.get(&url).header(header::COOKIE, tab.browser.cookie_header()), 405),
            ] {
                assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{path}: {case}");
            }
        }
        assert!(machine.sandbox.signalwire.faults().requests_to("POST /api/video/room_tokens").is_empty());
    }
}

mod s13_s14_headers {
    use super::*;

    #[tokio::test]
    async fn every_route_answers_under_the_same_policy_also_with_errors() {
        let (machine, _child) = Machine::serving().await;
        let tab = tab_of(&machine, "mira").await;
        let room = format!("/api/rooms/{}", tab.room_key);
        let posts =
            [format!("{room}/token"), format!("{room}/look"), format!("{room}/actions/remove"), "/api/session".into()];
        let gets = [
            "/",
            "/r/x",
            "/g/x",
            "/assets/none.js",
            "/healthz",
            "/readyz",
            "/api/door",
            "/api/none",
            "/nowhere",
            &room,
            "/oauth/login?room=x",
            "/oauth/callback?state=x",
            "/discord/interactions",
        ];
        let all = gets.map(|path| (Method::GET, path.to_owned())).into_iter();
        for (method, path) in all.chain(posts.map(|path| (Method::POST, path))) {
            let body = (method == Method::POST).then(|| json!({}));
            let answer = tab.browser.sends(method, &path, Some(&tab.sid), body).await;
            let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
            let csp = header("content-security-policy");
            for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
                assert!(csp.contains(rule), "{path}: {rule} in {csp}");
            }
            assert!(!csp.contains("unsafe"), "{path}: {csp}");
            assert_eq!(header("x-frame-options"), "DENY", "{path}");
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
            assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
            assert!(header("permissions-policy").contains("camera=(self)"), "{path}");
        }
    }
}

mod s15_open_redirect {
    use super::*;

    #[tokio::test]
    async fn sign_in_leads_to_discord_and_back_to_our_own_pages_alone() {
        let (machine, _child) = Machine::serving().await;
        let browser = machine.browser();
        let discord = machine.sandbox.env().into_iter().find(|(name, _)| name == "DISCORD_API_URL").unwrap().1;
        for room in [
            "//evil.example",
            "/\\evil.example",
            "https:evil.example",
            "x%0d%0aLocation:%20https://evil.example",
            "..",
            "",
        ] {
            for path in [
                format!("/oauth/login?room={room}"),
                format!("/oauth/login?room=aaaaaaaaaaaaaaaaaaaa&next={room}"),
                format!("/oauth/callback?state={room}&code=x"),
                format!("/oauth/callback?code={room}"),
            ] {
                let answer = browser.sends(Method::GET, &path, None, None).await;
                let location = answer.headers().get(header::LOCATION).map_or("", |value| value.to_str().unwrap());
                let fine = location.starts_with("/#")
                    || location.starts_with("/r/")
                    || location == "/"
                    || location.starts_with(&format!("{discord}/oauth2/authorize?"));
                assert!(fine && answer.status() == StatusCode::SEE_OTHER, "{path} leads to {location:?}");
                assert!(!location.split('?').next().unwrap().contains("evil"), "{location}");
            }
        }
    }
}

mod s16_ssrf {
    use super::*;

    #[tokio::test]
    async fn the_configuration_leads_to_discord_and_signalwire_alone() {
        let mut machine = Machine::new().await;
        for (variable, value) in [
            ("SIGNALWIRE_SPACE_URL", "https://169.254.169.254"),
            ("SIGNALWIRE_SPACE_URL", "https://signalwire.com@evil.example"),
            ("SIGNALWIRE_SPACE_URL", "https://signalwire.com.evil.example"),
            ("SIGNALWIRE_SPACE_URL", "http://example.signalwire.com"),
            ("SIGNALWIRE_RELAY_URL", "wss://evil.example"),
            ("DISCORD_API_URL", "https://discord.com.evil.example"),
        ] {
            let before = machine.sandbox.env();
            machine.set(variable, value);
            let ran = machine.runs(&["invite"]).await;
            assert!(ran.code == Some(1) && ran.err.contains(variable) && !ran.err.contains("evil"), "{value}: {ran:?}");
            if let Some((_, sane)) = before.iter().find(|(name, _)| name == variable) {
                machine.set(variable, sane);
            }
        }
    }

    /// A redirect could carry the credentials elsewhere.
    #[tokio::test]
    async fn no_redirect_is_followed() {
        let (machine, _child) = Machine::serving().await;
        let tab = tab_of(&machine, "mira").await;
        let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = format!("http://{}/stolen", elsewhere.local_addr().unwrap());
        machine.sandbox.signalwire.faults().always("POST /api/video/room_tokens", sandbox::fault::Fault::Redirect(to));
        let problem = tab.room_token().await.unwrap_err();
        assert_eq!(problem.code, "video_unavailable");
        let visited = tokio::time::timeout(Duration::from_millis(200), elsewhere.accept()).await;
        assert!(visited.is_err(), "the redirect was followed");
    }
}

mod s20_bombs {
    use super::*;

    #[tokio::test]
    async fn what_is_too_long_too_deep_or_two_things_at_once_is_refused() {
        let (machine, _child) = Machine::serving().await;
        let origin = format!("http://{}", machine.address);
        let post = |body: &str, more: &str| {
            format!(
                "POST /api/session HTTP/1.1\r\nhost: x\r\norigin: {origin}\r\ncontent-type: application/json\r\n\
                 connection: close\r\n{more}\r\n{body}"
            )
            .into_bytes()
        };
        let sized = |body: String| post(&body, &format!("content-length: {}\r\n", body.len()));
        let deep = "[".repeat(60_000);
        let keys: String = (0..5_000).map(|n| format!("\"k{n}\":1,")).collect();
        for (case, request, statuses) in [
            ("a body too long", sized(" ".repeat(10 << 20)), &[413][..]),
            ("a body said to be too long", post("", "content-length: 99999999999\r\n"), &[413, 400]),
            ("depth", sized(deep), &[400, 422]),
            ("many keys", sized(format!("{{{keys}\"ticket\":\"x\"}}")), &[400, 422]),
            ("a head too long", post("", &format!("x-long: {}\r\n", "a".repeat(100_000))), &[431, 400]),
            ("many headers", post("", &"x-many: a\r\n".repeat(1_000)), &[431, 400]),
            ("two lengths", post("{}", "content-length: 2\r\ncontent-length: 3\r\n"), &[400]),
            (
                "two framings",
                post("2\r\n{}\r\n0\r\n\r\n", "content-length: 2\r\ntransfer-encoding: chunked\r\n"),
                &[400, 410, 422],
            ),
            ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n".to_vec(), &[400]),
            (
                "a query without end",
                format!("GET /api/door?{} HTTP/1.1\r\nhost: x\r\n\r\n", "a=b&".repeat(20_000)).into(),
                &[414, 431, 400],
            ),
        ] {
            let status = status_of(&machine, &request).await;
            assert!(status.is_none_or(|status| statuses.contains(&status)), "{case}: {status:?}");
        }
        let fine = machine.browser().sends(Method::GET, "/readyz", None, None).await;
        assert_eq!(fine.status(), StatusCode::OK);
    }
}

mod s22_abuse {
    use super::*;

    #[tokio::test]
    async fn ten_thousand_wrong_links_of_one_address_are_soon_not_looked_at() {
        let (machine, _child) = Machine::serving().await;
        let browser = machine.browser();
        let mut refused = 0;
        for n in 0..1_000 {
            let body = json!({"ticket": format!("wrong-{n}"), "nonce": "a-nonce-of-a-stranger"});
            let answer = browser.sends(Method::POST, "/api/session", None, Some(body)).await;
            match answer.status().as_u16() {
                410 => {}
                429 => {
                    assert!(answer.headers().contains_key(header::RETRY_AFTER));
                    refused += 1;
                }
                other => panic!("{other}"),
            }
        }
        assert!(refused > 300, "{refused}");
    }
}

mod s23_forged_events {
    use super::*;

    #[tokio::test]
    async fn the_pages_word_is_no_fact() {
        let (machine, _child) = Machine::serving().await;
        let tab = tab_of(&machine, "mira").await;
        let _inside = tab.joins().await.unwrap();
        machine.card("**In the call (1):** Mira").await;
        for body in [json!({"event": "room.ended"}), json!({"left": "Mira"}), json!({"room": "another"})] {
            tab.posts(&format!("/api/rooms/{}/look", tab.room_key), body).await.unwrap();
        }
        let lobby = tab.lobby().await.unwrap();
        assert!(lobby.to_string().contains("Mira"), "{lobby}");
        machine.card("**In the call (1):** Mira").await;
        let other = tab.posts("/api/rooms/aaaaaaaaaaaaaaaaaaaaaaaaaa/look", json!({})).await.unwrap_err();
        assert_eq!(other.code, "signed_out");
    }
}

mod s24_forged_interactions {
    use super::*;

    async fn sent(machine: &Machine, key: &SigningKey, at: i64, signed: &[u8], sent: &[u8]) -> u16 {
        let signature = key.sign(&[at.to_string().as_bytes(), signed].concat()).to_bytes();
        let hex = data_encoding::HEXLOWER.encode(&signature);
        let request = http()
            .post(format!("http://{}/discord/interactions", machine.address))
            .header("x-signature-ed25519", hex)
            .header("x-signature-timestamp", at.to_string())
            .body(sent.to_vec());
        request.send().await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn only_what_discord_signed_just_now_is_read_and_once() {
        let mut machine = Machine::new().await;
        machine.set("DISCORD_INTERACTIONS", "http");
        let (_child, _) = machine.starts().await;
        let key = SigningKey::from_bytes(&sandbox::discord::Options::default().signing_seed);
        let now = machine.sandbox.clock.unix_ms() / 1000;
        let ping = json!({"id": "1", "application_id": "1", "type": 1, "token": "t", "version": 1}).to_string();
        let ping = ping.as_bytes();
        assert_eq!(sent(&machine, &key, now, ping, ping).await, 200);
        let spaced = serde_json::to_string_pretty(&serde_json::from_slice::<Value>(ping).unwrap()).unwrap();
        let mut flipped = ping.to_vec();
        flipped[8] ^= 1;
        for (case, at, signed, body) in [
            ("stale", now - 301, ping, ping),
            ("of the future", now + 302, ping, ping),
            ("one byte changed", now, ping, flipped.as_slice()),
            ("written anew", now, ping, spaced.as_bytes()),
        ] {
            assert_eq!(sent(&machine, &key, at, signed, body).await, 401, "{case}");
        }
        let foreign = SigningKey::from_bytes(&[9; 32]);
        assert_eq!(sent(&machine, &foreign, now, ping, ping).await, 401);
        let bare = http().post(format!("http://{}/discord/interactions", machine.address));
        assert_eq!(bare.body(ping.to_vec()).send().await.unwrap().status(), 401);
    }
}
