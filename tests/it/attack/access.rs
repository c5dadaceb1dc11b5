use std::time::Duration;

use serde_json::{Value, json};

use super::with_our_keys;
use crate::{binary::Machine, browser::Tab};

/// What a room token says; its signature is the video service's business.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
}

async fn minted(tab: &Tab, query: &str, body: Value) -> Value {
    let minted = tab.posts(&format!("/api/rooms/{}/token{query}", tab.room_key), body).await.unwrap();
    claims(minted["token"].as_str().unwrap())
}

/// Mira opened the call; the others pressed Join on its card: a member, a moderator, and one who may only watch.
async fn a_call_of_four(machine: &Machine) -> [Tab; 4] {
    let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
    let card = machine.card("Nobody is inside yet").await;
    let joins = async |person: &str| {
        let answer = machine.sandbox.discord.person(person).presses(card.id, "Join").await;
        let answer = answer.eventually(|message| message.link().is_some()).await;
        machine.browser().follows(answer.link().unwrap()).await.unwrap()
    };
    [mira, joins("odo").await, joins("ann").await, joins("vic").await]
}

mod s03_expiry {
    use axum_extra::extract::{PrivateCookieJar, cookie::Cookie};

    use super::*;
    use crate::{
        browser::Problem,
        world::{Way, World},
    };

    fn expired(problem: Result<Tab, Problem>) {
        let problem = problem.err().expect("a refusal");
        assert_eq!((problem.status, problem.code.as_str()), (410, "ticket_expired"));
    }

    #[tokio::test]
    async fn a_link_is_good_for_ten_minutes_and_a_handover_for_two() {
        let world = World::new(Way::Gateway).await;
        let link_of = async |person: &str| world.video(person, "general", "standup").await.link().unwrap();
        let (mira, odo) = (link_of("mira").await, link_of("odo").await);
        world.advance(Duration::from_secs(10 * 60 - 30));
        let tab = world.browser().follows(&mira).await.expect("it is not over yet");
        world.advance(Duration::from_secs(31));
        expired(world.browser().follows(&odo).await);
        let (early, late) = (tab.hands_off().await.unwrap(), tab.hands_off().await.unwrap());
        world.advance(Duration::from_secs(2 * 60 - 10));
        world.browser().follows(&early).await.expect("it is not over yet");
        world.advance(Duration::from_secs(11));
        expired(world.browser().follows(&late).await);
    }

    /// With the server's own key: what a cookie says of its time is bounded, also for who could write one.
    #[tokio::test]
    async fn a_session_lasts_twelve_hours_whatever_its_cookie_says() {
        let (machine, _child, keys) = with_our_keys().await;
        let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
        let key = keys.cookie_keys().remove(0);
        let id = machine.sandbox.discord.person("mira").id().to_string().parse::<u64>().unwrap();
        let (name, _) = mira.browser.cookies().pop_first().unwrap();
        let hours = 3600;
        let now = machine.sandbox.clock.unix_ms() / 1000;
        for (case, iat, exp, good) in [
            ("begun a while ago", now - 100, now + hours, true),
            ("its last minutes", now - 12 * hours + 60, now + 60, true),
            ("of a clock that is a little ahead", now + 30, now + hours, true),
            ("over", now - hours, now - 1, false),
            ("of tomorrow", now + 120, now + hours, false),
            ("a second too long", now - 100, now - 100 + 12 * hours + 1, false),
            ("in the year 9999", now - 100, 253_402_300_799, false),
            ("before all time", -5, -1, false),
            ("since before all time", i64::MIN, now + hours, false),
            ("without end", -1, i64::MAX, false),
            ("since ever and without end", i64::MIN, i64::MAX, false),
        ] {
            let says = json!({
                "v": 1, "sid": mira.sid, "user": id, "via": "ticket", "rooms": [mira.room_key], "iat": iat, "exp": exp
            });
            let jar = PrivateCookieJar::new(key.clone()).add(Cookie::new(name.clone(), says.to_string()));
            let set = axum::response::IntoResponse::into_response(jar).headers()["set-cookie"].clone();
            let (_, value) = set.to_str().unwrap().split_once('=').unwrap();
            mira.browser.set_cookie(&name, value);
            let got = mira.lobby().await.map_err(|problem| (problem.status, problem.code)).map(|_| ());
            let wanted = if good { Ok(()) } else { Err((401, "signed_out".to_owned())) };
            assert_eq!(got, wanted, "{case}");
        }
    }
}

mod s07_privilege {
    use super::*;

