use std::time::Duration;

use crate::world::{World, over_both_ways_in};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn writes(world: &World) -> Vec<String> {
    let writes = |seen: &&sandbox::fault::Seen| {
        seen.method != "GET" && (seen.path.contains("/webhooks/") || seen.path.contains("/channels/"))
    };
    let seen = world.sandbox.discord.faults().requests();
    seen.iter().filter(writes).map(|seen| format!("{} {}", seen.method, seen.path)).collect()
}

/// The room's public key stands in everybody's link.
async fn key(world: &World) -> String {
    let answer = world.video("mira", "general", "standup").await;
    world.browser().follows(&answer.link().unwrap()).await.unwrap().room_key
}

over_both_ways_in! {
    async fn a_server_that_removed_the_bot_is_written_to_no_more(world: World) {
        let (_, mira) = world.inside("mira").await;
        world.card("**In the call (1):** Mira").await;
        world.sandbox.discord.remove_bot();
        let store = world.store().await;
        let is_known = async || store.known_guilds().await.unwrap().iter().all(|(_, has_left)| *has_left);
        for _ in 0..16 {
            if !is_known().await {
                world.passes(HOUR / 4, HOUR / 4).await;
            }
        }
        assert!(is_known().await, "nobody asked Discord for hours");
        store.close().await;
        // What was on its way when they learned of it may still arrive.
        for _ in 0..16 {
            world.sandbox.discord.faults().forget();
            world.passes(2 * HOUR, HOUR / 4).await;
            if writes(&world).is_empty() {
                break;
            }
        }
        mira.leaves();
        world.passes(HOUR, HOUR / 4).await;
        assert_eq!(writes(&world), Vec::<String>::new());
    }

    async fn whoever_adds_the_bot_again_within_a_week_finds_everything(world: World) {
        let before = key(&world).await;
        world.card("Nobody is inside yet").await;
        world.sandbox.discord.remove_bot();
        world.passes(5 * DAY, DAY / 8).await;
        world.sandbox.discord.invite_bot();
        world.passes(3 * DAY, DAY / 8).await;
        assert_eq!(key(&world).await, before);
    }

    async fn after_a_week_nothing_is_kept_of_a_server(world: World) {
        crate::settings::saves_in(&world, "general", &[("names", "no"), ("guests", "yes")]).await;
        let (_, mira) = world.inside("mira").await;
        world.card("**In the call:** 1").await;
        let guest = world.person("ann").runs("general", "room guest", &[("name", "Kim")]).await;
        let kim = world.browser().follows(&crate::guest::link(&guest)).await.unwrap();
        crate::knock::knocks(&kim).await.unwrap();
        mira.leaves();
        world.card("standup · ended").await;
        let before = key(&world).await;
        world.sandbox.discord.remove_bot();
        world.passes(8 * DAY, DAY / 8).await;
        let store = world.store().await;
        for _ in 0..16 {
            if store.room(&before).await.unwrap().is_some() {
                world.passes(DAY / 8, DAY / 8).await;
            }
        }
        assert!(store.room(&before).await.unwrap().is_none());
        assert_eq!(store.known_guilds().await.unwrap(), []);
        store.close().await;
        world.sandbox.discord.invite_bot();
        world.passes(2 * HOUR, HOUR).await;
        assert_ne!(key(&world).await, before);
    }
}
