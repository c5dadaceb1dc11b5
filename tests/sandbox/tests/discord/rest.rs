//! Messages, webhooks, threads and permissions, and everything Discord refuses about them.

use std::time::Duration;

use reqwest::Method;
use sandbox::discord::{Id, Options, PlaceKind};
use serde_json::{Value, json};

use super::World;

fn messages(world: &World, channel: &str) -> String {
    format!("/channels/{}/messages", world.channel(channel))
}

#[tokio::test]
async fn the_bot_reads_what_it_may_see() {
    let world = World::start().await;
    assert_eq!(world.get("/users/@me").await["id"], json!(world.application()));
    let application = world.get("/applications/@me").await;
    assert_eq!((&application["interactions_endpoint_url"], &application["redirect_uris"]), (&Value::Null, &json!([])));
    let guild = world.discord().guild();
    assert_eq!(world.get("/users/@me/guilds?limit=200&after=0").await[0]["id"], json!(guild));
    assert_eq!(world.get(&format!("/guilds/{guild}")).await["roles"].as_array().unwrap().len(), 4);
    assert_eq!(world.get(&format!("/guilds/{guild}/roles")).await[0]["name"], "@everyone");
    assert_eq!(world.get(&format!("/guilds/{guild}/channels")).await.as_array().unwrap().len(), 8);
    let mira = world.discord().person("mira").id();
    assert_eq!(world.get(&format!("/guilds/{guild}/members/{mira}")).await["user"]["username"], "mira");
    for channel in ["general", "news", "hangout", "town-hall", "ideas", "planning", "secret-plans"] {
        world.get(&format!("/channels/{}", world.channel(channel))).await;
    }
    let thread = world.channel("secret-plans");
    world.get(&format!("/channels/{thread}/thread-members/{mira}")).await;
    let odo = world.discord().person("odo").id();
    for (path, refusal) in [
        (format!("/channels/{thread}/thread-members/{odo}"), (404, 10007)),
        ("/channels/5".to_owned(), (404, 10003)),
        ("/guilds/5".to_owned(), (404, 10004)),
        (format!("/guilds/{guild}/members/5"), (404, 10013)),
    ] {
        assert_eq!(world.refusal(Method::GET, &path, None).await, refusal, "{path}");
    }
    world.discord().kick("odo");
    assert_eq!(world.refusal(Method::GET, &format!("/guilds/{guild}/members/{odo}"), None).await, (404, 10007));
    let stranger = world.http.get(format!("{}/api/v10/users/@me", world.discord().url()));
    assert_eq!(stranger.header("authorization", "Bot nonsense").send().await.unwrap().status(), 401);
    world.check();
}

#[tokio::test]
async fn people_may_do_what_their_roles_and_the_channel_say() {
    let world = World::start().await;
    let names = |person: &str| -> Vec<String> {
        world.discord().person(person).channels().into_iter().map(|place| place.name).collect()
    };
    assert_eq!(
        names("mira"),
        [
            "general",
            "planning",
            "secret-plans",
            "daily",
            "lobby",
            "backstage",
            "news",
            "hangout",
            "town-hall",
            "ideas",
            "first-idea",
            "Greenroom",
        ]
    );
    assert!(!names("odo").contains(&"secret-plans".to_owned()) && !names("odo").contains(&"backstage".to_owned()));
    assert_eq!(names("zed"), ["lobby", "Greenroom"]);
    let vic = world.discord().person("vic");
    let general = vic.channels().into_iter().find(|place| place.name == "general").unwrap();
    assert_eq!((general.kind, general.can_send), (PlaceKind::Text, false));
    assert!(vic.says("general", "hello").is_err());
    assert!(vic.says("daily", "hello").is_ok());
    assert!(world.discord().person("odo").says("news", "hello").is_err());
    assert!(world.discord().person("ann").says("news", "hello").is_ok());
    let odo = world.discord().person("odo");
    world.discord().time_out("odo", world.sandbox.clock.unix_ms() + 60_000);
    assert!(odo.says("daily", "hello").is_err());
    world.sandbox.clock.advance(Duration::from_secs(61));
    odo.says("daily", "**hello**").unwrap();
    assert_eq!(odo.sees("daily").last().unwrap().content, "**hello**");
    world.discord().kick("odo");
    assert_eq!(names("odo"), ["Greenroom"]);
}

