//! The gateway: sessions, what is missed and replayed, and every way to be thrown out.

use sandbox::{discord::Options, fault::SocketFault};
use serde_json::json;

use super::{Bot, World};

#[tokio::test]
async fn a_session_begins_with_ready_and_the_guild() {
    let world = World::start().await;
    let mut bot = Bot::open(&world).await;
    bot.identify(&world, json!({})).await;
    let ready = bot.event("READY").await;
    assert_eq!(ready["guilds"], json!([{ "id": world.discord().guild(), "unavailable": true }]));
    let guild = bot.event("GUILD_CREATE").await;
    assert_eq!((&guild["name"], guild["channels"].as_array().unwrap().len()), (&json!("Greenroom HQ"), 8));
    assert_eq!(guild["threads"].as_array().unwrap().len(), 3);
    bot.hears_nothing_more().await;
    assert_eq!(world.get("/gateway/bot").await["session_start_limit"]["remaining"], 999);
    world.check();
}

#[tokio::test]
async fn what_was_missed_is_replayed_to_who_resumes() {
    let world = World::start().await;
    world.register_video().await;
    let mut bot = Bot::connect(&world).await;
    bot.event("GUILD_CREATE").await;
    world.discord().gateway_has(1).await;
    world.discord().cut_gateway();
    assert!(bot.frame().await.is_none());
    world.discord().gateway_has(0).await;
    let mira = world.discord().person("mira");
    let running = tokio::spawn(async move { mira.runs("general", "video", &[]).await });
    world.discord().rename_channel("daily", "weekly");
    let mut again = Bot::resume(&world, &bot).await;
    let asked = again.interaction().await;
    world.answer(&asked, json!({ "type": 4, "data": { "content": "here" } })).await;
    assert_eq!(running.await.unwrap().text(), "here");
    assert_eq!(again.event("CHANNEL_UPDATE").await["name"], "weekly");
    again.event("RESUMED").await;
    again.hears_nothing_more().await;

    world.discord().cut_gateway();
    assert!(again.frame().await.is_none());
    world.discord().gateway_has(0).await;
    world.discord().forget_gateway_sessions();
    let mut refused = Bot::resume(&world, &again).await;
    let frame = refused.frame().await.unwrap();
    assert_eq!((&frame["op"], &frame["d"]), (&json!(9), &json!(false)));
    refused.identify(&world, json!({})).await;
    refused.event("READY").await;
}

#[tokio::test]
async fn who_does_not_fit_is_closed_out() {
    let world = World::start().await;
    for (fields, code) in [
        (json!({ "token": "Bot wrong" }), 4004),
        (json!({ "shard": [1, 1] }), 4010),
        (json!({ "intents": 1 << 1 }), 4014),
        (json!({ "intents": 1 << 30 }), 4013),
    ] {
        let mut bot = Bot::open(&world).await;
        bot.identify(&world, fields).await;
        assert_eq!(bot.close_code().await, code);
    }
    let mut bot = Bot::connect(&world).await;
    bot.identify(&world, json!({})).await;
    assert_eq!(bot.close_code().await, 4005);
    let mut bot = Bot::open(&world).await;
    bot.send(99, json!({})).await;
    assert_eq!(bot.close_code().await, 4001);
    world.discord().revoke_token();
    let mut bot = Bot::open(&world).await;
    bot.identify(&world, json!({})).await;
    assert_eq!(bot.close_code().await, 4004);
}

#[tokio::test]
async fn the_members_intent_tells_of_members() {
    let options = Options { privileged_intents: 1 << 1, ..Options::default() };
    let world = World::start_with(options).await;
    let mut bot = Bot::open(&world).await;
    bot.identify(&world, json!({ "intents": 0b111 })).await;
    bot.event("GUILD_CREATE").await;
    world.discord().give_role("odo", "Moderators");
    assert_eq!(bot.event("GUILD_MEMBER_UPDATE").await["user"]["username"], "odo");
    world.discord().kick("odo");
    assert_eq!(bot.event("GUILD_MEMBER_REMOVE").await["user"]["username"], "odo");

    let mut plain = Bot::connect(&world).await;
    plain.event("GUILD_CREATE").await;
    world.discord().time_out("mira", i64::MAX / 2);
    world.discord().ban("vic");
    assert_eq!(plain.event("GUILD_BAN_ADD").await["user"]["username"], "vic");
    world.discord().archive("planning", true);
    assert_eq!(plain.event("THREAD_UPDATE").await["thread_metadata"]["locked"], true);
    world.discord().delete_channel("general");
    assert_eq!(plain.event("THREAD_DELETE").await["type"], 11);
    assert_eq!(plain.event("CHANNEL_DELETE").await["name"], "general");
    world.discord().remove_bot();
    assert_eq!(plain.event("GUILD_DELETE").await, json!({ "id": world.discord().guild() }));
}

#[tokio::test]
async fn frames_are_doubled_lost_and_cut() {
    let world = World::start().await;
    let mut bot = Bot::connect(&world).await;
    bot.event("GUILD_CREATE").await;
    let faults = world.discord().faults();
    faults.next_event("gateway", "CHANNEL_UPDATE", SocketFault::Duplicate);
    world.discord().rename_channel("daily", "one");
    assert_eq!(bot.event("CHANNEL_UPDATE").await, bot.event("CHANNEL_UPDATE").await);
    faults.next_event("gateway", "CHANNEL_UPDATE", SocketFault::Lose);
    world.discord().rename_channel("one", "two");
    bot.hears_nothing_more().await;
    faults.next_event("gateway", "CHANNEL_UPDATE", SocketFault::Drop);
    world.discord().rename_channel("two", "three");
    assert!(bot.frame().await.is_none());
    let mut again = Bot::resume(&world, &bot).await;
    // Lost was the second, and a resumed session gets all behind the last it saw.
    assert_eq!(again.event("CHANNEL_UPDATE").await["name"], "two");
    assert_eq!(again.event("CHANNEL_UPDATE").await["name"], "three");
    world.discord().reconnect_gateway();
    loop {
        let frame = again.frame().await.unwrap();
        if frame["op"] == 7 {
            break;
        }
    }
    world.discord().invalidate_gateway(false);
    assert_eq!(again.frame().await.unwrap()["op"], 9);
    world.discord().close_gateway(4000);
    assert_eq!(again.close_code().await, 4000);
}

#[tokio::test]
async fn who_identifies_too_soon_after_another_of_its_bucket_has_no_session() {
    let world = World::start_with(Options { max_concurrency: 2, shards: 4, ..Options::default() }).await;
    let mut bots = Vec::new();
    for (shard, is_ready) in [(0, true), (1, true), (2, false), (3, false)] {
        let mut bot = Bot::open(&world).await;
        bot.identify_at_once(&world, json!({ "shard": [shard, 4] })).await;
        let frame = bot.frame().await.unwrap();
        assert_eq!(frame["t"] == "READY", is_ready, "{frame}");
        assert_eq!(frame["op"] == 9, !is_ready, "{frame}");
        bots.push(bot);
    }
    let mut late = Bot::open(&world).await;
    late.identify(&world, json!({ "shard": [2, 4] })).await;
    late.event("READY").await;
    assert_eq!(world.discord().connected_shards(), [(0, 4), (1, 4), (2, 4)]);
    let too_soon: Vec<_> = world.discord().identified().iter().map(|identified| identified.too_soon).collect();
    assert_eq!(too_soon, [false, false, true, true, false]);
    assert_eq!(world.get("/gateway/bot").await["session_start_limit"]["remaining"], 995);
}
