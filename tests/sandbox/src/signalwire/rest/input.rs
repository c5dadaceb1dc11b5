//! Reading requests: JSON objects and query strings, with every limit of the reference checked.

use std::{collections::HashMap, ops::RangeInclusive};

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::request::Parts,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Map, Value};

use super::{Problem, Refusal};
use crate::signalwire::{Service, state::Settings, state::view::LAYOUTS};

/// Characters a `meta` may take as JSON.
const META_LIMIT: usize = 2_000;

pub(super) const QUALITIES: [&str; 2] = ["720p", "1080p"];

/// The JSON object of a request's body.
pub(in crate::signalwire) struct Object(pub Map<String, Value>);

impl FromRequest<Service> for Object {
    type Rejection = Refusal;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Refusal> {
        match Json::<Value>::from_request(request, service).await {
            Ok(Json(Value::Object(object))) => Ok(Self(object)),
            _ => Err(Refusal::BadRequest),
        }
    }
}

/// The parameters of a request's query.
pub(in crate::signalwire) struct Parameters(pub HashMap<String, String>);

impl FromRequestParts<Service> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Refusal> {
        match Query::from_request_parts(parts, service).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(_) => Err(Refusal::BadRequest),
        }
    }
}

impl Parameters {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::new("not_a_boolean", name, "must be true or false")),
        }
    }

    pub fn number(&self, name: &str, range: RangeInclusive<usize>, default: usize) -> Result<usize, Problem> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| Problem::new("invalid_parameter", name, "is out of range"))
    }

    /// Unix milliseconds; Unix seconds are taken as well as dates.
    pub fn time(&self, name: &str) -> Result<Option<i64>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let time = text.parse::<i64>().ok().map(|seconds| seconds.saturating_mul(1000)).or_else(|| time(text));
        time.map(Some).ok_or_else(|| Problem::new("not_a_datetime", name, "must be a datetime"))
    }
}

/// RFC 3339, or a date alone, which means its first moment in UTC. As Unix milliseconds.
fn time(text: &str) -> Option<i64> {
    let date = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let time = if text.len() > 10 { text.parse::<Timestamp>().ok() } else { date() };
    time.map(|time| time.as_millisecond())
}

/// Reads the fields of an object and notes everything that is wrong with them. `None` is not given,
/// `Some(None)` is given as null.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub fn of(object: &'a Map<String, Value>) -> Self {
        Self { object, problems: vec![] }
    }

    /// Everything that was wrong.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.problems.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.problems)) }
    }

    pub fn wrong(&mut self, code: &'static str, name: &str, message: &str) {
        self.problems.push(Problem::new(code, name, message));
    }

    fn read<T>(
        &mut self,
        name: &str,
        code: &'static str,
        message: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<Option<T>> {
        let value = self.object.get(name)?;
        if value.is_null() {
            return Some(None);
        }
        let read = read(value);
        if read.is_none() {
            self.wrong(code, name, message);
        }
        read.map(Some)
    }

    pub fn text(&mut self, name: &str, limit: usize) -> Option<Option<&'a str>> {
        let text = self.read(name, "invalid_parameter", "must be a string", Value::as_str)?;
        if text.is_some_and(|text| text.chars().count() > limit) {
            self.wrong("character_limit_exceeded", name, &format!("must be at most {limit} characters"));
        }
        Some(text)
    }

    /// A room's name. Not there is wrong.
    pub fn room_name(&mut self, name: &str) -> &'a str {
        let allowed = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
        match self.text(name, 100).flatten() {
            Some(text) if text.is_empty() || !text.chars().all(allowed) => {
                self.wrong("not_alphanumeric", name, "may only contain letters, digits, _ and -");
                text
            }
            Some(text) => text,
            None => {
                if self.object.get(name).is_none_or(Value::is_null) {
                    self.wrong("missing_required_parameter", name, "must be present");
                }
                ""
            }
        }
    }

    pub fn flag(&mut self, name: &str) -> Option<Option<bool>> {
        self.read(name, "not_a_boolean", "must be true or false", Value::as_bool)
    }

    pub fn number(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<Option<i64>> {
        let message = format!("must be from {} to {}", range.start(), range.end());
        self.read(name, "invalid_parameter", &message, |value| value.as_i64().filter(|number| range.contains(number)))
    }

    /// Unix milliseconds.
    pub fn time(&mut self, name: &str) -> Option<Option<i64>> {
        self.read(name, "not_a_datetime", "must be a datetime", |value| time(value.as_str()?))
    }

    pub fn one_of(&mut self, name: &str, options: &[&str]) -> Option<Option<&'a str>> {
        self.read(name, "unsupported_option", &format!("must be one of {}", options.join(", ")), |value| {
            value.as_str().filter(|text| options.contains(text))
        })
    }

    pub fn meta(&mut self, name: &str) -> Option<Option<Value>> {
        let meta = self.read(name, "not_a_hash", "must be an object", |value| value.is_object().then_some(value))?;
        if meta.is_some_and(|meta| meta.to_string().chars().count() > META_LIMIT) {
            self.wrong("character_limit_exceeded", name, &format!("must be at most {META_LIMIT} characters"));
        }
        Some(meta.cloned())
    }

    pub fn list(&mut self, name: &str, options: &[&str]) -> Option<Option<Vec<String>>> {
        self.read(name, "list_contains_invalid_entries", "contains invalid entries", |value| {
            let entries = value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
            let known = entries.iter().all(|entry| options.contains(entry));
            known.then(|| entries.into_iter().map(str::to_owned).collect())
        })
    }

    /// `join_until` must not come before `join_from`.
    pub fn window(&mut self, join_from: Option<i64>, join_until: Option<i64>) {
        if matches!((join_from, join_until), (Some(from), Some(until)) if until < from) {
            self.wrong("invalid_join_until_date", "join_until", "must not precede join_from");
        }
    }

    /// What a room's settings become. What is not given stays, null sets back.
    pub fn settings(&mut self, before: &Settings) -> Settings {
        let default = Settings::default();
        let mut after = before.clone();
        if let Some(display_name) = self.text("display_name", 200) {
            after.display_name = display_name.map(str::to_owned);
        }
        if let Some(description) = self.text("description", 3_000) {
            after.description = description.map(str::to_owned);
        }
        if let Some(max_members) = self.number("max_members", 1..=300) {
            let members = max_members.and_then(|members| u32::try_from(members).ok());
            after.max_members = members.unwrap_or(default.max_members);
        }
        if let Some(quality) = self.one_of("quality", &QUALITIES) {
            after.quality = quality.map_or(default.quality, str::to_owned);
        }
        if let Some(layout) = self.one_of("layout", &LAYOUTS) {
            after.layout = layout.map_or(default.layout, str::to_owned);
        }
        for (name, time) in [
            ("join_from", &mut after.join_from),
            ("join_until", &mut after.join_until),
            ("remove_at", &mut after.remove_at),
        ] {
            if let Some(given) = self.time(name) {
                *time = given;
            }
        }
        self.window(after.join_from, after.join_until);
        if let Some(seconds) = self.number("remove_after_seconds_elapsed", 1..=200_000) {
            after.remove_after_seconds_elapsed = seconds;
        }
        if let Some(record) = self.flag("record_on_start") {
            after.record_on_start = record.unwrap_or_default();
        }
        if let Some(previews) = self.flag("enable_room_previews") {
            after.enable_room_previews = previews.unwrap_or_default();
        }
        if let Some(sync) = self.flag("sync_audio_video") {
            after.sync_audio_video = sync;
        }
        if let Some(meta) = self.meta("meta") {
            after.meta = meta;
        }
        after
    }
}