#[tokio::test]
async fn the_bot_is_refused_what_it_may_not_do() {
    let world = World::start().await;
    let hello = || Some(json!({ "content": "hello" }));
    let lobby = messages(&world, "lobby");
    let hooks = format!("/channels/{}/webhooks", world.channel("lobby"));
    let post = async |path: &str, body| world.refusal(Method::POST, path, body).await;

    world.discord().bot_lacks("lobby", &["EMBED_LINKS", "MANAGE_WEBHOOKS"]);
    assert_eq!(post(&lobby, Some(json!({ "embeds": [{ "title": "x" }] }))).await, (403, 50013));
    assert_eq!(post(&hooks, Some(json!({ "name": "Greenroom" }))).await, (403, 50013));
    world.post(&lobby, json!({ "content": "hello" })).await;
    world.discord().bot_lacks("lobby", &["SEND_MESSAGES"]);
    assert_eq!(post(&lobby, hello()).await, (403, 50013));
    world.discord().bot_lacks("lobby", &["VIEW_CHANNEL"]);
    assert_eq!(post(&lobby, hello()).await, (403, 50001));
    assert_eq!(world.refusal(Method::GET, &lobby, None).await, (403, 50001));
    world.discord().bot_lacks("lobby", &["READ_MESSAGE_HISTORY"]);
    assert_eq!(world.get(&lobby).await, json!([]));
    world.discord().bot_lacks("lobby", &[]);
    assert_eq!(post(&messages(&world, "ideas"), hello()).await, (400, 50008));
    assert_eq!(
        post(&format!("/channels/{}/webhooks", world.channel("planning")), Some(json!({ "name": "x" }))).await,
        (400, 50024)
    );

    let said = world.discord().person("mira").says("lobby", "mine").unwrap();
    assert_eq!(world.refusal(Method::PATCH, &format!("{lobby}/{}", said.id), hello()).await, (403, 50005));
    assert_eq!(world.refusal(Method::DELETE, &format!("{lobby}/{}", said.id), None).await, (403, 50013));
    world.discord().archive("planning", true);
    assert_eq!(post(&messages(&world, "planning"), hello()).await, (400, 160_005));
    world.discord().remove_bot();
    assert_eq!(post(&lobby, hello()).await, (403, 50001));
    world.check();
}

#[tokio::test]
async fn messages_are_posted_once_edited_listed_and_deleted() {
    let world = World::start_with(Options { limits: false, edits_of_old_messages: 2, ..Options::default() }).await;
    let path = messages(&world, "general");
    let body = json!({ "content": "<@5> @everyone", "nonce": "n1", "enforce_nonce": true, "flags": 4096 });
    let first = world.post(&path, body.clone()).await;
    assert_eq!(world.post(&path, body).await["id"], first["id"]);
    assert_eq!(first["mention_everyone"], true);
    assert!(world.discord().messages("general")[0].silent);
    let ids: Vec<Value> =
        futures::future::join_all((0..3).map(|n| world.post(&path, json!({ "content": n.to_string() }))))
            .await
            .into_iter()
            .map(|message| message["id"].clone())
            .collect();
    let after = world.get(&format!("{path}?limit=2&after={}", first["id"].as_str().unwrap())).await;
    assert_eq!(after.as_array().unwrap().len(), 2);
    let newest = world.get(&format!("{path}?limit=1")).await;
    assert!(ids.contains(&newest[0]["id"]));
    assert_eq!(world.get(&path).await.as_array().unwrap().len(), 4);

    let one = format!("{path}/{}", first["id"].as_str().unwrap());
    let edited = world.patch(&one, json!({ "content": "@everyone", "allowed_mentions": { "parse": [] } })).await;
    assert_eq!((&edited["mention_everyone"], edited["edited_timestamp"].is_string()), (&json!(false), true));
    assert_eq!(world.refusal(Method::PATCH, &one, Some(json!({ "content": "" }))).await, (400, 50006));
    world.sandbox.clock.advance(Duration::from_secs(3601));
    for n in 0..2 {
        world.patch(&one, json!({ "content": n.to_string() })).await;
    }
    assert_eq!(world.refusal(Method::PATCH, &one, Some(json!({ "content": "3" }))).await, (429, 30046));
    world.sandbox.clock.advance(Duration::from_secs(3601));
    world.patch(&one, json!({ "content": "3" })).await;
    world.delete(&one).await;
    assert_eq!(world.refusal(Method::GET, &one, None).await, (404, 10008));
    world.check();
}

