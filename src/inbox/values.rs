//! Values of the inbox that are parsed once, at the edge; inside they are valid.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use transport::Address;

use crate::error::Error;
use crate::inbox::emoji::is_one_emoji;

pub const TEXT_CHARS_MAX: usize = 2_000;
pub const LABEL_CHARS_MAX: usize = 64;
pub const CHAT_NAME_CHARS_MAX: usize = 256;
pub const NOTE_CHARS_MAX: usize = 10_000;
pub const REACTION_CHARS_MAX: usize = 50;
const PHONE_CHARS_MAX: usize = 64;

/// A phone number in E.164 form: `+` and digits, valid by the plan of its country.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Spaces, dashes, dots and brackets are stripped, a missing `+` is added.
    ///
    /// # Errors
    /// `validation_error` saying `Wrong phone number` and the number as it was given.
    pub fn parse(field: &str, given: &str) -> Result<Phone, Error> {
        let wrong = || Error::invalid(field, format!("Wrong phone number \"{given}\""));
        if given.len() > PHONE_CHARS_MAX {
            return Err(Error::invalid(field, format!("Wrong phone number: longer than {PHONE_CHARS_MAX} characters")));
        }
        let mut plain = String::with_capacity(given.len() + 1);
        for letter in given.chars() {
            match letter {
                '0'..='9' => plain.push(letter),
                '+' if plain.is_empty() => plain.push(letter),
                ' ' | '-' | '.' | '(' | ')' | '[' | ']' | '\u{a0}' => {}
                _ => return Err(wrong()),
            }
        }
        if !plain.starts_with('+') {
            plain.insert(0, '+');
        }
        if is_valid(&plain) { Ok(Phone(plain)) } else { Err(wrong()) }
    }

    /// As [`Phone::parse`], or from the JID of a phone.
    ///
    /// # Errors
    /// As [`Phone::parse`].
    pub fn parse_account(field: &str, given: &str) -> Result<Phone, Error> {
        Phone::parse(field, given.strip_suffix("@s.whatsapp.net").unwrap_or(given))
            .map_err(|_| Error::invalid(field, format!("Wrong phone number \"{given}\"")))
    }

    /// With its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address as an API client may write it: a phone's, a group's, or one whose phone WhatsApp hides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jid(Address);

impl Jid {
    /// # Errors
    /// `validation_error` naming the forms there are.
    pub fn parse(field: &str, given: &str) -> Result<Jid, Error> {
        let wrong = || {
            let shown: String = given.chars().take(PHONE_CHARS_MAX).collect();
            let forms = "<digits>@s.whatsapp.net for a phone, <id>@g.us for a group, or <digits>@lid";
            Error::invalid(field, format!("Wrong JID \"{shown}\"; {field} must be {forms}"))
        };
        if given.len() > PHONE_CHARS_MAX {
            return Err(wrong());
        }
        let (name, server) = given.trim().split_once('@').ok_or_else(wrong)?;
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match server {
            "s.whatsapp.net" if is_digits(name) && is_valid(&format!("+{name}")) => {}
            // Old groups are named after who made them, and when.
            "g.us" if name.split('-').all(is_digits) && name.matches('-').count() <= 1 => {}
            "lid" if is_digits(name) => {}
            _ => return Err(wrong()),
        }
        Ok(Jid(Address::from_jid(given.trim())))
    }

    pub fn into_address(self) -> Address {
        self.0
    }
}

/// Numbers found valid lately. Asking the plans takes a dozen regular expressions, a tenth of what accepting a message
/// costs, and most messages go to numbers that were written to before.
static VALID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
const VALID_MAX: usize = 10_000;

/// Whether `+` and digits are a number by the plan of its country.
fn is_valid(plain: &str) -> bool {
    let known = || VALID.lock().unwrap_or_else(PoisonError::into_inner);
    if known().contains(plain) {
        return true;
    }
    let Ok(number) = phonenumber::parse(None, plain) else { return false };
    // The plan may drop digits it has no use for; a number that changes in parsing was not the one meant.
    let understood = number.format().mode(phonenumber::Mode::E164).to_string();
    let valid = understood == plain && number.is_valid();
    if valid {
        let mut known = known();
        if known.len() >= VALID_MAX {
            known.clear();
        }
        known.insert(plain.to_owned());
    }
    valid
}

/// The text of a message: 1 to [`TEXT_CHARS_MAX`] characters, kept as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText(String);

