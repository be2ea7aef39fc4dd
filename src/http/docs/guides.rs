//! The guides: markdown under `docs/`, part of the program.

use maud::{Markup, PreEscaped};

use super::{DOCS, markdown};
use crate::http::openapi::BASE_PATH;

pub struct Guide {
    /// As in its address.
    pub name: &'static str,
    /// The day of its last change.
    pub dated: &'static str,
    pub text: &'static str,
}

macro_rules! guide {
    ($name:literal, $dated:literal) => {
        guide!($name, $dated, concat!("guides/", $name, ".md"))
    };
    ($name:literal, $dated:literal, $file:expr) => {
        Guide { name: $name, dated: $dated, text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/", $file)) }
    };
}

/// In the order in which one reads them.
static GUIDES: &[Guide] = &[
    guide!("first-message", "2026-11-22"),
    guide!("sending", "2026-11-22"),
    guide!("scheduling", "2026-11-22"),
    guide!("search", "2026-11-22"),
    guide!("files", "2026-11-22"),
    guide!("chats-and-labels", "2026-11-22"),
    guide!("accounts", "2026-11-22"),
    guide!("webhooks", "2026-11-22"),
    guide!("events", "2026-11-22"),
    guide!("limits-and-credits", "2026-11-22"),
    guide!("idempotency", "2026-11-22"),
    guide!("errors", "2026-11-22"),
    guide!("sandbox", "2026-11-23", "sandbox.md"),
    guide!("cloud-api", "2026-11-22"),
    guide!("moving-from-timelinesai", "2026-11-22"),
];

pub fn all() -> &'static [Guide] {
    GUIDES
}

pub fn find(name: &str) -> Option<&'static Guide> {
    GUIDES.iter().find(|guide| guide.name == name)
}

impl Guide {
    pub fn href(&self) -> String {
        format!("{BASE_PATH}{DOCS}/guides/{}", self.name)
    }

    /// Its first heading.
    pub fn title(&self) -> String {
        let line = self.text.lines().find_map(|line| line.strip_prefix("# "));
        line.unwrap_or(self.name).to_owned()
    }

    /// The first sentence below its first heading.
    pub fn summary(&self) -> String {
        let paragraph = self.text.split("\n\n").nth(1).unwrap_or_default().replace('\n', " ");
        let plain = markdown::plain(&paragraph);
        let end = plain.find(". ").map_or(plain.len(), |at| at + 1);
        plain[..end].to_owned()
    }

    pub fn rendered(&self) -> Markup {
        PreEscaped(markdown::rendered(self.text))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::all;

    #[test]
    fn every_guide_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides");
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().trim_end_matches(".md").to_owned();
            assert!(all().iter().any(|guide| guide.name == name), "{name} has no place in GUIDES");
        }
    }

    #[test]
    fn every_guide_has_a_title_and_a_summary() {
        for guide in all() {
            assert!(guide.text.starts_with("# "), "{}", guide.name);
            assert!(guide.summary().ends_with('.'), "{}: {}", guide.name, guide.summary());
        }
    }
}
