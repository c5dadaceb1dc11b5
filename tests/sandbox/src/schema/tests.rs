use axum::http::Method;
use serde_json::json;

use super::*;

fn seen(method: Method, path: &str, request: Value, status: u16, response: Value) -> Seen {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query.to_owned())));
    Seen {
        method,
        route: path.to_owned(),
        path: path.to_owned(),
        query,
        at: 0,
        status: Some(status),
        content_type: (!request.is_null()).then(|| "application/json".to_owned()),
        request,
        response,
        faulted: false,
    }
}

fn violations(seen: Seen) -> Vec<String> {
    check(&[seen])
}

#[test]
fn an_honest_exchange_has_no_violations() {
    let token = seen(
        Method::POST,
        "/api/video/room_tokens",
        json!({ "room_name": "standup", "permissions": ["room.self.audio_mute"] }),
        200,
        json!({ "token": "a.b.c" }),
    );
    let gone = seen(Method::GET, "/api/video/rooms/standup", Value::Null, 404, json!({ "error": "Not Found" }));
    let refused = seen(
        Method::POST,
        "/api/video/rooms",
        json!({ "name": "no spaces" }),
        422,
        json!({ "errors": [{ "type": "validation_error", "code": "not_alphanumeric", "message": "name ...", "url": "x" }] }),
    );
    let message = seen(
        Method::POST,
        "/api/v10/interactions/1071520000000000001/token/callback?with_response=true",
        json!({ "type": 5 }),
        204,
        Value::Null,
    );
    assert_eq!(check(&[token, gone, refused, message]), [""; 0]);
}

#[test]
fn violations_of_either_side_are_named() {
    if !is_available() {
        return;
    }
    let bad = |seen| violations(seen).join("\n");
    let ask = json!({ "room_name": "standup", "permissions": ["room.self.fly"], "expires_in": 60 });
    let said = bad(seen(Method::POST, "/api/video/room_tokens", ask, 200, json!({ "jwt": "a.b.c" })));
    assert!(said.contains("request: /permissions/0") && said.contains("answer 200"), "{said}");
    assert!(said.contains("expires_in"), "{said}");
    let said = bad(seen(Method::GET, "/api/video/rooms?page_size=0&name=x", Value::Null, 401, Value::Null));
    assert!(said.contains("page_size") && said.contains("unknown parameter name"), "{said}");
    let said = bad(seen(Method::POST, "/api/video/kick", json!({}), 200, json!({})));
    assert!(said.contains("no such route"), "{said}");
    let said = bad(seen(Method::GET, "/api/video/rooms", Value::Null, 409, json!({ "error": "Conflict" })));
    assert!(said.contains("409"), "{said}");
    let said = bad(seen(
        Method::PATCH,
        "/api/v10/webhooks/1071520000000000001/t/messages/1071520000000000002",
        json!({ "content": "x".repeat(5_000) }),
        200,
        json!({}),
    ));
    assert!(said.contains("request: /content") && said.contains("answer 200"), "{said}");
}
