use std::time::{Duration, Instant};

use reqwest::Method;
use sandbox::fault::Fault;
use serde_json::json;

use super::sign_in::{is_sent_back, leads, tab_in, with_sign_in};
use crate::{binary::Machine, browser::Tab, escaping};

mod s12_mentions_and_markdown {
    use super::*;

    const CHANNELS: [&str; 3] = ["general", "daily", "lobby"];

    #[tokio::test]
    async fn no_name_pings_links_or_breaks_what_is_posted() {
        let mut machine = Machine::new().await;
        machine.set("RATE_LIMITS", "off");
        machine.set("MAX_LIVE_ROOMS_PER_GUILD", "100");
        machine.set("OPENS_PER_USER", "100/10min");
        let (_child, _) = machine.starts().await;
        machine.bot_is_there().await;
        let discord = &machine.sandbox.discord;
        // As long as a name may be, of what takes most room when it is escaped; and names that Discord refuses webhooks.
        let (stars, ticks) = ("*".repeat(100), "`".repeat(100));
        let more = ["clyde of discord", &stars, &ticks];
        let all = escaping::HOSTILE.into_iter().chain(more);
        for (n, hostile) in all.clone().enumerate() {
            let nick: String = hostile.chars().filter(|c| !c.is_control()).take(32).collect();
            discord.nickname("mira", Some(&nick));
            let options = [("room", hostile), ("topic", hostile)];
            let answer = discord.person("mira").runs(CHANNELS[n % 3], "video", &options).await;
            let answer = answer.eventually(|message| message.link().is_some()).await;
            escaping::is_inert(discord, &answer.text(), hostile);
            let tab = machine.browser().follows(answer.link().unwrap()).await.unwrap();
            tab.joins().await.unwrap();
        }
        let cards = |channel: &str| {
            let all = discord.messages(channel).into_iter();
            all.filter(|message| message.text().contains("In the call")).collect::<Vec<_>>()
        };
        let all_there = || CHANNELS.iter().map(|channel| cards(channel).len()).sum::<usize>() == all.clone().count();
        let mut changes = discord.changes();
        let waiting = changes.wait_for(|_| all_there());
        let in_time = tokio::time::timeout(Duration::from_secs(60), waiting).await.is_ok();
        assert!(in_time, "{:#?}", CHANNELS.map(cards));
        for message in CHANNELS.iter().flat_map(|channel| discord.messages(channel)) {
            escaping::is_inert(discord, &message.text(), &message.text());
        }
        escaping::pings_nobody(discord);
        for seen in discord.faults().requests() {
            assert!(seen.status != Some(400), "Discord did not take {seen:?}");
            if seen.method == Method::POST && seen.route.contains("webhooks") {
                let name = seen.request.get("username").or_else(|| seen.request.get("name"));
                assert!(name.is_none_or(|name| name == "Greenroom"), "a webhook is called {name:?}");
            }
        }
    }
}

mod s18_secrets_in_errors {
    use super::*;

    /// In whatever the services say.
    const THEIRS: &str = "their-own-words-9f3a";

    /// Nobody is told any of it: not theirs, and of ours no path, type, statement or address.
    fn is_clean(text: &str, case: &str) {
        let never = [
            THEIRS,
            "panicked",
            ".rs",
            "src/",
            "reqwest",
            "serde",
            "sqlx",
            "sqlite",
            "hyper",
            "serenity",
            "Error(",
            "::",
            "/api/video",
            "oauth2",
            "127.0.0.1",
            "no such table",
            "tickets",
            "line 1",
        ];
        for never in never {
            assert!(!text.contains(never), "{case}: {never} in {text}");
        }
    }

