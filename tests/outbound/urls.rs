//! Addresses as texts: what is refused before anybody is asked.

use partyline::outbound::{Fault, Policy, check_url};

fn rule(url: &str) -> String {
    let error = check_url(url, &Policy::default()).expect_err(url);
    assert!(matches!(error.fault, Fault::Url(_)), "{url}: {error:?}");
    error.to_string()
}

#[test]
fn only_http_and_https_are_spoken() {
    for url in [
        "",
        " ",
        "files.example.com/a",
        "//files.example.com/a",
        "ftp://files.example.com/a",
        "file:///etc/passwd",
        "file://files.example.com/a",
        "gopher://files.example.com/",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "http:files.example.com",
        "http:/files.example.com",
        "http:\\\\files.example.com",
        "https",
        "://files.example.com",
        "dict://files.example.com:11211/",
        "ldap://files.example.com/",
        "blob:https://files.example.com/a",
        "view-source:https://files.example.com/",
        "ws://files.example.com/",
    ] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(rule(url), @"an address begins with https:// or http://; write it in full");
        }
    }
}

#[test]
fn names_and_passwords_do_not_belong_in_an_address() {
    for url in [
        "http://me@files.example.com/",
        "http://me:secret@files.example.com/",
        "http://@files.example.com/",
        "http://:@files.example.com/",
        "http://8.8.8.8@127.0.0.1/",
        "http://127.0.0.1@8.8.8.8/",
        "http://a%40b@files.example.com/",
    ] {
        let rule = rule(url);
        assert!(rule.contains("before the @") && !rule.contains("secret"), "{rule}");
    }
    assert!(check_url("https://files.example.com/me@home?to=a@b.example", &Policy::default()).is_ok());
}

#[test]
fn a_host_is_one_that_can_be() {
    let long_label = format!("http://{}.example.com/", "a".repeat(64));
    let long_name = format!("http://{}example.com/", "abc.".repeat(70));
    let long_url = format!("http://files.example.com/{}", "a".repeat(4096));
    for url in [
        "http://",
        "http:///a",
        "http:///127.0.0.1/",
        "http://?a",
        "http://#a",
        "http://:80/",
        "http://a..b/",
        "http://.example.com/",
        "http://files.example.com:99999/",
        "http://files.example.com:80a/",
        "http://files.example.com:-1/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://[::g]/",
        "http://256.256.256.256/",
        "http://1.2.3.4.5/",
        "http://0x100000000/",
        "http://a b.example.com/",
        "http://a\\b/",
        "http://files.example.com\\@127.0.0.1/",
        "http://exa<mple.com/",
        "http://files.example.com\u{0}/",
        "http://files.example.com/\r\nX: y",
        "http://files.ex\tample.com/",
        "ht\ntp://files.example.com/",
        "http://%00/",
        "http://a%2fb/",
        "http://xn--a/",
        long_label.as_str(),
        long_name.as_str(),
        long_url.as_str(),
    ] {
        rule(url);
    }
}

#[test]
fn ports_of_other_protocols_are_left_alone() {
    for port in [
        0, 7, 19, 21, 22, 23, 25, 53, 110, 111, 143, 389, 445, 465, 587, 993, 1433, 2049, 3306, 3389, 5060, 5432, 6379,
        6667, 11211,
    ] {
        let rule = rule(&format!("http://files.example.com:{port}/"));
        assert!(rule.contains(&port.to_string()), "{rule}");
    }
    for port in [80, 81, 443, 3000, 5000, 5001, 8000, 8080, 8443, 9000, 65535] {
        assert!(check_url(&format!("http://files.example.com:{port}/"), &Policy::default()).is_ok(), "{port}");
    }
}

#[test]
fn good_addresses_are_taken_as_people_write_them() {
    for (url, place) in [
        ("https://files.example.com/a.pdf", "files.example.com"),
        ("HTTPS://FILES.Example.COM/a.pdf?x=1&y=2#top", "files.example.com"),
        ("http://files.example.com:8080/price list.pdf", "files.example.com:8080"),
        (" https://files.example.com/a.pdf ", "files.example.com"),
        ("https://bücher.example/ä.pdf", "xn--bcher-kva.example"),
        ("https://files.example.com./a", "files.example.com."),
        ("https://under_score.example.com/", "under_score.example.com"),
        ("https://8.8.8.8/", "8.8.8.8"),
        // Octal, as every program reads it.
        ("https://0127.0.0.1/", "87.0.0.1"),
        ("https://[2001:4860:4860::8888]:8443/", "[2001:4860:4860::8888]:8443"),
    ] {
        assert_eq!(check_url(url, &Policy::default()).expect(url).place(), place);
    }
}
