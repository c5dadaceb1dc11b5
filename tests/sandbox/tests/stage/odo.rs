//! Somebody to be in a call with.

use std::time::Duration;

use sandbox::stage;
use serde_json::{Value, json};

use super::World;

const AT_ONCE: stage::Options = stage::Options { port: 0, odo_comes_after: Some(Duration::ZERO) };

impl World {
    fn inside(&self, room: &str) -> Vec<String> {
        self.sandbox.signalwire.people(room).into_iter().map(|member| member.name).collect()
    }

    async fn sends_odo_in(&self, channel: &str) -> Value {
        let channel = self.sandbox.discord.channel(channel).unwrap();
        self.act("odo", json!({ "channel": channel })).await["problem"].take()
    }
}

#[tokio::test]
async fn odo_goes_where_the_visitor_looks() {
    let world = World::start().await;
    assert!(world.sends_odo_in("general").await.is_string());
    world.room("standup", "general").await;
    world.room("art", "daily").await;
    let _mira = world.enters("art", "mira").await;

    let view = world.looks("mira", "general").await.see(|_| true).await;
    assert_eq!((&view["tour"]["room"], &view["tour"]["opened"]), (&json!("the standup"), &json!(true)));
    assert_eq!(world.sends_odo_in("general").await, Value::Null);
    assert_eq!(world.inside("standup"), ["Odo"]);
    // In a channel without a room: where people are.
    assert_eq!(world.sends_odo_in("lobby").await, Value::Null);
    assert_eq!(world.inside("art"), ["mira", "Odo"]);
    assert_eq!(world.sends_odo_in("lobby").await, "Odo is inside already.");
}

#[tokio::test]
async fn nobody_is_sent_where_it_is_over() {
    let world = World::start().await;
    world.room("standup", "general").await;
    world.enters("standup", "mira").await.leaves();
    let view = world.looks("mira", "general").await.see(|_| true).await;
    assert_eq!((&view["tour"]["room"], &view["tour"]["opened"]), (&Value::Null, &json!(true)));
    assert!(world.sends_odo_in("general").await.as_str().unwrap().contains("/video standup"));
}

#[tokio::test]
async fn odo_enters_no_room_that_the_bot_would_not_let_him_into() {
    let world = World::start().await;
    world.room("show", "backstage").await;
    assert!(world.sends_odo_in("backstage").await.as_str().unwrap().contains("cannot see"));
    world.room("bulletin", "news").await;
    assert!(world.sends_odo_in("news").await.as_str().unwrap().contains("may only watch"));
    assert!(world.inside("show").is_empty() && world.inside("bulletin").is_empty());
}

#[tokio::test]
async fn who_is_alone_gets_company_and_the_page_hears_of_it() {
    let world = World::start_with(AT_ONCE).await;
    let mut miras = world.looks("mira", "general").await;
    let view = miras.see(|_| true).await;
    assert_eq!(view["tour"]["odo_comes"], true);
    assert_eq!(view["tour"]["entered"], false);
    world.room("standup", "general").await;
    let _mira = world.enters("standup", "mira").await;
    let view = miras.see(|view| view["tour"]["met"] == true).await;
    assert_eq!((&view["tour"]["entered"], &view["tour"]["odo_inside"]), (&json!(true), &json!(true)));
    assert_eq!(world.inside("standup"), ["mira", "Odo"]);
}

#[tokio::test]
async fn odo_does_not_come_to_himself() {
    let world = World::start_with(AT_ONCE).await;
    world.room("standup", "general").await;
    world.room("art", "daily").await;
    let _odo = world.enters("standup", "odo").await;
    // By when he has come to her, he would have come to himself.
    let _mira = world.enters("art", "mira").await;
    let mut miras = world.looks("mira", "daily").await;
    miras.see(|view| view["tour"]["met"] == true).await;
    assert_eq!(world.inside("standup"), ["odo"]);
}
