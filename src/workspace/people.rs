//! What is told of people, parsed once at the edge: emails, names, titles of teams.

use crate::error::Error;
use crate::store::teammates::TeammateRow;

/// RFC 5321's longest path, less its brackets.
pub const EMAIL_CHARS_MAX: usize = 254;
pub const PERSON_NAME_CHARS_MAX: usize = 150;
pub const TEAM_TITLE_CHARS_MAX: usize = 64;
/// RFC 5321, 4.5.3.1.1.
const EMAIL_LOCAL_CHARS_MAX: usize = 64;
const HOST_LABEL_CHARS_MAX: usize = 63;

/// An email address: something, `@`, and the name of a host with a dot. Whether anybody reads it, only a letter can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// # Errors
    /// `validation_error` naming the field and the address.
    pub fn parse(field: &str, given: &str) -> Result<Email, Error> {
        let given = given.trim();
        let length = given.chars().count();
        if length > EMAIL_CHARS_MAX {
            let rule = format!("{field} has {length} characters; an email address has at most {EMAIL_CHARS_MAX}");
            return Err(Error::invalid(field, rule));
        }
        let well_formed = given.rsplit_once('@').is_some_and(|(local, host)| is_local(local) && is_host(host));
        if !well_formed {
            let given: String = given.chars().filter(|letter| !letter.is_control()).collect();
            let rule = format!("{field} \"{given}\" is no email address; write it as name@example.com");
            return Err(Error::invalid(field, rule));
        }
        Ok(Email(given.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Quoted local parts are left out: nobody has one, and they would let in blanks and brackets.
fn is_local(local: &str) -> bool {
    let fits = |letter: char| letter.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(letter);
    let dots_stand_between = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    !local.is_empty() && local.chars().count() <= EMAIL_LOCAL_CHARS_MAX && local.chars().all(fits) && dots_stand_between
}

fn is_host(host: &str) -> bool {
    let fits = |label: &str| {
        let between = !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
        between
            && label.chars().count() <= HOST_LABEL_CHARS_MAX
            && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    host.contains('.') && host.split('.').all(fits)
}

/// A first or last name: up to [`PERSON_NAME_CHARS_MAX`] characters on one line, perhaps none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// # Errors
    /// `validation_error` for one that is too long or holds control characters.
    pub fn parse(field: &str, given: &str) -> Result<PersonName, Error> {
        line(field, given, PERSON_NAME_CHARS_MAX).map(PersonName)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's whole name as one types it into one field: 1 to [`PERSON_NAME_CHARS_MAX`] characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullName(String);

impl FullName {
    /// # Errors
    /// `validation_error` for none, for one that is too long or holds control characters.
    pub fn parse(field: &str, given: &str) -> Result<FullName, Error> {
        let name = line(field, given, PERSON_NAME_CHARS_MAX)?;
        if name.is_empty() {
            return Err(Error::invalid(field, "Say how your team calls you"));
        }
        Ok(FullName(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Names a teammate: the first word is the first name, what follows the last.
    pub fn put_on(&self, teammate: &mut TeammateRow) {
        let (first, last) = self.0.split_once(' ').unwrap_or((&self.0, ""));
        teammate.display_name.clone_from(&self.0);
        first.clone_into(&mut teammate.first_name);
        last.trim().clone_into(&mut teammate.last_name);
    }
}

/// The title of a team: 1 to [`TEAM_TITLE_CHARS_MAX`] characters on one line. Titles that differ only in case are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamTitle(String);

impl TeamTitle {
    /// `None` for a blank one, which means no team.
    ///
    /// # Errors
    /// `validation_error` for one that is too long or holds control characters.
    pub fn parse(field: &str, given: &str) -> Result<Option<TeamTitle>, Error> {
        let title = line(field, given, TEAM_TITLE_CHARS_MAX)?;
        Ok(Some(TeamTitle(title)).filter(|title| !title.0.is_empty()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One trimmed line of text.
fn line(field: &str, given: &str, chars_max: usize) -> Result<String, Error> {
    let given = given.trim();
    let length = given.chars().count();
    if length > chars_max {
        let rule = format!("{field} has {length} characters; at most {chars_max} are allowed");
        return Err(Error::invalid(field, rule));
    }
    if given.chars().any(char::is_control) {
        let rule = format!("{field} holds a control character, as a line break or a NUL; remove it");
        return Err(Error::invalid(field, rule));
    }
    Ok(given.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_told_from_what_is_none() {
        let long = format!("{}@example.com", "a".repeat(64));
        for given in ["ana@example.com", " Ana.Maria+crm@sub.example.co.uk ", "o'hara@bücher.example", &long] {
            assert_eq!(Email::parse("email", given).expect(given).as_str(), given.trim());
        }
        let hostile = [
            "",
            "@",
            "ana",
            "ana@",
            "@example.com",
            "ana@localhost",
            "ana@example..com",
            "ana@-example.com",
            "a b@c.de",
            "ana@exam ple.com",
            "ana@example.com>",
            "a..b@example.com",
            ".a@example.com",
            "a.@example.com",
            "ana@example.com\r\nbcc: x@y.zz",
            "a\0b@example.com",
            "ana@@example.com",
            "\"a b\"@example.com",
            "<a@b.cd>",
            "ana@[127.0.0.1]",
            "a,b@example.com",
        ];
        for given in hostile {
            assert!(Email::parse("email", given).is_err(), "{given:?}");
        }
        assert!(Email::parse("email", &format!("a{long}")).is_err(), "65 characters before the @");
    }

    #[test]
    fn an_email_has_at_most_254_characters() {
        let longest = format!("a@{}.com", vec!["b".repeat(61); 4].join("."));
        let padded = format!("{}{longest}", "a".repeat(EMAIL_CHARS_MAX - longest.len()));
        assert_eq!(padded.len(), EMAIL_CHARS_MAX);
        assert!(Email::parse("email", &padded).is_ok());
        assert!(Email::parse("email", &format!("a{padded}")).is_err());
    }

    #[test]
    fn a_blank_title_means_no_team() {
        assert_eq!(TeamTitle::parse("team_title", "  ").expect("none"), None);
        let title = TeamTitle::parse("team_title", " Sales ").expect("fits").expect("a title");
        assert_eq!(title.as_str(), "Sales");
        assert!(TeamTitle::parse("team_title", &"é".repeat(TEAM_TITLE_CHARS_MAX)).is_ok());
        assert!(TeamTitle::parse("team_title", &"é".repeat(TEAM_TITLE_CHARS_MAX + 1)).is_err());
        assert!(TeamTitle::parse("team_title", "a\nb").is_err());
    }
}
