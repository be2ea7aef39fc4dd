//! Commands, while a server runs and while none does.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Place, eventually};

#[test]
fn a_created_token_is_all_that_is_printed_and_works_at_once() {
    let place = Place::new();
    let server = place.serve();
    let ran = place.run(&["token", "create", "--name", "CRM", "--scope", "full"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let token = ran.stdout.strip_suffix('\n').expect("one line");
    assert!(token.starts_with("pl_live_") && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{token}");
    assert_eq!(server.api(token, "GET", "/workspace", None).0, 200);
}

#[test]
fn a_revoked_token_is_refused_within_a_second() {
    let place = Place::new();
    let server = place.serve();
    let token = place.says(&["token", "create", "--name", "CRM", "--scope", "read"]).trim().to_owned();
    assert_eq!(server.api(&token, "GET", "/workspace", None).0, 200);
    let id = id_of(&place.says_json(&["token", "list", "--json"]), "CRM");
    place.says(&["token", "revoke", &id]);
    eventually("the token is refused", Duration::from_secs(1), || {
        server.api(&token, "GET", "/workspace", None).0 == 401
    });
    let listed = place.says_json(&["token", "list", "--json"]);
    assert!(listed[1]["revoked_at"].is_string(), "{listed}");
    let again = place.run(&["token", "revoke", &id]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("partyline token list"), "{again:?}");
}

#[test]
fn several_workspaces_must_be_told_apart() {
    let place = Place::new();
    let _server = place.serve();
    place.says(&["workspace", "create", "--name", "Harbour", "--zone", "Europe/Lisbon"]);
    let ran = place.run(&["token", "create", "--name", "CRM", "--scope", "full"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    for part in ["--workspace", "1  My workspace", "2  Harbour"] {
        assert!(ran.stderr.contains(part), "{ran:?}");
    }
    for name in ["2", "Harbour"] {
        place.says(&["token", "create", "--name", "CRM", "--scope", "full", "--workspace", name]);
    }
    let tokens = place.says_json(&["token", "list", "--workspace", "2", "--json"]);
    assert_eq!(tokens.as_array().map(Vec::len), Some(2));
    let lost = place.run(&["token", "list", "--workspace", "9"]);
    assert!(lost.stderr.contains("\"9\"") && lost.stderr.contains("Harbour"), "{lost:?}");
}

#[test]
fn limits_are_set_while_the_server_runs() {
    let place = Place::new();
    let mut server = place.serve();
    let token = server.welcome().token;
    assert_eq!(server.api(&token, "GET", "/workspace", None).0, 200);
    let set = place.says_json(&[
        "workspace",
        "set-limits",
        "1",
        "--rate-per-minute",
        "2",
        "--calls-per-cycle",
        "10",
        "--top-up",
        "7",
        "--json",
    ]);
    assert_eq!((&set[0]["rate_per_minute"], &set[0]["credits_topped_up"]), (&json!(2), &json!(7)));
    assert_eq!(set[0]["credits_per_cycle"], 2000, "what isn't named stays");
    let statuses: Vec<u16> = (0..3).map(|_| server.api(&token, "GET", "/workspace", None).0).collect();
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    let none = place.run(&["workspace", "set-limits", "1"]);
    assert_eq!(none.code, Some(2));
    let negative = place.run(&["workspace", "set-limits", "1", "--top-up", "-5"]);
    assert!(negative.stderr.contains("top_up must be 1 to"), "{negative:?}");
}

#[test]
fn listings_are_arrays_of_objects_with_an_id_and_a_name() {
    let place = Place::new();
    let _server = place.serve();
    let listings: [&[&str]; 4] = [&["token", "list"], &["workspace", "list"], &["config"], &["doctor"]];
    for listing in listings {
        let rows = place.says_json(&[listing, &["--json"]].concat());
        let rows = rows.as_array().expect("an array");
        assert!(!rows.is_empty());
        assert!(rows.iter().all(|row| !row["id"].is_null() && row["name"].is_string()), "{listing:?}: {rows:?}");
    }
}

#[test]
fn a_message_is_sent_and_followed() {
    let place = Place::new();
    let _server = place.serve_with(&["--sandbox-speed", "0"]);
    let said = place.says(&["send", "--to", "+1 202 555 0100", "--text", "hello", "--wait"]);
    let mut lines = said.lines();
    assert_eq!(lines.next().map(str::len), Some(36), "the message's uid first");
    let statuses: Vec<&str> = lines.map(|line| line.split(' ').next().unwrap_or("")).collect();
    assert_eq!(statuses, ["Pending", "Sending", "Sent", "Delivered", "Read"]);
    let wrong = place.run(&["send", "--to", "12", "--text", "hello"]);
    assert_eq!((wrong.code, wrong.stderr.as_str()), (Some(1), "partyline: Wrong phone number \"12\"\n"));
}

#[test]
fn commands_work_without_a_server_and_after_one_was_killed() {
    let place = Place::new();
    let nothing = place.run(&["token", "list"]);
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.stderr.contains("start `partyline` there first"), "{nothing:?}");
    assert!(!place.data.exists(), "looking makes nothing");

    let server = place.serve();
    server.signal(Signal::KILL);
    server.ended();
    assert!(place.data.join("control.sock").exists(), "a killed server leaves its socket");
    let token = place.says(&["token", "create", "--name", "CRM", "--scope", "full"]);
    let waiting = place.run(&["send", "--to", "+1 202 555 0100", "--text", "later"]);
    assert!(waiting.stderr.contains("waits until one is started"), "{waiting:?}");

    let server = place.serve_with(&["--sandbox-speed", "0"]);
    let path = format!("/messages/{}", waiting.stdout.trim());
    eventually("the message is read", Duration::from_secs(10), || {
        server.api(token.trim(), "GET", &path, None).1["data"]["status"] == "Read"
    });
}

#[test]
fn a_workspace_can_be_prepared_before_the_first_start() {
    let place = Place::new();
    place.says(&["workspace", "create", "--name", "Harbour", "--zone", "Asia/Tokyo"]);
    let token = place.says(&["token", "create", "--name", "CRM", "--scope", "full"]);
    let server = place.serve();
    assert_eq!(server.api(token.trim(), "GET", "/workspace", None).0, 200);
    assert_eq!(server.stop().len(), 1, "no first start: there is a workspace");
}

#[test]
fn a_backup_made_while_the_server_runs_can_be_started_from() {
    let place = Place::new();
    let mut server = place.serve();
    let token = server.welcome().token;
    place.says(&["backup", "copy.db"]);
    let copy = place.outer.path().join("copy.db");
    let again = place.run(&["backup", "copy.db"]);
    assert_eq!(again.code, Some(1), "never overwrites: {again:?}");
    server.stop();

    let other = Place::new();
    std::fs::create_dir(&other.data).expect("made");
    std::fs::copy(copy, other.data.join("partyline.db")).expect("copied");
    std::fs::copy(place.data.join("key"), other.data.join("key")).expect("copied");
    let server = other.serve();
    assert_eq!(server.api(&token, "GET", "/workspace", None).0, 200);
}

#[test]
fn a_long_path_has_a_control_socket_too() {
    let place = Place::named(&"long".repeat(40));
    let server = place.serve();
    let workspaces = place.says_json(&["workspace", "list", "--json"]);
    assert_eq!(workspaces[0]["id"], 1);
    assert!(place.data.join("control.sock").exists());
    server.stop();
}

#[test]
fn the_control_socket_bears_nonsense() {
    let place = Place::new();
    let server = place.serve();
    let ask = |line: &[u8]| {
        let mut stream = UnixStream::connect(place.data.join("control.sock")).expect("listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        // The server may close before it has read all of it.
        let _ = stream.write_all(line);
        let mut answer = String::new();
        let _ = BufReader::new(stream).read_line(&mut answer);
        answer
    };
    assert!(ask(b"hello\n").contains("failure"));
    assert!(ask(b"{\"command\":{\"explode\":{}}}\n").contains("restart it"));
    let long = ask(&vec![b'x'; 200_000]);
    assert!(long.is_empty() || long.contains("65536 bytes"), "{long}");
    assert!(ask(b"{\"command\":\"workspace_list\",\"database\":null}\n").contains("My workspace"));
    server.stop();
}

#[test]
fn a_server_on_another_database_is_not_asked_by_mistake() {
    let place = Place::new();
    let _server = place.serve();
    let ran = place.run(&["--database", "postgres://me:secret@db.example/line", "token", "list"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("another database") && !ran.stderr.contains("secret"), "{ran:?}");
}

fn id_of(rows: &Value, name: &str) -> String {
    let row = rows.as_array().expect("an array").iter().find(|row| row["name"] == name).expect(name);
    row["id"].to_string()
}
