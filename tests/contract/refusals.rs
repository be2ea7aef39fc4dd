//! Whether a refusal is one: its status, its envelope, whether it names the field and says what to do.

use serde_json::Value;

use crate::kit::Answer;
use crate::operations::Operation;

/// Words of which a good refusal has at least one.
const SAYS_WHAT_TO_DO: [&str; 28] = [
    "ask ",
    "wait",
    "raise",
    "has 1 to",
    "must",
    "give",
    "use ",
    "at most",
    "choose",
    "send ",
    "check",
    "make",
    "leave",
    "try",
    "characters",
    "list",
    "take",
    "begin",
    "encode",
    "is missing",
    "needs",
    "look",
    "write",
    "add",
    "one of",
    "end",
    "replace",
    "remove",
];

const CODES: [(u16, &[&str]); 11] = [
    (400, &["validation_error"]),
    (401, &["missing_credentials", "invalid_token"]),
    (403, &["insufficient_scope", "permission_denied", "quota_exceeded", "member_not_found"]),
    (404, &["not_found"]),
    (405, &["not_supported"]),
    (
        409,
        &[
            "account_inactive",
            "idempotency_in_flight",
            "service_window_closed",
            "template_not_approved",
            "template_wrong_waba",
        ],
    ),
    (410, &["cursor_expired"]),
    (413, &["file_too_large"]),
    (415, &["unsupported_media_type"]),
    (422, &["idempotency_mismatch", "template_variables_mismatch"]),
    (429, &["rate_limit_exceeded"]),
];

pub struct Wanted {
    statuses: Vec<u16>,
    code: Option<&'static str>,
    field: Option<String>,
    given: Option<Value>,
}

impl Wanted {
    pub fn status(status: u16) -> Wanted {
        Wanted::any(&[status])
    }

    pub fn any(statuses: &[u16]) -> Wanted {
        Wanted { statuses: statuses.to_vec(), code: None, field: None, given: None }
    }

    pub fn code(status: u16, code: &'static str) -> Wanted {
        Wanted { code: Some(code), ..Wanted::status(status) }
    }

    /// 400 that names this field.
    pub fn field(name: &str) -> Wanted {
        Wanted { field: Some(name.to_owned()), ..Wanted::status(400) }
    }

    /// One that repeats what was given.
    pub fn repeating(self, given: impl Into<Value>) -> Wanted {
        Wanted { given: Some(given.into()), ..self }
    }

    /// 404 that names the parameter of the path with its value, of a form that could be somebody's.
    pub fn unknown(name: &str, given: &str) -> Wanted {
        Wanted { statuses: vec![404], code: Some("not_found"), ..Wanted::in_path(name, given) }
    }

    /// One that names this parameter of the path with its value.
    pub fn in_path(name: &str, given: &str) -> Wanted {
        let field = Some(name.to_owned());
        Wanted { field, given: Some(given.into()), ..Wanted::any(&[400, 404]) }
    }
}

#[derive(Default)]
pub struct Findings(Vec<String>);

impl Findings {
    pub fn add(&mut self, operation: &Operation, what: &str) {
        self.0.push(format!("{}: {what}", operation.name));
    }

    pub fn expect_success(&mut self, operation: &Operation, what: &str, answer: &Answer) {
        if !answer.status.is_success() {
            self.add(operation, &format!("{what}: {} {}", answer.status, answer.text()));
        }
    }

    pub fn judge(&mut self, operation: &Operation, what: &str, answer: &Answer, wanted: &Wanted) {
        let status = answer.status.as_u16();
        if !wanted.statuses.contains(&status) {
            let text: String = answer.text().chars().take(300).collect();
            return self.add(operation, &format!("{what}: {status}, not {:?}: {text}", wanted.statuses));
        }
        let body: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
        for fault in faults(status, &body, wanted) {
            self.add(operation, &format!("{what}: {fault}: {body}"));
        }
        if !operation.answers.contains_key(&status.to_string()) {
            self.add(operation, &format!("{what}: {status} isn't in the document"));
        }
    }

