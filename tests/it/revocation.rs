use std::time::Duration;

use sandbox::{fault::Fault, signalwire::scripted::Member};
use serde_json::json;

use crate::{
    browser::{Stream, Tab},
    command::told,
    world::{Plan, Way, World, over_both_ways_in},
};

/// After a delivered gateway event.
const AT_ONCE: Duration = Duration::from_secs(5);
/// Without one: the period, the age an answer may have, and what the way out takes.
const IN_TURN: Duration = Duration::from_secs(70);
const TOKENS: &str = "POST /api/video/room_tokens";

/// Mira opened `standup` and is inside; so is `person`, whose page listens.
async fn a_call_with(world: &World, person: &str) -> (Tab, Member, Stream) {
    let (mira, _) = world.inside("mira").await;
    drop(mira);
    world.card("**In the call (1):** Mira").await;
    let (tab, member) = world.inside(person).await;
    world.card("**In the call (2):**").await;
    let stream = tab.hears().await;
    world.until("the page listens", || !stream.heard("lobby").is_empty()).await;
    (tab, member, stream)
}

/// How long it takes until they are out.
async fn out(world: &World, member: &Member) -> Duration {
    let since = world.now();
    world.until(&format!("{} is out", member.name()), || !member.is_inside()).await;
    world.since(since)
}

/// Whoever has something to do each half minute does it.
pub async fn minutes_pass(world: &World, minutes: u32) {
    for _ in 0..minutes * 2 {
        world.advance(Duration::from_secs(29));
        let since = world.now();
        world.until("half a minute is over", || world.since(since) >= Duration::from_secs(1)).await;
    }
}

/// They are told why, and get no more tokens.
async fn shut_out(world: &World, tab: &Tab, stream: &Stream, code: &str) {
    world.until("the page is told", || !stream.heard("removed").is_empty()).await;
    assert_eq!(stream.heard("removed")[0]["code"], code);
    let problem = tab.room_token().await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (403, code));
}

