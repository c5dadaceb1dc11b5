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
use http::{HeaderMap, HeaderValue, StatusCode, header::AUTHORIZATION};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use self::transport::{Bounded, known_code, read, refusal};
use crate::{
    clock::{Clock, millis},
    config, discord,
    secret::{Keys, Purpose, Random},
    store::Store,
};

/// Discord's answers, of a bounded length.
mod transport;

/// Where Discord sends people back to; registered in its Developer Portal.
pub const CALLBACK: &str = "/oauth/callback";

/// From pressing "Sign in" to being back.
const WITHIN: Duration = Duration::from_secs(10 * 60);
/// How long the person who is back waits for Discord to say who they are.
const PATIENCE: Duration = Duration::from_secs(8);
/// Nobody waits for it.
const REVOKE_WITHIN: Duration = Duration::from_secs(10);
/// Sign-ins that may wait for Discord at once; more are told to try again.
const IN_FLIGHT: usize = 64;
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
    discord: discord::Client,
    http: Bounded,
    /// Every address hangs below it.
    api_url: Url,
    client_secret: SecretString,
    callback: RedirectUrl,
    keys: Keys,
    store: Store,
    clock: Clock,
    random: Random,
    /// Plain http on loopback: browsers keep no `Secure` cookie there.
    secure: bool,
    places: Arc<Semaphore>,
    patience: Duration,
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

/// The little of a user that is looked at.
#[derive(Deserialize)]
struct User {
    id: String,
}

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

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
            http: Bounded(discord.http()),
            discord,
            api_url: config.api_url.clone(),
            client_secret,
            secure: callback.scheme() == "https",
            callback: RedirectUrl::from_url(callback),
            keys,
            store,
            clock,
            random,
            places: Arc::new(Semaphore::new(IN_FLIGHT)),
            patience: PATIENCE,
        }))))
    }

    /// The same with less patience.
    #[cfg(test)]
    pub fn within(mut self, patience: Duration) -> Self {
        Arc::get_mut(&mut self.0).expect("not shared yet").patience = patience;
        self
    }

    /// Whether Discord takes the client secret, tried with a code that never was: a wrong secret is refused before
    /// the code is. None: Discord did not tell.
    pub async fn is_secret_taken(&self) -> Option<bool> {
        let inner = &self.0;
        let never = AuthorizationCode::new(inner.random.id(128));
        let ask = async {
            let client = inner.client().await.ok()?;
            match client.exchange_code(never).request_async(&inner.http).await {
                Err(RequestTokenError::ServerResponse(answer)) => {
                    Some(*answer.error() != BasicErrorResponseType::InvalidClient)
                }
                _ => None,
            }
        };
        // By the machine's time: it bounds sockets.
        tokio::time::timeout(inner.patience, ask).await.ok().flatten()
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
        let client = it.client().await?;
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
    async fn client(&self) -> Result<Client, SignInProblem> {
        let id = self.discord.application_id().await.map_err(|error| SignInProblem::Failed(error.to_string()))?;
        Ok(BasicClient::new(ClientId::new(id.to_string()))
            .set_client_secret(ClientSecret::new(self.client_secret.expose_secret().to_owned()))
            .set_auth_uri(AuthUrl::from_url(self.address("/oauth2/authorize")))
            .set_token_uri(TokenUrl::from_url(self.address("/api/v10/oauth2/token")))
            .set_redirect_uri(self.callback.clone()))
    }

    fn address(&self, path: &str) -> Url {
        let mut url = self.api_url.clone();
        url.set_path(path);
        url
    }

    /// What we sealed, whoever brings it.
    fn state(&self, sealed: &str) -> Option<State> {
        if sealed.len() > STATE_MAX {
            return None;
        }
        let plain = self.keys.open(Purpose::SignInState, "", sealed).ok()?;
        serde_json::from_slice(plain.expose_secret()).ok()
    }

    async fn user(self: &Arc<Self>, jar: &CookieJar, state: &State, returned: &Returned) -> Result<u64, SignInProblem> {
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
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| SignInProblem::Failed("too many sign-ins at once".to_owned()))?;
        let asked = tokio::spawn(self.clone().ask(code, verifier, place)).await;
        asked.unwrap_or_else(|_| Err(SignInProblem::Failed("asking broke off".to_owned())))
    }

    /// By the machine's time: it bounds sockets. Goes on when the browser hangs up, so that the token is given back.
    async fn ask(
        self: Arc<Self>,
        code: AuthorizationCode,
        verifier: SecretString,
        _place: OwnedSemaphorePermit,
    ) -> Result<u64, SignInProblem> {
        let deadline = tokio::time::Instant::now() + self.patience;
        let late = |_| SignInProblem::Failed("no answer in time".to_owned());
        let client = tokio::time::timeout_at(deadline, self.client()).await.map_err(late)??;
        let token = tokio::time::timeout_at(deadline, self.token(&client, code, verifier)).await.map_err(late)??;
        let user_id = tokio::time::timeout_at(deadline, self.me(&token)).await.unwrap_or_else(|error| Err(late(error)));
        tokio::spawn(async move { self.give_back(client.client_id(), &token).await });
        user_id
    }

    async fn token(
        &self,
        client: &Client,
        code: AuthorizationCode,
        verifier: SecretString,
    ) -> Result<SecretString, SignInProblem> {
        let answer = client
            .exchange_code(code)
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
            .request_async(&self.http)
            .await;
        match answer {
            Ok(token) => Ok(token.access_token().secret().clone().into()),
            Err(error) => Err(SignInProblem::Failed(refusal(&error))),
        }
    }

    async fn me(&self, token: &SecretString) -> Result<u64, SignInProblem> {
        let failed = |why: String| SignInProblem::Failed(format!("asked who it is, {why}"));
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| failed("the token is none".to_owned()))?;
        bearer.set_sensitive(true);
        let request = self.http.0.get(self.address("/api/v10/users/@me")).header(AUTHORIZATION, bearer);
        let (status, _, body) = read(request).await.map_err(|error| failed(error.to_string()))?;
        if status != StatusCode::OK {
            return Err(failed(format!("it answers with status {}", status.as_u16())));
        }
        let user: Option<User> = serde_json::from_slice(&body).ok();
        let id = user.and_then(|user| user.id.parse().ok()).filter(|id| *id != 0);
        id.ok_or_else(|| failed("it answers without a user".to_owned()))
    }

    /// Gives the token back; nobody waits for it. One that can't be given back runs out in a week and tells no more
    /// than a name.
    async fn give_back(&self, client_id: &ClientId, token: &SecretString) {
        let request = self
            .http
            .0
            .post(self.address("/api/v10/oauth2/token/revoke"))
            .timeout(REVOKE_WITHIN)
            .basic_auth(client_id.as_str(), Some(self.client_secret.expose_secret()))
            .form(&[("token", token.expose_secret()), ("token_type_hint", "access_token")]);
        match read(request).await {
            Ok((status, _, _)) if status.is_success() => {}
            Ok((status, _, _)) => tracing::warn!(status = status.as_u16(), "Discord takes no token back"),
            Err(error) => tracing::warn!(%error, "a token could not be given back to Discord"),
        }
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
