//! The key ring: from each entry of `SECRET_KEY` one key per purpose. In: plain secrets. Out: sealed text that only
//! this ring opens, for this purpose and this row.

use std::{
    fmt,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use axum_extra::extract::cookie;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

use super::Random;
use crate::config;

/// What a key is for. A value sealed for one purpose does not open for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The token of a channel's webhook, at rest.
    WebhookToken,
    /// The token of an interaction still to be answered, at rest.
    InteractionToken,
    /// What a sign-in sends through Discord.
    SignInState,
    /// What the browser that signs in keeps meanwhile.
    SignInCookie,
    /// What shows that a file was written with this key.
    Export,
    /// What shows that the address of a person's picture was given out by us.
    Face,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::WebhookToken => "webhook-token",
            Self::InteractionToken => "interaction-token",
            Self::SignInState => "sign-in-state",
            Self::SignInCookie => "sign-in-cookie",
            Self::Export => "export",
            Self::Face => "face",
        }
    }
}

/// Why a sealed value does not open. Says nothing about the value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OpenError {
    #[error("sealed with a key that SECRET_KEY no longer lists")]
    UnknownKey,
    #[error("not sealed by this ring for this purpose and row")]
    Tampered,
}

/// All keys; the first writes, all read. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    ring: Arc<[Entry]>,
    random: Random,
}

struct Entry {
    id: [u8; ID],
    secret: SecretSlice<u8>,
}

/// Bytes of the key id in front of a sealed value, and of the nonce behind it.
const ID: usize = 4;
const NONCE: usize = 24;
const SALT: &[u8] = b"greenroom/v1";

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.ring.len())
    }
}

impl Keys {
    /// The configured keys, or the one kept beside the SQLite file, made at first start.
    pub fn load(config: &config::Store, random: &Random) -> anyhow::Result<Self> {
        let entries = match &config.secret_keys {
            Some(keys) => keys.iter().map(|key| decode(&key.0)).collect::<anyhow::Result<Vec<_>>>()?,
            None => vec![beside_database(config.database_url.expose_secret(), random)?],
        };
        Self::from_secrets(entries, random)
    }

    fn from_secrets(secrets: Vec<SecretSlice<u8>>, random: &Random) -> anyhow::Result<Self> {
        if secrets.is_empty() {
            bail!("SECRET_KEY: no key");
        }
        let ring = secrets.into_iter().map(|secret| Entry { id: expand(&secret, "key-id"), secret }).collect();
        Ok(Self { ring, random: random.clone() })
    }

    /// `plain` sealed with the first key. `associated` names the row it belongs to and must be given again to open.
    ///
    /// XChaCha20-Poly1305: its nonce is long enough to be drawn at random for ever.
    pub fn seal(&self, purpose: Purpose, associated: &str, plain: &[u8]) -> String {
        let entry = &self.ring[0];
        let nonce = self.random.bytes::<NONCE>();
        let sealed = entry
            .cipher(purpose)
            .encrypt(&nonce.into(), Payload { msg: plain, aad: associated.as_bytes() })
            .expect("only a message of 256 GiB can fail to be sealed");
        STANDARD.encode([&entry.id[..], &nonce, &sealed].concat())
    }

    pub fn open(&self, purpose: Purpose, associated: &str, sealed: &str) -> Result<SecretSlice<u8>, OpenError> {
        let bytes = STANDARD.decode(sealed).map_err(|_| OpenError::Tampered)?;
        let (id, rest) = bytes.split_first_chunk::<ID>().ok_or(OpenError::Tampered)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(OpenError::Tampered)?;
        let entry = self.ring.iter().find(|entry| entry.id == *id).ok_or(OpenError::UnknownKey)?;
        entry
            .cipher(purpose)
            .decrypt(&(*nonce).into(), Payload { msg: sealed, aad: associated.as_bytes() })
            .map(SecretSlice::from)
            .map_err(|_| OpenError::Tampered)
    }

    /// [`Keys::open`] for what was text.
    pub fn open_text(&self, purpose: Purpose, associated: &str, sealed: &str) -> Result<SecretString, OpenError> {
        let plain = self.open(purpose, associated, sealed)?;
        let text = String::from_utf8(plain.expose_secret().to_vec()).map_err(|_| OpenError::Tampered)?;
        Ok(text.into())
    }

    /// What only this ring can put beside `text`, always the same, fit for a URL.
    pub fn mark(&self, purpose: Purpose, text: &str) -> String {
        self.ring[0].mark(purpose, text)
    }

    /// Whether `mark` is this ring's for `text`.
    pub fn is_mark(&self, purpose: Purpose, text: &str, mark: &str) -> bool {
        // Digests are compared, so that the time it takes tells nothing about the mark.
        let given = super::sha256(mark);
        self.ring.iter().any(|entry| super::sha256(entry.mark(purpose, text)) == given)
    }

    /// Keys for browsers' cookies: write with the first, read with all.
    pub fn cookie_keys(&self) -> Vec<cookie::Key> {
        self.ring.iter().map(|entry| cookie::Key::from(&expand::<64>(&entry.secret, "cookie"))).collect()
    }
}

impl Entry {
    fn cipher(&self, purpose: Purpose) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&expand::<32>(&self.secret, purpose.label()).into())
    }

    /// HKDF's output is a code of its input that nobody makes without the secret. The label has no colon.
    fn mark(&self, purpose: Purpose, text: &str) -> String {
        super::base64(&expand::<16>(&self.secret, &format!("{}:{text}", purpose.label())))
    }
}

