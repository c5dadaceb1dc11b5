//! Whether requests and answers keep to the vendors' published descriptions, so that the stand-ins and the
//! client under test cannot agree on something that is wrong.
//!
//! Comes in: what a stand-in recorded. Goes out: violations in words. The descriptions are not part of this
//! repository: they are looked for in `$VENDOR_SPECS`, else in `../shared/specs` beside it; without them the
//! check is skipped, and says so.

mod openapi;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde_json::Value;

use self::openapi::Description;
use crate::fault::Seen;

/// Everything in `seen` that the vendors' descriptions do not allow, each once.
///
/// What a fault answered is not held against anybody; a request that was refused as invalid (400, 422) is not
/// either, for its schema says the same.
pub fn check(seen: &[Seen]) -> Vec<String> {
    let Some(descriptions) = descriptions() else {
        println!("schema check skipped: no vendor specs in {}", folder().display());
        return vec![];
    };
    let mut violations = BTreeSet::new();
    for seen in seen {
        if let Some((description, path)) = descriptions.of(&seen.path) {
            description.check(seen, path, &mut violations);
        }
    }
    violations.into_iter().collect()
}

/// Whether there are descriptions to check against.
pub fn is_available() -> bool {
    descriptions().is_some()
}

struct Descriptions {
    discord: Description,
    signalwire: Description,
}

impl Descriptions {
    /// Which description a path belongs to, and what it is called there.
    fn of<'a>(&self, path: &'a str) -> Option<(&Description, &'a str)> {
        if path.starts_with("/api/video/") {
            return Some((&self.signalwire, path));
        }
        // Discord describes version 10 of its API and leaves the version out of the paths.
        path.strip_prefix("/api/v10").map(|path| (&self.discord, path))
    }
}

fn descriptions() -> Option<&'static Descriptions> {
    static DESCRIPTIONS: OnceLock<Option<Descriptions>> = OnceLock::new();
    DESCRIPTIONS.get_or_init(|| load(&folder())).as_ref()
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not configuration of the bot")]
fn folder() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    std::env::var("VENDOR_SPECS").map_or(beside, PathBuf::from)
}

/// None when a file is missing. A file that cannot be read as a description is a mistake worth a panic.
fn load(folder: &Path) -> Option<Descriptions> {
    let discord = std::fs::read(folder.join("discord.openapi.json")).ok()?;
    let signalwire = std::fs::read_to_string(folder.join("signalwire-video.openapi.yaml")).ok()?;
    let discord: Value = serde_json::from_slice(&discord).expect("discord.openapi.json is JSON");
    let signalwire: Value = serde_saphyr::from_str(&signalwire).expect("signalwire-video.openapi.yaml is YAML");
    Some(Descriptions { discord: Description::new(discord), signalwire: Description::new(signalwire) })
}

#[cfg(test)]
mod tests;
