//! Connections that are kept between posts: when one is used again, and when never.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use partyline::id::WorkspaceId;
use partyline::outbound::{Fault, Outbound, Post, PostLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::host::{Host, Names, OURS, SOON, client, head, ok, policy};

const BODY: &[u8] = b"{\"event\":\"x\"}";

fn limits() -> PostLimits {
    PostLimits { whole_max: Duration::from_secs(20), ..PostLimits::default() }
}

async fn post(outbound: &Outbound, url: &str) -> u16 {
    let post = Post { headers: Vec::new(), body: Bytes::from_static(BODY) };
    outbound.post(OURS, url, &post, &limits()).await.expect("an answer").status
}

async fn failing(outbound: &Outbound, url: &str, limits: &PostLimits) -> Fault {
    let post = Post { headers: Vec::new(), body: Bytes::from_static(BODY) };
    outbound.post(OURS, url, &post, limits).await.expect_err("no answer").fault
}

/// Reads one whole post.
async fn hear(stream: &mut TcpStream) -> io::Result<String> {
    let asked = head(stream).await?;
    stream.read_exact(&mut [0; BODY.len()]).await?;
    Ok(asked)
}

/// Answers every post with the same, as long as the connection lasts.
async fn patient(answer: &'static str) -> Host {
    Host::talking(move |mut stream, _| async move {
        loop {
            hear(&mut stream).await?;
            stream.write_all(answer.as_bytes()).await?;
        }
    })
    .await
}

/// Answers the first post of its first connection, then does `then` with the second; other connections are patient.
async fn once_then(then: &'static str) -> Host {
    Host::talking(move |mut stream, number| async move {
        hear(&mut stream).await?;
        stream.write_all(ok("").as_bytes()).await?;
        loop {
            hear(&mut stream).await?;
            if number == 0 && then == "silence" {
                return std::future::pending().await;
            }
            let words = if number == 0 { then.to_owned() } else { ok("") };
            stream.write_all(words.as_bytes()).await?;
            if number == 0 {
                return stream.shutdown().await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn posts_of_a_workspace_to_one_receiver_share_a_connection() {
    let host = patient("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnice").await;
    let outbound = client(Names::default());
    for path in ["/one", "/one", "/two"] {
        assert_eq!(post(&outbound, &host.url(path)).await, 200);
    }
    assert_eq!(host.connections(), 1);
    let told = Post { headers: Vec::new(), body: Bytes::from_static(BODY) };
    outbound.post(WorkspaceId(2), &host.url("/one"), &told, &limits()).await.expect("an answer");
    assert_eq!(host.connections(), 2, "another workspace has its own");
    outbound.for_configured().post(OURS, &host.url("/one"), &told, &limits()).await.expect("an answer");
    assert_eq!(host.connections(), 3, "what the operator configured is judged by other rules");
}

#[tokio::test]
async fn answers_without_a_body_in_pieces_and_redirects_leave_a_connection_usable() {
    for answer in [
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnice\r\n0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno",
    ] {
        let (host, outbound) = (patient(answer).await, client(Names::default()));
        for _ in 0..3 {
            post(&outbound, &host.url("/")).await;
        }
        assert_eq!(host.connections(), 1, "{answer}");
    }
}

#[tokio::test]
async fn a_connection_is_not_kept_where_the_answer_is_too_long_or_the_receiver_does_not_want_it() {
    let (long, outbound) = (ok(&"x".repeat(500_000)), client(Names::default()));
    for answer in [
        long.as_str(),
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        // Said before anybody asked: it could be taken for the next answer.
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    ] {
        let answer: &'static str = answer.to_owned().leak();
        let host = patient(answer).await;
        for posts in 1..=3 {
            assert_eq!(post(&outbound, &host.url("/")).await, 200);
            assert_eq!(host.connections(), posts, "{}", &answer[..60.min(answer.len())]);
        }
    }
}

#[tokio::test]
async fn a_connection_that_the_receiver_closes_when_it_is_used_is_replaced_at_once() {
    let (host, outbound) = (once_then("").await, client(Names::default()));
    assert_eq!(post(&outbound, &host.url("/")).await, 200);
    assert_eq!(post(&outbound, &host.url("/")).await, 200, "nobody hears of it");
    assert_eq!(host.connections(), 2);
    assert_eq!(post(&outbound, &host.url("/")).await, 200);
    assert_eq!(host.connections(), 2, "the new one is kept");
}

#[tokio::test]
async fn a_new_connection_that_is_closed_without_an_answer_is_a_failure() {
    let host = Host::talking(|mut stream, number| async move {
        hear(&mut stream).await?;
        if number == 0 {
            stream.write_all(ok("").as_bytes()).await?;
            hear(&mut stream).await?;
        }
        stream.shutdown().await
    })
    .await;
    let outbound = client(Names::default());
    assert_eq!(post(&outbound, &host.url("/")).await, 200);
    assert_eq!(failing(&outbound, &host.url("/"), &limits()).await, Fault::BrokenOff);
    assert_eq!(host.connections(), 2, "it was tried twice, and not again");
}

#[tokio::test]
async fn whoever_began_to_answer_or_is_silent_is_not_asked_twice() {
    let outbound = client(Names::default());
    let broken = once_then("HTTP/1.1 20").await;
    assert_eq!(post(&outbound, &broken.url("/")).await, 200);
    assert_eq!(failing(&outbound, &broken.url("/"), &limits()).await, Fault::BrokenOff);
    assert_eq!(broken.connections(), 1);

    let silent = once_then("silence").await;
    assert_eq!(post(&outbound, &silent.url("/")).await, 200);
    let soon = PostLimits { whole_max: SOON, ..PostLimits::default() };
    assert!(matches!(failing(&outbound, &silent.url("/"), &soon).await, Fault::TimedOut { .. }));
    assert_eq!(silent.connections(), 1);
}

#[tokio::test]
async fn a_name_is_judged_whenever_a_connection_is_opened() {
    let host = once_then("").await;
    let names = Names::default().with("crm.example.com", &[&["127.0.0.1"], &["10.0.0.1"]]);
    let names = Arc::new(names);
    let outbound = Outbound::new(policy(), Arc::<Names>::clone(&names));
    let url = host.named("crm.example.com", "/");
    assert_eq!(post(&outbound, &url).await, 200);
    assert_eq!(names.asked.load(Ordering::Relaxed), 1);
    // The kept connection is closed under the second post; the name leads inside by now, and nothing goes there.
    assert_eq!(failing(&outbound, &url, &limits()).await, Fault::NoPublicAddress);
    assert_eq!((names.asked.load(Ordering::Relaxed), host.connections()), (2, 1));
}

#[tokio::test]
async fn a_name_that_changes_its_mind_does_not_move_a_connection() {
    let heard = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&heard);
    let host = Host::talking(move |mut stream, _| {
        let counted = Arc::clone(&counted);
        async move {
            loop {
                hear(&mut stream).await?;
                counted.fetch_add(1, Ordering::SeqCst);
                stream.write_all(ok("").as_bytes()).await?;
            }
        }
    })
    .await;
    let names = Names::default().with("crm.example.com", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let outbound = client(names);
    for _ in 0..3 {
        assert_eq!(post(&outbound, &host.named("crm.example.com", "/")).await, 200);
    }
    assert_eq!((heard.load(Ordering::SeqCst), host.connections()), (3, 1), "all went where the judged address led");
}
