//! `llms.txt`: the documentation's contents for language models, which read plain markdown best.

use std::fmt::Write as _;

use super::guides;
use super::reference::Reference;
use crate::http::openapi::BASE_PATH;

pub fn text(reference: &Reference, public_url: &str) -> String {
    let base = format!("{public_url}{BASE_PATH}");
    let mut out = format!(
        "# Partyline\n\n> A self-hosted HTTP API and team inbox for WhatsApp, a drop-in for the TimelinesAI Public API. \
         Version {}.\n\nBase URL: {base}. Send `Authorization: Bearer TOKEN` with every request. A success is \
         `{{\"status\":\"ok\",\"data\":..}}`, a failure `{{\"status\":\"error\",\"message\":..,\"error_code\":..}}`. \
         Write to the sandbox contact +1 202 555 0100 to try things out: nothing leaves the server.\n\n\
         ## Documents\n\n- [OpenAPI 3.1]({base}/openapi.json): every operation with its fields and limits\n",
        env!("CARGO_PKG_VERSION")
    );
    out.push_str("\n## Guides\n\n");
    for guide in guides::all() {
        let _ = writeln!(out, "- [{}]({public_url}{}.md): {}", guide.title(), guide.href(), guide.summary());
    }
    for section in &reference.sections {
        let _ = write!(out, "\n## {}\n\n", section.name);
        for operation in &section.operations {
            let (method, path, href) = (&operation.method, &operation.path, section.href());
            let _ = writeln!(out, "- [{method} {path}]({public_url}{href}#{}): {}", operation.id, operation.summary);
        }
    }
    out
}
