//! Text that people typed, made safe to stand inside our sentences in Discord.
//!
//! Masked links work in webhook and bot messages, so an unescaped name could spoof a link; invisible and
//! direction-changing characters could make a name read as something else
//! (discord.com/developers/docs/reference#message-formatting).

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

/// Characters of a person's or room's name that are shown.
const NAME_SHOWN: usize = 40;

/// Every character with a meaning in Discord's markdown, in mentions or in links. Discord takes a backslash
/// before any of them as "this is text"; the slash breaks up addresses without a scheme (`discord.gg/…`).
const MEANINGFUL: &str = r"\*_~|>#[]()<@:-`/";

/// `text` on one line, trimmed, without control, invisible and direction-changing characters.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars().filter(|&c| !is_invisible(c)) {
        let c = if c.is_whitespace() || c.is_control() { ' ' } else { c };
        if c != ' ' || !(cleaned.is_empty() || cleaned.ends_with(' ')) {
            cleaned.push(c);
        }
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// `text` cleaned and with every meaningful character escaped: Discord shows it as it was typed. Clip before,
/// never after: a cut could leave a lone backslash.
pub fn escape(text: &str) -> String {
    let cleaned = clean(text);
    let mut escaped = String::with_capacity(cleaned.len() + 8);
    for c in cleaned.chars() {
        if MEANINGFUL.contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The first `max` characters of `text`, the last of them "…" when something was cut. Never ends in half of
/// an emoji or accent.
pub fn clip(text: &str, max: usize) -> Cow<'_, str> {
    if text.chars().count() <= max {
        return Cow::Borrowed(text);
    }
    let Some(room) = max.checked_sub(1) else { return Cow::Borrowed("") };
    let start_of = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    let mut cut = start_of(room);
    while let (Some(before), Some(after)) = (text[..cut].chars().next_back(), text[cut..].chars().next()) {
        if before != ZERO_WIDTH_JOINER && !joins(after) {
            break;
        }
        cut -= before.len_utf8();
    }
    // A text that is one endless cluster is cut hard rather than shown as nothing.
    let cut = if cut == 0 { start_of(room) } else { cut };
    Cow::Owned(format!("{}…", text[..cut].trim_end()))
}

/// A person's or room's name inside a sentence: cleaned, clipped, escaped and never empty.
pub fn name(typed: &str) -> String {
    let cleaned = clean(typed);
    if cleaned.is_empty() { "?".to_owned() } else { escape(&clip(&cleaned, NAME_SHOWN)) }
}

const ZERO_WIDTH_JOINER: char = '\u{200D}';

/// Whether `c` belongs to the character before it.
fn joins(c: char) -> bool {
    c == ZERO_WIDTH_JOINER
        || is_combining_mark(c)
        || matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}')
}

/// Characters that are dropped: they show nothing, or change how their neighbours read. The joiners U+200C and
/// U+200D stay, because Persian words and family emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
        | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E001F}')
        || (c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MEANINGFUL, clean, clip, escape, is_invisible, name};

    #[test]
    fn hostile_names_read_as_they_were_typed() {
        insta::assert_snapshot!(escape("@everyone"), @r"\@everyone");
        insta::assert_snapshot!(escape("<@123> **bold** `code`"), @r"\<\@123\> \*\*bold\*\* \`code\`");
        insta::assert_snapshot!(escape("[free](https://evil.example)"), @r"\[free\]\(https\:\/\/evil.example\)");
        insta::assert_snapshot!(escape("# big\n> quote\n- list"), @r"\# big \> quote \- list");
        insta::assert_snapshot!(escape("abc\u{202E}gpj.exe\u{0000}\u{7}\u{200B}"), @"abcgpj.exe");
        insta::assert_snapshot!(escape(r"C:\temp"), @r"C\:\\temp");
        insta::assert_snapshot!(name("\u{200B}\u{2066} \u{3164}"), @"?");
        insta::assert_snapshot!(escape("👩‍👩‍👧 Mira"), @"👩‍👩‍👧 Mira");
    }

    #[test]
    fn a_clip_ends_between_characters_people_see() {
        assert_eq!(clip("standup", 7), "standup");
        assert_eq!(clip("standups", 7), "standu…");
        assert_eq!(clip("ab👩‍👩‍👧cd", 5), "ab…");
        assert_eq!(clip("abe\u{301}d", 4), "ab…");
        assert_eq!(clip("abc", 0), "");
        assert_eq!(clip("abc", 1), "…");
        assert_eq!(clip("e\u{301}\u{301}\u{301}\u{301}", 3), "e\u{301}…");
    }

    proptest! {
        #[test]
        fn escaped_text_has_no_meaningful_character_left(text in any::<String>()) {
            let escaped = escape(&text);
            let mut chars = escaped.chars();
            let mut shown = String::new();
            while let Some(c) = chars.next() {
                if c == '\\' {
                    let escaped = chars.next();
                    prop_assert!(escaped.is_some_and(|c| MEANINGFUL.contains(c)));
                    shown.extend(escaped);
                } else {
                    prop_assert!(!MEANINGFUL.contains(c), "{c:?} stands alone");
                    shown.push(c);
                }
            }
            prop_assert_eq!(shown, clean(&text));
        }

        #[test]
        fn cleaned_text_is_one_visible_line(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert!(!cleaned.contains("  "));
            prop_assert_eq!(cleaned.trim(), &cleaned);
            prop_assert_eq!(clean(&cleaned), cleaned);
        }

        #[test]
        fn clipped_text_fits_and_begins_as_it_did(text in any::<String>(), max in 0usize..50) {
            let clipped = clip(&text, max);
            prop_assert!(clipped.chars().count() <= max);
            prop_assert!(text.starts_with(clipped.strip_suffix('…').unwrap_or(&clipped)) || text == clipped);
            prop_assert!(text.chars().count() > max || clipped == text);
        }

        #[test]
        fn a_name_is_never_empty_and_never_long(text in any::<String>()) {
            let shown = name(&text);
            prop_assert!(!shown.is_empty());
            prop_assert!(shown.chars().count() <= 80);
        }
    }
}
