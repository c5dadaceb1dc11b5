//! Verbs that answer an interaction. They need no bot token: the interaction's own token is the secret,
//! good for 3 seconds until the first answer and for 15 minutes after it.
//! <https://discord.com/developers/docs/interactions/receiving-and-responding>

use std::time::Duration;

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serenity::{
    builder::{CreateInteractionResponse, CreateInteractionResponseFollowup, EditInteractionResponse},
    model::{application::Interaction, channel::Message},
};

use super::{
    ApplicationId, InteractionId,
    client::{As, CALLBACK, Call, Client, message_body, ping_nobody, plain_body},
    error::{Error, code},
};

/// What it takes to answer one interaction.
#[derive(Debug, Clone)]
pub struct Reply {
    pub application: ApplicationId,
    pub interaction: InteractionId,
    pub token: SecretString,
}

impl Reply {
    pub fn to(interaction: &Interaction) -> Self {
        Self {
            application: interaction.application_id(),
            interaction: interaction.id(),
            token: interaction.token().into(),
        }
    }
}

/// `@original` may not be there yet when later work overtakes the inline answer of HTTP delivery.
const NOT_THERE_YET: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(600), Duration::from_millis(800)];

/// A first answer as Discord reads it, also as the body of an HTTP interaction's response.
pub fn callback_body(response: &CreateInteractionResponse) -> Result<Value, Error> {
    let mut body = plain_body(response)?;
    match response {
        CreateInteractionResponse::Message(_) | CreateInteractionResponse::UpdateMessage(_) => {
            ping_nobody(&mut body["data"]);
        }
        // A deferred message takes one flag and nothing else.
        CreateInteractionResponse::Defer(_) => {
            let flags = body["data"].get("flags").cloned().unwrap_or_else(|| 0.into());
            body["data"] = serde_json::json!({ "flags": flags });
        }
        _ => {}
    }
    Ok(body)
}

impl Client {
    /// The first answer. What is not there within 2.5 s would be too late.
    pub async fn callback(&self, reply: &Reply, response: &CreateInteractionResponse) -> Result<(), Error> {
        let path = format!("interactions/{}/{}/callback", reply.interaction, reply.token.expose_secret());
        let call = Call::new(Method::POST, path)
            .key("interactions/:id/callback".to_owned())
            .speaks(As::Interaction)
            .timeout(CALLBACK)
            .json(callback_body(response)?);
        self.real
            .timeout(CALLBACK, self.tell(call))
            .await
            .unwrap_or_else(|| Err(Error::Unreachable("no answer in time".to_owned())))
    }

    /// Replaces what the first answer said (or promised, when it deferred).
    pub async fn edit_original(&self, reply: &Reply, edit: &EditInteractionResponse) -> Result<Message, Error> {
        let body = message_body(edit)?;
        let mut pauses = NOT_THERE_YET.iter();
        loop {
            let path = format!("webhooks/{}/{}/messages/@original", reply.application, reply.token.expose_secret());
            let call = Call::new(Method::PATCH, path)
                .key("interactions/:id/original".to_owned())
                .speaks(As::Interaction)
                .json(body.clone());
            match self.ask(call).await {
                Err(error) if error.code() == code::UNKNOWN_WEBHOOK => match pauses.next() {
                    Some(pause) => self.real.sleep(*pause).await,
                    None => return Err(error),
                },
                result => return result,
            }
        }
    }

    /// Another message after the first answer.
    pub async fn followup(&self, reply: &Reply, message: &CreateInteractionResponseFollowup) -> Result<Message, Error> {
        let path = format!("webhooks/{}/{}?wait=true", reply.application, reply.token.expose_secret());
        let call = Call::new(Method::POST, path)
            .key("interactions/:id/followup".to_owned())
            .speaks(As::Interaction)
            .json(message_body(message)?);
        self.ask(call).await
    }
}
