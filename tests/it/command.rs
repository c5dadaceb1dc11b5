use std::time::Duration;

use sandbox::discord::{Answer, ButtonStyle, Message};
use sandbox::fault::Fault;

use crate::world::{Plan, Way, World, over_both_ways_in};

fn is_card(message: &Message) -> bool {
    !message.embeds.is_empty()
}

fn cards(world: &World, channel: &str) -> Vec<Message> {
    world.sandbox.discord.messages(channel).into_iter().filter(is_card).collect()
}

/// The sentence somebody alone is told.
pub async fn told(world: &World, answer: &Answer) -> String {
    world.answered(answer).await;
    assert_eq!(answer.problem(), None);
    assert!(answer.is_private(), "only its addressee may see {:?}", answer.text());
    plain(&answer.text())
}

over_both_ways_in! {
    async fn mira_opens_a_room_and_is_given_her_own_link(world: World) {
        let answer = world.video("mira", "general", "standup").await;
        let text = told(&world, &answer).await;
        assert!(text.contains("**standup** is open."), "{text}");
        assert!(text.contains("whoever opens it comes in as Mira"), "{text}");
        let button = answer.message().unwrap().buttons().next().cloned().unwrap();
        assert_eq!((button.label.as_str(), button.style), ("Enter as Mira", ButtonStyle::Link));
        assert!(button.url.unwrap().starts_with(&format!("{}/r/", world.url())));
        // Screen readers read the text, so the link is there too.
        assert!(text.contains(&answer.link().unwrap()));
    }

    async fn the_channel_gets_one_card_through_one_webhook(world: World) {
        let room = [("room", "standup"), ("topic", "What we do today")];
        let answer = world.person("mira").runs("general", "video", &room).await;
        world.answered(&answer).await;
        let card = world.card("Nobody is inside yet").await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(masked(&card.text()), @r"
            standup
            What we do today
            Nobody is inside yet. Opened by Mira <t:TIME:R>.
            For people who can see this channel
            ");
        }
        assert!(card.webhook.is_some() && card.author.name == "Greenroom");
        let labels: Vec<_> = card.buttons().map(|button| button.label.as_str()).collect();
        assert_eq!(labels, ["Join"]);

        let again = world.video("odo", "general", "Standup ").await;
        assert!(!again.deferred, "a room that is known is answered in the first response");
        assert!(again.text().contains("Enter as Odo") || again.link().is_some());
        assert_eq!(cards(&world, "general").len(), 1);
        assert_eq!(world.sandbox.discord.webhooks("general"), 1);
        assert_eq!(world.sandbox.signalwire.rooms().len(), 1);
    }

    async fn join_gives_each_their_own_link(world: World) {
        world.video("mira", "general", "standup").await;
        let card = world.card("Nobody is inside yet").await;
        let mut links = Vec::new();
        for person in ["mira", "odo", "ann"] {
            let answer = world.person(person).presses(card.id, "Join").await;
            let text = told(&world, &answer).await;
            assert!(!answer.deferred);
            assert!(text.contains("standup"), "{text}");
            links.push(answer.link().unwrap());
        }
        links.dedup();
        assert_eq!(links.len(), 3);
    }

    async fn without_a_name_the_channel_has_its_own_room(world: World) {
        let answer = world.person("mira").runs("daily", "video", &[]).await;
        assert!(told(&world, &answer).await.contains("**daily** is open."));
        let named = world.video("odo", "daily", "daily").await;
        assert!(!named.deferred);
        world.sandbox.discord.rename_channel("daily", "every-day");
        let renamed = world.person("ann").runs("every-day", "video", &[]).await;
        assert!(told(&world, &renamed).await.contains("**every-day**"), "{}", renamed.text());
        assert_eq!(world.sandbox.signalwire.rooms().len(), 1);
    }

    async fn rooms_are_suggested_while_typing_the_live_ones_first(world: World) {
        for room in ["standup", "stand-in", "retro"] {
            world.video("mira", "general", room).await;
        }
        let answer = world.person("odo").presses(world.card("stand-in").await.id, "Join").await;
        let tab = world.browser().follows(&answer.link().unwrap()).await.unwrap();
        tab.joins().await.unwrap();
        world.card("stand-in · live").await;
        let suggested = world.person("ann").types("general", "video", "room", "stan").await;
        let names: Vec<_> = suggested.iter().map(|choice| (choice.value.as_str(), choice.name.as_str())).collect();
        assert_eq!(names, [("stand-in", "stand-in · 1 inside"), ("standup", "standup · open")]);
    }

    async fn in_a_direct_message_there_is_no_room(world: World) {
        let answer = world.person("mira").insisting().runs("dm", "video", &[("room", "standup")]).await;
        let text = told(&world, &answer).await;
        assert!(text.contains("I open rooms in server channels"), "{text}");
        assert!(world.sandbox.signalwire.rooms().is_empty());
    }

    async fn vic_may_view_but_not_open(world: World) {
        let answer = world.person("vic").insisting().runs("general", "video", &[("room", "standup")]).await;
        let text = told(&world, &answer).await;
        assert!(text.contains("can't send messages in <#"), "{text}");
        assert!(world.sandbox.signalwire.rooms().is_empty());
        world.video("mira", "general", "standup").await;
        let card = world.card("Nobody is inside yet").await;
        let joined = world.person("vic").presses(card.id, "Join").await;
        assert!(told(&world, &joined).await.contains("You come in as audience"));
    }

    async fn zed_sees_nothing_of_a_channel_he_cannot_see(world: World) {
        world.video("mira", "general", "standup").await;
        let card = world.card("Nobody is inside yet").await;
        assert!(world.person("zed").sees("general").is_empty());
        let answer = world.person("zed").insisting().presses(card.id, "Join").await;
        assert_eq!(answer.problem(), Some("You do not have access to this channel."));
        let typed = world.person("zed").insisting().runs("general", "video", &[("room", "standup")]).await;
        assert!(typed.problem().is_some() && typed.link().is_none());
    }

    async fn threads_and_voice_channels_have_rooms_of_their_own(world: World) {
        for (channel, person) in [("planning", "odo"), ("secret-plans", "mira"), ("hangout", "mira"), ("first-idea", "odo")] {
            let answer = world.person(person).runs(channel, "video", &[]).await;
            let text = told(&world, &answer).await;
            assert!(text.contains(&format!("**{channel}** is open.")), "{channel}: {text}");
            world.sees(channel, is_card).await;
        }
        assert_eq!(world.sandbox.signalwire.rooms().len(), 4);
        let outsider = world.person("odo").insisting().runs("secret-plans", "video", &[]).await;
        assert!(outsider.link().is_none());
    }

    async fn in_a_stage_channel_only_its_moderators_open(world: World) {
        let listener = world.person("mira").insisting().runs("town-hall", "video", &[]).await;
        assert!(told(&world, &listener).await.contains("in a stage channel only its moderators do"));
        let moderator = world.person("owen").runs("town-hall", "video", &[]).await;
        let text = told(&world, &moderator).await;
        assert!(text.contains("**town-hall** is open."), "{text}");
    }

    async fn where_the_bot_may_not_post_the_caller_is_told(world: World) {
        world.sandbox.discord.bot_lacks("general", &["SEND_MESSAGES", "MANAGE_WEBHOOKS"]);
        let answer = world.video("mira", "general", "standup").await;
        let text = told(&world, &answer).await;
        assert!(text.contains("Your link is ready. I may not post in <#"), "{text}");
        assert!(answer.link().is_some());
        assert!(world.sandbox.discord.messages("general").is_empty());
    }

    async fn without_manage_webhooks_greenroom_posts_as_itself_and_tells_who_can_mend_it(world: World) {
        world.sandbox.discord.bot_lacks("general", &["MANAGE_WEBHOOKS"]);
        let mira = world.video("mira", "general", "standup").await;
        assert!(!told(&world, &mira).await.contains("Manage Webhooks"));
        let owen = world.video("owen", "general", "standup").await;
        assert!(told(&world, &owen).await.contains("I post as myself because I lack **Manage Webhooks** here."));
        let card = world.card("standup").await;
        assert!(card.webhook.is_none() && card.author.bot);
    }

    async fn a_room_of_the_same_name_elsewhere_is_told_of_to_who_can_see_it(world: World) {
        world.video("mira", "daily", "standup").await;
        let answer = world.video("odo", "general", "standup").await;
        let told = answer.eventually(|message| message.text().contains("A different **standup**")).await;
        assert!(told.button("Join that one").is_some());
        let there = world.person("odo").presses(told.id, "Join that one").await;
        world.answered(&there).await;
        assert!(there.link().is_some(), "{:?} {:?}", there.problem(), there.text());
        world.video("mira", "backstage", "plans").await;
        let outsider = world.video("odo", "general", "plans").await;
        assert!(!outsider.text().contains("A different"));
    }

    async fn names_and_topics_are_text_and_nothing_else(world: World) {
        let topic = "**bold** @everyone <@&1> [x](https://evil.example) \u{202e}back";
        let options = [("room", "@everyone _stand_ `up`"), ("topic", topic)];
        let answer = world.person("mira").runs("general", "video", &options).await;
        told(&world, &answer).await;
        let card = world.sees("general", is_card).await;
        let html = world.sandbox.discord.html(&card.text());
        assert!(!html.contains("<strong>bold") && !html.contains("href=\"https://evil"), "{html}");
        assert!(!card.text().contains('\u{202e}'));
        let lobby = world.browser().follows(&answer.link().unwrap()).await.unwrap().lobby().await.unwrap();
        assert_eq!(lobby["room"]["topic"], topic.replace('\u{202e}', ""));
        let posts = world.sandbox.discord.faults().requests_to("POST /api/v10/webhooks/*/*");
        assert!(posts.iter().all(|post| post.request["allowed_mentions"]["parse"] == serde_json::json!([])), "{posts:?}");
    }

    async fn names_that_nobody_could_read_are_refused_with_a_sentence(world: World) {
        let long = "x".repeat(10_000);
        for (name, expected) in [("\u{200b}\u{202e}", "nothing in it"), (long.as_str(), "too long"), ("   ", "nothing in it")] {
            let answer = world.person("mira").insisting().runs("general", "video", &[("room", name)]).await;
            let text = told(&world, &answer).await;
            assert!(text.contains(expected), "{text}");
        }
        let odd = world.video("mira", "general", "../../etc/passwd").await;
        assert!(odd.link().is_some());
        let smile = world.video("odo", "general", "😀").await;
        assert!(smile.link().is_some());
        for room in world.sandbox.signalwire.rooms() {
            assert!(room.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c)));
        }
    }

    async fn a_topic_of_ten_thousand_characters_is_refused(world: World) {
        let topic = "x".repeat(10_000);
        let answer = world.person("mira").insisting().runs("general", "video", &[("room", "a"), ("topic", &topic)]).await;
        assert!(told(&world, &answer).await.contains("topic is too long"));
    }

    async fn join_on_the_card_of_an_ended_room_says_so(world: World) {
        let (_, mira) = world.inside("mira").await;
        let card = world.card("standup · live").await;
        mira.leaves();
        world.card("standup · ended").await;
        let answer = world.person("odo").insisting().presses(card.id, "Join").await;
        // The buttons are gone: only a client that still shows the old card can press.
        if answer.problem().is_none() {
            assert!(told(&world, &answer).await.contains("has ended"));
        }
    }

    async fn when_the_video_service_is_silent_everybody_is_told_at_once_and_nothing_is_posted(world: World) {
        world.sandbox.signalwire.faults().always("* /api/video/**", Fault::Hang);
        let answer = world.person("mira").runs("general", "video", &[("room", "standup")]).await;
        assert!(answer.deferred, "the first answer does not wait for SignalWire");
        let text = told(&world, &answer).await;
        assert!(text.contains("I couldn't open **standup**: the video service doesn't answer."), "{text}");
        assert!(world.sandbox.discord.messages("general").is_empty());
        world.sandbox.signalwire.faults().clear();
        let again = world.video("mira", "general", "standup").await;
        assert!(again.link().is_some());
    }

    async fn an_account_that_is_refused_is_the_operators_to_mend(world: World) {
        world.sandbox.signalwire.revoke_api_token();
        let answer = world.video("mira", "general", "standup").await;
        let text = told(&world, &answer).await;
        assert!(text.contains("the video service refuses this bot's account"), "{text}");
    }

    async fn answers_are_in_the_persons_language_and_the_card_in_the_servers(world: World) {
        world.person("odo").speaks("de");
        let answer = world.video("odo", "general", "standup").await;
        assert!(answer.message().unwrap().buttons().any(|button| button.label.contains("Odo")));
        assert!(!answer.text().contains("is open."), "{}", answer.text());
        world.card("Nobody is inside yet").await;
    }

    async fn commands_are_registered_once(world: World) {
        let puts = |world: &World| {
            let counts = world.sandbox.discord.faults().counts();
            counts.iter().filter(|(route, _)| route.starts_with("PUT") && route.contains("commands")).map(|(_, n)| n).sum::<u64>()
        };
        assert_eq!(puts(&world), 1);
        world.stops().await;
        world.starts().await;
        assert_eq!(puts(&world), 1);
    }
}

