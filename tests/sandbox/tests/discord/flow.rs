//! `/video` from end to end, as the bot and as the people see it.

use std::time::Duration;

use reqwest::Method;
use sandbox::discord::ButtonStyle;
use serde_json::json;

use super::{Bot, World};

fn card() -> serde_json::Value {
    json!({
        "embeds": [{ "title": "standup", "description": "Nobody is here yet", "color": 0x3b_a55d,
            "fields": [{ "name": "Since", "value": "<t:1700000000:R>", "inline": true }],
            "footer": { "text": "opened by Mira" }, "timestamp": "2024-05-01T12:00:00Z" }],
        "components": [{ "type": 1, "components": [
            { "type": 2, "style": 3, "label": "Join", "custom_id": "join:1" },
            { "type": 2, "style": 5, "label": "Open in browser", "url": "https://rooms.example.org/r/abc" },
        ] }],
        "allowed_mentions": { "parse": [] },
    })
}

#[tokio::test]
async fn mira_opens_a_room_and_odo_joins_it() {
    let world = World::start().await;
    let command = world.register_video().await;
    let mut bot = Bot::connect(&world).await;
    let (answer, asked) = world.video(&mut bot, "mira", "general").await;
    assert_eq!((&asked["type"], &asked["data"]["id"]), (&json!(2), &command["id"]));
    assert_eq!(asked["member"]["user"]["global_name"], "Mira");
    assert_eq!((&asked["context"], &asked["guild_id"]), (&json!(0), &json!(world.discord().guild())));

    let body = json!({ "type": 4, "data": { "flags": 64, "content": "**Your personal link**", "components": [
        { "type": 1, "components": [{ "type": 2, "style": 5, "label": "Enter", "url": "https://rooms.example.org/t" }] },
    ] } });
    assert_eq!(world.answer(&asked, body.clone()).await.0, 204);
    assert_eq!(world.answer(&asked, body).await.1["code"], 40060);
    let answer = answer.await.unwrap();
    assert_eq!(answer.problem(), None);
    assert!(answer.is_private() && !answer.deferred && answer.first_after < Duration::from_secs(1));
    assert_eq!(answer.link().as_deref(), Some("https://rooms.example.org/t"));

    let hook = world.webhook("general").await;
    let posted = world.post(&format!("{hook}?wait=true"), card()).await;
    let seen = world.discord().wait_for("general", |message| message.button("Join").is_some()).await;
    assert_eq!(json!(seen.id), posted["id"]);
    assert_eq!((seen.author.name.as_str(), seen.author.bot), ("Greenroom", true));
    assert_eq!(seen.button("join:1").unwrap().style, ButtonStyle::Success);
    assert_eq!(seen.text(), "standup\nNobody is here yet\nSince\n<t:1700000000:R>\nopened by Mira");

    // Others see the card, and not the private answer.
    let odo = world.discord().person("odo");
    assert_eq!(odo.sees("general").len(), 1);
    assert_eq!(world.discord().person("mira").sees("#general").len(), 2);
    assert!(world.discord().person("zed").sees("general").is_empty());

    let pressing = tokio::spawn({
        let odo = odo.clone();
        async move { odo.presses(seen.id, "Join").await }
    });
    let pressed = bot.interaction().await;
    assert_eq!((&pressed["type"], &pressed["data"]["custom_id"]), (&json!(3), &json!("join:1")));
    assert_eq!(pressed["message"]["id"], posted["id"]);
    world.answer(&pressed, json!({ "type": 5, "data": { "flags": 64 } })).await;
    let answer = pressing.await.unwrap();
    assert!(answer.deferred && answer.message().unwrap().thinking && answer.is_private());
    world.patch(&world.original(&pressed), json!({ "content": "Odo's link" })).await;
    let message = answer.eventually(|message| !message.thinking).await;
    assert_eq!((message.content.as_str(), message.edits, message.ephemeral), ("Odo's link", 0, true));

    let edited = world
        .patch(&format!("{hook}/messages/{}", seen.id), json!({ "embeds": [], "content": "over", "components": [] }))
        .await;
    assert_eq!((&edited["content"], &edited["components"]), (&json!("over"), &json!([])));
    let card = &world.discord().messages("general")[0];
    assert_eq!((card.content.as_str(), card.edits, card.buttons().count()), ("over", 1, 0));
    world.check();
}

