use std::time::Duration;

use sandbox::discord::Message;

use crate::{
    command::told,
    settings::saves_in,
    world::{Way, World, over_both_ways_in},
};

const STARTS: &str = "POST /api/v10/channels/{channel}/messages/{message}/threads";

fn lines(world: &World, channel: &str) -> Vec<String> {
    let messages = world.sandbox.discord.messages(channel);
    messages.iter().filter(|message| message.embeds.is_empty()).map(Message::text).collect()
}

/// Mira is inside `standup` of `channel`, where lines are to go into a thread.
async fn mira_in(world: &World, channel: &str) -> sandbox::signalwire::scripted::Member {
    saves_in(world, channel, &[("thread", "yes")]).await;
    world.inside_at(channel, "mira").await.1
}

fn threads_started(world: &World) -> u64 {
    world.sandbox.discord.faults().counts().get(STARTS).copied().unwrap_or_default()
}

async fn check(world: &World, channel: &str) -> String {
    let answer = world.person("owen").runs(channel, "greenroom check", &[]).await;
    told(world, &answer).await
}

/// Lets time go on until `/greenroom check` says it.
async fn check_comes_to_say(world: &World, wanted: &str, why: &str) {
    let mut said = String::new();
    for _ in 0..30 {
        said = check(world, "general").await;
        if said.contains(wanted) {
            return;
        }
        world.advance(Duration::from_secs(3));
        world.lets_work().await;
    }
    panic!("{why}: check never says {wanted}, but {said}");
}

over_both_ways_in! {
    async fn lines_go_into_a_thread_at_the_card(world: World) {
        let _mira = mira_in(&world, "general").await;
        world.sees("standup", |message| message.text().contains("Mira joined")).await;
        let (_, odo) = world.inside("odo").await;
        world.sees("standup", |message| message.text().contains("Mira and Odo joined")).await;
        odo.leaves();
        world.advance(Duration::from_secs(90));
        world.sees("standup", |message| message.text().contains("Odo left")).await;
        assert_eq!(lines(&world, "general"), [""; 0]);
        let card = world.card("**In the call (1):** Mira").await;
        assert_eq!(card.thread, Some(card.id), "it hangs on the card");
        assert_eq!(threads_started(&world), 1);
        let text = check(&world, "general").await;
        assert!(text.contains("I may do all I need") && text.contains("thread at the card"), "{text}");
    }

    async fn without_the_permission_lines_stand_in_the_channel_and_check_says_why(world: World) {
        world.sandbox.discord.bot_lacks("general", &["CREATE_PUBLIC_THREADS"]);
        let _mira = mira_in(&world, "general").await;
        world.sees("general", |message| message.text().contains("Mira joined")).await;
        world.inside("odo").await;
        world.sees("general", |message| message.text().contains("Mira and Odo joined")).await;
        assert_eq!(threads_started(&world), 1, "one refusal is enough");
        let text = check(&world, "general").await;
        assert!(text.contains("I lack **Create Public Threads**"), "{text}");
        assert!(text.contains("Without it I start no thread, and the lines stand in the channel."), "{text}");
        assert!(text.contains("The last card got no thread"), "{text}");
    }
}

#[tokio::test]
async fn where_no_thread_can_hang_lines_stand_below_the_card() {
    for channel in ["planning", "hangout", "first-idea"] {
        let world = World::new(Way::Gateway).await;
        let _mira = mira_in(&world, channel).await;
        world.sees(channel, |message| message.text().contains("Mira joined")).await;
        assert_eq!(threads_started(&world), 1, "#{channel}");
        let text = check(&world, channel).await;
        assert!(text.contains("There can be no thread at a card in here"), "#{channel}: {text}");
    }
}

#[tokio::test]
async fn a_thread_that_was_closed_stays_closed_and_the_card_goes_on() {
    type Close = fn(&World);
    let ways: [(&str, Close); 3] = [
        ("archived", |world| world.sandbox.discord.archive("standup", false)),
        ("locked", |world| world.sandbox.discord.archive("standup", true)),
        ("deleted", |world| world.sandbox.discord.delete_channel("standup")),
    ];
    for (way, close) in ways {
        let world = World::new(Way::Gateway).await;
        let _mira = mira_in(&world, "general").await;
        world.sees("standup", |message| message.text().contains("Mira joined")).await;
        close(&world);
        world.advance(Duration::from_secs(90));
        world.sandbox.discord.faults().forget();
        let (_, odo) = world.inside("odo").await;
        world.card("**In the call (2):** Mira, Odo").await;
        world.advance(Duration::from_secs(90));
        odo.leaves();
        world.card("**In the call (1):** Mira").await;
        check_comes_to_say(&world, "thread was closed or deleted", way).await;
        let of_thread = |seen: &&sandbox::fault::Seen| {
            let card = world.sandbox.discord.messages("general")[0].id.to_string();
            let query = seen.query.clone().unwrap_or_default();
            query.contains("thread_id") || seen.path.ends_with(&format!("/channels/{card}"))
        };
        let asked = world.sandbox.discord.faults().requests().iter().filter(of_thread).count();
        assert_eq!(asked, 1, "{way}: one answer is enough");
        assert_eq!(lines(&world, "general"), [""; 0], "{way}");
        if way != "deleted" {
            assert_eq!(lines(&world, "standup").len(), 1, "{way}");
            assert!(is_archived(&world, "standup"), "{way}");
        }
    }
}

#[tokio::test]
async fn a_thread_somebody_started_at_the_card_is_used() {
    let world = World::new(Way::Gateway).await;
    saves_in(&world, "general", &[("thread", "yes")]).await;
    world.video("mira", "general", "standup").await;
    let card = world.card("Nobody is inside yet").await;
    world.sandbox.discord.start_thread("general", card.id, "chatter");
    world.inside("mira").await;
    world.sees("chatter", |message| message.text().contains("Mira joined")).await;
}

fn is_archived(world: &World, thread: &str) -> bool {
    world.person("mira").channels().iter().any(|place| place.name == thread && place.archived)
}
