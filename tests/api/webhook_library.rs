//! What really arrives at a receiver is verified by Standard Webhooks' own library in another language, and refused where it
//! was forged.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partyline::clock::Clock;
use serde_json::{Value, json};

use crate::kit::{ECHO, Engine, Receiver, TestApp};
use crate::webhook_deliveries::{deliver, listen_to};

const PYTHON: &str = "PARTYLINE_TEST_PYTHON";
const ALL: &str = "PARTYLINE_TEST_ALL";

const SCRIPT: &str = "
import base64, json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

def is_good(case):
    try:
        Webhook(case['secret']).verify(base64.b64decode(case['body']), case['headers'])
        return True
    except WebhookVerificationError:
        return False

print(json.dumps([is_good(case) for case in json.load(sys.stdin)]))
";

fn case(secret: &str, (headers, body): &(HeaderMap, Bytes)) -> Value {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<String, Value> =
        names.into_iter().map(|name| (name.to_owned(), json!(headers[name].to_str().expect("text")))).collect();
    json!({"secret": secret, "headers": headers, "body": STANDARD.encode(body)})
}

fn judged(python: &std::ffi::OsStr, cases: &[Value]) -> Vec<bool> {
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let input = json!(cases).to_string();
    child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "Python failed");
    serde_json::from_slice(&output.stdout).expect("a list of booleans")
}

#[tokio::test]
#[allow(clippy::print_stderr, reason = "what is left out is said loudly")]
async fn pythons_library_takes_what_arrives_and_nothing_forged() {
    let Some(python) = std::env::var_os(PYTHON) else {
        assert!(std::env::var_os(ALL).is_none(), "{ALL} promised Python");
        eprintln!("LEFT OUT: webhooks by Python's standardwebhooks ({PYTHON} is not set)");
        return;
    };
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        // The library judges the time by the system's clock.
        let behind = Clock::system().now().since(stage.clock.now());
        stage.advance(behind);
        let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
        let (id, before) = listen_to(&owner, "message:sent:new", &url).await;
        owner.send(ECHO, "olá \u{1f6b2}").await;
        deliver(&stage).await;
        let rotated = owner.post(&format!("/webhooks/{id}/rotate"), json!({})).await.body();
        let after = rotated["data"]["secret"].as_str().expect("a secret").to_owned();
        owner.send(ECHO, "with both secrets").await;
        deliver(&stage).await;
        stage.advance(Duration::from_secs(2));
        let heard = receiver.heard();
        let [first, second] = heard.as_slice() else { panic!("{heard:?}") };
        let forged = (second.0.clone(), Bytes::from(second.1.to_vec().to_ascii_uppercase()));
        let stale = {
            let mut case = case(&before, first);
            case["headers"]["webhook-timestamp"] = json!("1700000000");
            case
        };
        let cases = [
            (case(&before, first), true),
            (case(&after, first), false),
            (case(&before, second), true),
            (case(&after, second), true),
            (case(&after, &forged), false),
            (stale, false),
        ];
        let (cases, good): (Vec<Value>, Vec<bool>) = cases.into_iter().unzip();
        assert_eq!(judged(&python, &cases), good, "{engine:?}");
    }
}
