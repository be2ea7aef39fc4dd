//! The fields of a schema as a flat list for people: what they are called, what they hold, within which limits.

use serde_json::Value;

/// A list within a list within data is the deepest there is.
const DEPTH_MAX: usize = 8;

#[derive(Debug, PartialEq)]
pub struct Field {
    /// As in `data.chats[].name`.
    pub name: String,
    /// As in `string or null, at most 64 characters`.
    pub kind: String,
    pub required: bool,
    pub about: String,
}

/// All fields of an object, those it holds included.
pub fn fields(schema: &Value, document: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    walk("", schema, document, 0, &mut found);
    found
}

fn walk(prefix: &str, schema: &Value, document: &Value, depth: usize, found: &mut Vec<Field>) {
    let schema = resolved(schema, document);
    let Some(properties) = schema["properties"].as_object().filter(|_| depth < DEPTH_MAX) else { return };
    let is_required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|it| it == name));
    let (first, then): (Vec<_>, Vec<_>) = properties.iter().partition(|(name, _)| is_required(name));
    for (name, given) in first.into_iter().chain(then) {
        let name = format!("{prefix}{name}");
        let property = resolved(given, document);
        let about = [given, property].iter().find_map(|it| it["description"].as_str()).unwrap_or_default();
        let required = is_required(name.rsplit('.').next().unwrap_or(&name));
        found.push(Field { kind: kind(given, document), required, about: about.to_owned(), name: name.clone() });
        match property["type"].as_str() {
            Some("array") => walk(&format!("{name}[]."), &property["items"], document, depth + 1, found),
            _ => walk(&format!("{name}."), property, document, depth + 1, found),
        }
    }
}

/// What a reference or a form beside null leads to.
pub fn resolved<'s>(schema: &'s Value, document: &'s Value) -> &'s Value {
    let forms = schema["oneOf"].as_array().into_iter().flatten();
    let mut others = forms.filter(|form| form["type"] != "null");
    match (schema["$ref"].as_str(), others.next(), others.next()) {
        (Some(place), ..) => {
            let found = document.pointer(place.trim_start_matches('#')).unwrap_or(&Value::Null);
            resolved(found, document)
        }
        (None, Some(only), None) => resolved(only, document),
        _ => schema,
    }
}

/// What a value may be, in words.
pub fn kind(given: &Value, document: &Value) -> String {
    let schema = resolved(given, document);
    let mut kinds: Vec<String> = match &schema["type"] {
        Value::String(kind) => vec![kind.clone()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => schema["oneOf"].as_array().into_iter().flatten().map(|form| kind(form, document)).collect(),
    };
    let has_null = |it: &Value| it["oneOf"].as_array().into_iter().flatten().any(|form| form["type"] == "null");
    if has_null(given) && !kinds.iter().any(|kind| kind == "null") {
        kinds.push("null".to_owned());
    }
    for word in kinds.iter_mut().filter(|word| *word == "array") {
        *word = format!("list of {}", kind(&schema["items"], document));
    }
    let mut words = vec![kinds.join(" or ")];
    if schema["format"] == "binary" || schema["contentMediaType"] == "application/octet-stream" {
        words = vec!["file".to_owned()];
    } else if schema["format"] == "date-time" {
        words.push("a date or a time".to_owned());
    }
    let choices: Vec<&str> = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !choices.is_empty() && choices != [""] {
        words.push(format!("one of {}", choices.join(", ")));
    }
    let length = (schema["minLength"].as_u64(), schema["maxLength"].as_u64());
    match length {
        (Some(least), Some(most)) => words.push(format!("{least} to {most} characters")),
        (None, Some(most)) => words.push(format!("at most {most} characters")),
        _ => {}
    }
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        words.push(format!("{default} unless told"));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_told_with_their_limits_and_insides() {
        let document = json!({"components": {"schemas": {"Row": {"type": "object", "properties": {
            "id": {"type": "integer", "description": "Its number"}, "state": {"type": "string", "enum": ["on", "off"]},
        }, "required": ["id"]}}}});
        let schema = json!({"type": "object", "required": ["rows"], "properties": {
            "name": {"type": ["string", "null"], "maxLength": 64},
            "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
            "row": {"oneOf": [{"$ref": "#/components/schemas/Row"}, {"type": "null"}]},
        }});
        let told: Vec<String> =
            fields(&schema, &document).iter().map(|field| format!("{}: {}", field.name, field.kind)).collect();
        assert_eq!(
            told,
            [
                "rows: list of object",
                "rows[].id: integer",
                "rows[].state: string, one of on, off",
                "name: string or null, at most 64 characters",
                "row: object or null",
                "row.id: integer",
                "row.state: string, one of on, off",
            ]
        );
    }
}
