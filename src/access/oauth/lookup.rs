//! Who somebody is, asked of Discord with the code that their browser brought back.
//!
//! In: a code and the half that proves it ours. Out: a user's id. The token that lies between is given back.

use std::{sync::Arc, time::Duration};

use http::{HeaderValue, StatusCode, header::AUTHORIZATION};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, EndpointNotSet, EndpointSet, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::{
    SignInProblem,
    transport::{Bounded, read, refusal},
};
use crate::discord;

/// How long the person who is back waits for Discord to say who they are.
const PATIENCE: Duration = Duration::from_secs(8);
/// Nobody waits for it.
const REVOKE_WITHIN: Duration = Duration::from_secs(10);
/// Sign-ins that may wait for Discord at once; more are told to try again.
const IN_FLIGHT: usize = 64;

/// Asks Discord, in the application's name.
pub struct Lookup {
    discord: discord::Client,
    http: Bounded,
    /// Every address hangs below it.
    api_url: Url,
    client_secret: SecretString,
    callback: RedirectUrl,
    places: Arc<Semaphore>,
    pub patience: Duration,
}

/// The little of a user that is looked at.
#[derive(Deserialize)]
struct User {
    id: String,
}

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl Lookup {
    pub fn new(discord: discord::Client, api_url: Url, client_secret: SecretString, callback: Url) -> Self {
        Self {
            http: Bounded(discord.http()),
            discord,
            api_url,
            client_secret,
            callback: RedirectUrl::from_url(callback),
            places: Arc::new(Semaphore::new(IN_FLIGHT)),
            patience: PATIENCE,
        }
    }

    /// `never` is a code that never was.
    pub async fn is_secret_taken(&self, never: AuthorizationCode) -> Option<bool> {
        let ask = async {
            let client = self.client().await.ok()?;
            match client.exchange_code(never).request_async(&self.http).await {
                Err(RequestTokenError::ServerResponse(answer)) => {
                    Some(*answer.error() != BasicErrorResponseType::InvalidClient)
                }
                _ => None,
            }
        };
        // By the machine's time: it bounds sockets.
        tokio::time::timeout(self.patience, ask).await.ok().flatten()
    }

    pub async fn client(&self) -> Result<Client, SignInProblem> {
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

    /// Whom the code is of, unless too many are asked about.
    pub async fn user(self: &Arc<Self>, code: AuthorizationCode, verifier: SecretString) -> Result<u64, SignInProblem> {
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
}
