//! The page where people agree.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use url::form_urlencoded;

use super::super::{html::escaped, service::Service};

/// As on the stage: dark first with a light twin.
const STYLE: &str = ":root{color-scheme:dark light}body{margin:0;min-height:100vh;display:grid;place-items:center;\
    background:light-dark(#f1f5f3,#0b0f0d);color:light-dark(#12201a,#e8efeb);font:16px/1.5 system-ui,sans-serif}\
    main{background:light-dark(#fff,#18211d);border:1px solid light-dark(#d5dfd9,#2f3d36);border-radius:15px;\
    padding:32px;width:min(420px,88vw);box-sizing:border-box}h1{font-size:20px;margin:0 0 4px}\
    p{color:light-dark(#4b5d54,#a9b9b1);margin:0 0 20px}button{display:flex;align-items:center;gap:12px;width:100%;\
    min-height:44px;padding:8px 14px;margin:8px 0 0;border:0;border-radius:10px;background:light-dark(#e5ede8,#232e29);\
    color:inherit;font:inherit;cursor:pointer}button:hover{background:light-dark(#dcf1e6,#17352a)}\
    button:focus-visible{outline:3px solid light-dark(#0c7a4d,#3ecf8e);outline-offset:2px}\
    button.no{background:transparent;justify-content:center}img{width:32px;height:32px;border-radius:50%}";

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{}</title><style>{STYLE}</style><main>{body}</main></html>",
        escaped(title)
    );
    (status, Html(page)).into_response()
}

fn redirect(to: &str) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else { return StatusCode::BAD_REQUEST.into_response() };
    (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
}

fn refuse(why: &str) -> Response {
    page(StatusCode::BAD_REQUEST, "Discord", &format!("<h1>That does not work</h1><p>{}</p>", escaped(why)))
}

/// Asks who it is; `as=mira` in the link answers that and agrees at once.
pub async fn show(State(service): State<Service>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let request = match service.oauth.request(&service, &query) {
        Ok(request) => request,
        Err(why) => return refuse(&why),
    };
    let given = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "as");
    if let Some((_, name)) = given {
        let user = service.look(|state| state.user_named(&name).filter(|user| !user.bot).map(|user| user.id));
        let Some(user) = user else { return refuse(&format!("Nobody is called {name}.")) };
        return redirect(&service.oauth.grant(&request, user, service.clock.unix_ms()));
    }
    let people = service.look(|state| {
        let people = state.users.values().filter(|user| !user.bot);
        let button = |user: &super::super::state::User| {
            format!(
                "<button name=\"as\" value=\"{}\"><img alt=\"\" src=\"/avatars/{}.svg\">Authorize as {}</button>",
                escaped(&user.username),
                user.id,
                escaped(user.name())
            )
        };
        people.map(button).collect::<String>()
    });
    let body = format!(
        "<h1>Greenroom wants to know who you are</h1><p>It will learn your user name and picture. Who are you?</p>\
         <form method=\"post\" action=\"/oauth2/authorize?{}\">{people}<button class=\"no\" name=\"as\" \
         value=\"\">Cancel</button></form>",
        escaped(&query)
    );
    page(StatusCode::OK, "Authorize Greenroom", &body)
}

/// Somebody pressed a button of the page.
pub async fn decide(State(service): State<Service>, RawQuery(query): RawQuery, body: String) -> Response {
    let request = match service.oauth.request(&service, &query.unwrap_or_default()) {
        Ok(request) => request,
        Err(why) => return refuse(&why),
    };
    let given = form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "as").map(|(_, value)| value);
    let name = given.unwrap_or_default();
    let user = service.look(|state| state.user_named(&name).filter(|user| !user.bot).map(|user| user.id));
    match user {
        Some(user) => redirect(&service.oauth.grant(&request, user, service.clock.unix_ms())),
        None => redirect(&request.answer("error", "access_denied")),
    }
}