    pub fn are_none(self) {
        assert!(self.0.is_empty(), "{} findings:\n{}", self.0.len(), self.0.join("\n"));
    }
}

fn faults(status: u16, body: &Value, wanted: &Wanted) -> Vec<&'static str> {
    let mut found = Vec::new();
    let known = ["status", "message", "error_code", "errors"];
    let keys: Vec<&String> = body.as_object().map(|object| object.keys().collect()).unwrap_or_default();
    if body["status"] != "error" || !keys.iter().all(|key| known.contains(&key.as_str())) {
        found.push("not the envelope");
    }
    let code = body["error_code"].as_str().unwrap_or_default();
    if !CODES.iter().any(|(number, codes)| *number == status && codes.contains(&code)) {
        found.push("a code that doesn't go with the status");
    }
    if wanted.code.is_some_and(|wanted| wanted != code) {
        found.push("another code");
    }
    let message = body["message"].as_str().unwrap_or_default().to_lowercase();
    // The contract's own words.
    let is_given = message.starts_with("wrong phone number \"");
    if !is_given && !SAYS_WHAT_TO_DO.iter().any(|word| message.contains(word)) {
        found.push("it doesn't say what to do");
    }
    if let Some(field) = &wanted.field {
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let names =
            |error: &Value| error["fields"].as_array().is_some_and(|fields| fields.iter().any(|it| it == field));
        // What isn't there broke no schema.
        if status == 400 && !errors.iter().any(names) {
            found.push("errors doesn't name the field");
        }
        if !is_given && !message.contains(&field.to_lowercase()) {
            found.push("the message doesn't name the field");
        }
    }
    let told = body["message"].as_str().unwrap_or_default();
    if wanted.given.as_ref().is_some_and(|given| !repeats(told, given)) {
        found.push("the message doesn't repeat the value");
    }
    if told.chars().any(char::is_control) || told.chars().count() > MESSAGE_CHARS_MAX {
        found.push("the message holds more of the value than is good for a log");
    }
    found
}

/// All that is wrong with a body may stand in one message, and all that it may be instead.
const MESSAGE_CHARS_MAX: usize = 4_000;
/// So much of a value is repeated at least, where it has as much.
const REPEATED_CHARS: usize = 40;

/// Whether a message tells the value: a text by its beginning, a list or an object by its kind or by what is in it.
fn repeats(message: &str, given: &Value) -> bool {
    match given {
        Value::String(text) if text.trim().is_empty() => true,
        Value::String(text) => {
            let start: String = text.chars().take(REPEATED_CHARS).collect();
            message.contains(&start) || message.contains(&start.escape_debug().to_string())
        }
        Value::Array(items) => message.contains("a list") || items.iter().all(|item| repeats(message, item)),
        Value::Object(_) => message.contains("an object"),
        Value::Null => true,
        other => message.contains(&other.to_string()),
    }
}

#[test]
fn a_bad_refusal_is_found() {
    let good = serde_json::json!({"status": "error", "message": "page must be 1 or more, not 0", "error_code": "validation_error",
        "errors": [{"fields": ["page"], "msg": "page must be 1 or more"}]});
    let wanted = Wanted::field("page").repeating("0");
    assert_eq!(faults(400, &good, &wanted), [""; 0]);
    for (key, value) in [
        ("status", Value::from("ok")),
        ("message", Value::from("Bad request")),
        ("message", Value::from("page must be 1 or more")),
        ("message", Value::from("page must be 1 or more, not 0\n")),
        ("message", Value::from(format!("page must be 1 or more, not 0{}", "0".repeat(MESSAGE_CHARS_MAX)))),
        ("error_code", Value::from("not_found")),
        ("errors", Value::Null),
        ("request_id", Value::from("1")),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        assert!(!faults(400, &bad, &wanted).is_empty(), "{key}");
    }
}
