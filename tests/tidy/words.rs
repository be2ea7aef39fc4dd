//! Words of the screens stand in their module, where all of them can be read in a row.

use crate::rust::Source;
use crate::tree::File;

const SCREENS: &str = "src/http/dashboard/";
const WORDS: &str = "src/http/dashboard/words/";
/// The inbox with its phone and the contacts have theirs beside the markup yet; examples of code are no words; the style guide
/// shows what words look like.
const ELSEWHERE: [&str; 4] = [
    "src/http/dashboard/inbox/",
    "src/http/dashboard/contacts.rs",
    "src/http/dashboard/public_api/snippets.rs",
    "src/http/dashboard/styleguide.rs",
];

pub fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under(&[SCREENS])) {
        if file.is_under(&[WORDS]) || file.is_under(&ELSEWHERE) {
            continue;
        }
        for piece in Source::parse(&file.text).without_tests().texts {
            if is_prose(&piece.text) {
                findings.push(format!("{}:{}: \"{}\" belongs into {WORDS}", file.path, piece.line, piece.text));
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
    let findings = check(&[page("team.rs", planted), page("words/team.rs", planted), page("inbox/list.rs", planted)]);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].contains("team.rs:1: \"Who works here.\""), "{findings:?}");
}
