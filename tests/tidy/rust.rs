//! Just enough of Rust's grammar to tell code from comments and text.

/// Something of the source with the line it begins on.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub line: usize,
    pub text: String,
}

/// A source taken apart. Tokens are names, numbers, `::` and single signs; lifetimes and the insides of texts are left out.
#[derive(Default)]
pub struct Source {
    pub tokens: Vec<Piece>,
    pub comments: Vec<Piece>,
    pub texts: Vec<Piece>,
}

impl Source {
    pub fn parse(text: &str) -> Source {
        let mut reader = Reader { chars: text.chars().collect(), at: 0, line: 1, source: Source::default() };
        while reader.at < reader.chars.len() {
            reader.step();
        }
        reader.source
    }

    /// The source less its `#[cfg(test)]` items.
    pub fn without_tests(mut self) -> Source {
        let spans = self.test_spans();
        let outside = |piece: &Piece| !spans.iter().any(|(from, to)| (*from..=*to).contains(&piece.line));
        self.tokens.retain(outside);
        self.comments.retain(outside);
        self.texts.retain(outside);
        self
    }

    /// First and last lines of `#[cfg(test)]` items.
    fn test_spans(&self) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        for start in 0..self.tokens.len() {
            if !self.reads(start, &["#", "[", "cfg", "(", "test", ")", "]"]) {
                continue;
            }
            let end = (start + 7..self.tokens.len()).find(|at| matches!(self.tokens[*at].text.as_str(), "{" | ";"));
            let Some(end) = end else { continue };
            let last = if self.tokens[end].text == "{" { self.closing(end) } else { end };
            spans.push((self.tokens[start].line, self.tokens[last].line));
        }
        spans
    }

    /// Whether these tokens stand at this place.
    pub fn reads(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.text(at + offset) == *word)
    }

    /// The token there, or nothing past the end.
    pub fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |piece| piece.text.as_str())
    }

    /// The place of the sign that closes the one at `open`; the last token if none does.
    pub fn closing(&self, open: usize) -> usize {
        let (opening, closing) = match self.text(open) {
            "(" => ("(", ")"),
            "[" => ("[", "]"),
            _ => ("{", "}"),
        };
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            let text = self.text(at);
            if text == opening {
                depth += 1;
            } else if text == closing {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
        }
        self.tokens.len() - 1
    }
}

pub fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
    source: Source,
}

impl Reader {
    fn step(&mut self) {
        match self.peek(0) {
            '/' if self.peek(1) == '/' => self.line_comment(),
            '/' if self.peek(1) == '*' => self.block_comment(),
            '"' => self.quoted(),
            '\'' => self.char_or_lifetime(),
            c if c.is_alphanumeric() || c == '_' => self.word(),
            ':' if self.peek(1) == ':' => {
                self.token("::".to_owned());
                self.skip(2);
            }
            c => {
                if !c.is_whitespace() {
                    self.token(c.to_string());
                }
                self.skip(1);
            }
        }
    }

    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn ended(&self) -> bool {
        self.at >= self.chars.len()
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            if self.peek(0) == '\n' {
                self.line += 1;
            }
            self.at += 1;
        }
    }

    fn token(&mut self, text: String) {
        self.source.tokens.push(Piece { line: self.line, text });
    }

    fn line_comment(&mut self) {
        let from = self.at;
        while !self.ended() && self.peek(0) != '\n' {
            self.at += 1;
        }
        let text = self.chars[from..self.at].iter().collect();
        self.source.comments.push(Piece { line: self.line, text });
    }

    /// Comments within comments count; each line is a piece of its own.
    fn block_comment(&mut self) {
        let (mut depth, mut text, mut line) = (0_usize, String::new(), self.line);
        while !self.ended() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    text.push(self.peek(0));
                    self.skip(1);
                    if self.line != line {
                        self.source.comments.push(Piece { line, text: std::mem::take(&mut text) });
                        line = self.line;
                    }
                    continue;
                }
            }
            self.skip(2);
            if depth == 0 {
                break;
            }
        }
        self.source.comments.push(Piece { line, text });
    }

    /// A text with escapes; the opening quote is here.
    fn quoted(&mut self) {
        let (line, mut text) = (self.line, String::new());
        self.skip(1);
        while !self.ended() && self.peek(0) != '"' {
            let length = if self.peek(0) == '\\' { 2 } else { 1 };
            text.extend((0..length).map(|ahead| self.peek(ahead)));
            self.skip(length);
        }
        self.skip(1);
        self.source.texts.push(Piece { line, text });
    }

    /// A text without escapes; `hashes` were read and the opening quote is here.
    fn raw(&mut self, hashes: usize) {
        let (line, mut text) = (self.line, String::new());
        self.skip(1);
        while !self.ended() {
            if self.peek(0) == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == '#') {
                self.skip(1 + hashes);
                break;
            }
            text.push(self.peek(0));
            self.skip(1);
        }
        self.source.texts.push(Piece { line, text });
    }

    fn char_or_lifetime(&mut self) {
        if self.peek(1) == '\\' {
            self.skip(3);
            while !self.ended() && self.peek(0) != '\'' {
                self.skip(1);
            }
            self.skip(1);
        } else if self.peek(2) == '\'' {
            self.skip(3);
        } else {
            self.skip(1);
            while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
                self.skip(1);
            }
        }
    }

    fn word(&mut self) {
        let from = self.at;
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            self.at += 1;
        }
        let word: String = self.chars[from..self.at].iter().collect();
        let hashes = (0..).take_while(|ahead| self.peek(*ahead) == '#').count();
        match word.as_str() {
            "r" | "br" | "cr" if self.peek(hashes) == '"' => {
                self.at += hashes;
                self.raw(hashes);
            }
            "b" | "c" if self.peek(0) == '"' => self.quoted(),
            "b" if self.peek(0) == '\'' => self.char_or_lifetime(),
            _ => self.token(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pieces: &[Piece]) -> Vec<(usize, &str)> {
        pieces.iter().map(|piece| (piece.line, piece.text.as_str())).collect()
    }

    #[test]
    fn code_comments_and_texts_are_told_apart() {
        let source = Source::parse(
            "let a = \"x // y \\\" z\"; // one\nlet b = r#\"raw \" text\"#; /* two /* in */\nthree */ let c: &'static u8 = b'\"';",
        );
        assert_eq!(texts(&source.texts), [(1, "x // y \\\" z"), (2, "raw \" text")]);
        assert_eq!(texts(&source.comments), [(1, "// one"), (2, " two  in \n"), (3, "three ")]);
        let code: Vec<&str> = source.tokens.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(code.join(" "), "let a = ; let b = ; let c : & u8 = ;");
        assert_eq!(source.tokens.last().unwrap().line, 3);
    }

    #[test]
    fn tests_within_a_file_can_be_taken_out() {
        let source =
            Source::parse("fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { \"}\"; }\n}\nfn c() {}\n").without_tests();
        let names: Vec<&str> = source.tokens.iter().map(|piece| piece.text.as_str()).filter(|t| is_name(t)).collect();
        assert_eq!(names, ["fn", "a", "fn", "c"]);
        assert!(source.texts.is_empty());
    }
}
