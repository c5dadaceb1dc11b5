//! What the visitor does on the page, in the place of somebody of the cast. What comes of it that is to be seen comes with the
//! next view; the answer here says only what the view cannot: why it failed, which form opened, which message answers.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::House;
use crate::discord::{Answer, Choice, Id, Modal, Person};

/// Whoever acts, and where.
#[derive(Deserialize)]
pub(super) struct Act<What> {
    /// Key of somebody of the cast.
    #[serde(rename = "as")]
    who: String,
    #[serde(flatten)]
    what: What,
}

impl<What> Act<What> {
    fn person(&self, house: &House) -> Result<Person, Nobody> {
        house.somebody(&self.who).map(|(person, _)| person).ok_or(Nobody)
    }
}

/// The person is not of the cast.
pub(super) struct Nobody;

impl IntoResponse for Nobody {
    fn into_response(self) -> Response {
        (StatusCode::NOT_FOUND, Json(Outcome::failed("Nobody here is called that."))).into_response()
    }
}

/// What came of it.
#[derive(Default, Serialize)]
pub(super) struct Outcome {
    /// In words, for the visitor.
    problem: Option<String>,
    /// The form that opened.
    form: Option<Modal>,
    /// The message that answers.
    message: Option<Id>,
}

impl Outcome {
    pub fn failed(why: impl Into<String>) -> Self {
        Self { problem: Some(why.into()), ..Self::default() }
    }

    fn of(house: &House, answer: &Answer) -> Self {
        let form = answer.modal();
        form.iter().cloned().for_each(|form| house.keep(form));
        Self { problem: answer.problem().map(str::to_owned), form, message: answer.message().map(|message| message.id) }
    }
}

type Acted = Result<Json<Outcome>, Nobody>;

fn pairs(list: &[(String, String)]) -> Vec<(&str, &str)> {
    list.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[derive(Deserialize)]
pub(super) struct Run {
    channel: String,
    command: String,
    /// Names and values.
    options: Vec<(String, String)>,
}

/// `POST /api/run`: a slash command.
pub(super) async fn run(State(house): State<House>, Json(act): Json<Act<Run>>) -> Acted {
    let Run { channel, command, options } = &act.what;
    let answer = act.person(&house)?.runs(channel, command, &pairs(options)).await;
    Ok(Json(Outcome::of(&house, &answer)))
}

#[derive(Deserialize)]
pub(super) struct Complete {
    channel: String,
    command: String,
    option: String,
    so_far: String,
}

/// `POST /api/complete`: what an option might be.
pub(super) async fn complete(
    State(house): State<House>,
    Json(act): Json<Act<Complete>>,
) -> Result<Json<Vec<Choice>>, Nobody> {
    let Complete { channel, command, option, so_far } = &act.what;
    Ok(Json(act.person(&house)?.types(channel, command, option, so_far).await))
}

#[derive(Deserialize)]
pub(super) struct Press {
    message: Id,
    /// Its custom id.
    button: String,
}

/// `POST /api/press`: a button.
pub(super) async fn press(State(house): State<House>, Json(act): Json<Act<Press>>) -> Acted {
    let answer = act.person(&house)?.presses(act.what.message, &act.what.button).await;
    Ok(Json(Outcome::of(&house, &answer)))
}

#[derive(Deserialize)]
pub(super) struct Choose {
    message: Id,
    /// Its custom id.
    select: String,
    values: Vec<String>,
}

/// `POST /api/choose`: an entry of a select.
pub(super) async fn choose(State(house): State<House>, Json(act): Json<Act<Choose>>) -> Acted {
    let values: Vec<&str> = act.what.values.iter().map(String::as_str).collect();
    let answer = act.person(&house)?.chooses(act.what.message, &act.what.select, &values).await;
    Ok(Json(Outcome::of(&house, &answer)))
}

#[derive(Deserialize)]
pub(super) struct Submit {
    /// The interaction that opened the form.
    form: Id,
    /// Custom ids and texts.
    inputs: Vec<(String, String)>,
}

/// `POST /api/submit`: a form, once.
pub(super) async fn submit(State(house): State<House>, Json(act): Json<Act<Submit>>) -> Acted {
    let person = act.person(&house)?;
    let Some(form) = house.take(act.what.form) else {
        return Ok(Json(Outcome::failed("This form has been sent, or is too old.")));
    };
    let answer = person.submits(&form, &pairs(&act.what.inputs)).await;
    Ok(Json(Outcome::of(&house, &answer)))
}

#[derive(Deserialize)]
pub(super) struct Say {
    channel: String,
    content: String,
}

/// `POST /api/say`: an ordinary message.
pub(super) async fn say(State(house): State<House>, Json(act): Json<Act<Say>>) -> Acted {
    let said = act.person(&house)?.says(&act.what.channel, &act.what.content);
    Ok(Json(match said {
        Ok(message) => Outcome { message: Some(message.id), ..Outcome::default() },
        Err(why) => Outcome::failed(why),
    }))
}
