//! The stage acts for anybody of the cast without asking who the visitor is. So it answers this machine's own browser only, and
//! its own page only: another site's page can neither read it by a name that leads here, nor send anything.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};

use super::House;

/// The names this server goes by.
pub(super) struct Hosts([String; 2]);

impl Hosts {
    pub fn of(port: u16) -> Self {
        Self(["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}")))
    }

    /// The name it was called by, if that is one of its own.
    fn named<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let host = headers.get(HOST)?.to_str().ok()?;
        self.0.iter().any(|own| own.eq_ignore_ascii_case(host)).then_some(host)
    }
}

/// Pictures come from the stand-in and from the bot, each at a port of its own.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data: http://127.0.0.1:* http://localhost:*; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(super) async fn guard(State(house): State<House>, request: Request, next: Next) -> Response {
    let mut response = match refuses(&house.0.hosts, request.method(), request.headers()) {
        Some(why) => (StatusCode::FORBIDDEN, why).into_response(),
        None => next.run(request).await,
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    response.headers_mut().extend(headers);
    response
}

fn refuses(hosts: &Hosts, method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    let Some(host) = hosts.named(headers) else {
        return Some("The stage is only to be had at 127.0.0.1, from this machine.\n");
    };
    if matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let own = origin.and_then(|origin| origin.strip_prefix("http://")).is_some_and(|from| from == host);
    (!own).then_some("Only the stage's own page may do that.\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(method: Method, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).unwrap())]);
        headers.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_str(origin).unwrap())));
        refuses(&Hosts::of(4321), &method, &headers).is_none()
    }

    #[test]
    fn this_machines_browser_is_answered_and_a_name_that_leads_here_is_not() {
        assert!(asks(Method::GET, "127.0.0.1:4321", None));
        assert!(asks(Method::GET, "localhost:4321", Some("http://anywhere.example")));
        for host in ["rebound.example:4321", "127.0.0.1:80", "127.0.0.1", "127.0.0.1.example:4321", ""] {
            assert!(!asks(Method::GET, host, None), "{host}");
        }
    }

    #[test]
    fn only_the_own_page_may_act() {
        assert!(asks(Method::POST, "127.0.0.1:4321", Some("http://127.0.0.1:4321")));
        assert!(asks(Method::POST, "localhost:4321", Some("http://localhost:4321")));
        for origin in ["http://localhost:4321", "http://127.0.0.1:8080", "https://127.0.0.1:4321", "null", ""] {
            assert!(!asks(Method::POST, "127.0.0.1:4321", Some(origin)), "{origin}");
        }
        assert!(!asks(Method::POST, "127.0.0.1:4321", None));
    }
}
