//! Nothing secret is written down. Everything that Greenroom logs in a test, down to TRACE, is kept in a file; when the
//! world of the test ends, it is searched for each secret that was given out meanwhile: the configuration's, tickets,
//! cookies, room tokens, and the tokens of interactions and webhooks. What the executable prints is searched alike.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Write},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use sandbox::issued;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// What the executable is told to log, libraries too.
pub const EVERYTHING: &str = "trace,twilight_gateway=trace,tungstenite::protocol=trace,sqlx=trace,hyper=trace";

/// The stand-ins and what carries them stand in the same process, and may say what they like. What Greenroom's own
/// libraries say is searched in what the executable prints.
const OURS: &str =
    "trace,sandbox=off,hyper=off,hyper_util=off,tungstenite=off,tokio_tungstenite=off,serenity=off,reqwest=off,h2=off";

/// The log of all tests of this process.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log(Arc::new(Mutex::new(tempfile::tempfile().unwrap())));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(log.clone());
    // Another subscriber would be a test's own; then there is nothing here to search, and that fails below.
    let _ = tracing_subscriber::registry().with(EnvFilter::new(OURS)).with(lines).try_init();
    log
});

#[derive(Clone)]
struct Log(Arc<Mutex<File>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// From here on it is watched.
pub struct Watch {
    from: u64,
    issued: usize,
    /// Those that are not given out by a stand-in.
    own: Vec<String>,
}

impl Watch {
    /// `env` is the configuration.
    pub fn begin<'a>(env: impl IntoIterator<Item = &'a (String, String)>) -> Self {
        let from = LOG.0.lock().unwrap_or_else(PoisonError::into_inner).seek(SeekFrom::End(0)).unwrap();
        let secret =
            |name: &str| ["TOKEN", "SECRET", "KEY"].iter().any(|part| name.contains(part)) && !name.contains("PUBLIC");
        let own = env.into_iter().filter(|(name, value)| secret(name) && value.len() >= 16);
        Self {
            from,
            issued: issued::count(),
            own: own.flat_map(|(_, value)| value.split(',').map(str::to_owned)).collect(),
        }
    }

    /// What was logged since, searched.
    pub fn log_is_clean(&self) {
        let mut text = Vec::new();
        {
            let mut file = LOG.0.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.from)).unwrap();
            file.read_to_end(&mut text).unwrap();
        }
        assert!(!text.is_empty(), "nothing was logged, so nothing was searched");
        self.is_clean("the log", &text);
    }

    /// `text` holds none of the secrets given out since.
    pub fn is_clean(&self, what: &str, text: &[u8]) {
        let secrets: Vec<String> = self.own.iter().cloned().chain(issued::since(self.issued)).collect();
        // The faster automaton takes minutes to build for many long secrets, and is used once.
        let automaton = AhoCorasick::builder().kind(Some(AhoCorasickKind::NoncontiguousNFA)).build(&secrets).unwrap();
        let Some(found) = automaton.find(text) else { return };
        let line = text[..found.start()].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let secret = &secrets[found.pattern().as_usize()];
        let told = String::from_utf8_lossy(&text[line..found.end()]).replace(secret, "<THE SECRET>");
        panic!("{what} holds a secret ({} characters): {told}", secret.len());
    }
}

#[test]
#[should_panic(expected = "holds a secret")]
fn a_secret_in_the_log_would_be_found() {
    let watch = Watch::begin(&[("DISCORD_TOKEN".to_owned(), "hush-hush-hush-hush".to_owned())]);
    tracing::trace!(token = "hush-hush-hush-hush", "as nobody should");
    watch.log_is_clean();
}

#[test]
#[should_panic(expected = "holds a secret")]
fn so_would_one_that_a_stand_in_gave_out() {
    let watch = Watch::begin(&[]);
    issued::remember("another-secret-of-this-test");
    // Not in the log that all share: other tests' watches would find it.
    watch.is_clean("a text", b"Bearer another-secret-of-this-test");
}