#[tokio::test]
async fn a_server_has_so_many_rooms_and_a_person_opens_so_many() {
    let world =
        Plan::over(Way::Gateway).with("MAX_LIVE_ROOMS_PER_GUILD", "4").with("OPENS_PER_USER", "3/10min").world().await;
    for room in ["one", "two", "three"] {
        assert!(world.video("mira", "general", room).await.link().is_some());
    }
    let fourth = world.video("mira", "general", "four").await;
    assert!(fourth.text().contains("You opened 3 rooms in the last 10 minutes."), "{}", fourth.text());
    // Joining is never limited by this.
    assert!(world.video("mira", "general", "one").await.link().is_some());
    assert!(world.video("odo", "general", "four").await.link().is_some());
    let fifth = world.video("ann", "general", "five").await;
    assert!(fifth.text().contains("This server has 4 rooms open, its limit."), "{}", fifth.text());
    assert!(fifth.text().contains("**four**"), "{}", fifth.text());
    world.advance(Duration::from_secs(601));
    assert!(!world.video("mira", "general", "five").await.text().contains("You opened"));
}

#[tokio::test]
async fn a_deleted_card_stays_deleted_until_somebody_asks_again() {
    let world = World::new(Way::Gateway).await;
    let (_, _mira) = world.inside("mira").await;
    let card = world.card("standup · live").await;
    world.sandbox.discord.delete_message("general", card.id);
    let odo = world.person("odo").runs("daily", "video", &[("room", "other")]).await;
    world.answered(&odo).await;
    world.sees("daily", is_card).await;
    assert!(cards(&world, "general").is_empty());
    world.video("odo", "general", "standup").await;
    world.card("standup · live").await;
}

#[tokio::test]
async fn a_webhook_that_was_deleted_is_made_again_once() {
    let world = World::new(Way::Gateway).await;
    world.video("mira", "general", "standup").await;
    world.card("standup").await;
    world.sandbox.discord.delete_webhooks("general");
    world.video("mira", "general", "retro").await;
    world.card("retro").await;
    assert_eq!(world.sandbox.discord.webhooks("general"), 1);
}

/// As it reads: a backslash only says that what follows is text.
pub fn plain(text: &str) -> String {
    text.replace('\\', "")
}

/// Times and links differ with every run.
pub fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<t:") {
        let (_, style) = after.split_once(':').unwrap();
        masked += before;
        masked += "<t:TIME:";
        rest = style;
    }
    masked + rest
}
