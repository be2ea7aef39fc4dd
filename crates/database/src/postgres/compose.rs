//! Makes one statement of several INSERTs (and at most one UPDATE), so that they cost one round trip.

use crate::sql::renumber;

/// Statements in one composed one. Bounds how large a plan gets; what is more goes into the next.
pub(crate) const COMPOSED_MAX: usize = 32;

/// `WITH s0 AS (first), s1 AS (second) .. last`, with parameters numbered through in that order.
pub(crate) fn compose(texts: &[&str]) -> String {
    let mut composed = String::new();
    let mut offset = 0;
    for (index, text) in texts.iter().enumerate() {
        let (text, parameters) = renumber(text.trim_end().trim_end_matches(';'), '$', offset);
        offset += parameters;
        let is_last = index + 1 == texts.len();
        match (index, is_last) {
            (_, true) => composed.push('\n'),
            (0, false) => composed.push_str("WITH s0 AS ("),
            (_, false) => composed.push_str(&format!(",\ns{index} AS (")),
        }
        composed.push_str(&text);
        if !is_last {
            // On a line of its own, in case the text ends in a comment.
            composed.push_str("\n)");
        }
    }
    composed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_one_statement_with_their_own_parameters() {
        let composed =
            compose(&["INSERT INTO a VALUES ($1, $2)", "INSERT INTO b VALUES ($2, $1);", "UPDATE c SET d = $1"]);
        assert_eq!(
            composed,
            "WITH s0 AS (INSERT INTO a VALUES ($1, $2)\n),\ns1 AS (INSERT INTO b VALUES ($4, $3)\n)\nUPDATE c SET d = $5"
        );
    }
}
