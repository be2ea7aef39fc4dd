//! What a host may answer, and what it may not: sizes, times, framing.

use std::time::Duration;

use futures_util::TryStreamExt;
use partyline::error::Code;
use partyline::id::WorkspaceId;
use partyline::outbound::{DownloadLimits, Fault, Stage};
use tokio::io::AsyncWriteExt;

use crate::host::{BYTES_MAX, Host, Names, OURS, SOON, client, fetch, head, limits, ok};

/// The fault that fetching from this host ends with.
async fn fault_of(host: &Host, limits: &DownloadLimits) -> Fault {
    fetch(&client(Names::default()), &host.url("/a"), limits).await.expect_err("refused").fault
}

fn late(stage: Stage) -> Fault {
    Fault::TimedOut { stage, after: SOON }
}

#[tokio::test]
async fn a_file_comes_with_what_its_server_says_of_it() {
    let host = Host::saying(
        "HTTP/1.1 200 OK\r\nContent-Type: Application/PDF; charset=x\r\nContent-Disposition: attachment; \
         filename=\"price list.pdf\"\r\nContent-Length: 5\r\n\r\nhello",
    )
    .await;
    let download = client(Names::default()).download(OURS, &host.url("/x"), &limits()).await.expect("a file");
    assert_eq!(download.content_type.as_deref(), Some("application/pdf"));
    assert_eq!(download.filename.as_deref(), Some("price list.pdf"));
    assert_eq!(download.length, Some(5));
    let chunks: Vec<_> = download.bytes.into_stream().try_collect().await.expect("the bytes");
    assert_eq!(chunks.concat(), b"hello");

    let host = Host::saying(
        "HTTP/1.1 200 OK\r\nContent-Type: nonsense\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
    let host = host.await;
    let url = host.url("/a%20b/menu%20du%20jour.pdf?download=1#top");
    let download = client(Names::default()).download(OURS, &url, &limits()).await.expect("a file");
    assert_eq!((download.content_type, download.length), (None, None));
    assert_eq!(download.filename.as_deref(), Some("menu du jour.pdf"));
}

#[tokio::test]
async fn the_request_says_no_more_than_it_must() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = std::sync::Mutex::new(Some(tell));
    let host = Host::talking(move |mut stream, _| {
        let tell = tell.lock().expect("unbroken").take();
        async move {
            let asked = head(&mut stream).await?;
            tell.expect("one request").send(asked).expect("the test waits");
            stream.write_all(ok("x").as_bytes()).await
        }
    })
    .await;
    let outbound = client(Names::default().with("files.example.com", &[&["127.0.0.1"]]));
    fetch(&outbound, &host.named("files.example.com", "/a b?q=1#part"), &limits()).await.expect("a file");
    let asked = told.await.expect("a request").replace(&host.address.port().to_string(), "PORT");
    let version = env!("CARGO_PKG_VERSION");
    insta::assert_snapshot!(asked.replace(version, "VERSION").replace('\r', "").trim_end(), @r"
    GET /a%20b?q=1 HTTP/1.1
    host: files.example.com:PORT
    user-agent: Partyline/VERSION
    accept: */*
    accept-encoding: identity
    connection: close
    ");
}

#[tokio::test]
async fn only_200_is_a_file() {
    for status in [101, 201, 202, 204, 206, 300, 304, 305, 400, 401, 403, 404, 410, 429, 500, 503] {
        let host = Host::saying(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n")).await;
        assert_eq!(fault_of(&host, &limits()).await, Fault::Status(status));
    }
}

#[tokio::test]
async fn a_file_as_large_as_allowed_comes_and_one_byte_more_does_not() {
    let outbound = client(Names::default());
    let most = usize::try_from(BYTES_MAX).expect("small");
    let too_large = Fault::TooLarge { bytes_max: BYTES_MAX };
    for (length, fits) in [(most, true), (most + 1, false)] {
        let body = "x".repeat(length);
        let announced = Host::saying(ok(&body)).await;
        let chunked = Host::saying(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
        ))
        .await;
        let until_closed = Host::saying(format!("HTTP/1.1 200 OK\r\n\r\n{body}")).await;
        for host in [announced, chunked, until_closed] {
            match fetch(&outbound, &host.url("/a"), &limits()).await {
                Ok(bytes) => assert!(fits && bytes.len() == length),
                Err(error) => assert!(!fits && error.fault == too_large, "{error:?}"),
            }
        }
    }
    // One that says how large it is needs no reading.
    let host = Host::silent_after("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").await;
    let error = outbound.download(OURS, &host.url("/a"), &limits()).await.expect_err("too large");
    assert_eq!(error.fault, too_large);
    assert_eq!(error.in_field("download_url").code, Code::FileTooLarge);
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    let block: &[u8] = &[b'x'; 4096];
    let chunk: &[u8] = b"a\r\n0123456789\r\n";
    for (first, again) in [
        ("HTTP/1.1 200 OK\r\n\r\n", block),
        ("HTTP/1.0 200 OK\r\n\r\n", block),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk),
    ] {
        let host = Host::repeating(first, again).await;
        assert_eq!(fault_of(&host, &limits()).await, Fault::TooLarge { bytes_max: BYTES_MAX });
    }
}

#[tokio::test]
async fn compressed_bodies_are_not_taken() {
    for header in [
        "Content-Encoding: gzip",
        "content-encoding: BR",
        "Content-Encoding: identity, gzip",
        "Content-Encoding: x-gzip",
        "Content-Encoding: identity\r\nContent-Encoding: deflate",
        "Transfer-Encoding: gzip, chunked",
    ] {
        let host = Host::saying(format!("HTTP/1.1 200 OK\r\n{header}\r\n\r\n")).await;
        assert_eq!(fault_of(&host, &limits()).await, Fault::Compressed, "{header}");
    }
    let host = Host::saying("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 1\r\n\r\nx").await;
    assert!(fetch(&client(Names::default()), &host.url("/a"), &limits()).await.is_ok());
}

#[tokio::test]
async fn a_head_without_end_is_cut() {
    let wide: &'static [u8] = "x".repeat(4096).leak().as_bytes();
    for (first, again) in
        [("HTTP/1.1 200 OK\r\nX: ", wide), ("HTTP/1.1 200 ", wide), ("HTTP/1.1 200 OK\r\n", &b"X: y\r\n"[..])]
    {
        let host = Host::repeating(first, again).await;
        assert_eq!(fault_of(&host, &limits()).await, Fault::HeadTooLarge, "{first}");
    }
    let interim = Host::repeating("", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").await;
    assert_eq!(fault_of(&interim, &limits()).await, Fault::NotHttp);
    let trailers = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n";
    let trailers =
        Host::repeating(trailers, b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n").await;
    let fault = fault_of(&trailers, &limits()).await;
    assert!(matches!(fault, Fault::BrokenOff | Fault::NotHttp | Fault::HeadTooLarge), "{fault:?}");
}

#[tokio::test]
async fn a_head_as_large_as_is_taken_is_taken() {
    for (bytes, fits) in [(30_000, true), (33_000, false)] {
        let host =
            Host::saying(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: {}\r\n\r\nx", "y".repeat(bytes))).await;
        assert_eq!(fetch(&client(Names::default()), &host.url("/a"), &limits()).await.is_ok(), fits, "{bytes}");
    }
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(3);
    let host = Host::saying(hints + &ok("x")).await;
    assert!(fetch(&client(Names::default()), &host.url("/a"), &limits()).await.is_ok());
}

#[tokio::test]
async fn a_host_that_keeps_us_waiting_is_left() {
    let silent = Host::silent_after("").await;
    assert_eq!(fault_of(&silent, &DownloadLimits { head_max: SOON, ..limits() }).await, late(Stage::Head));

    let dripping_head = drip("HTTP/1.1 200 OK\r\nX: ", "y").await;
    assert_eq!(fault_of(&dripping_head, &DownloadLimits { head_max: SOON, ..limits() }).await, late(Stage::Head));

    let stuck = Host::silent_after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell").await;
    assert_eq!(fault_of(&stuck, &DownloadLimits { idle_max: SOON, ..limits() }).await, late(Stage::Body));

    // Each byte comes in time, the file never.
    let dripping = drip("HTTP/1.1 200 OK\r\n\r\n", "x").await;
    assert_eq!(fault_of(&dripping, &DownloadLimits { whole_max: SOON, ..limits() }).await, late(Stage::Whole));
}

/// A host that says this, and then a little at a time.
async fn drip(first: &'static str, drop: &'static str) -> Host {
    Host::talking(move |mut stream, _| async move {
        head(&mut stream).await?;
        stream.write_all(first.as_bytes()).await?;
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        loop {
            beat.tick().await;
            stream.write_all(drop.as_bytes()).await?;
        }
    })
    .await
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_file() {
    for answer in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ] {
        let host = Host::saying(answer).await;
        assert_eq!(fault_of(&host, &limits()).await, Fault::BrokenOff, "{answer}");
    }
    let reset = Host::talking(|mut stream, _| async move {
        head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell").await?;
        stream.set_zero_linger()
    })
    .await;
    assert_eq!(fault_of(&reset, &limits()).await, Fault::BrokenOff);
}

#[tokio::test]
async fn what_is_not_http_is_not_guessed_at() {
    for answer in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "220 mail.example.com ESMTP\r\n",
        "hello\r\n\r\n",
        "HTTP/0.9 200 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nBad Header\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
    ] {
        let host = Host::saying(answer).await;
        assert_eq!(fault_of(&host, &limits()).await, Fault::NotHttp, "{answer}");
    }
    let bad_chunk = Host::saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n").await;
    assert!(fetch(&client(Names::default()), &bad_chunk.url("/a"), &limits()).await.is_err());
}

#[tokio::test]
async fn bytes_behind_the_end_are_nobodys() {
    let host = Host::saying("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\nmore").await;
    let bytes = fetch(&client(Names::default()), &host.url("/a"), &limits()).await.expect("a file");
    assert_eq!(bytes, b"hello");
}

#[tokio::test]
async fn more_than_there_is_room_for_are_told_so_and_one_workspace_leaves_room_for_others() {
    let host = Host::saying(ok("x")).await;
    let outbound = client(Names::default());
    let mut held = Vec::new();
    for workspace in (1..=8).map(WorkspaceId) {
        for _ in 0..8 {
            held.push(outbound.download(workspace, &host.url("/a"), &limits()).await.expect("there is room"));
        }
        let error = outbound.download(workspace, &host.url("/a"), &limits()).await.expect_err("its room is used up");
        assert_eq!(error.fault, Fault::Busy);
    }
    let error = outbound.download(WorkspaceId(9), &host.url("/a"), &limits()).await.expect_err("all room is used up");
    assert_eq!(error.in_field("download_url").code, Code::InternalError);
    held.pop();
    assert!(outbound.download(WorkspaceId(9), &host.url("/a"), &limits()).await.is_ok(), "one that ends makes room");
}
