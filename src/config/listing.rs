//! The settings in effect, to be shown: secrets are masked.

use ipnet::IpNet;
use serde::Serialize;

use super::{Config, LogFormat, Source, flag, variable};

/// A setting as `partyline config` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    pub id: &'static str,
    /// The option on the command line.
    pub name: String,
    pub variable: String,
    pub value: String,
    /// `flag`, `environment` or `default`.
    pub source: &'static str,
}

impl Config {
    /// All settings, in the order of the help.
    pub fn settings(&self) -> Vec<Setting> {
        let data = self.data.value.display().to_string();
        let database = match &self.database.value {
            Some(url) => mask(url),
            None => self.database_file().display().to_string(),
        };
        let log_format = match self.log_format.value {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        vec![
            setting("data", data, self.data.source),
            setting("listen", self.listen.value.to_string(), self.listen.source),
            setting("database", database, self.database.source),
            setting("public_url", self.public_url_at(self.listen.value), self.public_url.source),
            setting("trusted_proxy", networks(&self.trusted_proxies.value), self.trusted_proxies.source),
            setting("outbound_allow", networks(&self.outbound_allow.value), self.outbound_allow.source),
            setting("sandbox_speed", self.sandbox_speed.value.to_string(), self.sandbox_speed.source),
            setting("graph_url", self.graph_url.value.clone(), self.graph_url.source),
            setting("graph_version", self.graph_version.value.clone(), self.graph_version.source),
            setting("web_url", self.web_url.value.clone(), self.web_url.source),
            setting("web_version", version(self.web_version.value), self.web_version.source),
            setting("support_contact", self.support_contact.value.clone(), self.support_contact.source),
            setting("log_format", log_format.to_owned(), self.log_format.source),
            setting("log", self.log.value.clone(), self.log.source),
        ]
    }
}

fn networks(networks: &[IpNet]) -> String {
    let names = networks.iter().map(ToString::to_string).collect::<Vec<_>>();
    if names.is_empty() { "none".to_owned() } else { names.join(",") }
}

fn version(version: Option<(u32, u32, u32)>) -> String {
    version.map_or_else(|| "current".to_owned(), |(major, minor, patch)| format!("{major}.{minor}.{patch}"))
}

fn setting(id: &'static str, value: String, source: Source) -> Setting {
    Setting { id, name: flag(id), variable: variable(id), value, source: source.as_str() }
}

/// A database address without its password, wherever in it that stands.
pub fn mask(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    // A password may hold any of the marks itself; the last at sign ends it.
    let (name, rest) = rest.rsplit_once('@').map_or(("", rest), |(name, rest)| (name, rest));
    let name = match name.split_once(':') {
        Some((name, _)) => format!("{name}:***@"),
        None if name.is_empty() => String::new(),
        None => format!("{name}@"),
    };
    let (host, query) = rest.split_once('?').map_or((rest, None), |(host, query)| (host, Some(query)));
    let parts = query.into_iter().flat_map(|query| query.split('&')).map(|part| match part.split_once('=') {
        Some((name, _)) if name.to_lowercase().contains("password") => format!("{name}=***"),
        _ => part.to_owned(),
    });
    let query = parts.collect::<Vec<_>>().join("&");
    format!("{scheme}://{name}{host}{}{query}", if query.is_empty() { "" } else { "?" })
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn a_password_is_masked_wherever_it_stands() {
        assert_eq!(mask("postgres://me:se:cr@t@db:5432/line"), "postgres://me:***@db:5432/line");
        assert_eq!(mask("postgres://me:se?cr/t@db/line"), "postgres://me:***@db/line");
        assert_eq!(mask("postgres://me@db/line?sslmode=require"), "postgres://me@db/line?sslmode=require");
        assert_eq!(mask("postgres://db/line?user=me&password=secret"), "postgres://db/line?user=me&password=***");
    }
}
