//! The headers every answer carries. In: where people reach the page and which socket it opens. Out: a policy under
//! which the page can load nothing but itself, be framed by nobody, and tell nobody where people came from.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{
    HeaderName, HeaderValue,
    header::{
        CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};
use std::sync::Arc;
use url::Url;

use crate::config;

/// Where the browser SDK connects, unless the room token names another host.
const VENDOR_SOCKETS: &str = "wss://*.signalwire.com";

/// What the page needs of the browser, and nothing else of the powerful features.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), \
    autoplay=(self), picture-in-picture=(self), screen-wake-lock=(self), \
    clipboard-write=(self), accelerometer=(), geolocation=(), gyroscope=(), magnetometer=(), midi=(), payment=(), \
    usb=(), serial=(), hid=(), publickey-credentials-get=()";

/// The fixed set. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Security(Arc<[(HeaderName, HeaderValue)]>);

impl Security {
    pub fn new(public_url: &Url, signalwire: &config::SignalWire) -> Self {
        let policy = HeaderValue::from_str(&policy(signalwire)).expect("origins are ASCII");
        let fixed = |value| HeaderValue::from_static(value);
        let mut headers = vec![
            (CONTENT_SECURITY_POLICY, policy),
            (REFERRER_POLICY, fixed("no-referrer")),
            (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
            (X_FRAME_OPTIONS, fixed("DENY")),
            (HeaderName::from_static("permissions-policy"), fixed(PERMISSIONS)),
            (HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin")),
            (HeaderName::from_static("cross-origin-resource-policy"), fixed("same-origin")),
            (HeaderName::from_static("x-robots-tag"), fixed("noindex")),
        ];
        if public_url.scheme() == "https" {
            headers.push((STRICT_TRANSPORT_SECURITY, fixed("max-age=31536000")));
        }
        Self(headers.into())
    }
}

/// The layer that adds them.
pub async fn add(State(security): State<Security>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in &*security.0 {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

fn policy(signalwire: &config::SignalWire) -> String {
    let mut connect = format!("'self' {VENDOR_SOCKETS}");
    for socket in stand_in_sockets(signalwire) {
        connect.push(' ');
        connect.push_str(&socket);
    }
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
         media-src 'self' blob:; connect-src {connect}; manifest-src 'self'; frame-ancestors 'none'; \
         base-uri 'none'; form-action 'self'"
    )
}

/// The socket of a configured stand-in: its room tokens send the browser to it.
fn stand_in_sockets(signalwire: &config::SignalWire) -> Vec<String> {
    let is_vendors =
        |url: &Url| url.host_str().is_some_and(|host| host == "signalwire.com" || host.ends_with(".signalwire.com"));
    let mut sockets: Vec<String> = [&signalwire.space_url, &signalwire.relay_url]
        .into_iter()
        .filter(|url| !is_vendors(url))
        .filter_map(|url| {
            let scheme = if matches!(url.scheme(), "https" | "wss") { "wss" } else { "ws" };
            let host = url.host_str()?;
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            Some(format!("{scheme}://{host}{port}"))
        })
        .collect();
    sockets.dedup();
    sockets
}

#[cfg(test)]
mod tests {
    use super::policy;
    use crate::config::SignalWire;

    fn connect_src(space_url: &str, relay_url: &str) -> String {
        let config = SignalWire {
            space_url: space_url.parse().unwrap(),
            project_id: String::new(),
            api_token: "x".into(),
            relay_url: relay_url.parse().unwrap(),
        };
        let policy = policy(&config);
        assert!(!policy.contains("unsafe"));
        policy.split("; ").find_map(|rule| rule.strip_prefix("connect-src ")).unwrap().to_owned()
    }

    #[test]
    fn the_page_connects_to_the_vendor_or_to_the_configured_stand_in() {
        let live = connect_src("https://example.signalwire.com", "wss://relay.signalwire.com");
        assert_eq!(live, "'self' wss://*.signalwire.com");
        let stand_in = connect_src("http://127.0.0.1:4321", "ws://127.0.0.1:4321");
        assert_eq!(stand_in, "'self' wss://*.signalwire.com ws://127.0.0.1:4321");
        let evil = connect_src("https://signalwire.com.evil.example", "wss://evilsignalwire.com");
        assert_eq!(evil, "'self' wss://*.signalwire.com wss://signalwire.com.evil.example wss://evilsignalwire.com");
    }
}
