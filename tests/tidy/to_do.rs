//! What is left for later has an issue, or it is forgotten.

use crate::File;
use crate::rust::{Piece, Source};

const MARKS: [&str; 3] = ["TODO", "FIXME", "XXX"];
/// Other files whose comments we write; in these any line counts.
const ENDINGS: [&str; 8] = [".toml", ".sql", ".sh", ".js", ".css", ".yml", ".md", ".ci/run"];

pub fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        let lines = if file.is_rust() {
            Source::parse(&file.text).comments
        } else if ENDINGS.iter().any(|ending| file.path.ends_with(ending)) {
            file.text.lines().enumerate().map(|(at, text)| Piece { line: at + 1, text: text.to_owned() }).collect()
        } else {
            continue;
        };
        let forgotten = lines.iter().filter(|piece| has_mark(&piece.text) && !has_issue(&piece.text));
        findings.extend(
            forgotten.map(|piece| format!("{}:{}: a to-do without its issue, as in TODO(#12)", file.path, piece.line)),
        );
    }
    findings
}

/// As a comment begins one: the mark itself may be spoken of in backticks or as part of a word.
fn has_mark(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '`').any(|word| MARKS.contains(&word))
}

fn has_issue(text: &str) -> bool {
    MARKS.iter().any(|mark| {
        let after = text.split_once(&format!("{mark}(#")).map_or("", |(_, after)| after);
        after.starts_with(|c: char| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::planted;

    #[test]
    fn a_to_do_without_an_issue_is_found() {
        let text = "// TODO: later\nfn f() {} // FIXME(#7): known\n/* and\n XXX here */\nlet a = \"TODO\";\n";
        assert_eq!(check(&[planted("src/a.rs", text)]).len(), 2);
        assert_eq!(check(&[planted("migrations/a.sql", "-- TODO index\n")]).len(), 1);
    }
}
