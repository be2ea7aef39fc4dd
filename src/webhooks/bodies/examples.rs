//! An example of each type: what a receiver can be tried with before anything happens. Made-up people in numbers that
//! belong to nobody.

use serde_json::{Value, json};

use crate::webhooks::EventType;

/// The body of an example. `now` is the time as the contract writes it, `public_url` this server's address.
pub fn example(event_type: EventType, public_url: &str, now: &str) -> Value {
    let name = event_type.as_str();
    let mut body = match name {
        _ if name.starts_with("waba:") => official(name, now),
        "message:reaction" => json!({"chat": call_chat(public_url), "whatsapp_account": named_account(),
            "reaction": {"message_uid": UID, "action": "set", "emoji": "\u{1f44d}",
                "reactor": {"full_name": "Maria Example", "phone": PHONE}, "timestamp": now,
                "reactions": {"\u{1f44d}": 1}}}),
        _ if name.starts_with("message:") || name == "chat:note:new" => message(event_type, public_url, now),
        _ if name.starts_with("call:") => call(name, public_url, now),
        _ if name.starts_with("chat:") || name == "label:new" => chat(event_type, public_url, now),
        _ if name.starts_with("whatsapp:") => account_event(event_type, now),
        _ if name.starts_with("quota:") => json!({"event_timestamp": now,
            "quota": {"name": "credits", "used": 1_600, "limit": 2_000, "resets_at": now}}),
        _ if name.starts_with("teammate:") => json!({"event_timestamp": now,
            "teammate": {"user_id": 2, "display_name": "Dina Example", "email": "dina@example.com"}}),
        "contact:imported" => json!({"event_timestamp": now, "detail": "2"}),
        _ if name.starts_with("contact:") => contact(name, now),
        _ if name.starts_with("template:") => {
            json!({"event_timestamp": now, "template": {"id": 1, "name": "Greeting"}})
        }
        _ if !name.starts_with("webhook:") => json!({"event_timestamp": now, "detail": "1"}),
        _ => json!({"event_timestamp": now, "webhook": {"id": 1, "event_type": "message:new",
            "url": "https://crm.example.com/whatsapp", "enabled": name != "webhook:disabled"}}),
    };
    body["event_type"] = name.into();
    body
}

const UID: &str = "00000000-0000-7000-8000-000000000001";
const PHONE: &str = "+12025550100";
const OWN_PHONE: &str = "+12025550198";

fn message(event_type: EventType, public_url: &str, now: &str) -> Value {
    let is_ours = !event_type.is_of_contract();
    let sent = event_type.as_str() == "message:sent:new" || is_ours;
    let (contact, account) = (
        json!({"full_name": "Maria Example", "phone": PHONE}),
        json!({"full_name": "Example account", "phone": OWN_PHONE}),
    );
    let (sender, recipient) = if sent { (account, contact) } else { (contact, account) };
    let mut body = json!({
        "chat": {"full_name": "Maria Example", "chat_url": format!("{public_url}/inbox/1"), "chat_id": 1,
            "is_group": false, "phone": PHONE},
        "whatsapp_account": {"full_name": "Example account", "email": "owner@example.com", "phone": OWN_PHONE},
        "message": {"text": "This is an example", "direction": if sent { "sent" } else { "received" },
            "origin": if sent { "Public API" } else { "synced from WhatsApp" }, "timestamp": now,
            "received_timestamp": now, "message_uid": UID, "sender": sender, "recipient": recipient},
    });
    if is_ours {
        body["chat"]["lid"] = Value::Null;
        body["message"][if sent { "recipient" } else { "sender" }]["lid"] = Value::Null;
        body["message"]["message_type"] = "whatsapp".into();
        body["message"]["status"] = "Delivered".into();
        body["message"]["event_timestamp"] = now.into();
    }
    body
}

fn contact(name: &str, now: &str) -> Value {
    let opted_out = name == "contact:opted_out";
    let mut body = json!({"event_timestamp": now, "contact": {"id": 2, "full_name": "Maria Example", "phone": PHONE,
        "lid": Value::Null, "opted_out": opted_out}});
    if name == "contact:merged" {
        body["contact"]["merged_id"] = 3.into();
    }
    body
}

fn call_chat(public_url: &str) -> Value {
    json!({"full_name": "Maria Example", "chat_url": format!("{public_url}/inbox/1"), "chat_id": 1,
        "chat_type": "direct", "platform": "whatsapp", "phone": PHONE})
}

