//! What the guide shows for verifying a signature verifies one, in every language that it shows, and refuses a forged one.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partyline::clock::Clock;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

const GUIDE: &str = include_str!("../../docs/guides/webhooks.md");

/// A language: its fence, its program, the file's name, and what is put before and behind the guide's lines. What it runs
/// reads `[{secret, headers, body}]` from its input, the body in Base64, and writes a list of booleans.
const LANGUAGES: [(&str, &str, &str, &str, &str); 3] = [
    (
        "python",
        "python3",
        "verify.py",
        "",
        "import json, sys\nprint(json.dumps([verify(c['secret'], c['headers'], base64.b64decode(c['body'])) for c in json.load(sys.stdin)]))",
    ),
    (
        "js",
        "node",
        "verify.mjs",
        "",
        "import { readFileSync } from 'node:fs';\nconst cases = JSON.parse(readFileSync(0, 'utf8'));\nconsole.log(JSON.stringify(cases.map((c) => verify(c.secret, c.headers, Buffer.from(c.body, 'base64')))));",
    ),
    (
        "php",
        "php",
        "verify.php",
        "<?php\n",
        "echo json_encode(array_map(fn($c) => verify($c['secret'], $c['headers'], base64_decode($c['body'])), json_decode(file_get_contents('php://stdin'), true)));",
    ),
];

fn block(fence: &str) -> &'static str {
    let from = GUIDE.find(&format!("```{fence}\n")).unwrap_or_else(|| panic!("the guide shows {fence}"));
    let rest = &GUIDE[from + fence.len() + 4..];
    &rest[..rest.find("```").expect("its end")]
}

/// Deliveries to judge, and which of them are good.
fn cases() -> (Value, Vec<bool>) {
    let (secret, other) =
        (format!("whsec_{}", STANDARD.encode([7; 32])), format!("whsec_{}", STANDARD.encode([8; 32])));
    let now = Clock::system().now().ms() / 1000;
    let body = "{\"text\":\"olá \u{1f6b2}\"}";
    let sign = |secret: &str, at: i64| {
        Webhook::new(secret).expect("a secret").sign("msg_1", at, body.as_bytes()).expect("signed")
    };
    let case = |at: i64, signature: String, body: &str| {
        let headers =
            json!({"webhook-id": "msg_1", "webhook-timestamp": at.to_string(), "webhook-signature": signature});
        json!({"secret": secret, "headers": headers, "body": STANDARD.encode(body)})
    };
    let cases = [
        (case(now, sign(&secret, now), body), true),
        (case(now, format!("{} {}", sign(&other, now), sign(&secret, now)), body), true),
        (case(now, sign(&other, now), body), false),
        (case(now, sign(&secret, now), "{\"text\":\"more\"}"), false),
        (case(now, sign(&secret, now - 1), body), false),
        (case(now - 400, sign(&secret, now - 400), body), false),
        (case(now + 400, sign(&secret, now + 400), body), false),
        (case(now, String::new(), body), false),
    ];
    let good = cases.iter().map(|(_, good)| *good).collect();
    (cases.into_iter().map(|(case, _)| case).collect(), good)
}

fn run(program: &str, script: &Path, input: &str) -> Vec<bool> {
    let mut child = Command::new(program)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{program} failed");
    serde_json::from_slice(&output.stdout).expect("a list of booleans")
}

#[test]
#[allow(clippy::print_stderr, reason = "what is left out is said loudly")]
fn the_guides_lines_verify_what_is_good_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cases, good) = cases();
    for (fence, program, file, before, behind) in LANGUAGES {
        let script = folder.path().join(file);
        std::fs::write(&script, format!("{before}{}\n{behind}\n", block(fence))).expect("written");
        let is_there = Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
        if !is_there {
            assert!(std::env::var_os("PARTYLINE_TEST_ALL").is_none(), "PARTYLINE_TEST_ALL promised {program}");
            eprintln!("LEFT OUT: the guide's lines in {fence} ({program} is not installed)");
            continue;
        }
        assert_eq!(run(program, &script, &cases.to_string()), good, "{fence}");
    }
}
