//! Our OpenAPI document says all that the contract says.

use serde_json::{Value, json};

use crate::conform::faults;
use crate::differences::{differences, grouped};
use crate::operations::{contract, document, find as operation, operations_of_contract, operations_of_document, ours};
use crate::shape::Shape;

/// Findings that stay, each with its reason.
const EXCEPT: [(&str, &str); 0] = [];

#[test]
fn the_document_says_what_the_contract_says() {
    let mut found = differences(contract(), ours());
    assert_eq!(contract().len(), 46 + 19);
    found.retain(|finding| !EXCEPT.iter().any(|(known, _)| known == finding));
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), grouped(&found));
}

#[test]
fn what_may_be_left_out_may_be_null_and_the_document_says_so() {
    let bodies = ours().iter().filter_map(|operation| Some((operation, operation.json_body()?)));
    let optional = bodies.flat_map(|(operation, body)| {
        let named = body.properties.iter().filter(|(name, _)| !body.required.contains(*name));
        named.map(move |(name, shape)| (format!("{} {name}", operation.name), shape))
    });
    let silent: Vec<String> = optional.filter(|(_, shape)| !shape.nullable).map(|(name, _)| name).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

/// What clients of the contract call by another name as well.
const ALIASES: [&str; 4] =
    ["POST /messages/to_chat_name", "PUT /messages/{message_uid}/reactions", "GET /quotas", "GET /workspace/quotas"];

#[test]
fn what_the_contract_does_not_have_says_that_it_is_our_own() {
    let whole = document();
    let mut silent = Vec::new();
    for own in ours().iter().filter(|own| operation(contract(), &own.name).is_none()) {
        let path = format!("{}{}", partyline::http::openapi::BASE_PATH, own.path);
        let words = whole["paths"][&path][own.method.to_lowercase()]["description"].as_str().unwrap_or_default();
        if !words.contains("Partyline's own") && !ALIASES.contains(&own.name.as_str()) {
            silent.push(&own.name);
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    // Reading it follows all of them, refusals included.
    assert!(!operations_of_document(&document()).is_empty());
}

#[test]
fn whatever_is_changed_is_found() {
    let told: Value = serde_json::from_str(include_str!("public-api.json")).expect("JSON");
    let find = |name: &str| {
        told.as_array()
            .expect("a list")
            .iter()
            .find(|entry| {
                format!("{} {}", entry["method"].as_str().unwrap_or(""), entry["path"].as_str().unwrap_or("")) == name
            })
            .expect(name)
    };
    let official: Value = serde_json::from_str(include_str!("waba-api.json")).expect("JSON");
    let list = |entry: Value| operations_of_contract(&Value::Array(vec![entry]));
    let send = find("POST /messages");
    let chats = find("GET /chats");
    let body = "/request/content/application~1json";
    let answer = "/responses/200/application~1json";
    let changes = [
        (send, format!("{body}/properties/text/maxLength"), json!(2001)),
        (send, format!("{body}/properties/phone/type"), json!("integer")),
        (send, format!("{body}/properties/phone"), Value::Null),
        (send, format!("{body}/required"), json!([])),
        (send, format!("{body}/required"), json!(["phone", "text"])),
        (send, "/request/required".into(), json!(false)),
        (send, "/error_statuses".into(), json!(["400", "401", "403"])),
        (send, format!("{answer}/properties/status/enum"), json!(["ok"])),
        (send, format!("{answer}/properties/data/required"), json!([])),
        (send, format!("{answer}/properties/data/properties/message_uid/type"), json!("integer")),
        (chats, format!("{answer}/properties/data/properties/chats/items/properties/photo/nullable"), json!(true)),
        (chats, "/parameters/2/type".into(), json!("string")),
        (chats, "/parameters/2/required".into(), json!(true)),
        (chats, "/parameters/2/name".into(), json!("groups")),
        (chats, "/parameters/10/format".into(), json!("date")),
        (&official[2], format!("{body}/additionalProperties"), Value::Null),
    ];
    for (entry, place, value) in changes {
        let mut changed = entry.clone();
        put(&mut changed, &place, value.clone());
        let found = differences(&list(entry.clone()), &list(changed));
        assert!(!found.is_empty(), "{place} as {value}");
        assert_eq!(differences(&list(entry.clone()), &list(entry.clone())), Vec::<String>::new());
    }
}

/// Sets or removes (null) what a pointer leads to.
fn put(value: &mut Value, place: &str, new: Value) {
    let (parent, name) = place.rsplit_once('/').expect("a place");
    let parent = value.pointer_mut(parent).expect("its parent");
    match parent {
        Value::Array(items) => items[name.parse::<usize>().expect("a number")] = new,
        Value::Object(map) if new.is_null() => drop(map.remove(name)),
        other => other[name] = new,
    }
}

#[test]
fn an_answer_that_breaks_its_shape_is_found() {
    let schema = json!({"type": "object", "required": ["a"], "properties": {
        "a": {"type": "string", "maxLength": 2, "enum": ["x", "yy"]},
        "b": {"type": ["integer", "null"]},
        "c": {"oneOf": [{"type": "integer"}, {"type": "string", "enum": [""]}]},
        "d": {"type": "array", "items": {"type": "boolean"}},
    }});
    let shape = Shape::of(&schema, &Value::Null);
    let good = json!({"a": "x", "b": null, "c": "", "d": [true]});
    assert_eq!(faults(&good, &shape, true), Vec::<String>::new());
    for bad in [
        json!({}),
        json!({"a": null}),
        json!({"a": "z"}),
        json!({"a": "x", "b": "1"}),
        json!({"a": "x", "c": "no"}),
        json!({"a": "x", "d": [1]}),
        json!({"a": "x", "e": 1}),
    ] {
        assert!(!faults(&bad, &shape, true).is_empty(), "{bad}");
    }
}
