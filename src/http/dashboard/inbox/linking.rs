//! What somebody said, with the web addresses in it as links. Only `http` and `https`, and never one whose signs are drawn in
//! another order than they stand in: what is read is where it leads.

use maud::{Markup, html};

/// Ends an address wherever it stands.
fn ends(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '<' | '>' | '"' | '`' | '“' | '”' | '«' | '»')
}

/// What belongs to the sentence around an address, when it stands at its end.
const OF_THE_SENTENCE: [char; 11] = ['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'', '’'];

/// Turns the direction of what follows, or is not seen at all.
fn misleads(sign: char) -> bool {
    sign.is_control() || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// The first address in a text: where it begins and ends, in bytes.
fn address(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(found) = text[from..].find("http") {
        let begin = from + found;
        let rest = &text[begin..];
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let word = word.trim_end_matches(OF_THE_SENTENCE);
        let host = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"));
        let stands_alone = !text[..begin].ends_with(char::is_alphanumeric);
        if stands_alone && host.is_some_and(|host| host.starts_with(char::is_alphanumeric)) && !word.contains(misleads)
        {
            return Some((begin, begin + word.len()));
        }
        from = begin + "http".len();
    }
    None
}

pub fn linking(text: &str) -> Markup {
    let mut rest = text;
    let mut pieces = Vec::new();
    while let Some((begin, end)) = address(rest) {
        pieces.push((&rest[..begin], &rest[begin..end]));
        rest = &rest[end..];
    }
    html! {
        @for (plain, address) in pieces { (plain) a href=(address) target="_blank" rel="noopener noreferrer nofollow" { (address) } }
        (rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(text: &str) -> Vec<String> {
        let page = linking(text).into_string();
        page.split("href=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
    }

    #[test]
    fn addresses_are_links_and_the_sentence_around_them_is_not() {
        assert_eq!(
            linked("See https://shop.example/a?b=1&c=2, or (http://shop.example)."),
            ["https://shop.example/a?b=1&amp;c=2", "http://shop.example"]
        );
        assert_eq!(
            linked("„https://müller.example/straße“ und «https://a.example»"),
            ["https://müller.example/straße", "https://a.example"]
        );
        let words = "a <b> & https://shop.example/\nnext line";
        assert!(linking(words).into_string().ends_with("</a>\nnext line"), "nothing else is changed");
        assert!(linking(words).into_string().starts_with("a &lt;b&gt; &amp; <a "));
    }

    #[test]
    fn nothing_else_is_a_link() {
        let texts = [
            "javascript:alert(1)",
            "xhttps://shop.example",
            "https:// shop",
            "http://",
            "https://\"onmouseover=alert(1)",
            "ftp://a.example",
            "https://shop.example/\u{202e}fdp.exe",
            "https://bank.example\u{200b}.evil.example",
        ];
        for text in texts {
            assert_eq!(linked(text), Vec::<String>::new(), "{text:?}");
        }
        assert_eq!(linked("https://a.example\"onclick=x"), ["https://a.example"]);
    }
}
