//! The kit is tested by what it must notice.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::kit::Receiver;

async fn post(url: &str, body: &str) -> String {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.expect("the receiver listens");
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nX-Said: yes\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    answer
}

#[tokio::test]
async fn the_receiver_keeps_what_it_was_sent_and_answers_as_it_was_told() {
    let (receiver, url) = Receiver::listen().await;
    receiver.answer_next(axum::http::StatusCode::GONE);
    assert!(post(&url, "first").await.starts_with("HTTP/1.1 410"));
    assert!(post(&url, "second").await.starts_with("HTTP/1.1 200"));
    let heard = receiver.heard();
    let bodies: Vec<&[u8]> = heard.iter().map(|(_, body)| body.as_ref()).collect();
    assert_eq!(bodies, [b"first".as_slice(), b"second".as_slice()]);
    assert_eq!(heard[0].0["x-said"], "yes");
}
