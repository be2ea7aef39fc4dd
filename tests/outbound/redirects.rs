//! Redirects: a way to make a client go where it wasn't sent.

use partyline::outbound::Fault;
use tokio::io::AsyncWriteExt;

use crate::host::{Host, Names, OURS, client, fetch, head, limits, ok, redirect};

/// A host that redirects this often, each time to itself, and then answers with a file.
async fn redirecting(times: usize) -> Host {
    Host::talking(move |mut stream, number| async move {
        head(&mut stream).await?;
        let answer = if number < times { redirect(&format!("/hop/{number}")) } else { ok("hello") };
        stream.write_all(answer.as_bytes()).await
    })
    .await
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let outbound = client(Names::default());
    for times in 0..=3 {
        let host = redirecting(times).await;
        assert_eq!(fetch(&outbound, &host.url("/"), &limits()).await.expect("a file"), b"hello");
        assert_eq!(host.connections(), times + 1);
    }
    for times in [4, usize::MAX] {
        let host = redirecting(times).await;
        let error = fetch(&outbound, &host.url("/"), &limits()).await.expect_err("too many");
        assert_eq!((error.fault, host.connections()), (Fault::TooManyRedirects, 4));
    }
}

#[tokio::test]
async fn every_kind_of_redirect_is_one() {
    let target = Host::saying(ok("hello")).await;
    for status in [301, 302, 303, 307, 308] {
        let location = target.url("/file.pdf");
        let host = Host::saying(format!("HTTP/1.1 {status} X\r\nLocation: {location}\r\n\r\n")).await;
        let download = client(Names::default()).download(OURS, &host.url("/"), &limits()).await.expect("a file");
        assert_eq!(download.filename.as_deref(), Some("file.pdf"), "the last address names it");
    }
}

#[tokio::test]
async fn a_redirect_inside_is_refused_in_every_spelling() {
    let inside = [
        "http://127.0.0.2/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706434/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.2]/",
        "//127.0.0.2/",
        "http:\\\\127.0.0.2\\",
        "\\\\10.0.0.1\\a",
        "http:127.0.0.2",
        "http://%31%30.0.0.1/",
        "http://[fd00:ec2::254]/",
        "http://0/",
        "http://[64:ff9b::a00:1]/",
        "http://[2002:7f00:1::]/",
    ];
    for location in inside {
        let host = Host::saying(redirect(location)).await;
        let error =
            fetch(&client(Names::default()), &host.named("localhost", "/"), &limits()).await.expect_err(location);
        let refused = matches!(error.fault, Fault::NotPublic { .. });
        // Without slashes it is a path of the same host, or one of its own; either way it goes nowhere else.
        let stayed = location == "http:127.0.0.2" && error.fault == Fault::TooManyRedirects;
        assert!(refused || stayed, "{location}: {error:?}");
        assert!(error.is_redirected && error.to_string().starts_with("the address redirects"), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_out_of_http_is_refused() {
    let elsewhere = [
        "file:///etc/passwd",
        "ftp://files.example.com/",
        "gopher://127.0.0.1:6379/_x",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "mailto:a@example.com",
        "unix:///run/docker.sock",
        "jar:http://files.example.com!/a",
        "http://me:secret@files.example.com/",
        "http://files.example.com:25/",
        "http://files.example.com:6379/",
        "http://",
        "http://[::1",
        "http://a..b/",
    ];
    for location in elsewhere {
        let host = Host::saying(redirect(location)).await;
        let error = fetch(&client(Names::default()), &host.url("/"), &limits()).await.expect_err(location);
        assert!(matches!(error.fault, Fault::Url(_) | Fault::RedirectUnusable), "{location}: {error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_refused() {
    for location in ["", "Location: \u{e9}\r\n", "Location: \x01\r\n"] {
        let host = Host::saying(format!("HTTP/1.1 302 X\r\n{location}\r\n")).await;
        let fault = fetch(&client(Names::default()), &host.url("/"), &limits()).await.expect_err("refused").fault;
        assert!(matches!(fault, Fault::RedirectUnusable | Fault::NotHttp), "{location:?}: {fault:?}");
    }
    let host = Host::saying(redirect(&format!("http://files.example.com/{}", "a".repeat(5000)))).await;
    let fault = fetch(&client(Names::default()), &host.url("/"), &limits()).await.expect_err("too long").fault;
    assert_eq!(fault, Fault::RedirectUnusable);
}
