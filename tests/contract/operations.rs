//! The operations of the contract and of our own document, in one form.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use partyline::http::openapi::{BASE_PATH, document_text};
use serde_json::Value;

use crate::shape::Shape;

/// The contract's facts, as they were written down for a test to read.
const CONTRACT: [&str; 2] = [include_str!("public-api.json"), include_str!("waba-api.json")];

/// The operations for any number, and those that reach official accounts only: each half has its own scenes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    Any,
    Official,
}

impl Half {
    pub const BOTH: [Half; 2] = [Half::Any, Half::Official];

    pub fn of(operation: &Operation) -> Half {
        if operation.path.starts_with("/waba") { Half::Official } else { Half::Any }
    }

    /// Ours of this half.
    pub fn operations(self) -> impl Iterator<Item = &'static Operation> {
        ours().iter().filter(move |operation| Half::of(operation) == self)
    }
}

/// One way to call the API.
#[derive(Clone, Debug)]
pub struct Operation {
    /// As in `POST /messages`.
    pub name: String,
    pub method: String,
    /// Below the API's base, with parameters in braces.
    pub path: String,
    pub parameters: Vec<Parameter>,
    /// By content type.
    pub bodies: BTreeMap<String, Shape>,
    pub body_required: bool,
    /// By status, then by content type.
    pub answers: BTreeMap<String, BTreeMap<String, Shape>>,
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    /// path, query or header.
    pub place: String,
    pub required: bool,
    pub shape: Shape,
}

impl Operation {
    /// What a good request is answered with, if a shape of it is known.
    pub fn success(&self) -> Option<&Shape> {
        let answer = self.answers.get("200").or_else(|| self.answers.get("202"));
        answer.and_then(|kinds| kinds.get("application/json"))
    }

    /// Whether its answer has no end.
    pub fn is_stream(&self) -> bool {
        self.answers.get("200").is_some_and(|kinds| kinds.contains_key("text/event-stream"))
    }

    pub fn json_body(&self) -> Option<&Shape> {
        self.bodies.get("application/json")
    }

    pub fn path_parameters(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().filter(|parameter| parameter.place == "path").map(|parameter| parameter.name.as_str())
    }

    pub fn query_parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.place == "query")
    }
}

/// The contract's.
pub fn contract() -> &'static [Operation] {
    static OPERATIONS: LazyLock<Vec<Operation>> =
        LazyLock::new(|| CONTRACT.iter().flat_map(|text| read_contract(text)).collect());
    &OPERATIONS
}

fn read_contract(text: &str) -> Vec<Operation> {
    operations_of_contract(&serde_json::from_str(text).expect("JSON"))
}

/// Ours.
pub fn ours() -> &'static [Operation] {
    static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| operations_of_document(&document()));
    &OPERATIONS
}

pub fn find<'o>(operations: &'o [Operation], name: &str) -> Option<&'o Operation> {
    operations.iter().find(|operation| operation.name == name)
}

pub fn document() -> Value {
    serde_json::from_str(&document_text()).expect("JSON")
}

pub fn operations_of_contract(list: &Value) -> Vec<Operation> {
    let read = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().expect("text").to_owned();
        let parameters = entry["parameters"].as_array().into_iter().flatten();
        // Here a parameter is its own schema.
        let parameters = parameters.map(|given| parameter(given, Shape::of(given, &Value::Null))).collect();
        let mut answers = BTreeMap::new();
        for (status, kinds) in entry["responses"].as_object().into_iter().flatten() {
            answers.insert(status.clone(), shapes(kinds, |schema| Shape::of(schema, &Value::Null)));
        }
        for status in entry["error_statuses"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            answers.insert(status.to_owned(), BTreeMap::new());
        }
        Operation {
            name: format!("{} {}", text("method"), text("path")),
            method: text("method"),
            path: text("path"),
            parameters,
            bodies: shapes(&entry["request"]["content"], |schema| Shape::of(schema, &Value::Null)),
            body_required: entry["request"]["required"] == true,
            answers,
        }
    };
    list.as_array().expect("a list").iter().map(read).collect()
}

pub fn operations_of_document(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let path = path.strip_prefix(BASE_PATH).expect("below the base");
        for (method, entry) in item.as_object().expect("operations") {
            let method = method.to_uppercase();
            let of_media = |kind: &Value| Shape::of(&kind["schema"], document);
            let parameters = entry["parameters"].as_array().into_iter().flatten();
            let parameters = parameters.map(|given| parameter(given, Shape::of(&given["schema"], document))).collect();
            let answers = entry["responses"].as_object().expect("answers").iter();
            let answers = answers.map(|(status, told)| (status.clone(), shapes(&told["content"], of_media))).collect();
            operations.push(Operation {
                name: format!("{method} {path}"),
                method,
                path: path.to_owned(),
                parameters,
                bodies: shapes(&entry["requestBody"]["content"], of_media),
                body_required: entry["requestBody"]["required"] == true,
                answers,
            });
        }
    }
    operations
}

fn parameter(given: &Value, shape: Shape) -> Parameter {
    Parameter {
        name: given["name"].as_str().expect("a name").to_owned(),
        place: given["in"].as_str().expect("a place").to_owned(),
        required: given["required"] == true,
        // `required` of a parameter is no list of properties.
        shape: Shape { required: Default::default(), ..shape },
    }
}

fn shapes(kinds: &Value, read: impl Fn(&Value) -> Shape) -> BTreeMap<String, Shape> {
    kinds.as_object().into_iter().flatten().map(|(kind, schema)| (kind.clone(), read(schema))).collect()
}
