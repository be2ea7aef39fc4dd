//! What a path names, for a refusal that should say what it is about.

use axum::extract::MatchedPath;

use crate::error::{Code, Error};
use crate::http::fields::quoted;

/// Adds to a `not_found` the parameters of the path with their values. `route` is the path as the document has it.
pub fn name_in_path(route: Option<&MatchedPath>, path: &str, refusal: Error) -> Error {
    if refusal.code != Code::NotFound {
        return refusal;
    }
    // From their ends: the route has the API's base before it.
    let steps = route.map(MatchedPath::as_str).unwrap_or_default().rsplit('/').zip(path.rsplit('/'));
    let named = steps.filter_map(|(step, given)| {
        let name = step.strip_prefix('{')?.strip_suffix('}')?;
        Some(format!("{name} {}", quoted(given)))
    });
    match named.collect::<Vec<_>>() {
        names if names.is_empty() => refusal,
        names => refusal.about(&names.join(", ")),
    }
}