#[tokio::test]
async fn forms_that_discord_refuses() {
    let world = World::start_with(Options { limits: false, ..Options::default() }).await;
    let path = messages(&world, "general");
    let button = |more: Value| {
        let mut button = json!({ "type": 2, "style": 1, "label": "x", "custom_id": "a" });
        button.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "content": "x", "components": [{ "type": 1, "components": [button] }] })
    };
    let row = json!({ "type": 1, "components": [{ "type": 2, "style": 1, "label": "x", "custom_id": "a" }] });
    let six_rows: Vec<Value> =
        (0..6).map(|n| button(json!({ "custom_id": n.to_string() }))["components"][0].clone()).collect();
    for (body, field) in [
        (json!({ "content": "x".repeat(2001) }), "content"),
        (json!({ "content": "x", "nonce": "n".repeat(26) }), "nonce"),
        (json!({ "embeds": [{ "title": "x".repeat(257) }] }), "embeds.0.title"),
        (json!({ "embeds": [{ "description": "x".repeat(4097) }] }), "embeds.0.description"),
        (json!({ "embeds": [{ "fields": [{ "name": " ", "value": "x" }] }] }), "embeds.0.fields.0.name"),
        (json!({ "embeds": [{ "fields": [{ "name": "x", "value": "x".repeat(1025) }] }] }), "embeds.0.fields.0.value"),
        (json!({ "embeds": [{ "title": "x", "color": 0x100_0000 }] }), "embeds.0.color"),
        (json!({ "embeds": [{ "title": "x", "url": "ftp://x" }] }), "embeds.0.url"),
        (json!({ "embeds": [{ "description": "x".repeat(4000) }, { "description": "x".repeat(2001) }] }), "embeds"),
        (json!({ "content": "x", "allowed_mentions": { "parse": ["users"], "users": ["1"] } }), "allowed_mentions"),
        (button(json!({ "label": "x".repeat(81) })), "components.0.components.0.label"),
        (button(json!({ "custom_id": "x".repeat(101) })), "components.0.components.0.custom_id"),
        (button(json!({ "style": 5, "custom_id": null, "url": "javascript:x" })), "components.0.components.0.url"),
        (
            button(json!({ "style": 5, "custom_id": null, "url": format!("https://x/{}", "y".repeat(512)) })),
            "components.0.components.0.url",
        ),
        (json!({ "content": "x", "components": [row, row] }), "components.1.components.0.custom_id"),
        (json!({ "content": "x", "components": [{ "type": 1, "components": [] }] }), "components.0.components"),
        (json!({ "content": "x", "components": six_rows }), "components"),
    ] {
        assert_eq!(world.wrong_field(Method::POST, &path, body.clone()).await, field, "{body}");
    }
    assert_eq!(world.refusal(Method::POST, &path, Some(json!({ "content": "  " }))).await, (400, 50006));
    let request = world.request(Method::POST, &path).header("content-type", "application/json").body("{");
    assert_eq!(request.send().await.unwrap().json::<Value>().await.unwrap()["code"], 50109);
    assert!(world.discord().messages("general").is_empty());
}

