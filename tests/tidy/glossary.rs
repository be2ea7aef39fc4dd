//! One word per thing, the same in code, API, screens and docs. This holds the words that would be a second name for
//! something which has one, where a program can tell; `key`, `state`, `queue` and the like have honest other meanings.

use crate::File;
use crate::rust::{Source, is_name};

struct Word {
    not: &'static str,
    but: &'static str,
    /// Where the word means something else.
    except: &'static [&'static str],
}

const fn word(not: &'static str, but: &'static str) -> Word {
    Word { not, but, except: &[] }
}

/// WhatsApp has its own words, and the code that speaks with it uses them.
const TRANSPORTS: &[&str] = &["src/transports/", "crates/transport/", "crates/transport-web/", "crates/whatsapp-peer/"];

/// A teammate who has signed in to the dashboard has a session.
const SESSION: &[&str] = &[
    "src/id.rs",
    "migrations/sqlite/0014_coming_in.sql",
    "migrations/postgres/0014_coming_in.sql",
    "src/http/dashboard/",
    "src/workspace/",
    "src/store/",
    "src/transports/",
    "crates/transport-web/",
    "crates/whatsapp-peer/",
];

const WORDS: [Word; 26] = [
    word("tenant", "workspace"),
    word("org", "workspace"),
    word("organization", "workspace"),
    word("organisation", "workspace"),
    word("member", "teammate"),
    word("agent", "teammate"),
    Word { not: "user", but: "teammate", except: TRANSPORTS },
    word("credential", "token"),
    word("credentials", "token"),
    word("principal", "caller"),
    Word { not: "identity", but: "caller", except: TRANSPORTS },
    Word { not: "session", but: "account", except: SESSION },
    Word { not: "device", but: "account", except: TRANSPORTS },
    Word { not: "conversation", but: "chat", except: TRANSPORTS },
    word("thread", "chat"),
    word("ticket", "chat"),
    Word { not: "ack", but: "status", except: TRANSPORTS },
    Word { not: "media", but: "file or attachment", except: TRANSPORTS },
    word("canned", "template"),
    Word { not: "notification", but: "event", except: TRANSPORTS },
    word("hook", "webhook"),
    word("subscription", "webhook"),
    word("subscriptions", "webhooks"),
    word("allowance", "quota"),
    word("hit", "api call"),
    word("hits", "api calls"),
];

/// Where a forbidden word stands in somebody else's term. Plain words in lower case, as they follow one another.
const TERMS: [&str; 9] = [
    "user agent",          // the HTTP header
    "media type",          // HTTP's word for what Content-Type holds
    "missing credentials", // error_code of the public API
    "member not found",    // error_code of the public API
    "group member",        // a shape of the public API
    "reaction user",       // a shape of the public API
    "agent role",          // a role of the public API
    "user id",             // a field of the public API
    "writer thread",       // of the operating system
];

/// The engine crate has words of its own trade, and the chores and tests of theirs.
const PLACES: [&str; 3] = ["src/", "crates/transport/", "crates/transport-web/"];

pub fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        let names = if file.is_rust() && file.is_under(&PLACES) {
            declared(&Source::parse(&file.text).without_tests())
        } else if file.path.starts_with("migrations/") && file.path.ends_with(".sql") {
            words_of_sql(&file.text)
        } else {
            continue;
        };
        for (line, name) in names {
            let words = split(&name);
            for word in WORDS.iter().filter(|word| stands_in(&words, word.not) && !file.is_under(word.except)) {
                findings.push(format!("{}:{line}: `{name}`: say {}, not {}", file.path, word.but, word.not));
            }
        }
    }
    findings
}

/// Whether the word is among these, outside of others' terms.
fn stands_in(words: &[String], wanted: &str) -> bool {
    let name = format!(" {} ", words.join(" "));
    let own = TERMS.iter().fold(name, |name, term| name.replace(&format!(" {term} "), " "));
    own.contains(&format!(" {wanted} "))
}

