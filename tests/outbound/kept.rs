//! Connections to configured servers, which are kept for a moment; nobody else's are.

use std::sync::Arc;
use std::time::Duration;

use partyline::outbound::{Ask, AskBody, AskLimits, Fault, Outbound, OutboundError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::host::{Host, Names, OURS, client, head};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const LAST: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";

async fn ask(client: &Outbound, url: &str) -> Result<Vec<u8>, OutboundError> {
    let limits = AskLimits {
        connect_max: Duration::from_secs(20),
        answer_max: Duration::from_secs(20),
        answer_bytes_max: 1_024,
    };
    let ask = Ask { url: url.to_owned(), headers: Vec::new(), body: AskBody::Nothing };
    Ok(client.ask(OURS, ask, &limits).await?.body.to_vec())
}

/// Answers so many requests on each connection, and says with the last answer that it is.
async fn host(requests: usize) -> Host {
    Host::talking(move |mut stream, _| async move {
        for request in 1..=requests {
            head(&mut stream).await?;
            stream.write_all(if request == requests { LAST } else { OK }).await?;
        }
        stream.shutdown().await
    })
    .await
}

#[tokio::test]
async fn a_configured_server_is_asked_again_on_the_same_connection() {
    let host = host(usize::MAX).await;
    let client = client(Names::default()).for_configured();
    for _ in 0..5 {
        assert_eq!(ask(&client, &host.url("/")).await.expect("answered"), b"hi");
    }
    assert_eq!(host.connections(), 1);
    // Whoever speaks to configured servers has the same connections; by another name it is another server.
    let again = client.for_configured();
    assert_eq!(ask(&again, &host.url("/x")).await.expect("answered"), b"hi");
    assert_eq!(host.connections(), 1);
    // At once they don't wait for each other.
    let url = host.url("/");
    let (one, other) = tokio::join!(ask(&client, &url), ask(&client, &url));
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(host.connections(), 2);
}

#[tokio::test]
async fn an_address_that_somebody_gave_us_has_a_connection_of_its_own_each_time() {
    let host = host(usize::MAX).await;
    let client = client(Names::default());
    for asked in 1..4 {
        assert_eq!(ask(&client, &host.url("/")).await.expect("answered"), b"hi");
        assert_eq!(host.connections(), asked);
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_between_two_requests_is_connected_to_anew() {
    for requests in [1, 2, 3] {
        let host = host(requests).await;
        let client = client(Names::default()).for_configured();
        for _ in 0..7 {
            assert_eq!(ask(&client, &host.url("/")).await.expect("answered"), b"hi");
        }
        assert_eq!(host.connections(), 7_usize.div_ceil(requests));
    }
}

#[tokio::test]
async fn a_connection_that_broke_in_the_middle_is_not_kept_and_nothing_is_said_twice() {
    let host = Host::talking(|mut stream, number| async move {
        head(&mut stream).await?;
        stream.write_all(OK).await?;
        if number == 0 {
            // It hears the second request, and dies over it.
            head(&mut stream).await?;
            return Ok(());
        }
        head(&mut stream).await.map(drop)
    })
    .await;
    let client = client(Names::default()).for_configured();
    assert_eq!(ask(&client, &host.url("/")).await.expect("answered"), b"hi");
    let error = ask(&client, &host.url("/")).await.expect_err("lost");
    assert_eq!((error.fault.clone(), error.is_unsent()), (Fault::BrokenOff, false));
    assert_eq!(host.connections(), 1, "whoever asked decides whether to ask again");
    assert_eq!(ask(&client, &host.url("/")).await.expect("answered"), b"hi");
}

#[tokio::test]
async fn nothing_is_kept_for_long() {
    let hung_up = Arc::new(Notify::new());
    let bell = Arc::clone(&hung_up);
    let host = Host::talking(move |mut stream, _| {
        let bell = Arc::clone(&bell);
        async move {
            head(&mut stream).await?;
            stream.write_all(OK).await?;
            let more = stream.read(&mut [0; 64]).await?;
            assert_eq!(more, 0, "nothing more is said");
            bell.notify_one();
            Ok(())
        }
    })
    .await;
    let client = client(Names::default()).for_configured();
    assert_eq!(ask(&client, &host.url("/")).await.expect("answered"), b"hi");
    timeout(Duration::from_secs(20), hung_up.notified()).await.expect("hung up within seconds, by nobody's doing");
    assert_eq!(ask(&client, &host.url("/")).await.expect("answered"), b"hi");
    assert_eq!(host.connections(), 2);
}
