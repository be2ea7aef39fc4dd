//! SQL texts as constants, and the rewriting of their `$1` parameters. Nothing here executes anything.

use std::fmt::Write as _;

use crate::Error;

/// Which engine a database runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file beside the server.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// One statement, written with `$1`, `$2`, .. parameters. Meant to be a `const` beside the function that uses it.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Sql {
    /// The same text on both engines.
    pub const fn both(text: &'static str) -> Sql {
        Sql { sqlite: text, postgres: text }
    }

    /// A text per engine, for the few statements that can't be shared. Both take `$1` parameters.
    pub const fn pair(sqlite: &'static str, postgres: &'static str) -> Sql {
        Sql { sqlite, postgres }
    }

    /// The text `engine` is given, before any rewriting.
    pub const fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

/// Identifies a text by where it stands. A static text never moves or changes, so equal keys mean equal texts, and
/// looking one up costs no hashing of the text; a text that the compiler placed twice is merely prepared twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(usize, usize);

impl Key {
    pub(crate) fn of(text: &'static str) -> Key {
        Key(text.as_ptr() as usize, text.len())
    }
}

/// SQLite reads `$1` as a name and numbers such names by appearance; `?1` is what PostgreSQL means by `$1`.
pub(crate) fn for_sqlite(text: &str) -> String {
    renumber(text, '?', 0).0
}

/// Writes every `$n` of `text` as `prefix` followed by `n + offset`, leaving literals, names and comments alone.
/// Also returns the highest `n` seen.
pub(crate) fn renumber(text: &str, prefix: char, offset: usize) -> (String, usize) {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len() + 8);
    let (mut at, mut highest) = (0, 0);
    while at < bytes.len() {
        let end = match bytes[at] {
            quote @ (b'\'' | b'"') => quoted_end(bytes, at, quote),
            b'-' if bytes[at..].starts_with(b"--") => find(text, at, "\n"),
            b'/' if bytes[at..].starts_with(b"/*") => find(text, at, "*/"),
            b'$' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                let digits = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
                let number: usize = text[at + 1..at + 1 + digits].parse().unwrap_or(usize::MAX / 2);
                highest = highest.max(number);
                let _ = write!(out, "{prefix}{}", number + offset);
                at += 1 + digits;
                continue;
            }
            _ => {
                at + 1 + bytes[at + 1..].iter().take_while(|b| !matches!(b, b'\'' | b'"' | b'-' | b'/' | b'$')).count()
            }
        };
        out.push_str(&text[at..end]);
        at = end;
    }
    (out, highest)
}

fn quoted_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    bytes[start + 1..].iter().position(|b| *b == quote).map_or(bytes.len(), |n| start + n + 2)
}

fn find(text: &str, start: usize, what: &str) -> usize {
    text[start..].find(what).map_or(text.len(), |n| start + n + what.len())
}

/// The first word of a statement, for rules that depend on what kind it is.
pub(crate) fn verb(text: &str) -> &str {
    let text = text.trim_start();
    &text[..text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len())]
}

/// Statements that would end or nest the transaction under everybody else's feet.
const CONTROL_VERBS: [&str; 10] =
    ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "ATTACH", "VACUUM"];

/// Refuses a statement that no closure may run.
pub(crate) fn check_allowed(text: &str) -> Result<(), Error> {
    if CONTROL_VERBS.iter().any(|word| verb(text).eq_ignore_ascii_case(word)) {
        return Err(Error::Misuse(format!("transactions are not the caller's: {}", summary(text))));
    }
    Ok(())
}

/// The beginning of a statement on one line, to say in an error where it happened. Texts are constants, so this
/// can't leak anybody's data.
pub(crate) fn summary(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = words.char_indices().nth(80) {
        words.truncate(cut);
        words.push_str("..");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_renumbered_and_nothing_else_is() {
        let text = "SELECT $1, '$1', \"$2\", 'it''s $3' -- $4\n, /* $5 */ $12 - $2";
        assert_eq!(for_sqlite(text), "SELECT ?1, '$1', \"$2\", 'it''s $3' -- $4\n, /* $5 */ ?12 - ?2");
        assert_eq!(renumber("VALUES ($1, $2)", '$', 3), ("VALUES ($4, $5)".to_owned(), 2));
        assert_eq!(for_sqlite("SELECT 'naïve' || $1 || 'ü"), "SELECT 'naïve' || ?1 || 'ü");
    }

    #[test]
    fn the_verb_is_the_first_word() {
        assert_eq!(verb("\n  INSERT INTO t"), "INSERT");
        assert_eq!(verb(""), "");
    }
}
