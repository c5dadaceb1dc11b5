//! Sign in with Discord: who somebody is, where no personal link says it.
//!
//! In: a browser and the room it wants into. Out: Discord's page to send it to and, when it comes back from there, the
//! user behind it. Authorization code flow with PKCE and the scope `identify` alone: whether that user may be in the
//! room is asked anew at every route. Nothing Discord gives us outlives the lookup.
//!
//! The state goes through Discord sealed and names the room, so that whoever comes back comes back there and nowhere
//! else. It belongs to one browser, which holds the other half in a cookie of its own for ten minutes, and is good once.

use std::{fmt, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use http::HeaderMap;
use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, Scope};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use url::Url;

use self::{lookup::Lookup, transport::known_code};
use crate::{
    clock::{Clock, millis},
    config, discord,
    secret::{Keys, Purpose, Random},
    store::Store,
};

/// Discord asked who somebody is.
mod lookup;

/// Discord's answers, of a bounded length.
mod transport;

/// Where Discord sends people back to; registered in its Developer Portal.
pub const CALLBACK: &str = "/oauth/callback";

/// From pressing "Sign in" to being back.
const WITHIN: Duration = Duration::from_secs(10 * 60);
/// Sign-ins a browser may have under way, one a tab.
const ATTEMPTS: usize = 4;
const ID_BITS: usize = 128;
/// RFC 7636 wants 43 to 128 characters: these give 52.
const VERIFIER_BITS: usize = 256;
/// Longer is none of ours, or none of Discord's; not worth opening.
const STATE_MAX: usize = 1024;
const CODE_MAX: usize = 512;
const ROOM_KEY: std::ops::RangeInclusive<usize> = 16..=64;

/// Sends browsers to Discord and reads who came back. Cheap to clone.
#[derive(Clone)]
pub struct SignIn(Arc<Inner>);

struct Inner {
    lookup: Arc<Lookup>,
    keys: Keys,
    store: Store,
    clock: Clock,
    random: Random,
    /// Plain http on loopback: browsers keep no `Secure` cookie there.
    secure: bool,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignIn")
    }
}

/// What Discord gives back through the browser.
#[derive(Deserialize)]
pub struct Returned {
    #[serde(default)]
    pub state: String,
    pub code: Option<AuthorizationCode>,
    /// OAuth's own code, `access_denied` for who pressed Cancel.
    pub error: Option<String>,
}

/// Somebody who came back and is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub room_key: String,
    pub user_id: u64,
}

/// Somebody who came back and is not known.
#[derive(Debug)]
pub struct Unknown {
    /// None: nothing of it can be believed, not even where they were going.
    pub room_key: Option<String>,
    pub why: SignInProblem,
}

/// Why a sign-in came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum SignInProblem {
    #[error("the state is none that was given out here")]
    Forged,
    #[error("it took longer than ten minutes")]
    Late,
    #[error("the state was used before")]
    Used,
    #[error("the browser is not the one that began")]
    OtherBrowser,
    #[error("the person declined")]
    Declined,
    /// Says nothing of the code or the token.
    #[error("Discord did not tell who it is: {0}")]
    Failed(String),
    #[error("the database does not do its part")]
    Store(#[from] sqlx::Error),
}

/// What travels through Discord, sealed.
#[derive(Serialize, Deserialize)]
struct State {
    id: String,
    room: String,
    /// Unix milliseconds.
    exp: i64,
}

/// What [`SignIn`] is made of.
pub struct SignInParts<'a> {
    pub config: &'a config::Discord,
    pub public_url: &'a Url,
    pub discord: discord::Client,
    pub keys: Keys,
    pub store: Store,
    pub clock: Clock,
    pub random: Random,
}

impl SignIn {
    /// None where no client secret is configured.
    ///
    /// # Errors
    /// Only for a `PUBLIC_URL` that takes no path.
    pub fn new(parts: SignInParts<'_>) -> anyhow::Result<Option<Self>> {
        let SignInParts { config, public_url, discord, keys, store, clock, random } = parts;
        let Some(client_secret) = config.client_secret.clone() else { return Ok(None) };
        let callback = public_url.join(CALLBACK).context("PUBLIC_URL: takes no path")?;
        Ok(Some(Self(Arc::new(Inner {
            secure: callback.scheme() == "https",
            lookup: Arc::new(Lookup::new(discord, config.api_url.clone(), client_secret, callback)),
            keys,
            store,
            clock,
            random,
        }))))
    }

    /// The same with less patience.
    #[cfg(test)]
    pub fn within(mut self, patience: Duration) -> Self {
        let inner = Arc::get_mut(&mut self.0).expect("not shared yet");
        Arc::get_mut(&mut inner.lookup).expect("not shared yet").patience = patience;
        self
    }

    /// Whether Discord takes the client secret, tried with a code that never was: a wrong secret is refused before
    /// the code is. None: Discord did not tell.
    pub async fn is_secret_taken(&self) -> Option<bool> {
        self.0.lookup.is_secret_taken(AuthorizationCode::new(self.0.random.id(128))).await
    }

