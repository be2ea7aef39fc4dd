//! Reads the lines for a terminal that documentation shows, as a shell would.

/// One `curl`, understood.
#[derive(Debug, Default, PartialEq)]
pub struct Curl {
    pub method: Option<String>,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub data: Option<String>,
    /// Names and values of a form's parts; a value that begins with `@` is a file.
    pub form: Vec<(String, String)>,
}

impl Curl {
    pub fn method(&self) -> &str {
        let implied = if self.data.is_some() || !self.form.is_empty() { "POST" } else { "GET" };
        self.method.as_deref().unwrap_or(implied)
    }
}

/// Every `curl` of a text; variables are filled in by `variable`.
pub fn curls(text: &str, variable: &dyn Fn(&str) -> String) -> Vec<Curl> {
    commands(text, variable)
        .into_iter()
        .filter(|words| words.first().is_some_and(|word| word == "curl"))
        .map(curl)
        .collect()
}

fn curl(words: Vec<String>) -> Curl {
    let mut found = Curl::default();
    let mut words = words.into_iter().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_else(|| panic!("nothing after {word}"));
        match word.as_str() {
            "-X" | "--request" => found.method = Some(next()),
            "-H" | "--header" => {
                let header = next();
                let (name, value) = header.split_once(':').unwrap_or_else(|| panic!("no header: {header}"));
                found.headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
            }
            "-d" | "--data" | "--data-raw" => found.data = Some(next()),
            "-F" | "--form" => {
                let part = next();
                let (name, value) = part.split_once('=').unwrap_or_else(|| panic!("no part: {part}"));
                found.form.push((name.to_owned(), value.to_owned()));
            }
            "-N" | "-s" | "-S" | "-sS" | "-i" | "-sSi" | "-v" | "-f" | "-sSf" | "-fsS" => {}
            "-o" => drop(next()),
            other if other.starts_with('-') => panic!("what does curl {other} do? Teach tests/contract/shell.rs"),
            url => url.clone_into(&mut found.url),
        }
    }
    found
}

/// Commands as words, quotes and variables resolved. A line ends a command unless a backslash stands before its end.
fn commands(text: &str, variable: &dyn Fn(&str) -> String) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let (mut word, mut begun) = (String::new(), false);
    let mut letters = text.chars().peekable();
    let mut quote = None;
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) => match letters.next() {
                Some('\n') | None => {}
                Some(next) => (word.push(next), begun = true).0,
            },
            ('"' | '\'', None) => (quote, begun) = (Some(letter), true),
            (_, Some(open)) if letter == open => quote = None,
            ('$', None | Some('"')) => {
                let mut name = String::new();
                let braced = letters.next_if_eq(&'{').is_some();
                while let Some(next) = letters.next_if(|next| next.is_ascii_alphanumeric() || *next == '_') {
                    name.push(next);
                }
                letters.next_if(|next| braced && *next == '}');
                word.push_str(&variable(&name));
                begun = true;
            }
            (' ' | '\n' | '|' | ';', None) => {
                if begun {
                    commands.last_mut().expect("one at least").push(std::mem::take(&mut word));
                    begun = false;
                }
                if letter != ' ' {
                    commands.push(Vec::new());
                }
            }
            (letter, _) => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if begun {
        commands.last_mut().expect("one at least").push(word);
    }
    commands
}

#[test]
fn a_line_is_read_as_a_shell_reads_it() {
    let text = "export A=b\ncurl -X PUT \"$BASE/chats/${ID}\" \\\n  -H 'A: b' -d \"{\\\"id\\\": $ID}\" | cat\ncurl x -F 'file=@a b.png'";
    let found = curls(text, &|name| format!("<{name}>"));
    assert_eq!((found[0].method(), found[0].url.as_str()), ("PUT", "<BASE>/chats/<ID>"));
    assert_eq!(found[0].data.as_deref(), Some("{\"id\": <ID>}"));
    assert_eq!(found[0].headers, [("a".to_owned(), "b".to_owned())]);
    assert_eq!((found[1].method(), &found[1].form[0].1), ("POST", &"@a b.png".to_owned()));
}
