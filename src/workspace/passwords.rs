//! Passwords: how long, which are refused, how they are kept. Hashing takes tens of milliseconds and 19 MB, so it is done
//! before a write, never in one.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::error::Error;

pub const PASSWORD_CHARS_MIN: usize = 15;
/// Longer ones are refused rather than cut.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// With fewer different characters a long password is a short one.
const DIFFERENT_CHARS_MIN: usize = 6;
/// What is left of a password once common words and what everybody knows about its owner are taken out.
const OWN_CHARS_MIN: usize = 6;
/// Shorter words stand by chance in good passwords.
const KNOWN_WORD_CHARS_MIN: usize = 4;

/// OWASP's second recommendation for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// What lists of leaked passwords are made of, as far as it reaches the length above by being put together.
const COMMON: [&str; 40] = [
    "password",
    "passwort",
    "contrasena",
    "motdepasse",
    "qwertyuiop",
    "qwertzuiop",
    "qwerty",
    "qwertz",
    "azerty",
    "asdfghjkl",
    "asdfgh",
    "zxcvbnm",
    "yxcvbnm",
    "1q2w3e4r",
    "1qaz2wsx",
    "letmein",
    "welcome",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "dragon",
    "monkey",
    "master",
    "superman",
    "batman",
    "shadow",
    "trustno1",
    "admin",
    "administrator",
    "login",
    "secret",
    "changeme",
    "default",
    "whatsapp",
    "partyline",
    "correcthorsebattery",
    "staple",
    "12345",
];

/// A hash that no password has; see [`is_password`].
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that may be set.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Checks a new password; `known` is what everybody knows about whose it is: name, email, workspace.
    ///
    /// # Errors
    /// `validation_error` naming the field and what to do. It never quotes the password.
    pub fn parse(field: &str, given: &str, known: &[&str]) -> Result<Password, Error> {
        let length = given.chars().count();
        let fault = if length < PASSWORD_CHARS_MIN {
            format!("A password has at least {PASSWORD_CHARS_MIN} characters; this one has {length}. Use a few words")
        } else if given.len() > PASSWORD_BYTES_MAX {
            format!("A password has at most {PASSWORD_BYTES_MAX} bytes; this one has {}", given.len())
        } else if given.contains('\0') {
            "A password holds no NUL character; remove it".to_owned()
        } else if is_guessable(given, known) {
            "This password is easy to guess: made of common words, rows of keys, repetition, or your own name and \
             address. Put a few words together that nobody would"
                .to_owned()
        } else {
            return Ok(Password(given.to_owned()));
        };
        Err(Error::invalid(field, fault))
    }

    /// Its hash in PHC form. Slow on purpose.
    ///
    /// # Errors
    /// A fault of ours: no memory.
    pub fn hash(&self, salt: [u8; 16]) -> Result<String, Error> {
        let fault = |cause: argon2::password_hash::Error| Error::internal(cause.to_string());
        let salt = SaltString::encode_b64(&salt).map_err(fault)?;
        hasher()?.hash_password(self.0.as_bytes(), &salt).map(|hash| hash.to_string()).map_err(fault)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Password(..)")
    }
}

/// Whether `given` is the password that was hashed so. Without a hash it takes as long and says no, so that nobody learns
/// from the time who has a password here.
pub fn is_password(given: &str, hash: Option<&str>) -> bool {
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODYS)) else { return false };
    let fits = hasher().is_ok_and(|hasher| hasher.verify_password(given.as_bytes(), &parsed).is_ok());
    fits && hash.is_some()
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|cause| Error::internal(cause.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn is_guessable(given: &str, known: &[&str]) -> bool {
    let folded = plain(given);
    let mut different: Vec<char> = folded.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT_CHARS_MIN || is_sequence(&folded) || is_repeated(&folded) {
        return true;
    }
    let mut left = folded;
    let own = known.iter().flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric())).map(plain);
    let mut words: Vec<String> = COMMON.iter().map(|word| plain(word)).chain(own).collect();
    // The longest first: what holds another goes as a whole.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in words.iter().filter(|word| word.chars().count() >= KNOWN_WORD_CHARS_MIN) {
        left = left.replace(word.as_str(), " ");
    }
    left.chars().filter(|letter| letter.is_alphabetic()).count() < OWN_CHARS_MIN && left.contains(' ')
}

/// Lower case without punctuation, and with letters where people write digits for them.
fn plain(text: &str) -> String {
    let letters = text.chars().flat_map(char::to_lowercase).map(|letter| match letter {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        letter => letter,
    });
    letters.filter(|letter| letter.is_alphanumeric()).collect()
}

/// `abcdefghijklmno` and its like, either way.
fn is_sequence(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|letter| i64::from(u32::from(letter))).collect();
    let steps = |by: i64| codes.windows(2).filter(|pair| pair[1] - pair[0] == by).count();
    steps(1).max(steps(-1)) * 4 >= codes.len() * 3
}

/// The same few characters over and over.
fn is_repeated(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=letters.len() / 2).any(|unit| unit <= 7 && letters[unit..].iter().zip(&letters).all(|(a, b)| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(given: &str) -> bool {
        Password::parse("password", given, &["Ana Martins", "ana@harbourbikes.example", "Harbour Bikes"]).is_err()
    }

    #[test]
    fn a_password_is_long_and_not_easy_to_guess() {
        for good in ["salt wind over the pier", "Tr0ub4dor&3-and-more", "двенадцать лодок", "ana likes green tandems"]
        {
            assert!(!is_refused(good), "{good}");
        }
        let bad = [
            "",
            "short",
            "fourteen chars",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "abcdefghijklmnopqrst",
            "passwordpassword",
            "P@ssw0rd12345678",
            "qwertyuiopasdfghjkl",
            "letmein-welcome-12345",
            "123456789012345",
            "harbourbikes2026!",
            "AnaMartins-12345",
            "partyline-whatsapp-2026",
            "good words here \0 and there",
        ];
        for bad in bad {
            assert!(is_refused(bad), "{bad:?}");
        }
        assert!(is_refused(&"long words of ours ".repeat(20)));
    }

    #[test]
    fn a_hash_fits_its_password_and_nobody_elses() {
        let password = Password::parse("password", "salt wind over the pier", &[]).expect("good");
        let hash = password.hash([7; 16]).expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(is_password("salt wind over the pier", Some(&hash)));
        assert!(!is_password("salt wind over the pie", Some(&hash)));
        assert!(!is_password("salt wind over the pier", None) && !is_password("", Some("nonsense")));
        assert!(!format!("{password:?}").contains("salt"));
    }
}
