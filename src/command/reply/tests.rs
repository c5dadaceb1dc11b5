//! Every sentence, as people read it.

use std::time::Duration;

use super::*;
use crate::{
    access::{Kind, Rule},
    room::NameProblem,
};

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

#[test]
fn rooms_of_the_server_ten_of_them_with_buttons() {
    use crate::room::{Listed, Place, Room};

    let words = Words::load();
    let room = |number: u64| Listed {
        room: Room {
            key: format!("key-{number}"),
            place: Place { guild_id: 1, channel_id: 1000 + number },
            canonical: String::new(),
            title: format!("room *{number}*"),
            video_name: String::new(),
            video_room_id: None,
            ensured_at: None,
            created_at: 0,
        },
        session: None,
        inside: u32::try_from(number).unwrap(),
    };
    let few: Vec<_> = (0..2).map(room).collect();
    insta::assert_snapshot!(shown(&speaker(&words, Locale::En).rooms(&few, true)), @r"
    2 rooms are open:
    **room \*0\*** in <#1000> · nobody inside
    **room \*1\*** in <#1001> · 1 inside
    [Join room *0*] join:v1:key-0
    [Join room *1*] join:v1:key-1
    ");
    insta::assert_snapshot!(shown(&speaker(&words, Locale::De).rooms(&few, true)), @r"
    2 Räume sind offen:
    **room \*0\*** in <#1000> · niemand drin
    **room \*1\*** in <#1001> · 1 drin
    [room *0* beitreten] join:v1:key-0
    [room *1* beitreten] join:v1:key-1
    ");
    let perhaps = speaker(&words, Locale::En).rooms(&few, false).content;
    assert!(perhaps.ends_with("There may be more: I couldn't ask Discord about every channel."), "{perhaps}");
    let many = speaker(&words, Locale::En).rooms(&(0..25).map(room).collect::<Vec<_>>(), true);
    assert_eq!(many.rows.len(), 2);
    assert!(many.content.ends_with("… and 15 others") && many.content.chars().count() < 2000);
}

#[test]
fn the_end_for_all_is_asked_about() {
    let words = Words::load();
    insta::assert_snapshot!(shown(&speaker(&words, Locale::En).ask_to_end("stand_up", "s1", 7)), @r"
    End **stand\_up** for all 7 people inside?
    [End for all] end:v1:s1
    ");
    insta::assert_snapshot!(shown(&speaker(&words, Locale::De).ask_to_end("stand_up", "s1", 1)), @r"
    **stand\_up** für die eine Person darin beenden?
    [Für alle beenden] end:v1:s1
    ");
    insta::assert_snapshot!(shown(&speaker(&words, Locale::De).ended("stand_up")), @r"**stand\_up** ist für alle beendet.");
}

#[test]
fn what_moderators_and_admins_are_denied() {
    let words = Words::load();
    let title = || "standup".to_owned();
    let denials = [
        Denial::NotStaff,
        Denial::NotModerator { title: title() },
        Denial::NothingOpen { channel_id: 1001 },
        Denial::WhichRoom { titles: names(&["standup", "retro"]) },
        Denial::NotOpen { title: title() },
        Denial::NobodyInside { title: title() },
        Denial::NotEnded { title: title() },
        Denial::Setting { field: Field::Lines, typed: "*loud*".to_owned() },
    ];
    let say = |locale| {
        let speaker = speaker(&words, locale);
        denials.iter().map(|denial| speaker.refuse(&Refusal::Staff(denial.clone())).content + "\n").collect::<String>()
    };
    insta::assert_snapshot!(say(Locale::En), @r"
    Only people who may manage this server or this channel can do this.
    Only moderators of **standup** can do that. Discord's permissions for this channel decide who they are.
    No room is open in <#1001>.
    Several rooms are open here: **standup** and **retro**. Say which one you mean.
    **standup** isn't open in this channel.
    Nobody has come into **standup** yet, so there is no call to end. Its card closes by itself after an hour.
    I couldn't end **standup**: the video service doesn't answer. Try again in a minute.
    **What I post** can't be “\*loud\*”. It takes: off, card, rollup (card and few lines) or each (a line for every change). Nothing was saved.
    ");
    insta::assert_snapshot!(say(Locale::De), @r"
    Das können nur Leute, die diesen Server oder diesen Kanal verwalten dürfen.
    Nur die Moderation von **standup** kann das. Wer das ist, bestimmen Discords Rechte für diesen Kanal.
    In <#1001> ist kein Raum offen.
    Hier sind mehrere Räume offen: **standup** und **retro**. Sag dazu, welchen du meinst.
    **standup** ist in diesem Kanal nicht offen.
    In **standup** war noch niemand, es gibt also keinen Anruf zu beenden. Seine Karte schließt sich nach einer Stunde von selbst.
    Ich konnte **standup** nicht beenden: Der Videodienst antwortet nicht. Versuch es in einer Minute noch einmal.
    **Was ich schreibe** kann nicht „\*loud\*“ sein. Möglich ist: off, card (Karte), rollup (Karte, wenige Zeilen) oder each (jede Änderung eine Zeile). Gespeichert wurde nichts.
    ");
}

#[test]
fn the_form_keeps_to_discords_lengths_in_every_language() {
    let words = Words::load();
    for locale in Locale::ALL {
        let form =
            serde_json::to_value(speaker(&words, locale).form(Default::default(), Some(Default::default()))).unwrap();
        let length = |text: &serde_json::Value| text.as_str().unwrap().chars().count();
        assert!(length(&form["data"]["title"]) <= 45);
        for row in form["data"]["components"].as_array().unwrap() {
            let input = &row["components"][0];
            assert!(length(&input["label"]) <= 45 && length(&input["placeholder"]) <= 100, "{input}");
        }
    }
}

#[test]
fn what_a_channel_lacks() {
    use serenity::model::Permissions as P;

    let words = Words::load();
    let say = |locale, lacks, has_webhook, problem: Option<&str>| {
        let problem = problem.map(str::to_owned);
        let settings = crate::store::ChannelSettings { silent: true, names: false, ..Default::default() };
        let checked = Checked {
            channel_id: 1001,
            lacks,
            has_webhook,
            problem,
            thread: None,
            has_threads: true,
            settings,
            guild: Default::default(),
        };
        speaker(&words, locale).checked(&checked).content
    };
    insta::assert_snapshot!(say(Locale::En, P::empty(), false, None), @r"
    I may do all I need in <#1001>.
    I post each room's card here, and few lines of who came and went.
    My posts make no notification.
    People are counted, never named.
    ");
    let much = P::MANAGE_WEBHOOKS | P::EMBED_LINKS;
    insta::assert_snapshot!(say(Locale::De, much, false, Some("may_not_post")), @r"
    In <#1001> fehlt mir **Links einbetten** und **WebHooks verwalten**. Gebt es meiner Rolle, in Servereinstellungen > Rollen oder in den Rechten des Kanals.
    Ohne das erfährt hier niemand von einem Raum. Mit </video:77> kommt man trotzdem hinein.
    Die letzte Karte konnte nicht geschrieben werden: Ich durfte nicht.
    Ich schreibe hier die Karte jedes Raums und in wenigen Zeilen, wer kam und ging.
    Was ich schreibe, löst keine Benachrichtigung aus.
    Leute werden gezählt, nie genannt.
    ");
    for (lacks, has_webhook, expected) in [
        (P::MANAGE_WEBHOOKS, false, "post as myself"),
        (much, true, "I have a webhook here"),
        (P::SEND_MESSAGES, false, "I have a webhook here"),
        (P::VIEW_CHANNEL | much, true, "nobody does"),
    ] {
        let said = say(Locale::En, lacks, has_webhook, None);
        assert!(said.contains(expected), "{said}");
    }
    for (problem, expected) in [
        ("no_access", "can't see the channel"),
        ("channel_gone", "no such channel"),
        ("thread_closed", "archived"),
        ("rejected", "its log"),
    ] {
        assert!(say(Locale::En, P::empty(), false, Some(problem)).contains(expected));
    }
}
