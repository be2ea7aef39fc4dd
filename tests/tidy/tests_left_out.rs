//! A test that lacks what it needs may pass without testing, but only where nobody was promised all of them: whoever asks
//! for a thing that `cargo xtask test` provides must fail without it when `PARTYLINE_TEST_ALL` is set.

use crate::File;

const PREFIX: &str = "PARTYLINE_TEST_";
/// The chore that sets the variables.
const PROVIDES: [&str; 1] = ["xtask/src/"];
const ALL: &str = "PARTYLINE_TEST_ALL";

pub fn check(files: &[File]) -> Vec<String> {
    let asks = |file: &&File| file.is_rust() && !file.is_under(&PROVIDES) && file.text.contains(PREFIX);
    let careless = files.iter().filter(asks).filter(|file| !file.text.contains(ALL));
    careless.map(|file| format!("{}: asks for {PREFIX}.. and ignores {ALL}", file.path)).collect()
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
        assert!(check(&[planted("tests/a.rs", &careful)]).is_empty());
    }
}