/// `QuotaUsed_max` is quota, used, max.
fn split(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_was_lower = false;
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && before_was_lower) {
            words.push(String::new());
        }
        before_was_lower = c.is_lowercase() || c.is_numeric();
        if c != '_' {
            words.last_mut().expect("there is one at least").extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Names this source gives: items, fields, variants, parameters and variables. Names it only uses are others' choice.
fn declared(source: &Source) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    let mut add = |at: usize| {
        if is_name(source.text(at)) {
            names.push((source.tokens[at].line, source.text(at).to_owned()));
        }
    };
    for at in 0..source.tokens.len() {
        match source.text(at) {
            "mod" | "trait" | "type" | "const" | "static" => add(at + 1),
            "let" => add(if source.text(at + 1) == "mut" { at + 2 } else { at + 1 }),
            "fn" => {
                add(at + 1);
                fields(source, at + 2, "(").into_iter().for_each(&mut add);
            }
            "struct" => {
                add(at + 1);
                fields(source, at + 2, "{").into_iter().for_each(&mut add);
            }
            "enum" => {
                add(at + 1);
                fields(source, at + 2, "{").into_iter().for_each(&mut add);
                variants(source, at + 2).into_iter().for_each(&mut add);
            }
            _ => {}
        }
    }
    names
}

/// Where the next group of this kind opens, before the item ends.
fn group(source: &Source, from: usize, open: &str) -> Option<(usize, usize)> {
    let at =
        (from..source.tokens.len()).find(|at| source.text(*at) == open || matches!(source.text(*at), ";" | "{"))?;
    (source.text(at) == open).then(|| (at, source.closing(at)))
}

/// Names before a colon in the group: fields or parameters.
fn fields(source: &Source, from: usize, open: &str) -> Vec<usize> {
    let Some((open, close)) = group(source, from, open) else { return Vec::new() };
    (open + 1..close).filter(|at| source.text(at + 1) == ":" && source.text(at - 1) != "::").collect()
}

/// Names at the beginning of each part of an enum's body.
fn variants(source: &Source, from: usize) -> Vec<usize> {
    let Some((open, close)) = group(source, from, "{") else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = open + 1;
    while at < close {
        if matches!(source.text(at), "(" | "{" | "[") {
            at = source.closing(at);
        } else if matches!(source.text(at - 1), "{" | "," | "]") {
            found.push(at);
        }
        at += 1;
    }
    found
}

fn words_of_sql(text: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split("--").next().unwrap_or("");
        let words = code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| is_name(word));
        names.extend(words.map(|word| (index + 1, word.to_lowercase())));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::planted;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&[planted(path, text)])
    }

    #[test]
    fn a_second_word_for_a_thing_is_found_wherever_a_name_is_given() {
        let text = "struct TenantRow<T> { pub(crate) ticket_id: Vec<T>, ok: u8 }\n\
                    enum Kind { #[x] Chat, DeviceLost(u8), Other { thread: u8 } }\n\
                    fn hook_insert(agent: &str) { let mut session = 1; }\n";
        let findings = found("src/inbox/a.rs", text);
        for name in ["TenantRow", "ticket_id", "DeviceLost", "thread", "hook_insert", "agent", "session"] {
            assert!(findings.iter().any(|finding| finding.contains(&format!("`{name}`"))), "{name}: {findings:?}");
        }
        assert_eq!(findings.len(), 7, "{findings:?}");
        assert_eq!(findings[0], "src/inbox/a.rs:1: `TenantRow`: say workspace, not tenant");
    }

    #[test]
    fn a_column_is_a_name_too() {
        let sql = "-- the tenant's rows\nCREATE TABLE chats (tenant_id BIGINT);\n";
        assert_eq!(
            found("migrations/0001.sqlite.sql", sql),
            ["migrations/0001.sqlite.sql:2: `tenant_id`: say workspace, not tenant"]
        );
    }

    #[test]
    fn others_words_are_left_alone() {
        assert!(
            found("src/http/a.rs", "fn f(user_agent: &str) { let media_type = std::thread::spawn(g); }").is_empty()
        );
        assert!(found("src/error.rs", "enum Code { MissingCredentials, MemberNotFound }").is_empty());
        assert!(found("src/transports/cloud/a.rs", "fn upload_media() {}").is_empty());
        assert!(found("src/a.rs", "// a tenant\nfn webhook_insert() { white(\"tenant\"); }").is_empty());
    }
}
