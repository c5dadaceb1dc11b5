//! The commands as Discord lists them. In: the catalogue. Out: Discord knows exactly these, and we know their ids.
//! <https://discord.com/developers/docs/interactions/application-commands>

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::{Map, Value};
use serenity::{
    all::{CommandOptionType, InstallationContext, InteractionContext},
    builder::{CreateCommand, CreateCommandOption},
    model::Permissions,
};

use super::reply::{GUEST_NAME_MAX, TOPIC_MAX};
use crate::{
    access::Role,
    discord::{self, CommandId, Scope},
    room::NAME_MAX,
    words::{Locale, Words},
};

pub(super) const VIDEO: &str = "video";
pub(super) const ROOM: &str = "room";
pub(super) const TOPIC: &str = "topic";
pub(super) const ROOMS: &str = "room";
pub(super) const LIST: &str = "list";
pub(super) const END_ROOM: &str = "end";
pub(super) const INVITE: &str = "guest";
pub(super) const GUEST_LIST: &str = "guests";
pub(super) const READMIT: &str = "readmit";
pub(super) const NAME: &str = "name";
pub(super) const ROLE: &str = "role";
pub(super) const GREENROOM: &str = "greenroom";
pub(super) const SETTINGS: &str = "settings";
pub(super) const CHECK: &str = "check";
pub(super) const WHY: &str = "why";
pub(super) const USER: &str = "user";
pub(super) const STATS: &str = "stats";

/// The id of `/video`, once anything told it. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct VideoCommand(Arc<AtomicU64>);

impl VideoCommand {
    pub fn is(&self, id: CommandId) {
        self.0.store(id.get(), Ordering::Relaxed);
    }

    /// How the command is written in a message: clickable, once its id is known.
    pub fn mention(&self) -> String {
        match self.0.load(Ordering::Relaxed) {
            0 => format!("`/{VIDEO}`"),
            id => format!("</{VIDEO}:{id}>"),
        }
    }
}

/// What came of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    pub video: CommandId,
    /// Whether Discord had to be told.
    pub changed: bool,
}

/// Makes Discord know our commands in `scope`; asks first, because each start would register them again.
pub async fn register(discord: &discord::Client, words: &Words, scope: Scope) -> Result<Registered, discord::Error> {
    let wanted = definitions(words, scope);
    let mut have = discord.commands(scope).await?;
    let changed = !same(&wanted, &have);
    if changed {
        have = discord.set_commands(scope, &wanted).await?;
    }
    if scope != Scope::Global {
        drop_global(discord, words).await?;
    }
    let video = have.iter().find(|command| command.name == VIDEO).map(|command| command.id);
    let video = video.ok_or_else(|| discord::Error::Malformed("a list of commands without ours".to_owned()))?;
    Ok(Registered { video, changed })
}

/// Whether Discord knows our commands in `scope` as they are now.
pub async fn is_registered(discord: &discord::Client, words: &Words, scope: Scope) -> Result<bool, discord::Error> {
    Ok(same(&definitions(words, scope), &discord.commands(scope).await?))
}

/// A global and a guild command of one name show up twice, so what an earlier start registered globally goes,
/// unless somebody else's commands are among it.
async fn drop_global(discord: &discord::Client, words: &Words) -> Result<(), discord::Error> {
    let ours = definitions(words, Scope::Global);
    let names: Vec<Value> = ours.iter().filter_map(|command| Some(essence(command)?["name"].clone())).collect();
    let global = discord.commands(Scope::Global).await?;
    if !global.is_empty() && global.iter().all(|command| names.contains(&Value::from(command.name.as_str()))) {
        discord.set_commands(Scope::Global, &[]).await?;
    }
    Ok(())
}

