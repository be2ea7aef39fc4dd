//! Chromium, and the DevTools protocol through its pipe: one JSON text after another, each ended by a zero byte. That
//! needs no library: what is sent is a command with a number, what comes back is its answer or an event.
//! The protocol: <https://chromedevtools.github.io/devtools-protocol/>.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest wait for anything that ought to happen; only a failing test waits this long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The browser listens on file 3 and speaks on file 4; a shell puts our pipes there.
const PIPED: &str = r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null"#;

const FLAGS: [&str; 15] = [
    "--remote-debugging-pipe",
    "--headless=new",
    // As root, in a container, there is no sandbox to be had; the pages are our own.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=HttpsUpgrades",
    "--no-first-run",
    // A name that isn't this machine's, for what browsers do only there.
    "--host-resolver-rules=MAP line.test 127.0.0.1",
    "--force-device-scale-factor=1",
    // A microphone that beeps, and nobody who has to allow it.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
];

pub struct Chromium {
    process: Child,
    commands: ChildStdin,
    heard: Receiver<Value>,
    /// Events that came while an answer was waited for.
    events: Vec<Value>,
    last_id: u64,
    _profile: TempDir,
}

impl Chromium {
    /// Starts the browser of `PARTYLINE_TEST_CHROMIUM`; without it the test is left out, or fails where all were promised.
    pub fn start() -> Option<Chromium> {
        Chromium::start_with_text_of(16)
    }

    /// The same with text of this size in pixels, as its owner has set it; 16 is usual.
    #[allow(clippy::print_stderr, reason = "what is left out is said loudly")]
    pub fn start_with_text_of(pixels: u32) -> Option<Chromium> {
        let Some(program) = std::env::var_os("PARTYLINE_TEST_CHROMIUM") else {
            assert!(std::env::var_os("PARTYLINE_TEST_ALL").is_none(), "PARTYLINE_TEST_ALL promised a browser");
            eprintln!("LEFT OUT: a real browser (PARTYLINE_TEST_CHROMIUM is not set)");
            return None;
        };
        let profile = tempfile::tempdir().expect("a temporary folder");
        let settings = json!({"webkit": {"webprefs": {"default_font_size": pixels}}});
        std::fs::create_dir_all(profile.path().join("Default")).expect("a folder");
        std::fs::write(profile.path().join("Default/Preferences"), settings.to_string()).expect("its settings");
        let mut process = Command::new("sh")
            .args(["-c", PIPED])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser starts");
        let commands = process.stdin.take().expect("a pipe");
        let mut spoken = BufReader::new(process.stdout.take().expect("a pipe"));
        let (sender, heard) = channel();
        // Ends with the browser, or with the test that listens.
        std::thread::spawn(move || {
            let mut text = Vec::new();
            while spoken.read_until(0, &mut text).is_ok_and(|length| length > 0) {
                text.pop();
                let Ok(message) = serde_json::from_slice(&text) else { return };
                if sender.send(message).is_err() {
                    return;
                }
                text.clear();
            }
        });
        Some(Chromium { process, commands, heard, events: Vec::new(), last_id: 0, _profile: profile })
    }

    /// Sends a command, to a tab or (with an empty `tab`) to the browser, and waits for its answer.
    pub fn call(&mut self, tab: &str, method: &str, parameters: Value) -> Value {
        self.try_call(tab, method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The same, for what may fail because the page is just being replaced.
    pub fn try_call(&mut self, tab: &str, method: &str, parameters: Value) -> Result<Value, Value> {
        self.call_within(PATIENCE, tab, method, parameters).unwrap_or_else(|| panic!("{method} has no answer"))
    }

    /// The same; nothing where no answer came in time.
    pub fn call_within(
        &mut self,
        patience: Duration,
        tab: &str,
        method: &str,
        parameters: Value,
    ) -> Option<Result<Value, Value>> {
        self.last_id += 1;
        let mut command = json!({"id": self.last_id, "method": method, "params": parameters});
        if !tab.is_empty() {
            command["sessionId"] = tab.into();
        }
        let text = format!("{command}\0");
        self.commands.write_all(text.as_bytes()).expect("the browser listens");
        let until = Instant::now() + patience;
        loop {
            let mut message = self.next(until)?;
            if message["id"] == self.last_id {
                let error = message["error"].take();
                return Some(if error.is_null() { Ok(message["result"].take()) } else { Err(error) });
            }
            self.events.push(message);
        }
    }

    /// Events of a tab so far.
    pub fn events<'a>(&'a self, tab: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter(move |event| event["sessionId"] == tab)
    }

    /// What the browser told since a trace began (`Tracing.start`), as its events.
    pub fn traced(&mut self) -> Vec<Value> {
        self.call("", "Tracing.end", json!({}));
        let until = Instant::now() + PATIENCE;
        let is_end = |event: &Value| event["method"] == "Tracing.tracingComplete";
        while !self.events.iter().any(is_end) {
            let event = self.next(until).expect("the trace's end");
            self.events.push(event);
        }
        let (told, kept) = self
            .events
            .drain(..)
            .partition(|event| event["method"].as_str().is_some_and(|method| method.starts_with("Tracing.")));
        self.events = kept;
        let told: Vec<Value> = told;
        told.into_iter()
            .filter_map(|mut event| match event["params"]["value"].take() {
                Value::Array(events) => Some(events),
                _ => None,
            })
            .flatten()
            .collect()
    }

    fn next(&self, until: Instant) -> Option<Value> {
        self.heard.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Asked to, it ends all its processes and leaves its folder; a failing test must not hang on it though.
        let close = json!({"id": self.last_id + 1, "method": "Browser.close"});
        let _ = self.commands.write_all(format!("{close}\0").as_bytes());
        let until = Instant::now() + Duration::from_secs(5);
        while self.next(until).is_some() {}
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
