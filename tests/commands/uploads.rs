//! Files over the wire: how large a body may be, and a disk without room.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::support::{PATIENCE, Place, Server};

const MIB: usize = 1024 * 1024;
const BOUNDARY: &str = "the-line-between";
/// What the largest form may have: the largest document, and what a form adds.
const FORM_BYTES_MAX: usize = 101 * MIB;
const UPLOADS: [&str; 3] = ["/files_upload", "/chats/1/file_message", "/chats/1/voice_message"];

fn form(file: &[u8]) -> Vec<u8> {
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n");
    [head.as_bytes(), file, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

fn head(server: &Server, token: &str, path: &str, length: usize) -> String {
    let host = server.address.trim_start_matches("http://");
    format!(
        "POST /integrations/api{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}

/// Sends a form as far as the server takes it; the answer's status, head and JSON.
fn upload(server: &Server, token: &str, path: &str, body: Vec<u8>, length: usize) -> (u16, String, Value) {
    let host = server.address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(head(server, token, path, length).as_bytes()).expect("sent");
    let mut writer = stream.try_clone().expect("a second handle");
    // The server may have answered, and closed, before it took all.
    let sent = thread::spawn(move || drop(writer.write_all(&body)));
    let mut answer = Vec::new();
    // A connection that is cut behind the answer is the server's right while the body still comes.
    let _ = stream.read_to_end(&mut answer);
    sent.join().expect("the writer ends");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (status.unwrap_or_else(|| panic!("{path}: {answer:?}")), head.to_lowercase(), json_of(body))
}

fn json_of(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or(Value::Null)
}

/// Bytes that are nothing in particular, with this beginning.
fn file(begin: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = begin.to_vec();
    bytes.resize(size, b'x');
    bytes
}

fn whole(server: &Server, token: &str, path: &str, file: &[u8]) -> (u16, String, Value) {
    let body = form(file);
    let length = body.len();
    upload(server, token, path, body, length)
}

/// Every file below a folder.
fn files_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files_below(&path),
            path => vec![path.display().to_string()],
        })
        .collect()
}

#[test]
fn uploads_may_be_as_large_as_the_largest_file_and_no_other_body_may() {
    let place = Place::new();
    let mut server = place.serve();
    let token = server.welcome().token;
    let hello = json!({"phone": "+1 202 555 0102", "text": "makes chat 1"});
    assert_eq!(server.api(&token, "POST", "/messages", Some(&hello)).0, 200);

    let long = json!({"phone": "+1 202 555 0102", "text": "x".repeat(3 * MIB)});
    let (status, answer) = server.api(&token, "POST", "/messages", Some(&long));
    assert_eq!((status, &answer["error_code"]), (413, &json!("file_too_large")), "{answer}");
    for path in UPLOADS {
        // What is announced to be too large is refused before it comes.
        let (status, _, answer) = upload(&server, &token, path, Vec::new(), FORM_BYTES_MAX + 1);
        assert_eq!((status, &answer["error_code"]), (413, &json!("file_too_large")), "{path}: {answer}");
    }
    for path in &UPLOADS[..2] {
        let (status, _, answer) = whole(&server, &token, path, &file(b"", 3 * MIB));
        assert_eq!(status, 200, "{path}: {answer}");
        let (status, _, answer) = whole(&server, &token, path, &file(b"\xff\xd8\xff\xe0", 17 * MIB));
        assert_eq!((status, &answer["error_code"]), (413, &json!("file_too_large")), "{path}: {answer}");
        let told = answer["message"].as_str().unwrap_or_default();
        assert!(told.contains("An image may have 16 MB"), "{told}");
    }
    assert_eq!(server.api(&token, "GET", "/files", None).1["data"].as_array().map(Vec::len), Some(2));
}

/// The server, unable to write any file beyond this size: a disk that is full as soon as somebody brings something large.
fn cramped(place: &Place) -> Server {
    let program = place.command(&["serve"]);
    let mut shell = Command::new("sh");
    // In blocks of 512 or 1,024 bytes, as the shell has it: 8 or 16 MiB. Ignored, the signal becomes an error of the write.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 16384; exec \"$0\" \"$@\""]);
    shell.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.current_dir(place.outer.path());
    Server::start(shell)
}

#[test]
fn a_file_that_finds_no_room_is_refused_leaves_nothing_and_the_rest_goes_on() {
    let place = Place::new();
    let mut server = cramped(&place);
    let token = server.welcome().token;
    let hello = json!({"phone": "+1 202 555 0102", "text": "makes chat 1"});
    assert_eq!(server.api(&token, "POST", "/messages", Some(&hello)).0, 200);
    for path in &UPLOADS[..2] {
        let (status, head, answer) = whole(&server, &token, path, &file(b"", 24 * MIB));
        assert_eq!(status, 503, "{path}: {answer}");
        assert!(head.contains("retry-after: 60"), "{head}");
        let told = answer["message"].as_str().unwrap_or_default();
        assert!(told.contains("disk is full"), "{told}");
    }
    let blobs = || files_below(&place.data).into_iter().filter(|path| path.contains("/files/")).collect::<Vec<_>>();
    assert_eq!(blobs(), [""; 0], "nothing half-written stays");
    assert_eq!(server.api(&token, "GET", "/files", None).1["data"], json!([]));
    let (status, _, answer) = whole(&server, &token, "/files_upload", b"bikes");
    assert_eq!(status, 200, "what finds room is taken: {answer}");
    assert_eq!(blobs().len(), 1);
    assert_eq!(server.api(&token, "POST", "/messages", Some(&hello)).0, 200, "and messages go on");
}
