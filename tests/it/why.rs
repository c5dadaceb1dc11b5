use sandbox::fault::Fault;

use crate::{
    binary::Machine,
    command::told,
    world::{Plan, Way, World, over_both_ways_in},
};

/// What Owen is told of somebody in a channel.
async fn why(world: &World, person: &str, channel: &str, room: Option<&str>) -> String {
    let mut options = vec![("user", person)];
    options.extend(room.map(|room| ("room", room)));
    let answer = world.person("owen").runs(channel, "greenroom why", &options).await;
    told(world, &answer).await
}

/// Who of the cast is what in which channel, by which line, and which permission is missing.
const WHO_IS_WHAT: [(&str, &str, &str, &str, &str); 25] = [
    ("general", "mira", "as **member**", "may send messages here", ""),
    ("general", "ann", "as **moderator**", "may manage the channel, or time out members", ""),
    ("general", "owen", "as **moderator**", "may manage the channel, or time out members", ""),
    ("general", "vic", "as **audience**", "may see the channel, but not take part", "**Send Messages**"),
    ("general", "zed", "**doesn't come into**", "can't see the channel", "**View Channel**"),
    ("lobby", "zed", "as **member**", "may send messages here", ""),
    ("news", "mira", "as **audience**", "may see the channel, but not take part", "**Send Messages**"),
    ("news", "ann", "as **moderator**", "may manage the channel, or time out members", ""),
    ("backstage", "mira", "as **member**", "may send messages here", ""),
    ("backstage", "odo", "**doesn't come into**", "can't see the channel", "**View Channel**"),
    ("backstage", "ann", "as **moderator**", "may manage the channel, or time out members", ""),
    ("hangout", "mira", "as **member**", "may speak here", ""),
    ("hangout", "ann", "as **moderator**", "may manage the channel, or time out members", ""),
    ("hangout", "zed", "**doesn't come into**", "can't see the channel", "**View Channel**"),
    ("town-hall", "mira", "as **audience**", "everybody listens who does not moderate it", "**Mute Members**"),
    ("town-hall", "ann", "as **moderator**", "who may mute members of a stage channel", ""),
    ("town-hall", "owen", "as **moderator**", "who may mute members of a stage channel", ""),
    ("planning", "mira", "as **member**", "may send messages here", ""),
    ("planning", "odo", "as **member**", "may send messages here", ""),
    ("planning", "vic", "as **audience**", "not take part", "**Send Messages in Threads**"),
    ("planning", "zed", "**doesn't come into**", "can't see the channel", "**View Channel**"),
    ("secret-plans", "mira", "as **member**", "may send messages here", ""),
    ("secret-plans", "odo", "**doesn't come into**", "the thread is private", "**Manage Threads**"),
    ("secret-plans", "ann", "as **moderator**", "may manage the channel, or time out members", ""),
    ("secret-plans", "owen", "as **moderator**", "may manage the channel, or time out members", ""),
];

