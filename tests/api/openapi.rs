//! The public document is committed, so that a change to the contract is seen.

use partyline::http::openapi::document_text;

#[test]
fn the_committed_document_is_the_one_the_code_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/public.json");
    let made = document_text();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &made).expect("the document is written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == made, "openapi/public.json is not what the code makes; run with UPDATE_OPENAPI=1 and look");
}

#[test]
fn the_document_is_openapi_3_1_with_a_bearer_token() {
    let document: serde_json::Value = serde_json::from_str(&document_text()).expect("JSON");
    assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    assert!(document["paths"].as_object().is_some_and(|paths| paths.len() > 8));
}
