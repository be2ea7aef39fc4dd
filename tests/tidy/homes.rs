//! Some things have one home, so that there is one place to look and one place to change.

use crate::File;
use crate::rust::Source;

struct Home {
    /// Tokens that give the thing away.
    tokens: &'static [&'static str],
    /// Folders (ending with `/`) and files where it may stand.
    places: &'static [&'static str],
    why: &'static str,
}

const CLOCK: &[&str] = &["src/clock.rs"];
const CLOCK_WHY: &str = "time is given (`Clock`), so that a test can be a calendar";
const OUTBOUND: &[&str] = &["src/outbound/"];
const OUTBOUND_WHY: &str = "every request outwards goes through `Outbound`, which guards addresses that users gave us";
const HTTP: &[&str] = &["src/http/"];
const HTTP_WHY: &str = "only src/http/ speaks HTTP; errors elsewhere know no status codes";

const HOMES: [Home; 14] = [
    Home { tokens: &["SystemTime", "::", "now"], places: CLOCK, why: CLOCK_WHY },
    Home { tokens: &["Timestamp", "::", "now"], places: CLOCK, why: CLOCK_WHY },
    Home { tokens: &["Zoned", "::", "now"], places: CLOCK, why: CLOCK_WHY },
    Home {
        tokens: &["Instant", "::", "now"],
        // Sockets and stopping have deadlines, requests durations: none is stored or compared with the calendar.
        places: &[
            "src/clock.rs",
            "src/http/server.rs",
            "src/http/server/",
            "src/http/layers/",
            "src/outbound/",
            "src/accounts/worker.rs",
            "src/courier/worker.rs",
        ],
        why: CLOCK_WHY,
    },
    Home {
        tokens: &["process", "::", "exit"],
        places: &["src/serve/stop.rs"],
        why: "it skips destructors: locks, open writes and children end in order; return an `ExitCode`",
    },
    Home { tokens: &["axum"], places: HTTP, why: HTTP_WHY },
    Home { tokens: &["StatusCode"], places: HTTP, why: HTTP_WHY },
    Home { tokens: &["reqwest"], places: &[], why: OUTBOUND_WHY },
    Home { tokens: &["hyper", "::", "client"], places: OUTBOUND, why: OUTBOUND_WHY },
    Home { tokens: &["TcpStream", "::", "connect"], places: OUTBOUND, why: OUTBOUND_WHY },
    Home { tokens: &["to_socket_addrs"], places: OUTBOUND, why: OUTBOUND_WHY },
    Home { tokens: &["lookup_host"], places: OUTBOUND, why: OUTBOUND_WHY },
    Home { tokens: &["rusqlite"], places: &[], why: "only crates/database knows the engines" },
    Home { tokens: &["tokio_postgres"], places: &[], why: "only crates/database knows the engines" },
];

const SQL_PLACES: [&str; 2] = ["src/store/", "crates/database/"];

/// A text is SQL if it begins with the first word and holds the second. Written as ours is, in capitals: prose isn't.
const SQL_MARKS: [(&str, &str); 14] = [
    ("SELECT ", ""),
    ("INSERT ", " INTO "),
    ("INSERT INTO ", ""),
    ("UPDATE ", " SET "),
    ("DELETE FROM ", ""),
    ("WITH ", " AS ("),
    ("CREATE TABLE ", ""),
    ("CREATE INDEX ", ""),
    ("CREATE UNIQUE INDEX ", ""),
    ("ALTER TABLE ", ""),
    ("DROP ", ""),
    ("PRAGMA ", ""),
    ("VACUUM", ""),
    ("BEGIN IMMEDIATE", ""),
];

pub fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under(&["src/", "crates/"])) {
        // A crate's own tests may do what they like; so may the tests inside a file.
        if file.path.contains("/tests/") || file.path.contains("/benches/") || file.path.ends_with("/tests.rs") {
            continue;
        }
        let source = Source::parse(&file.text).without_tests();
        if file.is_under(&["src/"]) {
            findings.extend(strangers(file, &source));
        }
        if !file.is_under(&SQL_PLACES) {
            let sql = source.texts.iter().filter(|piece| is_sql(&piece.text));
            findings.extend(sql.map(|piece| format!("{}:{}: SQL stands only in src/store/", file.path, piece.line)));
        }
    }
    findings
}

fn strangers(file: &File, source: &Source) -> Vec<String> {
    let mut findings = Vec::new();
    for home in HOMES.iter().filter(|home| !file.is_under(home.places)) {
        for at in (0..source.tokens.len()).filter(|at| source.reads(*at, home.tokens)) {
            let line = source.tokens[at].line;
            findings.push(format!("{}:{line}: `{}`: {}", file.path, home.tokens.concat(), home.why));
        }
    }
    findings
}

fn is_sql(text: &str) -> bool {
    // A text that begins on the line below its quote may have the escaped line break in front.
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\\');
    SQL_MARKS.iter().any(|(begins, holds)| text.starts_with(begins) && text.contains(holds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::planted;

    fn found(path: &str, text: &str) -> usize {
        check(&[planted(path, text)]).len()
    }

    #[test]
    fn the_system_clock_outside_its_home_is_found() {
        assert_eq!(found("src/inbox/send.rs", "let now = std::time::SystemTime::now();"), 1);
        assert_eq!(found("src/accounts/pacing.rs", "let begun = Instant::now();"), 1);
        assert_eq!(found("src/inbox/send.rs", "let now = jiff::Timestamp::now();"), 1);
        assert_eq!(found("src/clock.rs", "let now = SystemTime::now(); let begun = Instant::now();"), 0);
        assert_eq!(found("src/inbox/send.rs", "#[cfg(test)]\nmod tests { fn f() { Instant::now(); } }"), 0);
    }

    #[test]
    fn an_exit_in_the_middle_is_found() {
        assert_eq!(found("src/cli/token.rs", "std::process::exit(1)"), 1);
    }

    #[test]
    fn http_outside_its_home_is_found() {
        assert_eq!(found("src/error.rs", "use axum::http::StatusCode;"), 2);
        assert_eq!(found("src/http/error.rs", "use axum::http::StatusCode;"), 0);
        assert_eq!(found("src/webhooks/deliver.rs", "let client = reqwest::Client::new();"), 1);
        assert_eq!(found("src/webhooks/deliver.rs", "use hyper::client::conn::http1;"), 1);
        assert_eq!(found("src/webhooks/deliver.rs", "let stream = TcpStream::connect(address).await;"), 1);
        assert_eq!(found("src/outbound/connect.rs", "let stream = TcpStream::connect(address).await;"), 0);
    }

    #[test]
    fn sql_outside_its_home_is_found() {
        assert_eq!(found("src/inbox/chats.rs", "const A: &str = \"SELECT name FROM chats WHERE chat_id = $1\";"), 1);
        assert_eq!(found("src/inbox/chats.rs", "const A: &str = r#\"\n  UPDATE chats SET name = $1\"#;"), 1);
        assert_eq!(found("crates/transport/src/lib.rs", "const A: &str = \"PRAGMA user_version\";"), 1);
        assert_eq!(found("src/store/chats.rs", "const A: &str = \"SELECT name FROM chats\";"), 0);
        assert_eq!(found("src/inbox/chats.rs", "const A: &str = \"Update your plan or set a limit\";"), 0);
    }
}
