//! Tokens that nobody guesses.

use rand::Rng as _;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `length` characters that may stand in a path.
pub fn token(length: usize) -> String {
    let mut rng = rand::rng();
    let token: String = (0..length).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect();
    crate::issued::remember(&token);
    token
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
