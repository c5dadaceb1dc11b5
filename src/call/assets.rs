//! The built page's files, embedded and compressed when Greenroom was built.
//!
//! In: a path and what the browser accepts. Out: the file, in the smallest form it takes, or "you have it".
//! Nothing is copied or compressed while serving: the bytes stand in the executable.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
};

/// One file of the page. `build.rs` writes the table.
struct Asset {
    /// Relative to the page's root, without a leading slash.
    path: &'static str,
    content_type: &'static str,
    /// Quoted and weak: the same for each encoding.
    etag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Vite names these by their content, so they never change.
const HASHED: &str = "assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept, but asked for each time: a new version must reach who has the old one.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// The one page, for every room, known or not.
pub(super) fn page(request: &HeaderMap) -> Response {
    serve("index.html", request)
}

/// Whether there is such a file.
pub fn has(path: &str) -> bool {
    ASSETS.iter().any(|asset| asset.path == path)
}

/// The file at `path`, else 404.
pub fn serve(path: &str, request: &HeaderMap) -> Response {
    match ASSETS.iter().find(|asset| asset.path == path) {
        Some(asset) => asset.answer(request),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Asset {
    fn answer(&self, request: &HeaderMap) -> Response {
        let (encoding, bytes) = self.smallest(request);
        let mut response = if knows(request, self.etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(Bytes::from_static(bytes)).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(ETAG, HeaderValue::from_static(self.etag));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(CACHE_CONTROL, if self.path.starts_with(HASHED) { FOR_EVER } else { ASK_FIRST });
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn smallest(&self, request: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        [("br", self.brotli), ("gzip", self.gzip)]
            .into_iter()
            .find_map(|(encoding, bytes)| bytes.filter(|_| accepts(request, encoding)).map(|b| (Some(encoding), b)))
            .unwrap_or((None, self.plain))
    }
}

/// Whether `Accept-Encoding` names the encoding and does not rule it out (RFC 9110 section 12.5.3).
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let accepted = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|entry| {
        let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let refused = parameters.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

/// Whether the browser has this version, compared weakly (RFC 9110 section 13.1.2).
fn knows(request: &HeaderMap, etag: &str) -> bool {
    let known = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).map(str::trim).any(|tag| opaque(tag) == opaque(etag) || tag == "*")
}

fn opaque(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag)
}

#[cfg(test)]
mod tests {
    use http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    };

    use super::{Asset, page, serve};

    const SCRIPT: Asset = Asset {
        path: "assets/main-0123.js",
        content_type: "text/javascript; charset=utf-8",
        etag: "W/\"1\"",
        plain: b"plain",
        brotli: Some(b"br"),
        gzip: Some(b"gz"),
    };

    fn headers(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_smallest_form_the_browser_takes_is_sent() {
        for (accepted, encoding) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("identity", None),
            ("brotli", None),
            ("", None),
        ] {
            let response = SCRIPT.answer(&headers(ACCEPT_ENCODING, accepted));
            let sent = response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(sent, encoding, "{accepted}");
        }
    }

    #[test]
    fn hashed_files_are_kept_for_ever_and_the_page_is_asked_for() {
        let cache = |response: axum::response::Response| response.headers()[CACHE_CONTROL].clone();
        assert_eq!(cache(SCRIPT.answer(&HeaderMap::new())), super::FOR_EVER);
        let response = page(&HeaderMap::new());
        assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(cache(response), super::ASK_FIRST);
    }

    #[test]
    fn who_has_this_version_is_told_so() {
        let etag = page(&HeaderMap::new()).headers()[ETAG].clone();
        let known = HeaderMap::from_iter([(IF_NONE_MATCH, etag)]);
        assert_eq!(page(&known).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(page(&headers(IF_NONE_MATCH, "\"other\"")).status(), StatusCode::OK);
        assert_eq!(SCRIPT.answer(&headers(IF_NONE_MATCH, "\"0\", \"1\"")).status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn nothing_else_is_there() {
        for path in ["", "assets/", "../Cargo.toml", "index.html/", "INDEX.HTML"] {
            assert_eq!(serve(path, &HeaderMap::new()).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
