//! Names and topics that mean something to whoever reads them: nowhere do they do anything.

use sandbox::discord::Discord;

use crate::{command::told, world::over_both_ways_in};

/// Each is a room's name, a topic or a nickname.
pub const HOSTILE: [&str; 9] = [
    "@everyone <@&1> <@1> <#1>",
    "[click](https://evil.example) https://evil.example",
    "**bold** _it_ ~~gone~~ ||spoiler||",
    "`code` ```block",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\" onmouseover=alert(1) x=\"",
    "# headline\n> quote\n- list",
    "\u{202e}gnp.exe ../../etc/passwd\r\nSet-Cookie: x=1",
];

/// What a reader's client makes of it.
pub fn is_inert(discord: &Discord, text: &str, hostile: &str) {
    let html = discord.html(text);
    let lower = html.to_lowercase();
    for never in
        ["<script", "<img", "onerror=alert", "href=\"https://evil", "@everyone</span", "<h1", "<blockquote", "<pre"]
    {
        // Escaped text may hold the words, never as a tag or an attribute.
        assert!(!lower.contains(never) || never == "onerror=alert", "{hostile:?} became {never}: {html}");
    }
    assert!(!text.contains('\u{202e}'), "{hostile:?}: a mark turns the text around");
}

/// Nobody was pinged: with each message it is said that nobody may be mentioned. What is not said, Discord reads as all.
pub fn pings_nobody(discord: &Discord) {
    let mut messages = 0;
    for seen in discord.faults().requests() {
        for message in [&seen.request, &seen.request["data"]] {
            if message.get("content").is_some() || message.get("embeds").is_some() {
                messages += 1;
                let allowed = &message["allowed_mentions"];
                assert_eq!(
                    allowed["parse"].as_array().map(Vec::len),
                    Some(0),
                    "{} {}: {message}",
                    seen.method,
                    seen.path
                );
            }
        }
    }
    assert!(messages > 0, "nobody said anything");
}

over_both_ways_in! {
    async fn whatever_a_room_a_topic_or_a_person_is_called_nothing_comes_of_it(world: World) {
        for (n, hostile) in HOSTILE.into_iter().enumerate() {
            let nick: String = hostile.chars().filter(|c| !c.is_control()).take(32).collect();
            world.sandbox.discord.nickname("mira", Some(&nick));
            let channel = ["general", "daily", "lobby"][n % 3];
            // Odo opens, for one person opens few rooms.
            let opener = ["mira", "odo", "ann", "owen"][n % 4];
            let options = [("room", hostile), ("topic", hostile)];
            let answer = world.person(opener).runs(channel, "video", &options).await;
            let text = told(&world, &answer).await;
            is_inert(&world.sandbox.discord, &answer.text(), hostile);
            assert!(answer.link().is_some(), "{text}");
            let browser = world.browser();
            let tab = browser.follows(&answer.link().unwrap()).await.unwrap();
            let lobby = tab.lobby().await.unwrap();
            assert_eq!(lobby["room"]["title"].as_str().map(|title| title.contains('\n')), Some(false), "{lobby}");
            let member = tab.joins().await.unwrap();
            let card = world.sees(channel, |message| !message.embeds.is_empty() && message.text().contains("In the call")).await;
            is_inert(&world.sandbox.discord, &card.text(), hostile);
            member.leaves();
            world.sees(channel, |message| message.text().contains("ended")).await;
        }
        pings_nobody(&world.sandbox.discord);
    }
}
