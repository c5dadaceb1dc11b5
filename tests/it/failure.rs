use std::{collections::BTreeSet, time::Duration};

use sandbox::fault::Fault;

use crate::world::{Way, World, over_both_ways_in};

over_both_ways_in! {
    /// Our own time, without SignalWire: each first answer is there long before Discord's three seconds.
    async fn a_hanging_video_service_holds_up_no_first_answer(world: World) {
        world.sandbox.signalwire.faults().always("* /api/video/**", Fault::Hang);
        for n in 0..20 {
            let room = format!("room-{n}");
            let answer = world.person("mira").runs("general", "video", &[("room", &room)]).await;
            assert_eq!(answer.problem(), None);
            assert!(answer.first_after < Duration::from_secs(1), "{:?}", answer.first_after);
        }
    }

    async fn a_discord_that_limits_us_gets_what_it_asks_for(world: World) {
        let limited = Fault::RateLimited { retry_after: Some(0.3), global: false, code: None, headers: true };
        world.sandbox.discord.faults().times(2, "POST /api/v10/webhooks/*/*", limited);
        world.video("mira", "general", "standup").await;
        world.card("Nobody is inside yet").await;
        assert_eq!(world.sandbox.discord.messages("general").len(), 1);
    }

    async fn a_post_whose_answer_was_lost_is_not_made_twice(world: World) {
        world.sandbox.discord.faults().next("POST /api/v10/webhooks/*/*", Fault::DropAfterCommit);
        let (_, _mira) = world.inside("mira").await;
        world.card("**In the call (1):** Mira").await;
        let cards = world.sandbox.discord.messages("general");
        assert_eq!(cards.iter().filter(|message| !message.embeds.is_empty()).count(), 1);
    }
}

#[tokio::test]
async fn discord_down_for_a_while_loses_nothing() {
    let world = World::new(Way::Gateway).await;
    let (_, _mira) = world.inside("mira").await;
    world.card("**In the call (1):** Mira").await;
    world.sandbox.discord.faults().always("* /api/v10/webhooks/**", Fault::Status(503));
    let tab = world.browser().follows(&world.video("odo", "general", "standup").await.link().unwrap()).await;
    // A known room is answered through the callback route, which works.
    tab.unwrap().joins().await.unwrap();
    world.advance(Duration::from_secs(30));
    world.sandbox.discord.faults().clear();
    world.card("**In the call (2):** Mira, Odo").await;
}

/// Otherwise it would go on being ready, and do only a part of its work.
#[tokio::test]
async fn whichever_of_its_tasks_dies_greenroom_ends_and_names_it() {
    let mut world = World::new(Way::Gateway).await;
    let mut died = BTreeSet::new();
    for nth in 1..=12 {
        let reason = world.loses_a_task(nth).await;
        let task = reason.strip_prefix("The task for ").and_then(|rest| rest.split_once(" died, so")).expect(&reason).0;
        died.insert(task.to_owned());
        world.starts().await;
    }
    assert!(died.len() > 3, "not always the same one: {died:#?}");
    assert!(world.video("mira", "general", "standup").await.link().is_some());
}

#[tokio::test]
async fn a_gateway_that_is_cut_comes_back() {
    let world = World::new(Way::Gateway).await;
    world.video("mira", "general", "standup").await;
    let discord = &world.sandbox.discord;
    discord.cut_gateway();
    discord.gateway_has(0).await;
    discord.gateway_has(1).await;
    assert!(world.video("mira", "general", "standup").await.link().is_some());
    assert_eq!((discord.identified().len(), discord.resumed()), (1, 1));
    discord.forget_gateway_sessions();
    discord.cut_gateway();
    discord.gateway_has(0).await;
    world.advance(Duration::from_secs(8));
    world.really("it is back", || discord.connected_shards().len() == 1).await;
    assert_eq!((discord.identified().len(), discord.resumed()), (2, 1));
    assert!(world.video("odo", "general", "standup").await.link().is_some());
}
