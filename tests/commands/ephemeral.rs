//! A throwaway server for other people's tests.

use std::fs;

use serde_json::Value;

use crate::support::{Place, Server, bare};

#[test]
fn an_ephemeral_server_says_one_line_and_leaves_nothing() {
    for arguments in [&["serve", "--ephemeral", "--print-json"][..], &["--ephemeral", "--print-json"]] {
        let place = Place::new();
        let mut command = place.command(arguments);
        // Its folder is made where temporary things are, whatever the environment says of the lasting server.
        command.env("TMPDIR", place.outer.path()).env("PARTYLINE_DATABASE", "postgres://nobody.example/line");
        let mut server = Server::spawn(command);
        let line = server.wait_for(|_| true);
        let ready: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(ready["pid"], server.pid());
        server.address = ready["address"].as_str().expect("an address").to_owned();
        let token = ready["token"].as_str().expect("a token");
        assert_eq!(server.api(token, "GET", "/workspace", None).0, 200);
        assert_eq!(fs::read_dir(place.outer.path()).expect("there").count(), 1, "its folder");
        assert_eq!(server.stop(), [line], "exactly one line");
        assert_eq!(fs::read_dir(place.outer.path()).expect("there").count(), 0, "nothing is left");
    }
}

#[test]
fn two_ephemeral_servers_run_beside_each_other() {
    let start = || {
        let mut server = Server::spawn(bare(&["serve", "--ephemeral", "--print-json"]));
        let line = server.wait_for(|_| true);
        (server, serde_json::from_str::<Value>(&line).expect("JSON"))
    };
    let ((one, first), (other, second)) = (start(), start());
    assert_ne!(first["address"], second["address"]);
    one.stop();
    other.stop();
}

#[test]
fn ephemeral_options_are_explained_where_they_do_not_fit() {
    let place = Place::new();
    let wrong: [(&[&str], &str); 3] = [
        (&["serve", "--print-json"], "--ephemeral"),
        (&["serve", "--ephemeral", "--data", "somewhere"], "--data"),
        (&["--ephemeral", "token", "list"], "partyline serve"),
    ];
    for (arguments, word) in wrong {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(word), "{ran:?}");
    }
}
