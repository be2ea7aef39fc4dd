//! WhatsApp accounts from the command line.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::support::{Place, eventually};

#[test]
fn accounts_are_listed_linked_named_and_given_up() {
    let place = Place::new();
    let server = place.serve();
    let first = place.says_json(&["account", "list", "--json"]);
    assert_eq!((&first[0]["health"], &first[0]["transport"]), (&"connected".into(), &"sandbox".into()), "{first}");
    let phone = place.says(&["account", "link", "--name", "Lisbon shop"]).trim().to_owned();
    assert!(phone.starts_with("+1"), "{phone}");
    place.says(&["account", "rename", &phone, "Porto shop"]);
    place.says(&["account", "unlink", &phone]);
    let listed = place.says_json(&["account", "list", "--json"]);
    assert_eq!((&listed[1]["name"], &listed[1]["health"]), (&"Porto shop".into(), &"unlinked".into()), "{listed}");
    let again = place.run(&["account", "unlink", &phone]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("unlinked already"), "{again:?}");
    let unknown = place.run(&["account", "rename", "+351 912 345 678", "x"]);
    assert!(unknown.stderr.contains(&phone), "{unknown:?}");
    drop(server);
    let alone = place.run(&["account", "link", "--name", "By code", "--by", "code"]);
    assert!(alone.stderr.contains("running server"), "{alone:?}");
}

/// Monitoring reads how every account is, by its kind, and follows within seconds.
#[test]
fn metrics_tell_how_many_accounts_are_well_and_how_many_are_held() {
    let place = Place::new();
    let server = place.serve();
    let token = place.says(&["token", "create", "--name", "tests", "--scope", "full"]).trim().to_owned();
    let count = |health: &str| {
        let metrics = text(&server.address, "/metrics");
        let is_it = |line: &&str| {
            line.starts_with("partyline_accounts{")
                && line.contains("transport=\"sandbox\"")
                && line.contains(&format!("health=\"{health}\""))
        };
        metrics.lines().find(is_it).and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
    };
    eventually("one account is connected", Duration::from_secs(20), || count("connected") == Some(1.0));
    assert_eq!(count("held"), Some(0.0), "a word that nobody has is told as none");
    for (scene, health) in [("held", "held"), ("token_invalid", "token_invalid")] {
        let (status, told) =
            server.api(&token, "POST", "/sandbox/scenes", Some(&json!({"scene": scene, "seconds": 600})));
        assert_eq!(status, 200, "{told}");
        eventually(health, Duration::from_secs(20), || count(health) == Some(1.0) && count("connected") == Some(0.0));
        server.api(&token, "POST", "/sandbox/reconnect", Some(&json!({})));
        eventually("it is back", Duration::from_secs(20), || count("connected") == Some(1.0));
    }
    server.stop();
}

fn text(address: &str, path: &str) -> String {
    let host = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("the server listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}
