//! A developer tries the public API in Swagger UI before writing a line of code.

use serde_json::Value;

use crate::chromium::Chromium;
use crate::server::Server;
use crate::tab::Tab;

const SEND: &str = "[id$=-send_message]";
const UPLOAD: &str = "[id$=-upload_file]";
const LOOK: &str = "[id$=-get_message]";

#[test]
fn a_message_is_sent_and_read_from_the_playground() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::ephemeral();
    let mut developer = Tab::open(&mut browser);
    developer.visit(&server.at("/integrations/api/swagger/"));
    developer.until("document.querySelectorAll('.opblock').length >= 8");
    assert!(developer.text().contains("calls and credits are really used"), "{}", developer.text());
    developer.photograph_all("swagger");

    developer.click(".btn.authorize");
    developer.fill(".auth-container input", &server.token);
    developer.click(".auth-btn-wrapper button.authorize");
    developer.click(".auth-btn-wrapper .btn-done");
    developer.until("document.querySelector('.btn.authorize.locked')");

    developer.until("document.querySelector('#balance-credits').textContent === '2,000'");
    let before = left(&mut developer);
    developer.click(&format!("{SEND} .opblock-summary-control"));
    developer.click(&format!("{SEND} .try-out__btn"));
    developer.fill(&format!("{SEND} textarea"), r#"{"phone": "+1 202 555 0100", "text": "Can you hear me?"}"#);
    developer.click(&format!("{SEND} .execute"));
    let sent = answer(&mut developer, SEND);
    let uid = sent["data"]["message_uid"].as_str().expect("a message_uid").to_owned();
    assert_eq!(server.api(&format!("/messages/{uid}"))["data"]["text"], "Can you hear me?");

    developer.click(&format!("{LOOK} .opblock-summary-control"));
    developer.click(&format!("{LOOK} .try-out__btn"));
    developer.fill(&format!("{LOOK} .parameters input"), &uid);
    developer.click(&format!("{LOOK} .execute"));
    let message = answer(&mut developer, LOOK);
    assert_eq!(message["data"]["uid"].as_str(), Some(uid.as_str()), "{message}");
    developer.photograph("swagger-answer");

    // The send, the look at the message, and the looks at the balance themselves.
    developer.until("document.querySelector('#balance-credits').textContent === '1,999'");
    assert!(left(&mut developer) <= before - 3, "{before}");
    developer.photograph("swagger-balance");

    // Kept through a reload of this tab, and nowhere that another one could read.
    developer.reload();
    developer.until("document.querySelector('.btn.authorize.locked')");
    developer.until("document.querySelector('#balance-credits').textContent === '1,999'");
    let kept = developer.value("JSON.stringify([localStorage, document.cookie])").to_string();
    assert!(!kept.contains(&server.token), "the token was kept: {kept}");
    assert_eq!(developer.value("sessionStorage.getItem('partyline-playground-token')"), server.token.as_str());
    assert_eq!(developer.complaints(), Vec::<String>::new());
}

#[test]
fn a_file_is_uploaded_and_sent_from_the_playground() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::ephemeral();
    let mut developer = Tab::open(&mut browser);
    developer.visit(&server.at("/integrations/api/swagger/"));
    developer.until("document.querySelectorAll('.opblock').length >= 8");
    developer.click(".btn.authorize");
    developer.fill(".auth-container input", &server.token);
    developer.click(".auth-btn-wrapper button.authorize");
    developer.click(".auth-btn-wrapper .btn-done");

    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("invoice.txt");
    std::fs::write(&file, "One tandem, four hours").expect("a file");
    developer.click(&format!("{UPLOAD} .opblock-summary-control"));
    developer.click(&format!("{UPLOAD} .try-out__btn"));
    developer.until(&format!("document.querySelector('{UPLOAD} input[type=file]')"));
    developer.choose_file(&format!("{UPLOAD} input[type=file]"), file.to_str().expect("a path"));
    developer.click(&format!("{UPLOAD} .execute"));
    let uploaded = answer(&mut developer, UPLOAD);
    let file_uid = uploaded["data"]["uid"].as_str().expect("a uid").to_owned();

    developer.click(&format!("{SEND} .opblock-summary-control"));
    developer.click(&format!("{SEND} .try-out__btn"));
    let body = format!(r#"{{"phone": "+1 202 555 0100", "text": "Your invoice", "file_uid": "{file_uid}"}}"#);
    developer.fill(&format!("{SEND} textarea"), &body);
    developer.click(&format!("{SEND} .execute"));
    let sent = answer(&mut developer, SEND);
    let uid = sent["data"]["message_uid"].as_str().expect("a message_uid");
    let message = server.api(&format!("/messages/{uid}")).to_string();
    assert!(message.contains(r#""size":22"#), "what was uploaded is what was sent: {message}");
    assert_eq!(developer.complaints(), Vec::<String>::new());
}

#[test]
fn the_playground_sends_to_the_server_it_was_opened_from() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::ephemeral();
    let mut developer = Tab::open(&mut browser);
    // Not the public address, which is 127.0.0.1 here: through a tunnel, or before a name is set up.
    let elsewhere = server.at("/integrations/api/swagger/").replace("127.0.0.1", "line.test");
    developer.visit(&elsewhere);
    developer.click(&format!("{LOOK} .opblock-summary-control"));
    developer.click(&format!("{LOOK} .try-out__btn"));
    developer.fill(&format!("{LOOK} .parameters input"), "0");
    developer.click(&format!("{LOOK} .execute"));
    developer.until(&format!("document.querySelector('{LOOK} .live-responses-table .response-col_status')"));
    let status = developer.value(&format!(
        "document.querySelector('{LOOK} .live-responses-table .response .response-col_status').innerText"
    ));
    assert!(status.as_str().is_some_and(|status| status.starts_with("401")), "{status}");

    // So that silence means something: what the page's policy forbids is heard of.
    developer.value("void document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.example/a.png'}))");
    developer.until("document.images.length");
    assert!(developer.complaints().iter().any(|complaint| complaint.contains("Content Security Policy")));
}

/// The calls that are left, as the page says.
fn left(developer: &mut Tab<'_>) -> i64 {
    let text = developer.value("document.querySelector('#balance-calls').textContent");
    text.as_str().and_then(|text| text.replace(',', "").parse().ok()).expect("a number")
}

/// What the server answered, as the playground shows it.
fn answer(developer: &mut Tab<'_>, operation: &str) -> Value {
    let row = format!("{operation} .live-responses-table .response");
    developer.until(&format!("document.querySelector('{row} .response-col_status')"));
    let status = developer.value(&format!("document.querySelector('{row} .response-col_status').innerText"));
    let body = developer.value(&format!("document.querySelector('{row} .response-col_description code').innerText"));
    assert!(status.as_str().is_some_and(|status| status.starts_with("200")), "{status} {body}");
    serde_json::from_str(body.as_str().expect("a body")).unwrap_or_else(|_| panic!("no JSON: {body}"))
}
