//! Contacts as a table of text: what spreadsheets read and write. Cells that a spreadsheet would take for a formula bear an
//! apostrophe, which is taken off again when they come back.

use std::collections::HashSet;

use crate::error::Error;
use crate::inbox::contact_book::IMPORTED_MAX;
use crate::inbox::values::{CHAT_NAME_CHARS_MAX, Phone};
use crate::store::contact_book::ContactRow;

/// The first line of what is handed out.
pub const HEAD: &str = "name,phone,lid,opted_out\r\n";
/// Cells of one line.
const CELLS_MAX: usize = 50;

/// A contact that is taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContact {
    pub phone: Phone,
    /// Empty: not told.
    pub name: String,
    pub opted_out: Option<bool>,
}

/// A contact's line.
pub fn line(row: &ContactRow) -> String {
    let name = if row.name.is_empty() { &row.chat_name } else { &row.name };
    let phone = row.jid.strip_suffix("@s.whatsapp.net").map(|digits| format!("+{digits}")).unwrap_or_default();
    let lid = row.jid.strip_suffix("@lid").unwrap_or_default();
    let opted_out = if row.opted_out_at.is_never() { "no" } else { "yes" };
    format!("{},{},{},{opted_out}\r\n", cell(name), cell(&phone), cell(lid))
}

fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Reads a table whose first line names its columns: `phone`, and perhaps `name` and `opted_out`; others are passed over. A line
/// without a phone is passed over too, for some contacts have none; a phone that stands twice counts once.
///
/// # Errors
/// `validation_error` that names the line: no column `phone`, a bad phone or choice, a name that is too long, too many lines.
pub fn read(text: &str) -> Result<Vec<NewContact>, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = lines_of(text)?.into_iter();
    let head: Vec<String> = lines.next().unwrap_or_default().iter().map(|name| name.trim().to_lowercase()).collect();
    let column = |name: &str| head.iter().position(|known| known == name);
    let Some(phones) = column("phone") else {
        return Err(invalid("The first line must name the columns, and one of them must be phone"));
    };
    let (names, choices) = (column("name"), column("opted_out"));
    let (mut contacts, mut seen) = (Vec::new(), HashSet::new());
    for (at, cells) in lines.enumerate() {
        let number = at + 2;
        let get = |column: Option<usize>| column.and_then(|column| cells.get(column)).map_or("", |cell| plain(cell));
        let phone = get(Some(phones));
        if phone.is_empty() {
            continue;
        }
        if contacts.len() == IMPORTED_MAX {
            return Err(invalid(&format!("At most {IMPORTED_MAX} contacts are taken in at once; split the file")));
        }
        let phone =
            Phone::parse("file", phone).map_err(|error| invalid(&format!("Line {number}: {}", error.message)))?;
        let name = get(names);
        if name.chars().count() > CHAT_NAME_CHARS_MAX || name.contains('\0') {
            return Err(invalid(&format!("Line {number}: the name has more than {CHAT_NAME_CHARS_MAX} characters")));
        }
        let opted_out = match get(choices).to_lowercase().as_str() {
            "" => None,
            "yes" | "true" | "1" => Some(true),
            "no" | "false" | "0" => Some(false),
            other => return Err(invalid(&format!("Line {number}: opted_out is \"{other}\"; it must be yes or no"))),
        };
        if seen.insert(phone.as_str().to_owned()) {
            contacts.push(NewContact { phone, name: name.to_owned(), opted_out });
        }
    }
    Ok(contacts)
}

fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// The cells of each line that holds any; quoted ones may hold commas, quotes and line ends.
fn lines_of(text: &str) -> Result<Vec<Vec<String>>, Error> {
    let (mut lines, mut cells, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    loop {
        let letter = letters.next();
        match letter {
            Some('"') if is_quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            Some('"') if is_quoted || cell.trim().is_empty() => is_quoted = !is_quoted,
            Some(letter) if is_quoted => cell.push(letter),
            Some(',') => cells.push(std::mem::take(&mut cell)),
            Some('\n') | None => {
                if is_quoted {
                    return Err(invalid("A quote that was opened is never closed"));
                }
                cells.push(std::mem::take(&mut cell));
                let some = std::mem::take(&mut cells);
                if some.iter().any(|cell| !cell.trim().is_empty()) {
                    lines.push(some);
                }
                if letter.is_none() {
                    return Ok(lines);
                }
            }
            Some('\r') => {}
            Some(letter) => cell.push(letter),
        }
        if cells.len() > CELLS_MAX {
            return Err(invalid(&format!("Line {} has more than {CELLS_MAX} columns", lines.len() + 1)));
        }
    }
}

fn invalid(rule: &str) -> Error {
    Error::invalid("file", rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::id::{ChatId, ContactId};

    fn row(name: &str, jid: &str, opted_out_at: i64) -> ContactRow {
        let opted_out_at = Time::from_ms(opted_out_at);
        let (jid, name, chat_name) = (jid.to_owned(), name.to_owned(), String::new());
        ContactRow { id: ContactId(1), name, opted_out_at, jid, chat: ChatId(0), chat_name }
    }

    #[test]
    fn what_is_handed_out_comes_back_as_it_was() {
        let rows = [
            row("=1+1, \"quoted\"\nand more", "12025550100@s.whatsapp.net", 0),
            row("Zoë", "12025550101@s.whatsapp.net", 7),
            row("Hidden", "202555011300099@lid", 0),
        ];
        let table: String = std::iter::once(HEAD.to_owned()).chain(rows.iter().map(line)).collect();
        assert!(table.contains("\"'=1+1, \"\"quoted\"\"\nand more\",'+12025550100,,no\r\n"), "{table}");
        let read = read(&table).expect("read");
        let told: Vec<_> = read.iter().map(|one| (one.name.as_str(), one.phone.as_str(), one.opted_out)).collect();
        assert_eq!(
            told,
            [("=1+1, \"quoted\"\nand more", "+12025550100", Some(false)), ("Zoë", "+12025550101", Some(true)),]
        );
    }

    #[test]
    fn faults_name_their_line() {
        let fault = |text: &str| read(text).expect_err("a fault").message;
        assert!(fault("name,tel\nA,1").contains("must be phone"));
        assert!(fault("phone\n+12025550100\nhello").starts_with("Line 3"));
        assert!(fault("phone,opted_out\n+12025550100,maybe").contains("yes or no"));
        assert!(fault("phone\n\"+1202").contains("never closed"));
        assert!(fault(&format!("phone\n{}", ",".repeat(60))).contains("columns"));
        assert!(fault(&format!("name,phone\n{},+12025550100", "a".repeat(257))).contains("256"));
        assert_eq!(read("\u{feff}Phone;\n").expect_err("none").code, crate::error::Code::ValidationError);
        assert_eq!(read("phone\n\n+1 202 555 0100\r\n+12025550100\n").expect("read").len(), 1, "once");
    }
}
