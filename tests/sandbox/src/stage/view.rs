//! What somebody sees: everything the page shows, whole, each time something changes. A pretend server is small enough for that,
//! and a page that missed something is right again with the next.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Query, State},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{House, odo::Tour};
use crate::{
    clock::pause,
    discord::{Command, Id, Message, Person, Place, Someone},
};

/// The newest messages of a channel that are shown.
const MESSAGES: usize = 100;
/// Changes that come together are shown together.
const TOGETHER: Duration = Duration::from_millis(30);

#[derive(Deserialize)]
pub(super) struct Looks {
    /// Key of somebody of the cast; anything else is the first of them.
    #[serde(default, rename = "as")]
    who: String,
    /// Name or id; one the person cannot see shows the first they can.
    #[serde(default)]
    channel: String,
}

/// What `GET /api/view` sends.
#[derive(Serialize)]
struct View {
    me: Someone,
    people: Vec<Someone>,
    places: Vec<Listed>,
    /// The one that is open.
    place: Option<Id>,
    messages: Vec<Shown>,
    commands: Vec<Command>,
    tour: Tour,
}

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    place: Place,
    /// The newest message, by which the page knows whether something is unread.
    latest: Option<Id>,
}

/// A message with its texts as HTML that is safe to insert.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    message: Message,
    html: String,
    embeds_html: Vec<EmbedHtml>,
}

#[derive(Serialize)]
struct EmbedHtml {
    title: Option<String>,
    description: Option<String>,
    /// Names and values.
    fields: Vec<(String, String)>,
}

/// `GET /api/view?as=mira&channel=general`: a [`View`] at once and at each change, as server-sent events.
pub(super) async fn stream(State(house): State<House>, Query(looks): Query<Looks>) -> Response {
    let first = || house.0.discord.people().first().map(|someone| house.0.discord.person(&someone.key));
    let Some(person) = house.somebody(&looks.who).map(|(person, _)| person).or_else(first) else {
        return (StatusCode::NOT_FOUND, "Nobody is here.\n").into_response();
    };
    let watcher = Watcher {
        seen: house.0.discord.changes(),
        progress: house.0.progress.subscribe(),
        house,
        person,
        channel: looks.channel,
        last: None,
    };
    let views = stream::unfold(watcher, |mut watcher| async move {
        let view = watcher.next().await?;
        Some((Ok::<_, Infallible>(Event::default().data(view)), watcher))
    });
    Sse::new(views).keep_alive(KeepAlive::default()).into_response()
}

/// One open page.
struct Watcher {
    house: House,
    person: Person,
    channel: String,
    seen: tokio::sync::watch::Receiver<u64>,
    progress: tokio::sync::watch::Receiver<super::odo::Progress>,
    /// What was sent last.
    last: Option<String>,
}

impl Watcher {
    /// The next view that differs from the last, or the end of the stage.
    async fn next(&mut self) -> Option<String> {
        let stop = self.house.0.stop.clone();
        loop {
            if self.last.is_some() {
                let changed = async {
                    tokio::select! {
                        changed = self.seen.changed() => changed,
                        changed = self.progress.changed() => changed,
                    }
                };
                stop.run_until_cancelled(changed).await?.ok()?;
                stop.run_until_cancelled(pause(TOGETHER)).await?;
            }
            self.seen.mark_unchanged();
            self.progress.mark_unchanged();
            let view = serde_json::to_string(&self.view()).ok()?;
            if self.last.as_ref() != Some(&view) {
                self.last = Some(view.clone());
                return Some(view);
            }
        }
    }

    fn view(&self) -> View {
        let Self { house, person, .. } = self;
        let places = person.channels();
        let open = self.open(&places);
        let channel = open.map(|place| place.id.to_string());
        let mut messages = channel.as_deref().map(|channel| person.sees(channel)).unwrap_or_default();
        messages.drain(..messages.len().saturating_sub(MESSAGES));
        View {
            me: person.is(),
            people: house.0.discord.people(),
            place: open.map(|place| place.id),
            messages: messages.into_iter().map(|message| self.shown(message)).collect(),
            commands: channel.as_deref().map(|channel| person.commands(channel)).unwrap_or_default(),
            tour: house.tour(open.map(|place| place.id)),
            places: places.into_iter().map(|place| self.listed(place)).collect(),
        }
    }

    fn open<'a>(&self, places: &'a [Place]) -> Option<&'a Place> {
        let wanted = self.channel.trim_start_matches('#');
        let named = |place: &&Place| place.name == wanted || place.id.to_string() == wanted;
        places.iter().find(named).or_else(|| places.iter().find(|place| place.guild.is_some())).or(places.first())
    }

    fn listed(&self, place: Place) -> Listed {
        let latest = self.person.sees(&place.id.to_string()).last().map(|message| message.id);
        Listed { latest, place }
    }

    fn shown(&self, message: Message) -> Shown {
        let html = |text: &String| self.house.0.discord.html(text);
        let embeds_html = message.embeds.iter().map(|embed| EmbedHtml {
            title: embed.title.as_ref().map(html),
            description: embed.description.as_ref().map(html),
            fields: embed.fields.iter().map(|field| (html(&field.name), html(&field.value))).collect(),
        });
        Shown { html: html(&message.content), embeds_html: embeds_html.collect(), message }
    }
}