    #[tokio::test]
    async fn whoever_asks_for_more_gets_what_discord_says_and_no_other_name() {
        let (machine, _child) = Machine::serving().await;
        let [_, odo, ann, vic] = a_call_of_four(&machine).await;
        let greedy = json!({
            "join_as": "member", "role": "moderator", "user_name": "Owen", "display_name": "Owen", "name": "Owen",
            "user_id": machine.sandbox.discord.person("owen").id(), "meta": {"role": "moderator"},
            "permissions": ["room.member.audio_unmute", "room.recording"], "scopes": ["room.recording"],
            "remove_after_seconds_elapsed": 200_000, "join_until": 253_402_300_799_i64, "auto_create_room": true
        });
        let query = "?join_as=member&role=moderator&user_name=Owen&permissions=room.recording";
        for (tab, name) in [(odo, "Odo"), (ann, "Ann"), (vic, "Vic")] {
            let (modest, more) = (minted(&tab, "", json!({})).await, minted(&tab, query, greedy.clone()).await);
            // What is never the same twice is looked at by S26.
            let lasting = |mut claims: Value| {
                for changes in ["iat", "jti", "ju"] {
                    claims.as_object_mut().unwrap().remove(changes);
                }
                claims["m"].as_object_mut().unwrap().remove("stay");
                claims
            };
            assert_eq!(more["u"], name);
            assert_eq!(lasting(more), lasting(modest));
        }
    }

    #[tokio::test]
    async fn who_does_not_keep_order_puts_nobody_out_and_ends_nothing() {
        let (machine, _child) = Machine::serving().await;
        let [mira, odo, _, vic] = a_call_of_four(&machine).await;
        let inside = mira.joins().await.unwrap();
        let mira = json!({"user_id": machine.sandbox.discord.person("mira").id().to_string(), "role": "moderator"});
        for tab in [odo, vic] {
            for action in ["remove", "end"] {
                let path = format!("/api/rooms/{}/actions/{action}", tab.room_key);
                let problem = tab.posts(&path, mira.clone()).await.unwrap_err();
                assert_eq!((problem.status, problem.code.as_str()), (403, "not_allowed"), "{action}");
            }
            tab.lobby().await.expect("the call goes on");
        }
        assert!(inside.is_inside());
    }
}

mod s26_token_scope {
    use super::*;

    #[tokio::test]
    async fn a_room_token_is_for_one_room_one_name_five_minutes_and_the_rights_of_a_role() {
        let (machine, _child) = Machine::serving().await;
        let [mira, odo, ann, vic] = a_call_of_four(&machine).await;
        // Another room, so that "its room" means something.
        machine.link_of("owen", "retro").await;
        let room = machine.sandbox.signalwire.rooms().into_iter().find(|room| room.name.starts_with("standup"));
        let room = room.unwrap().name;
        for (tab, name, role) in
            [(mira, "Mira", "moderator"), (odo, "Odo", "member"), (ann, "Ann", "moderator"), (vic, "Vic", "audience")]
        {
            let claims = minted(&tab, "", json!({})).await;
            let now = machine.sandbox.clock.unix_ms() / 1000;
            assert_eq!((claims["r"].as_str(), claims["u"].as_str()), (Some(room.as_str()), Some(name)));
            let until = claims["ju"].as_i64().unwrap();
            assert!(now < until && until <= now + 5 * 60, "{name}: {} s", until - now);
            let stays = claims["rse"].as_i64().unwrap();
            assert!(0 < stays && stays <= 200_000, "{name}: {stays} s");
            assert_eq!(claims["acr"], false, "{name} can't make a room");
            assert_eq!(claims["ja"], if role == "audience" { "audience" } else { "member" });
            let rights: Vec<&str> = claims["s"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
            let of = |beginning: &str| rights.iter().filter(|right| right.starts_with(beginning)).count();
            // Members may do nothing to others, and a moderator nothing that opens another's microphone or camera.
            match role {
                "audience" => assert!(rights.is_empty(), "{rights:?}"),
                "member" => assert_eq!(of("room.self.") + of("room.list_"), rights.len(), "{rights:?}"),
                _ => assert!(rights.contains(&"room.member.audio_mute"), "{rights:?}"),
            }
            let ours = ["unmute", "undeaf", "remove", "promote", "demote", "set_meta", "set_input", "set_output"];
            for right in rights {
                let others = right.strip_prefix("room.member.").unwrap_or_default();
                assert!(!ours.iter().any(|never| others.contains(never)), "{name} has {right}");
                for never in ["recording", "playback", "stream", "additional_source", "set_meta"] {
                    assert!(!right.contains(never), "{name} has {right}");
                }
            }
        }
    }
}
