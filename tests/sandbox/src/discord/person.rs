//! Somebody sitting in front of Discord: runs commands, presses buttons, reads channels. Refused what
//! Discord's client and servers refuse them.

use std::time::Instant;

use serde_json::{Value, json};

use super::{
    Discord,
    answer::Answer,
    compose,
    form::Draft,
    id::Id,
    interact::{self, Ask},
    permissions::{MANAGE_THREADS, USE_APPLICATION_COMMANDS},
    refusal::Refusal,
    state::{Channel, First, Kind, State, Stored, Writer, asks},
    view::{Choice, Command, Message, Modal, Place, Someone},
};

const NO_ACCESS: &str = "You do not have access to this channel.";

/// A person of the cast. Channels are named (`"general"`, `"#general"`) or given by id; `"dm"` is the
/// person's own conversation with the bot.
#[derive(Clone)]
pub struct Person {
    pub(super) discord: Discord,
    pub(super) id: Id,
    pub(super) insists: bool,
}

impl Person {
    pub fn id(&self) -> Id {
        self.id
    }

    pub fn is(&self) -> Someone {
        self.look(|state| state.someone(self.id)).expect("nobody of the cast is ever forgotten")
    }

    /// The same person with a modified client: skips what only Discord's own client checks (where a
    /// command is offered, disabled buttons, default permissions).
    pub fn insisting(&self) -> Self {
        Self { insists: true, ..self.clone() }
    }

    /// Sets the language of the person's client, such as `de`.
    pub fn speaks(&self, locale: &str) -> &Self {
        self.discord.service.change(|state| {
            if let Some(user) = state.users.get_mut(&self.id) {
                locale.clone_into(&mut user.locale);
            }
        });
        self
    }

    /// Runs a slash command; a subcommand is named after a space (`"room end"`). Waits for the first
    /// answer, at most the three seconds Discord waits.
    pub async fn runs(&self, channel: &str, command: &str, options: &[(&str, &str)]) -> Answer {
        let prepared = self.discord.service.change(|state| {
            let (channel, found) = self.command(state, channel, command)?;
            let data = found.filled(state, options, self.insists)?;
            let (channel, command) = (channel.id, Some(found.name()));
            // Whoever uses a thread brings it back.
            state.unarchive(channel);
            Ok(Ask { kind: asks::COMMAND, user: self.id, channel, command, pressed: None, data })
        });
        self.ask(prepared).await
    }

    /// Types into an option with autocomplete; what is suggested. Nothing when the application is silent.
    pub async fn types(&self, channel: &str, command: &str, option: &str, so_far: &str) -> Vec<Choice> {
        let prepared: Result<Ask, String> = self.look(|state| {
            let (channel, found) = self.command(state, channel, command)?;
            let data = found.typing(option, so_far)?;
            let (channel, command) = (channel.id, Some(found.name()));
            Ok(Ask { kind: asks::AUTOCOMPLETE, user: self.id, channel, command, pressed: None, data })
        });
        let Ok(ask) = prepared else { return vec![] };
        let (id, _) = interact::ask(&self.discord.service, ask).await;
        self.look(|state| state.interaction(id).map(|interaction| interaction.choices.clone())).unwrap_or_default()
    }