fn definitions(words: &Words, scope: Scope) -> Vec<CreateCommand> {
    let room = || option(words, ROOM, "command-room", NAME_MAX).set_autocomplete(true);
    let topic = option(words, TOPIC, "command-topic", TOPIC_MAX);
    let video = command(words, scope, VIDEO).add_option(room()).add_option(topic);
    let rooms = command(words, scope, ROOMS)
        .add_option(subcommand(words, ROOMS, LIST))
        .add_option(subcommand(words, ROOMS, END_ROOM).add_sub_option(room()))
        .add_option(invite(words).add_sub_option(room()).add_sub_option(role(words)))
        .add_option(subcommand(words, ROOMS, GUEST_LIST))
        .add_option(
            subcommand(words, ROOMS, READMIT).add_sub_option(user(words, "command-removed")).add_sub_option(room()),
        );
    // A command of its own, so that it stays out of everyone's picker.
    let greenroom = command(words, scope, GREENROOM)
        .default_member_permissions(Permissions::MANAGE_GUILD)
        .add_option(subcommand(words, GREENROOM, SETTINGS))
        .add_option(subcommand(words, GREENROOM, CHECK))
        .add_option(
            subcommand(words, GREENROOM, WHY).add_sub_option(user(words, "command-user")).add_sub_option(room()),
        )
        .add_option(subcommand(words, GREENROOM, STATS));
    vec![video, rooms, greenroom]
}

fn command(words: &Words, scope: Scope, name: &str) -> CreateCommand {
    let id = format!("command-{name}-about");
    let mut command = CreateCommand::new(name).description(words.say(Locale::En, &id, &[]));
    for (locale, theirs) in TRANSLATED {
        command = command.description_localized(theirs, words.say(locale, &id, &[]));
    }
    // Only global commands have a say in where they appear; guild ones are in their guild.
    if scope == Scope::Global {
        command = command.contexts(vec![InteractionContext::Guild]).integration_types(vec![InstallationContext::Guild]);
    }
    command
}

/// Its name is the same in every language, as its command's is: people tell each other what to type.
fn subcommand(words: &Words, command: &str, name: &str) -> CreateCommandOption {
    let id = format!("command-{command}-{name}-about");
    let description = words.say(Locale::En, &id, &[]);
    let mut subcommand = CreateCommandOption::new(CommandOptionType::SubCommand, name, description);
    for (locale, theirs) in TRANSLATED {
        subcommand = subcommand.description_localized(theirs, words.say(locale, &id, &[]));
    }
    subcommand
}

/// Languages beside English, with Discord's names for them.
/// <https://discord.com/developers/docs/reference#locales>
const TRANSLATED: [(Locale, &str); 1] = [(Locale::De, "de")];

fn invite(words: &Words) -> CreateCommandOption {
    let name = option(words, NAME, "command-name", GUEST_NAME_MAX).required(true);
    subcommand(words, ROOMS, INVITE).add_sub_option(name)
}

/// What a guest comes in as.
fn role(words: &Words) -> CreateCommandOption {
    let mut option = option_of(words, CommandOptionType::String, ROLE, "command-role");
    for role in [Role::Audience, Role::Member] {
        let id = format!("command-role-{role}");
        let theirs = TRANSLATED.map(|(locale, theirs)| (theirs, words.say(locale, &id, &[])));
        option = option.add_string_choice_localized(words.say(Locale::En, &id, &[]), role.as_str(), theirs);
    }
    option
}

fn user(words: &Words, id: &str) -> CreateCommandOption {
    option_of(words, CommandOptionType::User, USER, id).required(true)
}

fn option(words: &Words, name: &str, id: &str, max: usize) -> CreateCommandOption {
    option_of(words, CommandOptionType::String, name, id).max_length(u16::try_from(max).unwrap_or(u16::MAX))
}

fn option_of(words: &Words, kind: CommandOptionType, name: &str, id: &str) -> CreateCommandOption {
    let description = format!("{id}-description");
    let mut option = CreateCommandOption::new(kind, name, words.say(Locale::En, &description, &[]));
    for (locale, theirs) in TRANSLATED {
        option = option
            .name_localized(theirs, words.say(locale, &format!("{id}-name"), &[]))
            .description_localized(theirs, words.say(locale, &description, &[]));
    }
    option
}

fn same(wanted: &[CreateCommand], have: &[serenity::all::Command]) -> bool {
    let sorted = |mut list: Vec<Option<Value>>| {
        list.sort_by_key(|command| command.as_ref().map(|command| command["name"].to_string()));
        list
    };
    sorted(wanted.iter().map(essence).collect()) == sorted(have.iter().map(essence).collect())
}

