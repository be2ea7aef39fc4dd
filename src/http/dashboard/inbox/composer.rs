//! Where one writes: a message or a note, a file, now or later; and what waits for its time.

use std::time::Duration;

use maud::{Markup, html};

use super::bubble::quote;
use super::scene::OpenChat;
use super::view::Wish;
use super::{INBOX_PATH, Refused};
use crate::clock::Time;
use crate::files::sniff::{DOCUMENT_BYTES_MAX, SHOWN_BYTES_MAX};
use crate::http::dashboard::once::fresh_key;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::Signed;
use crate::http::dashboard::time::formatted;
use crate::http::dashboard::words::composer as w;
use crate::inbox::values::{NOTE_CHARS_MAX, TEXT_CHARS_MAX};
use crate::inbox::window::{Window, closed_words, window};
use crate::message::MessageKind;
use crate::workspace::zone::stored_zone;

/// So much of a scheduled message is shown.
const SAID_CHARS_MAX: usize = 80;
const MIB: u64 = 1024 * 1024;

pub fn pane(signed: &Signed, wish: &Wish, open: &OpenChat, refused: Option<&Refused<'_>>, now: Time) -> Markup {
    let is_note = refused.is_some_and(|refused| refused.is_note);
    let text = refused.map_or(open.prefilled.as_str(), |refused| refused.text);
    let wish = &Wish { reply: None, ..wish.clone() };
    let template = wish.template().map(|id| id.0).or(refused.and_then(|refused| refused.template));
    html! {
        div data-live="scheduled" { (window_of(signed, open, now)) (scheduled(signed, wish, open)) }
        p.here.meta role="status" hidden {}
        @if let Some(refused) = refused { (fault(refused)) }
        form.composer #composer method="post" action={ (INBOX_PATH) "/" (open.chat.id) "/send" } aria-label=(w::write_to(&open.chat.name))
            data-chars=(TEXT_CHARS_MAX) data-note-chars=(NOTE_CHARS_MAX) data-shown-mib=(SHOWN_BYTES_MAX / MIB) data-document-mib=(DOCUMENT_BYTES_MAX / MIB) {
            (hidden(wish, open))
            @if let Some(template) = template { input type="hidden" name="template" value=(template); }
            fieldset.tabs.modes {
                legend.hidden-text { (w::WHAT_ARE_YOU_WRITING) }
                label { input type="radio" name="mode" value="reply" checked[!is_note]; (w::REPLY) }
                label { input type="radio" name="mode" value="note" checked[is_note] data-key="n"; (w::NOTE) }
            }
            div.answering hidden[open.answered.is_none()] {
                @if let Some(answered) = &open.answered { (quote(answered)) }
                a.btn.btn-icon data-kind="plain" data-unreply href=(wish.address(Some(open.chat.id))) aria-label=(w::DONT_QUOTE_IT) { (icon("close")) }
            }
            div.picked hidden {}
            textarea name="text" rows="2" dir="auto" maxlength=(NOTE_CHARS_MAX) required aria-label=(w::MESSAGE) placeholder=(w::WRITE_A_MESSAGE_FOR_A) data-key="r" {
                (text)
            }
            div.suggested role="listbox" aria-label=(w::SUGGESTIONS) hidden {}
            (bar(signed, open))
        }
        (file_form(open))
    }
}

/// Until when anything may be said to the contact, where WhatsApp bounds that.
fn window_of(signed: &Signed, open: &OpenChat, now: Time) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    let account = open.account.as_ref();
    let window = account.map_or(Window::None, |account| window(account.transport, open.chat.last_inbound_at, now));
    html! {
        @match window {
            Window::None => {},
            Window::Open { until } => p.composer-none.meta {
                (icon("clock")) (w::takes_anything_until(&formatted(until, &zone, "%a %-d %b, %H:%M"), &left(until.since(now))))
            },
            Window::Closed { hours } => p.banner data-tone="warning" { (icon("clock")) span { (closed_words(hours)) } },
        }
    }
}

/// Hours, of the last one the minutes.
fn left(span: Duration) -> String {
    let (hours, minutes) = (span.as_secs() / 3_600, span.as_secs().div_ceil(60));
    match (hours, minutes) {
        (0, minutes) => w::minutes(minutes),
        (hours, _) => w::hours(hours),
    }
}