#[tokio::test]
async fn an_application_that_is_silent_or_late_is_told_so() {
    let world = World::start().await;
    world.register_video().await;
    let mut bot = Bot::connect(&world).await;
    let (answer, asked) = world.video(&mut bot, "mira", "general").await;
    world.sandbox.clock.advance(Duration::from_millis(3_100));
    assert_eq!(answer.await.unwrap().problem(), Some("The application did not respond"));
    let late = world.answer(&asked, json!({ "type": 4, "data": { "content": "too late" } })).await;
    assert_eq!((late.0.as_u16(), &late.1["code"]), (404, &json!(10062)));

    let (answer, asked) = world.video(&mut bot, "mira", "general").await;
    let original = world.original(&asked);
    assert_eq!(world.refusal(Method::GET, &original, None).await, (404, 10015));
    world.answer(&asked, json!({ "type": 4, "data": { "content": "here" } })).await;
    let answer = answer.await.unwrap();
    world.sandbox.clock.advance(Duration::from_secs(14 * 60));
    world.patch(&original, json!({ "content": "still here" })).await;
    let followup = format!("/webhooks/{}/{}", world.application(), asked["token"].as_str().unwrap());
    world.post(&format!("{followup}?wait=true"), json!({ "content": "and this", "flags": 64 })).await;
    assert_eq!((answer.followups().len(), answer.followups()[0].ephemeral), (1, true));
    world.sandbox.clock.advance(Duration::from_secs(61));
    let edit = json!({ "content": "no more" });
    assert_eq!(world.refusal(Method::PATCH, &original, Some(edit)).await, (401, 50027));
    // The bot itself may still edit what everybody sees.
    let message = answer.message().unwrap();
    let path = format!("/channels/{}/messages/{}", message.channel, message.id);
    world.patch(&path, json!({ "content": "as the bot" })).await;
    assert_eq!(answer.text(), "as the bot");
    world.check();
}

#[tokio::test]
async fn a_press_may_change_the_message_and_open_a_form() {
    let world = World::start().await;
    let mut bot = Bot::connect(&world).await;
    let hook = world.webhook("general").await;
    world.post(&hook, card()).await;
    let message = world.discord().messages("general")[0].clone();
    let odo = world.discord().person("odo");
    let press = || {
        let (odo, id) = (odo.clone(), message.id);
        tokio::spawn(async move { odo.presses(id, "Join").await })
    };

    let pressing = press();
    let asked = bot.interaction().await;
    world.answer(&asked, json!({ "type": 7, "data": { "content": "pressed" } })).await;
    let answer = pressing.await.unwrap();
    assert_eq!((answer.text().lines().next(), answer.is_private()), (Some("pressed"), false));

    let pressing = press();
    let asked = bot.interaction().await;
    let form = json!({ "type": 9, "data": { "custom_id": "topic", "title": "Topic", "components": [
        { "type": 1, "components": [{ "type": 4, "style": 1, "custom_id": "text", "label": "Text", "required": true }] },
    ] } });
    world.answer(&asked, form).await;
    let modal = pressing.await.unwrap().modal().unwrap();
    assert_eq!(odo.submits(&modal, &[]).await.problem(), Some("Text is required."));
    let submitting = tokio::spawn({
        let odo = odo.clone();
        async move { odo.submits(&modal, &[("text", "plans")]).await }
    });
    let asked = bot.interaction().await;
    assert_eq!(
        (&asked["type"], &asked["data"]["components"][0]["components"][0]["value"]),
        (&json!(5), &json!("plans"))
    );
    world.answer(&asked, json!({ "type": 6 })).await;
    assert!(submitting.await.unwrap().deferred);
    assert_eq!(odo.presses(message.id, "Open in browser").await.problem(), Some("Open in browser is a link."));
    world.check();
}