over_both_ways_in! {
    async fn owen_is_told_who_is_what_in_which_channel_and_why(world: World) {
        for (channel, person, outcome, reason, missing) in WHO_IS_WHAT {
            let text = why(&world, person, channel, None).await;
            let case = format!("{person} in {channel}: {text}");
            assert!(text.contains(outcome) && text.contains(reason), "{case}");
            match missing {
                "" => assert!(!text.contains("Missing"), "{case}"),
                missing => assert!(text.contains(&format!("Missing: {missing}.")), "{case}"),
            }
        }
    }

    async fn what_was_changed_in_discord_is_told_at_once(world: World) {
        let discord = world.sandbox.discord.clone();
        assert!(why(&world, "odo", "general", None).await.contains("as **member**"));
        discord.give_role("odo", "Moderators");
        assert!(why(&world, "odo", "general", None).await.contains("as **moderator**"));
        discord.time_out("odo", world.now() + 3_600_000);
        assert!(why(&world, "odo", "general", None).await.contains("they are timed out"));
        discord.kick("odo");
        assert!(why(&world, "mira", "general", None).await.contains("as **member**"));
        discord.person_in("hangout", "mira", &[], &["CONNECT"]);
        let text = why(&world, "mira", "hangout", None).await;
        assert!(text.contains("may not connect") && text.contains("Missing: **Connect**."), "{text}");
        discord.person_in("hangout", "mira", &["CONNECT"], &["SPEAK"]);
        assert!(why(&world, "mira", "hangout", None).await.contains("Missing: **Speak**."));
        // Whoever has every permission has it over every denial.
        discord.role_allows("Moderators", &["ADMINISTRATOR"]);
        discord.person_in("general", "ann", &[], &["VIEW_CHANNEL"]);
        assert!(why(&world, "ann", "general", None).await.contains("as **moderator**"));
    }

    async fn whoever_opened_a_call_moderates_it_while_they_may_send(world: World) {
        world.video("mira", "general", "standup").await;
        let text = why(&world, "mira", "general", Some("Standup")).await;
        assert!(text.contains("into **standup**") && text.contains("they opened this call"), "{text}");
        let own = why(&world, "mira", "general", None).await;
        assert!(own.contains("as **member**") && own.contains("they may open one"), "{own}");
        world.sandbox.discord.person_in("general", "mira", &[], &["SEND_MESSAGES"]);
        let text = why(&world, "mira", "general", Some("standup")).await;
        assert!(text.contains("as **audience**") && text.contains("**Send Messages**"), "{text}");
        let own = why(&world, "mira", "general", None).await;
        assert!(own.contains("they may not open one"), "{own}");
    }

    async fn whoever_was_removed_is_said_to_be_so_until_the_call_has_ended(world: World) {
        let (tab, _) = world.inside("mira").await;
        world.inside("odo").await;
        world.card("**In the call (2):**").await;
        let odo = world.person("odo").id().to_string();
        tab.posts(&format!("/api/rooms/{}/actions/remove", tab.room_key), serde_json::json!({"user_id": odo}))
            .await
            .unwrap();
        let text = why(&world, "odo", "general", Some("standup")).await;
        assert!(text.contains("a moderator removed them from this call"), "{text}");
        assert!(why(&world, "odo", "general", None).await.contains("as **member**"));
    }

    async fn nobody_is_told_who_manages_nothing_nor_while_discord_is_silent(world: World) {
        let answer = world.person("mira").insisting().runs("general", "greenroom why", &[("user", "ann")]).await;
        assert!(told(&world, &answer).await.contains("Only people who may manage"), "{}", answer.text());
        world.sandbox.discord.faults().always("GET /api/v10/**", Fault::Status(503));
        assert!(why(&world, "mira", "general", None).await.contains("I can't ask Discord"));
    }
}

#[tokio::test]
async fn a_rule_of_the_operators_is_named_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, "[[rule]]\npermission = \"KICK_MEMBERS\"\nrole = \"nobody\"\n").unwrap();
    let world = Plan::over(Way::Gateway).with("POLICY_FILE", file.to_str().unwrap()).world().await;
    let text = why(&world, "ann", "general", None).await;
    assert!(text.contains("doesn't come into") && text.contains("rule 1 of the policy"), "{text}");
    assert!(why(&world, "mira", "general", None).await.contains("as **member**"));
}

/// The same decision as in Discord, for whoever sits at the machine.
#[tokio::test]
async fn the_executable_says_it_too() {
    let machine = Machine::new().await;
    let discord = &machine.sandbox.discord;
    let (mira, vic) = (discord.person("mira").id().to_string(), discord.person("vic").id().to_string());
    let general = discord.channel("general").unwrap().to_string();
    let ran = machine.runs(&["why", "--user", &vic, "--channel", &general, "--room", "standup"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for part in ["Vic (", "room standup in #general", "comes in as audience", "lacks Send Messages", "may not open one"]
    {
        assert!(ran.out.contains(part), "{part} is missing in {}", ran.out);
    }
    let (_child, _) = machine.starts().await;
    machine.bot_is_there().await;
    let opened = discord.person("mira").runs("general", "video", &[("room", "standup")]).await;
    opened.eventually(|message| message.link().is_some()).await;
    let ran = machine.runs(&["why", "--user", &mira, "--channel", &general, "--room", " Standup"]).await;
    assert!(ran.out.contains("comes in as moderator: opened this call and may send"), "{ran:?}");
    assert!(ran.out.contains("a call is open there, opened by them"), "{ran:?}");
    discord.kick("mira");
    let ran = machine.runs(&["why", "--user", &mira, "--channel", &general]).await;
    assert!(ran.out.contains("does not come in: is not in the server"), "{ran:?}");
    let ran = machine.runs(&["why", "--user", &vic, "--channel", "42"]).await;
    assert!(ran.code == Some(1) && ran.err.contains("Discord shows me no such channel"), "{ran:?}");
    let ran = machine.runs(&["why", "--user", "@vic", "--channel", &general]).await;
    assert!(ran.code == Some(2) && ran.err.contains("an id is digits alone"), "{ran:?}");
}