/// What the form knows of itself: where to go back to, that it is one and the same, and what its writer has seen.
fn hidden(wish: &Wish, open: &OpenChat) -> Markup {
    let ours = |view: &&crate::store::messages::MessageView| {
        view.message.from_me && view.message.kind == MessageKind::WhatsApp
    };
    let seen = open.messages.iter().rev().find(ours).map(|view| view.message.uid.to_string());
    html! {
        input type="hidden" name="back" value=(Wish { prefill: None, reply: None, ..wish.clone() }.address(Some(open.chat.id)));
        input type="hidden" name="reply_to" value=[open.answered.as_ref().map(|view| view.message.uid)];
        input type="hidden" name="key" value=(fresh_key());
        input type="hidden" name="seen" value=(seen.unwrap_or_default());
    }
}

fn fault(refused: &Refused<'_>) -> Markup {
    html! {
        p.banner.composer-fault data-tone="danger" role="alert" {
            (icon("alert"))
            span { (refused.why) }
            @if refused.may_insist { button.btn.btn-small form="composer" name="sure" value="true" { (w::SEND_ALL_THE_SAME) } }
        }
    }
}

fn bar(signed: &Signed, open: &OpenChat) -> Markup {
    let zone = &signed.who.workspace.zone;
    html! {
        div.composer-bar {
            button.btn.btn-icon data-kind="plain" type="button" popovertarget="send-file" data-pick aria-label=(w::SEND_A_FILE) { (icon("clip")) }
            button.btn.btn-icon data-kind="plain" type="button" data-record aria-pressed="false" aria-label=(w::RECORD_A_VOICE_MESSAGE) hidden { (icon("mic")) span {} }
            a.btn.btn-icon data-kind="plain" data-templates href={ (INBOX_PATH) "/" (open.chat.id) "/templates" } aria-label=(w::CHOOSE_A_TEMPLATE) { (icon("template")) }
            details.later.more {
                summary.btn.btn-icon data-kind="plain" aria-label=(w::SEND_LATER) { (icon("clock")) }
                div.more-body.field {
                    label for="send-at" { (w::SEND_LATER) }
                    input #send-at type="datetime-local" name="send_at";
                    p.meta { (w::in_the_time_of(&zone)) }
                }
            }
            span.meta.composer-hint { (w::FREE_TO_SEND) }
            button.btn.push data-kind="primary" { (icon("send")) span data-verb { (w::SEND) } }
        }
    }
}

/// The same by a plain form; the script fills it from what was picked, dropped or pasted.
fn file_form(open: &OpenChat) -> Markup {
    html! {
        form.card.over #send-file popover method="post" enctype="multipart/form-data" action={ (INBOX_PATH) "/" (open.chat.id) "/file?key=" (fresh_key()) } aria-label=(w::SEND_A_FILE) {
            div.card-body.stack {
                h2 { (w::SEND_A_FILE) }
                div.field {
                    label for="file" { (w::FILE) }
                    input #file type="file" name="file" required;
                    p.meta { (w::sizes(&(SHOWN_BYTES_MAX / MIB), &(DOCUMENT_BYTES_MAX / MIB))) }
                }
                div.field {
                    label for="caption" { (w::WORDS_WITH_IT) }
                    textarea #caption name="caption" rows="2" dir="auto" maxlength=(TEXT_CHARS_MAX) {}
                }
                div.line-up {
                    button.btn data-kind="primary" { (icon("send")) (w::SEND) }
                    button.btn type="button" popovertarget="send-file" popovertargetaction="hide" { (w::CANCEL) }
                }
            }
        }
    }
}

fn scheduled(signed: &Signed, wish: &Wish, open: &OpenChat) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    let number = open.scheduled.len();
    html! {
        @if number > 0 {
            details.scheduled {
                summary { (icon("clock")) (w::scheduled(number)) }
                ul {
                    @for view in &open.scheduled {
                        @let text: String = view.message.text.chars().take(SAID_CHARS_MAX).collect();
                        li {
                            time { (formatted(view.details.scheduled_at, &zone, "%a %-d %b, %H:%M")) }
                            bdi.clip { @if text.is_empty() { (w::A_FILE) } @else { (text) } }
                            form method="post" action={ (INBOX_PATH) "/" (open.chat.id) "/unschedule" } {
                                input type="hidden" name="back" value=(wish.address(Some(open.chat.id)));
                                input type="hidden" name="message" value=(view.message.uid);
                                button.btn.btn-small aria-label=(w::cancel_it(&text)) { (w::CANCEL) }
                            }
                        }
                    }
                }
            }
        }
    }
}
