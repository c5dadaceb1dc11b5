//! The sentences people read, in their language.
//!
//! In: a `Locale`, the id of a message and its arguments. Out: text. The catalogue is Fluent: one folder per
//! language, one file per area (`call`, `channel`, `command`, `page`), all files of a language merged. What a
//! language does not say is said in English. Names and topics come from people: they go through `name` or
//! `escape` before they become an argument.

use std::{fmt, sync::Arc};

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};

mod escape;
mod locale;

pub use escape::{clean, clip, escape, name};
pub use fluent_bundle::FluentValue as Value;
pub use locale::Locale;

/// The shipped catalogue. A language is added by a folder, its lines here and its variant in [`Locale`].
const CATALOGUE: &[(Locale, &str, &str)] = &[
    (Locale::En, "en/call.ftl", include_str!("en/call.ftl")),
    (Locale::En, "en/channel.ftl", include_str!("en/channel.ftl")),
    (Locale::En, "en/command.ftl", include_str!("en/command.ftl")),
    (Locale::En, "en/page.ftl", include_str!("en/page.ftl")),
    (Locale::De, "de/call.ftl", include_str!("de/call.ftl")),
    (Locale::De, "de/channel.ftl", include_str!("de/channel.ftl")),
    (Locale::De, "de/command.ftl", include_str!("de/command.ftl")),
    (Locale::De, "de/page.ftl", include_str!("de/page.ftl")),
];

/// All languages' messages. Cheap to clone.
#[derive(Clone)]
pub struct Words(Arc<[(Locale, FluentBundle<FluentResource>)]>);

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words")
    }
}

impl Words {
    /// Parses the shipped catalogue.
    pub fn load() -> Self {
        Self(Locale::ALL.iter().map(|&locale| (locale, bundle(locale))).collect())
    }

    /// The message `id` in `locale`, with `{ $name }` filled from `args`:
    /// `words.say(locale, "card-live", &[("room", room.into())])`.
    pub fn say(&self, locale: Locale, id: &str, args: &[(&str, Value<'_>)]) -> String {
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        for locale in [locale, Locale::En] {
            let Some(bundle) = self.bundle(locale) else { continue };
            let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { continue };
            let mut problems = Vec::new();
            let text = bundle.format_pattern(pattern, Some(&args), &mut problems).into_owned();
            if !problems.is_empty() {
                complain(id, &format!("{problems:?}"));
            }
            return text;
        }
        complain(id, "no such message");
        id.to_owned()
    }

    /// "Mira", "Mira and Odo", "Mira, Odo and Ann", "Mira, Odo and 3 others". The names are shown as they are.
    pub fn list(&self, locale: Locale, names: &[String], others: usize) -> String {
        let (head, last) = match (names, others) {
            ([], 0) => return String::new(),
            ([], others) => return self.say(locale, "list-others", &[("count", others.into())]),
            ([only], 0) => return only.clone(),
            ([head @ .., last], 0) => (head, last.clone()),
            (head, others) => (head, self.say(locale, "list-others", &[("count", others.into())])),
        };
        self.say(locale, "list-and", &[("head", head.join(", ").into()), ("last", last.into())])
    }

    fn bundle(&self, locale: Locale) -> Option<&FluentBundle<FluentResource>> {
        self.0.iter().find(|(known, _)| *known == locale).map(|(_, bundle)| bundle)
    }
}

/// How a time is shown; Discord turns it into the reader's own zone and language
/// (discord.com/developers/docs/reference#message-formatting-timestamp-styles).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// `16:20`
    Clock,
    /// `2 minutes ago`, counting by itself
    Relative,
}

/// The time `unix_ms` as Discord's own mark.
pub fn time(unix_ms: i64, style: Time) -> String {
    let style = match style {
        Time::Clock => 't',
        Time::Relative => 'R',
    };
    format!("<t:{}:{style}>", unix_ms.div_euclid(1000))
}

fn bundle(locale: Locale) -> FluentBundle<FluentResource> {
    let language = locale.code().parse().expect("our own language codes are well formed");
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Isolation marks would stand around every name in the channel; `clean` takes the bidi controls instead.
    bundle.set_use_isolating(false);
    for (_, file, source) in CATALOGUE.iter().filter(|(of, _, _)| *of == locale) {
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(readable, problems)| {
            complain(file, &format!("{problems:?}"));
            readable
        });
        if let Err(problems) = bundle.add_resource(resource) {
            complain(file, &format!("{problems:?}"));
        }
    }
    bundle
}

/// A flaw of the catalogue or of its use: the person still gets a sentence, the log says what to mend, tests fail.
fn complain(place: &str, problem: &str) {
    tracing::error!(words.place = place, words.problem = problem, "the message catalogue has a flaw");
    #[cfg(test)]
    panic!("{place}: {problem}");
}

#[cfg(test)]
mod tests;
