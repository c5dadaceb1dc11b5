use std::time::Duration;

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

    async fn figures_are_for_whoever_manages_the_server(world: World) {
        for person in ["mira", "ann"] {
            let text = says(&world, person, "greenroom stats").await;
            assert!(text.contains("Only people who may manage this server see its figures."), "{person}: {text}");
        }
    }
}
