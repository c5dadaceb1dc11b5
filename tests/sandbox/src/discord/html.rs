//! Discord's markdown as HTML. Everything that is not markup of ours is escaped.
//! <https://discord.com/developers/docs/reference#message-formatting>

mod inline;
mod time;

use super::state::State;

/// For element content and quoted attributes alike.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            char => out.push(char),
        }
    }
    out
}

/// A whole message, description or field.
pub fn render(state: &State, text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, code, after)) = fenced(rest) {
        blocks(state, before, &mut out);
        out.push_str("<pre><code>");
        out.push_str(&escaped(code));
        out.push_str("</code></pre>");
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    blocks(state, rest, &mut out);
    out
}

/// Text, a code block without its fences and language, and the text behind it.
fn fenced(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("```")?;
    let (code, after) = rest.split_once("```")?;
    if code.trim().is_empty() {
        return None;
    }
    let is_language = |line: &str| line.chars().all(|char| char.is_ascii_alphanumeric() || "+-#_.".contains(char));
    let code = match code.split_once('\n') {
        Some((first, lines)) if is_language(first) && !lines.trim().is_empty() => lines,
        _ => code,
    };
    Some((before.strip_suffix('\n').unwrap_or(before), code.trim_end_matches('\n'), after))
}

/// What a line is.
enum Line<'a> {
    Heading(u8, &'a str),
    Small(&'a str),
    Item { is_numbered: bool, text: &'a str },
    Quote(&'a str),
    Text(&'a str),
}

fn line(text: &str) -> Line<'_> {
    for (mark, level) in [("# ", 1), ("## ", 2), ("### ", 3)] {
        if let Some(text) = text.strip_prefix(mark).filter(|text| !text.trim().is_empty()) {
            return Line::Heading(level, text.trim());
        }
    }
    if let Some(text) = text.strip_prefix("-# ").filter(|text| !text.trim().is_empty()) {
        return Line::Small(text);
    }
    if let Some(text) = text.strip_prefix("> ") {
        return Line::Quote(text);
    }
    let trimmed = text.trim_start();
    if let Some(text) = trimmed.strip_prefix("- ").or_else(|| trimmed.strip_prefix("* ")) {
        return Line::Item { is_numbered: false, text };
    }
    if let Some((number, text)) = trimmed.split_once(". ")
        && !number.is_empty()
        && number.len() <= 3
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Line::Item { is_numbered: true, text };
    }
    Line::Text(text)
}

/// Headings, lists, quotes and plain lines.
fn blocks(state: &State, text: &str, out: &mut String) {
    if text.is_empty() {
        return;
    }
    // A quote with three marks goes on to the end.
    if let Some(at) = text.strip_prefix(">>> ").map(|_| 0).or_else(|| text.find("\n>>> ").map(|at| at + 1)) {
        blocks(state, text[..at].trim_end_matches('\n'), out);
        out.push_str("<blockquote>");
        blocks(state, &text[at + 4..], out);
        out.push_str("</blockquote>");
        return;
    }
    let mut open: Option<&str> = None;
    let mut after_text = false;
    for source in text.split('\n') {
        let line = line(source);
        let wanted = match line {
            Line::Item { is_numbered: true, .. } => Some("ol"),
            Line::Item { is_numbered: false, .. } => Some("ul"),
            Line::Quote(_) => Some("blockquote"),
            _ => None,
        };
        let goes_on = open == wanted;
        if !goes_on {
            if let Some(open) = open {
                out.push_str(&format!("</{open}>"));
            }
            if let Some(wanted) = wanted {
                out.push_str(&format!("<{wanted}>"));
            }
            open = wanted;
        }
        let is_text = matches!(line, Line::Text(_) | Line::Quote(_));
        if is_text && after_text && goes_on {
            out.push_str("<br>");
        }
        after_text = is_text;
        match line {
            Line::Heading(level, text) => wrapped(state, &format!("h{level}"), text, out),
            Line::Small(text) => wrapped(state, "small", text, out),
            Line::Item { text, .. } => wrapped(state, "li", text, out),
            Line::Quote(text) | Line::Text(text) => inline::render(state, text, out),
        }
    }
    if let Some(open) = open {
        out.push_str(&format!("</{open}>"));
    }
}

fn wrapped(state: &State, tag: &str, text: &str, out: &mut String) {
    out.push_str(&format!("<{tag}>"));
    inline::render(state, text, out);
    out.push_str(&format!("</{tag}>"));
}

#[cfg(test)]
mod tests;
