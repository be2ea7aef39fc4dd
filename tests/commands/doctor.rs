//! `partyline doctor`: what it finds, and that it changes nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::Place;

fn check<'c>(checks: &'c Value, id: &str) -> &'c Value {
    checks.as_array().expect("an array").iter().find(|check| check["id"] == id).expect(id)
}

#[test]
fn nothing_is_wrong_with_a_running_server_nor_with_none() {
    let place = Place::new();
    let before = place.says_json(&["doctor", "--json"]);
    assert!(before.as_array().expect("an array").iter().all(|check| check["level"] != "problem"), "{before}");
    assert!(!place.data.exists(), "looking makes nothing");

    let server = place.serve();
    let running = place.says_json(&["doctor", "--json"]);
    let finding = check(&running, "server")["finding"].to_string();
    assert!(finding.contains(&server.pid().to_string()), "{finding}");
    assert!(check(&running, "database")["finding"].to_string().contains("SQLite, sound"), "{running}");
    server.stop();
    let stopped = place.says_json(&["doctor", "--json"]);
    assert!(check(&stopped, "database")["finding"].to_string().contains("SQLite, sound"), "{stopped}");
}

#[test]
fn each_problem_has_its_fix() {
    let place = Place::new();
    place.serve().stop();
    fs::set_permissions(&place.data, fs::Permissions::from_mode(0o755)).expect("opened");
    fs::write(place.data.join("key"), "short").expect("damaged");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let ran = place.run(&["doctor", "--json", "--listen", &address, "--public-url", "http://line.example.com"]);
    assert_eq!(ran.code, Some(1));
    let checks: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    for (id, level) in [("folder", "problem"), ("key", "problem"), ("listen", "problem"), ("public_url", "warning")] {
        let check = check(&checks, id);
        assert_eq!(check["level"], level, "{check}");
        assert!(check["fix"].is_string(), "{check}");
    }
    assert!(check(&checks, "folder")["fix"].to_string().contains("chmod 700"));
    let text = place.run(&["doctor", "--listen", &address]).stdout;
    assert!(text.contains("PROBLEM") && text.contains("to fix it: chmod 700"), "{text}");
}

#[test]
fn a_damaged_database_is_found() {
    let place = Place::new();
    place.serve().stop();
    let file = place.data.join("partyline.db");
    let mut bytes = fs::read(&file).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5a);
    fs::write(&file, bytes).expect("damaged");
    let ran = place.run(&["doctor"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("restore a backup"), "{ran:?}");
}

#[test]
fn a_public_address_that_leads_nowhere_is_told_with_the_way_to_mend_it() {
    let place = Place::new();
    let url = ["--public-url", "https://127.0.0.1:9"];
    let idle = place.says_json(&["doctor", "--json", url[0], url[1]]);
    assert_eq!(check(&idle, "proxy")["level"], "ok", "{idle}");
    let server = place.serve();
    let running = place.says_json(&["doctor", "--json", url[0], url[1]]);
    let proxy = check(&running, "proxy");
    assert_eq!(proxy["level"], "warning", "{proxy}");
    assert!(proxy["finding"].to_string().contains("can't be reached from here"), "{proxy}");
    assert!(proxy["fix"].to_string().contains("docs/Caddyfile"), "{proxy}");
    server.stop();
}

/// What the documentation, the page and the proxy's own file say is one and the same.
#[test]
fn the_caddyfile_is_the_documented_one() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/");
    let file = fs::read_to_string(format!("{root}Caddyfile")).expect("the file");
    let words = fs::read_to_string(format!("{root}operating.md")).expect("the page");
    assert!(words.contains(file.trim_end()), "{file}");
    // It passes on to the port that a server listens on by itself.
    assert!(file.contains("reverse_proxy 127.0.0.1:8080"), "{file}");
}
