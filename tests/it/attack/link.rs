use serde_json::json;

use crate::{
    binary::Machine,
    browser::{Problem, Tab},
};

fn code(problem: Result<Tab, Problem>) -> (u16, String) {
    let problem = problem.err().expect("a refusal");
    (problem.status, problem.code)
}

mod s01_link_tampering {
    use super::*;

    /// A ticket is base32: each of its characters changed in each of its five bits, and what is near it.
    #[tokio::test]
    async fn no_changed_link_lets_anybody_in_and_all_are_answered_alike() {
        let mut machine = Machine::new().await;
        machine.set("RATE_LIMITS", "off");
        let (_child, _) = machine.starts().await;
        machine.bot_is_there().await;
        let link = machine.link_of("mira", "standup").await;
        let (page, ticket) = link.split_once("#t=").unwrap();
        const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut changed =
            vec![ticket[1..].to_owned(), format!("{ticket}a"), format!("{ticket}="), ticket.to_uppercase()];
        changed.extend(["", "x", "../../../etc/passwd", &"a".repeat(20_000)].map(str::to_owned));
        for (at, char) in ticket.bytes().enumerate() {
            let value = ALPHABET.iter().position(|known| *known == char).unwrap();
            for bit in 0..5 {
                let mut bytes = ticket.as_bytes().to_vec();
                bytes[at] = ALPHABET[value ^ (1 << bit)];
                changed.push(String::from_utf8(bytes).unwrap());
            }
        }
        assert!(changed.len() > 128);
        let browser = machine.browser();
        for ticket in changed {
            assert_eq!(code(browser.follows(&format!("{page}#t={ticket}")).await), (410, "ticket_expired".into()));
        }
        browser.follows(&link).await.expect("the link itself is still good");
    }
}

mod s02_key_confusion {
    use super::*;

    /// Old and new key, and what each may still read. The card goes on, so the webhook's token was read, too.
    #[tokio::test]
    async fn keys_rotate_and_a_dropped_one_is_worth_nothing() {
        let key = |byte: u8| data_encoding::BASE64.encode(&[byte; 32]);
        let mut machine = Machine::new().await;
        machine.set("SECRET_KEY", &key(1));
        let (mut child, _) = machine.starts().await;
        machine.bot_is_there().await;
        let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
        machine.card("Nobody is inside yet").await;
        child.kill().await.unwrap();

        machine.set("SECRET_KEY", &format!("{},{}", key(2), key(1)));
        let (mut child, _) = machine.starts().await;
        machine.bot_is_there().await;
        mira.lobby().await.expect("the old cookie is read with the old key");
        let _inside = mira.joins().await.unwrap();
        machine.card("**In the call (1):** Mira").await;
        assert_eq!(machine.sandbox.discord.webhooks("general"), 1);
        let odo = machine.browser().follows(&machine.link_of("odo", "standup").await).await.unwrap();
        child.kill().await.unwrap();

        machine.set("SECRET_KEY", &key(2));
        let (mut child, _) = machine.starts().await;
        machine.bot_is_there().await;
        assert_eq!(mira.lobby().await.unwrap_err().code, "signed_out");
        odo.lobby().await.expect("the new cookie was written with the new key");
        child.kill().await.unwrap();
    }

    #[tokio::test]
    async fn one_persons_cookie_under_anothers_name_is_nobodys() {
        let (machine, _child) = Machine::serving().await;
        let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
        let odo = machine.browser().follows(&machine.link_of("odo", "standup").await).await.unwrap();
        let (name, _) = mira.browser.cookies().pop_first().unwrap();
        let (_, value) = odo.browser.cookies().pop_first().unwrap();
        mira.browser.set_cookie(&name, &value);
        assert_eq!(mira.lobby().await.unwrap_err().code, "signed_out");
    }
}

mod s04_replay_by_another_person {
    use super::*;

    #[tokio::test]
    async fn a_link_that_was_used_is_nobodys_and_a_session_stays_its_persons() {
        let (machine, _child) = Machine::serving().await;
        let link = machine.link_of("mira", "standup").await;
        let mira = machine.browser().follows(&link).await.unwrap();
        let thief = machine.browser().redeems(&link, "a-nonce-of-the-thief", None).await;
        assert_eq!(code(thief), (410, "ticket_used".into()));
        // Odo's own session with Mira's tab id is Odo's, or nobody's; never hers.
        let odo = machine.browser().follows(&machine.link_of("odo", "standup").await).await.unwrap();
        let as_mira = Tab { sid: mira.sid.clone(), ..odo.clone() };
        let problem = as_mira.lobby().await.unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (409, "session_changed"));
    }
}

mod s05_wrong_guild {
    use super::*;

    #[tokio::test]
    async fn whoever_left_the_server_has_a_session_for_nothing() {
        let mut machine = Machine::new().await;
        machine.set("DISCORD_MEMBERS_INTENT", "off");
        let (_child, _) = machine.starts().await;
        machine.bot_is_there().await;
        let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
        mira.lobby().await.unwrap();
        // The ban is told over the gateway, so that nobody has to wait for a minute.
        machine.sandbox.discord.ban("mira");
        let mut looks = tokio::time::interval(std::time::Duration::from_millis(50));
        let refused = async {
            loop {
                if let Err(problem) = mira.room_token().await {
                    return problem;
                }
                looks.tick().await;
            }
        };
        let problem = tokio::time::timeout(std::time::Duration::from_secs(5), refused).await.expect("in time");
        assert!(["not_allowed", "rate_limited"].contains(&problem.code.as_str()), "{problem:?}");
        assert_eq!(mira.lobby().await.unwrap_err().code, "not_allowed");
    }
}

mod s06_room_names {
    use super::*;

    #[tokio::test]
    async fn no_name_reaches_another_channels_room_and_no_body_names_one() {
        let (machine, _child) = Machine::serving().await;
        let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
        let name = machine.sandbox.signalwire.rooms()[0].name.clone();
        // Somebody types the derived name itself.
        machine.link_of("odo", &name).await;
        let rooms = machine.sandbox.signalwire.rooms();
        assert!(rooms.len() == 2 && rooms[0].name != rooms[1].name, "{rooms:?}");
        machine.sandbox.signalwire.faults().forget();
        let body = json!({
            "room_name": rooms[1].name, "user_name": "Owen", "join_as": "member", "permissions": ["room.recording"],
            "role": "moderator", "room_key": "x"
        });
        mira.posts(&format!("/api/rooms/{}/token", mira.room_key), body).await.unwrap();
        let asked = machine.sandbox.signalwire.faults().requests_to("POST /api/video/room_tokens");
        let asked = &asked[0].request;
        assert_eq!((asked["room_name"].as_str(), asked["user_name"].as_str()), (Some(name.as_str()), Some("Mira")));
        assert!(!asked["permissions"].to_string().contains("recording"), "{asked}");
    }
}

mod s28_process {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn an_environment_file_that_others_can_read_is_complained_about() {
        use std::os::unix::fs::PermissionsExt as _;

        let machine = Machine::new().await;
        let file = machine.writes(".env", "LOG_FORMAT=text\n");
        for (mode, complains) in [(0o644, true), (0o600, false)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            for command in ["check", "invite"] {
                let ran = machine.runs(&[command]).await;
                let said = ran.err.contains("chmod 600 .env");
                assert_eq!(said, complains, "{command} with {mode:o}: {}", ran.err);
            }
        }
    }
}
