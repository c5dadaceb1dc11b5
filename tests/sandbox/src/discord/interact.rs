//! Interactions: how they come to be, reach the bot, and get their first answer.
//! <https://discord.com/developers/docs/interactions/receiving-and-responding>

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

use super::{
    Delivery, Service, deliver,
    form::{self, Draft},
    id::Id,
    refusal::{Problems, Refusal},
    secrets,
    state::{EPHEMERAL, FIRST_ANSWER_MS, First, Interaction, State, asks, intent},
    view::Choice,
};

/// What Discord's client says when the application was silent.
pub const NO_ANSWER: &str = "The application did not respond";

/// What somebody does that the bot hears of.
#[derive(Clone, Debug)]
pub struct Ask {
    /// See [`asks`].
    pub kind: u8,
    pub user: Id,
    pub channel: Id,
    /// With its subcommands.
    pub command: Option<String>,
    /// The message whose component was used.
    pub pressed: Option<Id>,
    pub data: Value,
}

/// Sends it out, and waits for the first answer as long as Discord does. Whether there was one.
pub async fn ask(service: &Service, ask: Ask) -> (Id, bool) {
    let (id, over_at, mut answered) = begin(service, ask);
    let is_over = service.clock.sleep_until(over_at);
    tokio::select! {
        _ = answered.wait_for(|answered| *answered) => {}
        () = is_over => {}
    }
    (id, service.look(|state| state.interaction(id).is_some_and(|interaction| interaction.first.is_some())))
}

/// Its id, when its first answer is too late, and what tells of the answer.
fn begin(service: &Service, ask: Ask) -> (Id, i64, watch::Receiver<bool>) {
    let delivery = service.delivery();
    let (id, over_at, answered, object) = service.change(|state| {
        let (id, made_at) = (state.id(), state.now());
        let interaction = Interaction {
            id,
            token: secrets::token(96),
            kind: ask.kind,
            user: ask.user,
            channel: ask.channel,
            made_at,
            asked: Instant::now(),
            command: ask.command,
            pressed: ask.pressed,
            first: None,
            first_after: Duration::ZERO,
            original: None,
            followups: vec![],
            modal: None,
            choices: vec![],
            answered: watch::Sender::new(false),
        };
        let object = state.interaction_object(&interaction, &ask.data);
        let answered = interaction.answered.subscribe();
        state.keep_interaction(interaction);
        if delivery == Delivery::Gateway {
            state.tell("INTERACTION_CREATE", intent::NONE, object.clone());
        }
        (id, made_at + FIRST_ANSWER_MS + 1, answered, object)
    });
    if let Delivery::Http { url } = delivery {
        tokio::spawn(deliver::send(service.clone(), url, id, object, over_at));
    }
    (id, over_at, answered)
}

/// Takes a first answer, in whichever way it came.
pub fn answer(state: &mut State, id: Id, body: &Value) -> Result<(), Refusal> {
    let interaction = state.interaction(id).ok_or_else(|| Refusal::of(10062))?;
    if interaction.first.is_some() {
        return Err(Refusal::of(40060));
    }
    if state.now() - interaction.made_at > FIRST_ANSWER_MS {
        return Err(Refusal::of(10062));
    }
    let (kind, pressed) = (interaction.kind, interaction.pressed);
    let data = &body["data"];
    match (body["type"].as_u64(), kind) {
        (Some(4), asks::COMMAND | asks::COMPONENT | asks::MODAL) => {
            let message = state.say_to(id, Draft::read(data, "data")?)?;
            state.answer_first(id, First::Message, Some(message));
        }
        (Some(5), asks::COMMAND | asks::COMPONENT | asks::MODAL) => {
            let flags = data["flags"].as_u64().unwrap_or_default() & EPHEMERAL;
            let message = state.think(id, flags)?;
            state.answer_first(id, First::Deferred, Some(message));
        }
        (Some(6), asks::COMPONENT | asks::MODAL) if pressed.is_some() => {
            state.answer_first(id, First::DeferredUpdate, pressed);
        }
        (Some(7), asks::COMPONENT | asks::MODAL) if pressed.is_some() => {
            let draft = Draft::read(data, "data")?;
            let pressed = pressed.ok_or_else(|| Refusal::of(10008))?;
            state.edit(pressed, &draft, form::Speaks::Webhook, None)?;
            state.answer_first(id, First::Update, Some(pressed));
        }
        (Some(8), asks::AUTOCOMPLETE) => {
            let choices = choices(data)?;
            if let Some(interaction) = state.interaction_mut(id) {
                interaction.choices = choices;
            }
            state.answer_first(id, First::Choices, None);
        }
        (Some(9), asks::COMMAND | asks::COMPONENT) => {
            let mut problems = Problems::default();
            let modal = form::modal(data, id, &mut problems);
            problems.into_result()?;
            if let Some(interaction) = state.interaction_mut(id) {
                interaction.modal = Some(modal);
            }
            state.answer_first(id, First::Modal, None);
        }
        _ => {
            let mut problems = Problems::default();
            let message = "This interaction cannot be answered with this type.";
            problems.add("type", "INTERACTION_RESPONSE_TYPE_INVALID", message);
            problems.into_result()?;
        }
    }
    Ok(())
}

/// At most 25 suggestions, names and values of 1 to 100 characters.
fn choices(data: &Value) -> Result<Vec<Choice>, Refusal> {
    let mut problems = Problems::default();
    let given = data["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
    if given.len() > 25 {
        problems.add("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    }
    let mut choices = vec![];
    for (index, choice) in given.iter().enumerate() {
        let name = choice["name"].as_str().unwrap_or_default().to_owned();
        let value = match &choice["value"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        problems.length(&format!("data.choices.{index}.name"), &name, 1, 100);
        problems.length(&format!("data.choices.{index}.value"), &value, 1, 100);
        choices.push(Choice { name, value });
    }
    problems.into_result()?;
    Ok(choices)
}

/// Nothing will come of it: whoever waits need not.
pub fn fail(state: &State, id: Id) {
    if let Some(interaction) = state.interaction(id) {
        interaction.answered.send_replace(true);
    }
}
