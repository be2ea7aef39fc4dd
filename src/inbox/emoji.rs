//! What counts as one emoji. A rule over code points after Unicode's emoji grammar (UTS #51) and not a list of all emoji: a
//! list would refuse those that came after it.

const JOINER: char = '\u{200d}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// Where pictographs stand, reserved places for coming ones included (the property Extended_Pictographic).
const PICTOGRAPHS: [(u32, u32); 64] = [
    (0x00a9, 0x00a9),
    (0x00ae, 0x00ae),
    (0x203c, 0x203c),
    (0x2049, 0x2049),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2194, 0x2199),
    (0x21a9, 0x21aa),
    (0x231a, 0x231b),
    (0x2328, 0x2328),
    (0x23cf, 0x23cf),
    (0x23e9, 0x23f3),
    (0x23f8, 0x23fa),
    (0x24c2, 0x24c2),
    (0x25aa, 0x25ab),
    (0x25b6, 0x25b6),
    (0x25c0, 0x25c0),
    (0x25fb, 0x25fe),
    (0x2600, 0x2605),
    (0x2607, 0x2612),
    (0x2614, 0x2685),
    (0x2690, 0x2705),
    (0x2708, 0x2712),
    (0x2714, 0x2714),
    (0x2716, 0x2716),
    (0x271d, 0x271d),
    (0x2721, 0x2721),
    (0x2728, 0x2728),
    (0x2733, 0x2734),
    (0x2744, 0x2744),
    (0x2747, 0x2747),
    (0x274c, 0x274c),
    (0x274e, 0x274e),
    (0x2753, 0x2755),
    (0x2757, 0x2757),
    (0x2763, 0x2767),
    (0x2795, 0x2797),
    (0x27a1, 0x27a1),
    (0x27b0, 0x27b0),
    (0x27bf, 0x27bf),
    (0x2934, 0x2935),
    (0x2b05, 0x2b07),
    (0x2b1b, 0x2b1c),
    (0x2b50, 0x2b50),
    (0x2b55, 0x2b55),
    (0x3030, 0x3030),
    (0x303d, 0x303d),
    (0x3297, 0x3297),
    (0x3299, 0x3299),
    (0x1f000, 0x1f0ff),
    (0x1f10d, 0x1f10f),
    (0x1f12f, 0x1f12f),
    (0x1f16c, 0x1f171),
    (0x1f17e, 0x1f17f),
    (0x1f18e, 0x1f18e),
    (0x1f191, 0x1f19a),
    (0x1f1ad, 0x1f1e5),
    (0x1f201, 0x1f20f),
    (0x1f21a, 0x1f23a),
    (0x1f23c, 0x1f23f),
    (0x1f249, 0x1f3fa),
    (0x1f400, 0x1f64f),
    (0x1f680, 0x1faff),
    (0x1fc00, 0x1fffd),
];

/// Whether a text is one emoji and nothing else: a pictograph with its skin tone or style, several joined into one, a
/// keycap, or a flag.
pub fn is_one_emoji(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    is_keycap(&letters) || is_flag(&letters) || letters.split(|letter| *letter == JOINER).all(is_pictograph)
}

fn is_keycap(letters: &[char]) -> bool {
    let is_base = |letter: &char| letter.is_ascii_digit() || matches!(letter, '#' | '*');
    match letters {
        [base, KEYCAP] | [base, EMOJI_STYLE, KEYCAP] => is_base(base),
        _ => false,
    }
}

/// Two letters of a country.
fn is_flag(letters: &[char]) -> bool {
    letters.len() == 2 && letters.iter().all(|letter| ('\u{1f1e6}'..='\u{1f1ff}').contains(letter))
}

/// A pictograph, then a style or a skin tone, then the tags of a region's flag.
fn is_pictograph(letters: &[char]) -> bool {
    let Some((base, mut rest)) = letters.split_first() else { return false };
    let number = u32::from(*base);
    if !PICTOGRAPHS.iter().any(|(first, last)| (*first..=*last).contains(&number)) && !is_skin_tone(*base) {
        return false;
    }
    if let [EMOJI_STYLE, after @ ..] = rest {
        rest = after;
    }
    if let [tone, after @ ..] = rest
        && is_skin_tone(*tone)
    {
        rest = after;
    }
    match rest {
        [] => true,
        [tags @ .., '\u{e007f}'] => tags.iter().all(|tag| ('\u{e0020}'..='\u{e007e}').contains(tag)),
        _ => false,
    }
}

fn is_skin_tone(letter: char) -> bool {
    ('\u{1f3fb}'..='\u{1f3ff}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_react_with_is_one_emoji() {
        for emoji in
            ["👍", "❤️", "❤", "😂", "🙏🏽", "👩‍🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇵🇹", "1️⃣", "#⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🫡", "🧑🏿‍🤝‍🧑🏻", "©️", "☝🏼", "🐦‍🔥"]
        {
            assert!(is_one_emoji(emoji), "{emoji}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for text in
            ["", "a", "1", "👍👍", "👍 ", "ok", ":)", "\u{200d}", "👍\u{200d}", "🇵", "🇵🇹🇵🇹", "1⃣1", "\u{fe0f}", "é"]
        {
            assert!(!is_one_emoji(text), "{text:?}");
        }
    }
}
