//! The database, read as it is: no table is made or changed for this.

use std::time::Duration;

use serde::Serialize;

use super::{Finding, Section, count, process, short, since};
use crate::{
    clock::Clock,
    config,
    event::DUTIES,
    store::{LiveNow, Process, Promises, Store, Tables},
};

/// For all that is asked of it: processes are watched for 3.5 s.
const WITHIN: Duration = Duration::from_secs(10);
/// A promised answer that is overdue is taken up within seconds, wherever anybody serves.
const OVERDUE_MS: i64 = 60_000;

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// It does not answer, and why.
    Silent(String),
    Tables(Found),
}

/// What is not known is left out: older tables don't tell it.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    version: &'static str,
    rooms_open: Option<u32>,
    rooms_with_people: Option<u32>,
    people: Option<u32>,
    cards_pending: Option<u32>,
    promises: Option<u32>,
    promises_overdue: Option<u32>,
    promises_overdue_since: Option<i64>,
    /// When anything was recorded last.
    recorded_at: Option<i64>,
    processes: Option<Vec<Seen>>,
}

#[derive(Debug, Serialize)]
struct Seen {
    process: String,
    lives: bool,
    holds: Vec<String>,
}

pub(super) async fn look(config: &config::Store, clock: &Clock) -> Told {
    let found = async {
        let store = Store::look(config).await?;
        let found = read(&store, clock).await;
        store.close().await;
        found
    };
    match clock.timeout(WITHIN, found).await {
        Some(Ok(found)) => Told::Tables(found),
        Some(Err(error)) => Told::Silent(format!("{error:#}")),
        None => Told::Silent("DATABASE_URL: the database does not answer in time".to_owned()),
    }
}

async fn read(store: &Store, clock: &Clock) -> anyhow::Result<Found> {
    let (tables, now) = (store.tables().await?, clock.unix_ms());
    let (open, live, cards, promises, recorded_at, processes) = tokio::join!(
        store.open_everywhere(),
        store.live_everywhere(),
        store.cards_pending(now),
        store.promises(now),
        store.recorded_last(),
        store.processes(clock),
    );
    let live = known(tables, live)?;
    let promises = known(tables, promises)?;
    let seen = |Process { owner, lives, holds }| Seen { process: owner, lives, holds };
    Ok(Found {
        version: version(tables),
        rooms_open: known(tables, open)?,
        rooms_with_people: live.map(|LiveNow { calls, .. }| calls),
        people: live.map(|LiveNow { people, .. }| people),
        cards_pending: known(tables, cards)?,
        promises: promises.map(|Promises { open, .. }| open),
        promises_overdue: promises.map(|Promises { overdue, .. }| overdue),
        promises_overdue_since: promises.and_then(|Promises { overdue_since, .. }| overdue_since),
        recorded_at: known(tables, recorded_at)?.flatten(),
        processes: known(tables, processes)?.map(|processes| processes.into_iter().map(seen).collect()),
    })
}

/// Tables of another version need not have what was asked for.
fn known<T>(tables: Tables, answer: sqlx::Result<T>) -> sqlx::Result<Option<T>> {
    match (tables, answer) {
        (_, Ok(answer)) => Ok(Some(answer)),
        (Tables::Current, Err(error)) => Err(error),
        (_, Err(_)) => Ok(None),
    }
}

fn version(tables: Tables) -> &'static str {
    match tables {
        Tables::Missing => "missing",
        Tables::Older => "older",
        Tables::Current => "current",
        Tables::Newer => "newer",
    }
}

impl Told {
    /// Whether some process lives.
    pub fn is_served(&self) -> bool {
        match self {
            Self::Tables(found) => found.processes.iter().flatten().any(|seen| seen.lives),
            Self::Silent(_) => false,
        }
    }

    pub fn section(&self, process: &process::Told, now: i64) -> Section {
        let findings = match self {
            Self::Silent(why) => vec![Finding::problem(
                why.clone(),
                "Does the database run, and may this user read it? A SQLite file is looked for in this folder: run this \
                 where Greenroom runs, with its environment.",
            )],
            Self::Tables(found) => found.findings(process.process(), now),
        };
        Section { title: "Database", findings }
    }
}

