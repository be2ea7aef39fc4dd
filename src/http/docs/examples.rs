//! An example of every operation as a line for a terminal. Tests run each of them.

use super::reference::Operation;

/// What a request of an operation carries: JSON, or a form with a file.
enum Body {
    Nothing,
    Json(&'static str),
    File(&'static str),
}

fn body_of(name: &str) -> Body {
    Body::Json(match name {
        "POST /messages" | "POST /v2/messages" => {
            r#"{"phone": "+1 202 555 0100", "text": "Your bike is ready", "label": "repairs"}"#
        }
        "POST /messages/to_jid" => r#"{"jid": "12025550100@s.whatsapp.net", "text": "Your bike is ready"}"#,
        "POST /messages/to_chat_name" => r#"{"chat_name": "Ines", "text": "Your bike is ready"}"#,
        "POST /chats/{chat_id}/messages" | "POST /v2/chats/{chat_id}/messages" => r#"{"text": "It has new tyres"}"#,
        "POST /messages/preview" => r#"{"phone": "+1 202 555 0100", "text": "Your bike is ready"}"#,
        "PATCH /messages/{message_uid}" => r#"{"text": "Your bike is ready from 4 pm"}"#,
        "POST /chats/{chat_id}/typing" => r#"{"state": "typing"}"#,
        "POST /waba/accounts" => r#"{"sandbox": true, "name": "Front desk"}"#,
        "POST /waba/messages" => r#"{"phone": "+1 202 555 0173", "text": "Your bike is ready"}"#,
        "POST /waba/chats/{chat_id}/messages" => r#"{"text": "It has new tyres"}"#,
        "PATCH /waba/chats/{chat_id}" => r#"{"closed": true, "read": true}"#,
        "POST /waba/chats/{chat_id}/labels" | "PUT /waba/chats/{chat_id}/labels" => r#"{"labels": ["repairs", "vip"]}"#,
        "PATCH /waba/messages/{message_uid}/reactions" => r#"{"reaction": "👍"}"#,
        "POST /waba/accounts/{account_id}/analytics" => r#"{"start": 1767225600, "end": 1768435200}"#,
        "PATCH /chats/{chat_id}" => r#"{"closed": true, "read": true}"#,
        "POST /chats/{chat_id}/labels" | "PUT /chats/{chat_id}/labels" => r#"{"labels": ["repairs", "vip"]}"#,
        "POST /chats/{chat_id}/notes" => r#"{"text": "Prefers to be called in the morning"}"#,
        "PATCH /messages/{message_uid}/reactions" | "PUT /messages/{message_uid}/reactions" => r#"{"reaction": "👍"}"#,
        "POST /files" => r#"{"download_url": "https://files.example/bike.png"}"#,
        "POST /files_upload" | "POST /chats/{chat_id}/file_message" => return Body::File("bike.png"),
        "POST /chats/{chat_id}/voice_message" => return Body::File("voice.ogg"),
        "POST /workspace/invitations" => r#"{"email": "ana@harbour.example", "role": "teammate"}"#,
        "POST /webhooks" => r#"{"event_type": "message:received:new", "url": "https://crm.example/hook"}"#,
        "PUT /webhooks/{webhook_id}" => r#"{"enabled": true}"#,
        "POST /webhooks/{webhook_id}/replay" => r#"{"from_seq": 1, "to_seq": 500}"#,
        "POST /templates" => r#"{"name": "Ready", "text": "Your bike is ready"}"#,
        "PATCH /templates/{template_id}" => r#"{"text": "Your bike is waiting"}"#,
        "POST /templates/{template_id}/track_usage" => r#"{"origin": "crm"}"#,
        "POST /v2/templates" => r#"{"template_id": $TEMPLATE_ID, "origin": "crm"}"#,
        "POST /sandbox/inbound" => r#"{"from": "+1 202 555 0177", "name": "Ines", "text": "Is it ready?"}"#,
        "POST /sandbox/calls" => r#"{"from": "+1 202 555 0177", "outcome": "missed"}"#,
        "POST /sandbox/messages/{message_uid}/status" => r#"{"status": "read"}"#,
        "POST /sandbox/rules" => r#"{"number": "+1 202 555 0177", "answers": "Tomorrow"}"#,
        "POST /sandbox/clock" => r#"{"advance_seconds": 3600}"#,
        "POST /sandbox/scenes" => r#"{"scene": "held", "seconds": 60}"#,
        "POST /sandbox/graph" => r#"{"callback_url": "https://crm.example/meta"}"#,
        "POST /sandbox/reset" | "POST /sandbox/reconnect" => "{}",
        "PATCH /sandbox/phones/{number}" => r#"{"online": true}"#,
        _ => return Body::Nothing,
    })
}

/// As it would be typed, with `$TOKEN` and ids as variables of the shell.
pub fn curl(operation: &Operation, base: &str) -> String {
    let name = format!("{} {}", operation.method, operation.path);
    let mut path = operation.path.clone();
    for parameter in &operation.path_parameters {
        path = path.replace(&format!("{{{parameter}}}"), &format!("${}", parameter.to_uppercase()));
    }
    let body = body_of(&name);
    let implied = match body {
        Body::Nothing => "GET",
        Body::Json(_) | Body::File(_) => "POST",
    };
    let method = if implied == operation.method { String::new() } else { format!("-X {} ", operation.method) };
    let mut line = format!("curl {method}\"{base}{path}\" \\\n  -H \"Authorization: Bearer $TOKEN\"");
    match body {
        Body::Nothing => {}
        // Variables stand only where the shell fills them in.
        Body::Json(text) if text.contains('$') => {
            let text = text.replace('"', "\\\"");
            line += &format!(" \\\n  -H \"Content-Type: application/json\" \\\n  -d \"{text}\"");
        }
        Body::Json(text) => line += &format!(" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{text}'"),
        Body::File(file) => line += &format!(" \\\n  -F \"file=@{file}\""),
    }
    line
}
