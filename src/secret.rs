//! Keys, sealed values and random identifiers.
//!
//! In: the entries of `SECRET_KEY` and a source of chance. Out: secrets sealed for the database, keys for
//! cookies, unguessable identifiers, digests. Nothing here prints what it protects.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};

mod keys;

pub use keys::{Keys, OpenError, Purpose};

/// Chance, handed in from outside like the clock. Cheap to clone.
#[derive(Clone)]
pub struct Random(Source);

#[derive(Clone)]
enum Source {
    /// The operating system's generator, buffered per thread and reseeded by `rand`.
    System,
    /// The same sequence every time: for tests.
    Seeded(Arc<Mutex<StdRng>>),
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

/// The reference of what has an id: whoever works on it, in whichever process, finds the same one.
pub fn reference_of(id: u64) -> String {
    let [a, b, c, d, e, f, ..] = <[u8; 32]>::from(Sha256::digest(id.to_be_bytes()));
    readable([a, b, c, d, e, f])
}

/// `7F3K-92`, without I, L, O, U: they are misread or misheard (crockford.com/base32.html).
fn readable(bytes: [u8; 6]) -> String {
    const READABLE: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let [a, b, c, d, e, f] = bytes.map(|byte| char::from(READABLE[usize::from(byte % 32)]));
    format!("{a}{b}{c}{d}-{e}{f}")
}

impl Random {
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The same sequence for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// An identifier of at least `bits` random bits: lower-case base32, so that it stands as it is in URLs, cookie
    /// names, custom ids and log lines.
    pub fn id(&self, bits: usize) -> String {
        let mut bytes = vec![0; bits.div_ceil(8)];
        self.fill(&mut bytes);
        base32(&bytes)
    }

    /// What a person reads to an operator, who finds the log line by it: `7F3K-92`.
    pub fn reference(&self) -> String {
        readable(self.bytes())
    }

    /// Somewhere in `0.5..1.0`: what a pause before the next try is multiplied with.
    pub fn jitter(&self) -> f64 {
        0.5 + self.fraction() / 2.0
    }

    /// Somewhere in `0.0..1.0`.
    pub fn fraction(&self) -> f64 {
        let [a, b, c, d] = self.bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }

    fn fill(&self, bytes: &mut [u8]) {
        match &self.0 {
            Source::System => rand::rng().fill_bytes(bytes),
            Source::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes),
        }
    }
}

/// Lower-case base32 without padding: letters and digits only.
pub fn base32(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

/// URL-safe base64 without padding.
pub fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 as 64 hexadecimal digits.
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(&sha256(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Random;

    #[test]
    fn a_seed_gives_the_same_sequence_and_the_system_never_does() {
        let drawn = |random: Random| (0..8).map(|_| random.id(96)).collect::<Vec<_>>();
        assert_eq!(drawn(Random::seeded(7)), drawn(Random::seeded(7)));
        assert_ne!(drawn(Random::seeded(7)), drawn(Random::seeded(8)));
        assert_ne!(drawn(Random::system()), drawn(Random::system()));
    }

    #[test]
    fn identifiers_are_letters_and_digits_and_long_enough() {
        let random = Random::system();
        let ids: HashSet<String> = (0..1000).map(|_| random.id(128)).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.len() == 26));
        assert!(ids.iter().flat_map(|id| id.chars()).all(|c| c.is_ascii_lowercase() || ('2'..='7').contains(&c)));
    }

    #[test]
    fn a_reference_is_short_enough_to_read_aloud() {
        let reference = Random::seeded(1).reference();
        assert_eq!(reference.len(), 7);
        assert_eq!(reference.find('-'), Some(4));
    }

    #[test]
    fn a_fraction_is_below_one() {
        let random = Random::seeded(3);
        assert!((0..1000).map(|_| random.fraction()).all(|f| (0.0..1.0).contains(&f)));
    }
}
