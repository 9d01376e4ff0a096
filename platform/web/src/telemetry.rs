//! Logs: to standard error, for people or for programs.

use tracing_subscriber::filter::ParseError;
pub use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pretty" => Some(Self::Pretty),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("'{filter}' is not a log filter such as 'info' or 'warn,tenantry=debug'")]
    Filter { filter: String, source: ParseError },
    #[error("logging was set up already")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Reads a filter, or says why it is none.
pub fn filter(text: &str) -> Result<Targets, TelemetryError> {
    text.parse().map_err(|source| TelemetryError::Filter { filter: text.to_owned(), source })
}

/// Sets logging up, once a process. Lines are written as they are made, so nothing waits to be flushed.
pub fn init(format: LogFormat, filter: Targets) -> Result<(), TelemetryError> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    match format {
        LogFormat::Pretty => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            tracing_subscriber::registry().with(lines.with_ansi(colours).compact()).with(filter).try_init()?;
        }
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true).with_current_span(true);
            tracing_subscriber::registry().with(lines).with(filter).try_init()?;
        }
    }
    Ok(())
}
