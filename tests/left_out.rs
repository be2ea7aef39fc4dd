//! Says what this run of the tests could not test. `.config/nextest.toml` shows its words although it passes.

use std::env;

/// What some tests need beside the compiler, and the variable that tells them where it is.
const NEEDED: [(&str, &str); 6] = [
    ("PARTYLINE_TEST_POSTGRES", "everything on PostgreSQL: the store and database suites ran on SQLite only"),
    ("PARTYLINE_TEST_CHROMIUM", "every screen in a real browser"),
    ("PARTYLINE_TEST_AXE", "the screens by axe-core: only our own checks of accessibility ran"),
    ("PARTYLINE_TEST_SCHEMATHESIS", "the API against its own OpenAPI document"),
    ("PARTYLINE_TEST_BAILEYS", "linked devices beside a client by other hands"),
    ("PARTYLINE_TEST_PYTHON", "webhooks by a library in another language"),
];

#[test]
fn what_this_run_left_out() {
    let missing: Vec<_> = NEEDED.iter().filter(|(variable, _)| env::var_os(variable).is_none()).collect();
    let all_were_promised = env::var_os("PARTYLINE_TEST_ALL").is_some();
    assert!(missing.is_empty() || !all_were_promised, "PARTYLINE_TEST_ALL is set, but not {missing:?}");
    if missing.is_empty() {
        return;
    }
    println!("THIS RUN LEFT TESTS OUT. They passed without testing anything:");
    for (variable, tested) in missing {
        println!("  - {tested} ({variable} is not set)");
    }
    println!("`cargo xtask test` runs them all; it installs what they need.");
}
