//! Signing in with Discord.

use std::{collections::HashMap, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::World;

const REDIRECT: &str = "https://rooms.example.org/oauth/callback";

fn authorize(world: &World, more: &[(&str, &str)]) -> String {
    let mut fields: HashMap<&str, String> = HashMap::from([
        ("response_type", "code".to_owned()),
        ("client_id", world.application().to_string()),
        ("redirect_uri", REDIRECT.to_owned()),
        ("scope", "identify".to_owned()),
        ("state", "s t&te".to_owned()),
    ]);
    fields.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Url::parse_with_params(&format!("{}/oauth2/authorize", world.discord().url()), fields).unwrap().into()
}

fn answered(location: &str, name: &str) -> Option<String> {
    let url = Url::parse(location).unwrap();
    assert!(location.starts_with(REDIRECT), "{location}");
    let mut pairs = url.query_pairs();
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// A form, as the application with its secret.
async fn token(world: &World, route: &str, fields: &[(&str, &str)]) -> (StatusCode, Value) {
    let form: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let secret = sandbox::discord::Options::default().client_secret;
    let request = world
        .http
        .post(format!("{}/api/oauth2/{route}", world.discord().url()))
        .basic_auth(world.application(), Some(secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn who(world: &World, access: &str) -> (StatusCode, Value) {
    let request = world.http.get(format!("{}/api/users/@me", world.discord().url())).bearer_auth(access);
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn somebody_signs_in() {
    let world = World::start().await;
    world.discord().register_redirect(REDIRECT);
    let odo = world.discord().person("odo");
    let location = odo.consents(&authorize(&world, &[])).await.unwrap();
    assert_eq!(answered(&location, "state").as_deref(), Some("s t&te"));
    let code = answered(&location, "code").unwrap();
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    let (status, tokens) = token(&world, "token", &form).await;
    assert_eq!(
        (status.as_u16(), &tokens["token_type"], &tokens["expires_in"]),
        (200, &json!("Bearer"), &json!(604_800))
    );
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(who(&world, access).await.1["id"], json!(odo.id()));
    // A code works once, a token until it is taken back.
    assert_eq!(token(&world, "token", &form).await.1["error"], "invalid_grant");
    assert_eq!(token(&world, "token/revoke", &[("token", access)]).await.0, 200);
    assert_eq!(who(&world, access).await.0, 401);
}

#[tokio::test]
async fn the_page_asks_who_it_is() {
    let world = World::start().await;
    world.discord().register_redirect(REDIRECT);
    let page = world.http.get(authorize(&world, &[])).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Authorize as Mira") && page.contains("value=\"odo\""), "{page}");
    let pressed = world.http.post(authorize(&world, &[])).body("as=mira").send().await.unwrap();
    assert_eq!(pressed.status(), 302);
    assert!(answered(pressed.headers()["location"].to_str().unwrap(), "code").is_some());
    let cancelled = world.http.post(authorize(&world, &[])).body("as=").send().await.unwrap();
    let location = cancelled.headers()["location"].to_str().unwrap();
    assert_eq!(answered(location, "error").as_deref(), Some("access_denied"));
    let at_once = world.http.get(authorize(&world, &[("as", "vic")])).send().await.unwrap();
    assert!(answered(at_once.headers()["location"].to_str().unwrap(), "code").is_some());
}

#[tokio::test]
async fn links_and_codes_that_are_refused() {
    let world = World::start().await;
    world.discord().register_redirect(REDIRECT);
    let mira = world.discord().person("mira");
    for (field, value, why) in [
        ("redirect_uri", "https://evil.example/", "Invalid OAuth2 redirect_uri"),
        ("redirect_uri", &format!("{REDIRECT}/"), "Invalid OAuth2 redirect_uri"),
        ("client_id", "5", "Unknown Application"),
        ("scope", "everything", "The requested scope is invalid, unknown, or malformed."),
        ("response_type", "token", "Invalid OAuth2 response_type"),
    ] {
        let url = authorize(&world, &[(field, value)]);
        assert_eq!(mira.consents(&url).await, Err(why.to_owned()));
        assert_eq!(world.http.get(url).send().await.unwrap().status(), 400);
    }
    let fresh = async || answered(&mira.consents(&authorize(&world, &[])).await.unwrap(), "code").unwrap();
    let exchange = async |code: &str, redirect: &str| {
        token(&world, "token", &[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect)])
            .await
    };
    assert_eq!(exchange(&fresh().await, "https://rooms.example.org/").await.1["error"], "invalid_grant");
    let old = fresh().await;
    world.sandbox.clock.advance(Duration::from_secs(61));
    assert_eq!(exchange(&old, REDIRECT).await.1["error"], "invalid_grant");
    let url = format!("{}/api/oauth2/token", world.discord().url());
    let as_json = world.http.request(Method::POST, &url).json(&json!({ "grant_type": "authorization_code" }));
    assert_eq!(as_json.send().await.unwrap().status(), 400);
    let form = "grant_type=authorization_code&client_id=5&client_secret=x";
    let wrong = world.http.post(&url).header("content-type", "application/x-www-form-urlencoded").body(form);
    let wrong = wrong.send().await.unwrap();
    assert_eq!(
        (wrong.status().as_u16(), wrong.json::<Value>().await.unwrap()["error"].clone()),
        (401, json!("invalid_client"))
    );
}
