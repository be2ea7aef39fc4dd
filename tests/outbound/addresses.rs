//! Addresses as URLs spell them and as resolvers answer them. Each row is tried by the real client; beside it stand
//! controls that show that the table would find a hole.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ipnet::IpNet;
use partyline::outbound::{Fault, Outbound, Policy, check_url};

use crate::host::{Names, OURS, client, limits};

/// Addresses that must not be spoken to, as they stand in a URL.
const LITERALS: [&str; 71] = [
    // Loopback, plain and in every spelling that a URL's parser takes.
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "0177.0x0.0.01",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "１２７.0.0.1",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
    "ｌｏｃａｌｈｏｓｔ",
    // This machine, private networks, providers, links.
    "0.0.0.0",
    "0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "167772161",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "0xc0a80001",
    "192.168.257",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.0.1",
    // Where clouds keep secrets.
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    // Reserved for something else.
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    // IPv6.
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fdff::1]",
    "[ff02::1]",
    "[100::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[5f00::1]",
    "[4000::1]",
];

/// IPv6 addresses in which an IPv4 address hides, and what the form is called.
const HIDDEN: [(&str, &str); 18] = [
    ("::ffff:127.0.0.1", "mapped"),
    ("::ffff:7f00:1", "mapped"),
    ("0:0:0:0:0:ffff:a9fe:a9fe", "mapped"),
    ("::ffff:10.0.0.1", "mapped"),
    ("::ffff:8.8.8.8", "mapped, public within"),
    ("::ffff:0:127.0.0.1", "translated (SIIT)"),
    ("::127.0.0.1", "compatible"),
    ("::10.0.0.1", "compatible"),
    ("64:ff9b::127.0.0.1", "NAT64"),
    ("64:ff9b::10.0.0.1", "NAT64"),
    ("64:ff9b::169.254.169.254", "NAT64"),
    ("64:ff9b:1::127.0.0.1", "local NAT64"),
    ("2002:7f00:1::1", "6to4"),
    ("2002:a00:1::1", "6to4"),
    ("2001:0:4136:e378:8000:63bf:80ff:fffe", "Teredo"),
    ("2001:4860::5efe:127.0.0.1", "ISATAP"),
    ("2001:4860::200:5efe:10.0.0.1", "ISATAP"),
    ("fe80::5efe:192.168.0.1", "ISATAP"),
];

/// Public ones on either side of what is refused.
const PUBLIC: [&str; 24] = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450::1",
    "2001:4860::8888",
    "64:ff9b::8.8.8.8",
];

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// The addresses that the tables name: those in a usual spelling.
fn refused_ips() -> Vec<IpAddr> {
    let plain = |text: &&str| text.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    LITERALS.iter().filter_map(plain).chain(HIDDEN.iter().map(|(text, _)| ip(text))).collect()
}

fn closed() -> Outbound {
    Outbound::new(Policy::default(), Arc::new(Names::default()))
}

