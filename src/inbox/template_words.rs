//! The places in a template's text that differ from message to message: `{name}`. What fills them in is whoever sends it;
//! here they are only told apart from the rest.

/// The longest name of a place.
const VARIABLE_CHARS_MAX: usize = 40;

/// A piece of a template's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    Text(&'t str),
    /// The name between the braces.
    Variable(&'t str),
}

/// A text in its pieces, in order. Braces around anything but a name are text: also `{}`, and `{` alone.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut rest, mut at) = (text, 0);
    while let Some(open) = rest[at..].find('{').map(|open| at + open) {
        let name = rest[open + 1..].find('}').map(|close| &rest[open + 1..open + 1 + close]);
        match name.filter(|name| is_name(name)) {
            Some(name) => {
                if open > 0 {
                    found.push(Piece::Text(&rest[..open]));
                }
                found.push(Piece::Variable(name));
                rest = &rest[open + name.len() + 2..];
                at = 0;
            }
            None => at = open + 1,
        }
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

fn is_name(text: &str) -> bool {
    let fits = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | ' ' | '.');
    !text.trim().is_empty() && text.chars().count() <= VARIABLE_CHARS_MAX && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_are_told_from_text() {
        use Piece::{Text, Variable};
        assert_eq!(
            pieces("Hi {name}, at {time}!"),
            [Text("Hi "), Variable("name"), Text(", at "), Variable("time"), Text("!")]
        );
        assert_eq!(pieces("{a}{b}"), [Variable("a"), Variable("b")]);
        assert_eq!(pieces("{} {"), [Text("{} {")]);
        assert_eq!(pieces("{{name}}"), [Text("{"), Variable("name"), Text("}")]);
        assert_eq!(pieces(""), []);
    }

    proptest! {
        #[test]
        fn nothing_of_a_text_is_lost(text in "[{}a-c ü]{0,40}") {
            let whole: String = pieces(&text).into_iter().map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Variable(name) => format!("{{{name}}}"),
            }).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
