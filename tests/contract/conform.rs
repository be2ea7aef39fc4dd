//! Whether a real answer is as a shape says.

use serde_json::Value;

use crate::shape::Shape;

/// What of `value` breaks `shape`. With `closed`, a key that the shape doesn't know is a fault too.
pub fn faults(value: &Value, shape: &Shape, closed: bool) -> Vec<String> {
    let mut found = Vec::new();
    check("answer", value, shape, closed, &mut found);
    found
}

fn check(at: &str, value: &Value, shape: &Shape, closed: bool, found: &mut Vec<String>) {
    if value.is_null() {
        if !shape.nullable && !shape.is_open() {
            found.push(format!("{at} is null"));
        }
        return;
    }
    if !shape.forms.is_empty() {
        let fits = shape.forms.iter().any(|form| faults(value, form, closed).is_empty());
        if !fits {
            found.push(format!("{at} is {value}, none of its forms"));
        }
        return;
    }
    if shape.is_open() {
        return;
    }
    if !shape.kinds.iter().any(|kind| is_of(value, kind)) {
        found.push(format!("{at} is {value}, not {:?}", shape.kinds));
        return;
    }
    match value {
        Value::String(text) => check_text(at, text, shape, found),
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                if let Some(shape) = &shape.items {
                    check(&format!("{at}[{n}]"), item, shape, closed, found);
                }
            }
        }
        Value::Object(_) => check_object(at, value, shape, closed, found),
        _ => {}
    }
}

fn check_text(at: &str, text: &str, shape: &Shape, found: &mut Vec<String>) {
    if shape.choices.as_ref().is_some_and(|choices| !choices.contains(text)) {
        found.push(format!("{at} is {text:?}, none of {:?}", shape.choices));
    }
    let length = text.chars().count() as u64;
    if shape.max_length.is_some_and(|most| length > most) || shape.min_length.is_some_and(|least| length < least) {
        found.push(format!("{at} has {length} characters"));
    }
}

fn check_object(at: &str, value: &Value, shape: &Shape, closed: bool, found: &mut Vec<String>) {
    let object = value.as_object().expect("an object");
    for name in shape.required.iter().filter(|name| !object.contains_key(*name)) {
        found.push(format!("{at}.{name} is missing"));
    }
    for (name, inside) in object {
        let at = format!("{at}.{name}");
        match (shape.properties.get(name), &shape.additional) {
            (Some(shape), _) => check(&at, inside, shape, closed, found),
            (None, Some(shape)) => check(&at, inside, shape, closed, found),
            (None, None) if closed && !shape.properties.is_empty() => {
                found.push(format!("{at} is not in the document"))
            }
            (None, None) => {}
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("a type {other}"),
    }
}
