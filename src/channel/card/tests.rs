//! What the card looks like in every state: words are reviewed as snapshots.

use proptest::prelude::*;
use serde_json::json;

use super::{BUTTONS_GO_MS, Card, Look, NOBODY_CAME_MS, People, Phase, UNSURE_MS};
use crate::words::{Locale, Words};

/// 2026-03-02 16:20:00 UTC.
const OPENED: i64 = 1_772_468_400_000;
const MINUTE: i64 = 60_000;

fn card() -> Card {
    Card {
        room_key: "k4qv2m7yh3xw5d6rb2nc".to_owned(),
        title: "standup".to_owned(),
        topic: None,
        locale: Locale::En,
        opened_by: "Mira".to_owned(),
        opened_at: OPENED,
        started_at: None,
        ended_at: None,
        recording: false,
        recording_since: None,
        locked: false,
        last_word_at: None,
        people: People::default(),
        audience: 0,
        peak: 0,
        names: true,
    }
}

fn live(count: u32) -> Card {
    let first = ["Mira", "Odo", "Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal", "Ida", "Jo", "Kim"];
    let first = first.iter().take(count as usize).map(|&name| name.to_owned()).collect();
    Card {
        started_at: Some(OPENED + MINUTE),
        last_word_at: Some(OPENED + 2 * MINUTE),
        people: People { count, first },
        peak: count,
        ..card()
    }
}

fn ended(count: u32, lasted: i64) -> Card {
    Card { ended_at: Some(OPENED + MINUTE + lasted), peak: count.min(5), ..live(count) }
}

fn look() -> Look {
    Look {
        room_link: Some("https://green.example/r/".to_owned()),
        max_members: 50,
        video_command: "</video:1402>".to_owned(),
    }
}

const NOW: i64 = OPENED + 2 * MINUTE;

/// Title and text, the buttons' labels in brackets, the footer.
fn shown_at(card: &Card, now: i64) -> String {
    let rendered = card.render(&Words::load(), &look(), now);
    let embed = json!(rendered.embed);
    let buttons = json!(rendered.rows);
    let labels: Vec<String> = buttons
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|row| row["components"].as_array().cloned().unwrap_or_default())
        .map(|button| format!("[{}]", button["label"].as_str().unwrap_or_default()))
        .collect();
    let mut lines =
        vec![format!("**{}**", embed["title"].as_str().unwrap()), embed["description"].as_str().unwrap().to_owned()];
    lines.extend((!labels.is_empty()).then(|| labels.join(" ")));
    lines.extend(embed["footer"]["text"].as_str().map(|text| format!("({text})")));
    lines.join("\n")
}

fn shown(card: &Card) -> String {
    shown_at(card, NOW)
}

fn in_german(card: Card) -> Card {
    Card { locale: Locale::De, ..card }
}

#[test]
fn an_open_room_says_who_opened_it_and_lets_people_in() {
    let card = Card { topic: Some("Plans for *spring*".to_owned()), ..card() };
    insta::assert_snapshot!(shown(&card));
    insta::assert_snapshot!(shown(&in_german(card)));
}

#[test]
fn a_live_room_says_who_is_in_it() {
    for count in [1, 3, 7, 12, 13, 50] {
        insta::assert_snapshot!(format!("live_with_{count}"), shown(&live(count)));
    }
    insta::assert_snapshot!("live_with_50_de", shown(&in_german(live(50))));
    insta::assert_snapshot!("live_with_nobody", shown(&live(0)));
}

#[test]
fn everything_that_is_true_of_a_live_room_is_said_in_words() {
    let card = Card {
        topic: Some("Release\nnotes".to_owned()),
        recording: true,
        recording_since: Some(OPENED + MINUTE),
        locked: true,
        audience: 5,
        last_word_at: Some(NOW - UNSURE_MS),
        ..live(50)
    };
    insta::assert_snapshot!(shown(&card));
    insta::assert_snapshot!(shown(&in_german(card)));
}