fn named_account() -> Value {
    json!({"full_name": "Example account", "email": "owner@example.com", "phone": OWN_PHONE,
        "whatsapp_account_wid": "12025550198@s.whatsapp.net"})
}

fn call(name: &str, public_url: &str, now: &str) -> Value {
    let missed = name == "call:incoming:missed";
    let outgoing = name == "call:outgoing:ended";
    let (contact, account) = (
        json!({"full_name": "Maria Example", "phone": PHONE}),
        json!({"full_name": "Example account", "phone": OWN_PHONE}),
    );
    let (caller, recipient) = if outgoing { (account, contact) } else { (contact, account) };
    json!({"chat": call_chat(public_url), "whatsapp_account": named_account(),
        "call_details": {"duration": if missed { Value::Null } else { 42.into() },
            "direction": if outgoing { "outgoing" } else { "incoming" }, "is_video": false,
            "status": if missed { "Missed" } else { "Ended" }, "timestamp": now, "message_uid": UID,
            "caller": caller, "recipient": recipient}})
}

fn chat(event_type: EventType, public_url: &str, now: &str) -> Value {
    let mut body = json!({
        "chat": {"id": 1, "name": "Maria Example", "phone": PHONE, "jid": "12025550100@s.whatsapp.net",
            "is_group": false, "closed": event_type.as_str() == "chat:closed", "read": true, "labels": ["example"],
            "unattended_customer": false, "chatgpt_autoresponse_enabled": false,
            "whatsapp_account_id": "12025550198@s.whatsapp.net", "chat_url": format!("{public_url}/inbox/1"),
            "created_timestamp": now},
        "whatsapp_account": account(now),
    });
    if !event_type.is_of_contract() {
        body["chat"]["lid"] = Value::Null;
        body["change"] = json!({"event_timestamp": now});
    }
    body
}

fn official(name: &str, now: &str) -> Value {
    let mut account = json!({"id": 2, "meta_phone_id": "106540352242922", "meta_waba_id": "102290129340398"});
    let chat = json!({"id": 1, "waba_account_id": 2});
    if name.starts_with("waba:account:") {
        account["display_phone_number"] = OWN_PHONE.into();
        account["state"] = match name {
            "waba:account:active" => "active",
            "waba:account:disabled" => "disabled",
            _ => "removed",
        }
        .into();
        return json!({"account": account});
    }
    if let Some(event) = name.strip_prefix("waba:template:") {
        return json!({"template": {"id": 1, "name": "bike_ready", "status": event.to_ascii_uppercase(),
            "parameter_format": "POSITIONAL", "meta_waba_id": "102290129340398", "accounts": [2]}});
    }
    if name.starts_with("waba:chat:") {
        return json!({"account": account, "chat": chat,
            "responsible": {"name": "Dina Example", "email": "dina@example.com"}});
    }
    account["phone"] = OWN_PHONE.into();
    account["account_name"] = "Example account".into();
    let is_received = name == "waba:message:received";
    let (contact, own) = (
        json!({"full_name": "Maria Example", "phone": PHONE}),
        json!({"full_name": "Example account", "phone": OWN_PHONE}),
    );
    let (sender, recipient) = if is_received { (contact, own) } else { (own, contact) };
    let status = match name {
        "waba:message:read" => "Read",
        "waba:message:failed" => "Failed",
        _ => "Delivered",
    };
    let mut body = json!({"account": account,
        "chat": {"id": 1, "waba_account_id": 2, "closed": false, "service_window_is_open": true,
            "service_window_expires_at": now},
        "message": {"message_uid": UID, "direction": if is_received { "received" } else { "sent" }, "status": status,
            "timestamp": now, "received_timestamp": now, "text": "This is an example",
            "origin": if is_received { "synced from WhatsApp" } else { "Public API" }, "sender": sender,
            "recipient": recipient, "attachments": []}});
    if status == "Failed" {
        body["message"]["failure_reason"] =
            json!({"code": 131_026, "title": "Message undeliverable", "details": "Not on WhatsApp"});
    }
    body
}

fn account(now: &str) -> Value {
    json!({"id": "12025550198@s.whatsapp.net", "phone": OWN_PHONE, "connected_on": now, "status": "connected",
        "account_name": "Example account", "owner_name": "Owner", "owner_email": "owner@example.com"})
}

fn account_event(event_type: EventType, now: &str) -> Value {
    let mut body = json!({"whatsapp_account": account(now)});
    if !event_type.is_of_contract() {
        body["health"] = json!({"state": "connected", "reason": "", "until": null, "event_timestamp": now});
    }
    body
}
