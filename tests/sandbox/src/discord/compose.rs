//! What a person typed into the command box, as the data of an interaction.

use serde_json::{Map, Value, json};

use super::{
    commands::{array, is_branch},
    id::Id,
    state::State,
};

/// A command found in what is offered, down to its subcommand.
pub struct Found<'a> {
    command: &'a Value,
    /// Command, group, subcommand: each a definition.
    branches: Vec<&'a Value>,
}

/// Looks for `"room end"` among `offered`.
pub fn find<'a>(offered: &[&'a Value], name: &str) -> Option<Found<'a>> {
    let mut words = name.trim_start_matches('/').split_whitespace();
    let first = words.next()?;
    let command = *offered.iter().find(|command| command["name"] == first)?;
    let mut branches = vec![command];
    for word in words {
        let branch =
            array(&branches.last()?["options"]).iter().find(|option| is_branch(option) && option["name"] == word);
        branches.push(branch?);
    }
    let is_whole = !array(&branches.last()?["options"]).iter().any(is_branch);
    is_whole.then_some(Found { command, branches })
}

impl Found<'_> {
    /// Its name with subcommands.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.branches.iter().filter_map(|branch| branch["name"].as_str()).collect();
        names.join(" ")
    }

    fn options(&self) -> &[Value] {
        self.branches.last().map_or(&[], |last| array(&last["options"]))
    }

    /// The data of a command that is sent, or what the client says instead of sending it.
    pub fn filled(&self, state: &State, given: &[(&str, &str)], insisting: bool) -> Result<Value, String> {
        let mut resolved = Map::new();
        let mut values = vec![];
        for (name, text) in given {
            let option = self.options().iter().find(|option| option["name"] == *name);
            let option = option.ok_or_else(|| format!("/{} has no option {name}", self.name()))?;
            if !insisting {
                fits(option, text)?;
            }
            let value = value(state, option, text, &mut resolved)?;
            values.push(json!({ "name": name, "type": option["type"], "value": value }));
        }
        let missing = self
            .options()
            .iter()
            .find(|option| option["required"] == true && !given.iter().any(|(name, _)| option["name"] == *name));
        if let (Some(missing), false) = (missing, insisting) {
            return Err(format!(
                "This option is required. Specify a value: {}",
                missing["name"].as_str().unwrap_or_default()
            ));
        }
        Ok(self.data(values, resolved))
    }

    /// The data while `name` is still being typed.
    pub fn typing(&self, name: &str, so_far: &str) -> Result<Value, String> {
        let option = self.options().iter().find(|option| option["name"] == name && option["autocomplete"] == true);
        let option = option.ok_or_else(|| format!("/{} suggests nothing for {name}", self.name()))?;
        let value = json!({ "name": name, "type": option["type"], "value": so_far, "focused": true });
        Ok(self.data(vec![value], Map::new()))
    }

    fn data(&self, mut values: Vec<Value>, resolved: Map<String, Value>) -> Value {
        for branch in self.branches.iter().skip(1).rev() {
            values = vec![json!({ "name": branch["name"], "type": branch["type"], "options": values })];
        }
        let mut data = json!({ "id": self.command["id"], "name": self.command["name"], "type": 1, "options": values });
        if !self.command["guild_id"].is_null() {
            data["guild_id"] = self.command["guild_id"].clone();
        }
        if !resolved.is_empty() {
            data["resolved"] = Value::Object(resolved);
        }
        data
    }
}

/// What the client checks before it sends.
fn fits(option: &Value, text: &str) -> Result<(), String> {
    let length = text.chars().count() as u64;
    if option["max_length"].as_u64().is_some_and(|max| length > max) {
        return Err(format!("This value is too long: at most {} characters", option["max_length"]));
    }
    if option["min_length"].as_u64().is_some_and(|min| length < min) {
        return Err(format!("This value is too short: at least {} characters", option["min_length"]));
    }
    let choices = array(&option["choices"]);
    let is_choice = |choice: &Value| {
        choice["value"] == text || choice["value"].as_f64().is_some_and(|number| text.parse() == Ok(number))
    };
    if !choices.is_empty() && !choices.iter().any(is_choice) {
        return Err("Choose one of the values offered".to_owned());
    }
    Ok(())
}

/// A value of the option's type; people, channels and roles may be named.
fn value(state: &State, option: &Value, text: &str, resolved: &mut Map<String, Value>) -> Result<Value, String> {
    let wrong = |what: &str| format!("{text} is not {what}");
    match option["type"].as_u64() {
        Some(4) => text.parse::<i64>().map(Value::from).map_err(|_| wrong("a whole number")),
        Some(5) => text.parse::<bool>().map(Value::from).map_err(|_| wrong("true or false")),
        Some(6) => {
            let user = state.user_named(text.trim_start_matches('@')).ok_or_else(|| wrong("anybody here"))?.id;
            add(resolved, "users", user, state.user_object(user));
            if let Some(mut member) = state.member_object(user) {
                if let Some(fields) = member.as_object_mut() {
                    fields.remove("user");
                    fields.insert("permissions".into(), state.base_permissions(user).to_string().into());
                }
                add(resolved, "members", user, member);
            }
            Ok(json!(user))
        }
        Some(7) => {
            let channel = state.channel_named(text).ok_or_else(|| wrong("a channel"))?;
            add(resolved, "channels", channel.id, state.partial_channel(channel, state.bot));
            Ok(json!(channel.id))
        }
        Some(8) => {
            let role = state.role_named(text.trim_start_matches('@')).ok_or_else(|| wrong("a role"))?;
            add(resolved, "roles", role.id, state.role_object(role));
            Ok(json!(role.id))
        }
        Some(10) => text.parse::<f64>().map(Value::from).map_err(|_| wrong("a number")),
        _ => Ok(text.into()),
    }
}

fn add(resolved: &mut Map<String, Value>, kind: &str, id: Id, object: Value) {
    resolved.entry(kind).or_insert_with(|| json!({}))[id.to_string()] = object;
}
