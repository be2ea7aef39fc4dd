//! Where our document says something else than the contract.
//!
//! Ours may say more: further parameters, body keys, answer keys and refusals, and limits where the contract names none.
//! What the contract says must stand there with the same meaning.

use std::collections::BTreeMap;

use crate::operations::{Operation, find};
use crate::shape::Shape;

/// Who writes what a shape describes: the client may write null wherever it may leave something out, we may not.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    In,
    Out,
}

pub fn differences(contract: &[Operation], ours: &[Operation]) -> Vec<String> {
    let mut found = Vec::new();
    for theirs in contract {
        let Some(own) = find(ours, &theirs.name) else {
            found.push(format!("{}: missing", theirs.name));
            continue;
        };
        parameters(theirs, own, &mut found);
        bodies(theirs, own, &mut found);
        answers(theirs, own, &mut found);
    }
    found
}

fn parameters(theirs: &Operation, own: &Operation, found: &mut Vec<String>) {
    for wanted in &theirs.parameters {
        let at = format!("{} {} {}", theirs.name, wanted.place, wanted.name);
        let same = |other: &&crate::operations::Parameter| other.name == wanted.name && other.place == wanted.place;
        let Some(given) = own.parameters.iter().find(same) else {
            found.push(format!("{at}: missing"));
            continue;
        };
        if given.required != wanted.required {
            found.push(format!("{at}: required {}, not {}", given.required, wanted.required));
        }
        compare(&at, &wanted.shape, &given.shape, Way::In, given.required, found);
    }
    for more in own.parameters.iter().filter(|more| more.required) {
        if !theirs.parameters.iter().any(|known| known.name == more.name && known.place == more.place) {
            found.push(format!("{} {} {}: required, unknown to the contract", theirs.name, more.place, more.name));
        }
    }
}

fn bodies(theirs: &Operation, own: &Operation, found: &mut Vec<String>) {
    for (kind, wanted) in &theirs.bodies {
        let at = format!("{} body", theirs.name);
        match own.bodies.get(kind) {
            Some(given) => compare(&at, wanted, given, Way::In, true, found),
            None => found.push(format!("{at}: no {kind}")),
        }
    }
    if own.body_required != theirs.body_required {
        found.push(format!("{} body: required {}, not {}", theirs.name, own.body_required, theirs.body_required));
    }
}

fn answers(theirs: &Operation, own: &Operation, found: &mut Vec<String>) {
    for (status, kinds) in &theirs.answers {
        let at = format!("{} answer {status}", theirs.name);
        let Some(given) = own.answers.get(status) else {
            found.push(format!("{at}: missing"));
            continue;
        };
        for (kind, wanted) in kinds {
            match given.get(kind) {
                Some(shape) => compare(&at, wanted, shape, Way::Out, true, found),
                None => found.push(format!("{at}: no {kind}")),
            }
        }
    }
}

fn compare(at: &str, wanted: &Shape, given: &Shape, way: Way, required: bool, found: &mut Vec<String>) {
    let mut differs =
        |what: &str, wanted: String, given: String| found.push(format!("{at}: {what} {given}, not {wanted}"));
    if !wanted.is_open() && wanted.kinds != given.kinds {
        differs("type", format!("{:?}", wanted.kinds), format!("{:?}", given.kinds));
    }
    let may_be_null = if way == Way::In && !required {
        wanted.nullable && !given.nullable
    } else {
        wanted.nullable != given.nullable
    };
    if may_be_null {
        differs("nullable", wanted.nullable.to_string(), given.nullable.to_string());
    }
    if wanted.format.is_some() && wanted.format != given.format {
        differs("format", format!("{:?}", wanted.format), format!("{:?}", given.format));
    }
    if wanted.max_length.is_some() && wanted.max_length != given.max_length {
        differs("maxLength", format!("{:?}", wanted.max_length), format!("{:?}", given.max_length));
    }
    if wanted.min_length.is_some() && wanted.min_length != given.min_length {
        differs("minLength", format!("{:?}", wanted.min_length), format!("{:?}", given.min_length));
    }
    if !choices_fit(at, wanted, given) {
        differs("enum", format!("{:?}", wanted.choices), format!("{:?}", given.choices));
    }
    if wanted.default.is_some() && wanted.default != given.default {
        differs("default", format!("{:?}", wanted.default), format!("{:?}", given.default));
    }
    if way == Way::In && wanted.closed != given.closed {
        differs("additionalProperties", (!wanted.closed).to_string(), (!given.closed).to_string());
    }
    keys(at, wanted, given, way, found);
    inner(at, "[]", wanted.items.as_deref(), given.items.as_deref(), way, found);
    inner(at, ".*", wanted.additional.as_deref(), given.additional.as_deref(), way, found);
    forms(at, wanted, given, way, found);
}

/// A webhook may ask for more events than the contract has; everywhere else a choice more is another contract.
fn choices_fit(at: &str, wanted: &Shape, given: &Shape) -> bool {
    match (&wanted.choices, &given.choices) {
        (Some(wanted), Some(given)) if at.ends_with(".event_type") => wanted.is_subset(given),
        (wanted, given) => wanted.is_none() || wanted == given,
    }
}

fn keys(at: &str, wanted: &Shape, given: &Shape, way: Way, found: &mut Vec<String>) {
    for (name, shape) in &wanted.properties {
        let at = format!("{at}.{name}");
        match given.properties.get(name) {
            Some(own) => compare(&at, shape, own, way, given.required.contains(name), found),
            None => found.push(format!("{at}: missing")),
        }
    }
    for name in wanted.required.difference(&given.required) {
        found.push(format!("{at}.{name}: not required"));
    }
    if way == Way::In {
        for name in given.required.difference(&wanted.required) {
            found.push(format!("{at}.{name}: required"));
        }
    }
}

fn inner(at: &str, step: &str, wanted: Option<&Shape>, given: Option<&Shape>, way: Way, found: &mut Vec<String>) {
    match (wanted, given) {
        (Some(wanted), Some(given)) => compare(&format!("{at}{step}"), wanted, given, way, true, found),
        (Some(_), None) => found.push(format!("{at}{step}: missing")),
        (None, _) => {}
    }
}

/// Each form of the contract must be one of ours, and the other way round.
fn forms(at: &str, wanted: &Shape, given: &Shape, way: Way, found: &mut Vec<String>) {
    let fits = |one: &Shape, other: &Shape| {
        let mut apart = Vec::new();
        compare(at, one, other, way, true, &mut apart);
        apart.is_empty()
    };
    let lacking = wanted.forms.iter().filter(|form| !given.forms.iter().any(|own| fits(form, own))).count();
    let beyond = given.forms.iter().filter(|own| !wanted.forms.iter().any(|form| fits(form, own))).count();
    if lacking > 0 || (beyond > 0 && !wanted.is_open()) {
        found.push(format!("{at}: other forms: {:?}, not {:?}", given.forms, wanted.forms));
    }
}

/// Findings by operation, for reading.
pub fn grouped(found: &[String]) -> String {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for finding in found {
        let operation: Vec<&str> = finding.split([' ', ':']).take(2).collect();
        groups.entry(operation.join(" ")).or_default().push(finding);
    }
    groups.into_values().flatten().fold(String::new(), |text, finding| text + finding + "\n")
}
