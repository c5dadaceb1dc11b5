use sandbox::{discord::Answer, fault::Fault};

use crate::{
    command::{plain, told},
    world::{World, over_both_ways_in},
};

async fn lists(world: &World, person: &str, channel: &str) -> Answer {
    let answer = world.person(person).runs(channel, "room list", &[]).await;
    world.answered(&answer).await;
    answer
}

fn labels(answer: &Answer) -> Vec<String> {
    answer.message().unwrap().buttons().map(|button| button.label.clone()).collect()
}

over_both_ways_in! {
    async fn the_rooms_of_the_server_are_listed_each_with_a_way_in(world: World) {
        let none = lists(&world, "odo", "general").await;
        assert!(told(&world, &none).await.contains("No room is open"), "{}", none.text());
        world.inside("mira").await;
        world.card("standup · live").await;
        world.video("ann", "daily", "retro").await;
        let list = lists(&world, "odo", "general").await;
        let text = told(&world, &list).await;
        assert!(text.contains("2 rooms are open") && text.contains("1 inside") && text.contains("nobody"), "{text}");
        assert_eq!(labels(&list), ["Join standup", "Join retro"]);
        let joined = world.person("odo").presses(list.message().unwrap().id, "Join retro").await;
        assert!(told(&world, &joined).await.contains("whoever opens it comes in as Odo"), "{}", joined.text());
    }

    async fn rooms_of_channels_that_zed_cannot_see_are_not_listed(world: World) {
        world.inside("mira").await;
        world.video("mira", "lobby", "hello").await;
        let list = lists(&world, "zed", "lobby").await;
        let text = told(&world, &list).await;
        assert!(text.contains("hello") && !text.contains("standup"), "{text}");
        assert_eq!(labels(&list), ["Join hello"]);
    }

    async fn when_discord_is_silent_nobody_is_told_that_nothing_is_open(world: World) {
        world.video("mira", "daily", "standup").await;
        world.sandbox.discord.faults().always("GET /api/v10/**", Fault::Status(503));
        let list = lists(&world, "odo", "general").await;
        assert!(told(&world, &list).await.contains("I can't ask Discord"), "{}", list.text());
    }

    async fn a_call_that_could_not_be_ended_goes_on_and_that_is_said(world: World) {
        world.inside("mira").await;
        world.card("**In the call (1):**").await;
        let question = world.person("ann").runs("general", "room end", &[]).await;
        world.sandbox.signalwire.refuse_connects(Some((-32_000, "down")));
        world.sandbox.signalwire.faults().cut("relay");
        world.sandbox.signalwire.faults().always("PUT /api/video/**", Fault::Status(503));
        let pressed = world.person("ann").presses(question.message().unwrap().id, "End for all").await;
        pressed.eventually(|message| plain(&message.text()).contains("couldn't end **standup**")).await;
        assert_eq!(labels(&pressed), [""; 0]);
        world.card("**In the call (1):**").await;
    }

    async fn ann_ends_a_call_without_joining_it(world: World) {
        world.inside("mira").await;
        world.inside("odo").await;
        world.card("**In the call (2):**").await;
        let question = world.person("ann").runs("general", "room end", &[("room", "Standup")]).await;
        assert!(told(&world, &question).await.contains("End **standup** for all 2 people inside?"), "{}", question.text());
        assert_eq!(labels(&question), ["End for all"]);
        let pressed = world.person("ann").presses(question.message().unwrap().id, "End for all").await;
        assert_eq!(pressed.problem(), None);
        // The question becomes the answer, so that nobody presses it again.
        let done = pressed.eventually(|message| plain(&message.text()).contains("is ended for everybody")).await;
        assert_eq!((done.id, done.buttons().count(), done.ephemeral), (question.message().unwrap().id, 0, true));
        world.card("standup · ended").await;
    }

    async fn without_a_socket_a_call_is_ended_through_its_room(world: World) {
        world.inside("mira").await;
        world.card("**In the call (1):**").await;
        world.sandbox.signalwire.refuse_connects(Some((-32_000, "down")));
        world.sandbox.signalwire.faults().cut("relay");
        let question = world.person("ann").runs("general", "room end", &[]).await;
        let pressed = world.person("ann").presses(question.message().unwrap().id, "End for all").await;
        pressed.eventually(|message| plain(&message.text()).contains("is ended for everybody")).await;
        world.card("standup · ended").await;
        // The next call in the room is not put out by the end of this one.
        world.inside("odo").await;
        world.card("**In the call (1):** Odo").await;
    }

    async fn whoever_opened_the_call_may_end_it_and_others_may_not(world: World) {
        world.inside("mira").await;
        world.card("standup · live").await;
        let odo = world.person("odo").runs("general", "room end", &[]).await;
        assert!(told(&world, &odo).await.contains("Only moderators of **standup** can do that"), "{}", odo.text());
        let mira = world.person("mira").runs("general", "room end", &[]).await;
        assert!(told(&world, &mira).await.contains("the one person inside"), "{}", mira.text());
    }

    async fn a_question_answered_late_ends_no_later_call(world: World) {
        let (_, mira) = world.inside("mira").await;
        world.card("standup · live").await;
        let question = world.person("ann").runs("general", "room end", &[]).await;
        world.answered(&question).await;
        mira.leaves();
        world.card("standup · ended").await;
        world.inside("odo").await;
        world.card("**In the call (1):** Odo").await;
        let pressed = world.person("ann").presses(question.message().unwrap().id, "End for all").await;
        pressed.eventually(|message| plain(&message.text()).contains("**standup** has ended.")).await;
        world.card("**In the call (1):** Odo").await;
    }

    async fn what_cannot_be_ended_is_said(world: World) {
        let nothing = world.person("ann").runs("general", "room end", &[]).await;
        assert!(told(&world, &nothing).await.contains("No room is open in"), "{}", nothing.text());
        let unknown = world.person("ann").runs("general", "room end", &[("room", "nowhere")]).await;
        assert!(told(&world, &unknown).await.contains("**nowhere** isn't open in this channel."), "{}", unknown.text());
        world.video("mira", "general", "standup").await;
        let empty = world.person("ann").runs("general", "room end", &[]).await;
        assert!(told(&world, &empty).await.contains("Nobody has come into **standup** yet"), "{}", empty.text());
        world.video("mira", "general", "retro").await;
        let which = world.person("ann").runs("general", "room end", &[]).await;
        let text = told(&world, &which).await;
        assert!(text.contains("Several rooms are open here") && text.contains("**retro**"), "{text}");
        let open = world.person("ann").types("general", "room end", "room", "").await;
        assert_eq!(open.len(), 2);
    }
}
