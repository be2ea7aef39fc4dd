//! The way out.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Place, Server, eventually};

/// A request whose body never comes, so that it is still running when the server is asked to stop.
fn hang_on(server: &mut Server) -> TcpStream {
    let token = server.welcome().token;
    let mut stream = TcpStream::connect(server.address.trim_start_matches("http://")).expect("listens");
    let head = format!(
        "POST /integrations/api/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    stream
}

#[test]
fn both_signals_end_an_idle_server_well_and_soon() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new();
        let server = place.serve();
        let asked = Instant::now();
        server.signal(signal);
        let (status, _) = server.ended();
        assert_eq!(status.code(), Some(0));
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        assert!(!place.data.join("control.sock").exists(), "the socket goes with the server");
    }
}

#[test]
fn a_client_that_hangs_on_does_not_keep_the_server_beyond_ten_seconds() {
    let place = Place::new();
    let mut server = place.serve();
    let _stream = hang_on(&mut server);
    let asked = Instant::now();
    server.signal(Signal::TERM);
    let (status, _) = server.ended();
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let place = Place::new();
    let mut server = place.serve();
    let _stream = hang_on(&mut server);
    // The stop has begun when nothing new is accepted.
    server.signal(Signal::TERM);
    eventually("the listener is closed", Duration::from_secs(5), || {
        TcpStream::connect(server.address.trim_start_matches("http://")).is_err()
    });
    let asked = Instant::now();
    server.signal(Signal::TERM);
    let (status, _) = server.ended();
    assert_eq!(status.code(), Some(1));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

/// The ids that somebody's server heard, in their order.
type Heard = Arc<Mutex<Vec<String>>>;

/// Hears webhooks and answers each after this long; `None`: never.
fn receiver(answers_after: Option<Duration>) -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let heard = Heard::default();
    let kept = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let kept = Arc::clone(&kept);
            // Each by itself: many come at once. A request that is cut off is none.
            thread::spawn(move || hear(stream, answers_after, &kept));
        }
    });
    (url, heard)
}

fn hear(mut stream: TcpStream, answers_after: Option<Duration>, heard: &Heard) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut id, mut length) = (String::new(), 0);
    for line in reader.by_ref().lines() {
        let line = line?.to_lowercase();
        match line.split_once(": ") {
            Some(("webhook-id", value)) => value.clone_into(&mut id),
            Some(("content-length", value)) => length = value.parse().expect("a number"),
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    heard.lock().expect("no panic").push(id);
    match answers_after {
        Some(after) => thread::sleep(after),
        // Until the other side gives up.
        None => drop(reader.read_to_end(&mut Vec::new())),
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn deliveries(server: &Server, token: &str, webhook: i64) -> Vec<(String, String, i64)> {
    let (status, told) = server.api(token, "GET", &format!("/webhooks/{webhook}/deliveries"), None);
    assert_eq!(status, 200, "{told}");
    let text = |row: &Value, name: &str| row[name].as_str().expect("text").to_owned();
    let rows = told["data"]["deliveries"].as_array().expect("deliveries").clone();
    let told =
        |row: &Value| (text(row, "delivery_id"), text(row, "state"), row["attempts"].as_i64().expect("a number"));
    rows.iter().map(told).collect()
}

/// A receiver that takes its time and one that never answers, both being told while the server is asked to stop.
#[test]
fn a_stop_lets_webhooks_end_what_they_began_and_nothing_is_lost_or_told_twice() {
    let place = Place::new();
    let options = ["--sandbox-speed", "0", "--outbound-allow", "127.0.0.1/32"];
    let server = place.serve_with(&options);
    place.says(&["workspace", "set-limits", "1", "--rate-per-minute", "1000000"]);
    let token = place.says(&["token", "create", "--name", "stop", "--scope", "full"]).trim().to_owned();
    let ((slow, heard), (hanging, hung)) = (receiver(Some(Duration::from_secs(2))), receiver(None));
    for (event, url) in [("message:sent:new", slow), ("message:new", hanging)] {
        let (status, made) = server.api(&token, "POST", "/webhooks", Some(&json!({"event_type": event, "url": url})));
        assert_eq!(status, 200, "{made}");
    }
    const MESSAGES: usize = 12;
    for number in 0..MESSAGES {
        let body = json!({"phone": "+1 202 555 0103", "text": number.to_string()});
        assert_eq!(server.api(&token, "POST", "/messages", Some(&body)).0, 200);
    }
    let count = |heard: &Heard| heard.lock().expect("no panic").len();
    eventually("both are being told", Duration::from_secs(10), || count(&heard) > 0 && count(&hung) > 0);
    let asked = Instant::now();
    let said = server.stop();
    assert!(asked.elapsed() < Duration::from_secs(9), "{:?}", asked.elapsed());
    assert!(!said.iter().any(|line| line.contains("the stop took too long")), "{said:?}");
    let (begun, given_up) = (heard.lock().expect("no panic").clone(), hung.lock().expect("no panic").clone());

    let server = place.serve_with(&options);
    let after = deliveries(&server, &token, 1);
    for id in &begun {
        let row = after.iter().find(|row| row.0.eq_ignore_ascii_case(id)).expect("it is kept");
        assert_eq!((row.1.as_str(), row.2), ("delivered", 1), "what was begun has ended, and was recorded");
    }
    for id in &given_up {
        let row = deliveries(&server, &token, 2).into_iter().find(|row| row.0.eq_ignore_ascii_case(id));
        assert!(row.is_some_and(|row| row.2 >= 1), "an attempt in vain was recorded as well");
    }
    eventually("everything was told", Duration::from_secs(40), || count(&heard) >= MESSAGES);
    eventually("and it is known", Duration::from_secs(10), || {
        deliveries(&server, &token, 1).iter().all(|row| row.1 == "delivered" && row.2 == 1)
    });
    let mut ids = heard.lock().expect("no panic").clone();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), count(&heard)), (MESSAGES, MESSAGES), "each once");
    server.stop();
}