    /// Discord's page, and the cookie that binds what comes back to this browser. `other_account`: whoever it is
    /// signed in as is to be asked whether to go on as that, else Discord does not ask twice.
    pub async fn begin(
        &self,
        headers: &HeaderMap,
        room_key: &str,
        other_account: bool,
    ) -> Result<(Url, CookieJar), SignInProblem> {
        let it = &self.0;
        let client = it.lookup.client().await?;
        let id = it.random.id(ID_BITS);
        let exp = it.clock.unix_ms() + millis(WITHIN);
        let state = State { id, room: room_key.to_owned(), exp };
        let verifier = it.random.id(VERIFIER_BITS);
        let sealed = serde_json::to_vec(&state).expect("a state is plain data");
        let sealed = it.keys.seal(Purpose::SignInState, "", &sealed);
        let (url, _) = client
            .authorize_url(|| CsrfToken::new(sealed))
            .add_scope(Scope::new("identify".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone())))
            .add_extra_param("prompt", if other_account { "consent" } else { "none" })
            .url();
        let mut jar = CookieJar::from_headers(headers);
        for name in it.abandoned(&jar) {
            jar = jar.remove(it.cookie(name, String::new()));
        }
        let name = it.name(&state.id);
        let value = it.keys.seal(Purpose::SignInCookie, &state.id, verifier.as_bytes());
        Ok((url, jar.add(it.cookie(name, value))))
    }

    /// Who came back; and the jar without the attempt, whatever came of it.
    pub async fn finish(&self, headers: &HeaderMap, returned: &Returned) -> (Result<Known, Unknown>, CookieJar) {
        let it = &self.0;
        let mut jar = CookieJar::from_headers(headers);
        let Some(state) = it.state(&returned.state) else {
            return (Err(Unknown { room_key: None, why: SignInProblem::Forged }), jar);
        };
        let user_id = it.user(&jar, &state, returned).await;
        let name = it.name(&state.id);
        if jar.get(&name).is_some() {
            jar = jar.remove(it.cookie(name, String::new()));
        }
        let room_key = state.room;
        match user_id {
            Ok(user_id) => (Ok(Known { room_key, user_id }), jar),
            Err(why) => (Err(Unknown { room_key: Some(room_key), why }), jar),
        }
    }
}

/// Whether it can be a room's key at all: it becomes part of an address.
pub fn is_room_key(key: &str) -> bool {
    ROOM_KEY.contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

impl Inner {
    /// What we sealed, whoever brings it.
    fn state(&self, sealed: &str) -> Option<State> {
        if sealed.len() > STATE_MAX {
            return None;
        }
        let plain = self.keys.open(Purpose::SignInState, "", sealed).ok()?;
        serde_json::from_slice(plain.expose_secret()).ok()
    }

    async fn user(&self, jar: &CookieJar, state: &State, returned: &Returned) -> Result<u64, SignInProblem> {
        if self.clock.unix_ms() >= state.exp {
            return Err(SignInProblem::Late);
        }
        let cookie = jar.get(&self.name(&state.id));
        let verifier =
            cookie.and_then(|cookie| self.keys.open_text(Purpose::SignInCookie, &state.id, cookie.value()).ok());
        let used = format!("oauth:{}", state.id);
        let Some(verifier) = verifier else {
            let was_used = self.store.sid_is_denied(&used).await?;
            return Err(if was_used { SignInProblem::Used } else { SignInProblem::OtherBrowser });
        };
        if !self.store.use_once(&used, state.exp).await? {
            return Err(SignInProblem::Used);
        }
        let code = match (&returned.error, &returned.code) {
            (Some(error), _) if error == "access_denied" => return Err(SignInProblem::Declined),
            (Some(error), _) => return Err(SignInProblem::Failed(format!("it answers {}", known_code(error)))),
            (None, Some(code)) if (1..=CODE_MAX).contains(&code.secret().len()) => code.clone(),
            (None, _) => return Err(SignInProblem::Failed("no code came back".to_owned())),
        };
        self.lookup.user(code, verifier).await
    }

    /// Attempts to forget, where a browser has begun too many.
    fn abandoned(&self, jar: &CookieJar) -> Vec<String> {
        let under_way = jar.iter().map(Cookie::name).filter(|name| name.starts_with(self.prefix()));
        let names: Vec<String> = under_way.map(str::to_owned).collect();
        if names.len() < ATTEMPTS { Vec::new() } else { names }
    }

    fn cookie(&self, name: String, value: String) -> Cookie<'static> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            // Strict would not be sent on the way back from Discord.
            .same_site(SameSite::Lax)
            .max_age(WITHIN.try_into().expect("ten minutes fit any duration"))
            .build()
    }

    fn name(&self, id: &str) -> String {
        format!("{}{id}", self.prefix())
    }

    /// No session's cookie: a `sid` has no dash.
    fn prefix(&self) -> &'static str {
        if self.secure { "__Host-gr-oauth-" } else { "gr-dev-oauth-" }
    }
}
