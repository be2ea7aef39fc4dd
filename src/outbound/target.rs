//! An address that somebody gave us, read once. What it says must be what people read in it, so forms that programs mend
//! silently (backslashes, missing slashes, line breaks) are refused; a blank in a path is taken for %20, as clients mean it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::error::{Fault, OutboundError};
use super::policy::{Address, Policy};
use super::ranges::PORTS;

const URL_CHARS_MAX: usize = 4096;
const HOST_CHARS_MAX: usize = 253;
const LABEL_CHARS_MAX: usize = 63;

const SCHEME_RULE: &str = "an address begins with https:// or http://; write it in full";
const NAME_RULE: &str = "a name or password doesn't belong in an address; leave out what stands before the @";
const HOST_RULE: &str = "an address names a host behind its //, as https://files.example.com/a.pdf";

/// An `http` or `https` address with a host and a port that may be asked. Whether the host's addresses may is found out
/// when it is resolved.
#[derive(Clone, Debug)]
pub struct Target {
    url: Url,
    host: Host,
    port: u16,
}

/// Judges an address as far as that goes without asking anybody: its form, its port, and its host where that is an IP
/// address or `localhost`.
///
/// # Errors
/// What is wrong and what to write instead.
pub fn check_url(text: &str, policy: &Policy) -> Result<Target, OutboundError> {
    let target = Target::parse(text)?;
    target.literal(policy)?;
    Ok(target)
}

impl Target {
    pub(super) fn parse(text: &str) -> Result<Target, OutboundError> {
        let wrong = |rule: &str| Err(Fault::Url(rule.to_owned()).into());
        let text = text.trim_matches(' ');
        if text.chars().count() > URL_CHARS_MAX {
            return wrong("an address has at most 4096 characters; give a shorter one");
        }
        if text.chars().any(char::is_control) {
            return wrong("an address holds no control characters; percent-encode them");
        }
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return wrong(SCHEME_RULE);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() {
            return wrong(HOST_RULE);
        }
        if authority.contains(|c: char| c == '\\' || c.is_whitespace()) {
            return wrong("its host holds a blank or a backslash; write https://host/path");
        }
        if authority.contains('@') {
            return wrong(NAME_RULE);
        }
        match Url::parse(text) {
            Ok(url) => Target::from_url(url),
            Err(error) => wrong(&format!("this is no address that can be asked ({error}); check its host and port")),
        }
    }

    fn from_url(mut url: Url) -> Result<Target, OutboundError> {
        let wrong = |rule: &str| Err(Fault::Url(rule.to_owned()).into());
        if !matches!(url.scheme(), "http" | "https") {
            return wrong(SCHEME_RULE);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong(NAME_RULE);
        }
        let (Some(host), Some(port)) = (url.host().map(|host| host.to_owned()), url.port_or_known_default()) else {
            return wrong(HOST_RULE);
        };
        if let Host::Domain(name) = &host {
            let name = name.strip_suffix('.').unwrap_or(name);
            let fits = |label: &str| !label.is_empty() && label.len() <= LABEL_CHARS_MAX;
            if name.len() > HOST_CHARS_MAX || !name.split('.').all(fits) {
                return wrong("its host is no name that can be; between its dots stand 1 to 63 characters, 253 in all");
            }
        }
        if PORTS.contains(&port) {
            return wrong(&format!("port {port} belongs to another protocol; use a port where HTTP is spoken"));
        }
        url.set_fragment(None);
        Ok(Target { url, host, port })
    }

    /// Where a redirect leads.
    pub(super) fn join(&self, location: &str) -> Result<Target, OutboundError> {
        if location.chars().count() > URL_CHARS_MAX {
            return Err(Fault::RedirectUnusable.into());
        }
        Target::from_url(self.url.join(location).map_err(|_| Fault::RedirectUnusable)?)
    }

    /// The addresses that the host says by itself; nothing for a name that has to be resolved. `localhost` is this machine
    /// whatever a resolver may say (RFC 6761).
    pub(super) fn literal(&self, policy: &Policy) -> Result<Option<Vec<Address>>, OutboundError> {
        let ips = match &self.host {
            Host::Ipv4(ip) => vec![IpAddr::V4(*ip)],
            Host::Ipv6(ip) => vec![IpAddr::V6(*ip)],
            Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                if name != "localhost" && !name.ends_with(".localhost") {
                    return Ok(None);
                }
                vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
            }
        };
        let passed: Vec<Address> = ips.iter().filter_map(|ip| policy.pass(*ip, self.port).ok()).collect();
        match policy.pass(ips[0], self.port) {
            Err(what) if passed.is_empty() => Err(Fault::NotPublic { ip: ips[0], what }.into()),
            _ => Ok(Some(passed)),
        }
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Host, and port where it isn't the usual one: for the `Host` header and for people.
    pub fn place(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        }
    }
}
