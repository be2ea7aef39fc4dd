//! Data moves one way, and so do imports: each module of the application names those it may use.

use std::collections::BTreeSet;

use crate::File;
use crate::rust::{Piece, Source, is_name};

/// Values and words every module may use; among themselves they use each other only.
const FOUNDATION: [&str; 5] = ["clock", "error", "event_kind", "id", "message"];

/// A module and what it may use beside itself and the foundation. A new module is added here on purpose.
const MAY_USE: &[(&str, &[&[&str]])] = &[
    ("store", &[]),
    ("sealing", &[]),
    ("key_marks", &[]),
    ("outbound", &[]),
    ("telemetry", &[]),
    ("inbox", &[RULES, BELOW_RULES]),
    ("workspace", &[RULES, BELOW_RULES]),
    ("files", &[RULES, BELOW_RULES]),
    ("webhooks", &[RULES, BELOW_RULES]),
    ("events", &[RULES, BELOW_RULES]),
    ("app", &[RULES, BELOW_RULES]),
    // A way to reach WhatsApp has rows and requests of its own; of the rules it knows nothing.
    ("transports", &[BELOW_RULES, &["app"]]),
    ("sweeper", &[RULES, BELOW_RULES, &["app"]]),
    ("indexer", &[RULES, BELOW_RULES, &["app"]]),
    ("accounts", &[RULES, BELOW_RULES, &["app", "transports"]]),
    ("courier", &[RULES, BELOW_RULES, &["app"]]),
    ("http", &[RULES, BELOW_RULES, &["app", "accounts"]]),
    ("failure", &[]),
    ("config", &[&["failure"]]),
    ("data_folder", &[&["config", "failure"]]),
    // Commands change a running server through it, as the rules and the workers let them.
    ("control", &[RULES, BELOW_RULES, &["app", "accounts", "config", "data_folder", "failure"]]),
    ("serve", &[RULES, BELOW_RULES, WIRED]),
    ("cli", &[RULES, BELOW_RULES, WIRED]),
    ("main", &[RULES, BELOW_RULES, WIRED]),
    ("lib", &[RULES, BELOW_RULES, WIRED]),
    ("testing", &[RULES, BELOW_RULES, WIRED]),
];

/// The rules know one another: a send takes credits and makes an event.
const RULES: &[&str] = &["inbox", "workspace", "files", "webhooks", "events"];

/// `outbound` is for those of the rules that fetch and deliver; it is no network inside a write.
const BELOW_RULES: &[&str] = &["store", "outbound", "telemetry", "sealing", "key_marks"];

/// What commands put together.
const WIRED: &[&str] = &[
    "transports",
    "app",
    "accounts",
    "courier",
    "http",
    "sweeper",
    "indexer",
    "control",
    "config",
    "data_folder",
    "failure",
    "serve",
    "cli",
];

pub fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let Some(path) = file.path.strip_prefix("src/") else { continue };
        let module = path.split('/').next().unwrap_or(path).trim_end_matches(".rs");
        let Some(allowed) = allowed_for(module) else {
            findings.push(format!("{}: the module `{module}` has no place in tests/tidy/directions.rs", file.path));
            continue;
        };
        let source = Source::parse(&file.text).without_tests();
        for used in uses(&source, depth_of(path)) {
            let name = used.text.as_str();
            let known = FOUNDATION.contains(&name) || MAY_USE.iter().any(|(module, _)| *module == name);
            if known && name != module && !allowed.contains(&name) {
                findings.push(format!("{}:{}: `{module}` may not use `{name}`", file.path, used.line));
            }
        }
    }
    findings
}

fn allowed_for(module: &str) -> Option<BTreeSet<&'static str>> {
    let foundation = FOUNDATION.into_iter();
    if FOUNDATION.contains(&module) {
        return Some(foundation.collect());
    }
    let (_, own) = MAY_USE.iter().find(|(name, _)| *name == module)?;
    Some(foundation.chain(own.iter().copied().flatten().copied()).collect())
}

/// How many `super::` lead from the file at this path below `src/` to the crate's root.
fn depth_of(path: &str) -> usize {
    let names = path.split('/').count();
    if path.ends_with("mod.rs") { names - 1 } else { names }
}

/// The crate's modules that paths in this source begin with.
fn uses(source: &Source, depth: usize) -> Vec<Piece> {
    let mut found = Vec::new();
    for at in 0..source.tokens.len() {
        let begins = at == 0 || source.text(at - 1) != "::";
        if begins && matches!(source.text(at), "crate" | "partyline") && source.text(at + 1) == "::" {
            heads(source, at + 2, &mut found);
        }
        if begins && source.text(at) == "super" {
            let climbed = (0..).take_while(|n| source.reads(at + 2 * n, &["super", "::"])).count();
            if climbed >= depth {
                heads(source, at + 2 * climbed, &mut found);
            }
        }
    }
    found
}

/// The first names of what follows `crate::`: one, or each of a group in braces.
fn heads(source: &Source, at: usize, found: &mut Vec<Piece>) {
    if source.text(at) != "{" {
        if is_name(source.text(at)) {
            found.push(source.tokens[at].clone());
        }
        return;
    }
    let end = source.closing(at);
    let mut place = at + 1;
    while place < end {
        if is_name(source.text(place)) && matches!(source.text(place - 1), "{" | ",") {
            found.push(source.tokens[place].clone());
        }
        place = if source.text(place) == "{" { source.closing(place) } else { place } + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::planted;

    #[test]
    fn an_import_against_the_direction_is_found() {
        let findings = check(&[
            planted("src/inbox/send.rs", "use crate::http::Caller;\nuse crate::workspace::quota;\n"),
            planted("src/store/chats.rs", "use crate::{clock::Time, inbox::{send, receive}, id};\n"),
            planted("src/error.rs", "fn f(_: crate::store::Row) {}\n"),
            planted("src/app.rs", "use crate::http;\n"),
            planted("src/webhooks/mod.rs", "use super::accounts;\n"),
            planted("src/webhooks/deliver.rs", "use super::sign;\nuse super::super::http;\n"),
        ]);
        assert_eq!(
            findings,
            [
                "src/inbox/send.rs:1: `inbox` may not use `http`",
                "src/store/chats.rs:1: `store` may not use `inbox`",
                "src/error.rs:1: `error` may not use `store`",
                "src/app.rs:1: `app` may not use `http`",
                "src/webhooks/mod.rs:1: `webhooks` may not use `accounts`",
                "src/webhooks/deliver.rs:2: `webhooks` may not use `http`",
            ]
        );
    }

    #[test]
    fn a_module_without_a_place_is_found() {
        let findings = check(&[planted("src/helpers/mod.rs", "")]);
        assert!(findings[0].contains("`helpers` has no place"));
    }

    #[test]
    fn tests_texts_and_the_wiring_may_name_anything() {
        let inside =
            "// crate::http\nconst A: &str = \"crate::http\";\n#[cfg(test)]\nmod tests {\n use crate::http::x;\n}\n";
        assert!(
            check(&[planted("src/store/a.rs", inside), planted("src/cli/serve.rs", "use crate::http;")]).is_empty()
        );
    }
}
