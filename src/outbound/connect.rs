//! From a target to a connection: its name is resolved, every answer judged, and one of exactly these answers connected to.

use std::net::IpAddr;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error as TlsError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use url::Host;

use super::Outbound;
use super::error::{Fault, OutboundError, Stage};
use super::policy::Address;
use super::target::Target;

/// Of a name's addresses, how many are tried.
const ATTEMPTS_MAX: usize = 4;

/// Bytes both ways, encrypted or not.
pub(super) trait Pipe: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Pipe for T {}

impl Outbound {
    /// A connection to the target, ready to be spoken on, within `span`.
    pub(super) async fn connect(&self, target: &Target, span: Duration) -> Result<Box<dyn Pipe>, OutboundError> {
        let until = Instant::now() + span;
        let work = async {
            let addresses = self.addresses(target).await?;
            let stream = dial(&addresses, span / 2).await?;
            if target.is_https() { self.encrypt(target, stream).await } else { Ok(Box::new(stream) as Box<dyn Pipe>) }
        };
        let late = Fault::TimedOut { stage: Stage::Connect, after: span };
        timeout_at(until, work).await.unwrap_or_else(|_| Err(late.into()))
    }

    /// All addresses of the host. One that may not be spoken to spoils the rest: a name that leads inside as well as
    /// outside is no honest server's.
    async fn addresses(&self, target: &Target) -> Result<Vec<Address>, OutboundError> {
        if let Some(addresses) = target.literal(&self.policy)? {
            return Ok(addresses);
        }
        let Host::Domain(name) = target.host() else { unreachable!("other hosts are addresses themselves") };
        let found = self.resolver.resolve(name).await;
        let found = found.map_err(|error| OutboundError::because(Fault::NoPublicAddress, error))?;
        if found.is_empty() {
            return Err(OutboundError::because(Fault::NoPublicAddress, "the name has no addresses"));
        }
        let pass = |ip: IpAddr| {
            self.policy
                .pass(ip, target.port())
                .map_err(|what| OutboundError::because(Fault::NoPublicAddress, format!("{ip} is {what}")))
        };
        alternating(found).into_iter().map(pass).collect()
    }

    async fn encrypt(&self, target: &Target, stream: TcpStream) -> Result<Box<dyn Pipe>, OutboundError> {
        let name = match target.host() {
            Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned()),
            Host::Ipv4(ip) => Ok(ServerName::from(IpAddr::V4(*ip))),
            Host::Ipv6(ip) => Ok(ServerName::from(IpAddr::V6(*ip))),
        };
        let name =
            name.map_err(|error| OutboundError::because(Fault::Tls("no certificate can bear its name"), error))?;
        match self.tls.connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => {
                let why = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()).map_or(BROKEN, told);
                Err(OutboundError::because(Fault::Tls(why), error))
            }
        }
    }
}

const BROKEN: &str = "its server ended the handshake; check that it speaks TLS on this port";

/// A certificate's trouble in words.
fn told(error: &TlsError) -> &'static str {
    let TlsError::InvalidCertificate(error) = error else { return "it doesn't speak TLS as it should on this port" };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate isn't valid yet"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name"
        }
        CertificateError::UnknownIssuer => "its certificate is signed by nobody who is trusted",
        _ => "its certificate isn't good",
    }
}

/// Both families by turns, so that one that leads nowhere from here doesn't use up all attempts.
fn alternating(found: Vec<IpAddr>) -> Vec<IpAddr> {
    let first_is_v4 = found.first().is_some_and(IpAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) = found.into_iter().partition(|ip| ip.is_ipv4() == first_is_v4);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut mixed = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return mixed;
        }
        mixed.extend(pair.into_iter().flatten());
    }
}

/// The first connection that comes about. No attempt takes longer than `attempt_max`, so that another has a chance.
async fn dial(addresses: &[Address], attempt_max: Duration) -> Result<TcpStream, OutboundError> {
    let mut last = OutboundError::from(Fault::Connect);
    for address in addresses.iter().take(ATTEMPTS_MAX) {
        let attempt = timeout(attempt_max, TcpStream::connect(address.socket())).await;
        match attempt {
            Ok(Ok(stream)) => {
                // Heads and small bodies shouldn't wait for more to say; a socket that refuses works all the same.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = OutboundError::because(Fault::Connect, error),
            Err(_) => {
                last = Fault::TimedOut { stage: Stage::Connect, after: attempt_max }.into();
            }
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_in_the_resolvers_order() {
        let ips = |texts: &[&str]| texts.iter().map(|text| text.parse().expect("an address")).collect::<Vec<IpAddr>>();
        let given = ips(&["2001:4860::1", "2001:4860::2", "2001:4860::3", "8.8.8.8", "8.8.4.4"]);
        let mixed = ips(&["2001:4860::1", "8.8.8.8", "2001:4860::2", "8.8.4.4", "2001:4860::3"]);
        assert_eq!(alternating(given), mixed);
        assert!(alternating(Vec::new()).is_empty());
    }
}
