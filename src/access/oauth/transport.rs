//! Discord's answers to a sign-in, of a bounded length, and failures that repeat nothing of them.

use std::pin::Pin;

use http::{HeaderMap, StatusCode};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};

/// A token's answer and a user's have a few hundred bytes.
const BODY_MAX: usize = 64 * 1024;

/// No answer. reqwest's own text may hold the URL; its kind is enough.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BrokeOff(&'static str);

/// Discord's connections for the OAuth library: it would read a body of any length.
pub struct Bounded(pub reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Bounded {
    type Error = BrokeOff;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BrokeOff>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(|_| BrokeOff("our own request is none"))?;
            let (status, headers, body) = read(reqwest::RequestBuilder::from_parts(self.0.clone(), request)).await?;
            let mut response = HttpResponse::new(body);
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}

/// Status, headers and body, which is read to a bound.
pub async fn read(request: reqwest::RequestBuilder) -> Result<(StatusCode, HeaderMap, Vec<u8>), BrokeOff> {
    let broke = |error: reqwest::Error| {
        BrokeOff(match error {
            error if error.is_timeout() => "no answer in time",
            error if error.is_connect() => "no connection",
            _ => "the connection broke",
        })
    };
    let mut response = request.send().await.map_err(broke)?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broke)? {
        if body.len() + chunk.len() > BODY_MAX {
            return Err(BrokeOff("an answer without end"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, headers, body))
}
