use std::time::Duration;

use sandbox::{
    discord::Message,
    fault::{Fault, SocketFault},
};

use crate::{
    command::masked,
    world::{Way, World, over_both_ways_in},
};

const MINUTE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_secs(5);

fn lines(world: &World) -> Vec<String> {
    let messages = world.sandbox.discord.messages("general");
    messages.iter().filter(|message| message.embeds.is_empty()).map(Message::text).collect()
}

over_both_ways_in! {
    async fn from_the_first_join_to_the_summary(world: World) {
        let (_, mira) = world.inside("mira").await;
        world.card("**In the call (1):** Mira").await;
        let (_, odo) = world.inside("odo").await;
        let card = world.card("**In the call (2):** Mira, Odo").await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(masked(&card.text()), @r"
            standup · live
            **In the call (2):** Mira, Odo
            Since <t:TIME:t> (<t:TIME:R>), opened by Mira
            For people who can see this channel
            ");
        }
        assert!(card.button("Join").is_some());
        world.until("both joins are told", || {
            let told = lines(&world).join("\n");
            told.contains("Mira") && told.contains("Odo") && told.contains("joined")
        })
        .await;

        odo.leaves();
        world.card("**In the call (1):** Mira").await;
        world.until("the leave is told", || lines(&world).join("\n").contains("Odo left")).await;
        world.advance(Duration::from_secs(42 * 60));
        mira.leaves();
        let summary = world.card("standup · ended").await;
        assert!(summary.text().contains("4") && summary.text().contains("min"), "{}", summary.text());
        assert!(summary.text().contains("Who was there (2, at most 2 at once)"), "{}", summary.text());
        assert_eq!(summary.buttons().count(), 0);
        assert_eq!(summary.id, card.id, "the card becomes the summary");
    }
}

#[tokio::test]
async fn a_reload_is_no_news() {
    let world = World::new(Way::Gateway).await;
    let (tab, mira) = world.inside("mira").await;
    world.inside("odo").await;
    world.card("**In the call (2):** Mira, Odo").await;
    world.until("the joins are told", || lines(&world).join("\n").contains("Odo")).await;
    mira.leaves();
    world.advance(Duration::from_secs(3));
    tab.joins().await.unwrap();
    world.advance(Duration::from_secs(30));
    world.card("**In the call (2):**").await;
    assert!(!lines(&world).join("\n").contains("left"), "{:?}", lines(&world));
}

#[tokio::test]
async fn a_tab_closed_without_a_word_is_heard_of() {
    let world = World::new(Way::Gateway).await;
    let (_, _mira) = world.inside("mira").await;
    let (_, odo) = world.inside("odo").await;
    world.card("**In the call (2):** Mira, Odo").await;
    odo.vanishes();
    world.card("**In the call (1):** Mira").await;
}

#[tokio::test]
async fn the_audience_is_counted_and_not_named() {
    let world = World::new(Way::Gateway).await;
    world.inside("mira").await;
    let card = world.card("**In the call (1):** Mira").await;
    let answer = world.person("vic").presses(card.id, "Join").await;
    let tab = world.browser().follows(&answer.link().unwrap()).await.unwrap();
    tab.joins().await.unwrap();
    let card = world.card("1 watching").await;
    assert!(!card.text().contains("Vic") && !lines(&world).join("\n").contains("Vic"));
}

#[tokio::test]
async fn nobody_came() {
    let world = World::new(Way::Gateway).await;
    world.video("mira", "general", "standup").await;
    let card = world.card("Nobody is inside yet").await;
    world.advance(Duration::from_secs(15 * 60));
    world.card("Nobody came.").await;
    world.advance(Duration::from_secs(60 * 60));
    world
        .until("the buttons are gone", || {
            world
                .sandbox
                .discord
                .messages("general")
                .iter()
                .any(|message| message.id == card.id && message.buttons().count() == 0)
        })
        .await;
}

#[tokio::test]
async fn a_room_opened_again_at_once_and_never_entered_ends_too() {
    let world = World::new(Way::Gateway).await;
    let (_, mira) = world.inside("mira").await;
    world.card("standup · live").await;
    mira.leaves();
    world.card("standup · ended").await;
    let answer = world.video("odo", "general", "standup").await;
    let odo = world.browser().follows(&answer.link().unwrap()).await.unwrap();
    world.card("Nobody is inside yet").await;
    let state = async || odo.lobby().await.unwrap()["session"]["state"].clone();
    assert_eq!(state().await, "open");
    for _ in 0..70 {
        world.advance(Duration::from_secs(60));
        if state().await == "ended" {
            return;
        }
    }
    panic!("it is open for ever");
}

#[tokio::test]
async fn a_socket_that_drops_loses_nothing() {
    let world = World::new(Way::Gateway).await;
    let (_, mira) = world.inside("mira").await;
    world.card("**In the call (1):** Mira").await;
    world.sandbox.signalwire.faults().cut("relay");
    let (_, _odo) = world.inside("odo").await;
    mira.leaves();
    world.card("**In the call (1):** Odo").await;
}

