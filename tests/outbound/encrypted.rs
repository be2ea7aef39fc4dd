//! TLS: whom to believe.

use std::sync::Arc;

use partyline::outbound::{Fault, Outbound, OutboundError};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::host::{Host, Names, fetch, limits, ok, policy};

const NAME: &str = "files.example.com";

/// A certificate for a name that signs itself, good until the given year.
fn certificate(name: &str, until_year: i32) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until_year, 1, 1);
    let certificate = params.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    (certificate.der().clone(), key)
}

/// A host that shows this certificate and says this; `closes_well` is whether it says goodbye.
async fn host(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    answer: String,
    closes_well: bool,
) -> Host {
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("the key fits");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Host::talking(move |stream, _| {
        let (acceptor, answer) = (acceptor.clone(), answer.clone());
        async move {
            let mut stream = acceptor.accept(stream).await?;
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(stream.read_u8().await?);
            }
            stream.write_all(answer.as_bytes()).await?;
            stream.flush().await?;
            if closes_well { stream.shutdown().await } else { Ok(()) }
        }
    })
    .await
}

/// Fetches from a host with a certificate for `name` until `year`, by our name, trusting it or not.
async fn asked(name: &str, year: i32, is_trusted: bool) -> Result<Vec<u8>, OutboundError> {
    let (certificate, key) = certificate(name, year);
    let trusted = if is_trusted { vec![certificate.clone()] } else { Vec::new() };
    let host = host(certificate, key, ok("hello"), true).await;
    let names = Names::default().with(NAME, &[&["127.0.0.1"]]);
    let outbound = Outbound::trusting(policy(), Arc::new(names), trusted);
    fetch(&outbound, &format!("https://{NAME}:{}/a", host.address.port()), &limits()).await
}

#[tokio::test]
async fn a_trusted_host_is_believed() {
    assert_eq!(asked(NAME, 2100, true).await.expect("a file"), b"hello");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told() {
    for (name, year, is_trusted, why) in [
        (NAME, 2100, false, "its certificate is signed by nobody who is trusted"),
        ("other.example.com", 2100, true, "its certificate is for another name"),
        (NAME, 2021, true, "its certificate has expired"),
    ] {
        let error = asked(name, year, is_trusted).await.expect_err(why);
        assert_eq!(error.fault, Fault::Tls(why), "{error:?}");
    }
}

#[tokio::test]
async fn a_host_without_tls_is_not_spoken_to_in_clear() {
    for host in [Host::saying(ok("hello")).await, Host::talking(|_, _| async { Ok(()) }).await] {
        let outbound = crate::host::client(Names::default().with(NAME, &[&["127.0.0.1"]]));
        let url = format!("https://{NAME}:{}/a", host.address.port());
        // A plain host waits for a head that never comes as text; the limit ends it there.
        let limits = partyline::outbound::DownloadLimits { connect_max: crate::host::SOON, ..limits() };
        let fault = fetch(&outbound, &url, &limits).await.expect_err("no TLS").fault;
        assert!(matches!(fault, Fault::Tls(_) | Fault::TimedOut { .. }), "{fault:?}");
    }
    let plain =
        Host::talking(|mut stream, _| async move { stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await }).await;
    let outbound = crate::host::client(Names::default().with(NAME, &[&["127.0.0.1"]]));
    let url = format!("https://{NAME}:{}/a", plain.address.port());
    assert!(matches!(fetch(&outbound, &url, &limits()).await.expect_err("no TLS").fault, Fault::Tls(_)));
}

#[tokio::test]
async fn an_answer_that_somebody_cut_is_no_file() {
    let (certificate, key) = certificate(NAME, 2100);
    // Without a length only the goodbye tells a whole answer from one that was cut on its way.
    let answer = "HTTP/1.1 200 OK\r\n\r\nhello".to_owned();
    for (closes_well, is_whole) in [(true, true), (false, false)] {
        let host = host(certificate.clone(), key.clone_key(), answer.clone(), closes_well).await;
        let names = Names::default().with(NAME, &[&["127.0.0.1"]]);
        let outbound = Outbound::trusting(policy(), Arc::new(names), vec![certificate.clone()]);
        let url = format!("https://{NAME}:{}/a", host.address.port());
        assert_eq!(fetch(&outbound, &url, &limits()).await.is_ok(), is_whole);
    }
}
