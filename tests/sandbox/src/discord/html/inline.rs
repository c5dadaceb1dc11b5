//! What stands within a line: emphasis, code, links, mentions, times.

use super::{
    super::{id::Id, state::State},
    escaped, time,
};

/// Emphasis within emphasis; beyond it marks are text.
const DEPTH_MAX: usize = 8;

/// Longest first, so that `**` is not read as two `*`.
const SPANS: [(&str, &str, &str); 7] = [
    ("***", "<strong><em>", "</em></strong>"),
    ("**", "<strong>", "</strong>"),
    ("__", "<u>", "</u>"),
    ("~~", "<s>", "</s>"),
    ("||", "<span class=\"spoiler\" tabindex=\"0\">", "</span>"),
    ("*", "<em>", "</em>"),
    ("_", "<em>", "</em>"),
];

pub fn render(state: &State, text: &str, out: &mut String) {
    Renderer { state, depth: 0, in_link: false }.render(text, out);
}

#[derive(Clone, Copy)]
struct Renderer<'a> {
    state: &'a State,
    depth: usize,
    in_link: bool,
}

impl Renderer<'_> {
    fn render(self, text: &str, out: &mut String) {
        let mut at = 0;
        while let Some(char) = text[at..].chars().next() {
            let rest = &text[at..];
            let before = text[..at].chars().next_back();
            let taken = match char {
                '\\' => backslash(rest, out),
                '`' => code(rest, out),
                '<' => self.angle(rest, out),
                '[' if !self.in_link => self.masked_link(rest, out),
                'h' if !self.in_link && before.is_none_or(|before| !before.is_alphanumeric()) => bare_link(rest, out),
                '@' => everyone(rest, out),
                '*' | '_' | '~' | '|' => self.span(rest, before, out),
                _ => None,
            };
            at += taken.unwrap_or_else(|| {
                out.push_str(&escaped(&rest[..char.len_utf8()]));
                char.len_utf8()
            });
        }
    }

    fn span(self, rest: &str, before: Option<char>, out: &mut String) -> Option<usize> {
        if self.depth == DEPTH_MAX {
            return None;
        }
        let is_word = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
        for (mark, open, close) in SPANS {
            let Some(inside) = rest.strip_prefix(mark) else { continue };
            if mark == "_" && is_word(before) || inside.starts_with(char::is_whitespace) {
                continue;
            }
            let mut ends = inside.match_indices(mark).map(|(end, _)| end);
            let end = ends.find(|end| {
                let (content, after) = (&inside[..*end], &inside[end + mark.len()..]);
                let is_escaped = content.ends_with('\\');
                // `*` does not end at the first half of `**`.
                let is_whole = mark.len() > 1 || !(after.starts_with(mark) || content.ends_with(mark));
                let is_outside_word = mark != "_" || !is_word(after.chars().next());
                !content.trim().is_empty() && !is_escaped && is_whole && is_outside_word
            });
            if let Some(end) = end {
                out.push_str(open);
                Self { depth: self.depth + 1, ..self }.render(&inside[..end], out);
                out.push_str(close);
                return Some(end + 2 * mark.len());
            }
        }
        None
    }

    /// `[text](https://..)`
    fn masked_link(self, rest: &str, out: &mut String) -> Option<usize> {
        let end = rest.find("](")?;
        let text = &rest[1..end];
        let address = &rest[end + 2..];
        let close = address.find(')')?;
        let url = address[..close].trim_start_matches('<').trim_end_matches('>');
        if text.trim().is_empty() || text.contains('[') || !is_link(url) {
            return None;
        }
        out.push_str(&opening(url));
        Self { in_link: true, ..self }.render(text, out);
        out.push_str("</a>");
        Some(end + 2 + close + 1)
    }

    /// Everything in angle brackets: mentions, times, commands, links without preview.
    fn angle(self, rest: &str, out: &mut String) -> Option<usize> {
        let end = rest.find('>')?;
        let inside = &rest[1..end];
        let mention = |text: &str| format!("<span class=\"mention\">{}</span>", escaped(text));
        let html = if let Some(id) = inside.strip_prefix("@&") {
            let role = self.state.roles.get(&id.parse().ok()?)?;
            mention(&format!("@{}", role.name.trim_start_matches('@')))
        } else if let Some(id) = inside.strip_prefix("@!").or_else(|| inside.strip_prefix('@')) {
            let id: Id = id.parse().ok()?;
            let name = self.state.users.contains_key(&id).then(|| self.state.display_name(id));
            mention(&format!("@{}", name.as_deref().unwrap_or("unknown-user")))
        } else if let Some(id) = inside.strip_prefix('#') {
            let id: Id = id.parse().ok()?;
            let name = self.state.channels.get(&id).map_or("unknown", |channel| channel.name.as_str());
            format!("<span class=\"mention\" data-channel=\"{id}\">{}</span>", escaped(&format!("#{name}")))
        } else if let Some(command) = inside.strip_prefix('/') {
            let (name, id) = command.rsplit_once(':')?;
            let _: Id = id.parse().ok()?;
            format!("<span class=\"mention\" data-command=\"{0}\">/{0}</span>", escaped(name))
        } else if let Some(time) = inside.strip_prefix("t:") {
            time::render(time, self.state.now())?
        } else if is_link(inside) {
            format!("{}{}</a>", opening(inside), escaped(inside))
        } else {
            // Pictures of the server's own are shown by name.
            let (name, id) = inside.trim_start_matches('a').strip_prefix(':')?.split_once(':')?;
            let _: Id = id.parse().ok()?;
            escaped(&format!(":{name}:"))
        };
        out.push_str(&html);
        Some(end + 1)
    }
}

/// A punctuation mark that is meant as such.
fn backslash(rest: &str, out: &mut String) -> Option<usize> {
    let next = rest[1..].chars().next().filter(char::is_ascii_punctuation)?;
    out.push_str(&escaped(&next.to_string()));
    Some(1 + next.len_utf8())
}

fn code(rest: &str, out: &mut String) -> Option<usize> {
    let marks = rest.bytes().take_while(|byte| *byte == b'`').count();
    let mark = &rest[..marks];
    let inside = &rest[marks..];
    let end = inside.find(mark)?;
    let content = inside[..end].trim();
    if content.is_empty() {
        return None;
    }
    out.push_str("<code>");
    out.push_str(&escaped(content));
    out.push_str("</code>");
    Some(end + 2 * marks)
}

fn everyone(rest: &str, out: &mut String) -> Option<usize> {
    let name = ["@everyone", "@here"].into_iter().find(|name| rest.starts_with(name))?;
    out.push_str(&format!("<span class=\"mention\">{name}</span>"));
    Some(name.len())
}

fn is_link(text: &str) -> bool {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    is_web && !text.contains(char::is_whitespace) && url::Url::parse(text).is_ok()
}

fn opening(url: &str) -> String {
    format!("<a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">", escaped(url))
}

fn bare_link(rest: &str, out: &mut String) -> Option<usize> {
    let end = rest.find(|char: char| char.is_whitespace() || "<>\"".contains(char)).unwrap_or(rest.len());
    let url = rest[..end].trim_end_matches(['.', ',', ':', ';', '!', '?', ')', '*', '_', '|', '~', '\'']);
    if !is_link(url) {
        return None;
    }
    out.push_str(&format!("{}{}</a>", opening(url), escaped(url)));
    Some(url.len())
}
