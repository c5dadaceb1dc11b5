//! How the log is written.

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{Log, LogFormat};

/// Libraries that say at `info` or `warn` what is ours to judge.
const QUIET: [&str; 3] = ["serenity=error", "sqlx=warn", "hyper=warn"];

/// Starts the log on standard error. A report keeps it to errors, so that nothing stands between its lines.
pub(super) fn start(config: &Log, is_report: bool) {
    let level = if is_report { "error" } else { &config.filter };
    let filter = format!("{},{level}", QUIET.join(","));
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| {
        eprintln!("RUST_LOG: not a filter like info,greenroom=debug; using info");
        EnvFilter::new("info")
    });
    let log = tracing_subscriber::registry().with(filter);
    let to_stderr = fmt::layer().with_writer(std::io::stderr);
    // A second start in one process is a test's, and the first holds.
    let _ = match config.format {
        LogFormat::Text => log.with(to_stderr.with_target(false)).try_init(),
        LogFormat::Json => log.with(to_stderr.json().flatten_event(true)).try_init(),
    };
}
