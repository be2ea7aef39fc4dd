//! Kills at each point of a send through the Cloud API: before its row is taken up, between that and its request, between the
//! request and the answer, between the answer and our record. Meta is a listener of this test that kills the server itself.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{Place, Server};
use crate::{journal, prepare};

/// Messages of one point.
const ROUNDS: usize = 3;

/// Where the next request finds the server dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    Nowhere,
    /// The request has begun to come, and Meta reads nothing of it.
    BeforeTheRequest,
    /// The request is whole with Meta, which says nothing.
    BeforeTheAnswer,
    /// The answer is on the line.
    BeforeOurRecord,
}

#[derive(Default)]
struct Seen {
    point: Option<Point>,
    pid: u32,
    /// How often each word came.
    words: BTreeMap<String, usize>,
    kills: usize,
}

impl Seen {
    fn kill(&mut self) {
        self.point = None;
        self.kills += 1;
        let pid = Pid::from_raw(i32::try_from(self.pid).expect("a process's number")).expect("not nought");
        kill_process(pid, Signal::KILL).expect("the server is there");
    }
}

/// Meta, reduced to its answers; each connection takes one request.
fn meta(seen: &Arc<Mutex<Seen>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let seen = Arc::clone(seen);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            thread::spawn(move || answer(stream, &seen));
        }
    });
    url
}

fn answer(mut stream: TcpStream, seen: &Mutex<Seen>) {
    // Others ask as well: for the number, for templates.
    let mut first = [0];
    let is_send = matches!(stream.peek(&mut first), Ok(1) if first == *b"P");
    let point = {
        let mut seen = seen.lock().expect("no panic");
        if is_send && seen.point == Some(Point::BeforeTheRequest) {
            seen.kill();
            return;
        }
        seen.point
    };
    let Some((head, body)) = request(&mut stream) else { return };
    if !head.starts_with("POST") {
        let number = r#"{"id":"106","display_phone_number":"1 919 555 0147","verified_name":"Shop","data":[]}"#;
        return say(&mut stream, number);
    }
    let mut seen = seen.lock().expect("no panic");
    let told: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    let word = told["template"]["components"][0]["parameters"][0]["text"].as_str().unwrap_or_default().to_owned();
    *seen.words.entry(word.clone()).or_default() += 1;
    if point == Some(Point::BeforeTheAnswer) {
        return seen.kill();
    }
    say(&mut stream, &format!(r#"{{"messages":[{{"id":"wamid.{word}.{}"}}]}}"#, seen.words[&word]));
    if point == Some(Point::BeforeOurRecord) {
        seen.kill();
    }
}

fn say(stream: &mut TcpStream, body: &str) {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let _ = stream.flush();
}

/// Head and body of one request; nothing where it never came whole.
fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let (mut bytes, mut piece) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

#[test]
fn a_kill_at_any_point_of_a_send_loses_nothing_and_doubles_nothing_in_silence() {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let url = meta(&seen);
    let place = Place::new();
    let token = prepare(&place);
    let options = ["--graph-url", url.as_str()];
    let ids = ["account", "add", "cloud", "--phone-number-id", "106", "--business-id", "102"];
    let secrets = ["--access-token", "a token of Meta's", "--app-secret", "a secret of Meta's"]
        .map(|word| word.replace(' ', "-"));
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    place.says(&[&options[..], &ids[..], &secrets[..]].concat());
    let mut server = serve(&place, &options, &seen);
    let mut sent: Vec<(Point, String, String)> = Vec::new();
    let points = [Point::Nowhere, Point::BeforeTheRequest, Point::BeforeTheAnswer, Point::BeforeOurRecord];
    for (number, point) in (0..ROUNDS).flat_map(|_| points).enumerate() {
        let kills = {
            let mut seen = seen.lock().expect("no panic");
            seen.point = Some(point).filter(|point| *point != Point::Nowhere);
            seen.kills
        };
        let word = format!("word{number}");
        let mut uid = None;
        if point == Point::Nowhere {
            uid = Some(accepted(&server, &token, number, &word));
            // Before the row is taken up, or just then: where exactly is the machine's to say.
            seen.lock().expect("no panic").kill();
        } else {
            wait_until(|| {
                // The kill may be faster than the answer; the key tells later what it would have been.
                if uid.is_none() {
                    uid = accept(&server, &token, number, &word);
                }
                seen.lock().expect("no panic").kills > kills
            });
        }
        server.ended();
        server = serve(&place, &options, &seen);
        let uid = uid.unwrap_or_else(|| accepted(&server, &token, number, &word));
        // A send that goes again now would be taken for the next one.
        settled(&server, &token, &uid);
        sent.push((point, word, uid));
    }
    for (point, word, uid) in &sent {
        let standing = settled(&server, &token, uid);
        let times = seen.lock().expect("no panic").words.get(word).copied().unwrap_or(0);
        assert!(times <= 1, "{point:?}: {word} went {times} times");
        match (point, standing.as_str()) {
            // Nobody can know whether Meta has it: flagged, and not repeated.
            (_, "uncertain") => {}
            (Point::Nowhere | Point::BeforeOurRecord, "sent") => assert_eq!(times, 1, "{point:?}: {word}"),
            (point, other) => panic!("{point:?}: {word} is {other}, and went {times} times"),
        }
    }
    let is = |point, standing: &str| {
        let of_it = sent.iter().filter(|(of, _, _)| *of == point);
        of_it.filter(|(_, _, uid)| settled(&server, &token, uid) == standing).count()
    };
    assert_eq!(is(Point::BeforeTheRequest, "uncertain"), ROUNDS);
    assert_eq!(is(Point::BeforeTheAnswer, "uncertain"), ROUNDS);
    server.stop();
}

fn serve(place: &Place, options: &[&str], seen: &Mutex<Seen>) -> Server {
    let server = place.serve_with(options);
    seen.lock().expect("no panic").pid = server.pid();
    server
}

/// A template goes at any time. Each to a contact of its own, so that none waits for another. Nothing where no answer came.
fn accept(server: &Server, token: &str, number: usize, word: &str) -> Option<String> {
    let body = json!({"phone": format!("+1 919 555 01{number:02}"), "whatsapp_template": "ready",
        "whatsapp_template_variables": [word]});
    journal::post(&server.address, token, number, &body)
}

fn accepted(server: &Server, token: &str, number: usize, word: &str) -> String {
    let mut uid = None;
    wait_until(|| {
        uid = accept(server, token, number, word);
        uid.is_some()
    });
    uid.expect("it was waited for")
}

/// How a message stands, once it doesn't move any more.
fn settled(server: &Server, token: &str, uid: &str) -> String {
    let mut standing = String::new();
    wait_until(|| {
        let (status, told) = server.api(token, "GET", &format!("/messages/{uid}/explain"), None);
        assert_eq!(status, 200, "{told}");
        told["data"]["standing"].as_str().expect("a word").clone_into(&mut standing);
        ["sent", "uncertain", "delivered", "failed"].contains(&standing.as_str())
    });
    standing
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came to that");
        thread::sleep(Duration::from_millis(20));
    }
}
