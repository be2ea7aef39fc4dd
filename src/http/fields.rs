//! Reading a request's fields, tolerantly where the contract is tolerant: keys that nobody asked for are noted, not
//! refused; null is "left out"; numbers and booleans may come as text. What is wrong is collected, so that one answer
//! names all of it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{Error, FieldFault};
use crate::workspace::redaction::{is_secret_name, without_url_secrets};

/// Fields of one JSON body or one query.
#[derive(Debug, Default)]
pub struct Fields {
    values: Map<String, Value>,
    known: Vec<&'static str>,
    faults: Vec<FieldFault>,
}

/// Longest list of unknown keys that is told back.
const IGNORED_MAX: usize = 20;
const IGNORED_KEY_CHARS_MAX: usize = 64;
/// A longer value is not repeated as a whole.
const REPEATED_CHARS_MAX: usize = 64;
/// So much of a value is quoted back.
const SHOWN_CHARS_MAX: usize = 40;

impl Fields {
    /// From a JSON body, which must be an object.
    ///
    /// # Errors
    /// `validation_error` saying where the JSON breaks.
    pub fn from_json(body: &[u8]) -> Result<Fields, Error> {
        let object: Object = serde_json::from_slice(body).map_err(|cause| {
            Error::invalid("body", format!("The body must be a JSON object in UTF-8, but: {cause}"))
        })?;
        Ok(Fields { values: object.0, ..Fields::default() })
    }

    /// From the query of an address. A key given twice counts once, with its last value.
    ///
    /// # Errors
    /// `validation_error` for text that isn't UTF-8 or holds a NUL.
    pub fn from_query(query: &str) -> Result<Fields, Error> {
        let mut fields = Fields::default();
        for (key, value) in form_pairs(query)? {
            fields.values.insert(key, Value::String(value));
        }
        Ok(fields)
    }

    /// A text, or nothing where it is left out or null.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => {
                self.fault(name, format!("{name} must be a string, not {}", kind_of(&other)));
                None
            }
        }
    }

    /// Whether the field is there and null: where null says something else than leaving the field out does.
    pub fn is_null(&mut self, name: &'static str) -> bool {
        let is_null = self.values.get(name).is_some_and(Value::is_null);
        if is_null {
            self.known.push(name);
        }
        is_null
    }

    /// Whether the field is there with a value, and not yet read.
    pub fn is_given(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !value.is_null())
    }

    /// An object as fields of its own, or nothing where it is left out or null. What is wrong within comes back by
    /// [`Fields::end_inner`].
    pub fn object(&mut self, name: &'static str) -> Option<Fields> {
        match self.take(name)? {
            Value::Object(values) => Some(Fields { values, ..Fields::default() }),
            other => {
                self.fault(name, format!("{name} must be an object, not {}", shown(&other)));
                None
            }
        }
    }

    /// Ends the reading of an object within: its faults are faults of `name`, and keys of it that nobody asked for are
    /// passed over.
    pub fn end_inner(&mut self, name: &'static str, inner: Fields) {
        for fault in inner.faults {
            let fields = fault.fields.iter().map(|field| format!("{name}.{field}")).chain([name.to_owned()]).collect();
            self.faults.push(FieldFault { fields, message: format!("{name}: {}", fault.message) });
        }
    }

    /// All texts of an object of texts by their names, as [`Fields::texts`] does for a list; numbers are texts too.
    pub fn named_texts(&mut self, name: &'static str) -> Option<BTreeMap<String, String>> {
        let inner = self.object(name)?;
        let mut texts = BTreeMap::new();
        for (key, value) in inner.values {
            match value {
                Value::String(text) => drop(texts.insert(key, text)),
                Value::Number(number) => drop(texts.insert(key, number.to_string())),
                other => {
                    let key = printable(&key);
                    self.fault(name, format!("{name}.{key} must be a string, not {}", kind_of(&other)));
                }
            }
        }
        Some(texts)
    }

    /// A list of texts, or nothing where it is left out or null.
    pub fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let values = match self.take(name)? {
            Value::Array(values) => values,
            other => {
                self.fault(name, format!("{name} must be a list of strings, not {}", shown(&other)));
                return None;
            }
        };
        let mut texts = Vec::with_capacity(values.len());
        for (at, value) in values.into_iter().enumerate() {
            match value {
                Value::String(text) => texts.push(text),
                other => self.fault(name, format!("{name}[{at}] must be a string, not {}", kind_of(&other))),
            }
        }
        Some(texts)
    }

    /// A whole number, also where it comes as text.
    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        let value = self.take(name)?;
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.fault(name, format!("{name} must be a whole number, not {}", shown(&value)));
        }
        number
    }

    /// A number, also where it comes as text.
    pub fn number(&mut self, name: &'static str) -> Option<f64> {
        let value = self.take(name)?;
        let number = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number: &f64| number.is_finite());
        if number.is_none() {
            self.fault(name, format!("{name} must be a number, not {}", shown(&value)));
        }
        number
    }

    /// A boolean, also where it comes as text.
    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        let value = self.take(name)?;
        let parsed = match &value {
            Value::Bool(value) => Some(*value),
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if parsed.is_none() {
            self.fault(name, format!("{name} must be true or false, not {}", shown(&value)));
        }
        parsed
    }

    /// Parses a text; what `parse` refuses is noted with the text, and counts as left out.
    pub fn parsed<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, Error>) -> Option<T> {
        let text = self.text(name)?;
        self.given(name, &text, |_, text| parse(text))
    }

    /// Parses a text of the path, as [`Fields::parsed`] does one of the body.
    pub fn given<T>(
        &mut self,
        name: &'static str,
        text: &str,
        parse: impl FnOnce(&str, &str) -> Result<T, Error>,
    ) -> Option<T> {
        match parse(name, text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.faults.extend(error.faults.into_iter().map(|fault| quoting(fault, name, text)));
                None
            }
        }
    }

    /// Notes a fault of a field.
    pub fn fault(&mut self, name: &str, message: String) {
        self.faults.push(FieldFault { fields: vec![name.to_owned()], message });
    }

    /// Whether a fault of this field was noted.
    pub fn has_fault(&self, name: &str) -> bool {
        self.faults.iter().any(|fault| fault.fields.iter().any(|field| field == name))
    }

    /// Ends the reading: the keys that nobody asked for, or everything that was wrong.
    ///
    /// # Errors
    /// `validation_error` with all faults.
    pub fn finish(self) -> Result<Vec<String>, Error> {
        if !self.faults.is_empty() {
            return Err(Error::invalid_fields(self.faults));
        }
        let unknown = self.values.iter().filter(|(key, _)| !self.known.contains(&key.as_str()));
        // What is asked for is looked at where it is parsed.
        if let Some((key, _)) = unknown.clone().find(|(key, value)| key.contains('\0') || holds_nul(value)) {
            let name = printable(key);
            return Err(Error::invalid(&name, format!("{name} holds a NUL character (U+0000); remove it")));
        }
        Ok(ignored(unknown.map(|(key, _)| key.clone())))
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.values.remove(name).filter(|value| !value.is_null())
    }
}

