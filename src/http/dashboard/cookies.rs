//! The cookie of a session, and over what it may travel.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, Uri, header};

use crate::workspace::secret::Secret;
use crate::workspace::sessions::AGE_MAX;

/// How a browser reached us, as far as secrets are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Footing {
    /// Under an https address.
    Https,
    /// Without encryption, on this very machine.
    Loopback,
    /// Without encryption, over a network: no password is asked for there.
    Bare,
}

/// How this request came. The operator's public address decides; a browser on the machine itself needs no encryption.
pub fn footing(headers: &HeaderMap, uri: &Uri, public_url: &str) -> Footing {
    if public_url.starts_with("https://") {
        return Footing::Https;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
    if is_loopback(host) { Footing::Loopback } else { Footing::Bare }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Footing {
    /// A `__Host-` cookie is taken only over https and only from this very host, so no neighbour can plant one.
    const fn cookie(self) -> &'static str {
        match self {
            Footing::Https => "__Host-partyline",
            Footing::Loopback | Footing::Bare => "partyline",
        }
    }

    /// What begins a session in a browser.
    pub fn begin(self, secret: &Secret) -> HeaderValue {
        self.set(secret.reveal(), AGE_MAX.as_secs())
    }

    /// What ends it there.
    pub fn end(self) -> HeaderValue {
        self.set("", 0)
    }

    fn set(self, value: &str, lives_s: u64) -> HeaderValue {
        let secure = if self == Footing::Https { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lives_s}{secure}", self.cookie());
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    /// The secret that the browser brought. Two of them are none: one of them isn't ours.
    pub fn read(self, headers: &HeaderMap) -> Option<Secret> {
        let mut found = values(headers, self.cookie());
        let secret = found.next().and_then(Secret::parse);
        secret.filter(|_| found.next().is_none())
    }
}

/// The values of a cookie of this name.
pub fn values<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(known, _)| *known == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let each = pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")));
        each.collect()
    }

    #[test]
    fn without_encryption_only_this_machine_is_trusted() {
        let of = |host| footing(&headers(&[("host", host)]), &Uri::from_static("/"), "http://127.0.0.1:8080");
        for here in ["127.0.0.1:8080", "localhost", "LOCALHOST:80", "[::1]:8080", "127.9.9.9"] {
            assert_eq!(of(here), Footing::Loopback, "{here}");
        }
        for far in ["line.example", "10.0.0.7:8080", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::2]"] {
            assert_eq!(of(far), Footing::Bare, "{far}");
        }
        let uri = Uri::from_static("http://localhost:8080/login");
        assert_eq!(footing(&HeaderMap::new(), &uri, "http://x.example"), Footing::Loopback, "HTTP/2 names no Host");
        assert_eq!(footing(&headers(&[("host", "localhost")]), &uri, "https://x.example"), Footing::Https);
    }

    #[test]
    fn a_cookie_is_bound_to_its_host_and_hidden_from_scripts() {
        let secret = Secret::generate();
        let set = Footing::Https.begin(&secret);
        let set = set.to_str().expect("text");
        assert!(set.starts_with(&format!("__Host-partyline={}; Path=/; HttpOnly; SameSite=Lax;", secret.reveal())));
        assert!(set.ends_with("; Secure") && !set.contains("Domain"), "{set}");
        assert_eq!(Footing::Loopback.end(), "partyline=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn a_planted_second_cookie_makes_both_worthless() {
        let text = Secret::generate().reveal().to_owned();
        let mut both = HeaderMap::new();
        both.append(header::COOKIE, format!("a=b; partyline={text}").parse().expect("a value"));
        assert_eq!(Footing::Loopback.read(&both).map(|secret| secret.reveal().to_owned()), Some(text.clone()));
        assert_eq!(Footing::Https.read(&both), None);
        both.append(header::COOKIE, format!("partyline={text}").parse().expect("a value"));
        assert_eq!(Footing::Loopback.read(&both), None);
    }
}
