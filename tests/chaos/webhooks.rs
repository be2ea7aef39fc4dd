//! Kills while webhooks are delivered: every event of an answered message reaches the receiver, repeats bear the same id and
//! the same bytes, and each attempt is signed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::journal;
use crate::support::Place;
use crate::{ECHO, KILLS, prepare, setting};

/// The bodies that were heard under each id, and how often.
type Heard = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// Hears webhooks; every seventh request gets no answer, as if the line had broken.
fn receiver(secret: Arc<Mutex<String>>) -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let heard = Heard::default();
    let kept = Arc::clone(&heard);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            // A request that a kill cuts off is none.
            let _ = hear(stream, number % 7 != 6, &secret, &kept);
        }
    });
    (url, heard)
}

fn hear(mut stream: TcpStream, answers: bool, secret: &Mutex<String>, heard: &Heard) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut headers, mut length, mut is_whole) = (axum::http::HeaderMap::new(), 0, false);
    for line in reader.by_ref().lines().skip(1) {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else {
            is_whole = line.is_empty();
            break;
        };
        let name: axum::http::HeaderName = name.parse().expect("a header");
        if name == "content-length" {
            length = value.parse().expect("a number");
        }
        headers.insert(name, value.parse().expect("a value"));
    }
    if !is_whole {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let secret = secret.lock().expect("no panic").clone();
    Webhook::new(&secret).expect("a secret").verify(&body, &headers).expect("every attempt is signed");
    let id = headers["webhook-id"].to_str().expect("text").to_owned();
    let body = String::from_utf8(body).expect("UTF-8");
    heard.lock().expect("no panic").entry(id).or_default().push(body);
    if answers {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    }
    Ok(())
}

#[test]
fn webhooks_lose_nothing_by_kills() {
    let count = usize::try_from(setting("PARTYLINE_CHAOS_MESSAGES", 600)).expect("a count") / 2;
    let seed = setting("PARTYLINE_CHAOS_SEED", u64::from(std::process::id()));
    println!("PARTYLINE_CHAOS_MESSAGES={} PARTYLINE_CHAOS_SEED={seed}", count * 2);
    let place = Place::new();
    let token = prepare(&place);
    let options = ["--sandbox-speed", "20", "--outbound-allow", "127.0.0.1/32"];
    let mut server = place.serve_with(&options);
    let secret = Arc::new(Mutex::new(String::new()));
    let (url, heard) = receiver(Arc::clone(&secret));
    let wanted = json!({"event_type": "message:sent:new", "url": url});
    let (status, made) = server.api(&token, "POST", "/webhooks", Some(&wanted));
    assert_eq!(status, 200, "{made}");
    made["data"]["secret"].as_str().expect("a secret").clone_into(&mut secret.lock().expect("no panic"));
    let (mut uids, mut random) = (BTreeSet::new(), seed);
    for number in 0..count {
        let body = json!({"phone": ECHO, "text": number.to_string()});
        let deadline = Instant::now() + Duration::from_secs(30);
        let uid = loop {
            assert!(Instant::now() < deadline, "number {number} was never accepted");
            match journal::post(&server.address, &token, number, &body) {
                Some(uid) => break uid,
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        uids.insert(uid);
        if number % (count / (KILLS + 1)).max(1) == 7 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            thread::sleep(Duration::from_micros((random >> 33) % 30_000));
            server.signal(Signal::KILL);
            server.ended();
            server = place.serve_with(&options);
        }
    }
    wait_for(&uids, &heard);
    for (id, bodies) in heard.lock().expect("no panic").iter() {
        assert!(bodies.iter().all(|body| body == &bodies[0]), "{id} changed between its attempts");
    }
    server.stop();
}

/// Waits until every message was heard of, each under one id.
fn wait_for(uids: &BTreeSet<String>, heard: &Heard) {
    // What a kill left claimed comes when its claim has run out; what got no answer after its five seconds and a pause.
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let told: Vec<String> = heard.lock().expect("no panic").values().map(|bodies| uid_of(&bodies[0])).collect();
        let distinct: BTreeSet<String> = told.iter().cloned().collect();
        assert_eq!(distinct.len(), told.len(), "a message came under two ids");
        if uids.is_subset(&distinct) {
            return;
        }
        let missing = uids.difference(&distinct).count();
        assert!(Instant::now() < deadline, "{missing} of {} were never heard of", uids.len());
        thread::sleep(Duration::from_millis(100));
    }
}

fn uid_of(body: &str) -> String {
    let body: Value = serde_json::from_str(body).expect("JSON");
    body["message"]["message_uid"].as_str().expect("a uid").to_owned()
}
