//! Adding accounts of kind cloud by command.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::{Place, bare, run};

#[test]
fn an_account_in_the_sandbox_is_added_while_the_server_runs_and_while_it_does_not() {
    for is_running in [false, true] {
        let place = Place::new();
        place.says(&["workspace", "create", "--name", "Harbour Bikes"]);
        let server = is_running.then(|| place.serve());
        let told = place.says(&["account", "add", "cloud", "--sandbox", "--name", "Front desk"]);
        assert!(told.contains("+12025550197 (Front desk)"), "{told}");
        assert!(told.contains("/provider/cloud/") && told.contains("Verify token"), "{told}");
        let again = place.run(&["account", "add", "cloud", "--sandbox"]);
        assert!(again.code != Some(0) && again.stderr.contains("already"), "{again:?}");
        if let Some(server) = server {
            server.stop();
        }
    }
}

#[test]
fn a_token_is_checked_before_anything_is_stored_and_never_shown() {
    let place = Place::new();
    place.says(&["workspace", "create", "--name", "Harbour Bikes"]);
    // Nobody listens there.
    let graph = ["--graph-url", "http://127.0.0.1:9"];
    let ids = ["account", "add", "cloud", "--phone-number-id", "106540352242922", "--business-id", "102290129340398"];
    let mut command = place.command(&[&graph[..], &ids[..]].concat());
    command.env("PARTYLINE_CLOUD_TOKEN", "EAAhunter2hunter2").env("PARTYLINE_CLOUD_SECRET", "hunter2hunter2");
    let ran = run(&mut command);
    assert!(ran.code != Some(0) && !ran.stderr.contains("hunter2") && ran.stdout.is_empty(), "{ran:?}");
    let listed = place.run(&[&graph[..], &["account", "set-token", "+1 202 555 0123"]].concat());
    assert_eq!(listed.code, Some(2), "a token must be given: {listed:?}");
    let unknown = place.run(&["account", "set-token", "+1 202 555 0123", "--access-token", "EAAhunter2hunter2"]);
    assert!(unknown.code != Some(0) && !unknown.stderr.contains("hunter2"), "{unknown:?}");
}

#[test]
fn what_is_missing_is_a_usage_error_and_help_shows_no_secret() {
    let place = Place::new();
    let ran = place.run(&["account", "add", "cloud", "--phone-number-id", "1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    let help = run(bare(&["account", "add", "cloud", "--help"]).env("PARTYLINE_CLOUD_TOKEN", "hunter2"));
    assert!(help.stdout.contains("PARTYLINE_CLOUD_TOKEN") && !help.stdout.contains("hunter2"), "{help:?}");
}

/// A Graph that knows one number; where it listens.
fn graph() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 16 * 1024]);
            let body = r#"{"id": "106", "display_phone_number": "+1 919 555 0147", "verified_name": "Harbour"}"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

#[test]
fn no_file_of_the_data_folder_holds_a_secret_of_metas() {
    let place = Place::new();
    place.says(&["workspace", "create", "--name", "Harbour Bikes"]);
    let (url, token, secret) = (graph(), "EAAhunter2hunter2", "app-hunter2hunter2");
    let graph = ["--graph-url", url.as_str()];
    let ids = ["account", "add", "cloud", "--phone-number-id", "106", "--business-id", "102"];
    let secrets = ["--access-token", token, "--app-secret", secret];
    let told = place.says(&[&graph[..], &ids[..], &secrets[..]].concat());
    let verify = told.lines().find(|line| line.contains("Verify token")).expect("it is told");
    let verify = verify.split_whitespace().last().expect("a word").to_owned();
    assert!(verify.len() > 20 && !told.contains("hunter2"), "{told}");
    let (mut folders, mut looked) = (vec![place.outer.path().to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let Ok(bytes) = std::fs::read(entry.path()) else { continue };
            looked += bytes.len();
            for word in [token, secret, verify.as_str()] {
                let found = bytes.windows(word.len()).any(|part| part == word.as_bytes());
                assert!(!found, "{} holds {word}", entry.path().display());
            }
        }
    }
    assert!(looked > 100_000, "{looked} bytes are no database");
}
