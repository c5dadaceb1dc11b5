//! Discord's answers to a sign-in, of a bounded length, and failures that repeat nothing of them.

use std::pin::Pin;

use http::{HeaderMap, StatusCode};
use oauth2::{
    AsyncHttpClient, HttpRequest, HttpResponse, RequestTokenError,
    basic::{BasicErrorResponseType, BasicRequestTokenError},
};

use crate::bounded;

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
    let body = bounded::body(&mut response, BODY_MAX).await.map_err(broke)?;
    Ok((status, headers, body.ok_or(BrokeOff("an answer without end"))?))
}

/// Why no token came. Neither what was sent nor what was answered is repeated, but for OAuth's own codes.
pub fn refusal(error: &BasicRequestTokenError<BrokeOff>) -> String {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            if *answer.error() == BasicErrorResponseType::InvalidClient {
                tracing::error!(
                    "DISCORD_CLIENT_SECRET: Discord refuses it; copy it from the Developer Portal > OAuth2"
                );
            }
            format!("it answers {}", known_code(answer.error().as_ref()))
        }
        RequestTokenError::Request(error) => error.to_string(),
        RequestTokenError::Parse(..) => "its answer can't be read".to_owned(),
        RequestTokenError::Other(_) => "its answer is odd".to_owned(),
    }
}

/// One of OAuth's codes (RFC 6749 sections 4.1.2.1 and 5.2): other text stays out of the log.
pub fn known_code(code: &str) -> &'static str {
    const CODES: [&str; 9] = [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
    ];
    CODES.into_iter().find(|known| *known == code).unwrap_or("an error that OAuth does not know")
}
