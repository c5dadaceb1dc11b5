//! A page without a browser: what it asks of the server, in its order.

use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{COOKIE, ORIGIN, SET_COOKIE},
};
use serde_json::{Value, json};

use super::{Failed, Result};

/// A tab whose ticket was swapped for a session.
pub struct Page {
    client: Client,
    url: String,
    room: String,
    cookie: String,
    sid: String,
}

impl Page {
    /// Opens somebody's personal link, as `/video` gave it.
    pub async fn open(url: &str, link: &str) -> Result<Self> {
        let parts = link.split_once("/r/").and_then(|(_, rest)| rest.split_once("#t="));
        let (room, ticket) = parts.ok_or_else(|| Failed::new(format!("no personal link: {link}")))?;
        let client = Client::builder().pool_max_idle_per_host(0).build()?;
        let nonce = uuid::Uuid::new_v4().to_string();
        let asked = client.post(format!("{url}/api/session")).header(ORIGIN, url);
        let answer = asked.json(&json!({ "ticket": ticket, "nonce": nonce })).send().await?.error_for_status()?;
        let cookie = answer.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).unwrap_or_default().to_owned();
        let begun: Value = answer.json().await?;
        let sid = begun["sid"].as_str().unwrap_or_default().to_owned();
        Ok(Self { client, url: url.to_owned(), room: room.to_owned(), cookie, sid })
    }

    /// How somebody who presses Join is answered.
    pub async fn presses(&self) -> Result<StatusCode> {
        let asked = self.client.post(format!("{}/api/rooms/{}/token", self.url, self.room));
        Ok(self.as_itself(asked).json(&json!({})).send().await?.status())
    }

    /// Listens to what changes.
    pub async fn stream(&self) -> Result<Response> {
        let asked = self.client.get(format!("{}/api/rooms/{}/stream", self.url, self.room));
        Ok(self.as_itself(asked).send().await?.error_for_status()?)
    }

    fn as_itself(&self, asked: RequestBuilder) -> RequestBuilder {
        asked.header(ORIGIN, &self.url).header(COOKIE, &self.cookie).header("x-greenroom-session", &self.sid)
    }
}
