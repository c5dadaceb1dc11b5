//! Rows of buttons and selects, and forms. <https://discord.com/developers/docs/components/reference>

use std::collections::HashSet;

use serde_json::{Value, json};

use super::super::{
    id::Id,
    refusal::Problems,
    view::{Modal, ModalInput},
};

pub const ROWS_MAX: usize = 5;
const BUTTONS_MAX: usize = 5;
const OPTIONS_MAX: usize = 25;
const URL_MAX: usize = 512;

const ROW: u64 = 1;
const BUTTON: u64 = 2;
const STRING_SELECT: u64 = 3;
const TEXT_INPUT: u64 = 4;
const LABEL: u64 = 18;

/// As they go out, numbered; what is wrong goes to `problems`.
pub fn read(rows: &[Value], path: &str, problems: &mut Problems) -> Vec<Value> {
    let mut reader = Reader { problems, custom_ids: HashSet::new(), made: 0 };
    rows.iter().enumerate().map(|(index, row)| reader.row(row, &format!("{path}.{index}"))).collect()
}

struct Reader<'a> {
    problems: &'a mut Problems,
    custom_ids: HashSet<String>,
    made: u32,
}

impl Reader<'_> {
    fn number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    fn row(&mut self, row: &Value, path: &str) -> Value {
        if row["type"].as_u64() != Some(ROW) {
            let message = "Value of field \"type\" must be one of (1,).";
            self.problems.add(&format!("{path}.type"), "UNION_TYPE_CHOICES", message);
            return Value::Null;
        }
        let id = self.number();
        let parts = row["components"].as_array().map(Vec::as_slice).unwrap_or_default();
        let path = format!("{path}.components");
        let selects = parts.iter().filter(|part| part["type"].as_u64() != Some(BUTTON)).count();
        if parts.is_empty() || parts.len() > BUTTONS_MAX || (selects > 0 && parts.len() > 1) {
            let message = format!("Must be between 1 and {} in length.", if selects > 0 { 1 } else { BUTTONS_MAX });
            self.problems.add(&path, "BASE_TYPE_BAD_LENGTH", message);
        }
        let parts: Vec<Value> =
            parts.iter().enumerate().map(|(index, part)| self.part(part, &format!("{path}.{index}"))).collect();
        json!({ "type": ROW, "id": id, "components": parts })
    }

    fn part(&mut self, part: &Value, path: &str) -> Value {
        match part["type"].as_u64() {
            Some(BUTTON) => self.button(part, path),
            Some(STRING_SELECT) => self.string_select(part, path),
            // Selects of people, roles, both, and channels.
            Some(kind @ 5..=8) => self.select(part, path, kind),
            _ => {
                let message = "Value of field \"type\" must be one of (2, 3, 5, 6, 7, 8).";
                self.problems.add(&format!("{path}.type"), "UNION_TYPE_CHOICES", message);
                Value::Null
            }
        }
    }

    fn custom_id(&mut self, part: &Value, path: &str) -> String {
        let path = format!("{path}.custom_id");
        let custom_id = part["custom_id"].as_str().unwrap_or_default().to_owned();
        self.problems.length(&path, &custom_id, 1, 100);
        if !self.custom_ids.insert(custom_id.clone()) {
            let message = "Component custom id cannot be duplicated";
            self.problems.add(&path, "COMPONENT_CUSTOM_ID_DUPLICATED", message);
        }
        custom_id
    }

    fn button(&mut self, part: &Value, path: &str) -> Value {
        let style = part["style"].as_u64().unwrap_or_default();
        let mut button = json!({ "type": BUTTON, "id": self.number(), "style": style });
        let label = part["label"].as_str().unwrap_or_default();
        self.problems.length(&format!("{path}.label"), label, 0, 80);
        if !label.is_empty() {
            button["label"] = label.into();
        }
        if part["emoji"].is_object() {
            button["emoji"] = part["emoji"].clone();
        } else if label.is_empty() {
            let message = "A button needs a label or an emoji.";
            self.problems.add(path, "BUTTON_COMPONENT_LABEL_REQUIRED", message);
        }
        if part["disabled"] == true {
            button["disabled"] = true.into();
        }
        match style {
            1..=4 => {
                if part["url"].is_string() {
                    let message = "A custom id and url cannot both be specified";
                    self.problems.add(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message);
                }
                button["custom_id"] = self.custom_id(part, path).into();
            }
            5 => {
                let url = part["url"].as_str().unwrap_or_default();
                let at = format!("{path}.url");
                self.problems.length(&at, url, 1, URL_MAX);
                if !url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "discord")) {
                    let message = "Scheme must be one of ('http', 'https', 'discord').";
                    self.problems.add(&at, "URL_TYPE_INVALID_SCHEME", message);
                }
                if part["custom_id"].is_string() {
                    let message = "A custom id and url cannot both be specified";
                    self.problems.add(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message);
                }
                button["url"] = url.into();
            }
            _ => self.problems.add(
                &format!("{path}.style"),
                "BASE_TYPE_CHOICES",
                "Value must be one of {1, 2, 3, 4, 5}.",
            ),
        }
        button
    }

    fn select(&mut self, part: &Value, path: &str, kind: u64) -> Value {
        let mut select = json!({
            "type": kind, "id": self.number(), "custom_id": self.custom_id(part, path),
            "min_values": part["min_values"].as_u64().unwrap_or(1), "max_values": part["max_values"].as_u64().unwrap_or(1),
        });
        if let Some(placeholder) = part["placeholder"].as_str() {
            self.problems.length(&format!("{path}.placeholder"), placeholder, 0, 150);
            select["placeholder"] = placeholder.into();
        }
        if part["disabled"] == true {
            select["disabled"] = true.into();
        }
        select
    }

    fn string_select(&mut self, part: &Value, path: &str) -> Value {
        let mut select = self.select(part, path, STRING_SELECT);
        let options = part["options"].as_array().map(Vec::as_slice).unwrap_or_default();
        let at = format!("{path}.options");
        if options.is_empty() || options.len() > OPTIONS_MAX {
            let message = format!("Must be between 1 and {OPTIONS_MAX} in length.");
            self.problems.add(&at, "BASE_TYPE_BAD_LENGTH", message);
        }
        let mut values = HashSet::new();
        for (index, option) in options.iter().enumerate() {
            let value = option["value"].as_str().unwrap_or_default();
            let label = option["label"].as_str().unwrap_or_default();
            self.problems.length(&format!("{at}.{index}.label"), label, 1, 100);
            self.problems.length(&format!("{at}.{index}.value"), value, 1, 100);
            if !values.insert(value) {
                let message = "The specified option value is already used";
                self.problems.add(&format!("{at}.{index}.value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message);
            }
        }
        select["options"] = options
            .iter()
            .map(|option| {
                let mut option = option.clone();
                if let Some(fields) = option.as_object_mut() {
                    fields.retain(|_, value| !value.is_null());
                }
                option
            })
            .collect();
        select
    }
}

/// The form an interaction is answered with.
pub fn modal(data: &Value, interaction: Id, problems: &mut Problems) -> Modal {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (custom_id, title) = (text(&data["custom_id"]), text(&data["title"]));
    problems.length("data.custom_id", &custom_id, 1, 100);
    problems.length("data.title", &title, 1, 45);
    let rows = data["components"].as_array().map(Vec::as_slice).unwrap_or_default();
    if rows.is_empty() || rows.len() > ROWS_MAX {
        problems.add("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
    }
    let mut inputs = vec![];
    for (index, row) in rows.iter().enumerate() {
        let (input, label) = match row["type"].as_u64() {
            Some(LABEL) => (&row["component"], text(&row["label"])),
            _ => (&row["components"][0], text(&row["components"][0]["label"])),
        };
        let path = format!("data.components.{index}.components.0");
        if input["type"].as_u64() != Some(TEXT_INPUT) {
            problems.add(&format!("{path}.type"), "BASE_TYPE_CHOICES", "Value must be one of {4}.");
            continue;
        }
        let input = ModalInput {
            custom_id: text(&input["custom_id"]),
            label,
            value: text(&input["value"]),
            required: input["required"] != false,
            long: input["style"].as_u64() == Some(2),
        };
        problems.length(&format!("{path}.custom_id"), &input.custom_id, 1, 100);
        problems.length(&format!("{path}.label"), &input.label, 1, 45);
        problems.length(&format!("{path}.value"), &input.value, 0, 4000);
        inputs.push(input);
    }
    Modal { interaction, custom_id, title, inputs }
}
