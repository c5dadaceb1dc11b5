use std::collections::HashSet;

use futures::future::join_all;
use sandbox::fault::Fault;

use crate::world::{Plan, Way, World, over_both_ways_in};

const ROOMS: &str = "POST /api/video/rooms";

over_both_ways_in! {
    async fn a_hundred_and_twenty_eight_at_once_end_in_one_room_and_as_many_good_answers(world: World) {
        // The service is slow, so that all of them come before the room is there.
        world.sandbox.signalwire.faults().next(ROOMS, Fault::Latency(std::time::Duration::from_millis(300)));
        let people = ["mira", "odo", "ann", "owen"];
        let asking = (0..128).map(async |n: usize| {
            let room = if n.is_multiple_of(2) { "standup" } else { " Standup" };
            world.person(people[n % 4]).runs("general", "video", &[("room", room)]).await
        });
        let answers = join_all(asking).await;
        let mut links = HashSet::new();
        for answer in &answers {
            world.answered(answer).await;
            assert_eq!(answer.problem(), None);
            links.insert(answer.link().unwrap_or_else(|| panic!("{}", answer.text())));
        }
        assert_eq!(links.len(), 128);
        assert_eq!(world.sandbox.signalwire.rooms().len(), 1);
        assert_eq!(world.sandbox.signalwire.faults().requests_to(ROOMS).len(), 1);
        let card = world.card("Nobody is inside yet").await;
        let pressing = (0..32).map(async |n: usize| world.person(people[n % 4]).presses(card.id, "Join").await.link());
        assert!(join_all(pressing).await.iter().all(Option::is_some));
    }
}

#[tokio::test]
async fn a_room_is_made_as_the_configuration_says() {
    let world = Plan::over(Way::Gateway).with("ROOM_MAX_MEMBERS", "12").world().await;
    world.video("mira", "general", "standup").await;
    let asked = world.sandbox.signalwire.faults().requests_to(ROOMS);
    let body = &asked[0].request;
    assert_eq!(body["max_members"], 12);
    assert_eq!(body["record_on_start"], false);
    assert_eq!(body["enable_room_previews"], false);
    assert!(body["name"].as_str().unwrap().starts_with("standup-"));
}

#[tokio::test]
async fn a_room_that_exists_already_is_taken_and_corrected() {
    let world = World::new(Way::Gateway).await;
    // The answer to the creation is lost, so the room is there and nobody here knows it.
    world.sandbox.signalwire.faults().always(ROOMS, Fault::DropAfterCommit);
    let answer = world.video("mira", "general", "standup").await;
    world.sandbox.signalwire.faults().clear();
    let again = world.video("mira", "general", "standup").await;
    assert!(answer.link().is_some() || again.link().is_some());
    assert_eq!(world.sandbox.signalwire.rooms().len(), 1);
}
