//! Words of the screens stand in their module, where all of them can be read in a row.

use crate::rust::Source;
use crate::tree::File;

const SCREENS: &str = "src/http/dashboard/";
const WORDS: &str = "src/http/dashboard/words/";
/// Swagger's page is beside the screens.
const PLAYGROUND: &str = "src/http/swagger.rs";
const SCRIPTS: &str = "assets/";
/// Examples of code are no words; the style guide shows what words look like.
const ELSEWHERE: [&str; 2] = ["src/http/dashboard/public_api/snippets.rs", "src/http/dashboard/styleguide.rs"];
/// What looks like words and is none: a place on the sandbox's map, a name that the API's contract gives.
const NO_WORDS: [&str; 3] = ["Praça do Comércio", "Lisbon", "Shared Inbox"];

pub fn check(files: &[File]) -> Vec<String> {
    let mut findings = in_scripts(files);
    for file in files.iter().filter(|file| file.is_rust() && file.is_under(&[SCREENS, PLAYGROUND])) {
        if file.is_under(&[WORDS]) || file.is_under(&ELSEWHERE) {
            continue;
        }
        for piece in Source::parse(&file.text).without_tests().texts {
            if is_prose(&piece.text) && !NO_WORDS.contains(&piece.text.as_str()) {
                findings.push(format!("{}:{}: \"{}\" belongs into {WORDS}", file.path, piece.line, piece.text));
            }
        }
    }
    findings
}

/// Texts of scripts; a page brings a script's words along.
fn in_scripts(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_under(&[SCRIPTS]) && file.path.ends_with(".js")) {
        for (at, line) in file.text.lines().enumerate() {
            let code = line.split("// ").next().unwrap_or_default();
            let texts = ['\'', '"', '`'].into_iter().flat_map(|quote| code.split(quote).skip(1).step_by(2));
            for text in texts.filter(|text| is_prose(text) && text.contains(' ')) {
                findings.push(format!("{}:{}: \"{text}\" belongs into {WORDS}scripts.rs", file.path, at + 1));
            }
        }
    }
    findings
}

/// A sentence, or a word as a button or a heading has it.
fn is_prose(text: &str) -> bool {
    let begins = text.trim_start().starts_with(|letter: char| letter.is_ascii_uppercase());
    let is_word = text.len() > 2 && text.chars().skip(1).all(|letter| letter.is_ascii_lowercase());
    let is_spelt = |word: &&str| {
        word.chars().any(char::is_lowercase)
            && word.chars().all(|letter| letter.is_alphabetic() || ".,;:?!'".contains(letter))
    };
    begins && (is_word || text.split(' ').filter(is_spelt).count() > 1)
}

#[test]
fn a_sentence_beside_the_markup_is_found() {
    let page = |path: &str, text: &str| File { path: format!("{SCREENS}{path}"), text: text.to_owned() };
    let planted =
        "fn a() -> Markup { html! { p.meta { \"Who works here.\" } h2 { \"Team\" } a href=\"/team\" { (w::GO) } } }";
    let findings = check(&[page("team.rs", planted), page("words/team.rs", planted), page("styleguide.rs", planted)]);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].contains("team.rs:1: \"Who works here.\""), "{findings:?}");
    let script = "// 'It is lost.'\nconst a = say('lost'), b = 'The line is lost.', c = 'aria-label';\n";
    let findings = check(&[File { path: "assets/a.js".to_owned(), text: script.to_owned() }]);
    assert_eq!(findings.len(), 1, "{findings:?}");
}
