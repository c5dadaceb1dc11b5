//! One call, told as it was answered: for `greenroom check --deep`, which wants to know how SignalWire says things,
//! where everything else wants to know only what.

use std::time::Duration;

use reqwest::{Method, header::DATE};
use serde_json::Value;

use super::{
    Client, Error, Fault,
    client::{Call, read_bounded},
};

const WITHIN: Duration = Duration::from_secs(10);

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Raw {
    pub status: u16,
    /// What time it was there: unix milliseconds, of whole seconds.
    pub date: Option<i64>,
    /// Null when there was none, or none that is JSON.
    pub body: Value,
}

impl Client {
    /// Once, without trying again.
    pub async fn raw(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Raw, Error> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let body = body.map(|body| body.to_string().into());
        let call = Call { route: "check --deep", method, url, body };
        match tokio::time::timeout(WITHIN, self.ask_once(&call)).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Unavailable(Fault::Timeout)),
        }
    }

    /// For good; what becomes of who is inside is R16 in docs/assumptions.md. `false` when there was no such room.
    pub async fn delete_room(&self, room_id: &str) -> Result<bool, Error> {
        match self.raw(Method::DELETE, &["rooms", room_id], &[], None).await?.status {
            200..=299 => Ok(true),
            404 => Ok(false),
            status => Err(Error::Unavailable(Fault::Status(status))),
        }
    }

    async fn ask_once(&self, call: &Call) -> Result<Raw, Error> {
        let response = self.sent(call).await?;
        let status = response.status().as_u16();
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let date = date.map(|date| date.timestamp().as_millisecond());
        let body = read_bounded(call.route, response).await?;
        Ok(Raw { status, date, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}
