//! Interactions over HTTP: signed requests to the application's endpoint, checked before it is used.
//! <https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint>

use std::time::Duration;

use ed25519_dalek::{Signer as _, SigningKey};
use reqwest::{StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::{Service, id::Id, interact, secrets};

/// As long as Discord waits, in real time; the stand-in's clock may cut it short.
const LIMIT: Duration = Duration::from_secs(3);

/// Answers beyond this are not read.
const BODY_MAX: usize = 1024 * 1024;

const PING: u64 = 1;

/// What the Developer Portal says of an endpoint that fails the check.
const REFUSED: &str = "interactions_endpoint_url: The specified interactions endpoint url could not be verified.";

/// An answer of the endpoint.
struct Answer {
    status: StatusCode,
    is_json: bool,
    body: Value,
}

/// PING must be answered, and a PING whose signature is wrong refused with 401.
pub async fn check(service: &Service, url: &str) -> Result<(), String> {
    let ping = service.look(|state| {
        json!({
            "id": Id::at(state.now(), 0), "application_id": state.bot, "type": PING, "token": secrets::token(96),
            "version": 1, "app_permissions": "0", "authorizing_integration_owners": {}, "entitlements": [],
            "user": state.user_object(state.guild.owner),
        })
    });
    let pong = post(service, url, &ping, &service.signing).await.map_err(|why| format!("{REFUSED} {why}"))?;
    if pong.status != StatusCode::OK || !pong.is_json || pong.body["type"] != PING {
        return Err(format!("{REFUSED} (PING was answered with {} {})", pong.status.as_u16(), pong.body));
    }
    let wrong = SigningKey::from_bytes(&[0x5a; 32]);
    let refused = post(service, url, &ping, &wrong).await.map_err(|why| format!("{REFUSED} {why}"))?;
    if refused.status != StatusCode::UNAUTHORIZED {
        return Err(format!("{REFUSED} (a wrong signature was answered with {})", refused.status.as_u16()));
    }
    Ok(())
}

/// Sends an interaction and takes what the answer's body says.
pub async fn send(service: Service, url: String, id: Id, object: Value, over_at: i64) {
    let answer = tokio::select! {
        () = service.stop.cancelled() => return,
        () = service.clock.sleep_until(over_at) => return,
        answer = post(&service, &url, &object, &service.signing) => answer,
    };
    service.change(|state| match answer {
        // The first answer comes through the callback route.
        Ok(answer) if answer.status == StatusCode::ACCEPTED => {}
        Ok(answer) if answer.status == StatusCode::OK && interact::answer(state, id, &answer.body).is_ok() => {}
        _ => interact::fail(state, id),
    });
}

/// Probes with a wrong signature while interactions are on, as Discord does from time to time. The status it got.
pub async fn probe(service: &Service, url: &str) -> Result<u16, String> {
    let ping = json!({ "id": "1", "application_id": "1", "type": PING, "token": "x", "version": 1 });
    let wrong = SigningKey::from_bytes(&[0x5a; 32]);
    Ok(post(service, url, &ping, &wrong).await?.status.as_u16())
}

async fn post(service: &Service, url: &str, body: &Value, key: &SigningKey) -> Result<Answer, String> {
    let timestamp = service.clock.unix_seconds().to_string();
    let body = body.to_string();
    let signature = key.sign(format!("{timestamp}{body}").as_bytes());
    let request = service
        .http
        .post(url)
        .timeout(LIMIT)
        .header("user-agent", "Discord-Interactions/1.0 (+https://discord.com)")
        .header("x-signature-ed25519", secrets::hex(&signature.to_bytes()))
        .header("x-signature-timestamp", timestamp)
        .header(CONTENT_TYPE, "application/json")
        .body(body);
    let mut response = request.send().await.map_err(|error| format!("({error})"))?;
    let status = response.status();
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"));
    let mut bytes = vec![];
    while let Some(chunk) = response.chunk().await.map_err(|error| format!("({error})"))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > BODY_MAX {
            return Err("(the answer is too long)".into());
        }
    }
    Ok(Answer { status, is_json, body: serde_json::from_slice(&bytes).unwrap_or_default() })
}
