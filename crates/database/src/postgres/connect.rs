//! Reaching a PostgreSQL server: its address, its certificate, and what every session is told first.

use std::sync::Arc;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::{Client, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault;
use crate::Error;

const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(10);

/// Settings of a session. A commit must be on disk whatever the database's default says, and a session whose client
/// vanished in mid-transaction must not keep its locks.
const SETTINGS: &str = "SELECT CASE WHEN current_setting('synchronous_commit') = 'off'
        THEN set_config('synchronous_commit', 'on', false) END,
    set_config('idle_in_transaction_session_timeout', '30s', false)";

/// A server to connect to, as often as needed.
pub(crate) struct Server {
    config: postgres::Config,
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    /// Understands what the driver does, and `sslmode` and `sslrootcert` as libpq has them, with two differences:
    /// `allow` and `prefer` mean no TLS, and `require` always checks the certificate and the name.
    pub(crate) fn parse(address: &str) -> Result<Server, Error> {
        let mut address = address.to_owned();
        let mode = take_setting(&mut address, "sslmode");
        let roots = take_setting(&mut address, "sslrootcert");
        let mut config: postgres::Config =
            address.parse().map_err(|error: postgres::Error| Error::Misuse(format!("PostgreSQL address: {error}")))?;
        let tls = match mode.as_deref() {
            None | Some("disable" | "allow" | "prefer") => None,
            Some("require" | "verify-ca" | "verify-full") => Some(tls(roots.as_deref())?),
            Some(other) => return Err(Error::Misuse(format!("PostgreSQL address: no such sslmode: {other}"))),
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WAIT_MAX);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED_MAX);
        }
        if config.get_application_name().is_none() {
            config.application_name(env!("CARGO_PKG_NAME"));
        }
        Ok(Server { config, tls })
    }

    /// A new connection. Only for plain threads: the driver panics inside an asynchronous one.
    pub(crate) fn connect(&self) -> Result<Client, Error> {
        let client = match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        };
        // Whatever the server says at this point, nothing has been done.
        let unavailable = |error: &postgres::Error| match fault(error, "connecting") {
            Error::Unavailable(why) | Error::Other(why) => Error::Unavailable(why),
            other => other,
        };
        let mut client = client.map_err(|error| unavailable(&error))?;
        client.simple_query(SETTINGS).map_err(|error| unavailable(&error))?;
        Ok(client)
    }
}

fn tls(roots: Option<&str>) -> Result<MakeRustlsConnect, Error> {
    let mut store = RootCertStore::empty();
    match roots {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let unfit = |why: String| Error::Misuse(format!("sslrootcert {path}: {why}"));
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unfit(error.to_string()))? {
                let certificate = certificate.map_err(|error| unfit(error.to_string()))?;
                store.add(certificate).map_err(|error| unfit(error.to_string()))?;
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Misuse(format!("TLS: {error}")))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Takes `name=value` out of an address, whether a URL's query or a list of settings, and returns the value.
fn take_setting(address: &mut String, name: &str) -> Option<String> {
    let is_url = address.contains("://");
    let (from, separator) = if is_url { (address.find('?')? + 1, '&') } else { (0, ' ') };
    let mut kept = Vec::new();
    let mut found = None;
    for setting in address[from..].split(separator) {
        match setting.split_once('=') {
            Some((key, value)) if key.trim() == name => found = Some(value.trim().trim_matches('\'').to_owned()),
            _ => kept.push(setting),
        }
    }
    let rest = kept.join(&separator.to_string());
    address.truncate(if is_url && rest.is_empty() { from - 1 } else { from });
    address.push_str(&rest);
    found.map(|value| value.replace("%2F", "/").replace("%2f", "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_ours_are_taken_out_of_both_kinds_of_address() {
        let mut url = "postgres://u:p@h:1/d?sslmode=require&connect_timeout=3&sslrootcert=%2Fa.pem".to_owned();
        assert_eq!(take_setting(&mut url, "sslmode").as_deref(), Some("require"));
        assert_eq!(take_setting(&mut url, "sslrootcert").as_deref(), Some("/a.pem"));
        assert_eq!(url, "postgres://u:p@h:1/d?connect_timeout=3");
        assert_eq!(take_setting(&mut url, "connect_timeout").as_deref(), Some("3"));
        assert_eq!(url, "postgres://u:p@h:1/d");
        let mut list = "host=h sslmode=disable user=u".to_owned();
        assert_eq!(take_setting(&mut list, "sslmode").as_deref(), Some("disable"));
        assert_eq!(list, "host=h user=u");
    }

    #[test]
    fn tls_is_used_when_asked_for_and_odd_modes_are_refused() {
        assert!(Server::parse("postgres://h/d").unwrap().tls.is_none());
        assert!(Server::parse("postgres://h/d?sslmode=verify-full").unwrap().tls.is_some());
        assert!(matches!(Server::parse("host=h sslmode=maybe"), Err(Error::Misuse(_))));
    }
}
