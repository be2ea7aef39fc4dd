//! A document that names a file which isn't there has stopped being true.

use crate::File;

const DOCUMENTS: [&str; 5] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/"];

/// A word in backticks that ends so is the name of a file.
const ENDINGS: [&str; 12] = ["rs", "toml", "md", "json", "sql", "html", "css", "js", "sh", "yml", "yaml", "lock"];

/// A word in backticks that begins so is a place in this repository.
const FOLDERS: [&str; 11] = [
    "src/",
    "crates/",
    "tests/",
    "benches/",
    "xtask/",
    "docs/",
    "migrations/",
    "assets/",
    "openapi/",
    ".config/",
    ".ci/",
];

/// Files that exist where Partyline runs or is built, not here.
const ELSEWHERE: [&str; 3] = ["partyline-data/", "target/", "DATA/"];

pub fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for document in files.iter().filter(|file| file.path.ends_with(".md") && file.is_under(&DOCUMENTS)) {
        for (line, text) in prose(&document.text) {
            for name in backticked(text).into_iter().filter(|name| names_a_file(name)) {
                if !is_there(files, name.trim_end_matches('/')) {
                    findings.push(format!("{}:{line}: `{name}` isn't there", document.path));
                }
            }
            for target in links(text) {
                let path = beside(&document.path, target);
                if !files.iter().any(|file| file.path == path || file.path.starts_with(&format!("{path}/"))) {
                    findings.push(format!("{}:{line}: the link to {target} leads nowhere", document.path));
                }
            }
        }
    }
    findings
}

/// Numbered lines outside of fenced blocks: those are examples.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((index + 1, line));
        }
    }
    lines
}

fn backticked(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

fn names_a_file(word: &str) -> bool {
    let plain = word.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-'));
    let ours =
        !word.starts_with(['/', '-']) && !word.contains("..") && !ELSEWHERE.iter().any(|place| word.starts_with(place));
    let ending = word.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending);
    plain && ours && (ENDINGS.contains(&ending) || FOLDERS.iter().any(|folder| word.starts_with(folder)))
}

/// A name may be short: `inbox/send.rs` is any file that ends so, and `src/inbox` any folder.
fn is_there(files: &[File], name: &str) -> bool {
    let (inside, within) = (format!("/{name}"), format!("/{name}/"));
    files.iter().any(|file| {
        let path = format!("/{}", file.path);
        path.ends_with(&inside) || path.contains(&within)
    })
}

/// Targets of `[text](target)` that lie in the repository.
fn links(line: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    for part in line.split("](").skip(1) {
        let target = part.split([')', ' ', '#']).next().unwrap_or("");
        if !target.is_empty() && !target.contains(':') && !target.starts_with('/') {
            targets.push(target.trim_end_matches('/'));
        }
    }
    targets
}

/// The path a link leads to, seen from the document that holds it.
fn beside(document: &str, target: &str) -> String {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::planted;

    #[test]
    fn a_file_that_is_not_there_is_found() {
        let findings = check(&[
            planted("src/inbox/send.rs", ""),
            planted("docs/API-DESIGN.md", "See `inbox/sent.rs`, `src/outbox/` and [the start](../README.md).\n"),
        ]);
        assert_eq!(
            findings,
            [
                "docs/API-DESIGN.md:1: `inbox/sent.rs` isn't there",
                "docs/API-DESIGN.md:1: `src/outbox/` isn't there",
                "docs/API-DESIGN.md:1: the link to ../README.md leads nowhere",
            ]
        );
    }

    #[test]
    fn what_is_there_or_is_no_file_passes() {
        let text = "`inbox/send.rs`, `send.rs`, `src/inbox`, [the rule](src/inbox/send.rs#L1), `application/json`,\n\
                    `cargo run`, `/messages/{uid}`, `partyline-data/`, [site](https://example.org/a.md)\n\
                    ```sh\n`gone.rs`\n```\n";
        assert!(check(&[planted("src/inbox/send.rs", ""), planted("README.md", text)]).is_empty());
    }
}
