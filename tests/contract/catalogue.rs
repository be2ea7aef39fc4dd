//! A request of every operation that succeeds. An operation that isn't known here fails every test that walks the document.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::OnceLock;

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::kit::{Actor, Answer, ECHO};
use crate::operations::Operation;
use crate::scene::CUSTOMER;

const BOUNDARY: &str = "the-line-between";

/// One pixel.
pub const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1,
    0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// Where a picture can be fetched from: a server of these tests, on loopback.
pub fn picture_host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = format!("http://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| show_picture(stream).unwrap_or(())));
        host
    })
}

fn show_picture(mut stream: TcpStream) -> std::io::Result<()> {
    for line in BufReader::new(stream.try_clone()?).lines() {
        if line?.is_empty() {
            break;
        }
    }
    let length = PNG.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(PNG)
}

/// What a request carries.
#[derive(Clone, Debug)]
pub enum Content {
    Nothing,
    Json(Value),
    /// A multipart form: the part's name, its file name and its bytes; fields without a file name.
    Form(Vec<(String, Option<String>, Vec<u8>)>),
}

/// What goes into a good request of this operation, with ids by the names of parameters.
pub fn content(operation: &Operation, ids: &BTreeMap<&'static str, String>) -> Content {
    let number = |name: &str| ids.get(name).and_then(|id| id.parse::<i64>().ok()).unwrap_or_default();
    let body = match operation.name.as_str() {
        "POST /messages" | "POST /v2/messages" => json!({"phone": ECHO, "text": "Your bike is ready"}),
        "POST /messages/to_jid" => json!({"jid": "12025550100@s.whatsapp.net", "text": "Your bike is ready"}),
        "POST /messages/to_chat_name" => json!({"chat_name": "Ines", "text": "Your bike is ready"}),
        "POST /chats/{chat_id}/messages" | "POST /v2/chats/{chat_id}/messages" => json!({"text": "It has new tyres"}),
        "POST /messages/preview" => json!({"phone": ECHO, "text": "Your bike is ready"}),
        "PATCH /messages/{message_uid}" => json!({"text": "Your bike is ready from 4 pm"}),
        "POST /chats/{chat_id}/typing" => json!({"state": "typing"}),
        "POST /waba/accounts" => json!({"sandbox": true}),
        "POST /waba/messages" => json!({"phone": CUSTOMER, "text": "Your bike is ready"}),
        "POST /waba/chats/{chat_id}/messages" => json!({"text": "It has new tyres"}),
        "POST /waba/chats/{chat_id}/labels" | "PUT /waba/chats/{chat_id}/labels" => {
            json!({"labels": ["vip", "Lisbon"]})
        }
        "PATCH /waba/chats/{chat_id}" => json!({"closed": false, "read": true}),
        "PATCH /waba/messages/{message_uid}/reactions" => json!({"reaction": "👍"}),
        "POST /waba/accounts/{account_id}/analytics" => json!({"start": 1_767_225_600, "end": 1_768_435_200}),
        "PATCH /chats/{chat_id}" => json!({"closed": false, "read": true}),
        "POST /chats/{chat_id}/labels" | "PUT /chats/{chat_id}/labels" => json!({"labels": ["vip", "Lisbon"]}),
        "POST /chats/{chat_id}/notes" => json!({"text": "Prefers to be called in the morning"}),
        "PATCH /messages/{message_uid}/reactions" | "PUT /messages/{message_uid}/reactions" => {
            json!({"reaction": "👍"})
        }
        "POST /files" => json!({"download_url": format!("{}/bike.png", picture_host())}),
        "POST /files_upload" | "POST /chats/{chat_id}/file_message" => {
            return Content::Form(vec![("file".into(), Some("bike.png".into()), PNG.to_vec())]);
        }
        "POST /chats/{chat_id}/voice_message" => {
            return Content::Form(vec![("file".into(), Some("voice.ogg".into()), ogg())]);
        }
        "POST /workspace/invitations" => json!({"email": "rui@harbour.example"}),
        "POST /webhooks" => json!({"event_type": "message:new", "url": "https://crm.example/partyline"}),
        "PUT /webhooks/{webhook_id}" => json!({"enabled": true}),
        "POST /webhooks/{webhook_id}/replay" => json!({"from_seq": 1}),
        "POST /templates" => json!({"name": "Ready", "text": "Your bike is ready"}),
        "PATCH /templates/{template_id}" => json!({"text": "Your bike is waiting"}),
        "POST /templates/{template_id}/track_usage" => json!({"origin": "crm"}),
        "POST /v2/templates" => json!({"template_id": number("template_id"), "origin": "crm"}),
        "POST /sandbox/inbound" => json!({"from": "+12025550171", "text": "Is it ready?"}),
        "POST /sandbox/calls" => json!({"from": "+12025550171", "outcome": "missed"}),
        "POST /sandbox/messages/{message_uid}/status" => json!({"status": "delivered"}),
        "POST /sandbox/rules" => json!({"number": "+12025550172", "answers": "Tomorrow"}),
        "POST /sandbox/clock" => json!({"advance_seconds": 60}),
        "POST /sandbox/scenes" => json!({"scene": "quality_high"}),
        "POST /sandbox/reset" | "POST /sandbox/reconnect" | "POST /sandbox/graph" => json!({}),
        "PATCH /sandbox/phones/{number}" => json!({"online": true}),
        name => {
            assert!(operation.bodies.is_empty(), "what goes into {name}? Teach tests/contract/catalogue.rs");
            return Content::Nothing;
        }
    };
    Content::Json(body)
}

/// The operation's path, each parameter filled in by its name.
pub fn path(operation: &Operation, fill: impl Fn(&str) -> String) -> String {
    operation
        .path_parameters()
        .fold(operation.path.clone(), |path, name| path.replace(&format!("{{{name}}}"), &fill(name)))
}

pub async fn send(actor: &Actor, operation: &Operation, path: &str, content: Content) -> Answer {
    let method: Method = operation.method.parse().expect("a method");
    match content {
        Content::Nothing => actor.ask(method, path, Body::empty()).await,
        Content::Json(value) => actor.ask(method, path, Body::from(value.to_string())).await,
        Content::Form(parts) => {
            let (kind, bytes) = form(&parts);
            actor.with_header("content-type", &kind).ask(method, path, Body::from(bytes)).await
        }
    }
}

/// A form's content type and bytes.
pub fn form(parts: &[(String, Option<String>, Vec<u8>)]) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    for (name, file, content) in parts {
        bytes.extend(format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"").bytes());
        if let Some(file) = file {
            bytes.extend(format!("; filename=\"{file}\"\r\ncontent-type: application/octet-stream").bytes());
        }
        bytes.extend(b"\r\n\r\n");
        bytes.extend(content);
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("--{BOUNDARY}--\r\n").bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), bytes)
}

/// The first page of an Ogg stream with an Opus head: what a voice note is known by.
pub fn ogg() -> Vec<u8> {
    let head = b"OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00";
    let mut page =
        b"OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01".to_vec();
    page.push(u8::try_from(head.len()).expect("short"));
    page.extend(head);
    page
}
