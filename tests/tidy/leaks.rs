//! Nothing committed may tell where it was written or where its packages came from: neither is true anywhere else.

use crate::File;

/// Cut in two, so that this file doesn't find itself.
const NAMES: [(&str, &str); 12] = [
    ("crates", ".io"),
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("deb.debian", ".org"),
    ("registry.npmjs", ".org"),
    ("proxy.golang", ".org"),
    ("/work", "/wt-"),
    ("/work", "/shared"),
    ("/work", "/main"),
    ("/ro", "ot/"),
    ("/home", "/"),
    (".lib", "rary"),
];

/// Cargo writes where each package came from into its lock, in a form of its own.
const EXCEPT: [&str; 1] = ["Cargo.lock"];

pub fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.is_under(&EXCEPT)) {
        for (index, line) in file.text.lines().enumerate() {
            for name in NAMES.iter().map(|(one, other)| format!("{one}{other}")).filter(|name| stands_in(line, name)) {
                findings.push(format!("{}:{}: names {name}", file.path, index + 1));
            }
        }
    }
    findings
}

/// Not as the end of a longer name: `/api/home/` is a route.
fn stands_in(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::planted;

    #[test]
    fn a_path_or_a_host_of_this_machine_is_found() {
        let text = NAMES.map(|(one, other)| format!("see {one}{other}x\n")).concat();
        assert_eq!(check(&[planted("docs/a.md", &text)]).len(), NAMES.len());
        assert!(check(&[planted("Cargo.lock", &text)]).is_empty());
        assert!(check(&[planted("src/a.rs", "route(\"/api/home/\")")]).is_empty());
    }
}
