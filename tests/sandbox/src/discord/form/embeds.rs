//! Embeds. <https://discord.com/developers/docs/resources/message#embed-object-embed-limits>

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    super::{objects::iso, refusal::Problems},
    is_web_address,
};

pub const EMBEDS_MAX: usize = 10;
const FIELDS_MAX: usize = 25;
/// Characters over all embeds of a message.
const TOTAL_MAX: usize = 6000;

/// As they go out; what is wrong goes to `problems`.
pub fn read(embeds: &[Value], path: &str, problems: &mut Problems) -> Vec<Value> {
    let mut total = 0;
    let read: Vec<Value> = embeds
        .iter()
        .enumerate()
        .map(|(index, embed)| {
            let mut out = Map::new();
            let path = format!("{path}.{index}");
            let mut reader = Reader { embed, out: &mut out, path: &path, problems, total: &mut total };
            reader.read();
            Value::Object(out)
        })
        .collect();
    if total > TOTAL_MAX {
        let message = format!("Embed size exceeds maximum size of {TOTAL_MAX}");
        problems.add(path, "MAX_EMBED_SIZE_EXCEEDED", message);
    }
    read
}

struct Reader<'a> {
    embed: &'a Value,
    out: &'a mut Map<String, Value>,
    path: &'a str,
    problems: &'a mut Problems,
    total: &'a mut usize,
}

impl Reader<'_> {
    fn read(&mut self) {
        self.out.insert("type".into(), "rich".into());
        let embed = self.embed;
        for (field, max) in [("title", 256), ("description", 4096)] {
            if let Some(text) = self.measured(&embed[field], field, 0, max).filter(|text| !text.is_empty()) {
                self.out.insert(field.into(), text.into());
            }
        }
        if let Some(url) = self.address(&embed["url"], "url") {
            self.out.insert("url".into(), url.into());
        }
        if let Some(color) = embed["color"].as_i64() {
            if !(0..=0xff_ffff).contains(&color) {
                let message = "int value should be less than or equal to 16777215.";
                self.problems.add(&format!("{}.color", self.path), "NUMBER_TYPE_MAX", message);
            }
            self.out.insert("color".into(), color.into());
        }
        self.timestamp(&embed["timestamp"]);
        if let Some(text) = self.measured(&embed["footer"]["text"], "footer.text", 0, 2048) {
            let mut footer = json!({ "text": text });
            self.picture(&embed["footer"]["icon_url"], "footer.icon_url", "icon_url", &mut footer);
            self.out.insert("footer".into(), footer);
        }
        if let Some(name) = self.measured(&embed["author"]["name"], "author.name", 0, 256) {
            let mut author = json!({ "name": name });
            if let Some(url) = self.address(&embed["author"]["url"], "author.url") {
                author["url"] = url.into();
            }
            self.picture(&embed["author"]["icon_url"], "author.icon_url", "icon_url", &mut author);
            self.out.insert("author".into(), author);
        }
        for field in ["image", "thumbnail"] {
            let mut picture = json!({});
            self.picture(&embed[field]["url"], &format!("{field}.url"), "url", &mut picture);
            if picture["url"].is_string() {
                self.out.insert(field.into(), picture);
            }
        }
        self.fields(&embed["fields"]);
    }

    /// A text that counts towards the total.
    fn measured(&mut self, value: &Value, field: &str, min: usize, max: usize) -> Option<String> {
        let text = value.as_str()?.trim().to_owned();
        *self.total += text.chars().count();
        self.problems.length(&format!("{}.{field}", self.path), &text, min, max);
        Some(text)
    }

    fn address(&mut self, value: &Value, field: &str) -> Option<String> {
        let url = value.as_str().filter(|url| !url.is_empty())?;
        if !is_web_address(url) {
            self.problems.add(&format!("{}.{field}", self.path), "URL_TYPE_INVALID_URL", "Not a well formed URL.");
        }
        Some(url.to_owned())
    }

    fn picture(&mut self, value: &Value, field: &str, key: &str, into: &mut Value) {
        if let Some(url) = self.address(value, field) {
            into[key] = url.into();
        }
    }

    fn timestamp(&mut self, value: &Value) {
        let Some(text) = value.as_str() else { return };
        match text.parse::<Timestamp>() {
            Ok(at) => {
                self.out.insert("timestamp".into(), iso(at.as_millisecond()).into());
            }
            Err(_) => {
                let message =
                    format!("Could not parse {}. Should be ISO8601.", text.chars().take(40).collect::<String>());
                self.problems.add(&format!("{}.timestamp", self.path), "DATETIME_TYPE_PARSE", message);
            }
        }
    }

    fn fields(&mut self, value: &Value) {
        let Some(fields) = value.as_array() else { return };
        if fields.len() > FIELDS_MAX {
            let message = format!("Must be {FIELDS_MAX} or fewer in length.");
            self.problems.add(&format!("{}.fields", self.path), "BASE_TYPE_MAX_LENGTH", message);
        }
        let mut read = vec![];
        for (index, field) in fields.iter().enumerate() {
            let mut one = |what: &str, max| {
                let empty = Value::from("");
                let given = if field[what].is_string() { &field[what] } else { &empty };
                self.measured(given, &format!("fields.{index}.{what}"), 1, max).unwrap_or_default()
            };
            let (name, value) = (one("name", 256), one("value", 1024));
            read.push(json!({ "name": name, "value": value, "inline": field["inline"] == true }));
        }
        if !read.is_empty() {
            self.out.insert("fields".into(), read.into());
        }
    }
}
