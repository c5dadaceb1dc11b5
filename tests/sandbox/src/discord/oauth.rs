//! OAuth2, code flow: the page where people agree, codes, and access tokens.
//! <https://discord.com/developers/docs/topics/oauth2>

mod page;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Mutex,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::json;
use url::{Url, form_urlencoded};

use super::{id::Id, secrets, service::Service};
use crate::fault::hold;

/// Seconds an access token lives.
const TOKEN_SECONDS: i64 = 604_800;
/// Milliseconds a code lives.
const CODE_MS: i64 = 60_000;

const SCOPES: [&str; 8] =
    ["identify", "guilds", "guilds.members.read", "email", "bot", "applications.commands", "connections", "openid"];

/// Somebody agreed to something.
#[derive(Clone, Debug)]
struct Grant {
    user: Id,
    scope: String,
    redirect: String,
    /// Unix milliseconds.
    until: i64,
}

/// Everything granted.
#[derive(Default)]
pub struct Oauth {
    redirects: Mutex<BTreeSet<String>>,
    codes: Mutex<HashMap<String, Grant>>,
    access: Mutex<HashMap<String, Grant>>,
    refresh: Mutex<HashMap<String, Grant>>,
}

/// What an authorize link asks for.
struct Request {
    redirect: Url,
    scope: String,
    state: Option<String>,
}

impl Oauth {
    pub fn register(&self, url: &str) {
        hold(&self.redirects).insert(url.to_owned());
    }

    pub fn redirects(&self) -> Vec<String> {
        hold(&self.redirects).iter().cloned().collect()
    }

    /// Whose access token it is, while it is good and tells who they are.
    pub fn whose(&self, token: &str, now: i64) -> Option<Id> {
        let access = hold(&self.access);
        let grant = access.get(token).filter(|grant| grant.until > now)?;
        grant.scope.split(' ').any(|scope| scope == "identify").then_some(grant.user)
    }

    /// Agrees to what `url` asks for: where the browser goes, or why the page refuses.
    pub fn agree(&self, service: &Service, url: &str, user: Id) -> Result<String, String> {
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        let request = self.request(service, url.query().unwrap_or_default())?;
        Ok(self.grant(&request, user, service.clock.unix_ms()))
    }

    fn grant(&self, request: &Request, user: Id, now: i64) -> String {
        let code = secrets::token(30);
        let (scope, redirect) = (request.scope.clone(), request.redirect.to_string());
        let mut codes = hold(&self.codes);
        codes.retain(|_, grant| grant.until > now);
        codes.insert(code.clone(), Grant { user, scope, redirect, until: now + CODE_MS });
        request.answer("code", &code)
    }

    /// Reads an authorize link's query, or says what is wrong with it in the page's words.
    fn request(&self, service: &Service, query: &str) -> Result<Request, String> {
        let query: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let get = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let application = service.look(|state| state.bot.to_string());
        if get("client_id") != application {
            return Err("Unknown Application".into());
        }
        if get("response_type") != "code" {
            return Err("Invalid OAuth2 response_type".into());
        }
        let scope = get("scope").to_owned();
        if scope.is_empty() || scope.split(' ').any(|scope| !SCOPES.contains(&scope)) {
            return Err("The requested scope is invalid, unknown, or malformed.".into());
        }
        let redirect = Some(get("redirect_uri")).filter(|uri| hold(&self.redirects).contains(*uri));
        let redirect = redirect.and_then(|uri| Url::parse(uri).ok()).ok_or("Invalid OAuth2 redirect_uri")?;
        Ok(Request { redirect, scope, state: query.get("state").cloned() })
    }
}

impl Request {
    /// The redirect with `name=value` and the state.
    fn answer(&self, name: &str, value: &str) -> String {
        let mut url = self.redirect.clone();
        url.query_pairs_mut().append_pair(name, value);
        if let Some(state) = &self.state {
            url.query_pairs_mut().append_pair("state", state);
        }
        url.into()
    }
}

/// The page people see.
pub fn pages() -> Router<Service> {
    Router::new().route("/oauth2/authorize", get(page::show).post(page::decide))
}