    /// The channel and the command, if this person may run it there.
    fn command<'a>(
        &self,
        state: &'a State,
        channel: &str,
        command: &str,
    ) -> Result<(&'a Channel, compose::Found<'a>), String> {
        let channel = self.place(state, channel)?;
        let bits = state.permissions(self.id, channel);
        if bits & USE_APPLICATION_COMMANDS == 0 {
            return Err("You do not have permission to use application commands here.".into());
        }
        if channel.thread.as_ref().is_some_and(|thread| thread.locked) && bits & MANAGE_THREADS == 0 {
            return Err("This thread is locked.".into());
        }
        let found = compose::find(&state.offered(self.id, channel, self.insists), command);
        Ok((channel, found.ok_or_else(|| format!("There is no command /{command} here."))?))
    }

    /// Presses the button with this label or custom id.
    pub async fn presses(&self, message: Id, button: &str) -> Answer {
        let prepared = self.look(|state| {
            let message = self.message(state, message)?;
            let part = parts(message)
                .find(|part| part["type"] == 2 && (part["label"] == button || part["custom_id"] == button));
            let part = part.ok_or_else(|| format!("There is no button {button}."))?;
            if part["custom_id"].is_null() {
                return Err(format!("{button} is a link."));
            }
            self.use_component(
                message,
                part,
                json!({ "custom_id": part["custom_id"], "component_type": 2, "id": part["id"] }),
            )
        });
        self.ask(prepared).await
    }

    /// Picks from the select menu with this custom id.
    pub async fn chooses(&self, message: Id, select: &str, values: &[&str]) -> Answer {
        let prepared = self.look(|state| {
            let message = self.message(state, message)?;
            let part = parts(message).find(|part| part["type"] != 2 && part["custom_id"] == select);
            let part = part.ok_or_else(|| format!("There is no menu {select}."))?;
            let offers = |value: &str| {
                part["options"].as_array().is_none_or(|options| options.iter().any(|option| option["value"] == value))
            };
            if let Some(unknown) = values.iter().find(|value| !offers(value)) {
                return Err(format!("{unknown} is not among the entries."));
            }
            let data = json!({
                "custom_id": select, "component_type": part["type"], "id": part["id"], "values": values,
            });
            self.use_component(message, part, data)
        });
        self.ask(prepared).await
    }

    fn use_component(&self, message: &Stored, part: &Value, data: Value) -> Result<Ask, String> {
        if part["disabled"] == true && !self.insists {
            return Err("It is disabled.".into());
        }
        let channel = message.channel;
        Ok(Ask { kind: asks::COMPONENT, user: self.id, channel, command: None, pressed: Some(message.id), data })
    }

    /// Sends a form the bot opened, with these inputs (custom id, text) filled in.
    pub async fn submits(&self, modal: &Modal, inputs: &[(&str, &str)]) -> Answer {
        let prepared = self.look(|state| {
            let opener = state.interaction(modal.interaction).filter(|opener| opener.user == self.id);
            let opener = opener.ok_or("That form is not open.")?;
            let mut rows = vec![];
            for input in &modal.inputs {
                let given = inputs.iter().find(|(name, _)| *name == input.custom_id).map(|(_, text)| *text);
                let text = given.unwrap_or(&input.value);
                if input.required && text.is_empty() && !self.insists {
                    return Err(format!("{} is required.", input.label));
                }
                let part = json!({ "type": 4, "id": 2, "custom_id": input.custom_id, "value": text });
                rows.push(json!({ "type": 1, "id": 1, "components": [part] }));
            }
            let data = json!({ "custom_id": modal.custom_id, "components": rows });
            let (channel, pressed) = (opener.channel, opener.pressed);
            Ok(Ask { kind: asks::MODAL, user: self.id, channel, command: opener.command.clone(), pressed, data })
        });
        self.ask(prepared).await
    }

    async fn ask(&self, prepared: Result<Ask, String>) -> Answer {
        let asked = Instant::now();
        let (interaction, problem) = match prepared {
            Ok(ask) => {
                let (id, is_answered) = interact::ask(&self.discord.service, ask).await;
                (id, (!is_answered).then(|| interact::NO_ANSWER.to_owned()))
            }
            Err(problem) => (Id(0), Some(problem)),
        };
        let (first, after) = self
            .look(|state| state.interaction(interaction).map(|asked| (asked.first, asked.first_after)))
            .unwrap_or_default();
        Answer {
            first_after: if first.is_some() { after } else { asked.elapsed() },
            deferred: matches!(first, Some(First::Deferred | First::DeferredUpdate)),
            interaction,
            discord: self.discord.clone(),
            problem,
        }
    }

    /// Types an ordinary message.
    pub fn says(&self, channel: &str, content: &str) -> Result<Message, String> {
        self.discord.service.change(|state| {
            let channel = self.place(state, channel)?;
            if !state.may_send(self.id, channel) {
                return Err("You do not have permission to send messages in this channel.".into());
            }
            let (channel, is_text) = (channel.id, channel.kind != Kind::Forum);
            let draft = Draft::read(&json!({ "content": content }), "").map_err(|refusal| refusal.message)?;
            let said = if is_text { state.say(channel, Writer::User(self.id), draft) } else { Err(Refusal::of(50008)) };
            let id = said.map_err(|refusal| refusal.message)?;
            state.message(id).map(|message| state.seen(message)).ok_or_else(|| NO_ACCESS.to_owned())
        })
    }

    /// What the channel shows this person, oldest first: nothing when they cannot see it; private
    /// answers only to their addressee.
    pub fn sees(&self, channel: &str) -> Vec<Message> {
        self.look(|state| match self.place(state, channel) {
            Ok(channel) => state.seen_in(channel.id, Some(self.id)),
            Err(_) => vec![],
        })
    }

    /// The channels and threads in this person's sidebar, in order.
    pub fn channels(&self) -> Vec<Place> {
        self.look(|state| state.sidebar(self.id))
    }

    /// The commands the command box offers this person there.
    pub fn commands(&self, channel: &str) -> Vec<Command> {
        self.look(|state| match self.place(state, channel) {
            Ok(channel) => state.command_box(self.id, channel, self.insists),
            Err(_) => vec![],
        })
    }

    /// Signs in at the authorize page `url` and agrees: where the browser is sent, or the page's refusal.
    pub async fn consents(&self, url: &str) -> Result<String, String> {
        self.discord.service.oauth.agree(&self.discord.service, url, self.id)
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.discord.service.look(look)
    }

    fn place<'a>(&self, state: &'a State, channel: &str) -> Result<&'a Channel, String> {
        let channel = state.channel_for(self.id, channel).filter(|channel| state.sees(self.id, channel));
        channel.ok_or_else(|| NO_ACCESS.to_owned())
    }

    /// A message this person sees.
    fn message<'a>(&self, state: &'a State, id: Id) -> Result<&'a Stored, String> {
        let message = state.message(id).ok_or("The message is gone.")?;
        let is_seen = state.channels.get(&message.channel).is_some_and(|channel| state.sees(self.id, channel));
        if !is_seen || message.only_for.is_some_and(|reader| reader != self.id) {
            return Err(NO_ACCESS.into());
        }
        Ok(message)
    }
}

/// Buttons and menus of a message.
fn parts(message: &Stored) -> impl Iterator<Item = &Value> {
    message.components.iter().filter_map(|row| row["components"].as_array()).flatten()
}
