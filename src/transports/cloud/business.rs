//! What the Graph tells of a business account: its name, its templates, its figures.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use transport::SendError;

use crate::outbound::{AskBody, AskLimits};
use crate::transports::cloud::Line;
use crate::transports::cloud::errors::broken;

/// A page of templates, each with all that it says.
const LIMITS: AskLimits = AskLimits {
    connect_max: Duration::from_secs(10),
    answer_max: Duration::from_secs(30),
    answer_bytes_max: 4 * 1024 * 1024,
};
const PAGE_ROWS: usize = 100;
/// Meta lets a business account have 6,000 templates.
const PAGES_MAX: usize = 80;
const TEXT_CHARS_MAX: usize = 512;

/// A business account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Business {
    pub name: String,
    pub templates: Vec<MetaTemplate>,
}

/// A template, in Meta's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaTemplate {
    pub meta_id: String,
    pub name: String,
    pub language: String,
    pub status: String,
    pub category: String,
    pub parameter_format: String,
    /// JSON, a list.
    pub components: String,
}

/// The figures that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures<'q> {
    /// Seconds since 1970 UTC, as the next.
    pub start_s: i64,
    pub end_s: i64,
    /// Meta's words with commas between them.
    pub dimensions: &'q str,
    /// The number, with `+`.
    pub phone: &'q str,
}

/// Reads a business account with all of its templates.
///
/// # Errors
/// As the Graph refuses, or nobody answered.
pub async fn business(line: &Line, business_id: &str) -> Result<Business, SendError> {
    let told = line.read(&format!("{business_id}?fields=name")).await?;
    let name = text(&told["name"]);
    let mut templates = Vec::new();
    let mut after = String::new();
    for _ in 0..PAGES_MAX {
        let fields = "fields=id,name,language,status,category,parameter_format,components";
        let path = format!("{business_id}/message_templates?{fields}&limit={PAGE_ROWS}{after}");
        let page = line.ask(&path, Vec::new(), AskBody::Nothing, &LIMITS).await?;
        templates.extend(page["data"].as_array().into_iter().flatten().filter_map(template));
        let cursor = page["paging"]["cursors"]["after"].as_str().unwrap_or_default();
        if page["paging"]["next"].is_null() || cursor.is_empty() {
            return Ok(Business { name, templates });
        }
        after = format!("&after={}", encoded(cursor));
    }
    Err(broken("Too many templates", &format!("WhatsApp tells of more than {}.", PAGES_MAX * PAGE_ROWS)))
}

/// Has the app told what happens on the business account: without it nothing is, whatever its settings say. Asking again
/// changes nothing.
///
/// # Errors
/// As the Graph refuses, or nobody answered.
pub async fn subscribe(line: &Line, business_id: &str) -> Result<(), SendError> {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let path = format!("{business_id}/subscribed_apps");
    line.ask(&path, headers, AskBody::Whole(Bytes::from_static(b"{}")), &LIMITS).await.map(drop)
}

/// Reads what a number's messages cost.
///
/// # Errors
/// As the Graph refuses, or nobody answered.
pub async fn figures(line: &Line, business_id: &str, asked: &Figures<'_>) -> Result<Value, SendError> {
    let list = |words: &str| {
        let quoted: Vec<String> = words.split(',').map(|word| format!("\"{word}\"")).collect();
        encoded(&format!("[{}]", quoted.join(",")))
    };
    let Figures { start_s, end_s, dimensions, phone } = asked;
    let field = format!(
        "pricing_analytics.start({start_s}).end({end_s}).granularity(DAILY).phone_numbers({}).dimensions({})",
        list(phone.trim_start_matches('+')),
        list(dimensions)
    );
    let told = line.ask(&format!("{business_id}?fields={field}"), Vec::new(), AskBody::Nothing, &LIMITS).await?;
    let figures = &told["pricing_analytics"];
    // Where there are none, the Graph leaves the key out.
    Ok(if figures.is_object() { figures.clone() } else { serde_json::json!({"data": []}) })
}

fn template(told: &Value) -> Option<MetaTemplate> {
    // An id may come as a number.
    let id = told["id"].as_str().map(str::to_owned).or_else(|| told["id"].as_u64().map(|id| id.to_string()))?;
    let word = |name: &str, default: &str| {
        let word = text(&told[name]);
        if word.is_empty() { default.to_owned() } else { word }
    };
    let components = if told["components"].is_array() { told["components"].to_string() } else { "[]".to_owned() };
    let template = MetaTemplate {
        meta_id: id.chars().take(TEXT_CHARS_MAX).collect(),
        name: text(&told["name"]),
        language: text(&told["language"]),
        status: word("status", "PENDING").to_ascii_uppercase(),
        category: text(&told["category"]),
        parameter_format: word("parameter_format", "POSITIONAL"),
        components: components.replace("\\u0000", ""),
    };
    (!template.name.is_empty() && !template.language.is_empty()).then_some(template)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().chars().filter(|c| *c != '\0').take(TEXT_CHARS_MAX).collect()
}

/// As a part of a query.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut query, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            query.push(char::from(byte));
        } else {
            let _ = write!(query, "%{byte:02X}");
        }
        query
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_is_read_as_meta_writes_it() {
        let told = json!({"id": 594_425, "name": "ready", "language": "en_US", "status": "approved",
            "components": [{"type": "BODY", "text": "Hi"}]});
        let read = template(&told).expect("one");
        assert_eq!((read.meta_id.as_str(), read.status.as_str()), ("594425", "APPROVED"));
        assert_eq!((read.parameter_format.as_str(), read.category.as_str()), ("POSITIONAL", ""));
        assert_eq!(read.components, r#"[{"text":"Hi","type":"BODY"}]"#);
        for strange in [json!(7), json!({"id": "1"}), json!({"id": "1", "name": "x"}), json!({"name": "x"})] {
            assert_eq!(template(&strange), None, "{strange}");
        }
        assert_eq!(encoded("[\"A B\"]"), "%5B%22A%20B%22%5D");
    }
}
