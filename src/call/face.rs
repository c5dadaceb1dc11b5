//! People's pictures, from Discord through us: no browser has to tell Discord that it comes into a call.
//!
//! In: an address that the lobby gave out, which its mark shows. Out: the picture as Discord has it, kept a while for
//! the next who asks. Whatever is missing is a 404, and the page draws initials.

use std::time::Duration;

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use quick_cache::{Weighter, sync::Cache};
use tokio::sync::Semaphore;
use url::Url;

use super::Call;
use crate::{
    bounded,
    secret::{Keys, Purpose},
};

/// Where Discord keeps pictures. A stand-in keeps its own.
/// <https://discord.com/developers/docs/reference#image-formatting>
const CDN: &str = "https://cdn.discordapp.com";
/// What pictures are asked for: twice the largest that the page shows.
const SIZE: &str = "size=128";
/// A still picture of that size has a tenth of it.
const BYTES_MAX: usize = 128 * 1024;
/// Bytes kept in all, and about how many pictures these are.
const KEPT: u64 = 4 * 1024 * 1024;
const PICTURES: usize = 1_000;
/// Fetched at once; the others wait.
const AT_ONCE: usize = 16;
const WITHIN: Duration = Duration::from_secs(5);
const KINDS: [&str; 4] = ["image/webp", "image/png", "image/jpeg", "image/gif"];
/// Discord names them by their content. Only for who was given the address.
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

pub(super) struct Faces {
    http: reqwest::Client,
    cdn: String,
    keys: Keys,
    kept: Cache<String, Picture, ByBytes>,
    turns: Semaphore,
}

#[derive(Clone)]
struct Picture {
    kind: HeaderValue,
    bytes: Bytes,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<String, Picture> for ByBytes {
    fn weight(&self, path: &String, picture: &Picture) -> u64 {
        (path.len() + picture.bytes.len()) as u64
    }
}

impl Faces {
    /// `discord`: the connections to it, and where its API is.
    pub fn new((http, discord): (reqwest::Client, Url), keys: Keys) -> Self {
        let live = discord.host_str().is_some_and(|host| host == "discord.com");
        let cdn = if live { CDN.to_owned() } else { discord.as_str().trim_end_matches('/').to_owned() };
        let kept = Cache::with_weighter(PICTURES, KEPT, ByBytes);
        Self { http, cdn, keys, kept, turns: Semaphore::new(AT_ONCE) }
    }

    /// Our address of the picture that Discord has at `path`.
    pub fn address(&self, path: &str) -> String {
        format!("/faces/{}/{path}", self.keys.mark(Purpose::Face, path))
    }

    async fn picture(&self, path: &str) -> Option<Picture> {
        match self.kept.get_value_or_guard_async(path).await {
            Ok(picture) => Some(picture),
            Err(guard) => {
                let fetched = self.fetch(path).await;
                if let Some(picture) = &fetched {
                    // Evicted meanwhile: the next one fetches it again.
                    let _ = guard.insert(picture.clone());
                }
                fetched
            }
        }
    }

    async fn fetch(&self, path: &str) -> Option<Picture> {
        let _turn = self.turns.acquire().await.ok()?;
        let url = format!("{}/{path}?{SIZE}", self.cdn);
        let fetched = tokio::time::timeout(WITHIN, read(self.http.get(url))).await;
        let picture = fetched.ok().flatten();
        if picture.is_none() {
            tracing::debug!("a picture did not come");
        }
        picture
    }
}

/// A picture of a kind that browsers show and that can hold no script, of a bounded size.
async fn read(request: reqwest::RequestBuilder) -> Option<Picture> {
    let mut response = request.send().await.ok()?;
    let kind = response.headers().get(CONTENT_TYPE)?.clone();
    if response.status() != StatusCode::OK || !KINDS.iter().any(|known| kind == known) {
        return None;
    }
    let bytes = bounded::body(&mut response, BYTES_MAX).await.ok()??;
    Some(Picture { kind, bytes: bytes.into() })
}

pub(super) async fn show(State(call): State<Call>, Path((mark, path)): Path<(String, String)>) -> Response {
    let faces = &call.0.faces;
    if !faces.keys.is_mark(Purpose::Face, &path, &mark) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match faces.picture(&path).await {
        Some(Picture { kind, bytes }) => ([(CONTENT_TYPE, kind), (CACHE_CONTROL, FOR_EVER)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