impl Found {
    fn findings(&self, asked: Option<&str>, now: i64) -> Vec<Finding> {
        let mut findings = vec![self.tables()];
        findings.extend(self.rooms());
        findings.extend(self.cards_pending.map(cards));
        findings.extend(self.owed(now));
        findings.extend(self.last_change(now));
        findings.extend(self.served(asked));
        findings
    }

    fn tables(&self) -> Finding {
        match self.version {
            "missing" => Finding::problem(
                "no Greenroom has served from this database",
                "Is DATABASE_URL right? The first start makes its tables.",
            ),
            "older" => Finding::hint(
                "its tables are an older version's",
                "The next start brings them up to date; what they don't tell is missing here.",
            ),
            "newer" => Finding::problem(
                "its tables are a newer version's, from which this program can't serve",
                "Use the program that made them.",
            ),
            _ => Finding::ok("it answers, and its tables are up to date"),
        }
    }

    fn rooms(&self) -> Option<Finding> {
        let (open, live, people) = (self.rooms_open?, self.rooms_with_people?, self.people?);
        let open = count(open, "room is open", "rooms are open");
        Some(Finding::ok(match live {
            0 => format!("{open}, nobody is inside"),
            live => format!("{open}, {} inside in {live} of them", count(people, "person is", "people are")),
        }))
    }

    fn owed(&self, now: i64) -> Option<Finding> {
        let (owed, overdue) = (self.promises?, self.promises_overdue?);
        let says = match (owed, overdue) {
            (0, _) => "no answer is owed".to_owned(),
            (owed, 0) => format!("{} owed and worked on", count(owed, "answer is", "answers are")),
            (_, overdue) => format!("{} overdue", count(overdue, "promised answer is", "promised answers are")),
        };
        let is_late = self.promises_overdue_since.is_some_and(|then| now > then + OVERDUE_MS);
        Some(match is_late {
            true => Finding::problem(
                says,
                "Whoever serves takes them up within seconds: look for \"a promised answer\" in the log.",
            ),
            false => Finding::ok(says),
        })
    }

    fn last_change(&self, now: i64) -> Option<Finding> {
        // Tables that tell of rooms tell of this.
        self.rooms_open?;
        Some(Finding::ok(match self.recorded_at {
            Some(then) => format!("the last change of a room was recorded {} ago", since(then, now)),
            None => "nothing that happened in a room is recorded".to_owned(),
        }))
    }

    fn served(&self, asked: Option<&str>) -> Vec<Finding> {
        let Some(processes) = &self.processes else { return Vec::new() };
        let mut findings: Vec<Finding> = processes.iter().map(|seen| seen.finding(asked)).collect();
        if processes.is_empty() {
            findings.push(Finding::ok("no process serves from it"));
        }
        let mut live = processes.iter().filter(|seen| seen.lives).peekable();
        if live.peek().is_some() && !live.any(|seen| seen.holds.iter().any(|held| DUTIES.contains(&&**held))) {
            findings.push(Finding::problem(
                "no process records what happens in rooms",
                "After a process died the next takes over within 5 s. If this stays, restart them.",
            ));
        }
        findings
    }
}

fn cards(pending: u32) -> Finding {
    Finding::ok(match pending {
        0 => "all cards in Discord show what is so".to_owned(),
        pending => format!("{} not show yet what is so", count(pending, "card does", "cards do")),
    })
}

impl Seen {
    fn finding(&self, asked: Option<&str>) -> Finding {
        let name = format!("process {}", short(&self.process));
        if !self.lives {
            return Finding::ok(format!("{name} has ended without a word, or is silent"));
        }
        let this = if asked == Some(&*self.process) { " (the one above)" } else { "" };
        let holds = held(&self.holds);
        Finding::ok(if holds.is_empty() {
            format!("{name}{this} lives")
        } else {
            format!("{name}{this} lives, and alone has: {holds}")
        })
    }
}

/// "relay subscription, 3 x channel": what there may be many of is counted.
fn held(names: &[String]) -> String {
    let mut kinds: Vec<(&str, u32)> = Vec::new();
    for name in names {
        let kind = name.split('/').next().unwrap_or(name);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, times)) => *times += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let kinds = kinds.iter().map(|(kind, times)| match times {
        1 => (*kind).to_owned(),
        times => format!("{times} x {kind}"),
    });
    kinds.collect::<Vec<_>>().join(", ")
}
