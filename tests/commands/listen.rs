//! `partyline listen` and `partyline trigger`: events as they happen, delivered to a developer's own address.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;
use standardwebhooks::Webhook;

use crate::support::{PATIENCE, Place, run};

/// The headers and the body of a request.
type Heard = (Vec<(String, String)>, String);

/// A developer's own server: says what it was sent.
fn receiver() -> (String, Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (sender, heard) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if sender.send(hear(stream)).is_err() {
                return;
            }
        }
    });
    (url, heard)
}

fn hear(mut stream: TcpStream) -> (Vec<(String, String)>, String) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let (mut headers, mut length, mut line) = (Vec::new(), 0, String::new());
    while reader.read_line(&mut line).expect("a line") > 0 && !line.trim().is_empty() {
        if let Some((name, value)) = line.trim().split_once(": ") {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().expect("a length");
            }
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").expect("answered");
    (headers, String::from_utf8(body).expect("UTF-8"))
}

/// A command that runs until the test ends; its lines.
struct Running {
    child: Child,
    lines: Receiver<String>,
    /// Lines that were read and not asked for yet: its two outputs come in any order.
    said: RefCell<Vec<String>>,
}

impl Running {
    fn start(place: &Place, arguments: &[&str]) -> Running {
        let mut command = place.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let (stdout, stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let (sender, lines) = channel();
        let notes = sender.clone();
        thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).try_for_each(|line| notes.send(line))
        });
        Running { child, lines, said: RefCell::default() }
    }

    /// The first line that fits.
    fn wait_for(&self, fits: impl Fn(&str) -> bool) -> String {
        let mut said = self.said.borrow_mut();
        loop {
            if let Some(at) = said.iter().position(|line| fits(line)) {
                return said.remove(at);
            }
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else { panic!("only said {said:?}") };
            said.push(line);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn verified(secret: &str, (headers, body): &(Vec<(String, String)>, String)) -> Value {
    let webhook = Webhook::new(secret).expect("a secret");
    let mut given = http_headers();
    for (name, value) in headers.iter().filter(|(name, _)| name.starts_with("webhook-")) {
        given.insert(
            axum::http::HeaderName::from_bytes(name.as_bytes()).expect("a name"),
            value.parse().expect("a value"),
        );
    }
    webhook.verify(body.as_bytes(), &given).expect("the signature is right");
    serde_json::from_str(body).expect("JSON")
}

fn http_headers() -> axum::http::HeaderMap {
    axum::http::HeaderMap::new()
}

#[test]
fn what_is_triggered_arrives_signed_at_the_developers_own_address() {
    let place = Place::new();
    let mut server = place.serve_with(&["--sandbox-speed", "0"]);
    let token = server.welcome().token;
    let address = server.address.clone();
    let ways: [&[&str]; 2] = [&[], &["--server", &address, "--token", &token]];
    for way in ways {
        let (url, heard) = receiver();
        let arguments = [&["listen", "--forward-to", &url, "--types", "message:received:new"][..], way].concat();
        let listening = Running::start(&place, &arguments);
        let secret = listening.wait_for(|line| line.starts_with("Signing secret"));
        let secret = secret.split_whitespace().last().expect("a secret").to_owned();
        listening.wait_for(|line| line.starts_with("Listening."));
        // Where it begins isn't known outside of it, so it is triggered until it is heard.
        let said = loop {
            let said = place.says(&["trigger", "message:received:new"]);
            if let Ok(sent) = heard.recv_timeout(std::time::Duration::from_secs(3)) {
                break (said, sent);
            }
        };
        assert_eq!(said.0, "+12025550171 writes.\n");
        let body = verified(&secret, &said.1);
        assert_eq!(body["event_type"], "message:received:new");
        assert_eq!(body["message"]["text"], "Triggered with partyline trigger");
        listening.wait_for(|line| line.contains("message:received:new") && line.contains("  200  "));
    }
    server.stop();
}

#[test]
fn a_listener_hears_again_once_the_server_is_back_and_misses_nothing() {
    let place = Place::new();
    let mut server = place.serve_with(&["--sandbox-speed", "0"]);
    let token = server.welcome().token;
    let address = server.address.clone();
    let host = address.trim_start_matches("http://").to_owned();
    let listening = Running::start(&place, &["listen", "--after", "0", "--server", &address, "--token", &token]);
    listening.wait_for(|line| line.contains("whatsapp:account:connected"));
    // With a stream open the server ends as quickly as without.
    server.stop();
    listening.wait_for(|line| line.starts_with("The line broke"));
    place.says(&["trigger", "chat:outgoing:new"]);
    let server = place.serve_with(&["--sandbox-speed", "0", "--listen", &host]);
    listening.wait_for(|line| line.contains("\"event_type\":\"message:sent:new\"") && line.contains("operator"));
    server.stop();
}

#[test]
fn every_trigger_makes_its_event_happen() {
    let place = Place::new();
    let mut server = place.serve_with(&["--sandbox-speed", "0"]);
    server.welcome();
    let triggers = place.says(&["trigger", "--list"]);
    let listening = Running::start(&place, &["listen", "--after", "0"]);
    let mut missing: Vec<&str> = triggers.lines().collect();
    assert!(missing.len() > 20, "{triggers}");
    // Nobody has come in through the setup link, so there is nobody who could answer for a chat.
    missing.retain(|event| !event.starts_with("chat:responsible:"));
    let refused = place.run(&["trigger", "chat:responsible:assigned"]);
    assert!(refused.stderr.contains("has no email yet"), "{refused:?}");
    for event in missing.clone() {
        // One that holds the account would hold up the others.
        if event != "message:held" {
            place.says(&["trigger", event]);
        }
    }
    place.says(&["trigger", "message:held"]);
    while !missing.is_empty() {
        let line = listening.wait_for(|line| line.starts_with('{'));
        missing.retain(|event| !line.contains(&format!("\"event_type\":\"{event}\"")));
    }
    drop(listening);
    server.stop();
}

#[test]
fn what_cannot_be_triggered_says_why() {
    let place = Place::new();
    let mut server = place.serve();
    server.welcome();
    for (event, why) in [
        ("message:eaten", "There is no event \"message:eaten\""),
        ("template:new", "POST, PATCH or DELETE /templates"),
        ("waba:message:read", "Cloud API"),
        ("quota:used", "set-limits"),
    ] {
        let ran = run(&mut place.command(&["trigger", event]));
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains(why), "{ran:?}");
    }
    let ran = run(&mut place.command(&["listen", "--server", "http://127.0.0.1:1"]));
    assert!(ran.stderr.contains("--server needs a token"), "{ran:?}");
    let bad = ["listen", "--server", &server.address, "--token", "pl_live_x"];
    let ran = run(&mut place.command(&bad));
    assert!(ran.code == Some(1) && ran.stderr.contains("refused: This token is not valid"), "{ran:?}");
    server.stop();
}
