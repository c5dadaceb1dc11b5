//! Application commands: what may be registered, and whom the command box offers what.
//! <https://discord.com/developers/docs/interactions/application-commands>

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{
    id::Id,
    permissions::{ADMINISTRATOR, USE_APPLICATION_COMMANDS},
    refusal::{Problems, Refusal},
    state::{Channel, Kind, State},
    view::{Choice, Command, CommandOption},
};

const COMMANDS_MAX: usize = 100;
const OPTIONS_MAX: usize = 25;
/// Characters over all names, descriptions and values of one command.
const TOTAL_MAX: usize = 8000;

pub const SUBCOMMAND: u64 = 1;
pub const GROUP: u64 = 2;

/// <https://discord.com/developers/docs/reference#locales>
const LOCALES: [&str; 34] = [
    "ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he", "hi", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
];

pub fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Checks a whole list; gives the commands without what says nothing.
pub fn read(body: &Value) -> Result<Vec<Value>, Refusal> {
    let mut problems = Problems::default();
    let given = array(body);
    if !body.is_array() && !body.is_null() {
        problems.add("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
    }
    if given.len() > COMMANDS_MAX {
        problems.add("", "APPLICATION_COMMANDS_EXCEEDED", "Maximum number of application commands reached (100).");
    }
    let mut names = HashSet::new();
    for (index, command) in given.iter().enumerate() {
        let path = index.to_string();
        let kind = command["type"].as_u64().unwrap_or(1);
        if !names.insert((kind, command["name"].as_str().unwrap_or_default())) {
            let message = "Application command names must be unique";
            problems.add(&path, "APPLICATION_COMMANDS_DUPLICATE_NAME", message);
        }
        let mut total = 0;
        check(command, &path, kind == 1, &mut problems, &mut total);
        options(command, &path, &mut problems, &mut total);
        if total > TOTAL_MAX {
            let message = format!("Command exceeds maximum size ({TOTAL_MAX})");
            problems.add(&path, "APPLICATION_COMMAND_TOO_LARGE", message);
        }
    }
    problems.into_result()?;
    Ok(given.iter().map(lean).collect())
}

/// A name, a description, and their translations.
fn check(part: &Value, path: &str, is_chat_input: bool, problems: &mut Problems, total: &mut usize) {
    let named = part["name"].as_str().unwrap_or_default();
    name(named, &format!("{path}.name"), is_chat_input, problems);
    let description = part["description"].as_str().unwrap_or_default();
    if is_chat_input {
        problems.length(&format!("{path}.description"), description, 1, 100);
    }
    *total += named.chars().count() + description.chars().count();
    for (field, is_name) in [("name_localizations", true), ("description_localizations", false)] {
        let mut longest = 0;
        for (locale, text) in part[field].as_object().into_iter().flatten() {
            let path = format!("{path}.{field}.{locale}");
            let text = text.as_str().unwrap_or_default();
            longest = longest.max(text.chars().count());
            if !LOCALES.contains(&locale.as_str()) {
                problems.add(&path, "BASE_TYPE_CHOICES", "This locale is not available.");
            }
            if is_name {
                name(text, &path, is_chat_input, problems);
            } else {
                problems.length(&path, text, 1, 100);
            }
        }
        *total += longest;
    }
}

fn name(name: &str, path: &str, is_chat_input: bool, problems: &mut Problems) {
    problems.length(path, name, 1, 32);
    let is_fine = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '\'');
    let is_lower = name.to_lowercase() == name;
    if is_chat_input && !name.is_empty() && (!name.chars().all(is_fine) || !is_lower) {
        problems.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
}

fn options(part: &Value, path: &str, problems: &mut Problems, total: &mut usize) {
    let given = array(&part["options"]);
    if given.len() > OPTIONS_MAX {
        problems.add(&format!("{path}.options"), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    }
    let (mut names, mut optional_before) = (HashSet::new(), false);
    for (index, option) in given.iter().enumerate() {
        let path = format!("{path}.options.{index}");
        let kind = option["type"].as_u64().unwrap_or_default();
        if !(1..=11).contains(&kind) {
            problems.add(&format!("{path}.type"), "BASE_TYPE_CHOICES", "Value must be one of {1, .., 11}.");
        }
        check(option, &path, true, problems, total);
        if !names.insert(option["name"].as_str().unwrap_or_default()) {
            problems.add(&path, "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Option names must be unique");
        }
        let is_required = option["required"] == true;
        if is_required && optional_before {
            let message = "Required options must be placed before non-required options";
            problems.add(&path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message);
        }
        optional_before |= !is_required && kind > GROUP;
        values(option, &path, problems, total);
        options(option, &path, problems, total);
    }
}

/// What an option's value may be.
fn values(option: &Value, path: &str, problems: &mut Problems, total: &mut usize) {
    let choices = array(&option["choices"]);
    if option["autocomplete"] == true && !choices.is_empty() {
        let message = "Autocomplete and choices are mutually exclusive";
        problems.add(path, "APPLICATION_COMMAND_OPTIONS_CHOICES_AND_AUTOCOMPLETE", message);
    }
    if choices.len() > OPTIONS_MAX {
        problems.add(&format!("{path}.choices"), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.");
    }
    for (index, choice) in choices.iter().enumerate() {
        let name = choice["name"].as_str().unwrap_or_default();
        problems.length(&format!("{path}.choices.{index}.name"), name, 1, 100);
        *total += name.chars().count();
        if let Some(value) = choice["value"].as_str() {
            problems.length(&format!("{path}.choices.{index}.value"), value, 0, 100);
            *total += value.chars().count();
        }
    }
    for (field, min) in [("min_length", 0), ("max_length", 1)] {
        if option[field].as_i64().is_some_and(|length| !(min..=6000).contains(&length)) {
            let message = format!("int value should be between {min} and 6000.");
            problems.add(&format!("{path}.{field}"), "NUMBER_TYPE_MAX", message);
        }
    }
}

/// Without what is null, empty or false: Discord leaves that out too.
fn lean(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (name, value) in fields {
                let says_nothing = match value {
                    Value::Null | Value::Bool(false) => true,
                    Value::Array(items) => items.is_empty(),
                    Value::Object(fields) => fields.is_empty(),
                    _ => false,
                };
                if !says_nothing {
                    kept.insert(name.clone(), lean(value));
                }
            }
            Value::Object(kept)
        }
        Value::Array(items) => items.iter().map(lean).collect(),
        other => other.clone(),
    }
}

/// The commands as they go out. One of a name that was there before keeps its id, and its version if nothing else
/// is different.
pub fn replace(state: &mut State, before: &[Value], given: Vec<Value>, guild: Option<Id>) -> Vec<Value> {
    given
        .into_iter()
        .map(|command| {
            let kind = command["type"].as_u64().unwrap_or(1);
            let mut full = json!({
                "application_id": state.bot, "type": kind, "default_member_permissions": null, "description": "",
                "name_localizations": null, "description_localizations": null, "nsfw": false,
            });
            if let Some(guild) = guild {
                full["guild_id"] = json!(guild);
            } else {
                full["dm_permission"] = json!(command["contexts"].as_array().is_none_or(|all| all.contains(&json!(1))));
                full["contexts"] = Value::Null;
                full["integration_types"] = json!([0]);
            }
            for (name, value) in command.as_object().into_iter().flatten() {
                full[name] = value.clone();
            }
            let old = before.iter().find(|old| old["name"] == full["name"] && old["type"] == full["type"]);
            full["id"] = old.map_or_else(|| json!(state.id()), |old| old["id"].clone());
            full["version"] = old.map_or(Value::Null, |old| old["version"].clone());
            if old != Some(&full) {
                full["version"] = json!(state.id());
            }
            full
        })
        .collect()
}

impl State {
    /// The commands that can be run there. `insisting` skips what only the client looks at.
    pub fn offered(&self, user: Id, channel: &Channel, insisting: bool) -> Vec<&Value> {
        let in_dm = channel.kind == Kind::Dm;
        let bits = self.permissions(user, channel);
        let may = bits & USE_APPLICATION_COMMANDS != 0 && channel.kind != Kind::Forum && self.sees(user, channel);
        if !may || (!in_dm && !self.bot_is_in()) {
            return vec![];
        }
        let is_offered = |command: &&Value| {
            let context = if in_dm { 1 } else { 0 };
            let contexts = command["contexts"].as_array();
            let here = contexts.is_none_or(|contexts| contexts.iter().any(|one| *one == context));
            let needed = command["default_member_permissions"].as_str().and_then(|bits| bits.parse::<u64>().ok());
            let allowed =
                needed.is_none_or(|needed| bits & ADMINISTRATOR != 0 || (needed != 0 && bits & needed == needed));
            insisting || (here && (in_dm || allowed))
        };
        let of_guild = self.commands.guild.iter().filter(|_| !in_dm);
        of_guild.chain(&self.commands.global).filter(|command| command["type"] == 1).filter(is_offered).collect()
    }

    /// The same as the command box shows it: a line per subcommand.
    pub fn command_box(&self, user: Id, channel: &Channel, insisting: bool) -> Vec<Command> {
        let locale = self.users.get(&user).map_or("en-US", |user| user.locale.as_str());
        let mut lines = vec![];
        for command in self.offered(user, channel, insisting) {
            let id = serde_json::from_value(command["id"].clone()).unwrap_or(Id(0));
            add_lines(&mut lines, id, "", command, locale);
        }
        lines
    }
}

fn add_lines(lines: &mut Vec<Command>, id: Id, before: &str, part: &Value, locale: &str) {
    let name = format!("{before}{}", part["name"].as_str().unwrap_or_default());
    let subcommands = array(&part["options"]).iter().filter(|option| is_branch(option));
    let mut is_branching = false;
    for subcommand in subcommands {
        is_branching = true;
        add_lines(lines, id, &format!("{name} "), subcommand, locale);
    }
    if !is_branching {
        let options = array(&part["options"]).iter().map(|option| shown(option, locale)).collect();
        lines.push(Command { id, name, description: described(part, locale), options });
    }
}

pub fn is_branch(option: &Value) -> bool {
    matches!(option["type"].as_u64(), Some(SUBCOMMAND | GROUP))
}

fn described(part: &Value, locale: &str) -> String {
    let translated = part["description_localizations"][locale].as_str();
    translated.or(part["description"].as_str()).unwrap_or_default().to_owned()
}

fn shown(option: &Value, locale: &str) -> CommandOption {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    CommandOption {
        name: text(&option["name"]),
        description: described(option, locale),
        required: option["required"] == true,
        autocomplete: option["autocomplete"] == true,
        choices: array(&option["choices"])
            .iter()
            .map(|choice| Choice { name: text(&choice["name"]), value: text(&choice["value"]) })
            .collect(),
    }
}
