//! Whether any documentation holds code to run. nextest doesn't run doctests, and building for none costs a minute.

use std::fs;
use std::path::Path;

/// Words after the backticks which say that the block isn't run as Rust.
const NOT_RUN: [&str; 12] =
    ["text", "ignore", "json", "sql", "sh", "shell", "console", "toml", "http", "html", "javascript", "mermaid"];

pub fn any_under(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return any_under(&path);
        }
        path.extension().is_some_and(|end| end == "rs") && fs::read_to_string(&path).is_ok_and(|text| any_in(&text))
    })
}

fn any_in(text: &str) -> bool {
    let mut inside = false;
    for line in text.lines() {
        let line = line.trim_start();
        let Some(doc) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            inside = false;
            continue;
        };
        let Some(info) = doc.trim_start().strip_prefix("```") else { continue };
        if !inside && !NOT_RUN.contains(&info.split([',', ' ']).next().unwrap_or("").trim()) {
            return true;
        }
        inside = !inside;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::any_in;

    #[test]
    fn only_blocks_that_run_count() {
        assert!(any_in("/// Like so:\n/// ```\n/// let a = 1;\n/// ```\nfn f() {}\n"));
        assert!(any_in("//! ```no_run\n//! loop {}\n//! ```\n"));
        assert!(!any_in("//! ```text\n//! a picture\n//! ```\n"));
        assert!(!any_in("// ```\n// not documentation\nlet s = \"```\";\n"));
    }
}
