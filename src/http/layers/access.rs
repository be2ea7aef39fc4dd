//! One log line and two metrics for each request. Never headers, queries or bodies: secrets live there.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use axum::extract::MatchedPath;
use axum::http::Method;

use super::RequestId;
use crate::http::client_address::ClientAddress;

/// What the log says when the client was gone before the answer (nginx's number for it).
pub(super) const CLIENT_LEFT: u16 = 499;

const UNMATCHED: &str = "unmatched";
/// Of a path no route has, so much is logged.
const PATH_BYTES_MAX: usize = 120;
/// A path segment this long may be a secret in the wrong place, such as a setup link with a slash too many.
const SEGMENT_BYTES_MAX: usize = 20;

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "other"];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What is known of a request before its handler runs.
pub(super) struct Asked {
    pub id: RequestId,
    pub method: Method,
    pub route: Option<MatchedPath>,
    /// The path as the log shows it, if no route matched.
    pub path: String,
    pub client: ClientAddress,
}

impl Asked {
    pub(super) fn log(&self, status: u16, duration: Duration) {
        let path = self.route.as_ref().map_or(self.path.as_str(), MatchedPath::as_str);
        tracing::info!(
            target: "partyline::access",
            request_id = self.id.as_str(),
            method = self.method.as_str(),
            path,
            status,
            duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            client = %self.client,
        );
    }
}

/// A path no route has, fit for a log: bounded, inert, and without what might be a secret.
pub(super) fn unmatched_path(path: &str) -> String {
    let mut shown = String::new();
    for (n, segment) in path.split('/').enumerate() {
        if n > 0 {
            shown.push('/');
        }
        match segment {
            long if long.len() > SEGMENT_BYTES_MAX => shown.push('*'),
            short => shown.extend(short.escape_default()),
        }
        if shown.len() > PATH_BYTES_MAX {
            shown.truncate(PATH_BYTES_MAX);
            break;
        }
    }
    shown
}

/// Counters and histograms by route. Handles are kept, because finding one by its labels costs a microsecond; routes
/// are those of the router, so the table is bounded.
#[derive(Default)]
pub(super) struct AccessMetrics {
    routes: RwLock<HashMap<String, Arc<RouteMetrics>>>,
}

struct RouteMetrics {
    route: String,
    requests: [[OnceLock<metrics::Counter>; CLASSES.len()]; METHODS.len()],
    duration: metrics::Histogram,
}

impl AccessMetrics {
    pub(super) fn count(&self, asked: &Asked, status: u16, duration: Duration) {
        let route = self.route(asked.route.as_ref().map_or(UNMATCHED, MatchedPath::as_str));
        route.requests(&asked.method, status).increment(1);
        route.duration.record(duration.as_secs_f64());
    }

    fn route(&self, route: &str) -> Arc<RouteMetrics> {
        if let Some(known) = self.routes.read().unwrap_or_else(PoisonError::into_inner).get(route) {
            return known.clone();
        }
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        routes.entry(route.to_owned()).or_insert_with(|| Arc::new(RouteMetrics::new(route))).clone()
    }
}

impl RouteMetrics {
    fn new(route: &str) -> RouteMetrics {
        RouteMetrics {
            route: route.to_owned(),
            requests: Default::default(),
            duration: metrics::histogram!("partyline_http_request_duration_seconds", "route" => route.to_owned()),
        }
    }

    fn requests(&self, method: &Method, status: u16) -> &metrics::Counter {
        let method = METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len() - 1);
        let class = usize::from(status / 100).clamp(1, CLASSES.len()) - 1;
        self.requests[method][class].get_or_init(|| {
            metrics::counter!(
                "partyline_http_requests_total",
                "route" => self.route.clone(), "method" => METHODS[method], "status" => CLASSES[class]
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::unmatched_path;

    #[test]
    fn unmatched_paths_are_inert_bounded_and_hide_what_may_be_a_secret() {
        assert_eq!(unmatched_path("/wp-login.php"), "/wp-login.php");
        assert_eq!(unmatched_path("/setup/3f9a8b7c6d5e4f3a2b1c0d9e8f7a/"), "/setup/*/");
        assert_eq!(unmatched_path("/a\u{1b}[31m"), "/a\\u{1b}[31m");
        assert!(unmatched_path(&"/abc".repeat(500)).len() <= 120);
    }
}