#[tokio::test]
async fn an_address_inside_is_refused_however_it_is_spelled() {
    let hidden = HIDDEN.iter().map(|(text, _)| format!("[{text}]"));
    for host in LITERALS.iter().map(|host| (*host).to_owned()).chain(hidden) {
        for url in [format!("http://{host}/a.pdf"), format!("https://{host}:8443/")] {
            // First without the network, so that a hole found here speaks to nobody.
            let error = check_url(&url, &Policy::default()).expect_err(&url);
            assert!(matches!(error.fault, Fault::NotPublic { .. }), "{url}: {error:?}");
            assert!(error.to_string().contains("--outbound-allow"), "{error}");
            let error = closed().download(OURS, &url, &limits()).await.expect_err(&url);
            assert!(matches!(error.fault, Fault::NotPublic { .. }), "{url}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_alone_and_among_public_addresses() {
    for inside in refused_ips() {
        let inside = inside.to_string();
        for answer in [&[inside.as_str()][..], &["8.8.8.8", &inside], &[&inside, "2606:4700::1111"]] {
            let names = Names::default().with("files.example.com", &[answer]);
            let outbound = Outbound::new(Policy::default(), Arc::new(names));
            let error = outbound.download(OURS, "http://files.example.com/", &limits()).await.expect_err(&inside);
            assert_eq!(error.fault, Fault::NoPublicAddress, "{answer:?}");
            assert!(!error.to_string().contains(&inside), "{error}");
        }
    }
}

#[tokio::test]
async fn an_inner_name_and_one_that_is_not_there_get_the_same_words() {
    let names = Names::default().with("wiki.corp.example", &[&["10.0.0.7"]]).with("empty.corp.example", &[&[]]);
    let outbound = client(names);
    let mut told = Vec::new();
    for name in ["wiki.corp.example", "none.corp.example", "empty.corp.example"] {
        let error = outbound.download(OURS, &format!("http://{name}/"), &limits()).await.expect_err(name);
        told.push(error.to_string().replace(name, "NAME"));
    }
    assert!(told.iter().all(|text| *text == told[0]), "{told:?}");
    insta::assert_snapshot!(told[0], @"NAME has no public address; check the name. A host of a private network is spoken to only if the operator allowed its network with --outbound-allow");
}

#[test]
fn public_addresses_pass() {
    for text in PUBLIC {
        assert!(Policy::default().pass(ip(text), 443).is_ok(), "{text}");
    }
}

/// Each network that is refused, opened: the table must notice. If one could be left out of the guard unseen, this fails.
#[test]
fn every_hole_is_found_by_a_row() {
    let holes = [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "255.255.255.255/32",
        "168.63.129.16/32",
        "169.254.169.254/32",
        "::1/128",
        "::/128",
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/32",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "4000::/2",
        "5f00::/16",
        "2001:4860::/64",
    ];
    for hole in holes {
        let open = Policy::allowing(vec![hole.parse().expect(hole)]);
        let through = refused_ips().iter().filter(|ip| open.pass(**ip, 443).is_ok()).count();
        assert!(through > 0, "no row is in {hole}");
        assert!(through < refused_ips().len(), "{hole} opens everything");
    }
}

/// A guard as one would write it in a hurry lets rows through, and exactly the ones it forgot.
#[test]
fn a_guard_that_forgets_the_hidden_forms_is_found() {
    let hurried = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_private() && !ip.is_link_local() && !ip.is_unspecified(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unique_local() && !ip.is_unicast_link_local(),
    };
    let through: Vec<&str> = HIDDEN.iter().filter(|(text, _)| hurried(ip(text))).map(|(_, form)| *form).collect();
    for form in ["mapped", "compatible", "NAT64", "6to4", "Teredo", "ISATAP"] {
        assert!(through.contains(&form), "{form} would not be noticed");
    }
    assert!(refused_ips().iter().filter(|ip| hurried(**ip)).count() > 30);
}

#[test]
fn an_allowed_network_is_open_and_nothing_beside_it() {
    let allow =
        |networks: &[&str]| Policy::allowing(networks.iter().map(|one| one.parse::<IpNet>().expect(one)).collect());
    let open = allow(&["10.1.0.0/16", "fd12::/32"]);
    for (text, passes) in [
        ("10.1.0.1", true),
        ("10.1.255.255", true),
        ("10.2.0.1", false),
        ("10.0.255.255", false),
        ("fd12::1", true),
        ("fd13::1", false),
        ("::ffff:10.1.0.1", false),
        ("64:ff9b::10.1.0.1", false),
        ("2002:a01:1::1", false),
        ("8.8.8.8", true),
    ] {
        assert_eq!(open.pass(ip(text), 80).is_ok(), passes, "{text}");
    }
    // A whole network doesn't open what gives away the machine; the address itself does.
    for wide in ["0.0.0.0/0", "169.254.0.0/16", "169.254.169.252/30"] {
        assert!(allow(&[wide]).pass(ip("169.254.169.254"), 80).is_err(), "{wide}");
    }
    assert!(allow(&["169.254.0.0/16"]).pass(ip("169.254.1.1"), 80).is_ok());
    assert!(allow(&["169.254.169.254/32"]).pass(ip("169.254.169.254"), 80).is_ok());
    assert!(allow(&["::/0"]).pass(ip("fd00:ec2::254"), 80).is_err());
}

#[tokio::test]
async fn an_address_is_never_looked_up() {
    let names = Arc::new(Names::default());
    let outbound = Outbound::new(Policy::default(), Arc::<Names>::clone(&names));
    for url in ["http://127.0.0.1/", "http://[::1]/", "http://localhost/", "http://2130706433/"] {
        outbound.download(OURS, url, &limits()).await.expect_err(url);
    }
    assert_eq!(names.asked.load(Ordering::Relaxed), 0);
}
