//! Small files and small functions: what fits on a screen can be read.

use crate::File;
use crate::rust::{Source, is_name};

/// The goal is a median of about 120; above this the tree as a whole has grown too coarse.
const MEDIAN_LINES_MAX: usize = 150;
const NINE_OF_TEN_LINES_MAX: usize = 350;
const FILE_LINES_MAX: usize = 700;
const FUNCTION_LINES_MAX: usize = 70;
/// With fewer files a quantile says nothing.
const QUANTILE_FILES_MIN: usize = 20;

const PLACES: [&str; 5] = ["src/", "crates/", "tests/", "benches/", "xtask/"];

pub fn check(files: &[File]) -> Vec<String> {
    let sources: Vec<&File> = files.iter().filter(|file| file.is_rust() && file.is_under(&PLACES)).collect();
    let mut findings = Vec::new();
    for file in &sources {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            findings.push(format!("{}: {lines} lines, at most {FILE_LINES_MAX}", file.path));
        }
        for (name, line, length) in functions(&Source::parse(&file.text)) {
            if length > FUNCTION_LINES_MAX {
                findings
                    .push(format!("{}:{line}: `{name}` has {length} lines, at most {FUNCTION_LINES_MAX}", file.path));
            }
        }
    }
    findings.extend(quantiles(&sources));
    findings
}

fn quantiles(sources: &[&File]) -> Vec<String> {
    let mut lengths: Vec<(usize, &str)> =
        sources.iter().map(|file| (file.text.lines().count(), file.path.as_str())).collect();
    lengths.sort_unstable();
    if lengths.len() < QUANTILE_FILES_MIN {
        return Vec::new();
    }
    let median = lengths[lengths.len() / 2].0;
    let (ninth, path) = lengths[lengths.len() * 9 / 10];
    let mut findings = Vec::new();
    if median > MEDIAN_LINES_MAX {
        findings.push(format!("the median file has {median} lines, at most {MEDIAN_LINES_MAX}"));
    }
    if ninth >= NINE_OF_TEN_LINES_MAX {
        findings
            .push(format!("more than a tenth of the files have {NINE_OF_TEN_LINES_MAX} lines, beginning with {path}"));
    }
    findings
}

/// Name, first line and length of every function with a body.
fn functions(source: &Source) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for at in 0..source.tokens.len() {
        if source.text(at) != "fn" || !is_name(source.text(at + 1)) {
            continue;
        }
        let Some(open) = body_of(source, at + 2) else { continue };
        let (first, last) = (source.tokens[at].line, source.tokens[source.closing(open)].line);
        found.push((source.text(at + 1).to_owned(), first, last - first + 1));
    }
    found
}

/// The brace that opens the body of the function whose signature goes on here; `None` if it has no body.
fn body_of(source: &Source, from: usize) -> Option<usize> {
    let mut at = from;
    while at < source.tokens.len() {
        match source.text(at) {
            // A semicolon in `[u8; 4]` ends nothing.
            "(" | "[" => at = source.closing(at),
            "{" => return Some(at),
            ";" => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::planted;

    fn function_of(lines: usize) -> String {
        format!("fn long(a: [u8; 4]) -> u8 {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn a_long_function_is_found() {
        assert!(check(&[planted("src/a.rs", &function_of(FUNCTION_LINES_MAX))]).is_empty());
        let findings = check(&[planted("src/a.rs", &function_of(FUNCTION_LINES_MAX + 1))]);
        assert_eq!(findings, ["src/a.rs:1: `long` has 71 lines, at most 70"]);
    }

    #[test]
    fn a_long_file_is_found() {
        let findings = check(&[planted("xtask/src/a.rs", &"\n".repeat(FILE_LINES_MAX + 1))]);
        assert_eq!(findings, ["xtask/src/a.rs: 701 lines, at most 700"]);
    }

    #[test]
    fn a_tree_of_middling_files_is_found() {
        let mut files: Vec<File> = (0..30).map(|n| planted(&format!("src/{n:02}.rs"), &"\n".repeat(100))).collect();
        assert!(check(&files).is_empty());
        for file in &mut files[20..] {
            file.text = "\n".repeat(NINE_OF_TEN_LINES_MAX);
        }
        assert_eq!(check(&files), ["more than a tenth of the files have 350 lines, beginning with src/27.rs"]);
        for file in &mut files[..20] {
            file.text = "\n".repeat(MEDIAN_LINES_MAX + 1);
        }
        assert!(check(&files).iter().any(|finding| finding.contains("median")));
    }
}
