//! Telling receivers something: no redirects, a bounded answer, an end in time.

use std::time::Duration;

use bytes::Bytes;
use partyline::outbound::{Fault, Post, PostLimits, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::host::{Host, Names, OURS, SOON, client, head, ok, redirect};

fn news() -> Post {
    let headers =
        vec![("content-type".to_owned(), "application/json".to_owned()), ("webhook-id".to_owned(), "w1".to_owned())];
    Post { headers, body: Bytes::from_static(b"{\"event\":\"x\"}") }
}

fn patient() -> PostLimits {
    PostLimits { whole_max: Duration::from_secs(20), ..PostLimits::default() }
}

#[tokio::test]
async fn the_receiver_hears_headers_and_body_and_its_answer_is_kept() {
    let host = Host::talking(|mut stream, _| async move {
        let asked = head(&mut stream).await?;
        let mut body = [0; 13];
        stream.read_exact(&mut body).await?;
        let fits = asked.contains("webhook-id: w1\r\n")
            && asked.contains("content-length: 13\r\n")
            && body == *b"{\"event\":\"x\"}";
        let status = if fits { "202 Accepted" } else { "400 Bad Request" };
        stream
            .write_all(format!("HTTP/1.1 {status}\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nnice").as_bytes())
            .await
    })
    .await;
    let answer = client(Names::default()).post(OURS, &host.url("/hear"), &news(), &patient()).await.expect("an answer");
    assert_eq!((answer.status, answer.retry_after.as_deref(), &answer.body[..]), (202, Some("7"), &b"nice"[..]));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let elsewhere = Host::saying(ok("hello")).await;
    let host = Host::saying(redirect(&elsewhere.url("/"))).await;
    let answer = client(Names::default()).post(OURS, &host.url("/"), &news(), &patient()).await.expect("an answer");
    assert_eq!((answer.status, elsewhere.connections()), (302, 0));
}

#[tokio::test]
async fn of_a_large_answer_the_beginning_is_kept() {
    let host = Host::repeating("HTTP/1.1 200 OK\r\n\r\n", b"0123456789").await;
    let answer = client(Names::default()).post(OURS, &host.url("/"), &news(), &patient()).await.expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (200, 4096));
}

#[tokio::test]
async fn a_receiver_that_answers_late_has_not_answered() {
    let soon = PostLimits { whole_max: SOON, ..PostLimits::default() };
    let silent = Host::silent_after("").await;
    let error = client(Names::default()).post(OURS, &silent.url("/"), &news(), &soon).await.expect_err("silence");
    assert_eq!(error.fault, Fault::TimedOut { stage: Stage::Head, after: SOON });
    // Its head came in time, and the head says how it went.
    let slow = Host::silent_after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe").await;
    let answer = client(Names::default()).post(OURS, &slow.url("/"), &news(), &soon).await.expect("an answer");
    assert_eq!((answer.status, &answer.body[..]), (200, &b"he"[..]));
}

#[tokio::test]
async fn a_receiver_inside_is_not_spoken_to() {
    let names = Names::default().with("inside.example.com", &[&["10.0.0.1"]]);
    let outbound = client(names);
    for url in ["http://127.0.0.2/", "http://[::1]/", "http://inside.example.com/", "ftp://files.example.com/"] {
        outbound.post(OURS, url, &news(), &patient()).await.expect_err(url);
    }
    let odd = Post { headers: vec![("x\r\ny".to_owned(), "z".to_owned())], ..Post::default() };
    outbound.post(OURS, "http://127.0.0.1/", &odd, &patient()).await.expect_err("a header with a line break");
}
