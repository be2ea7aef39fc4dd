//! The real program on a free port, with data that goes when the test ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::chromium::PATIENCE;

pub struct Server {
    process: Child,
    /// `http://127.0.0.1:` and its port.
    pub address: String,
    pub token: String,
    /// The path of the setup link, if the first start said one.
    pub setup: String,
    folder: TempDir,
}

impl Server {
    /// The same on the same data and port, after what `meanwhile` did to its database while it was down.
    pub fn restarted(mut self, meanwhile: impl FnOnce(&Path)) -> Server {
        self.stop();
        meanwhile(&self.folder.path().join("partyline-data/partyline.db"));
        let port = self.address.strip_prefix("http://").expect("an address").to_owned();
        let (process, mut said) = start_in(&self.folder, &["serve", "--listen", &port]);
        self.process = process;
        loop {
            let line = next_line(&mut said, &mut self.process);
            if line.contains("is listening on") {
                return self;
            }
        }
    }

    fn stop(&mut self) {
        // Calmly, so that a throwaway folder of its own goes too.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }

    /// As another program's tests start it.
    pub fn ephemeral() -> Server {
        let (folder, mut process, mut said) = start(&["serve", "--ephemeral", "--print-json"]);
        let line: Value = serde_json::from_str(&next_line(&mut said, &mut process)).expect("a line of JSON");
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        Server { address: text("address"), token: text("token"), setup: String::new(), process, folder }
    }

    /// As a newcomer starts it: what they need is read from what it prints.
    pub fn first_start() -> Server {
        Server::first_start_with(&[])
    }

    /// The same with options of theirs.
    pub fn first_start_with(options: &[&str]) -> Server {
        let (folder, mut process, mut said) = start(&[&["serve", "--listen", "127.0.0.1:0"], options].concat());
        let (mut address, mut token, mut setup) = (String::new(), String::new(), String::new());
        while setup.is_empty() || token.is_empty() {
            let line = next_line(&mut said, &mut process);
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["Partyline", "is", "listening", "on", at, ..] => address = (*at).to_owned(),
                ["Token", secret, ..] => token = (*secret).to_owned(),
                ["Set", "it", "up", link, ..] => setup = link.strip_prefix(&address).expect("our link").to_owned(),
                _ => {}
            }
        }
        Server { process, address, token, setup, folder }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// The JSON of a path of the public API, asked for with the server's own token.
    pub fn api(&self, path: &str) -> Value {
        let answer = self.api_as(&self.token, path);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).expect("JSON")
    }

    /// Sends JSON to a path of the public API with the server's own token; it must be taken.
    pub fn post(&self, path: &str, body: &str) -> Value {
        let host = self.address.strip_prefix("http://").expect("an address");
        let mut stream = TcpStream::connect(host).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        write!(
            stream,
            "POST /integrations/api{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).expect("JSON")
    }

    /// The whole answer to somebody with this token.
    pub fn api_as(&self, token: &str, path: &str) -> String {
        let host = self.address.strip_prefix("http://").expect("an address");
        let mut stream = TcpStream::connect(host).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        write!(
            stream,
            "GET /integrations/api{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\n\r\n"
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

fn start(arguments: &[&str]) -> (TempDir, Child, BufReader<ChildStdout>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (process, said) = start_in(&folder, arguments);
    (folder, process, said)
}

fn start_in(folder: &TempDir, arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partyline"));
    command.args(arguments).current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped());
    // What the machine's own server is told is not meant for this one.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PARTYLINE_")) {
        command.env_remove(name);
    }
    let mut process = command.env("PARTYLINE_LOG", "warn").spawn().expect("the server starts");
    let said = BufReader::new(process.stdout.take().expect("its words"));
    (process, said)
}

/// Waits for one; a server that ends instead has said why on standard error.
fn next_line(said: &mut BufReader<ChildStdout>, process: &mut Child) -> String {
    let mut line = String::new();
    if said.read_line(&mut line).expect("words") == 0 {
        panic!("the server ended: {:?}", process.wait());
    }
    line
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