over_both_ways_in! {
    async fn whoever_can_no_longer_see_the_channel_is_put_out(world: World) {
        let (tab, odo, stream) = a_call_with(&world, "odo").await;
        world.sandbox.discord.person_in("general", "odo", &[], &["VIEW_CHANNEL"]);
        let took = out(&world, &odo).await;
        assert!(took <= if world.way == Way::Gateway { AT_ONCE } else { IN_TURN }, "{took:?}");
        shut_out(&world, &tab, &stream, "not_allowed").await;
        // Mira stays.
        world.card("**In the call (1):** Mira").await;
        // Access that comes back is access.
        world.sandbox.discord.person_in("general", "odo", &[], &[]);
        world.advance(Duration::from_secs(61));
        tab.joins().await.unwrap();
        world.card("**In the call (2):**").await;
    }

    async fn whoever_left_the_server_is_put_out(world: World) {
        let (tab, odo, stream) = a_call_with(&world, "odo").await;
        world.sandbox.discord.kick("odo");
        let took = out(&world, &odo).await;
        assert!(took <= IN_TURN, "{took:?}");
        shut_out(&world, &tab, &stream, "not_allowed").await;
    }

    async fn who_loses_the_right_to_send_goes_on_as_audience(world: World) {
        let (tab, odo, stream) = a_call_with(&world, "odo").await;
        let since = world.now();
        world.sandbox.discord.person_in("general", "odo", &[], &["SEND_MESSAGES"]);
        world.until("the page is told", || !stream.heard("role").is_empty()).await;
        let took = world.since(since);
        assert!(took <= if world.way == Way::Gateway { AT_ONCE } else { IN_TURN }, "{took:?}");
        assert_eq!(stream.heard("role"), [json!({"role": "audience"})]);
        assert!(odo.is_inside());
        world.sandbox.signalwire.faults().forget();
        tab.room_token().await.unwrap();
        let asked = &world.sandbox.signalwire.faults().requests_to(TOKENS)[0].request;
        assert_eq!((&asked["join_as"], &asked["permissions"]), (&json!("audience"), &json!([])));
    }

    async fn who_was_removed_and_shows_up_again_is_removed_again_within_a_second(world: World) {
        let (odo_tab, odo, stream) = a_call_with(&world, "odo").await;
        // Taken before, and good for five minutes: tokens can't be revoked.
        let token = odo_tab.room_token().await.unwrap();
        let (ann, _) = world.inside("ann").await;
        world.card("**In the call (3):**").await;
        let user = world.person("odo").id().to_string();
        let removed = ann.posts(&format!("/api/rooms/{}/actions/remove", ann.room_key), json!({"user_id": user})).await;
        assert_eq!(removed.unwrap(), json!({"put_out": true}));
        assert!(!odo.is_inside());
        shut_out(&world, &odo_tab, &stream, "removed").await;
        for _ in 0..3 {
            world.advance(Duration::from_secs(2));
            let again = odo_tab.enters(&token).await.unwrap();
            let took = world.really("they are out again", || !again.is_inside()).await;
            assert!(took <= Duration::from_secs(1), "{took:?}");
        }
    }

    async fn a_removal_is_lifted_by_a_moderator_and_by_nobody_else(world: World) {
        let (odo_tab, odo, _) = a_call_with(&world, "odo").await;
        let readmits = async |person: &str| {
            let answer = world.person(person).runs("general", "room readmit", &[("user", "odo")]).await;
            told(&world, &answer).await
        };
        let nobody = readmits("ann").await;
        assert!(nobody.contains("Nobody removed"), "{nobody}");
        let (ann, _) = world.inside("ann").await;
        world.card("**In the call (3):**").await;
        let user = world.person("odo").id().to_string();
        ann.posts(&format!("/api/rooms/{}/actions/remove", ann.room_key), json!({"user_id": user})).await.unwrap();
        world.until("Odo is out", || !odo.is_inside()).await;
        assert_eq!(odo_tab.room_token().await.unwrap_err().code, "removed");
        let himself = readmits("odo").await;
        assert!(himself.contains("A moderator removed you"), "{himself}");
        let vic = readmits("vic").await;
        assert!(vic.contains("Only moderators of **standup**"), "{vic}");
        let lifted = readmits("ann").await;
        assert!(lifted.contains("may come into **standup** again"), "{lifted}");
        odo_tab.joins().await.unwrap();
        world.card("**In the call (3):**").await;
    }
}

#[tokio::test]
async fn who_is_banned_is_out_at_once() {
    let world = World::new(Way::Gateway).await;
    let (tab, odo, stream) = a_call_with(&world, "odo").await;
    world.sandbox.discord.ban("odo");
    let took = out(&world, &odo).await;
    assert!(took <= AT_ONCE, "{took:?}");
    shut_out(&world, &tab, &stream, "not_allowed").await;
}

#[tokio::test]
async fn who_is_timed_out_is_out_at_once_where_discord_tells() {
    let world = Plan::over(Way::Gateway).with_members_intent().world().await;
    let (tab, odo, stream) = a_call_with(&world, "odo").await;
    world.sandbox.discord.time_out("odo", world.now() + 600_000);
    let took = out(&world, &odo).await;
    assert!(took <= AT_ONCE, "{took:?}");
    shut_out(&world, &tab, &stream, "not_allowed").await;
}

#[tokio::test]
async fn who_is_no_moderator_any_more_is_told_and_may_no_longer_act() {
    let world = Plan::over(Way::Gateway).with_members_intent().world().await;
    let (tab, ann, stream) = a_call_with(&world, "ann").await;
    let since = world.now();
    world.sandbox.discord.take_role("ann", "Moderators");
    world.until("the page is told", || !stream.heard("role").is_empty()).await;
    assert!(world.since(since) <= AT_ONCE);
    assert_eq!(stream.heard("role"), [json!({"role": "member"})]);
    assert!(ann.is_inside());
    let end = tab.posts(&format!("/api/rooms/{}/actions/end", tab.room_key), json!({})).await.unwrap_err();
    assert_eq!(end.code, "not_allowed");
    world.sandbox.signalwire.faults().forget();
    tab.room_token().await.unwrap();
    let asked = &world.sandbox.signalwire.faults().requests_to(TOKENS)[0].request;
    assert!(!asked["permissions"].to_string().contains("room.member."), "{asked}");
}

