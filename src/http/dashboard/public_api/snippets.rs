//! Examples of a first send in several languages, with the fresh token in them where there is one.

use maud::{Markup, html};

use crate::http::dashboard::page::icon;
use crate::http::dashboard::words::public_api as w;

/// Stands where no token is at hand.
const NO_TOKEN: &str = "YOUR_TOKEN";

/// Each language: its word in the page, its name, how a first message is sent in it. `BASE` and `TOKEN` are filled in.
const LANGUAGES: [(&str, &str, &str); 6] = [
    (
        "curl",
        "curl",
        r#"curl BASE/messages \
  -H 'Authorization: Bearer TOKEN' \
  -H 'Content-Type: application/json' \
  -d '{"phone": "+1 202 555 0100", "text": "Hello from Partyline"}'"#,
    ),
    (
        "javascript",
        "JavaScript",
        r#"const response = await fetch("BASE/messages", {
  method: "POST",
  headers: {
    "Authorization": "Bearer TOKEN",
    "Content-Type": "application/json",
  },
  body: JSON.stringify({ phone: "+1 202 555 0100", text: "Hello from Partyline" }),
});
console.log(response.status, await response.json());"#,
    ),
    (
        "python",
        w::PYTHON,
        r#"import json
from urllib.request import Request, urlopen

request = Request(
    "BASE/messages",
    data=json.dumps({"phone": "+1 202 555 0100", "text": "Hello from Partyline"}).encode(),
    headers={
        "Authorization": "Bearer TOKEN",
        "Content-Type": "application/json",
    },
)
print(json.load(urlopen(request)))"#,
    ),
    (
        "php",
        "PHP",
        r#"<?php
$context = stream_context_create(["http" => [
    "method" => "POST",
    "header" => "Authorization: Bearer TOKEN\r\n"
        . "Content-Type: application/json\r\n",
    "content" => json_encode(["phone" => "+1 202 555 0100", "text" => "Hello from Partyline"]),
]]);
echo file_get_contents("BASE/messages", false, $context);"#,
    ),
    (
        "rust",
        w::RUST,
        r#"// cargo add reqwest --features blocking,json; cargo add serde_json
fn main() -> Result<(), reqwest::Error> {
    let answer = reqwest::blocking::Client::new()
        .post("BASE/messages")
        .bearer_auth("TOKEN")
        .json(&serde_json::json!({"phone": "+1 202 555 0100", "text": "Hello from Partyline"}))
        .send()?;
    println!("{} {}", answer.status(), answer.text()?);
    Ok(())
}"#,
    ),
    (
        "n8n",
        "n8n",
        r#"{
  "nodes": [{
    "name": "Send a WhatsApp message",
    "type": "n8n-nodes-base.httpRequest",
    "typeVersion": 4.2,
    "position": [0, 0],
    "parameters": {
      "method": "POST",
      "url": "BASE/messages",
      "sendHeaders": true,
      "headerParameters": { "parameters": [
        { "name": "Authorization", "value": "Bearer TOKEN" }
      ] },
      "sendBody": true,
      "specifyBody": "json",
      "jsonBody": "{\"phone\": \"+1 202 555 0100\", \"text\": \"Hello from Partyline\"}"
    }
  }],
  "connections": {}
}"#,
    ),
];

/// A card of examples without a token in them; `first` where there is no token at all.
pub fn card(first: Option<()>, base: &str) -> Markup {
    html! {
        section.card aria-labelledby="examples" {
            header { h2 #examples { (w::SEND_A_FIRST_MESSAGE) } }
            div.card-body.stack {
                p.small.muted {
                    @if first.is_some() { (w::GENERATE_A_TOKEN_AND) }
                    @else { (w::A_FRESH_TOKEN_STANDS) }
                }
                (tabs(base, None))
            }
        }
    }
}

/// The examples, one at a time; which one, a radio button says, so that it needs no script.
pub fn tabs(base: &str, token: Option<&str>) -> Markup {
    html! {
        div.snippets.stack {
            div.tabs role="group" aria-label=(w::LANGUAGE_OF_THE_EXAMPLE) {
                @for (at, (word, name, _)) in LANGUAGES.iter().enumerate() {
                    label { input type="radio" name="snippet" value=(word) checked[at == 0]; (name) }
                }
            }
            @for (word, name, text) in LANGUAGES { (panel(word, name, text, base, token)) }
        }
    }
}

fn panel(word: &str, name: &str, text: &str, base: &str, token: Option<&str>) -> Markup {
    let caption = match word {
        "n8n" => w::A_NODE_TO_PASTE.to_owned(),
        _ => w::first_message_in(name),
    };
    let filled = text.replace("BASE", base);
    let id = format!("snippet-{word}");
    html! {
        figure.code data-panel=(word) data-copy=(id) {
            figcaption {
                (caption)
                button.btn.btn-small.push type="button" data-kind="plain" hidden { (icon("copy")) (w::COPY) }
                span.badge.push data-tone="success" role="status" hidden { (icon("check")) (w::COPIED) }
            }
            pre role="group" tabindex="0" data-ring="in" aria-label=(caption) {
                code id=(id) {
                    @for (at, part) in filled.split("TOKEN").enumerate() {
                        @if at > 0 { mark { (token.unwrap_or(NO_TOKEN)) } }
                        (part)
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_holds_the_token_once_and_nothing_unfilled() {
        for (word, _, text) in LANGUAGES {
            assert_eq!(text.matches("TOKEN").count(), 1, "{word}");
            assert_eq!(text.matches("BASE").count(), 1, "{word}");
            assert!(!panel(word, "", text, "https://line.example", Some("pl_live_x")).into_string().contains("TOKEN"));
        }
    }

    #[test]
    fn what_is_json_is_json() {
        let n8n = LANGUAGES.iter().find(|row| row.0 == "n8n").expect("there").2;
        let workflow: serde_json::Value = serde_json::from_str(n8n).expect("JSON");
        let body = workflow["nodes"][0]["parameters"]["jsonBody"].as_str().expect("a body");
        assert!(serde_json::from_str::<serde_json::Value>(body).expect("JSON")["phone"].is_string());
    }
}
