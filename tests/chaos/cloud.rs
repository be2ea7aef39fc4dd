//! Kills while messages go through the Cloud API to the sandbox's Graph: at random moments between choosing a message, its
//! request, the answer and our record of it. Nothing is lost, nothing doubled, and what nobody can know is flagged.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::journal;
use crate::support::{Place, Server};
use crate::{KILLS, prepare, setting};

/// Its phone shows 200 messages at most.
const COUNT: usize = 150;
const READER: &str = "+12025550103";

#[test]
fn messages_through_the_cloud_api_survive_kills_each_once_or_flagged() {
    let seed = setting("PARTYLINE_CHAOS_SEED", u64::from(std::process::id()));
    println!("PARTYLINE_CHAOS_SEED={seed}");
    let place = Place::new();
    let token = prepare(&place);
    // The Graph tells its news to the address of the first start.
    let listen = free_address();
    let options = ["--sandbox-speed", "20", "--listen", listen.as_str()];
    let mut server = place.serve_with(&options);
    place.says(&["account", "add", "cloud", "--sandbox"]);
    open_window(&server, &token);
    let (mut uids, mut random) = (Vec::new(), seed);
    for number in 0..COUNT {
        uids.push(accepted(&server, &token, number));
        if number % (COUNT / (KILLS + 1)) == 17 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            thread::sleep(Duration::from_micros((random >> 33) % 40_000));
            server.signal(Signal::KILL);
            server.ended();
            server = place.serve_with(&options);
        }
    }
    let standings = settled(&server, &token, &uids);
    let shown = on_the_phone(&server, &token);
    let mut uncertain = 0;
    for (number, uid) in uids.iter().enumerate() {
        let times = shown.get(&number.to_string()).copied().unwrap_or(0);
        match standings[uid].as_str() {
            "delivered" => assert_eq!(times, 1, "number {number} was delivered"),
            "uncertain" => {
                uncertain += 1;
                assert!(times <= 1, "number {number} is uncertain and came {times} times");
            }
            other => panic!("number {number} is {other}, and on the phone {times} times"),
        }
    }
    assert!(uncertain <= KILLS, "{uncertain} are uncertain after {KILLS} kills in one chat");
    server.stop();
}

/// Below those that the system gives to connections: one of these could take it while the server is dead.
fn free_address() -> String {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).expect("it is small");
    let listener = (first..32_000).find_map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).ok());
    listener.expect("a port").local_addr().expect("its address").to_string()
}

/// The contact writes first, through the Graph, and is heard.
fn open_window(server: &Server, token: &str) {
    let said = json!({"from": READER, "text": "Is my bike ready?"});
    let (status, told) = server.api(token, "POST", "/sandbox/inbound", Some(&said));
    assert_eq!(status, 200, "{told}");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (_, chats) = server.api(token, "GET", "/chats", None);
        if chats["data"]["chats"].as_array().is_some_and(|chats| !chats.is_empty()) {
            return;
        }
        assert!(Instant::now() < deadline, "the contact was never heard: {chats}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn accepted(server: &Server, token: &str, number: usize) -> String {
    let body = json!({"phone": READER, "text": number.to_string()});
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        assert!(Instant::now() < deadline, "number {number} was never accepted");
        match journal::post(&server.address, token, number, &body) {
            Some(uid) => return uid,
            None => thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Where each message stands, once none of them moves any more.
fn settled(server: &Server, token: &str, uids: &[String]) -> BTreeMap<String, String> {
    let begun = Instant::now();
    let deadline = begun + Duration::from_secs(120);
    let mut standings = BTreeMap::new();
    for uid in uids {
        loop {
            let (status, told) = server.api(token, "GET", &format!("/messages/{uid}/explain"), None);
            assert_eq!(status, 200, "{told}");
            let standing = told["data"]["standing"].as_str().expect("a word").to_owned();
            // One that is uncertain may still be settled by its news.
            let is_last =
                standing == "delivered" || standing == "uncertain" && begun.elapsed() > Duration::from_secs(20);
            if is_last {
                standings.insert(uid.clone(), standing);
                break;
            }
            assert!(Instant::now() < deadline, "after two minutes {uid} is {standing}: {told}");
            thread::sleep(Duration::from_millis(50));
        }
    }
    standings
}

/// How often each text stands on the contact's phone.
fn on_the_phone(server: &Server, token: &str) -> BTreeMap<String, usize> {
    let path = format!("/sandbox/phones/{}/messages", READER.trim_start_matches('+'));
    let (status, told) = server.api(token, "GET", &path, None);
    assert_eq!(status, 200, "{told}");
    let mut shown = BTreeMap::new();
    for message in told["data"]["messages"].as_array().expect("messages") {
        *shown.entry(message["text"].as_str().expect("a text").to_owned()).or_insert(0) += 1;
    }
    shown
}