/// HKDF-SHA256 of one entry for one purpose.
fn expand<const N: usize>(secret: &SecretSlice<u8>, purpose: &str) -> [u8; N] {
    let mut key = [0; N];
    Hkdf::<Sha256>::new(Some(SALT), secret.expose_secret())
        .expand(purpose.as_bytes(), &mut key)
        .expect("HKDF-SHA256 gives up to 8160 bytes");
    key
}

fn decode(text: &SecretString) -> anyhow::Result<SecretSlice<u8>> {
    let bytes = STANDARD.decode(text.expose_secret().trim()).ok().filter(|bytes| bytes.len() >= 32);
    bytes.map(SecretSlice::from).context("SECRET_KEY: each entry is base64 of at least 32 random bytes")
}

/// The key file of the SQLite database at `url`, made when missing.
fn beside_database(url: &str, random: &Random) -> anyhow::Result<SecretSlice<u8>> {
    let Some(path) = key_path(url) else {
        // A database in memory forgets its sealed values with the process; its key may go too.
        return Ok(SecretSlice::from(random.bytes::<32>().to_vec()));
    };
    match create(&path, random) {
        Ok(secret) => Ok(secret),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("SECRET_KEY: {} can't be read", path.display()))?;
            decode(&text.into()).with_context(|| format!("SECRET_KEY: {} is damaged", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("SECRET_KEY: {} can't be made", path.display())),
    }
}

/// `greenroom.key` beside `greenroom.db`; none for a database in memory.
fn key_path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split('?').next().unwrap_or_default();
    (!path.is_empty() && !path.contains(":memory:")).then(|| Path::new(path).with_extension("key"))
}

/// Makes the file whole or not at all, so that a crash leaves no half key: written aside, then linked into place.
fn create(path: &Path, random: &Random) -> std::io::Result<SecretSlice<u8>> {
    if path.try_exists()? {
        return Err(std::io::ErrorKind::AlreadyExists.into());
    }
    let secret = random.bytes::<32>();
    let draft = path.with_extension(format!("key.{}", Random::system().id(40)));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let placed = file
        .write_all(STANDARD.encode(secret).as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft)?;
    placed.map(|()| SecretSlice::from(secret.to_vec()))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::{Keys, OpenError, Purpose, STANDARD};
    use crate::{
        config::{self, SecretKey},
        secret::Random,
    };
    use base64::Engine as _;

    fn ring(keys: &[[u8; 32]]) -> Keys {
        let keys = keys.iter().map(|key| SecretKey(STANDARD.encode(key).into())).collect();
        let config = config::Store { database_url: "postgres://x".into(), secret_keys: Some(keys) };
        Keys::load(&config, &Random::seeded(1)).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_row_only() {
        let keys = ring(&[[1; 32]]);
        let sealed = keys.seal(Purpose::WebhookToken, "webhook/7", b"hush");
        assert_eq!(keys.open_text(Purpose::WebhookToken, "webhook/7", &sealed).unwrap().expose_secret(), "hush");
        let open = |purpose, row, sealed: &str| keys.open(purpose, row, sealed).map(|_| ());
        assert_eq!(open(Purpose::WebhookToken, "webhook/8", &sealed), Err(OpenError::Tampered));
        assert_eq!(open(Purpose::InteractionToken, "webhook/7", &sealed), Err(OpenError::Tampered));
        assert_eq!(open(Purpose::WebhookToken, "webhook/7", ""), Err(OpenError::Tampered));
        assert_eq!(open(Purpose::WebhookToken, "webhook/7", "é"), Err(OpenError::Tampered));
        assert_ne!(sealed, keys.seal(Purpose::WebhookToken, "webhook/7", b"hush"));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let keys = ring(&[[1; 32]]);
        let sealed = STANDARD.decode(keys.seal(Purpose::WebhookToken, "w", b"hush")).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(keys.open(Purpose::WebhookToken, "w", &STANDARD.encode(flipped)).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn keys_rotate() {
        let sealed = ring(&[[1; 32]]).seal(Purpose::WebhookToken, "w", b"hush");
        assert!(ring(&[[2; 32], [1; 32]]).open(Purpose::WebhookToken, "w", &sealed).is_ok());
        let gone = ring(&[[2; 32]]).open(Purpose::WebhookToken, "w", &sealed).map(|_| ());
        assert_eq!(gone, Err(OpenError::UnknownKey));
        assert_eq!(ring(&[[2; 32], [1; 32]]).cookie_keys()[1], ring(&[[1; 32]]).cookie_keys()[0]);
    }

    #[test]
    fn the_key_beside_the_database_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/greenroom.db?mode=rwc", folder.path().display());
        let config = config::Store { database_url: url.into(), secret_keys: None };
        let sealed = Keys::load(&config, &Random::system()).unwrap().seal(Purpose::WebhookToken, "w", b"hush");
        assert!(Keys::load(&config, &Random::system()).unwrap().open(Purpose::WebhookToken, "w", &sealed).is_ok());

        let path = folder.path().join("greenroom.key");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");

        std::fs::write(&path, "short").unwrap();
        let problem = format!("{:#}", Keys::load(&config, &Random::system()).unwrap_err());
        assert!(problem.contains("greenroom.key is damaged"), "{problem}");
    }
}
