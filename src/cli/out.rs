//! The one writer of the command line. A reader that went away (`partyline token list | head -1`) is no failure.

use std::io::{IsTerminal, Write, stderr, stdout};

use serde::Serialize;

/// Standard output for results, standard error for notes.
#[derive(Debug)]
pub struct Out {
    style: Style,
}

/// Whether words may be set off; never where a program reads them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    is_rich: bool,
}

impl Style {
    /// Whether a person sees it on a terminal that can be drawn on.
    pub fn is_rich(self) -> bool {
        self.is_rich
    }

    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub fn faint(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.is_rich { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

impl Out {
    pub fn standard() -> Out {
        // https://no-color.org: any value that isn't empty means none.
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Out { style: Style { is_rich: stdout().is_terminal() && !unwanted && !is_dumb } }
    }

    pub fn style(&self) -> Style {
        self.style
    }

    /// A line of the result.
    pub fn line(&mut self, text: &str) {
        self.text(&format!("{text}\n"));
    }

    /// A part of the result that brings its own line ends.
    pub fn text(&mut self, text: &str) {
        let mut stdout = stdout().lock();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    /// One line of JSON.
    pub fn json_line(&mut self, value: &impl Serialize) {
        if let Ok(text) = serde_json::to_string(value) {
            self.line(&text);
        }
    }

    /// JSON for programs that a person may read too.
    pub fn json(&mut self, value: &impl Serialize) {
        if let Ok(text) = serde_json::to_string_pretty(value) {
            self.line(&text);
        }
    }

    /// Rows under their heads, each column as wide as its widest cell.
    pub fn table<const N: usize>(&mut self, heads: [&str; N], rows: &[[String; N]]) {
        let mut widths = heads.map(|head| head.chars().count());
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |cells: &[String; N]| {
            let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let head = line(&heads.map(str::to_owned));
        self.line(&self.style.bold(&head));
        for row in rows {
            self.line(&line(row));
        }
    }

    /// A note to the operator, outside of the result.
    pub fn note(&mut self, text: &str) {
        let _ = writeln!(stderr().lock(), "{text}");
    }
}
