//! What a room is called. In: what somebody typed. Out: the title people see, the canonical name that decides
//! which room is meant, and the name SignalWire knows it by.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::{secret, words};

/// Characters of a room's name.
pub const NAME_MAX: usize = 100;

/// The ASCII part of SignalWire's name that lets an operator recognise the room.
const SLUG_MAX: usize = 60;

/// A name somebody typed, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomName {
    typed: String,
    canonical: String,
}

/// Why a typed name names no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing that anybody could read is left of it.
    #[error("the name has no visible character")]
    Empty,
    #[error("the name is longer than {NAME_MAX} characters")]
    TooLong,
}

impl RoomName {
    /// Control, bidirectional and zero-width characters are dropped: a name that reads the same is the same.
    pub fn parse(text: &str) -> Result<Self, NameProblem> {
        // Four bytes a character and as much again for what cleaning drops; longer text isn't worth normalising.
        if text.len() > NAME_MAX * 8 {
            return Err(NameProblem::TooLong);
        }
        let typed = words::clean(text);
        let canonical = canonical(&typed);
        if canonical.is_empty() {
            return Err(NameProblem::Empty);
        }
        // Compatibility characters may grow: U+FDFA alone becomes eighteen.
        if typed.chars().count() > NAME_MAX || canonical.chars().count() > NAME_MAX {
            return Err(NameProblem::TooLong);
        }
        Ok(Self { typed, canonical })
    }

    /// As typed, on one line: for people.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Equal for names that mean the same room; never empty.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

/// NFKC, lower-cased, visible characters only, white space collapsed. Gives itself when applied again.
pub(super) fn canonical(text: &str) -> String {
    let mut name = text.to_owned();
    // Lower-casing can undo the normal form and normalising can bring back capitals; names settle in two rounds.
    for _ in 0..ROUNDS {
        let visible: String = words::clean(&name).chars().filter(|&c| !is_joiner(c)).collect();
        let folded: String = words::clean(&visible.nfkc().collect::<String>().to_lowercase());
        if folded == name {
            break;
        }
        name = folded;
    }
    name
}

const ROUNDS: usize = 8;

/// Characters that shape their neighbours without being seen: they stay in the title, but tell no rooms apart.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0020}'..='\u{E01EF}')
}

/// SignalWire's name of a room: always `^[a-z0-9_-]{1,100}$`, and another one for every other guild, channel or
/// canonical name. Unkeyed on purpose: people supply only `canonical`, and our keys may rotate.
pub fn video_name(guild_id: u64, channel_id: u64, canonical: &str) -> String {
    let mut hash = Sha256::new();
    hash.update("greenroom/v1");
    // Each part stands behind its length, so that no two triples are written alike.
    for part in [&guild_id.to_be_bytes()[..], &channel_id.to_be_bytes(), canonical.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let tag = secret::base32(&hash.finalize());
    format!("{}-{}", slug(canonical), &tag[..TAG])
}

/// 130 bits of the hash.
const TAG: usize = 26;

fn slug(canonical: &str) -> String {
    let mut slug = String::new();
    for c in canonical.nfkd() {
        if slug.len() == SLUG_MAX {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') && !unicode_normalization::char::is_combining_mark(c) {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "room".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{NameProblem, RoomName, canonical, video_name};

    #[test]
    fn names_that_read_alike_mean_the_same_room() {
        let of = |text| RoomName::parse(text).unwrap().canonical().to_owned();
        for (a, b) in [
            ("Stand Up", "  stand\t\n up "),
            ("ＳＴＡＮＤＵＰ", "standup"),
            ("stand\u{200B}up", "standup"),
            ("\u{202E}standup\u{2066}", "standup"),
            ("caf\u{e9}", "CAFE\u{301}"),
            ("👩\u{200D}👧", "👩👧"),
            ("❤\u{FE0F}", "❤"),
        ] {
            assert_eq!(of(a), of(b), "{a:?} and {b:?}");
        }
        assert_ne!(of("standup"), of("stand up"));
    }

    #[test]
    fn the_title_keeps_what_was_typed() {
        assert_eq!(
            RoomName::parse("  Mira's   *Stand-Up* 👩\u{200D}👧 ").unwrap().typed(),
            "Mira's *Stand-Up* 👩\u{200D}👧"
        );
        assert_eq!(RoomName::parse("../../etc/@everyone").unwrap().typed(), "../../etc/@everyone");
    }

    #[test]
    fn a_name_nobody_can_read_is_refused() {
        for text in ["", "   ", "\u{200B}\u{200D}\u{FE0F}", "\u{0}\u{7}\n", "\u{202E}\u{2069}", "\u{3164}"] {
            assert_eq!(RoomName::parse(text), Err(NameProblem::Empty), "{text:?}");
        }
        assert_eq!(RoomName::parse(&"x".repeat(101)), Err(NameProblem::TooLong));
        assert_eq!(RoomName::parse(&"x".repeat(10_000)), Err(NameProblem::TooLong));
        assert_eq!(RoomName::parse(&"\u{FDFA}".repeat(6)), Err(NameProblem::TooLong));
        assert!(RoomName::parse(&"👩".repeat(100)).is_ok());
    }

    #[test]
    fn an_operator_recognises_the_room() {
        for (canonical, slug) in [
            ("standup", "standup-"),
            ("", "room-"),
            ("日本", "room-"),
            ("café au lait!", "cafe-au-lait-"),
            ("../../x", "x-"),
            ("2024_review", "2024-review-"),
        ] {
            assert!(video_name(1, 2, canonical).starts_with(slug), "{canonical}: {}", video_name(1, 2, canonical));
        }
        assert_eq!(video_name(81, 1122, "standup"), "standup-rzlrppobz34hf2okj7njeqk7qz");
    }

    fn is_video_name(name: &str) -> bool {
        (1..=100).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
    }

    /// A few ids and short texts, so that equal and nearly equal triples come up often.
    fn triple() -> impl Strategy<Value = (u64, u64, String)> {
        let id = || prop_oneof![0u64..3, any::<u64>()];
        (id(), id(), prop_oneof!["[ab\u{0}-]{0,3}", any::<String>()])
    }

    proptest! {
        #[test]
        fn signalwire_accepts_every_name((guild, channel, text) in triple()) {
            prop_assert!(is_video_name(&video_name(guild, channel, &text)));
        }

        #[test]
        fn no_two_rooms_share_a_name(a in triple(), b in triple()) {
            prop_assert_eq!(a == b, video_name(a.0, a.1, &a.2) == video_name(b.0, b.1, &b.2));
        }

        #[test]
        fn a_canonical_name_is_its_own(text in any::<String>()) {
            let once = canonical(&text);
            prop_assert_eq!(canonical(&once), once);
        }

        #[test]
        fn any_text_is_a_name_or_a_problem(text in any::<String>()) {
            if let Ok(name) = RoomName::parse(&text) {
                prop_assert!(!name.canonical().is_empty() && !name.typed().is_empty());
                prop_assert!(name.typed().chars().count() <= 100 && name.canonical().chars().count() <= 100);
                prop_assert!(!name.canonical().chars().any(char::is_control));
                let again = RoomName::parse(name.canonical()).unwrap();
                prop_assert_eq!(again.canonical(), name.canonical());
            }
        }
    }
}
