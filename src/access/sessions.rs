//! Browser sessions: each tab's own proof of who sits before it, in an encrypted cookie of its own.
//!
//! In: cookies and the `sid` a tab names. Out: the [`BrowserSession`] meant, or why there is none. The `sid` is no
//! secret, the cookie is; so two people can share one browser, each in a tab. Nothing is stored here but the sids of
//! who signed out.

use std::{sync::Arc, time::Duration};

use axum::response::{IntoResponseParts, ResponseParts};
use axum_extra::extract::cookie::{Cookie, CookieJar, Key, PrivateCookieJar, SameSite};
use http::HeaderMap;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    clock::{Clock, millis},
    secret::Keys,
    store::Store,
};

/// How long a session lasts.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// Sessions kept in one browser, the newest.
const KEPT: usize = 4;
/// Rooms one session reaches by tickets, the newest.
const ROOMS_MAX: usize = 8;
/// Cookies of ours looked at in one request; a browser of ours has [`KEPT`].
const READ_MAX: usize = 16;
/// How long "has not signed out" is believed without asking the database.
const NOT_DENIED_FOR: Duration = Duration::from_secs(5);
const DENIED_REMEMBERED: usize = 20_000;
const VERSION: u8 = 1;

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// A personal link: reaches the rooms it was given for.
    Ticket,
    /// Discord's sign-in: reaches every room.
    Oauth,
    /// A guest's link: reaches the room it was given for.
    Guest,
}

/// One session, as its cookie says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserSession {
    #[serde(rename = "v")]
    version: u8,
    pub sid: String,
    #[serde(rename = "user")]
    pub user_id: u64,
    pub via: Via,
    rooms: Vec<String>,
    /// Unix seconds.
    iat: i64,
    exp: i64,
}

impl BrowserSession {
    /// The room it was last begun for.
    pub fn newest_room(&self) -> Option<&str> {
        self.rooms.last().map(String::as_str)
    }

    /// Whether it speaks for its person in that room at all; Discord decides the rest.
    pub fn reaches(&self, room_key: &str) -> bool {
        self.via == Via::Oauth || self.rooms.iter().any(|room| room == room_key)
    }
}

/// Which session a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    This(BrowserSession),
    /// The tab's session is gone, and somebody else's in this browser reaches the room.
    Changed(BrowserSession),
    /// None that reaches the room.
    None,
}

/// A session that begins.
#[derive(Debug, Clone, Copy)]
pub struct Begun<'a> {
    pub sid: &'a str,
    pub user_id: u64,
    pub via: Via,
    pub room_key: &'a str,
    /// What the tab had before.
    pub tab: Option<&'a BrowserSession>,
}

/// Cookies for an answer to set or drop.
#[derive(Debug)]
#[must_use = "part of an answer, or it does nothing"]
pub struct SetCookies {
    private: PrivateCookieJar,
    /// Removes also what none of our keys reads.
    plain: CookieJar,
}

impl IntoResponseParts for SetCookies {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        self.plain.into_response_parts(self.private.into_response_parts(response)?)
    }
}

/// Reads and writes sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    /// Writes with the first, reads with all.
    keys: Arc<[Key]>,
    /// Plain http on loopback: browsers keep no `Secure` cookie there.
    secure: bool,
    clock: Clock,
    store: Store,
    denied: Arc<Cache<String, Denied>>,
}

#[derive(Clone, Copy)]
struct Denied {
    denied: bool,
    asked_at: Duration,
}

