//! How the log is written.

use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{Log, LogFormat};

/// Libraries that say at `info` or `warn` what is ours to judge.
const QUIET: [&str; 2] = ["sqlx=warn", "hyper=warn"];

/// Libraries that write down what they send and receive, tokens and all. No filter makes them say more.
const INDISCREET: [(&str, Level); 3] =
    [("serenity", Level::ERROR), ("tungstenite", Level::WARN), ("tokio_tungstenite", Level::WARN)];

fn is_discreet(metadata: &Metadata<'_>) -> bool {
    let library = metadata.target().split("::").next().unwrap_or_default();
    let held = INDISCREET.iter().find(|(indiscreet, _)| *indiscreet == library);
    held.is_none_or(|(_, level)| metadata.level() <= level)
}

/// Starts the log on standard error. A report keeps it to errors, so that nothing stands between its lines.
pub(super) fn start(config: &Log, is_report: bool) {
    let level = if is_report { "error" } else { &config.filter };
    let filter = format!("{},{level}", QUIET.join(","));
    let filter = EnvFilter::new(filter);
    let log = tracing_subscriber::registry().with(filter).with(filter_fn(is_discreet));
    let to_stderr = fmt::layer().with_writer(std::io::stderr);
    // A second start in one process is a test's, and the first holds.
    let _ = match config.format {
        LogFormat::Text => log.with(to_stderr.with_target(false)).try_init(),
        LogFormat::Json => log.with(to_stderr.json().flatten_event(true)).try_init(),
    };
}
