//! Every sentence, as people read it.

use super::*;

fn speaker(words: &Words, locale: Locale) -> Speaker<'_> {
    Speaker { words, locale, guild_locale: Locale::En, video: "</video:77>" }
}

fn link() -> Link {
    let url = "https://rooms.example.org/r/k4qv2m7yh3xw5d6rb2nc#t=abcd".to_owned();
    Link { url: url.into(), expires_at: 1_786_010_400_000 }
}

fn entrance(link: &Link) -> Entrance<'_> {
    Entrance {
        title: "standup",
        is_own: false,
        channel_id: 1001,
        person: "Mira",
        link,
        role: Role::Member,
        inside: Vec::new(),
        watching: 0,
        moves: false,
        elsewhere: None,
        posting: Posting::Card,
    }
}

/// Text, then buttons.
fn shown(said: &Said) -> String {
    let mut lines = vec![said.content.clone()];
    for row in serde_json::to_value(&said.rows).unwrap().as_array().unwrap() {
        for button in row["components"].as_array().unwrap() {
            let target = button.get("url").or(button.get("custom_id")).unwrap();
            lines.push(format!("[{}] {}", button["label"].as_str().unwrap(), target.as_str().unwrap()));
        }
    }
    lines.join("\n")
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn the_way_into_an_open_room() {
    let words = Words::load();
    insta::assert_snapshot!(shown(&speaker(&words, Locale::En).enter(&entrance(&link()))), @r"
    **standup** is open.
    This link is you: whoever opens it comes in as Mira. It works once, until <t:1786010400:t>. Gone? Press **Join** on the card.
    <https://rooms.example.org/r/k4qv2m7yh3xw5d6rb2nc#t=abcd>
    [Enter as Mira] https://rooms.example.org/r/k4qv2m7yh3xw5d6rb2nc#t=abcd
    ");
}

#[test]
fn the_button_on_the_card_is_named_in_the_guilds_language() {
    let words = Words::load();
    insta::assert_snapshot!(shown(&speaker(&words, Locale::De).enter(&entrance(&link()))), @r"
    **standup** ist offen.
    Dieser Link bist du: Wer ihn öffnet, kommt als Mira herein. Er gilt einmal, bis <t:1786010400:t>. Weg? Drück **Join** auf der Karte.
    <https://rooms.example.org/r/k4qv2m7yh3xw5d6rb2nc#t=abcd>
    [Als Mira eintreten] https://rooms.example.org/r/k4qv2m7yh3xw5d6rb2nc#t=abcd
    ");
}

#[test]
fn who_is_inside_is_said_first() {
    let words = Words::load();
    let headline = |inside: &[&str], watching| {
        let link = link();
        let entrance = Entrance { inside: names(inside), watching, ..entrance(&link) };
        let say = |locale| speaker(&words, locale).enter(&entrance).content.lines().next().unwrap().to_owned();
        format!("{}\n{}", say(Locale::En), say(Locale::De))
    };
    insta::assert_snapshot!(headline(&["Odo"], 0), @r"
    **standup** is live: Odo is inside.
    **standup** läuft: Odo ist drin.
    ");
    insta::assert_snapshot!(headline(&["Odo", "Ann"], 3), @r"
    **standup** is live: Odo and Ann are inside.
    **standup** läuft: Odo und Ann sind drin.
    ");
    let many: Vec<String> = (1..=13).map(|n| format!("P{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    insta::assert_snapshot!(headline(&many, 0), @r"
    **standup** is live: P1, P2, P3, P4, P5, P6, P7, P8, P9, P10 and 3 others are inside.
    **standup** läuft: P1, P2, P3, P4, P5, P6, P7, P8, P9, P10 und 3 weitere sind drin.
    ");
    insta::assert_snapshot!(headline(&[], 1), @r"
    **standup** is live: 1 person is watching.
    **standup** läuft: 1 Person schaut zu.
    ");
}

#[test]
fn what_is_added_when_it_is_true() {
    let words = Words::load();
    let link = link();
    let elsewhere = Elsewhere { room_key: "otherkey".into(), title: "standup".into(), channel_id: 1002, inside: 4 };
    let all = Entrance {
        role: Role::Audience,
        moves: true,
        elsewhere: Some(elsewhere),
        posting: Posting::AsBotTell,
        inside: names(&["Mira"]),
        ..entrance(&link)
    };
    insta::assert_snapshot!(shown(&speaker(&words, Locale::En).enter(&all)), @r"
    **standup** is live: Mira is inside.
    This link is you: whoever opens it comes in as Mira. It works once, until <t:1786010400:t>. Gone? Press **Join** on the card.
    <https://rooms.example.org/r/k4qv2m7yh3xw5d6rb2nc#t=abcd>
    You come in as audience: you see and hear, nobody sees or hears you.
    You're already inside on another device; this link moves the call here.
    Admins: I post as myself because I lack **Manage Webhooks** here.
    A different **standup** is live in <#1002> (4 people).
    [Enter as Mira] https://rooms.example.org/r/k4qv2m7yh3xw5d6rb2nc#t=abcd
    [Join that one] join:v1:otherkey
    ");
}

#[test]
fn where_the_bot_may_not_post_the_caller_spreads_the_word() {
    let words = Words::load();
    let link = link();
    let mute = Entrance { posting: Posting::Nowhere { voice: false }, ..entrance(&link) };
    insta::assert_snapshot!(speaker(&words, Locale::En).enter(&mute).content, @r"
    **standup** is open.
    This link is you: whoever opens it comes in as Mira. It works once, until <t:1786010400:t>. Gone? Type `/video standup` again.
    <https://rooms.example.org/r/k4qv2m7yh3xw5d6rb2nc#t=abcd>
    Your link is ready. I may not post in <#1001>, so nobody has been told. Others get in by typing `/video standup` here. Admins: give me View Channel, Send Messages and Embed Links.
    ");
    let own = Entrance { is_own: true, title: "general", ..mute };
    assert!(speaker(&words, Locale::En).enter(&own).content.contains("typing </video:77> here"));
}

#[test]
fn hostile_names_stay_names() {
    let words = Words::load();
    let link = link();
    let hostile = Entrance {
        title: "`@everyone` [free](https://evil.example)",
        person: "**Mira**\u{202E}\n# loud",
        posting: Posting::Nowhere { voice: true },
        ..entrance(&link)
    };
    insta::assert_snapshot!(shown(&speaker(&words, Locale::En).enter(&hostile)), @r"
    **\`\@everyone\` \[free\]\(https\:\/\/evil.example\)** is open.
    This link is you: whoever opens it comes in as \*\*Mira\*\* \# loud. It works once, until <t:1786010400:t>. Gone? Type `/video '@everyone' [free](https://evil.example)` again.
    <https://rooms.example.org/r/k4qv2m7yh3xw5d6rb2nc#t=abcd>
    Your link is ready. I may not post in <#1001>, so nobody has been told. Others get in by typing `/video '@everyone' [free](https://evil.example)` here. Admins: give me View Channel, Connect, Send Messages and Embed Links.
    [Enter as **Mira** # loud] https://rooms.example.org/r/k4qv2m7yh3xw5d6rb2nc#t=abcd
    ");
}

#[test]
fn every_answer_fits_into_a_message() {
    let words = Words::load();
    let link = link();
    let long = "\u{5BB6}*".repeat(50);
    let full = Entrance {
        title: &long,
        person: &long,
        role: Role::Audience,
        inside: vec![long.clone(); 300],
        watching: 300,
        moves: true,
        elsewhere: Some(Elsewhere { room_key: "k".repeat(26), title: long.clone(), channel_id: u64::MAX, inside: 300 }),
        posting: Posting::Nowhere { voice: true },
        ..entrance(&link)
    };
    for locale in Locale::ALL {
        let said = speaker(&words, locale).enter(&full);
        assert!(said.content.chars().count() <= 2000, "{}", said.content.chars().count());
        let rooms = vec![(long.clone(), 300); 100];
        let limit = speaker(&words, locale).refuse(&Refusal::GuildLimit { count: 100, rooms });
        assert!(limit.content.chars().count() <= 2000, "{}", limit.content.chars().count());
        for (open, inside) in [(false, 0), (true, 0), (true, 300)] {
            assert!(speaker(&words, locale).choice(&long, open, inside).chars().count() <= 100);
        }
    }
}

#[test]
fn every_refusal_says_what_to_do() {
    let words = Words::load();
    let rule = |rule| Refusal::Rule { rule, title: "standup".into(), channel_id: 1001 };
    let open = |kind| Refusal::MayNotOpen { kind, by_policy: false, channel_id: 1001 };
    let title = || "standup".to_owned();
    let refusals = [
        Refusal::DirectMessage,
        Refusal::NoBot { invite: "https://discord.com/oauth2/authorize?client_id=1".into() },
        rule(Rule::NotInGuild),
        rule(Rule::CannotView),
        rule(Rule::TimedOut),
        rule(Rule::NotInPrivateThread),
        rule(Rule::CannotConnect),
        rule(Rule::Removed),
        rule(Rule::Policy(2)),
        Refusal::MayNotOpen { kind: Kind::Text, by_policy: true, channel_id: 1001 },
        open(Kind::Text),
        open(Kind::Voice),
        open(Kind::Stage),
        Refusal::GuildLimit { count: 10, rooms: vec![("standup".into(), 4), ("art".into(), 2)] },
        Refusal::GuildLimit { count: 10, rooms: vec![] },
        Refusal::PersonLimit { count: 3, per: Duration::from_secs(600), again_at: 1_786_010_400_000 },
        Refusal::PersonLimit { count: 1, per: Duration::from_secs(3600), again_at: 1_786_010_400_000 },
        Refusal::VideoSilent { title: title() },
        Refusal::VideoAccount { title: title(), reference: "7F3K-92".into() },
        Refusal::Ended { title: title(), is_own: false },
        Refusal::Ended { title: "general".into(), is_own: true },
        Refusal::UnknownRoom,
        Refusal::DiscordSilent,
        Refusal::Name(NameProblem::Empty),
        Refusal::Name(NameProblem::TooLong),
        Refusal::TopicTooLong,
        Refusal::Unknown,
        Refusal::Sorry { reference: "7F3K-92".into() },
        Refusal::Interrupted { title: Some(title()) },
        Refusal::Interrupted { title: None },
    ];
    for locale in Locale::ALL {
        let said: Vec<String> =
            refusals.iter().map(|refusal| speaker(&words, locale).refuse(refusal).content).collect();
        insta::assert_snapshot!(format!("refusals_{locale}"), said.join("\n"));
    }
}