#[tokio::test]
async fn a_page_that_goes_on_with_more_than_it_may_is_put_out_and_may_come_again_with_less() {
    let world = Plan::over(Way::Gateway).with_members_intent().world().await;
    let (tab, ann, stream) = a_call_with(&world, "ann").await;
    // Taken as a moderator, good for five minutes.
    let token = tab.room_token().await.unwrap();
    world.sandbox.discord.take_role("ann", "Moderators");
    world.until("the page is told", || !stream.heard("role").is_empty()).await;
    let took = out(&world, &ann).await;
    assert!(took >= Duration::from_secs(10) && took <= Duration::from_secs(40), "{took:?}");
    assert!(stream.heard("removed").is_empty(), "she may come in again");
    // The old token is no way around it.
    let again = tab.enters(&token).await.unwrap();
    out(&world, &again).await;
    let less = tab.joins().await.unwrap();
    world.card("**In the call (2):**").await;
    minutes_pass(&world, 2).await;
    assert!(less.is_inside());
}

#[tokio::test]
async fn a_token_taken_before_is_worth_nothing_to_who_lost_access_since() {
    let world = World::new(Way::Gateway).await;
    let (tab, odo, _) = a_call_with(&world, "odo").await;
    let token = tab.room_token().await.unwrap();
    world.sandbox.discord.ban("odo");
    out(&world, &odo).await;
    world.advance(Duration::from_secs(2));
    let again = tab.enters(&token).await.unwrap();
    let took = out(&world, &again).await;
    assert!(took <= AT_ONCE, "{took:?}");
}

#[tokio::test]
async fn discords_silence_puts_nobody_out() {
    let world = World::new(Way::Http).await;
    let (tab, odo, stream) = a_call_with(&world, "odo").await;
    world.sandbox.discord.faults().always("GET /api/v10/**", Fault::Status(503));
    world.sandbox.discord.kick("odo");
    minutes_pass(&world, 9).await;
    assert!(odo.is_inside());
    assert!(tab.room_token().await.is_ok(), "who is inside may renew for ten minutes");
    minutes_pass(&world, 3).await;
    assert!(odo.is_inside() && stream.heard("removed").is_empty());
    assert_eq!(tab.room_token().await.unwrap_err().code, "discord_unavailable");
    world.sandbox.discord.faults().clear();
    let took = out(&world, &odo).await;
    assert!(took <= IN_TURN, "{took:?}");
}

#[tokio::test]
async fn without_the_event_socket_tokens_are_refused_at_once_and_people_put_out_when_it_is_back() {
    let world = World::new(Way::Gateway).await;
    let (odo_tab, odo, stream) = a_call_with(&world, "odo").await;
    let (ann, _) = world.inside("ann").await;
    world.card("**In the call (3):**").await;
    let moderator = ann.hears().await;
    world.until("the page listens", || !moderator.heard("lobby").is_empty()).await;
    let signalwire = &world.sandbox.signalwire;
    signalwire.refuse_connects(Some((-32603, "later")));
    signalwire.faults().cut("relay");
    world.until("the socket is cut", || signalwire.relays().connected() == 0).await;
    let user = world.person("odo").id().to_string();
    let removed = ann.posts(&format!("/api/rooms/{}/actions/remove", ann.room_key), json!({"user_id": user})).await;
    assert_eq!(removed.unwrap(), json!({"put_out": false}), "the moderator is told");
    shut_out(&world, &odo_tab, &stream, "removed").await;
    assert!(odo.is_inside(), "nobody can put them out");
    // The other moderators are told too, and nobody else.
    world.until("Ann's page is told", || !moderator.heard("lingers").is_empty()).await;
    assert_eq!(moderator.heard("lingers")[0], json!({"name": "Odo"}));
    assert!(stream.heard("lingers").is_empty());
    signalwire.refuse_connects(None);
    out(&world, &odo).await;
}