/// What of a command we decide: Discord adds ids, versions and defaults, and leaves out what is empty.
fn essence(command: &impl serde::Serialize) -> Option<Value> {
    const OURS: [&str; 16] = [
        "name",
        "type",
        "description",
        "name_localizations",
        "description_localizations",
        "options",
        "required",
        "autocomplete",
        "choices",
        "min_length",
        "max_length",
        "channel_types",
        "default_member_permissions",
        "contexts",
        "integration_types",
        "nsfw",
    ];
    fn reduced(value: &Value, is_command: bool) -> Value {
        let Some(map) = value.as_object() else { return value.clone() };
        let mut kept = Map::new();
        for (key, value) in map.iter().filter(|(key, value)| OURS.contains(&key.as_str()) && !is_default(value)) {
            let value = match value {
                Value::Array(parts) if key == "options" => parts.iter().map(|part| reduced(part, false)).collect(),
                Value::Array(parts) => {
                    let mut parts = parts.clone();
                    parts.sort_by_key(Value::to_string);
                    Value::Array(parts)
                }
                value => value.clone(),
            };
            kept.insert(key.clone(), value);
        }
        if is_command {
            kept.entry("type").or_insert_with(|| 1.into());
        }
        Value::Object(kept)
    }
    Some(reduced(&serde_json::to_value(command).ok()?, true))
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(parts) => parts.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As a list of `/video`, `/room` and `/greenroom`.
    fn as_discord_has_it(scope: Scope) -> Value {
        let mut commands = serde_json::to_value(definitions(&Words::load(), scope)).unwrap();
        for command in commands.as_array_mut().unwrap() {
            for (field, value) in [
                ("id", json!("77")),
                ("application_id", json!("1")),
                ("version", json!("5")),
                ("type", json!(1)),
                ("dm_permission", json!(true)),
                ("nsfw", json!(false)),
            ] {
                command[field] = value;
            }
        }
        commands
    }

    fn is_same(scope: Scope, have: &Value) -> bool {
        same(&definitions(&Words::load(), scope), &serde_json::from_value::<Vec<_>>(have.clone()).unwrap())
    }

    #[test]
    fn what_discord_has_is_left_alone_until_we_change() {
        for scope in [Scope::Global, Scope::Guild(discord::GuildId::new(9))] {
            let have = as_discord_has_it(scope);
            assert!(is_same(scope, &have));
            for (path, value) in [
                ("/0/description", json!("older words")),
                ("/0/options/0/autocomplete", json!(false)),
                ("/0/options/1/max_length", json!(100)),
                ("/0/description_localizations/de", json!("alte Worte")),
                ("/0/options/0/name_localizations/de", json!("zimmer")),
                ("/1/options/1/options/0/name", json!("chamber")),
                ("/2/default_member_permissions", json!("8")),
            ] {
                let mut older = have.clone();
                *older.pointer_mut(path).unwrap() = value;
                assert!(!is_same(scope, &older), "{path}");
            }
        }
        let mut anywhere = as_discord_has_it(Scope::Global);
        anywhere[0]["contexts"] = json!([0, 1]);
        assert!(!is_same(Scope::Global, &anywhere));
        assert!(!same(&definitions(&Words::load(), Scope::Global), &[]));
    }

    #[test]
    fn discord_accepts_the_commands() {
        let commands = as_discord_has_it(Scope::Global);
        insta::assert_json_snapshot!(commands);
        let mut parts: Vec<&Value> = commands.as_array().unwrap().iter().collect();
        while let Some(part) = parts.pop() {
            let length = |text: &Value| text.as_str().unwrap().chars().count();
            assert!((1..=32).contains(&length(&part["name"])), "{part}");
            let described = [&part["description"], &part["description_localizations"]["de"]];
            assert!(described.into_iter().all(|text| (1..=100).contains(&length(text))), "{part}");
            if let Some(name) = part["name_localizations"].get("de") {
                assert!((1..=32).contains(&length(name)), "{part}");
            }
            parts.extend(part["options"].as_array().into_iter().flatten());
        }
    }

    #[test]
    fn the_command_is_clickable_once_its_id_is_known() {
        let video = VideoCommand::default();
        assert_eq!(video.mention(), "`/video`");
        video.is(CommandId::new(77));
        assert_eq!(video.mention(), "</video:77>");
    }
}
