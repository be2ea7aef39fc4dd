//! What of a refused request's body may stand in the log: bounded, and without anything that opens something.

use serde_json::Value;

use crate::store::api_calls::BODY_BYTES_MAX;

/// A larger body isn't parsed for the log.
const PARSED_BYTES_MAX: usize = 64 * 1024;
/// What stands where something was taken out.
const GONE: &str = "…";
/// Fields whose names hold one of these are secrets, whatever is in them.
const SECRET_NAMES: [&str; 8] =
    ["token", "secret", "password", "passwd", "authorization", "api_key", "apikey", "credential"];
/// What secrets of ours, and those in headers, begin with.
const SECRET_STARTS: [&str; 2] = ["pl_live_", "Bearer "];

/// The body as the log keeps it.
pub fn loggable_body(body: &[u8]) -> String {
    let parsed = if body.len() <= PARSED_BYTES_MAX { serde_json::from_slice::<Value>(body).ok() } else { None };
    let text = match parsed {
        Some(mut value) => {
            redact(&mut value);
            value.to_string()
        }
        None => {
            let start = String::from_utf8_lossy(&body[..body.len().min(BODY_BYTES_MAX)]);
            if is_secret_name(&start) {
                // Without a structure nobody can say where the secret ends.
                return format!("({} bytes that are not JSON and may hold a secret)", body.len());
            }
            without_secrets(&start)
        }
    };
    cut(text)
}

/// Text without the tokens in it.
pub fn without_secrets(text: &str) -> String {
    let mut out = text.to_owned();
    for start in SECRET_STARTS {
        let mut from = 0;
        while let Some(at) = out[from..].find(start).map(|at| from + at + start.len()) {
            let end = out[at..].find(|letter: char| !is_secret_letter(letter)).map_or(out.len(), |length| at + length);
            out.replace_range(at..end, GONE);
            from = at + GONE.len();
        }
    }
    out
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret_name(name) && !value.is_null() {
                    *value = Value::from(GONE);
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        Value::String(text) => *text = without_secrets(&without_url_secrets(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A signed link opens by its query; one with a name and password, by those.
pub fn without_url_secrets(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https")) else {
        return text.to_owned();
    };
    let (place, query) = rest.split_once('?').map_or((rest, ""), |(place, _)| (place, "?…"));
    let host_end = place.find('/').unwrap_or(place.len());
    let host_start = place[..host_end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}{query}", &place[host_start..])
}

/// Whether a field of this name holds a secret, by its name.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

fn is_secret_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._~+/=".contains(letter)
}

fn cut(mut text: String) -> String {
    if text.len() > BODY_BYTES_MAX {
        text.truncate(text.floor_char_boundary(BODY_BYTES_MAX - GONE.len()));
        text.push_str(GONE);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_wherever_they_stand() {
        let body = br#"{"text":"my token is pl_live_abc123_XyZ1, ok","access_token":"s3","deep":[{"apiKey":5}],
            "url":"https://me:pw@files.example/a.jpg?X-Amz-Signature=s3","h":"Bearer s3"}"#;
        insta::assert_snapshot!(loggable_body(body), @r#"{"access_token":"…","deep":[{"apiKey":"…"}],"h":"Bearer …","text":"my token is pl_live_…, ok","url":"https://files.example/a.jpg?…"}"#);
    }

    #[test]
    fn what_is_no_json_is_kept_only_without_a_secrets_name() {
        assert_eq!(loggable_body(b"{\"phone\": "), "{\"phone\": ");
        assert_eq!(loggable_body(b"{\"password\": \"s3"), "(16 bytes that are not JSON and may hold a secret)");
        assert_eq!(loggable_body(b"\xff pl_live_abc"), "\u{fffd} pl_live_…");
        assert_eq!(loggable_body(b""), "");
    }

    #[test]
    fn a_body_is_cut_between_letters() {
        for letter in ["x", "é", "👩"] {
            let body = format!("{{\"text\":\"{}\"}}", letter.repeat(3_000));
            let kept = loggable_body(body.as_bytes());
            assert!(kept.len() <= BODY_BYTES_MAX && kept.len() > BODY_BYTES_MAX - 8 && kept.ends_with(GONE));
            let raw = loggable_body(letter.repeat(100_000).as_bytes());
            assert!(raw.len() <= BODY_BYTES_MAX + 8, "{}", raw.len());
        }
    }
}
