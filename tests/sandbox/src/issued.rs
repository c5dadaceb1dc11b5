//! Every secret that the stand-ins gave out in this process, and whatever else a test adds: for finding where one
//! of them was written down.

use std::sync::{Mutex, MutexGuard, PoisonError};

static ISSUED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Shorter is found everywhere by chance.
const LENGTH_MIN: usize = 16;

fn issued() -> MutexGuard<'static, Vec<String>> {
    ISSUED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers a secret.
pub fn remember(secret: &str) {
    if secret.len() >= LENGTH_MIN {
        issued().push(secret.to_owned());
    }
}

/// How many there are by now.
pub fn count() -> usize {
    issued().len()
}

/// Those that came after the first `before`.
pub fn since(before: usize) -> Vec<String> {
    issued().get(before..).unwrap_or_default().to_vec()
}
