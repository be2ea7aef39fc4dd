//! The words of a text as the search knows them, the same for both engines: lower case, without accents, cut where letters
//! and digits end. Scripts that are written without blanks are cut into pairs of characters.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What is longer is cut here.
const WORD_CHARS_MAX: usize = 40;
/// Words of one text that can be found.
pub const WORDS_MAX: usize = 2_000;
/// Words of one question; those behind are left out.
pub const QUERY_WORDS_MAX: usize = 16;
/// Characters of a snippet, and how many of them come before what was found.
const SNIPPET_CHARS_MAX: usize = 200;
const SNIPPET_CHARS_BEFORE: usize = 40;

/// A word and where in the text it stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub start: usize,
    pub end: usize,
    /// The last character of a run without blanks, alone: it is known by its pair already.
    is_end_of_run: bool,
}

/// What somebody looks for: all of these words, the last of them perhaps only begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub words: Vec<String>,
    pub prefix: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    None,
    Spaced,
    Unspaced,
}

/// The words of a text, in its order.
pub fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let (mut start, mut script) = (0, Script::None);
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        let next = match script_of(letter) {
            // Accents and vowel signs belong to the letter before.
            Script::None if script != Script::None && is_combining_mark(letter) => script,
            next => next,
        };
        if next != script {
            cut_run(text, start, at, script, &mut found);
            (start, script) = (at, next);
        }
        if found.len() >= WORDS_MAX {
            break;
        }
    }
    found.truncate(WORDS_MAX);
    found
}

fn cut_run(text: &str, start: usize, end: usize, script: Script, found: &mut Vec<Word>) {
    match script {
        Script::None => {}
        Script::Spaced => found.extend(word(text, start, end, false)),
        Script::Unspaced => {
            let mut edges: Vec<usize> = text[start..end].char_indices().map(|(at, _)| start + at).collect();
            edges.push(end);
            found.extend(edges.windows(3).filter_map(|pair| word(text, pair[0], pair[2], false)));
            if let [.., last, _] = edges[..] {
                found.extend(word(text, last, end, edges.len() > 2));
            }
        }
    }
}

fn word(text: &str, start: usize, end: usize, is_end_of_run: bool) -> Option<Word> {
    let folded = fold(&text[start..end]);
    (!folded.is_empty()).then_some(Word { text: folded, start, end, is_end_of_run })
}

/// Lower case, without accents, forms of one letter made one.
fn fold(word: &str) -> String {
    let bare = word.nfkd().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter));
    let lower =
        bare.flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric() || is_combining_mark(*letter));
    let mut folded = String::with_capacity(word.len());
    for letter in lower.nfc().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).take(WORD_CHARS_MAX) {
        match letter {
            'ß' => folded.push_str("ss"),
            'ς' => folded.push('σ'),
            letter => folded.push(letter),
        }
    }
    folded
}

fn script_of(letter: char) -> Script {
    match letter {
        // Thai, Lao, Burmese, Khmer, Japanese, Chinese.
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => {
            if letter.is_alphanumeric() || is_combining_mark(letter) {
                Script::Unspaced
            } else {
                Script::None
            }
        }
        letter if letter.is_alphanumeric() => Script::Spaced,
        _ => Script::None,
    }
}

impl Query {
    /// The last word may be the beginning of one, unless something stands behind it.
    pub fn parse(text: &str) -> Query {
        let mut query = Query::default();
        let mut found: Vec<Word> = words(text).into_iter().filter(|word| !word.is_end_of_run).collect();
        found.truncate(QUERY_WORDS_MAX);
        let is_pair = |word: &Word| text[word.start..].chars().next().is_some_and(|c| script_of(c) == Script::Unspaced);
        let is_begun =
            |word: &Word| word.end == text.len() && !(is_pair(word) && text[word.start..word.end].chars().count() > 1);
        if let Some(last) = found.pop_if(|last| is_begun(last)) {
            query.prefix = Some(last.text);
        }
        for word in found {
            if !query.words.contains(&word.text) {
                query.words.push(word.text);
            }
        }
        query
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.prefix.is_none()
    }

    fn finds(&self, word: &Word) -> bool {
        let begins = |prefix: &String| word.text.starts_with(prefix.as_str());
        self.words.contains(&word.text) || self.prefix.as_ref().is_some_and(begins)
    }

