//! A test that lacks what it needs may pass without testing, but only where nobody was promised all of them: whoever asks
//! for a thing that `cargo xtask test` provides must fail without it when `PARTYLINE_TEST_ALL` is set.

use crate::File;

const NEEDS: [&str; 6] = [
    "\"PARTYLINE_TEST_POSTGRES\"",
    "\"PARTYLINE_TEST_CHROMIUM\"",
    "\"PARTYLINE_TEST_AXE\"",
    "\"PARTYLINE_TEST_SCHEMATHESIS\"",
    "\"PARTYLINE_TEST_PYTHON\"",
    "\"PARTYLINE_TEST_BAILEYS\"",
];
const ALL: &str = "PARTYLINE_TEST_ALL";
/// What follows where a missing thing is a failure in any case.
const FAILS: [&str; 2] = [").unwrap()", ").expect("];
/// The chore that sets the variables, this check, and what is no test.
const EXCEPT: [&str; 4] = ["xtask/src/", "tests/tidy/", "benches/", "crates/database/benches/"];

pub fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && !file.is_under(&EXCEPT) && !file.text.contains(ALL)) {
        for need in NEEDS.iter().filter(|need| may_do_without(&file.text, need)) {
            findings.push(format!("{}: asks for {need} and ignores {ALL}", file.path));
        }
    }
    findings
}

fn may_do_without(text: &str, need: &str) -> bool {
    text.match_indices(need).any(|(at, _)| !FAILS.iter().any(|fails| text[at + need.len()..].starts_with(fails)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::planted;

    #[test]
    fn a_test_that_silently_leaves_itself_out_is_found() {
        let asks = "let Ok(url) = std::env::var(\"PARTYLINE_TEST_POSTGRES\") else { return };";
        assert_eq!(check(&[planted("tests/a.rs", asks)]).len(), 1);
        let careful = format!("{asks} // or fail: PARTYLINE_TEST_ALL");
        let strict = "let url = std::env::var(\"PARTYLINE_TEST_POSTGRES\").unwrap();";
        assert!(check(&[planted("tests/a.rs", &careful), planted("tests/b.rs", strict)]).is_empty());
    }
}
