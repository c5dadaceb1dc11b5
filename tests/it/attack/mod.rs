//! One module per attack, from outside on the shipped executable; where time has to go on, on the same application in
//! the tests' own process. The table in SECURITY.md says which attacks are shown elsewhere, and where.

use greenroom::{
    config,
    secret::{Keys, Random},
};
use tokio::process::Child;

use crate::binary::Machine;

/// On what somebody may do, and for how long.
mod access;

/// On what is said and shown, and on how it is made.
mod answer;

/// On links, cookies and keys.
mod link;

/// On the server itself.
mod request;

/// On signing in and on sessions.
mod sign_in;

/// Whatever else comes.
pub mod fuzz;

/// Clients that never finish.
mod slow;

/// One that serves with keys that the test has, too.
async fn with_our_keys() -> (Machine, Child, Keys) {
    let secret = data_encoding::BASE64.encode(&[1; 32]);
    let mut machine = Machine::new().await;
    machine.set("SECRET_KEY", &secret);
    let (child, _) = machine.starts().await;
    machine.bot_is_there().await;
    let secret_keys = Some(vec![config::SecretKey(secret.into())]);
    let store = config::Store { database_url: "sqlite::memory:".into(), secret_keys };
    (machine, child, Keys::load(&store, &Random::system()).unwrap())
}
