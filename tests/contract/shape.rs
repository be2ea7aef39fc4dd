//! What a schema says, the same whether it was written for OpenAPI 3.0, as the contract is, or 3.1, as our document is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// No schema of ours or theirs goes deeper; one that does refers to itself.
const DEPTH_MAX: u32 = 16;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// string, integer, number, boolean, array, object; empty where it may be anything.
    pub kinds: BTreeSet<String>,
    pub nullable: bool,
    pub format: Option<String>,
    pub max_length: Option<u64>,
    pub min_length: Option<u64>,
    pub choices: Option<BTreeSet<String>>,
    pub default: Option<Value>,
    pub properties: BTreeMap<String, Shape>,
    pub required: BTreeSet<String>,
    pub items: Option<Box<Shape>>,
    /// What keys without a name of their own hold.
    pub additional: Option<Box<Shape>>,
    /// Keys without a name of their own are refused.
    pub closed: bool,
    /// Where several forms are possible, null aside.
    pub forms: Vec<Shape>,
}

impl Shape {
    /// Reads a schema; references lead into `document`.
    pub fn of(schema: &Value, document: &Value) -> Shape {
        read(schema, document, 0)
    }

    /// Whether it says nothing at all.
    pub fn is_open(&self) -> bool {
        self.kinds.is_empty() && self.forms.is_empty()
    }
}

fn read(schema: &Value, document: &Value, depth: u32) -> Shape {
    assert!(depth < DEPTH_MAX, "a schema that holds itself: {schema}");
    if let Some(place) = schema["$ref"].as_str() {
        return read(pointed(document, place), document, depth + 1);
    }
    let forms =
        schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()).or_else(|| schema["allOf"].as_array());
    if let Some(forms) = forms {
        return one_of(forms, schema, document, depth);
    }
    let mut shape = Shape { nullable: schema["nullable"] == true, ..Shape::default() };
    match &schema["type"] {
        Value::String(kind) => drop(shape.kinds.insert(kind.clone())),
        Value::Array(kinds) => shape.kinds.extend(kinds.iter().filter_map(Value::as_str).map(str::to_owned)),
        _ => {}
    }
    shape.nullable |= shape.kinds.remove("null");
    shape.format = schema["format"].as_str().map(str::to_owned);
    if schema["contentMediaType"] == "application/octet-stream" {
        shape.format = Some("binary".into());
    }
    shape.max_length = schema["maxLength"].as_u64();
    shape.min_length = schema["minLength"].as_u64();
    shape.choices = schema["enum"].as_array().map(|choices| texts(choices));
    if let Some(only) = schema["const"].as_str() {
        shape.choices = Some([only.to_owned()].into());
    }
    shape.default = schema.get("default").cloned();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        shape.properties.insert(name.clone(), read(property, document, depth + 1));
    }
    shape.required = schema["required"].as_array().map(|names| texts(names)).unwrap_or_default();
    shape.closed = schema["additionalProperties"] == false;
    let inner =
        |name: &str| schema.get(name).filter(|it| it.is_object()).map(|it| Box::new(read(it, document, depth + 1)));
    shape.items = inner("items");
    shape.additional = inner("additionalProperties");
    shape
}

/// One form and null is that form, nullable; several stand side by side.
fn one_of(forms: &[Value], schema: &Value, document: &Value, depth: u32) -> Shape {
    let (null, others): (Vec<&Value>, Vec<&Value>) = forms.iter().partition(|form| form["type"] == "null");
    let mut shapes: Vec<Shape> = others.iter().map(|form| read(form, document, depth + 1)).collect();
    let mut shape = match shapes.len() {
        1 => shapes.remove(0),
        _ => Shape { forms: shapes, ..Shape::default() },
    };
    shape.nullable |= !null.is_empty() || schema["nullable"] == true;
    shape.default = shape.default.or_else(|| schema.get("default").cloned());
    shape
}

fn pointed<'d>(document: &'d Value, place: &str) -> &'d Value {
    let pointer = place.strip_prefix('#').unwrap_or_else(|| panic!("a reference out of the document: {place}"));
    document.pointer(pointer).unwrap_or_else(|| panic!("a reference to nothing: {place}"))
}

fn texts(values: &[Value]) -> BTreeSet<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
