use std::time::Duration;

use serde_json::json;

use crate::{
    command::told,
    world::{World, over_both_ways_in},
};

async fn says(world: &World, person: &str, command: &str) -> String {
    let answer = world.person(person).insisting().runs("general", command, &[]).await;
    told(world, &answer).await
}

/// Lets time go on until the command's answer says it.
async fn comes_to_say(world: &World, person: &str, command: &str, wanted: &str) -> String {
    let mut said = String::new();
    for _ in 0..60 {
        said = says(world, person, command).await;
        if said.contains(wanted) {
            return said;
        }
        world.advance(Duration::from_secs(30));
        world.lets_work().await;
    }
    panic!("{command} never says {wanted}, but {said}");
}

over_both_ways_in! {
    async fn owen_is_told_what_the_servers_calls_come_to(world: World) {
        let nothing = says(&world, "owen", "greenroom stats").await;
        assert!(nothing.contains("Nobody is in a call now.") && nothing.contains("**Last 7 days:** no calls."), "{nothing}");
        let (_, mira) = world.inside("mira").await;
        let (_, odo) = world.inside("odo").await;
        world.card("**In the call (2):**").await;
        let live = says(&world, "owen", "greenroom stats").await;
        assert!(live.contains("Live now: 1 call with 2 people."), "{live}");
        world.advance(Duration::from_secs(10 * 60));
        odo.leaves();
        world.card("**In the call (1):**").await;
        // A call's moderators see what it costs so far, when SignalWire has been asked; others do not.
        comes_to_say(&world, "ann", "room list", "1 inside · $0.0").await;
        let odos = says(&world, "odo", "room list").await;
        assert!(odos.contains("1 inside") && !odos.contains('$'), "{odos}");
        mira.leaves();
        world.card("standup · ended").await;
        // Odo was there for ten minutes and a bit, Mira for more: each begun minute costs $0.003.
        let text = comes_to_say(&world, "owen", "greenroom stats", "has counted $0.0").await;
        let week = text.lines().find(|line| line.starts_with("**Last 7 days:** 1 call of 1")).unwrap();
        assert!(week.contains("2 people, at most 2 at once"), "{week}");
        assert!(text.contains("**Last 30 days:** 1 call of"), "{text}");
        world.person("owen").speaks("de");
        let german = says(&world, "owen", "greenroom stats").await;
        assert!(german.contains("**Letzte 7 Tage:** 1 Anruf, zusammen 1"), "{german}");
        world.advance(Duration::from_secs(8 * 24 * 3600));
        let later = says(&world, "owen", "greenroom stats").await;
        assert!(later.contains("Letzte 7 Tage:** keine") && later.contains("Letzte 30 Tage:** 1 Anruf"), "{later}");
    }

    async fn how_long_people_wait_to_come_in_is_told_in_steps_and_not_by_whom(world: World) {
        let (mira, _robot) = world.inside("mira").await;
        let joined = format!("/api/rooms/{}/joined", mira.room_key);
        let silent = says(&world, "owen", "greenroom stats").await;
        assert!(!silent.contains("Joining"), "{silent}");
        for picture in [700, 700, 700, 2_900] {
            let times = json!({"token": 90, "connected": 210, "joined": 480, "picture": picture});
            mira.posts(&joined, times).await.unwrap();
        }
        // Nobody has a camera on: there is no picture to wait for.
        mira.posts(&joined, json!({"token": 90, "connected": 210, "joined": 480, "picture": null})).await.unwrap();
        let text = says(&world, "owen", "greenroom stats").await;
        let line = text.lines().find(|line| line.starts_with("**Joining, last 30 days:**")).unwrap();
        for part in ["0.75 s or less for half of 4 joins", "3 s or less for nine in ten", "our token took 0.1 s at most",
                     "the connection 0.15 s", "answer 0.3 s", "the first picture 3 s"] {
            assert!(line.contains(part), "{part}: {line}");
        }
        world.advance(Duration::from_secs(31 * 24 * 3600));
        assert!(!says(&world, "owen", "greenroom stats").await.contains("Joining"));
    }

    async fn times_that_cannot_be_are_refused_and_nobody_tells_too_many(world: World) {
        let (mira, _robot) = world.inside("mira").await;
        let joined = format!("/api/rooms/{}/joined", mira.room_key);
        for wrong in [
            json!({}),
            json!({"token": -1, "connected": 2, "joined": 3}),
            json!({"token": 1, "connected": 2, "joined": "soon"}),
            json!({"token": 3, "connected": 2, "joined": 3}),
            json!({"token": 1, "connected": 2, "joined": 3, "picture": 120_001}),
        ] {
            let problem = mira.posts(&joined, wrong.clone()).await.unwrap_err();
            assert!((400..500).contains(&problem.status), "{wrong}: {problem:?}");
        }
        let times = json!({"token": 1, "connected": 2, "joined": 3, "picture": 4});
        let mut counted = 0;
        while mira.posts(&joined, times.clone()).await.is_ok() {
            counted += 1;
            assert!(counted < 100, "no limit");
        }
        let text = says(&world, "owen", "greenroom stats").await;
        assert!(text.contains(&format!("half of {counted} joins")), "{text}");
    }

    async fn figures_are_for_whoever_manages_the_server(world: World) {
        for person in ["mira", "ann"] {
            let text = says(&world, person, "greenroom stats").await;
            assert!(text.contains("Only people who may manage this server see its figures."), "{person}: {text}");
        }
    }
}
