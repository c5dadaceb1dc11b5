//! What a request must be before a handler sees it: of bounded size and time, of our own page when it changes
//! something, and not one too many from its address.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, ORIGIN, RETRY_AFTER},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use ipnet::IpNet;
use tower_governor::{GovernorError, GovernorLayer, governor::GovernorConfigBuilder, key_extractor::KeyExtractor};

use super::{Call, problem::Problem};

/// No request of ours comes near it, nor does an interaction of Discord's.
const BODY_MAX: usize = 64 * 1024;
/// From the head's end to the body's, however slowly it drips.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Reads the whole body before anything else happens, or refuses: a limit between two bytes, which is what ready-made
/// layers have, lets a body drip for ever. By the machine's time, for it bounds a socket.
pub(super) async fn whole_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    if body.size_hint().lower() > BODY_MAX as u64 {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    match tokio::time::timeout(BODY_WITHIN, Limited::new(body, BODY_MAX).collect()).await {
        Ok(Ok(body)) => next.run(Request::from_parts(parts, Body::from(body.to_bytes()))).await,
        Ok(Err(error)) if error.is::<LengthLimitError>() => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Ok(Err(_)) => StatusCode::BAD_REQUEST.into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// A request that changes something comes from our page's own script: browsers say from where, and only a script
/// of the same origin can send JSON without being asked first. A beacon can only send text.
pub(super) async fn own_page(State(call): State<Call>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let headers = request.headers();
    if !is_same_origin(headers, &call.0.origin) {
        return Problem::Refused(StatusCode::FORBIDDEN).into_response();
    }
    let beacon = request.uri().path().ends_with("/look");
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !(kind.eq_ignore_ascii_case("application/json") || (beacon && kind.eq_ignore_ascii_case("text/plain"))) {
        return Problem::Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE).into_response();
    }
    next.run(request).await
}

/// `Origin` is ours; without one, the browser vouches by `Sec-Fetch-Site`. Neither: not a browser of today.
fn is_same_origin(headers: &HeaderMap, ours: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(|value| value == "same-origin");
    match headers.get(ORIGIN) {
        Some(origin) => origin == ours && site != Some(false),
        None => site == Some(true),
    }
}

/// Requests of the API that an address may make at once, and how fast that grows back: a whole office may join from
/// one address.
const OF_API: (u32, Duration) = (300, Duration::from_millis(50));
/// The same of all other routes: a page is a few files, and all of Discord's interactions come from few addresses.
const OF_ALL: (u32, Duration) = (1_000, Duration::from_millis(5));

/// The limit per address, shared by all routes it is laid over. Cheap to clone.
#[derive(Clone)]
pub(super) struct RateLimit {
    // The limiter's type names a crate that only tower_governor knows.
    lay: Arc<dyn Fn(Router) -> Router + Send + Sync>,
    sweep: Arc<dyn Fn() -> usize + Send + Sync>,
}

impl RateLimit {
    pub fn of_api(trusted_proxies: &[IpNet]) -> Self {
        Self::new(trusted_proxies, OF_API, told)
    }

    /// Its readers are not only pages: a status and `Retry-After`, no sentence.
    pub fn of_all(trusted_proxies: &[IpNet]) -> Self {
        Self::new(trusted_proxies, OF_ALL, |seconds| {
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, HeaderValue::from(seconds))]).into_response()
        })
    }

    fn new(trusted_proxies: &[IpNet], (burst, every): (u32, Duration), refuse: fn(u64) -> Response) -> Self {
        let config = GovernorConfigBuilder::default()
            .period(every)
            .burst_size(burst)
            .key_extractor(Address { trusted: trusted_proxies.into() })
            .finish()
            .expect("neither burst nor period is zero");
        let config = Arc::new(config);
        let swept = config.clone();
        Self {
            lay: Arc::new(move |router| {
                let layer = GovernorLayer::new(config.clone());
                router.layer(layer.error_handler(move |error| one_too_many(error, refuse)))
            }),
            sweep: Arc::new(move || {
                swept.limiter().retain_recent();
                swept.limiter().len()
            }),
        }
    }

    pub fn over(&self, router: Router) -> Router {
        (self.lay)(router)
    }

    /// Forgets addresses that have been quiet long enough to start afresh; how many are left.
    pub fn sweep(&self) -> usize {
        (self.sweep)()
    }
}

fn told(seconds: u64) -> Response {
    Problem::RateLimited { seconds }.into_response()
}

fn one_too_many(error: GovernorError, refuse: fn(u64) -> Response) -> Response {
    match error {
        GovernorError::TooManyRequests { wait_time, .. } => refuse(wait_time.max(1)),
        _ => Problem::Internal(anyhow::anyhow!("a request without a peer address")).into_response(),
    }
}

/// The address a request is counted under.
#[derive(Debug, Clone)]
pub(super) struct Address {
    trusted: Arc<[IpNet]>,
}

impl KeyExtractor for Address {
    type Key = IpAddr;

    fn extract<T>(&self, request: &http::Request<T>) -> Result<IpAddr, GovernorError> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().ok_or(GovernorError::UnableToExtractKey)?;
        Ok(household(self.client(peer.0.ip(), request.headers())))
    }
}

impl Address {
    /// The peer, or whom trusted proxies say they speak for: the last address of the chain that is not theirs.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let is_trusted = |address: IpAddr| self.trusted.iter().any(|net| net.contains(&address.to_canonical()));
        if !is_trusted(peer) {
            return peer;
        }
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let chain: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut client = peer;
        for hop in chain.into_iter().rev() {
            let Ok(address) = hop.parse() else { break };
            client = address;
            if !is_trusted(address) {
                break;
            }
        }
        client
    }
}

/// Whoever has an IPv6 address has 2^64 of them.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::ORIGIN};

    use super::{Address, household, is_same_origin};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (http::HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_our_own_page_changes_things() {
        let ours = "https://video.example";
        let origin = ORIGIN.as_str();
        assert_eq!(origin, "origin");
        for (sent, accepted) in [
            (&[("origin", "https://video.example"), ("sec-fetch-site", "same-origin")][..], true),
            (&[("origin", "https://video.example")], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[], false),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "https://video.example.evil.example")], false),
            (&[("origin", "http://video.example")], false),
            (&[("origin", "null")], false),
            (&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], false),
            (&[("origin", "https://video.example"), ("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "none")], false),
        ] {
            assert_eq!(is_same_origin(&headers(sent), ours), accepted, "{sent:?}");
        }
    }

    #[test]
    fn only_trusted_proxies_speak_for_others() {
        let address = Address { trusted: ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()].into() };
        for (peer, forwarded, client) in [
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
            ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ] {
            let headers = headers(&[("x-forwarded-for", forwarded)]);
            let found = address.client(peer.parse().unwrap(), &headers);
            assert_eq!(found, client.parse::<std::net::IpAddr>().unwrap(), "{peer} for {forwarded}");
        }
    }

    #[test]
    fn a_household_is_one_address() {
        let of = |text: &str| household(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
