//! What becomes of a card whose channel, webhook or message is taken from it: each has its end, and after an answer
//! that is final nobody is asked again.

use std::time::Duration;

use reqwest::Method;
use sandbox::{
    discord::Message,
    fault::{Fault, Seen},
    signalwire::scripted::Member,
};
use serde_json::json;

use crate::{
    settings::saves_in,
    world::{Way, World, over_both_ways_in},
};

const MINUTE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_secs(5);

/// Mira, Odo and Ann are inside `standup` of `channel`, which wants a card and no lines; its card, and the members.
async fn three_in(world: &World, channel: &str) -> (Message, [Member; 3]) {
    saves_in(world, channel, &[("lines", "card")]).await;
    let (_, mira) = world.inside_at(channel, "mira").await;
    let (_, odo) = world.inside_at(channel, "odo").await;
    let (_, ann) = world.inside_at(channel, "ann").await;
    let card = world.sees(channel, |message| message.text().contains("Mira, Odo, Ann")).await;
    world.passes(MINUTE, STEP).await;
    world.sandbox.discord.faults().forget();
    (card, [mira, odo, ann])
}

/// They go one after the other, which is three things to tell; the last one ends it.
async fn all_go(world: &World, people: [Member; 3]) {
    for member in people {
        member.leaves();
        world.passes(MINUTE, STEP).await;
    }
}

/// Posts, edits and deletions in channels; answers to people are no such thing.
fn writes(world: &World) -> Vec<Seen> {
    let answers = format!("/webhooks/{}/", world.sandbox.discord.application());
    let is_write = |seen: &Seen| {
        seen.method != "GET"
            && !seen.path.contains(&answers)
            && !seen.path.ends_with("/callback")
            && (seen.path.contains("/messages") || seen.path.contains("/webhooks/"))
    };
    world.sandbox.discord.faults().requests().into_iter().filter(is_write).collect()
}

#[track_caller]
fn asked_at_most_once(world: &World) {
    let writes = writes(world);
    assert!(writes.len() <= 1, "{writes:#?}");
}

fn cards(world: &World, channel: &str) -> Vec<Message> {
    let messages = world.sandbox.discord.messages(channel);
    messages.into_iter().filter(|message| !message.embeds.is_empty()).collect()
}

fn refusal(status: u16, code: u32) -> Fault {
    Fault::json(status, &json!({ "message": "No", "code": code }))
}

over_both_ways_in! {
    async fn a_card_that_somebody_deleted_stays_deleted_until_somebody_asks(world: World) {
        let (card, [mira, odo, _ann]) = three_in(&world, "general").await;
        world.sandbox.discord.delete_message("general", card.id);
        mira.leaves();
        world.passes(MINUTE, STEP).await;
        odo.leaves();
        world.passes(MINUTE, STEP).await;
        assert!(cards(&world, "general").is_empty());
        asked_at_most_once(&world);
        world.video("mira", "general", "standup").await;
        world.card("**In the call (1):** Ann").await;
        assert_eq!(cards(&world, "general").len(), 1);
    }

    async fn a_webhook_that_somebody_deleted_is_made_again_once(world: World) {
        let (_, [mira, odo, _ann]) = three_in(&world, "general").await;
        world.sandbox.discord.delete_webhooks("general");
        mira.leaves();
        world.sees("general", |message| message.text().contains("(2):** Odo, Ann")).await;
        odo.leaves();
        world.sees("general", |message| message.text().contains("(1):** Ann")).await;
        assert_eq!(world.sandbox.discord.webhooks("general"), 1);
        // One edit finds out. The old card, which only its webhook could delete, may be tried once.
        let refused = |method: Method| {
            let is_refused = |seen: &&Seen| seen.status.is_some_and(|status| status >= 400);
            writes(&world).iter().filter(is_refused).filter(|seen| seen.method == method).count()
        };
        assert_eq!(refused(Method::PATCH), 1, "{:#?}", writes(&world));
        assert_eq!(refused(Method::POST), 0, "{:#?}", writes(&world));
        assert!(refused(Method::DELETE) <= 1, "{:#?}", writes(&world));
    }

    async fn a_channel_with_its_fill_of_webhooks_gets_the_card_from_the_bot(world: World) {
        for code in [30007, 30058] {
            let makes = "POST /api/v10/channels/*/webhooks";
            world.sandbox.discord.faults().always(makes, refusal(400, code));
            let channel = if code == 30007 { "general" } else { "daily" };
            let (card, people) = three_in(&world, channel).await;
            assert_eq!(world.sandbox.discord.webhooks(channel), 0, "{code}");
            all_go(&world, people).await;
            world.sees(channel, |message| message.text().contains("standup · ended")).await;
            let ended = cards(&world, channel);
            assert!(ended.len() == 1 && ended[0].id == card.id && ended[0].text().contains("ended"), "{ended:#?}");
            let asked = writes(&world).iter().filter(|seen| seen.faulted).count();
            assert_eq!(asked, 0, "{code}: the refusal is remembered for a while");
        }
    }

    async fn a_card_too_old_to_be_edited_is_replaced_by_one(world: World) {
        let (old, [mira, ..]) = three_in(&world, "general").await;
        world.sandbox.discord.faults().next("PATCH /api/v10/webhooks/**", refusal(429, 30046));
        mira.leaves();
        let new = world.sees("general", |message| message.text().contains("(2):** Odo, Ann")).await;
        world.until("the old card is gone", || cards(&world, "general").len() == 1).await;
        assert_ne!(new.id, old.id);
    }

    async fn a_channel_that_is_deleted_is_written_to_no_more(world: World) {
        let (_, people) = three_in(&world, "general").await;
        world.sandbox.discord.delete_channel("general");
        all_go(&world, people).await;
        asked_at_most_once(&world);
    }

    async fn a_card_in_a_thread_that_was_closed_rests_as_it_is(world: World) {
        let (card, people) = three_in(&world, "planning").await;
        world.sandbox.discord.archive("planning", true);
        all_go(&world, people).await;
        asked_at_most_once(&world);
        assert_eq!(cards(&world, "planning").iter().map(|card| card.id).collect::<Vec<_>>(), [card.id]);
    }

    async fn a_card_of_the_bots_own_that_it_can_see_no_more_is_let_be(world: World) {
        world.sandbox.discord.bot_lacks("general", &["MANAGE_WEBHOOKS"]);
        let (_, people) = three_in(&world, "general").await;
        world.sandbox.discord.bot_lacks("general", &["MANAGE_WEBHOOKS", "VIEW_CHANNEL"]);
        all_go(&world, people).await;
        asked_at_most_once(&world);
    }
}

#[tokio::test]
async fn a_channel_that_may_not_be_written_to_is_tried_once() {
    for code in [50001, 50013] {
        let world = World::new(Way::Http).await;
        world.sandbox.discord.bot_lacks("general", &["MANAGE_WEBHOOKS"]);
        world.sandbox.discord.faults().always("POST /api/v10/channels/*/messages", refusal(403, code));
        let (_, mira) = world.inside("mira").await;
        let (_, odo) = world.inside("odo").await;
        world.passes(MINUTE, STEP).await;
        world.sandbox.discord.faults().forget();
        mira.leaves();
        world.passes(MINUTE, STEP).await;
        odo.leaves();
        world.passes(MINUTE, STEP).await;
        assert_eq!(writes(&world).len(), 0, "{code}: {:#?}", writes(&world));
    }
}
