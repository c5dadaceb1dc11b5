use std::time::Duration;

use sandbox::discord::{Answer, Modal};

use crate::{
    command::{plain, told},
    world::{World, over_both_ways_in},
};

async fn form(world: &World, person: &str, channel: &str) -> Modal {
    let answer = world.person(person).runs(channel, "greenroom settings", &[]).await;
    answer.modal().unwrap_or_else(|| panic!("no form, but {answer:?}"))
}

async fn saves(world: &World, inputs: &[(&str, &str)]) -> Answer {
    saves_in(world, "general", inputs).await
}

/// Owen changes these lines of a channel's form.
pub async fn saves_in(world: &World, channel: &str, inputs: &[(&str, &str)]) -> Answer {
    let form = form(world, "owen", channel).await;
    let answer = world.person("owen").submits(&form, inputs).await;
    world.answered(&answer).await;
    answer
}

fn lines(world: &World) -> Vec<String> {
    let messages = world.sandbox.discord.messages("general");
    messages.iter().filter(|message| message.embeds.is_empty()).map(|message| plain(&message.text())).collect()
}

over_both_ways_in! {
    async fn owen_sets_up_a_channel_in_a_form_that_shows_how_it_is(world: World) {
        let before = form(&world, "owen", "general").await;
        let shown: Vec<_> =
            before.inputs.iter().map(|input| (input.label.as_str(), input.value.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("What I post", "rollup"),
                ("Post without notifications", "no"),
                ("Put lines into a thread", "no"),
                ("Name who is inside", "yes"),
                ("Let guests into the whole server's rooms", "no"),
            ]
        );
        let answer = world.person("owen").submits(&before, &[("lines", " Each"), ("silent", "YES")]).await;
        let text = told(&world, &answer).await;
        assert!(text.contains("a line for every change") && text.contains("no notification"), "{text}");
        // It is that channel's alone, and outlives the process.
        world.stops().await;
        world.starts().await;
        let after = form(&world, "owen", "general").await;
        let shown: Vec<_> = after.inputs.iter().map(|input| input.value.as_str()).collect();
        assert_eq!(shown, ["each", "yes", "no", "yes", "no"]);
        assert_eq!(form(&world, "owen", "daily").await.inputs[0].value, "rollup");
    }

    async fn names_that_are_switched_off_vanish_from_the_card_at_once(world: World) {
        let (_, _mira) = world.inside("mira").await;
        world.card("**In the call (1):** Mira").await;
        saves(&world, &[("names", "no")]).await;
        world.card("**In the call:** 1").await;
        saves(&world, &[("names", "yes")]).await;
        world.card("**In the call (1):** Mira").await;
    }

    async fn a_channel_that_wants_the_card_alone_gets_no_lines(world: World) {
        saves(&world, &[("lines", "card")]).await;
        let (_, mira) = world.inside("mira").await;
        world.card("**In the call (1):** Mira").await;
        mira.leaves();
        world.card("standup · ended").await;
        assert_eq!(lines(&world), [""; 0]);
    }

    async fn a_channel_that_heard_a_lot_hears_once_in_five_minutes(world: World) {
        saves(&world, &[("lines", "each")]).await;
        let mut inside = Vec::new();
        for (person, name) in [("mira", "Mira"), ("odo", "Odo"), ("ann", "Ann")] {
            inside.push(world.inside(person).await);
            world.until(name, || lines(&world).iter().any(|line| line == &format!("**standup:** {name} joined"))).await;
        }
        let (_, owen) = world.inside("owen").await;
        let (_, ann) = inside.pop().unwrap();
        ann.leaves();
        world.card("**In the call (3):** Mira, Odo, Owen").await;
        world.passes(Duration::from_secs(4 * 60), Duration::from_secs(30)).await;
        assert_eq!(lines(&world).len(), 3, "{:?}", lines(&world));
        let told = || lines(&world).iter().any(|line| line == "**standup:** Owen joined · Ann left");
        world.until("both are told of together", told).await;
        owen.leaves();
        inside.into_iter().for_each(|(_, member)| member.leaves());
        // Whoever left since, the summary tells of.
        world.card("standup · ended").await;
        assert_eq!(lines(&world).len(), 4, "{:?}", lines(&world));
    }

    async fn a_channel_that_wants_nothing_gets_nothing_and_people_still_get_in(world: World) {
        saves(&world, &[("lines", "off")]).await;
        let answer = world.video("ann", "general", "standup").await;
        let text = told(&world, &answer).await;
        assert!(text.contains("because it is set up so") && !text.contains("on the card"), "{text}");
        let (_, _mira) = world.inside("mira").await;
        world.video("odo", "daily", "other").await;
        world.sees("daily", |message| !message.embeds.is_empty()).await;
        assert!(world.sandbox.discord.messages("general").is_empty());
    }

    async fn the_form_is_read_in_the_persons_language(world: World) {
        world.person("owen").speaks("de");
        let german = form(&world, "owen", "general").await;
        assert_eq!((german.title.as_str(), german.inputs[3].value.as_str()), ("Greenroom in diesem Kanal", "ja"));
        let answer = world.person("owen").submits(&german, &[("names", "nein")]).await;
        assert!(told(&world, &answer).await.contains("nie genannt"), "{}", answer.text());
    }

    async fn what_the_form_does_not_know_is_named_and_nothing_is_saved(world: World) {
        for (field, typed, expected) in [
            ("lines", "loud", "What I post** can't be “loud”"),
            ("silent", "maybe", "Post without notifications** can't be “maybe”. It takes: yes or no."),
            ("names", "@everyone", "Name who is inside** can't be"),
            ("lines", &"x".repeat(3000), "Nothing was saved."),
        ] {
            let answer = saves(&world, &[("lines", "off"), (field, typed)][usize::from(field == "lines")..]).await;
            let text = told(&world, &answer).await;
            assert!(text.contains(expected) && text.chars().count() < 300, "{text}");
        }
        assert_eq!(form(&world, "owen", "general").await.inputs[0].value, "rollup");
    }

    async fn whoever_manages_nothing_sets_up_nothing(world: World) {
        assert!(!world.person("mira").commands("general").iter().any(|command| command.name.starts_with("greenroom")));
        for command in ["greenroom settings", "greenroom check"] {
            let answer = world.person("mira").insisting().runs("general", command, &[]).await;
            let text = told(&world, &answer).await;
            assert!(text.contains("Only people who may manage this server or this channel"), "{text}");
        }
        // Admins may give the command to others; whoever manages the channel may then use it.
        let answer = world.person("ann").insisting().runs("general", "greenroom settings", &[]).await;
        assert!(answer.modal().is_some(), "{answer:?}");
    }

    async fn guests_are_the_whole_servers_and_for_who_manages_it(world: World) {
        let answer = saves(&world, &[("guests", "yes")]).await;
        let text = told(&world, &answer).await;
        assert!(text.contains("**Guests are on** in this server"), "{text}");
        // Every channel shows it, and none of the others changes it by the way.
        let daily = form(&world, "owen", "daily").await;
        assert_eq!(daily.inputs[4].value, "yes");
        // Ann moderates: she sets up a channel, and sees no line of the server's.
        let ann = world.person("ann").insisting();
        let anns = ann.runs("general", "greenroom settings", &[]).await.modal().unwrap();
        assert_eq!(anns.inputs.len(), 4);
        let answer = ann.submits(&anns, &[("lines", "card")]).await;
        assert!(!told(&world, &answer).await.contains("Guests"), "{}", answer.text());
        let check = world.person("owen").runs("general", "greenroom check", &[]).await;
        assert!(told(&world, &check).await.contains("Guests are on"), "{}", check.text());
    }

    async fn check_says_what_the_channel_lacks_and_how_to_mend_it(world: World) {
        let check = async |channel: &str| {
            let answer = world.person("owen").runs(channel, "greenroom check", &[]).await;
            told(&world, &answer).await
        };
        let well = check("general").await;
        assert!(well.contains("I may do all I need in") && well.contains("few lines"), "{well}");
        world.sandbox.discord.bot_lacks("general", &["MANAGE_WEBHOOKS"]);
        let text = check("general").await;
        assert!(text.contains("I lack **Manage Webhooks**") && text.contains("post as myself"), "{text}");
        world.sandbox.discord.bot_lacks("general", &["SEND_MESSAGES", "MANAGE_WEBHOOKS"]);
        world.video("mira", "general", "standup").await;
        world.until("the card was refused", || {
            let posts = world.sandbox.discord.faults().counts();
            posts.iter().any(|(route, _)| route.starts_with("POST") && route.contains("messages"))
        })
        .await;
        let text = check("general").await;
        assert!(text.contains("**Send Messages** and **Manage Webhooks**"), "{text}");
        assert!(text.contains("nobody here is told of a room"), "{text}");
    }
}
