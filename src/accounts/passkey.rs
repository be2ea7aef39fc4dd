//! The passkey step, for people: WhatsApp asks a browser on its own site, which no server is, so somebody carries the request
//! there and the answer back.

use serde_json::Value;

/// Where a browser answers.
pub const SITE: &str = "https://web.whatsapp.com";

/// What somebody pastes into the console of a browser on [`SITE`]: it asks for the passkey and copies the answer. `None` for a
/// request that is no JSON, which no browser takes.
pub fn for_console(request: &str) -> Option<String> {
    // Written anew, so that nothing but data comes of it.
    let request: Value = serde_json::from_str(request).ok()?;
    let options = request.get("publicKey").unwrap_or(&request);
    Some(format!(
        "copy(JSON.stringify((await navigator.credentials.get({{publicKey: \
         PublicKeyCredential.parseRequestOptionsFromJSON({options})}})).toJSON()))"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_becomes_one_line_that_is_data_only() {
        let line = for_console("{\"challenge\": \"abc\",\n \"rpId\": \"whatsapp.com\"}").expect("JSON");
        assert!(line.contains(r#"parseRequestOptionsFromJSON({"challenge":"abc","rpId":"whatsapp.com"})"#), "{line}");
        assert!(!line.contains('\n'));
        let wrapped = for_console(r#"{"publicKey": {"challenge": "abc"}}"#).expect("JSON");
        assert!(wrapped.contains(r#"FromJSON({"challenge":"abc"})"#), "{wrapped}");
        assert_eq!(for_console("alert(1)"), None);
    }
}
