//! The first start, and those after it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::{Place, Server, run};

#[test]
fn a_first_start_prints_a_link_a_token_and_a_line_to_paste() {
    let place = Place::new();
    let mut server = place.serve();
    let welcome = server.welcome();
    assert!(welcome.link.starts_with(&format!("{}/setup/", server.address)), "{welcome:?}");
    let secret = welcome.link.rsplit('/').next().expect("a secret");
    assert!(secret.len() >= 45, "178 bits in hex are 45 digits: {secret}");
    assert!(welcome.curl.contains(&welcome.token) && welcome.curl.contains("+1 202 555 0100"));
    let told = welcome.said.concat();
    assert!(told.contains("partyline token create"), "says how to make another token");
    assert!(!told.contains('\u{1b}'), "no colours for a program");
    assert_eq!(told.matches(&welcome.token).count(), 3, "once by itself, once in each line to paste");

    let (status, answer) = server.api(&welcome.token, "GET", "/whatsapp_accounts", None);
    assert_eq!(status, 200);
    assert!(answer.to_string().contains("Demo phone"), "{answer}");
}

#[test]
fn the_line_to_paste_sends_a_message() {
    let place = Place::new();
    let mut server = place.serve();
    let welcome = server.welcome();
    match Command::new("sh").args(["-c", &welcome.curl]).output() {
        Ok(output) if output.status.success() => {
            let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!(answer["status"], "ok", "{answer}");
            assert!(answer["data"]["message_uid"].is_string(), "{answer}");
        }
        // Without curl on this machine, the same request by hand.
        _ => {
            let body = json!({"phone": "+1 202 555 0100", "text": "Hello, Partyline"});
            assert_eq!(server.api(&welcome.token, "POST", "/messages", Some(&body)).0, 200);
        }
    }
}

#[test]
fn a_later_start_prints_one_line() {
    let place = Place::new();
    let mut first = place.serve();
    let welcome = first.welcome();
    first.stop();
    let again = place.serve();
    assert_eq!(again.api(&welcome.token, "GET", "/workspace", None).0, 200, "the token lives on");
    let address = again.address.clone();
    assert_eq!(again.stop(), [format!("Partyline is listening on {address}")]);
}

#[test]
fn the_first_workspace_has_the_machines_zone_and_a_token_for_the_sandbox_only() {
    let place = Place::new();
    let _server = place.serve();
    let workspaces = place.says_json(&["workspace", "list", "--json"]);
    assert_eq!(workspaces[0]["name"], "My workspace");
    assert_eq!(workspaces[0]["zone"], "Europe/Lisbon");
    let tokens = place.says_json(&["token", "list", "--json"]);
    let shown = (&tokens[0]["name"], &tokens[0]["scope"], &tokens[0]["sandbox_only"]);
    assert_eq!(shown, (&json!("First start"), &json!("full"), &json!(true)));
}

#[test]
fn what_is_kept_is_closed_to_others() {
    let place = Place::new();
    fs::create_dir(&place.data).expect("made");
    fs::set_permissions(&place.data, fs::Permissions::from_mode(0o755)).expect("opened");
    let server = place.serve();
    assert_eq!(mode(&place.data), 0o700, "an empty folder is closed");
    for name in ["key", "lock", "control.sock", "partyline.db", "partyline.db-wal"] {
        assert_eq!(mode(&place.data.join(name)) & 0o077, 0, "{name}");
    }
    let key = fs::read(place.data.join("key")).expect("there");
    assert_eq!((key.len(), mode(&place.data.join("key"))), (32, 0o600));
    server.stop();
    place.serve().stop();
    assert_eq!(fs::read(place.data.join("key")).expect("there"), key, "made once");
}

#[test]
fn a_second_server_on_a_folder_is_refused() {
    let place = Place::new();
    let server = place.serve();
    let ran = place.run(&["serve"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains(&place.data.display().to_string()) && ran.stderr.contains("--data"), "{ran:?}");
    server.stop();
}

#[test]
fn a_taken_port_is_refused_before_anything_is_made() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let place = Place::new();
    let ran = place.run(&["--listen", &address]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains(&address) && ran.stderr.contains("--listen"), "{ran:?}");
    assert!(!place.data.join("partyline.db").exists());
    drop(taken);
    place.serve().welcome();
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let place = Place::new();
    fs::create_dir(&place.data).expect("made");
    fs::write(place.data.join("letter.txt"), "dear").expect("written");
    let before = mode(&place.data);
    let ran = place.run(&["serve"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("holds other things"), "{ran:?}");
    assert_eq!(mode(&place.data), before);
    assert_eq!(fs::read_dir(&place.data).expect("there").count(), 1);
}

#[test]
fn two_nodes_that_start_first_at_once_make_one_workspace() {
    let Some(url) = postgres_url() else { return };
    let name = format!("partyline_commands_{}", std::process::id());
    on_postgres(&url, &format!("CREATE DATABASE {name}"));
    let (address, _) = url.rsplit_once('/').expect("an address with a database");
    let database = format!("{address}/{name}");
    let places: Vec<Place> = (0..3).map(|_| Place::new()).collect();
    let mut servers: Vec<Server> =
        places.iter().map(|place| Server::spawn(place.command(&["--database", &database]))).collect();
    for server in &mut servers {
        server.wait_for(|line| line.starts_with("Partyline is listening"));
    }
    let said: Vec<String> = servers.into_iter().flat_map(Server::stop).collect();
    assert_eq!(said.iter().filter(|line| line.contains("/setup/")).count(), 1, "{said:?}");
    let workspaces = places[0].says_json(&["--database", &database, "workspace", "list", "--json"]);
    assert_eq!(workspaces.as_array().map(Vec::len), Some(1), "{workspaces}");
    let ran =
        run(&mut places[0].command(&["--database", &database, "token", "create", "--name", "x", "--scope", "full"]));
    assert!(ran.stdout.starts_with("pl_live_"), "{ran:?}");
    on_postgres(&url, &format!("DROP DATABASE {name} WITH (FORCE)"));
}

#[allow(clippy::print_stderr, reason = "a test that leaves something out says so")]
fn postgres_url() -> Option<String> {
    let url = std::env::var("PARTYLINE_TEST_POSTGRES").ok();
    if url.is_none() {
        assert!(std::env::var_os("PARTYLINE_TEST_ALL").is_none(), "PARTYLINE_TEST_ALL promised a PostgreSQL");
        eprintln!("LEFT OUT: PostgreSQL (PARTYLINE_TEST_POSTGRES is not set)");
    }
    url
}

fn on_postgres(url: &str, statement: &str) {
    let mut client = postgres::Client::connect(url, postgres::NoTls).expect("the test server answers");
    client.batch_execute(statement).expect(statement);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o7777
}