/// Keys that nobody asked for, as they are told back.
pub fn ignored(keys: impl Iterator<Item = String>) -> Vec<String> {
    keys.take(IGNORED_MAX).map(|key| printable(&key)).collect()
}

/// A refusal that repeats what was given in a field.
pub fn repeating(refusal: Error, name: &str, given: &str) -> Error {
    if refusal.faults.is_empty() {
        return refusal;
    }
    Error::invalid_fields(refusal.faults.into_iter().map(|fault| quoting(fault, name, given)).collect())
}

/// A fault that repeats what was given, so that whoever reads it in a log knows which request it was: all of it where it is
/// short, else how it begins. Secrets are not repeated.
fn quoting(mut fault: FieldFault, name: &str, given: &str) -> FieldFault {
    if given.trim().is_empty() || is_secret_name(name) {
        return fault;
    }
    let shown = quoted(&without_url_secrets(given));
    let is_long = given.chars().nth(REPEATED_CHARS_MAX).is_some();
    if is_long && fault.message.contains(given) {
        fault.message = fault.message.replace(given, shown.trim_matches('"'));
    } else if !fault.message.contains(given) && !fault.message.contains(&shown) {
        fault.message = format!("{}; this is {shown}", fault.message);
    }
    fault
}

/// A text as a refusal quotes it: short, and with nothing that breaks a line.
pub fn quoted(text: &str) -> String {
    let start: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", start.escape_debug())
}

/// A key as it may stand in a header.
fn printable(key: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_graphic() && letter != ',' { letter } else { '?' };
    key.chars().take(IGNORED_KEY_CHARS_MAX).map(letter).collect()
}

/// Whether any text within holds one; JSON is never deeper than its parser goes.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(values) => values.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A value as a refusal quotes it: short, and with nothing that breaks a line.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        other => kind_of(other).to_owned(),
    }
}