#[test]
fn a_room_that_nobody_entered_says_so_and_later_lets_nobody_in() {
    insta::assert_snapshot!(shown_at(&card(), OPENED + NOBODY_CAME_MS), @r"
    **standup**
    Nobody came. </video:1402> opens it again.
    [Join] [Open in browser]
    (For people who can see this channel)
    ");
    insta::assert_snapshot!(shown_at(&card(), OPENED + BUTTONS_GO_MS), @r"
    **standup · ended**
    Nobody came. </video:1402> opens it again.
    ");
    let ended = in_german(Card { ended_at: Some(OPENED + MINUTE), ..card() });
    insta::assert_snapshot!(shown(&ended), @r"
    **standup · beendet**
    Es kam niemand. </video:1402> öffnet den Raum wieder.
    ");
}

#[test]
fn an_ended_room_sums_up_and_lets_nobody_in() {
    insta::assert_snapshot!(shown(&ended(7, 42 * MINUTE)));
    insta::assert_snapshot!(shown(&in_german(Card {
        audience: 2,
        topic: Some("Plans".to_owned()),
        ..ended(50, 65 * MINUTE)
    })));
    insta::assert_snapshot!(shown(&ended(1, 20_000)));
    insta::assert_snapshot!(shown(&ended(2, 120 * MINUTE)));
}

#[test]
fn where_names_are_off_people_are_counted() {
    let unnamed = |card: Card| shown(&Card { names: false, ..card });
    insta::assert_snapshot!(unnamed(card()));
    insta::assert_snapshot!(unnamed(live(7)));
    insta::assert_snapshot!(unnamed(ended(7, 42 * MINUTE)));
}

#[test]
fn hostile_names_are_only_names() {
    let people = People {
        count: 4,
        first: [
            "@everyone",
            "[free nitro](https://evil.example)",
            "\u{202E}evil\u{0000}\u{200B}",
            "||`*_~`||\n# big\n<@1402><t:0:R>",
        ]
        .map(str::to_owned)
        .to_vec(),
    };
    let card = Card {
        title: "**](https://evil.example) discord.gg/evil".to_owned(),
        topic: Some("x".repeat(10_000)),
        opened_by: String::new(),
        people,
        ..live(4)
    };
    insta::assert_snapshot!(shown(&card));
}

#[test]
fn discord_is_sent_this() {
    let json = |card: &Card, look: &Look| {
        let rendered = card.render(&Words::load(), look, NOW);
        json!({ "embeds": [rendered.embed], "components": rendered.rows })
    };
    insta::assert_json_snapshot!("json_open", json(&card(), &look()));
    insta::assert_json_snapshot!("json_live", json(&live(7), &look()));
    insta::assert_json_snapshot!("json_live_with_50", json(&live(50), &look()));
    insta::assert_json_snapshot!("json_ended", json(&ended(7, 42 * MINUTE), &look()));
    insta::assert_json_snapshot!("json_without_sign_in", json(&live(1), &Look { room_link: None, ..look() }));
}

#[test]
fn a_card_knows_when_it_changes_by_itself() {
    let open = card();
    assert_eq!(open.due_at(OPENED), Some(OPENED + NOBODY_CAME_MS));
    assert_eq!(open.due_at(OPENED + NOBODY_CAME_MS), Some(OPENED + BUTTONS_GO_MS));
    assert_eq!(open.due_at(OPENED + BUTTONS_GO_MS), None);
    let live = live(1);
    let unsure_at = live.last_word_at.unwrap() + UNSURE_MS;
    assert_eq!(live.due_at(NOW), Some(unsure_at));
    assert_eq!(live.due_at(unsure_at), None);
    assert_eq!(ended(1, MINUTE).due_at(NOW), None);
    // Somebody is inside whose start nobody noticed: never "nobody came".
    let unnoticed = Card { started_at: None, ..live };
    assert_eq!(unnoticed.phase(OPENED + BUTTONS_GO_MS), Phase::Live);
}

fn any_card() -> impl Strategy<Value = Card> {
    let times = (any::<Option<u32>>(), any::<Option<u32>>(), any::<Option<u32>>(), any::<Option<u32>>());
    let people = (prop::collection::vec(".{0,120}", 0..20), 0u32..400, any::<u32>(), any::<u32>());
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (".{0,3000}", proptest::option::of(".{0,3000}"), ".{0,200}", times, people, flags).prop_map(
        |(title, topic, opened_by, (started, ended, word, recording), (first, more, audience, peak), flags)| {
            let at = |offset: Option<u32>| offset.map(|ms| OPENED + i64::from(ms));
            let count = first.len() as u32 + more;
            let (recorded, locked, names, german) = flags;
            Card {
                title,
                topic,
                opened_by,
                locale: if german { Locale::De } else { Locale::En },
                started_at: at(started),
                ended_at: at(ended),
                last_word_at: at(word),
                recording: recorded,
                recording_since: at(recording),
                locked,
                people: People { count, first },
                audience,
                peak,
                names,
                ..card()
            }
        },
    )
}

proptest! {
    #[test]
    fn whatever_a_session_is_its_card_fits_discord_and_comes_to_rest(card in any_card(), age in 0i64..100_000_000) {
        let now = OPENED + age;
        let rendered = card.render(&Words::load(), &look(), now);
        let embed = json!(rendered.embed);
        let length = |part: &serde_json::Value| part.as_str().unwrap_or_default().encode_utf16().count();
        prop_assert!((1..=256).contains(&length(&embed["title"])));
        prop_assert!((1..=4096).contains(&length(&embed["description"])));
        // Nothing before the next due moment may change the picture, or nobody would edit it in.
        let due = card.due_at(now);
        prop_assert!(due.is_none_or(|due| due > now));
        let until = due.unwrap_or(now + 100_000_000) - 1;
        prop_assert_eq!(rendered.digest, card.render(&Words::load(), &look(), until).digest);
    }
}
