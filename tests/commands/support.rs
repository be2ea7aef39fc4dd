//! A place to run the real program in, and a server that was started there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(20);
const POLL_EVERY: Duration = Duration::from_millis(10);

/// A folder of its own for one test.
pub struct Place {
    pub outer: TempDir,
    pub data: PathBuf,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Place {
        Place::named("data")
    }

    /// With a data folder of this name.
    pub fn named(name: &str) -> Place {
        let outer = tempfile::tempdir().expect("a temporary folder");
        let data = outer.path().join(name);
        Place { outer, data }
    }

    /// The program, with nothing of the tester's environment, on this place's data.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.env("PARTYLINE_DATA", &self.data).env("PARTYLINE_LISTEN", "127.0.0.1:0").current_dir(self.outer.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    /// Runs a command that must succeed, and gives its standard output.
    pub fn says(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran.stdout
    }

    pub fn says_json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.says(arguments)).expect("JSON")
    }

    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    pub fn serve_with(&self, arguments: &[&str]) -> Server {
        Server::start(self.command(arguments))
    }
}

/// The program without any of its variables.
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partyline"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PARTYLINE_")) {
        command.env_remove(name);
    }
    command.env("TZ", "Europe/Lisbon").args(arguments);
    command
}

pub fn run(command: &mut Command) -> Ran {
    let output = command.stdin(Stdio::null()).output().expect("the program runs");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A running server, ended with the test.
pub struct Server {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
    /// What it wrote to standard error, for whoever wonders why it didn't start.
    log: Arc<Mutex<String>>,
    /// As in `http://127.0.0.1:4711`.
    pub address: String,
}

impl Server {
    /// Starts it and waits until it says that it listens.
    pub fn start(command: Command) -> Server {
        let mut server = Server::spawn(command);
        let line = server.wait_for(|line| line.starts_with("Partyline is listening on "));
        let rest = line.trim_start_matches("Partyline is listening on ");
        server.address = rest.split(',').next().unwrap_or(rest).to_owned();
        server
    }

    /// Starts it and waits for nothing.
    pub fn spawn(mut command: Command) -> Server {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("piped");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let log = Arc::new(Mutex::new(String::new()));
        let (stderr, kept) = (child.stderr.take().expect("piped"), Arc::clone(&log));
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                kept.lock().expect("nobody panics with it").push_str(&format!("{line}\n"));
            }
        });
        Server { child, lines, said: Vec::new(), log, address: String::new() }
    }

    /// The first line that fits, read until it comes.
    pub fn wait_for(&mut self, fits: impl Fn(&str) -> bool) -> String {
        if let Some(line) = self.said.iter().find(|line| fits(line)) {
            return line.clone();
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("only said {:?}, and\n{}", self.said, self.log.lock().expect("nobody panics with it"));
            };
            self.said.push(line.clone());
            if fits(&line) {
                return line;
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process's number")).expect("not nought");
        kill_process(pid, signal).expect("the server is there");
    }

    /// Waits until it has ended; how, and all that it ever said.
    pub fn ended(mut self) -> (ExitStatus, Vec<String>) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                break status;
            }
            assert!(Instant::now() < deadline, "the server doesn't end");
            thread::sleep(POLL_EVERY);
        };
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.said.push(line);
        }
        (status, std::mem::take(&mut self.said))
    }

    /// Asks it to end, which must go well; all that it ever said.
    pub fn stop(self) -> Vec<String> {
        self.signal(Signal::TERM);
        let (status, said) = self.ended();
        assert_eq!(status.code(), Some(0));
        said
    }

    /// The whole welcome of a first start.
    pub fn welcome(&mut self) -> Welcome {
        self.wait_for(|line| line.starts_with("This is the token"));
        let find = |word: &str| self.said.iter().find(|line| line.contains(word)).expect(word).clone();
        let word = |line: &str, start: &str| {
            let from = line.find(start).unwrap_or_else(|| panic!("{start} in {line}"));
            let end = line[from..].find([' ', '\'']).map_or(line.len(), |length| from + length);
            line[from..end].to_owned()
        };
        Welcome {
            link: word(&find("/setup/"), "http"),
            token: word(&find("Token  "), "pl_live_"),
            curl: find("curl -sS"),
            said: self.said.clone(),
        }
    }

    /// Asks the public API; the answer's status and JSON.
    pub fn api(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let text = body.map(Value::to_string).unwrap_or_default();
        let host = self.address.trim_start_matches("http://");
        let head = format!(
            "{method} /integrations/api{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
            text.len()
        );
        let mut stream = TcpStream::connect(host).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }
}

impl Server {
    /// Opens a page by its whole address; the answer's status.
    pub fn page(&self, url: &str) -> u16 {
        let host = self.address.trim_start_matches("http://");
        let path = url.trim_start_matches(&self.address);
        let mut stream = TcpStream::connect(host).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a first start says.
#[derive(Debug)]
pub struct Welcome {
    pub link: String,
    pub token: String,
    pub curl: String,
    pub said: Vec<String>,
}

/// Looks again and again until it is so.
pub fn eventually(what: &str, patience: Duration, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + patience;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {patience:?}: {what}");
        thread::sleep(POLL_EVERY);
    }
}
