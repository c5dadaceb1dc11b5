use greenroom::{config, store::Store};
use sandbox::discord::Answer;
use sqlx::{AnyConnection, Connection as _};

use crate::{
    binary::{self, Machine},
    guest::link,
    postgres,
};

const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const OTHER_KEY: &str = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";

/// What the command came to say.
async fn says(machine: &Machine, person: &str, command: &str, options: &[(&str, &str)]) -> Answer {
    let answer = machine.sandbox.discord.person(person).insisting().runs("general", command, options).await;
    answer.eventually(|message| !message.thinking).await;
    answer
}

/// The values in the form of the channel's settings.
async fn settings(machine: &Machine) -> Vec<String> {
    let owen = machine.sandbox.discord.person("owen");
    let form = owen.runs("general", "greenroom settings", &[]).await.modal().unwrap();
    form.inputs.iter().map(|input| input.value.clone()).collect()
}

/// All lines but the first, which says when it was written; in no order, which a table has not either.
fn content(file: &str) -> Vec<&str> {
    let mut lines: Vec<_> = file.lines().skip(1).collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn a_living_installation_moves_to_postgresql_and_back_and_nobody_notices() {
    let (mut machine, child) = Machine::serving().await;
    let discord = machine.sandbox.discord.clone();
    let owen = discord.person("owen");
    let form = owen.runs("general", "greenroom settings", &[]).await.modal().unwrap();
    owen.submits(&form, &[("lines", "each"), ("guests", "yes")]).await;
    let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
    let mira_inside = mira.joins().await.unwrap();
    let odo = machine.browser().follows(&machine.link_of("odo", "standup").await).await.unwrap();
    let odo_inside = odo.joins().await.unwrap();
    machine.card("**In the call (2):** Mira, Odo").await;
    odo_inside.leaves();
    let kim = says(&machine, "ann", "room guest", &[("name", "Kim"), ("room", "standup")]).await;
    let kims_link = link(&kim);
    let card = machine.card("**In the call (1):** Mira").await;
    let unused = machine.link_of("ann", "standup").await;
    binary::stops(child).await;

    let ran = machine.runs(&["export", "moved.jsonl"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("stays: 2 rows") && ran.err.contains("guests: 1 row\n"), "{}", ran.err);
    assert!(!ran.err.contains("serves from this database"), "{}", ran.err);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(machine.path("moved.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it names people");
    }
    let file = machine.reads("moved.jsonl");

    let database = postgres::database().await;
    machine.set("DATABASE_URL", &database);
    machine.set("SECRET_KEY", OTHER_KEY);
    let ran = machine.runs(&["import", "moved.jsonl"]).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.starts_with("nothing was imported: SECRET_KEY:"), "{}", ran.err);
    let key = std::fs::read_to_string(machine.path("greenroom.key")).unwrap();
    machine.set("SECRET_KEY", key.trim());
    let ran = machine.runs(&["import", "moved.jsonl"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);

    let (child, _) = machine.starts().await;
    machine.bot_is_there().await;
    assert_eq!(mira.lobby().await.unwrap()["you"]["name"], "Mira", "the open page goes on with its cookie");
    mira.room_token().await.unwrap();
    assert_eq!(settings(&machine).await, ["each", "no", "no", "yes", "yes"]);
    let kim = machine.browser().follows(&kims_link).await.unwrap();
    assert_eq!(kim.lobby().await.unwrap()["you"]["name"], "Kim (guest)");
    let ann = machine.browser().follows(&unused).await.unwrap().joins().await.unwrap();
    assert_eq!(machine.card("**In the call (2):** Mira, Ann").await.id, card.id, "edited, not posted anew");
    ann.leaves();
    mira_inside.leaves();
    assert_eq!(machine.card("standup · ended").await.id, card.id);
    let stats = says(&machine, "owen", "greenroom stats", &[]).await.text();
    assert!(stats.contains("1 call of") && stats.contains("3 people, at most 2 at once"), "{stats}");
    let cards = discord.messages("general").into_iter().filter(|message| !message.embeds.is_empty()).count();
    assert_eq!((cards, discord.webhooks("general")), (1, 1));

    // It is in use, and serves.
    let ran = machine.runs(&["import", "moved.jsonl"]).await;
    assert!(ran.code == Some(1) && ran.err.contains("Greenroom serves from this database"), "{}", ran.err);
    let ran = machine.runs(&["export", "living.jsonl"]).await;
    assert!(ran.code == Some(0) && ran.err.contains("serves from this database"), "{}", ran.err);
    binary::stops(child).await;
    let ran = machine.runs(&["import", "moved.jsonl"]).await;
    assert!(ran.code == Some(1) && ran.err.contains("in use already"), "{}", ran.err);
    let ran = machine.runs(&["export", "moved.jsonl"]).await;
    assert!(ran.code == Some(1) && ran.err.contains("moved.jsonl"), "no file is overwritten: {}", ran.err);
    assert_eq!(machine.reads("moved.jsonl"), file);

    // And back, through a pipe's ends.
    let ran = machine.runs(&["export"]).await;
    machine.writes("back.jsonl", &ran.out);
    machine.set("DATABASE_URL", "sqlite://back.db");
    let ran = machine.runs(&["import", "back.jsonl"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let again = machine.runs(&["export", "-"]).await;
    assert_eq!(content(&again.out), content(&machine.reads("back.jsonl")));
    assert!(content(&again.out).len() > content(&file).len(), "what happened since is there too");
}

#[tokio::test]
async fn a_file_that_is_not_whole_or_not_ours_changes_nothing() {
    let (mut machine, child) = Machine::serving().await;
    machine.set("SECRET_KEY", KEY);
    binary::stops(child).await;
    let (child, _) = machine.starts().await;
    machine.bot_is_there().await;
    machine.link_of("mira", "standup").await;
    machine.card("standup").await;
    binary::stops(child).await;
    assert_eq!(machine.runs(&["export", "whole"]).await.code, Some(0));
    let whole = machine.reads("whole");
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let (head, end) = (lines[0], lines.last().unwrap());
    let room = lines.iter().position(|line| line.starts_with('[')).unwrap();
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().concat();

    machine.set("DATABASE_URL", "sqlite://new.db");
    for (file, said) in [
        (String::new(), "the file is empty"),
        (head.to_owned(), "cut off behind line 1"),
        (lines[..lines.len() - 1].concat(), "cut off behind line"),
        (whole[..whole.len() - 3].to_owned(), "is cut off in line"),
        (without(room), "does not take its rows"),
        (without(lines.len() - 2), "comes next"),
        (whole.replace("\"rooms\":1", "\"rooms\":2"), "some are missing"),
        (format!("{whole}{end}"), "comes after the last"),
        (whole.replacen("\"schema\":", "\"schema\":9", 1), "export it with this version"),
        (whole.replacen("\"greenroom_export\":", "\"greenroom_export\":9", 1), "another format"),
        (whole.replacen("standup", "[", 1).replacen("\"[\"", "7", 1), "does not fit its table"),
        (whole.replacen("room_key", "room_key; DROP TABLE rooms", 1), "other columns"),
        ("PK\u{3}\u{4} something else\n".to_owned(), "line 1 of the file is not as greenroom export writes it"),
    ] {
        machine.writes("file", &file);
        let ran = machine.runs(&["import", "file"]).await;
        assert_eq!(ran.code, Some(1), "{said}: {}", ran.err);
        assert!(ran.err.contains("nothing was imported") && ran.err.contains(said), "{said}: {}", ran.err);
        assert!(!ran.err.contains("Mira"), "nobody is named: {}", ran.err);
    }
    let ran = machine.runs(&["export", "nothing"]).await;
    assert!(ran.code == Some(1) && ran.err.contains("knows nothing yet"), "{}", ran.err);
    assert!(!machine.path("nothing").exists());
    let mut elsewhere = Machine::new().await;
    let missing = elsewhere.path("missing.db");
    elsewhere.set("DATABASE_URL", &format!("sqlite://{}", missing.display()));
    let ran = elsewhere.runs(&["export", "nothing"]).await;
    assert!(ran.code == Some(1) && ran.err.contains("DATABASE_URL"), "{}", ran.err);
    assert!(!missing.exists() && !missing.with_extension("key").exists(), "a slip in the path makes nothing");
    assert_eq!(machine.runs(&["import", "whole"]).await.code, Some(0));
}

#[tokio::test]
async fn what_refers_to_something_that_stays_behind_stays_behind() {
    let folder = tempfile::tempdir().unwrap();
    for url in [format!("sqlite://{}/greenroom.db", folder.path().display()), postgres::database().await] {
        let store = Store::open(&config::Store { database_url: url.clone().into(), secret_keys: None }).await.unwrap();
        let mut connection = AnyConnection::connect(&url).await.unwrap();
        sqlx::query(
            "CREATE TABLE walks (walk BIGINT NOT NULL PRIMARY KEY, room TEXT REFERENCES rooms (room_key),
                                 walker TEXT REFERENCES leases (name), why TEXT)",
        )
        .execute(&mut connection)
        .await
        .unwrap();
        let columns = store.snapshot().await.unwrap().columns("walks").await.unwrap();
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["walk", "room", "why"], "{url}");
    }
}
