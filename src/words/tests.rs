//! The catalogue is whole: every file is shipped, every language says everything, with the same arguments.

use std::collections::{BTreeMap, BTreeSet};

use super::{CATALOGUE, Locale, Words};

/// Message id -> the variables its text uses.
fn messages(locale: Locale) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut messages = BTreeMap::<_, BTreeSet<_>>::new();
    for (_, file, source) in CATALOGUE.iter().filter(|(of, _, _)| *of == locale) {
        let mut id = None;
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
                let (name, _) = line.split_once('=').unwrap_or_else(|| panic!("{file}: {line}"));
                id = Some(name.trim());
                assert!(messages.insert(name.trim(), BTreeSet::new()).is_none(), "{file}: {name} twice");
            }
            let variables = line.split('$').skip(1).map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
                &rest[..end.unwrap_or(rest.len())]
            });
            if let Some(id) = id {
                messages.entry(id).or_default().extend(variables);
            }
        }
    }
    messages
}

#[test]
fn every_language_says_everything_with_the_same_arguments() {
    let english = messages(Locale::En);
    assert!(!english.is_empty());
    for locale in Locale::ALL {
        assert_eq!(messages(locale), english, "{locale}");
    }
}

#[test]
fn every_file_of_the_catalogue_is_shipped() {
    for locale in Locale::ALL {
        let folder = format!("{}/src/words/{locale}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(folder).unwrap() {
            let file = format!("{locale}/{}", entry.unwrap().file_name().to_str().unwrap());
            assert!(CATALOGUE.iter().any(|(_, shipped, _)| *shipped == file), "{file} is not in CATALOGUE");
        }
    }
}

#[test]
fn lists_of_names_read_as_one_would_say_them() {
    let words = Words::load();
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let say = |locale, given: &[&str], others| words.list(locale, &names(given), others);
    assert_eq!(say(Locale::En, &[], 0), "");
    assert_eq!(say(Locale::En, &["Mira"], 0), "Mira");
    assert_eq!(say(Locale::En, &["Mira", "Odo"], 0), "Mira and Odo");
    assert_eq!(say(Locale::En, &["Mira", "Odo", "Ann"], 0), "Mira, Odo and Ann");
    assert_eq!(say(Locale::En, &["Mira", "Odo"], 1), "Mira, Odo and 1 other");
    assert_eq!(say(Locale::En, &["Mira", "Odo"], 3), "Mira, Odo and 3 others");
    assert_eq!(say(Locale::En, &[], 3), "3 others");
    assert_eq!(say(Locale::De, &["Mira", "Odo"], 3), "Mira, Odo und 3 weitere");
}

#[test]
#[should_panic(expected = "no such message")]
fn a_message_that_nobody_wrote_fails_the_test_that_meets_it() {
    Words::load().say(Locale::En, "nobody-wrote-this", &[]);
}