impl MessageText {
    /// # Errors
    /// `validation_error` for one that is too long or holds a NUL.
    pub fn parse(field: &str, given: &str) -> Result<MessageText, Error> {
        bounded(field, given, TEXT_CHARS_MAX).map(MessageText)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A note: 1 to [`NOTE_CHARS_MAX`] characters, kept as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteText(String);

impl NoteText {
    /// # Errors
    /// `validation_error` for one that is blank, too long or holds a NUL.
    pub fn parse(field: &str, given: &str) -> Result<NoteText, Error> {
        if given.trim().is_empty() {
            let rule = format!("{field} is blank; write a note of 1 to {NOTE_CHARS_MAX} characters");
            return Err(Error::invalid(field, rule));
        }
        bounded(field, given, NOTE_CHARS_MAX).map(NoteText)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One emoji, or nothing to take a reaction back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emoji(String);

impl Emoji {
    /// # Errors
    /// `validation_error` for anything else.
    pub fn parse(field: &str, given: &str) -> Result<Emoji, Error> {
        let emoji = bounded(field, given.trim(), REACTION_CHARS_MAX)?;
        if emoji.is_empty() || is_one_emoji(&emoji) {
            return Ok(Emoji(emoji));
        }
        Err(Error::invalid(field, format!("{field} \"{emoji}\" is not one emoji; give one, or \"\" to take it back")))
    }

    /// Empty where it takes a reaction back.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A label: 1 to [`LABEL_CHARS_MAX`] characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelName(String);

impl LabelName {
    /// # Errors
    /// `validation_error` for one that is blank, too long or holds a NUL.
    pub fn parse(field: &str, given: &str) -> Result<LabelName, Error> {
        named(field, given, LABEL_CHARS_MAX).map(LabelName)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A chat's name: 1 to [`CHAT_NAME_CHARS_MAX`] characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChatName(String);

impl ChatName {
    /// # Errors
    /// `validation_error` for one that is blank, too long or holds a NUL.
    pub fn parse(field: &str, given: &str) -> Result<ChatName, Error> {
        named(field, given, CHAT_NAME_CHARS_MAX).map(ChatName)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub(crate) fn named(field: &str, given: &str, chars_max: usize) -> Result<String, Error> {
    if given.trim().is_empty() {
        return Err(Error::invalid(
            field,
            format!("{field} is blank; leave it out or give it 1 to {chars_max} characters"),
        ));
    }
    bounded(field, given.trim(), chars_max)
}

pub(super) fn bounded(field: &str, given: &str, chars_max: usize) -> Result<String, Error> {
    // Counting characters is only needed where the bytes could be too many.
    if given.len() > chars_max {
        let length = given.chars().count();
        if length > chars_max {
            let rule = format!("{field} has {length} characters; at most {chars_max} are allowed");
            return Err(Error::invalid(field, rule));
        }
    }
    if given.contains('\0') {
        return Err(Error::invalid(field, format!("{field} holds a NUL character (U+0000); remove it")));
    }
    Ok(given.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_taken_in_the_forms_that_people_write() {
        for given in ["+12025550100", "12025550100", "+1 202 555 0100", "+1 (202) 555-0100", "1.202.555.0100"] {
            assert_eq!(Phone::parse("phone", given).expect(given).as_str(), "+12025550100");
        }
    }

    #[test]
    fn a_wrong_phone_is_named_as_it_was_given() {
        for given in ["", "+", "12", "+1 202 555", "phone", "+1202555010x", "١٢٠٢٥٥٥٠١٠٠", "120363021234567890@g.us"]
        {
            let error = Phone::parse("phone", given).expect_err(given);
            assert_eq!(error.message, format!("Wrong phone number \"{given}\""));
        }
    }

    #[test]
    fn a_text_is_kept_as_it_came_up_to_its_limit() {
        let longest = "é".repeat(TEXT_CHARS_MAX);
        assert_eq!(MessageText::parse("text", &longest).expect("fits").as_str(), longest);
        assert!(MessageText::parse("text", &format!("{longest}é")).is_err());
        assert!(MessageText::parse("text", "a\0b").is_err());
        assert_eq!(MessageText::parse("text", "  two \n lines ").expect("fits").as_str(), "  two \n lines ");
    }

    #[test]
    fn a_jid_is_of_a_phone_a_group_or_a_hidden_contact() {
        for given in
            ["12025550100@s.whatsapp.net", "120363021234567890@g.us", "12025550100-1400000000@g.us", "1234@lid"]
        {
            assert_eq!(Jid::parse("jid", given).expect(given).into_address().jid(), given);
        }
        for given in [
            "",
            "@",
            "+12025550100",
            "12@s.whatsapp.net",
            "x@g.us",
            "1-2-3@g.us",
            "-@g.us",
            "1@lid@lid",
            "1@c.us",
            "1:2@lid",
            "status@broadcast",
            "12025550100:7@s.whatsapp.net",
        ] {
            let error = Jid::parse("jid", given).expect_err(given);
            assert!(error.message.contains(&format!("\"{given}\"")) && error.message.contains("@g.us"), "{error}");
        }
        assert!(Jid::parse("jid", &"1".repeat(70)).is_err());
    }

    #[test]
    fn an_account_is_named_by_its_phone_or_its_jid() {
        for given in ["+1 202 555 0198", "12025550198@s.whatsapp.net"] {
            assert_eq!(Phone::parse_account("whatsapp_account_id", given).expect(given).as_str(), "+12025550198");
        }
        assert!(Phone::parse_account("whatsapp_account_id", "120363021234567890@g.us").is_err());
    }

    #[test]
    fn a_reaction_is_one_emoji_or_nothing() {
        assert_eq!(Emoji::parse("reaction", " 👍 ").expect("one").as_str(), "👍");
        assert_eq!(Emoji::parse("reaction", "").expect("none").as_str(), "");
        for given in ["yes", "👍👍", "👍\0"] {
            assert!(Emoji::parse("reaction", given).is_err(), "{given}");
        }
    }

    #[test]
    fn a_label_is_trimmed_and_never_blank() {
        assert_eq!(LabelName::parse("label", " vip ").expect("fits").as_str(), "vip");
        assert!(LabelName::parse("label", "  ").is_err());
    }
}
