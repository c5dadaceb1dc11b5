//! Commands: what may be registered, who is offered them, and what comes of running them.

use reqwest::Method;
use serde_json::json;

use super::{Bot, World};

#[tokio::test]
async fn a_command_keeps_its_id_while_its_name_stays() {
    let world = World::start().await;
    let first = world.register_video().await;
    assert_eq!(world.register_video().await, first);
    let path = format!("/applications/{}/commands", world.application());
    let changed = world.put(&path, json!([{ "name": "video", "description": "Other words" }])).await;
    assert_eq!(changed[0]["id"], first["id"]);
    assert_ne!(changed[0]["version"], first["version"]);
    assert_eq!(world.discord().commands().len(), 1);
    let guild = format!("/applications/{}/guilds/{}/commands", world.application(), world.discord().guild());
    let here = world.put(&guild, json!([{ "name": "room", "description": "Rooms" }])).await;
    assert_eq!(here[0]["guild_id"], json!(world.discord().guild()));
    world.put(&path, json!([])).await;
    assert_eq!(world.get(&format!("{guild}?with_localizations=true")).await, here);
    world.check();
}

#[tokio::test]
async fn commands_that_discord_refuses() {
    let world = World::start().await;
    let path = format!("/applications/{}/commands", world.application());
    for (command, field) in [
        (json!({ "name": "Video", "description": "x" }), "0.name"),
        (json!({ "name": "vi deo", "description": "x" }), "0.name"),
        (json!({ "name": "x".repeat(33), "description": "x" }), "0.name"),
        (json!({ "name": "video", "description": "" }), "0.description"),
        (json!({ "name": "video", "description": "x".repeat(101) }), "0.description"),
        (
            json!({ "name": "video", "description": "x", "name_localizations": { "xx": "video" } }),
            "0.name_localizations.xx",
        ),
        (
            json!({ "name": "video", "description": "x", "options": [
                { "type": 3, "name": "a", "description": "x" },
                { "type": 3, "name": "b", "description": "x", "required": true } ] }),
            "0.options.1",
        ),
        (
            json!({ "name": "video", "description": "x", "options": [
                { "type": 3, "name": "a", "description": "x", "autocomplete": true,
                  "choices": [{ "name": "a", "value": "b" }] } ] }),
            "0.options.0",
        ),
    ] {
        assert_eq!(world.wrong_field(Method::PUT, &path, json!([command])).await, field);
    }
    let twice = json!([{ "name": "a", "description": "x" }, { "name": "a", "description": "y" }]);
    assert_eq!(world.wrong_field(Method::PUT, &path, twice).await, "1");
    let foreign = "/applications/5/commands";
    assert_eq!(world.refusal(Method::PUT, foreign, Some(json!([]))).await, (403, 20012));
}

#[tokio::test]
async fn the_command_box_offers_what_the_person_may_use() {
    let world = World::start().await;
    world.register_video().await;
    let guild = format!("/applications/{}/guilds/{}/commands", world.application(), world.discord().guild());
    world
        .put(
            &guild,
            json!([
                { "name": "settings", "description": "Settings", "default_member_permissions": "32" },
                { "name": "room", "description": "Rooms", "options": [
                    { "type": 1, "name": "list", "description": "All" }, { "type": 1, "name": "end", "description": "One" } ] },
            ]),
        )
        .await;
    let names = |person: &str, channel: &str| -> Vec<String> {
        let commands = world.discord().person(person).commands(channel);
        commands.into_iter().map(|command| command.name).collect()
    };
    assert_eq!(names("mira", "general"), ["room list", "room end", "video"]);
    assert_eq!(names("owen", "general"), ["settings", "room list", "room end", "video"]);
    assert!(names("zed", "general").is_empty() && names("mira", "dm").is_empty());
    world.discord().person("vic").speaks("de");
    let video = world.discord().person("vic").commands("general").pop().unwrap();
    assert_eq!((video.description.as_str(), video.options[0].autocomplete), ("Öffnet hier einen Videoraum", true));

    let mira = world.discord().person("mira");
    let problem = |answer: sandbox::discord::Answer| answer.problem().unwrap().to_owned();
    assert_eq!(problem(mira.runs("general", "settings", &[]).await), "There is no command /settings here.");
    assert_eq!(problem(mira.runs("backroom", "video", &[]).await), "You do not have access to this channel.");
    let long = "x".repeat(101);
    assert!(problem(mira.runs("general", "video", &[("room", &long)]).await).starts_with("This value is too long"));

    // A modified client sends what the real one would not.
    let mut bot = Bot::connect(&world).await;
    let forced = tokio::spawn({
        let mira = mira.insisting();
        async move { mira.runs("dm", "video", &[("room", &"x".repeat(101))]).await }
    });
    let asked = bot.interaction().await;
    assert_eq!((&asked["context"], &asked["user"]["username"]), (&json!(1), &json!("mira")));
    assert!(asked["member"].is_null() && asked["guild_id"].is_null());
    world.answer(&asked, json!({ "type": 4, "data": { "content": "not here" } })).await;
    assert_eq!(forced.await.unwrap().text(), "not here");

    let running = tokio::spawn(async move { mira.runs("general", "room end", &[]).await });
    let asked = bot.interaction().await;
    assert_eq!(asked["data"]["options"][0]["name"], "end");
    world.answer(&asked, json!({ "type": 4, "data": { "content": "ended" } })).await;
    running.await.unwrap();
    world.check();
}

#[tokio::test]
async fn autocomplete_suggests_what_the_application_says() {
    let world = World::start().await;
    world.register_video().await;
    let mut bot = Bot::connect(&world).await;
    let mira = world.discord().person("mira");
    let typing = tokio::spawn({
        let mira = mira.clone();
        async move { mira.types("general", "video", "room", "sta").await }
    });
    let asked = bot.interaction().await;
    let option = &asked["data"]["options"][0];
    assert_eq!((&asked["type"], &option["value"], &option["focused"]), (&json!(4), &json!("sta"), &json!(true)));
    let refused = world.answer(&asked, json!({ "type": 4, "data": { "content": "no" } })).await;
    assert_eq!(refused.1["code"], 50035);
    let choices = json!({ "type": 8, "data": { "choices": [{ "name": "standup (2 inside)", "value": "standup" }] } });
    assert_eq!(world.answer(&asked, choices).await.0, 204);
    let suggested = typing.await.unwrap();
    assert_eq!((suggested.len(), suggested[0].value.as_str()), (1, "standup"));
    world.check();
}