fn form_pairs(query: &str) -> Result<Vec<(String, String)>, Error> {
    let bad = |what: &str| Error::invalid("query", format!("The query {what}; percent-encode it as UTF-8"));
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let key = percent_decoded(key).ok_or_else(|| bad("is not valid UTF-8"))?;
            let value = percent_decoded(value).ok_or_else(|| bad("is not valid UTF-8"))?;
            if key.contains('\0') || value.contains('\0') {
                let name = printable(&key);
                return Err(Error::invalid(&name, format!("{name} holds a NUL character (U+0000); remove it")));
            }
            Ok((key, value))
        })
        .collect()
}

/// Text with `%XX` and `+` decoded; `None` if it isn't UTF-8.
pub fn percent_decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match bytes[at] {
            b'%' => match (hex(1), hex(2)) {
                (Some(high), Some(low)) => {
                    decoded.push(u8::try_from(high * 16 + low).ok()?);
                    at += 2;
                }
                _ => decoded.push(b'%'),
            },
            b'+' => decoded.push(b' '),
            byte => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8(decoded).ok()
}

/// A JSON object in which no key stands twice: which of two values was meant, nobody can know.
struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Object, A::Error> {
                let mut map = Map::new();
                while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                    if map.contains_key(&key) {
                        return Err(A::Error::custom(format!("the key \"{}\" stands twice", printable(&key))));
                    }
                    map.insert(key, value);
                }
                Ok(Object(map))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_told_and_null_is_left_out() {
        let mut fields = Fields::from_json(br#"{"text":"hi","label":null,"colour":"red","\u0007x":1}"#).expect("JSON");
        assert_eq!(fields.text("text").as_deref(), Some("hi"));
        assert_eq!(fields.text("label"), None);
        assert_eq!(fields.finish().expect("no faults"), ["?x", "colour"]);
    }

    #[test]
    fn numbers_and_booleans_may_come_as_text() {
        let mut fields = Fields::from_query("page=2&read=TRUE&closed=0").expect("a query");
        assert_eq!((fields.integer("page"), fields.boolean("read")), (Some(2), Some(true)));
        assert_eq!(fields.boolean("closed"), Some(false));
        assert!(fields.finish().expect("no faults").is_empty());
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let mut fields = Fields::from_json(br#"{"text":5,"page":"x"}"#).expect("JSON");
        fields.text("text");
        fields.integer("page");
        let error = fields.finish().expect_err("two faults");
        assert_eq!(error.faults.len(), 2);
    }

    #[test]
    fn a_refusal_names_the_field_and_the_value() {
        let body = format!(r#"{{"a":"x\ny","b":"{}","c":1.5,"d":[1],"e":2}}"#, "é".repeat(50));
        let mut fields = Fields::from_json(body.as_bytes()).expect("JSON");
        for name in ["a", "b", "c", "d"] {
            fields.integer(name);
        }
        fields.boolean("e");
        let told = fields.finish().expect_err("five faults").message;
        let long = "é".repeat(40);
        assert_eq!(
            told,
            format!(
                "a must be a whole number, not \"x\\ny\"; b must be a whole number, not \"{long}…\"; c must be a whole \
                 number, not 1.5; d must be a whole number, not a list; e must be true or false, not 2"
            )
        );
    }

    #[test]
    fn what_a_parser_refuses_is_quoted_once_and_without_secrets() {
        let long = "x".repeat(50);
        let body =
            format!(r#"{{"a":"{long}","b":"no","c":"https://me:pw@crm.example/?key=s3","signing_secret":"s3"}}"#);
        let mut fields = Fields::from_json(body.as_bytes()).expect("JSON");
        for name in ["a", "b", "c", "signing_secret"] {
            fields.parsed(name, |given| match name {
                "b" => Err::<(), _>(Error::invalid(name, format!("b \"{given}\" is not it"))),
                _ => Err(Error::invalid(name, format!("{name} is too long; give less"))),
            });
        }
        let told = fields.finish().expect_err("four faults").message;
        assert_eq!(
            told,
            format!(
                "a is too long; give less; this is \"{}…\"; b \"no\" is not it; c is too long; give less; this is \
                 \"https://crm.example/?…\"; signing_secret is too long; give less",
                "x".repeat(40)
            )
        );
    }

    #[test]
    fn hostile_json_is_refused() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        for body in ["", "[]", "7", "{", "{\"a\":1,\"a\":2}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\u{1}\"}", deep.as_str()]
        {
            assert!(Fields::from_json(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Fields::from_json(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn a_query_is_decoded_once() {
        let mut fields = Fields::from_query("name=a+b%20c%2Bd&phone=%zz").expect("a query");
        assert_eq!(fields.text("name").as_deref(), Some("a b c+d"));
        assert_eq!(fields.text("phone").as_deref(), Some("%zz"));
        assert!(Fields::from_query("name=%ff").is_err());
        assert!(Fields::from_query("name=%00").is_err());
    }
}
