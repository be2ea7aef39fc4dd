//! Kills in mid-load, seen from outside: what was answered is there after the restart, reaches its recipient once, in order.
//!
//! `PARTYLINE_CHAOS_MESSAGES` (600 unless told) and `PARTYLINE_CHAOS_SEED` make a longer run, or the same one again.

mod cloud;
mod journal;
mod points;
#[path = "../commands/support.rs"]
#[allow(dead_code, reason = "each test target uses its part of it")]
mod support;
mod webhooks;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use support::{Place, Server};

use journal::{Seen, judge};

const ECHO: &str = "+1 202 555 0100";
const KILLS: usize = 4;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn messages_to_echo_survive_kills_each_once_and_in_order() {
    let count = usize::try_from(setting("PARTYLINE_CHAOS_MESSAGES", 600)).expect("a count");
    let seed = setting("PARTYLINE_CHAOS_SEED", u64::from(std::process::id()));
    println!("PARTYLINE_CHAOS_MESSAGES={count} PARTYLINE_CHAOS_SEED={seed}");
    let place = Place::new();
    let token = prepare(&place);
    let mut server = place.serve_with(&["--sandbox-speed", "20"]);
    let address = Arc::new(Mutex::new(server.address.clone()));
    let accepted = Arc::new(AtomicUsize::new(0));
    let sender = {
        let (address, accepted, token) = (Arc::clone(&address), Arc::clone(&accepted), token.clone());
        thread::spawn(move || send_all(&address, &token, count, &accepted))
    };
    let mut random = seed;
    for kill in 1..=KILLS {
        while accepted.load(Ordering::SeqCst) < count * kill / (KILLS + 1) {
            thread::sleep(Duration::from_millis(1));
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(Duration::from_micros((random >> 33) % 20_000));
        server.signal(Signal::KILL);
        server.ended();
        server = place.serve_with(&["--sandbox-speed", "20"]);
        address.lock().expect("no panic").clone_from(&server.address);
    }
    let uids = sender.join().expect("the sender ends");
    let seen = all_read(&server, &token, count);
    judge(&uids, &seen).expect("the promises hold");
}

/// A data folder with a token that may send as fast as it can.
fn prepare(place: &Place) -> String {
    let server = place.serve();
    let most = "1000000";
    let limits = ["--rate-per-minute", most, "--calls-per-cycle", most, "--credits-per-cycle", most];
    place.says(&[&["workspace", "set-limits", "1"], &limits[..]].concat());
    let token = place.says(&["token", "create", "--name", "chaos", "--scope", "full"]);
    server.stop();
    token.trim().to_owned()
}

/// Sends one after the other, each with its key until it is answered. Returns the uids in order.
fn send_all(address: &Mutex<String>, token: &str, count: usize, accepted: &AtomicUsize) -> Vec<String> {
    let mut uids = Vec::with_capacity(count);
    let deadline = Instant::now() + Duration::from_secs(240);
    while uids.len() < count {
        assert!(Instant::now() < deadline, "only {} of {count} were accepted", uids.len());
        let number = uids.len();
        let address = address.lock().expect("no panic").clone();
        match journal::post(&address, token, number, &json!({"phone": ECHO, "text": number.to_string()})) {
            Some(uid) => {
                uids.push(uid);
                accepted.store(uids.len(), Ordering::SeqCst);
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    }
    uids
}

/// Waits until every message is read and answered, then tells the whole chat, oldest first.
fn all_read(server: &Server, token: &str, count: usize) -> Vec<Seen> {
    let deadline = Instant::now() + Duration::from_secs(180);
    loop {
        let seen = whole_chat(server, token);
        let read = seen.iter().filter(|message| message.from_me && message.status == "Read").count();
        let replies = seen.iter().filter(|message| !message.from_me).count();
        if read >= count && replies >= count {
            return seen;
        }
        assert!(Instant::now() < deadline, "after three minutes {read} of {count} are read, {replies} answered");
        thread::sleep(Duration::from_millis(200));
    }
}

fn whole_chat(server: &Server, token: &str) -> Vec<Seen> {
    let mut seen = Vec::new();
    for page in 1.. {
        let path = format!("/chats/1/messages?sorting_order=asc&limit=100&page={page}");
        let (status, body) = server.api(token, "GET", &path, None);
        assert_eq!(status, 200, "{body}");
        let rows = body["data"]["messages"].as_array().expect("messages");
        seen.extend(rows.iter().map(seen_of));
        if body["data"]["has_more_pages"] != true {
            break;
        }
    }
    seen
}

fn seen_of(row: &Value) -> Seen {
    let text = |key: &str| row[key].as_str().expect("a text").to_owned();
    Seen { uid: text("uid"), text: text("text"), status: text("status"), from_me: row["from_me"] == true }
}
