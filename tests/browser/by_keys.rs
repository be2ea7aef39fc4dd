//! Jobs done by the keyboard alone: the mouse is never touched, and the focus is never lost.

use crate::chromium::Chromium;
use crate::inbox::at_work;
use crate::screens::settled;
use crate::server::Server;
use crate::tab::Tab;

fn has_focus(ana: &mut Tab<'_>, what: &str) {
    ana.until("document.readyState === 'complete'");
    assert_eq!(
        ana.value("document.activeElement !== document.body && document.hasFocus()"),
        true,
        "the focus is lost after {what}"
    );
}

/// Leaves a field by Escape where one has the focus.
fn leave(ana: &mut Tab<'_>) {
    if ana.value("document.activeElement.matches('input:not([type=checkbox]), textarea, select')") == true {
        ana.press("Escape");
    }
}

#[test]
fn five_jobs_are_done_by_keys_alone() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    server.post("/messages", r#"{"phone": "+12025550103", "text": "Your bike is ready", "label": "rental"}"#);
    ana.until("document.querySelectorAll('#chats .chat').length === 2");

    finds_and_answers(&mut ana);
    names_somebody_in_a_note(&mut ana);
    takes_over_and_labels(&mut ana);
    closes_and_takes_that_back(&mut ana);
    jumps_to_a_message(&mut ana);
    assert_eq!(ana.complaints(), Vec::<String>::new());
}

/// Finds a chat and answers it, quoting what was asked.
fn finds_and_answers(ana: &mut Tab<'_>) {
    ana.press("/");
    ana.write("0100");
    ana.press("Enter");
    ana.until("location.search.includes('name=') && document.readyState === 'complete'");
    leave(ana);
    ana.press("j");
    ana.press("Enter");
    settled(ana, "/inbox/1");
    ana.press("r");
    ana.press("ArrowUp");
    ana.until("!document.querySelector('.answering').hidden");
    ana.write("Yes, it is");
    ana.press("Enter");
    ana.until("[...document.querySelectorAll('#thread .msg[id]')].some((m) => m.textContent.includes('Yes, it is') && m.querySelector('.quote'))");
    has_focus(ana, "a send");
    // The customer answers in its own time, and would open the chat again when it is closed below.
    ana.until("[...document.querySelectorAll('#thread .msg[id]')].filter((m) => m.textContent.includes('Yes, it is')).length === 2");
}

fn names_somebody_in_a_note(ana: &mut Tab<'_>) {
    leave(ana);
    ana.press("n");
    ana.write("Ask @");
    ana.until("document.querySelector('.suggested [role=option]')");
    ana.press("Enter");
    ana.press("Enter");
    ana.until("document.querySelector('#thread [data-kind=note][id] .mention')");
    has_focus(ana, "a note");
}

fn takes_over_and_labels(ana: &mut Tab<'_>) {
    leave(ana);
    ana.press("a");
    ana.until("document.activeElement.id === 'responsible'");
    ana.press("ArrowDown");
    ana.until("document.querySelector('#chats .chat[aria-current] .chat-tags')?.textContent.includes('You') && document.readyState === 'complete'");
    has_focus(ana, "an assignment");
    leave(ana);
    ana.press("l");
    ana.until("document.activeElement.name === 'label'");
    ana.write("urgent");
    ana.press("Enter");
    ana.until(
        "document.querySelector('#side .chip')?.textContent.includes('urgent') && document.readyState === 'complete'",
    );
    has_focus(ana, "a label");
}

fn closes_and_takes_that_back(ana: &mut Tab<'_>) {
    leave(ana);
    ana.press("e");
    ana.until("document.querySelector('#thread [data-key=e]')?.textContent.includes('Open again') && document.readyState === 'complete'");
    has_focus(ana, "closing");
    ana.press("z");
    ana.until("document.querySelector('#thread [data-key=e]')?.textContent.includes('Close') && document.readyState === 'complete'");
    has_focus(ana, "undoing");
}

/// Jumps to a message of another chat, wherever one is.
fn jumps_to_a_message(ana: &mut Tab<'_>) {
    ana.press("Ctrl+k");
    ana.until("document.querySelector('#palette:popover-open')");
    ana.write("bike is ready");
    ana.until("document.querySelector('#found a mark')");
    ana.until("[...document.querySelectorAll('#found a')].findIndex((row) => row.querySelector('mark')) >= 0");
    let row = ana
        .value("[...document.querySelectorAll('#found a')].findIndex((row) => row.querySelector('mark'))")
        .as_i64()
        .unwrap_or(0);
    for _ in 0..row {
        ana.press("ArrowDown");
    }
    ana.press("Enter");
    ana.until("location.pathname === '/inbox/2' && document.readyState === 'complete'");
}