    #[tokio::test]
    async fn nobody_reads_what_the_services_say_when_they_fail() {
        let named = json!({"errors": [{"code": THEIRS, "message": THEIRS, "type": THEIRS, "attribute": THEIRS}]});
        let cut = format!("{{\"token\": \"{THEIRS}");
        let text = |status, bytes: &str| Fault::Body {
            status,
            content_type: "text/plain".into(),
            bytes: bytes.to_owned().into(),
        };
        for fault in [
            text(500, THEIRS),
            Fault::html(502, &format!("<html>{THEIRS}</html>")),
            Fault::json(401, &named),
            Fault::json(422, &named),
            Fault::json(200, &json!({"unexpected": THEIRS})),
            Fault::Body { status: 200, content_type: "application/json".into(), bytes: cut.into() },
        ] {
            let case = format!("{fault:?}");
            // Each on a machine of its own: a service that failed once is left alone for a while.
            let (machine, _child) = Machine::serving().await;
            let discord = &machine.sandbox.discord;
            discord.register_redirect(&format!("http://{}/oauth/callback", machine.address));
            let tab = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
            let begins =
                tab.browser.sends(Method::GET, &format!("/oauth/login?room={}", tab.room_key), None, None).await;
            let page = begins.headers()["location"].to_str().unwrap().to_owned();
            let back = discord.person("mira").consents(&page).await.unwrap();

            machine.sandbox.signalwire.faults().always("* /api/video/**", fault.clone());
            let problem = tab.room_token().await.unwrap_err();
            assert!(problem.status >= 500 && problem.reference.len() == 7, "{case}: {problem:?}");
            is_clean(&format!("{} {}", problem.code, problem.message), &case);
            let answer = discord.person("odo").runs("daily", "video", &[("room", "retro")]).await;
            let answer = answer.eventually(|message| !message.thinking).await;
            assert!(answer.link().is_none(), "{case}: {}", answer.text());
            is_clean(&answer.text(), &case);

            discord.faults().always("POST /api/v10/oauth2/token", fault.clone());
            let back = back.strip_prefix(&format!("http://{}", machine.address)).unwrap();
            let returned = tab.browser.sends(Method::GET, back, None, None).await;
            let location = returned.headers()["location"].to_str().unwrap().to_owned();
            assert_eq!(location, format!("/r/{}#problem=sign_in_failed", tab.room_key), "{case}");
            is_clean(&returned.text().await.unwrap(), &case);
            for asked in [machine.sandbox.signalwire.faults(), discord.faults()] {
                assert!(asked.requests().iter().any(|seen| seen.faulted), "{case}: nobody was asked");
            }
        }
    }

    /// A database that lost a table stands for whatever is broken in here.
    #[tokio::test]
    async fn what_is_broken_in_here_is_a_sentence_and_a_reference() {
        let mut machine = Machine::new().await;
        let url = format!("sqlite://{}", machine.writes("greenroom.db", "").display());
        machine.set("DATABASE_URL", &url);
        let (_child, _) = machine.starts().await;
        machine.bot_is_there().await;
        let tab = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
        let database = sqlx::SqlitePool::connect(&url).await.unwrap();
        sqlx::query("ALTER TABLE tickets RENAME TO gone").execute(&database).await.unwrap();
        let body = json!({"ticket": "a".repeat(26), "nonce": "a-nonce-of-this-tab-0123"});
        for (path, body) in [("/api/session", body), ("/api/session/handoff", json!({"room": tab.room_key}))] {
            let answer = tab.browser.sends(Method::POST, path, Some(&tab.sid), Some(body)).await;
            assert_eq!(answer.status(), 500, "{path}");
            let told: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(told["code"], "internal", "{told}");
            assert_eq!(told["reference"].as_str().map(str::len), Some(7), "{told}");
            assert_eq!(told.as_object().unwrap().len(), 3, "{told}");
            is_clean(&told.to_string(), path);
        }
        let answer = machine.sandbox.discord.person("odo").runs("general", "video", &[("room", "standup")]).await;
        let answer = answer.eventually(|message| !message.thinking).await;
        assert!(answer.link().is_none(), "{}", answer.text());
        is_clean(&answer.text(), "/video");
    }
}

mod s19_timing {
    use super::*;

    /// Both with as many answers as it takes for a difference of few microseconds to show.
    const ROUNDS: usize = 500;
    /// Welch's t beyond it is no chance: one in a hundred thousand.
    const CHANCE: f64 = 4.5;