    /// The part of a text in which the words stand, as HTML: escaped, and what was found inside of `<mark>`.
    pub fn snippet(&self, text: &str) -> String {
        let mut marks: Vec<(usize, usize)> = Vec::new();
        for word in words(text).iter().filter(|word| self.finds(word)) {
            match marks.last_mut() {
                // Pairs of characters overlap.
                Some(last) if word.start <= last.1 => last.1 = last.1.max(word.end),
                _ => marks.push((word.start, word.end)),
            }
        }
        let (from, to) = window(text, marks.first().map_or(0, |mark| mark.0));
        let mut snippet = String::from(if from > 0 { "…" } else { "" });
        let mut at = from;
        for (start, end) in marks.into_iter().filter(|mark| mark.0 >= from && mark.1 <= to) {
            escape(&text[at..start], &mut snippet);
            snippet.push_str("<mark>");
            escape(&text[start..end], &mut snippet);
            snippet.push_str("</mark>");
            at = end;
        }
        escape(&text[at..to], &mut snippet);
        if to < text.len() {
            snippet.push('…');
        }
        snippet
    }
}

/// The bytes of a text to show, a little before what was found first.
fn window(text: &str, found: usize) -> (usize, usize) {
    let before = text[..found].char_indices().rev().take(SNIPPET_CHARS_BEFORE).last();
    let from = before.map_or(found, |(at, _)| at);
    let to = text[from..].char_indices().nth(SNIPPET_CHARS_MAX).map_or(text.len(), |(at, _)| from + at);
    (from, to)
}

fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    fn query(words: &[&str], prefix: Option<&str>) -> Query {
        Query { words: words.iter().map(|&word| word.to_owned()).collect(), prefix: prefix.map(str::to_owned) }
    }

    #[test]
    fn words_are_folded_and_cut_where_letters_end() {
        assert_eq!(
            told("Olá, your BIKE-tyre no. 42 is ready!"),
            ["ola", "your", "bike", "tyre", "no", "42", "is", "ready"]
        );
        assert_eq!(told("Straße Ünal ＡＢＣ ﬁsh Σίσυφος"), ["strasse", "unal", "abc", "fish", "σισυφοσ"]);
        assert_eq!(told("O\u{301}scar и́гра"), ["oscar", "игра"]);
        assert_eq!(told(" 🚲 … <b> "), ["b"]);
        assert!(told("").is_empty());
    }

    #[test]
    fn scripts_without_blanks_are_cut_into_pairs() {
        assert_eq!(told("自行车 OK"), ["自行", "行车", "车", "ok"]);
        assert_eq!(told("iPhone手机"), ["iphone", "手机", "机"]);
        assert_eq!(told("車"), ["車"]);
        assert_eq!(told("がぎ"), ["がぎ", "ぎ"], "a voiced sound is another letter");
        assert_eq!(Query::parse("自行车"), query(&["自行", "行车"], None));
        assert_eq!(Query::parse("车"), query(&[], Some("车")));
    }

    #[test]
    fn the_last_word_may_be_begun() {
        assert_eq!(Query::parse("Your bi"), query(&["your"], Some("bi")));
        assert_eq!(Query::parse("your bike "), query(&["your", "bike"], None));
        assert_eq!(Query::parse("bike bike bike"), query(&["bike"], Some("bike")));
        assert!(Query::parse(" ?! ").is_empty());
    }

    #[test]
    fn what_was_found_is_marked_and_the_rest_is_inert() {
        let found = Query::parse("ready bik").snippet("<b>Your bikes & \"tyres\" are READY</b>");
        assert_eq!(found, "&lt;b&gt;Your <mark>bikes</mark> &amp; &quot;tyres&quot; are <mark>READY</mark>&lt;/b&gt;");
        assert_eq!(Query::parse("行车").snippet("我的自行车"), "我的自<mark>行车</mark>");
        let long = format!("{} needle {}", "a ".repeat(200), "z".repeat(300));
        let cut = Query::parse("needle").snippet(&long);
        assert!(cut.starts_with('…') && cut.ends_with('…') && cut.contains("<mark>needle</mark>"), "{cut}");
        assert!(cut.chars().count() < SNIPPET_CHARS_MAX + 20, "{cut}");
    }

    proptest! {
        #[test]
        fn any_text_is_cut_and_shown(text in "\\PC{0,300}", wanted in "\\PC{0,30}") {
            for word in words(&text) {
                prop_assert!(text.get(word.start..word.end).is_some());
                prop_assert!(!word.text.is_empty() && !word.text.contains([' ', '"', '\'', '\\', '*', ':']));
            }
            let snippet = Query::parse(&wanted).snippet(&text);
            prop_assert!(!snippet.replace("<mark>", "").replace("</mark>", "").contains(['<', '>', '"']));
        }

        #[test]
        fn a_text_is_found_by_its_own_words(text in "[a-zA-Zäöüé ]{1,80}") {
            let query = Query::parse(&text);
            let own = told(&text);
            prop_assert!(query.words.iter().all(|word| own.contains(word)));
            prop_assert!(query.prefix.iter().all(|prefix| own.iter().any(|word| word.starts_with(prefix.as_str()))));
        }
    }
}
