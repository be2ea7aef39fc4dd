//! Whether a form comes from a page of ours, so that no other site can send one in somebody's name.

use axum::http::{HeaderMap, header};

/// Refuses what a browser says comes from elsewhere. Browsers send `Sec-Fetch-Site` over https and to this machine, and
/// `Origin` with every POST; what sends neither is no browser and carries nobody's cookies.
pub fn is_foreign(headers: &HeaderMap, public_url: &str) -> bool {
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = said("sec-fetch-site") {
        return site != "same-origin";
    }
    let Some(origin) = said(header::ORIGIN.as_str()) else { return false };
    if origin == public_url {
        return false;
    }
    // A proxy in front may speak https where we speak http, so the scheme isn't compared.
    let place = origin.split_once("://").map(|(_, place)| place);
    place.is_none() || place != said(header::HOST.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().expect("a header's name"), value.parse().expect("a header's value")));
        is_foreign(&headers.collect(), "https://line.example")
    }

    #[test]
    fn our_own_pages_and_programs_pass() {
        assert!(!foreign(&[]));
        assert!(!foreign(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(!foreign(&[("origin", "https://line.example"), ("host", "10.0.0.7:8080")]));
        assert!(!foreign(&[("origin", "http://10.0.0.7:8080"), ("host", "10.0.0.7:8080")]));
    }

    #[test]
    fn other_sites_and_pages_without_an_origin_are_refused() {
        assert!(foreign(&[("sec-fetch-site", "cross-site")]));
        assert!(foreign(&[("sec-fetch-site", "same-site"), ("origin", "https://line.example")]));
        assert!(foreign(&[("origin", "https://evil.example"), ("host", "line.example")]));
        assert!(foreign(&[("origin", "null"), ("host", "line.example")]));
        assert!(foreign(&[("origin", "https://line.example.evil"), ("host", "line.example")]));
        assert!(foreign(&[("origin", "https://evil.example")]));
    }
}
