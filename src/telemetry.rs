//! Logs on standard error, and the recorder of metrics.
//!
//! Secrets are kept out in two ways: our own lines never hold headers, queries or bodies, and the libraries that would
//! print them when asked for details aren't heard below `info`, whatever the filter says.

use std::fmt;
use std::io::IsTerminal;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// What is logged when nobody says otherwise.
pub const DEFAULT_FILTER: &str = "info";

/// Crates that print requests, frames or connection strings when they are set to `debug` or `trace`.
const TALKATIVE: [&str; 9] =
    ["hyper", "hyper_util", "h2", "reqwest", "rustls", "tokio_postgres", "postgres", "tower_http", "tungstenite"];

/// Upper bounds of the request duration buckets, in seconds.
const DURATION_BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// How often recorded durations are sorted into their buckets; until then each takes 8 bytes.
const UPKEEP: Duration = Duration::from_secs(5);

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<LogFormat, String> {
        match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            other => Err(format!("unknown log format {other:?}; use text or json")),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        })
    }
}

/// Starts logging to standard error, panics included. `filter` is a level or directives such as
/// `info,partyline::accounts=debug`. Fails if the filter can't be read or logging was started before.
pub fn init(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = filter_for(filter)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    }
    .map_err(|error| format!("logging can't start: {error}"))?;
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("no text");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, message = text, "panic");
    }));
    Ok(())
}

fn filter_for(filter: &str) -> Result<EnvFilter, String> {
    let mut parsed =
        EnvFilter::try_new(filter).map_err(|error| format!("the log filter {filter:?} can't be read: {error}"))?;
    if let Some(level) = parsed.max_level_hint()
        && level <= tracing::level_filters::LevelFilter::INFO
    {
        return Ok(parsed);
    }
    for name in TALKATIVE {
        parsed = parsed.add_directive(format!("{name}=info").parse().map_err(|error| format!("{error}"))?);
    }
    Ok(parsed)
}

/// The process's metrics, in the words of Prometheus.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Installs the recorder, once; later calls give the same one. Before it, `metrics::counter!` and its kin go
    /// nowhere, so call it before anything keeps a handle.
    pub fn install() -> Result<Metrics, String> {
        static INSTALLED: OnceLock<Result<Metrics, String>> = OnceLock::new();
        INSTALLED
            .get_or_init(|| {
                let matcher = Matcher::Suffix("_duration_seconds".to_owned());
                PrometheusBuilder::new()
                    .set_buckets_for_metric(matcher, &DURATION_BUCKETS)
                    .and_then(PrometheusBuilder::install_recorder)
                    .map(Metrics)
                    .map_err(|error| format!("metrics can't be recorded: {error}"))
            })
            .clone()
    }

    /// All metrics as Prometheus reads them.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Keeps the recorder small until `shutdown`; without it, it grows with each request nobody scrapes.
    pub async fn keep_small(self, shutdown: CancellationToken) {
        while shutdown.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_some() {
            self.0.run_upkeep();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_filter_makes_talkative_libraries_talk() {
        for filter in ["trace", "debug,h2=trace", "info,hyper=debug"] {
            let text = filter_for(filter).expect("a filter").to_string();
            assert!(text.contains("h2=info") && text.contains("hyper=info"), "{filter} became {text}");
            assert!(!text.contains("h2=trace") && !text.contains("hyper=debug"), "{filter} became {text}");
        }
        assert!(filter_for("partyline=loud").is_err());
    }
}
