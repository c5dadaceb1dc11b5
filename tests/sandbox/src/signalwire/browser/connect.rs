//! `signalwire.connect` with a room token: a new page, or one that comes back.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{
    Service,
    socket::{Closed, Connect, Wire, code, error, request, result},
    state::Refused,
    token::{Claims, JoinAs},
};
use super::MAX_PAGES;
use super::page::{Page, Push};
use crate::fault::hold;

/// The SDK's marker for "forget what you stored and connect afresh, on this same socket".
const FORGOTTEN: &str = "Requester validation failed";

/// Finds or makes the page; with it comes what its socket is to be told first.
pub(super) async fn admit(
    service: &Service,
    mut claims: Claims,
    wire: &mut Wire,
    mut connect: Connect,
) -> Result<(Arc<Page>, Vec<Push>), Closed> {
    loop {
        match find_or_make(service, &claims, connect.protocol()) {
            Ok(page) => {
                page.renew(claims);
                let greeting = greeting(service, &page, &connect);
                return Ok((page, greeting));
            }
            Err((code, message)) => {
                wire.push("signalwire.connect", &error(&connect.id, code, message)).await?;
                if message != FORGOTTEN {
                    return Err(Closed);
                }
            }
        }
        let frame = wire.receive().await?;
        if frame["method"] != "signalwire.connect" {
            return Err(Closed);
        }
        connect = Connect { id: frame["id"].clone(), params: frame["params"].clone() };
        let token = connect.params["authentication"]["jwt_token"].as_str().unwrap_or_default();
        let Ok(verified) = service.tokens.verify(token) else {
            let message = Refused::BadToken.to_string();
            wire.push("signalwire.connect", &error(&connect.id, code::AUTHENTICATION, &message)).await?;
            return Err(Closed);
        };
        claims = verified;
    }
}

fn find_or_make(service: &Service, claims: &Claims, protocol: Option<&str>) -> Result<Arc<Page>, (i64, &'static str)> {
    if let Some(protocol) = protocol {
        let page = service.browsers.page(protocol);
        let own = page.filter(|page| page.claims().room_name == claims.room_name);
        return own.ok_or((code::REQUESTER, FORGOTTEN));
    }
    let mut pages = hold(&service.browsers.pages);
    if pages.len() >= MAX_PAGES {
        return Err((AT_CAPACITY, "At capacity"));
    }
    // The SDK compares the second part of the protocol with the signature; neither may have a `_` of its own.
    let protocol = format!("signalwire_{}_{}_{}", Uuid::new_v4().simple(), Uuid::new_v4(), claims.sub);
    let page = Arc::new(Page::new(protocol.clone(), claims.clone()));
    pages.insert(protocol, Arc::clone(&page));
    Ok(page)
}

/// `specs/relay/common/frames.tsp` of SignalWire's draft.
const AT_CAPACITY: i64 = -32005;

fn greeting(service: &Service, page: &Page, connect: &Connect) -> Vec<Push> {
    let name = "signalwire.authorization.state";
    let state = json!({
        "event_type": name,
        "event_channel": page.protocol,
        "timestamp": service.clock.unix_float(),
        "params": { "authorization_state": Uuid::new_v4().simple().to_string() },
    });
    let state = request(&Uuid::new_v4().to_string(), "signalwire.event", state);
    vec![
        Push { kind: "signalwire.connect".to_owned(), frame: result(&connect.id, answer(service, page)) },
        Push { kind: name.to_owned(), frame: state },
    ]
}

/// The result of `signalwire.connect` and `signalwire.reauthenticate`.
pub(super) fn answer(service: &Service, page: &Page) -> Value {
    let claims = page.claims();
    let room = service.video.room(&claims.room_name);
    let display_name = room.as_ref().and_then(|room| room.settings.display_name.clone());
    let room_meta = room.and_then(|room| room.settings.meta).unwrap_or_else(|| json!({}));
    let allowed = |media: &str| match (claims.join_as, claims.media_allowed.as_deref()) {
        (_, Some(only)) if only != "all" && only != media => "none",
        (JoinAs::Audience, _) => "receive",
        (JoinAs::Member, _) => "both",
    };
    json!({
        "identity": format!("{}@{}.us-east", Uuid::new_v4(), Uuid::new_v4()),
        "protocol": page.protocol,
        // Anything in it makes the SDK insist on a candidate from beyond this machine.
        "ice_servers": [],
        "authorization": {
            // Never `jti`: the SDK takes it for another product's session.
            "type": "video",
            "project": claims.sub,
            "project_id": claims.sub,
            "scopes": ["video"],
            "scope_id": claims.jti,
            "resource": page.protocol.rsplit('_').nth(1).unwrap_or_default(),
            "user_name": claims.user_name,
            "join_as": claims.join_as,
            "media_allowed": claims.media_allowed.as_deref().unwrap_or("all"),
            "audio_allowed": allowed("audio-only"),
            "video_allowed": allowed("video-only"),
            "signature": page.protocol.split('_').nth(1).unwrap_or_default(),
            "expires_at": service.clock.unix_seconds() + service.options.browser_authorized_for.as_secs().cast_signed(),
            "meta": claims.meta.clone().unwrap_or_else(|| json!({})),
            "room": {
                "name": claims.room_name,
                "display_name": display_name.unwrap_or_else(|| claims.room_name.clone()),
                "scopes": claims.permissions,
                "meta": room_meta,
            },
        },
    })
}