#[tokio::test]
async fn webhooks_are_named_counted_and_lost() {
    let world = World::start_with(Options { limits: false, ..Options::default() }).await;
    let path = format!("/channels/{}/webhooks", world.channel("general"));
    for name in ["my-Discord", "Clyde two", "", &"x".repeat(81)] {
        assert_eq!(world.wrong_field(Method::POST, &path, json!({ "name": name })).await, "name");
    }
    let hook = world.webhook("general").await;
    let listed = world.get(&path).await;
    assert_eq!((&listed[0]["application_id"], listed[0]["token"].is_string()), (&json!(world.application()), true));
    assert_eq!(
        world.wrong_field(Method::POST, &hook, json!({ "content": "x", "username": "discord" })).await,
        "username"
    );
    let (wrong, unknown) = (format!("{hook}x"), "/webhooks/5/x");
    assert_eq!(world.refusal(Method::POST, &wrong, Some(json!({ "content": "x" }))).await, (401, 50027));
    assert_eq!(world.refusal(Method::POST, unknown, Some(json!({ "content": "x" }))).await, (404, 10015));
    assert_eq!(world.ask(Method::POST, &hook, Some(json!({ "content": "<@&5> @everyone" }))).await.0, 204);
    let posted = world.discord().messages("general")[0].clone();
    let message = format!("{hook}/messages/{}", posted.id);
    assert_eq!(world.get(&message).await["mention_everyone"], false);
    world.delete(&message).await;
    assert_eq!(world.refusal(Method::PATCH, &message, Some(json!({ "content": "x" }))).await, (404, 10008));
    for _ in 1..15 {
        world.webhook("general").await;
    }
    assert_eq!(world.refusal(Method::POST, &path, Some(json!({ "name": "x" }))).await, (400, 30007));
    assert_eq!(world.discord().webhooks("general"), 15);
    world.discord().delete_webhooks("general");
    assert_eq!(world.refusal(Method::POST, &hook, Some(json!({ "content": "x" }))).await, (404, 10015));
    world.check();
}

#[tokio::test]
async fn a_webhook_posts_into_threads_of_its_channel() {
    let world = World::start().await;
    let hook = world.webhook("general").await;
    let thread = world.channel("planning");
    let posting = format!("{hook}?wait=true&thread_id={thread}");
    let posted = world.post(&posting, json!({ "content": "card" })).await;
    assert_eq!(posted["channel_id"], json!(thread));
    let message = format!("{hook}/messages/{}", posted["id"].as_str().unwrap());
    let edit = || Some(json!({ "content": "later" }));
    assert_eq!(world.refusal(Method::PATCH, &message, edit()).await, (404, 10008));
    let in_thread = format!("{message}?thread_id={thread}");
    world.patch(&in_thread, json!({ "content": "later" })).await;
    world.discord().archive("planning", false);
    assert_eq!(world.refusal(Method::PATCH, &in_thread, edit()).await, (400, 50083));
    world.sandbox.discord.forget_limits();
    world.post(&posting, json!({ "content": "back" })).await;
    world.patch(&in_thread, json!({ "content": "later" })).await;
    world.discord().archive("planning", true);
    assert_eq!(world.refusal(Method::POST, &posting, edit()).await, (400, 160_005));
    let elsewhere = format!("{hook}?thread_id={}", world.channel("first-idea"));
    world.sandbox.discord.forget_limits();
    assert_eq!(world.refusal(Method::POST, &elsewhere, edit()).await, (404, 10003));
    let forum = world.webhook("ideas").await;
    assert_eq!(world.refusal(Method::POST, &forum, edit()).await, (400, 220_001));
    world.post(&format!("{forum}?wait=true"), json!({ "content": "new", "thread_name": "second-idea" })).await;
    assert_eq!(world.discord().messages("second-idea").len(), 1);

    let card = world.post(&format!("{hook}?wait=true"), json!({ "content": "card" })).await;
    let from = format!("{}/{}/threads", messages(&world, "general"), card["id"].as_str().unwrap());
    let made = world.post(&from, json!({ "name": "talk", "auto_archive_duration": 1440 })).await;
    assert_eq!(made["id"], card["id"]);
    assert_eq!(world.refusal(Method::POST, &from, Some(json!({ "name": "talk" }))).await, (400, 160_004));
    let id: Id = serde_json::from_value(card["id"].clone()).unwrap();
    assert_eq!(world.discord().messages("general")[0].thread, Some(id));
    world.check();
}
