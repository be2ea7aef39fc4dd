//! The API against its own OpenAPI document: schemathesis makes requests of every kind, good, bad and in sequences, against
//! the real program, and judges the answers by what the document promises.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

#[path = "commands/support.rs"]
#[allow(dead_code, reason = "the commands' tests use the rest")]
mod support;

use support::Place;

const PROGRAM: &str = "PARTYLINE_TEST_SCHEMATHESIS";
const ALL: &str = "PARTYLINE_TEST_ALL";
/// Another seed than the usual one, or the one that a run has printed.
const SEED: &str = "PARTYLINE_TEST_SEED";
/// A change is judged by what it changed, not by another throw of the dice; those are for runs by hand.
const SEED_USUAL: &str = "1795364032";

/// How many requests it may make up for an operation in each of the phases that make up any. By number and not by time, so
/// that a slow machine makes as many as a quick one.
const EXAMPLES_MAX: &str = "20";
const PHASES: [&str; 4] = ["Examples", "Coverage", "Fuzzing", "Stateful"];
/// All phases together.
const REQUESTS_MIN: u64 = 5_000;

/// A document can't say which phones are valid, which emails are known and which names are taken, so a request that is as
/// its schema says may be refused all the same; that it is refused well is what `tests/contract/errors.rs` looks at.
///
/// Nor whether what a POST has just made can be found: a good `Idempotency-Key` that was used before gives the earlier answer
/// again, and what that names may have been deleted since, which the tool takes for a loss.
const LEFT_OUT: &str = "positive_data_acceptance,ensure_resource_availability";

/// By itself it doesn't take 413 and 414 for a refusal of what is too long.
const SETTINGS: &str = "[checks]\nnegative_data_rejection.expected-statuses = [\"400\", \"401\", \"403\", \"404\", \"405\", \
    \"406\", \"409\", \"413\", \"414\", \"415\", \"422\", \"428\", \"429\", \"5xx\"]\n";

/// Each request comes from an address of its own, by the word of a proxy: an address that brings many bad tokens is made to wait
/// a second for each, and bad tokens are a part of what is tried.
const ADDRESSES: &str = r#"
import itertools
import requests

numbers = itertools.count()
send = requests.adapters.HTTPAdapter.send

def send_from_elsewhere(adapter, request, **kwargs):
    number = next(numbers)
    request.headers["X-Forwarded-For"] = f"198.18.{number >> 8 & 255}.{number & 255}"
    return send(adapter, request, **kwargs)

requests.adapters.HTTPAdapter.send = send_from_elsewhere
"#;

#[test]
#[allow(clippy::print_stderr, reason = "what is left out is said loudly")]
fn schemathesis_finds_nothing() {
    let Some(program) = env::var_os(PROGRAM) else {
        assert!(env::var_os(ALL).is_none(), "{ALL} promised schemathesis");
        eprintln!("LEFT OUT: schemathesis ({PROGRAM} is not set)");
        return;
    };
    let place = Place::new();
    let mut server = place.serve_with(&["--sandbox-speed", "0", "--trusted-proxy", "127.0.0.1/32"]);
    let token = server.welcome().token;
    let raised =
        ["--rate-per-minute", "1000000", "--calls-per-cycle", "1000000000", "--credits-per-cycle", "1000000000"];
    place.says(&[&["workspace", "set-limits", "My workspace"][..], &raised[..]].concat());

    let seed = env::var(SEED).unwrap_or_else(|_| SEED_USUAL.to_owned());
    for (name, text) in [("schemathesis.toml", SETTINGS), ("addresses.py", ADDRESSES)] {
        std::fs::write(place.outer.path().join(name), text).expect("its settings are written");
    }
    let address = &server.address;
    let output = Command::new(program)
        .args(["run", &format!("{address}/integrations/api/openapi.json"), "--url", address])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--seed", &seed, "--max-examples", EXAMPLES_MAX, "--no-shrink", "--continue-on-failure"])
        .args(["--generation-database", "none", "--request-timeout", "60", "--max-response-time", "60"])
        // An answer without an end is no answer to it.
        .args(["--exclude-path", "/integrations/api/events/stream"])
        .args(["--checks", "all", "--exclude-checks", LEFT_OUT])
        .env("SCHEMATHESIS_HOOKS", "addresses.py")
        .current_dir(place.outer.path())
        .stdin(Stdio::null())
        .output()
        .expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}\n{}\n{SEED}={seed} does this run again", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "schemathesis found something; {SEED}={seed} does it again");
    for phase in PHASES {
        assert!(said.lines().any(|line| line.contains(&format!("✅  {phase} "))), "{phase} did not come to its end");
    }
    let requests = answered(&server);
    assert!(requests >= REQUESTS_MIN, "only {requests} requests");
    server.stop();
}

/// How many requests the server has answered.
fn answered(server: &support::Server) -> u64 {
    let host = server.address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("the server listens");
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("sent");
    let mut metrics = String::new();
    stream.read_to_string(&mut metrics).expect("answered");
    let counts = metrics.lines().filter(|line| line.starts_with("partyline_http_requests_total{"));
    counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
