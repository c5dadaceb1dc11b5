//! One question over HTTP, with a limit on everything.

use std::time::Duration;

use http::StatusCode;
use url::Url;

/// Of an answer, so much is read.
const ANSWER_MAX: usize = 64 * 1024;

/// Whether the environment's proxies are asked, as `HTTPS_PROXY` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxies {
    AsSet,
    /// It is this machine that is asked.
    None,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

/// What stands there; wherever else that may lead to is not followed.
pub(super) async fn get(url: Url, within: Duration, proxies: Proxies) -> reqwest::Result<Answer> {
    let http = reqwest::Client::builder().timeout(within).redirect(reqwest::redirect::Policy::none());
    let http = if proxies == Proxies::None { http.no_proxy() } else { http };
    let mut answer = http.build()?.get(url).send().await?;
    let (status, mut body) = (answer.status(), Vec::new());
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_MAX {
            break;
        }
    }
    Ok(Answer { status, body })
}
