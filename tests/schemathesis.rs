//! The API against its own OpenAPI document: schemathesis makes requests of every kind, good, bad and in sequences, against
//! the real program, and judges the answers by what the document promises.

use std::env;
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

/// How long it may make up requests. With starting and the examples of each operation the whole stays under five minutes.
const SECONDS: &str = "150";
/// Fewer would mean that something kept it from working.
const CASES_MIN: u64 = 2_000;

/// A document can't say which phones are valid, which emails are known and which names are taken, so a request that is as
/// its schema says may be refused all the same; that it is refused well is what `tests/contract/errors.rs` looks at.
///
/// Nor whether what a POST has just made can be found: a good `Idempotency-Key` that was used before gives the earlier answer
/// again, and what that names may have been deleted since, which the tool takes for a loss.
const LEFT_OUT: &str = "positive_data_acceptance,ensure_resource_availability";

/// By itself it doesn't take 413 and 414 for a refusal of what is too long.
const SETTINGS: &str = "[checks]\nnegative_data_rejection.expected-statuses = [\"400\", \"401\", \"403\", \"404\", \"405\", \
    \"406\", \"409\", \"413\", \"414\", \"415\", \"422\", \"428\", \"429\", \"5xx\"]\n";

#[test]
#[allow(clippy::print_stderr, reason = "what is left out is said loudly")]
fn schemathesis_finds_nothing() {
    let Some(program) = env::var_os(PROGRAM) else {
        assert!(env::var_os(ALL).is_none(), "{ALL} promised schemathesis");
        eprintln!("LEFT OUT: schemathesis ({PROGRAM} is not set)");
        return;
    };
    let place = Place::new();
    let mut server = place.serve_with(&["--sandbox-speed", "0"]);
    let token = server.welcome().token;
    let raised =
        ["--rate-per-minute", "1000000", "--calls-per-cycle", "1000000000", "--credits-per-cycle", "1000000000"];
    place.says(&[&["workspace", "set-limits", "My workspace"][..], &raised[..]].concat());

    let seed = env::var(SEED).unwrap_or_else(|_| SEED_USUAL.to_owned());
    std::fs::write(place.outer.path().join("schemathesis.toml"), SETTINGS).expect("its settings are written");
    let address = &server.address;
    let output = Command::new(program)
        .args(["run", &format!("{address}/integrations/api/openapi.json"), "--url", address])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--seed", &seed, "--max-time", SECONDS, "--no-shrink", "--continue-on-failure"])
        // An answer without an end is no answer to it.
        .args(["--exclude-path", "/integrations/api/events/stream"])
        .args(["--checks", "all", "--exclude-checks", LEFT_OUT])
        .current_dir(place.outer.path())
        .stdin(Stdio::null())
        .output()
        .expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}\n{}\n{SEED}={seed} does this run again", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "schemathesis found something; {SEED}={seed} does it again");
    let cases = said.lines().find_map(|line| line.trim().split_once(" generated")?.0.parse::<u64>().ok());
    assert!(cases.is_some_and(|cases| cases >= CASES_MIN), "only {cases:?} cases");
    server.stop();
}