#[tokio::test]
async fn lost_doubled_and_reordered_events_end_in_the_truth() {
    let world = World::new(Way::Gateway).await;
    let faults = world.sandbox.signalwire.faults();
    faults.always_event("relay", "video.member.joined", SocketFault::Duplicate);
    faults.always_event("relay", "video.member.left", SocketFault::Lose);
    let (tab, mira) = world.inside("mira").await;
    world.inside("odo").await;
    world.card("**In the call (2):**").await;
    mira.leaves();
    // The page saw it end and says so; nothing it says is taken for a fact, but it is looked at.
    tab.posts(&format!("/api/rooms/{}/look", tab.room_key), serde_json::json!({})).await.unwrap();
    world.card("**In the call (1):** Odo").await;
}

#[tokio::test]
async fn without_the_socket_the_sweep_finds_out() {
    let world = World::new(Way::Gateway).await;
    world.sandbox.signalwire.refuse_connects(Some((-32_003, "Unauthorized")));
    world.sandbox.signalwire.faults().cut("relay");
    let (_, mira) = world.inside("mira").await;
    world.card("**In the call (1):** Mira").await;
    mira.leaves();
    world.card("standup · ended").await;
}

#[tokio::test]
async fn when_nobody_knows_the_card_says_so_and_never_that_it_ended() {
    let world = World::new(Way::Gateway).await;
    let (_, _mira) = world.inside("mira").await;
    world.card("**In the call (1):** Mira").await;
    world.sandbox.signalwire.refuse_connects(Some((-32_000, "down")));
    world.sandbox.signalwire.faults().always("GET /api/video/**", Fault::Status(503));
    world.sandbox.signalwire.faults().cut("relay");
    let unsure = world.card("No word from the video service since").await;
    assert!(unsure.text().contains("Mira"));
    world.advance(Duration::from_secs(600));
    world.sandbox.signalwire.faults().clear();
    world.sandbox.signalwire.refuse_connects(None);
    world
        .until("the card is sure again", || {
            let messages = world.sandbox.discord.messages("general");
            messages.iter().any(|message| message.text().contains("Mira") && !message.text().contains("No word"))
        })
        .await;
}

#[tokio::test]
async fn a_channel_that_refuses_the_card_gets_it_when_permissions_come_back() {
    let world = World::new(Way::Gateway).await;
    world.sandbox.discord.bot_lacks("general", &["SEND_MESSAGES", "MANAGE_WEBHOOKS"]);
    world.inside("mira").await;
    world.sandbox.discord.bot_lacks("general", &[]);
    world.card("standup · live").await;
}

/// What is under way in this test: Greenroom's tasks, and those of the stand-ins.
fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Somebody is inside `standup` of `channel` for a moment, and then it is over.
async fn has_a_call(world: &World, channel: &str, person: &str) {
    let (_, member) = world.inside_at(channel, person).await;
    world.sees(channel, |message| message.text().contains("In the call")).await;
    member.leaves();
    world
        .until("it is over", || {
            world.sandbox.discord.messages(channel).iter().all(|message| !message.text().contains("live"))
        })
        .await;
}

#[tokio::test]
async fn nobody_looks_after_a_channel_whose_call_is_over_until_the_next_one_begins() {
    let world = World::new(Way::Gateway).await;
    has_a_call(&world, "general", "mira").await;
    // Connections that nobody needs any more close.
    world.passes(5 * MINUTE, STEP).await;
    let before = tasks();
    let channels: Vec<String> = (0..12).map(|n| format!("call-{n}")).collect();
    for (channel, n) in channels.iter().zip(0..) {
        // Nobody may open many in a row.
        world.sandbox.discord.add_person(&format!("P{n}"));
        world.sandbox.discord.add_channel(channel);
        has_a_call(&world, channel, &format!("p{n}")).await;
    }
    world.passes(5 * MINUTE, STEP).await;
    let left = tasks().saturating_sub(before);
    assert!(left < channels.len() / 2, "{left} tasks are left of {} calls", channels.len());
    for (channel, n) in channels.iter().zip(0..3) {
        has_a_call(&world, channel, &format!("p{n}")).await;
    }
}

#[tokio::test]
async fn a_channel_that_was_told_a_lot_rests_in_its_next_call_too() {
    let world = World::new(Way::Gateway).await;
    let mut inside = Vec::new();
    for (count, person) in ["mira", "odo", "ann"].into_iter().enumerate() {
        inside.push(world.inside(person).await.1);
        world.until("the join is told", || lines(&world).len() > count).await;
        world.passes(MINUTE + STEP, STEP).await;
    }
    inside.into_iter().for_each(|member| member.leaves());
    world.card("standup · ended").await;
    let told = lines(&world);
    world.passes(MINUTE, STEP).await;
    let _mira = world.inside("mira").await;
    world.card("**In the call (1):** Mira").await;
    world.passes(MINUTE, STEP).await;
    assert_eq!(lines(&world), told);
    world.until("the join is told in the end", || lines(&world).len() > told.len()).await;
}