    fn welch(a: &[f64], b: &[f64]) -> f64 {
        let of = |all: &[f64]| {
            let n = all.len() as f64;
            let mean = all.iter().sum::<f64>() / n;
            (mean, all.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n - 1.0) / n)
        };
        let ((a, of_a), (b, of_b)) = (of(a), of(b));
        (a - b) / (of_a + of_b).sqrt()
    }

    /// In turns, and the slowest tenth left out, so that whatever else the machine does falls on both alike.
    #[tokio::test]
    async fn how_much_of_a_link_was_guessed_does_not_show() {
        let mut machine = Machine::new().await;
        machine.set("RATE_LIMITS", "off");
        let (_child, _) = machine.starts().await;
        machine.bot_is_there().await;
        let link = machine.link_of("mira", "standup").await;
        let ticket = link.split_once("#t=").unwrap().1;
        sandbox::issued::remember(ticket);
        let other = |at: usize| {
            let mut bytes = ticket.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            String::from_utf8(bytes).unwrap()
        };
        let guesses = [other(0), other(ticket.len() - 1)];
        let browser = machine.browser();
        let mut took = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS * 2 {
            // a b b a a b b a: neither is always the first.
            let which = round.div_ceil(2) % 2;
            let body = json!({"ticket": guesses[which], "nonce": "a-nonce-of-a-stranger"});
            let begun = Instant::now();
            let answer = browser.sends(Method::POST, "/api/session", None, Some(body)).await;
            took[which].push(begun.elapsed().as_secs_f64());
            assert_eq!(answer.status(), 410);
        }
        let mut all: Vec<f64> = took.iter().flatten().copied().collect();
        all.sort_by(f64::total_cmp);
        let slow = all[all.len() * 9 / 10];
        took.iter_mut().for_each(|times| times.retain(|time| *time < slow));
        let t = welch(&took[0], &took[1]);
        assert!(t.abs() < CHANCE, "t = {t}");
    }

    /// What a test can tell apart for certain: the bytes of the answers, and what was asked elsewhere meanwhile.
    #[tokio::test]
    async fn a_room_that_is_not_yours_is_answered_like_one_that_never_was() {
        let (machine, _child) = Machine::serving().await;
        let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
        let odo = machine.browser().follows(&machine.link_of("odo", "retro").await).await.unwrap();
        let discord = machine.sandbox.discord.faults();
        let seen = || {
            let asked = discord.requests();
            asked.iter().filter(|seen| seen.path.contains("/members/")).count()
        };
        let answer = async |room_key: &str, path: &str| {
            let (before, video) = (seen(), machine.sandbox.signalwire.counts());
            let tab = Tab { room_key: room_key.to_owned(), ..mira.clone() };
            let path = format!("/api/rooms/{}{path}", tab.room_key);
            let method = if path.ends_with(room_key) { Method::GET } else { Method::POST };
            let body = (method == Method::POST).then(|| json!({}));
            let answer = tab.browser.sends(method, &path, Some(&tab.sid), body).await;
            let (status, mut headers) = (answer.status(), answer.headers().clone());
            headers.remove("date");
            let mut told: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(told.as_object_mut().unwrap().remove("reference").unwrap().as_str().unwrap().len(), 7);
            let video = machine.sandbox.signalwire.counts() == video;
            (status, headers, told, seen() - before, video)
        };
        for path in ["", "/token", "/look", "/actions/end", "/actions/knock"] {
            let (theirs, never) = (answer(&odo.room_key, path).await, answer("aaaaaaaaaaaaaaaaaaaaaaaaaa", path).await);
            assert_eq!(theirs, never, "{path}");
            assert!(theirs.0 == 401 && theirs.3 == 0 && theirs.4, "{path}: {theirs:?}");
        }
    }
    /// Sign-in reaches every room, so it is Discord that keeps Zed out. They are told under which name.
    #[tokio::test]
    async fn who_signed_in_and_may_not_look_is_refused_as_for_a_room_that_never_was() {
        let (machine, _child, key) = with_sign_in().await;
        let zed = machine.browser();
        let back = is_sent_back(&machine, &zed, "zed", &key).await;
        let tab = tab_in(&zed, &leads(&zed, &back).await, &key);
        let nowhere = Tab { room_key: "aaaaaaaaaaaaaaaaaaaaaaaaaa".into(), ..tab.clone() };
        for tab in [tab, nowhere] {
            let problem = tab.lobby().await.unwrap_err();
            assert_eq!((problem.status, problem.code.as_str()), (403, "not_allowed"));
            assert!(!problem.message.contains("standup"), "{}", problem.message);
        }
    }
}

mod s29_unsafe_and_unwrap {
    use std::path::Path;

    use crate::sources;

    /// The compiler refuses both, everywhere: in what ships there is no exception, as `forbid` knows none and none is
    /// written for the other.
    #[test]
    fn the_compiler_refuses_both_in_every_crate() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = |path: &str| -> toml::Table {
            let text = std::fs::read_to_string(root.join(path).join("Cargo.toml")).unwrap();
            text.parse().unwrap()
        };
        let workspace = manifest("");
        let lints = &workspace["workspace"]["lints"];
        assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"));
        assert_eq!(lints["clippy"]["unwrap_used"].as_str(), Some("deny"));
        let members = workspace["workspace"]["members"].as_array().unwrap();
        for path in members.iter().map(|member| member.as_str().unwrap()).chain([""]) {
            assert_eq!(manifest(path)["lints"]["workspace"].as_bool(), Some(true), "{path}/Cargo.toml");
        }
        // A panic ends one request, not the process with all calls.
        assert!(workspace["profile"]["release"].get("panic").is_none());
        for (path, text) in sources::below(&root.join("src")) {
            assert!(!text.contains("unwrap_used"), "{} makes an exception", path.display());
        }
    }
}