/// What the bot asks.
pub fn api() -> Router<Service> {
    Router::new().route("/oauth2/token", post(token)).route("/oauth2/token/revoke", post(revoke))
}

fn error(status: StatusCode, error: &str, description: Option<&str>) -> Response {
    let mut body = json!({ "error": error });
    if let Some(description) = description {
        body["error_description"] = json!(description);
    }
    (status, Json(body)).into_response()
}

/// The form and the application's credentials, from the form or from Basic authentication.
#[expect(clippy::result_large_err, reason = "the refusal is the answer")]
fn authenticated(service: &Service, headers: &HeaderMap, body: &[u8]) -> Result<HashMap<String, String>, Response> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.starts_with("application/x-www-form-urlencoded") {
        return Err(error(StatusCode::BAD_REQUEST, "unsupported_grant_type", Some("Only forms are taken")));
    }
    let form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let basic = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|encoded| String::from_utf8(BASE64.decode(encoded).ok()?).ok());
    let (id, secret) = match basic.as_deref().and_then(|basic| basic.split_once(':')) {
        Some((id, secret)) => (decoded(id), decoded(secret)),
        None => {
            let get = |name: &str| form.get(name).cloned().unwrap_or_default();
            (get("client_id"), get("client_secret"))
        }
    };
    let application = service.look(|state| state.bot.to_string());
    if id != application || secret != service.options.client_secret {
        return Err(error(StatusCode::UNAUTHORIZED, "invalid_client", None));
    }
    Ok(form)
}

/// Credentials in Basic authentication are form-encoded first.
fn decoded(text: &str) -> String {
    let pair = format!("x={text}");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

async fn token(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    let form = match authenticated(&service, &headers, &body) {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let now = service.clock.unix_ms();
    let oauth = &service.oauth;
    let grant = match get("grant_type") {
        "authorization_code" => {
            // A code is used up by the first who shows it, rightly or not.
            let grant = hold(&oauth.codes).remove(get("code")).filter(|grant| grant.until > now);
            let same = |grant: &Grant| {
                let given = Url::parse(get("redirect_uri")).map(String::from).unwrap_or_default();
                grant.redirect == given
            };
            let Some(grant) = grant else {
                return error(StatusCode::BAD_REQUEST, "invalid_grant", Some("Invalid \"code\" in request."));
            };
            if !same(&grant) {
                let description = "Invalid \"redirect_uri\" in request.";
                return error(StatusCode::BAD_REQUEST, "invalid_grant", Some(description));
            }
            grant
        }
        "refresh_token" => match hold(&oauth.refresh).remove(get("refresh_token")) {
            Some(grant) => grant,
            None => return error(StatusCode::BAD_REQUEST, "invalid_grant", None),
        },
        _ => return error(StatusCode::BAD_REQUEST, "unsupported_grant_type", None),
    };
    let (access, refresh) = (secrets::token(30), secrets::token(30));
    let grant = Grant { until: now + TOKEN_SECONDS * 1000, ..grant };
    let scope = grant.scope.clone();
    let mut tokens = hold(&oauth.access);
    tokens.retain(|_, grant| grant.until > now);
    tokens.insert(access.clone(), grant.clone());
    hold(&oauth.refresh).insert(refresh.clone(), grant);
    Json(json!({
        "token_type": "Bearer", "access_token": access, "expires_in": TOKEN_SECONDS, "refresh_token": refresh,
        "scope": scope,
    }))
    .into_response()
}

/// One token taken back takes all of the same person back.
async fn revoke(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    let form = match authenticated(&service, &headers, &body) {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    let token = form.get("token").map(String::as_str).unwrap_or_default();
    let (mut access, mut refresh) = (hold(&service.oauth.access), hold(&service.oauth.refresh));
    if let Some(user) = access.get(token).or_else(|| refresh.get(token)).map(|grant| grant.user) {
        access.retain(|_, grant| grant.user != user);
        refresh.retain(|_, grant| grant.user != user);
    }
    Json(json!({})).into_response()
}