impl Denied {
    /// Who signed out stays so; who has not may do it at another instance. Somebody else may have asked after `now` was
    /// read.
    fn counts(self, now: Duration) -> bool {
        self.denied || now.saturating_sub(self.asked_at) < NOT_DENIED_FOR
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

impl Sessions {
    pub fn new(keys: &Keys, public_url: &Url, clock: Clock, store: Store) -> Self {
        Self {
            keys: keys.cookie_keys().into(),
            secure: public_url.scheme() == "https",
            clock,
            store,
            denied: Arc::new(Cache::new(DENIED_REMEMBERED)),
        }
    }

    /// The session meant by a tab that names `sid`, or by one that names none, for that room.
    pub async fn meant(&self, headers: &HeaderMap, sid: Option<&str>, room_key: &str) -> sqlx::Result<Meant> {
        let all = self.all(headers).await?;
        let named = sid.and_then(|sid| all.iter().find(|session| session.sid == sid));
        if let Some(named) = named.filter(|session| session.reaches(room_key)) {
            return Ok(Meant::This(named.clone()));
        }
        let Some(newest) = all.iter().find(|session| session.reaches(room_key)) else { return Ok(Meant::None) };
        // A tab without a session of its own takes the browser's; so does one whose person has another for the room.
        let same_person = sid.is_none() || named.is_some_and(|named| named.user_id == newest.user_id);
        Ok(if same_person { Meant::This(newest.clone()) } else { Meant::Changed(newest.clone()) })
    }

    /// The session that `sid` names, wherever it reaches.
    pub async fn named(&self, headers: &HeaderMap, sid: &str) -> sqlx::Result<Option<BrowserSession>> {
        match self.read(&self.jars(headers), sid) {
            Some(session) if !self.is_denied(&session.sid).await? => Ok(Some(session)),
            _ => Ok(None),
        }
    }

    /// Whether a session read a while ago is still good.
    pub async fn lasts(&self, session: &BrowserSession) -> sqlx::Result<bool> {
        Ok(self.clock.unix_seconds() < session.exp && !self.is_denied(&session.sid).await?)
    }

    /// A session for somebody a ticket or Discord vouched for, and the cookies that make it so. `tab` is the session
    /// the tab had before: the same person keeps its rooms.
    pub fn begin(&self, headers: &HeaderMap, begun: Begun<'_>) -> (BrowserSession, SetCookies) {
        let now = self.clock.unix_seconds();
        let before = begun.tab.filter(|tab| tab.user_id == begun.user_id).map(|tab| tab.rooms.clone());
        let mut rooms: Vec<String> = before.unwrap_or_default();
        rooms.retain(|room| room != begun.room_key);
        rooms.push(begun.room_key.to_owned());
        rooms.drain(..rooms.len().saturating_sub(ROOMS_MAX));
        let session = BrowserSession {
            version: VERSION,
            sid: begun.sid.to_owned(),
            user_id: begun.user_id,
            via: begun.via,
            rooms,
            iat: now,
            exp: now + millis(LIFETIME) / 1000,
        };

        let jars = self.jars(headers);
        let mut kept: Vec<BrowserSession> = self.sids(headers).iter().filter_map(|sid| self.read(&jars, sid)).collect();
        kept.retain(|other| other.sid != session.sid);
        newest_first(&mut kept);
        kept.truncate(KEPT - 1);
        let mut cookies = SetCookies { private: self.empty_jar(), plain: CookieJar::from_headers(headers) };
        let value = serde_json::to_string(&session).expect("a session is plain data");
        cookies.private = cookies.private.add(self.cookie(&session.sid, value));
        for sid in self.sids(headers) {
            if sid != session.sid && !kept.iter().any(|other| other.sid == sid) {
                cookies.plain = cookies.plain.remove(self.cookie(&sid, String::new()));
            }
        }
        (session, cookies)
    }

    /// Ends a session for good: its cookie goes, and a copy of it is worth nothing.
    pub async fn end(&self, headers: &HeaderMap, session: &BrowserSession) -> sqlx::Result<SetCookies> {
        self.store.deny_sid(&session.sid, session.exp * 1000).await?;
        let denied = Denied { denied: true, asked_at: self.clock.monotonic() };
        self.denied.insert(session.sid.clone(), denied);
        let plain = CookieJar::from_headers(headers).remove(self.cookie(&session.sid, String::new()));
        Ok(SetCookies { private: self.empty_jar(), plain })
    }

    /// All valid sessions of this browser, the newest first.
    async fn all(&self, headers: &HeaderMap) -> sqlx::Result<Vec<BrowserSession>> {
        let jars = self.jars(headers);
        let mut all = Vec::new();
        for sid in self.sids(headers) {
            if let Some(session) = self.read(&jars, &sid)
                && !self.is_denied(&session.sid).await?
            {
                all.push(session);
            }
        }
        newest_first(&mut all);
        Ok(all)
    }

    /// What the database would be asked again anyway takes up memory for nothing.
    pub fn forget_old(&self) {
        let now = self.clock.monotonic();
        self.denied.retain(|_, known| known.counts(now));
    }

    /// Of how many it is known whether they signed out.
    pub fn kept(&self) -> usize {
        self.denied.len()
    }

    async fn is_denied(&self, sid: &str) -> sqlx::Result<bool> {
        let now = self.clock.monotonic();
        if let Some(known) = self.denied.get(sid).filter(|known| known.counts(now)) {
            return Ok(known.denied);
        }
        let denied = self.store.sid_is_denied(sid).await?;
        self.denied.insert(sid.to_owned(), Denied { denied, asked_at: now });
        Ok(denied)
    }

    /// The sids that cookies of ours claim to be of.
    fn sids(&self, headers: &HeaderMap) -> Vec<String> {
        let jar = CookieJar::from_headers(headers);
        let names = jar.iter().filter_map(|cookie| cookie.name().strip_prefix(self.prefix()));
        names.filter(|sid| is_sid(sid)).take(READ_MAX).map(str::to_owned).collect()
    }

    /// The session in the cookie of that sid: encrypted by one of our keys, of this sid, and not over.
    fn read(&self, jars: &[PrivateCookieJar], sid: &str) -> Option<BrowserSession> {
        let name = self.name(sid);
        let cookie = jars.iter().find_map(|jar| jar.get(&name))?;
        let session: BrowserSession = serde_json::from_str(cookie.value()).ok()?;
        let now = self.clock.unix_seconds();
        let lasts = session.iat <= now + CLOCKS_DIFFER && now < session.exp;
        // A key that leaked must not be good for sessions without end.
        let short = session.exp.saturating_sub(session.iat) <= millis(LIFETIME) / 1000;
        (session.version == VERSION && session.sid == sid && lasts && short).then_some(session)
    }

    /// The request's cookies, as each key reads them.
    fn jars(&self, headers: &HeaderMap) -> Vec<PrivateCookieJar> {
        self.keys.iter().map(|key| PrivateCookieJar::from_headers(headers, key.clone())).collect()
    }

    fn empty_jar(&self) -> PrivateCookieJar {
        PrivateCookieJar::new(self.keys[0].clone())
    }

    fn cookie(&self, sid: &str, value: String) -> Cookie<'static> {
        Cookie::build((self.name(sid), value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            // Strict would not be sent on the way back from Discord's sign-in.
            .same_site(SameSite::Lax)
            .max_age(LIFETIME.try_into().expect("twelve hours fit any duration"))
            .build()
    }

    fn name(&self, sid: &str) -> String {
        format!("{}{sid}", self.prefix())
    }

    fn prefix(&self) -> &'static str {
        // Browsers take `__Host-` only from this very host, over https, for all paths.
        if self.secure { "__Host-gr-" } else { "gr-dev-" }
    }
}

/// Seconds another instance's clock may be ahead.
const CLOCKS_DIFFER: i64 = 60;

/// The newest first; of two begun in the same second, the order is that of their sids, so that it is one.
fn newest_first(sessions: &mut [BrowserSession]) {
    sessions.sort_by(|a, b| (b.iat, &b.sid).cmp(&(a.iat, &a.sid)));
}

fn is_sid(sid: &str) -> bool {
    (16..=64).contains(&sid.len()) && sid.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
