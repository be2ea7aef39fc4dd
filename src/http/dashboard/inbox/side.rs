//! What is known of the open chat, and what one may set on it.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::INBOX_PATH;
use super::list::avatar;
use super::scene::{List, OpenChat};
use super::view::Wish;
use crate::http::dashboard::frame::CONTACTS_PATH;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::Signed;
use crate::http::dashboard::time::moment;
use crate::http::dashboard::words::chat as w;
use crate::inbox::values::LABEL_CHARS_MAX;
use crate::store::teammates::TeammateRow;
use crate::workspace::permissions::Right;
use crate::workspace::zone::stored_zone;

/// So much of a note is shown beside the thread.
const NOTE_SHOWN_CHARS_MAX: usize = 200;

pub fn pane(signed: &Signed, wish: &Wish, open: &OpenChat, list: &List) -> Markup {
    let chat = &open.chat;
    let zone = stored_zone(&signed.who.workspace.zone);
    let may_change = signed.may(Right::SendMessages);
    html! {
        aside.pane.pane-side #side popover aria-label=(w::ABOUT_THIS_CHAT) {
            div.pane-head {
                h2 { @if chat.is_group { (w::GROUP) } @else { (w::CONTACT) } }
                button.btn.btn-icon.push.only-drawer data-kind="plain" type="button" popovertarget="side" popovertargetaction="hide" aria-label=(w::CLOSE_THESE_DETAILS) { (icon("close")) }
            }
            div.pane-body.stack.card-body tabindex="0" data-ring="in" role="region" aria-label=(w::DETAILS) data-live="side" {
                div.line-up { (avatar(&chat.name, chat.id)) bdi { strong { (chat.name) } } }
                dl.facts {
                    @if !chat.phone.is_empty() { dt { (w::PHONE) } dd.num { (chat.phone) } }
                    @if let Some(lid) = chat.jid.strip_suffix("@lid") { dt { "LID" } dd.num { (lid) } }
                    @if let Some(account) = &open.account { dt { (w::ACCOUNT) } dd { bdi { (account.name) } } }
                    @if let Some(contact) = open.contact.first() {
                        @if !contact.name.is_empty() && contact.name != chat.name { dt { (w::CALLS_THEMSELVES) } dd { bdi { (contact.name) } } }
                        @if !contact.opted_out_at.is_never() { dt { (w::MASS_MESSAGES) } dd { a href={ (CONTACTS_PATH) "?q=" (chat.phone.trim_start_matches('+')) } { (w::OPTED_OUT) } } }
                    }
                    dt { (w::CHAT_ID) } dd.num data-copy { code { (chat.id) } }
                    dt { (w::FIRST_WROTE) } dd { (moment(chat.created_at, &zone)) }
                }
                @if may_change { (responsible(wish, open, &list.teammates)) }
                (labels(wish, open, may_change))
                (others(open, list))
                (notes(open, &zone))
                @if may_change { (marking(wish, open)) }
                a.btn.btn-small href={ (INBOX_PATH) "/" (chat.id) "/history" } { (icon("clock")) (w::WHAT_HAPPENED) }
            }
        }
    }
}

/// The contact's other chats.
fn others(open: &OpenChat, list: &List) -> Markup {
    html! {
        @if !open.other_chats.is_empty() {
            div.field {
                h3 { (w::OTHER_CHATS_WITH_THEM) }
                ul {
                    @for chat in &open.other_chats {
                        @let account = list.accounts.iter().find(|account| account.id == chat.account);
                        li {
                            a href={ (INBOX_PATH) "/" (chat.id) } { bdi { (chat.name) } }
                            span.meta { @if let Some(account) = account { (w::on(&html! { bdi { (account.name) } })) } @if chat.closed { (w::CLOSED_TOO) } }
                        }
                    }
                }
            }
        }
    }
}

/// The newest notes, so that nobody has to scroll for them.
fn notes(open: &OpenChat, zone: &TimeZone) -> Markup {
    html! {
        @if !open.notes.is_empty() {
            div.field {
                h3 { (w::NOTES) }
                @for note in &open.notes {
                    @let text: String = note.message.text.chars().take(NOTE_SHOWN_CHARS_MAX).collect();
                    p.side-note dir="auto" { (text) }
                    p.meta { @if let Some(name) = open.line_names.teammates.get(&note.details.said_by) { bdi { (name) } ", " } (moment(note.message.at, zone)) }
                }
            }
        }
    }
}

fn back(wish: &Wish, open: &OpenChat) -> Markup {
    html! { input type="hidden" name="back" value=(wish.address(Some(open.chat.id))); }
}

fn responsible(wish: &Wish, open: &OpenChat, teammates: &[TeammateRow]) -> Markup {
    let chat = &open.chat;
    html! {
        form.field method="post" action={ (INBOX_PATH) "/" (chat.id) "/assign" } {
            (back(wish, open))
            label for="responsible" { (w::RESPONSIBLE) }
            select #responsible name="responsible" data-submits data-key="a" {
                option value="0" selected[chat.responsible.0 == 0] { (w::NOBODY) }
                @for teammate in teammates.iter().filter(|teammate| teammate.status == "active") {
                    option value=(teammate.id) selected[teammate.id == chat.responsible] { (teammate.display_name) }
                }
            }
            button.btn.btn-small data-without-script { (w::SET) }
        }
    }
}

fn labels(wish: &Wish, open: &OpenChat, may_change: bool) -> Markup {
    let path = format!("{INBOX_PATH}/{}", open.chat.id);
    html! {
        div.field {
            h3 { (w::LABELS) }
            @if open.labels.is_empty() { p.meta { (w::NONE_YET) } }
            ul.line-up {
                @for label in &open.labels {
                    li.chip {
                        a href=(Wish { label: Some(label.clone()), ..Wish::default() }.address(None)) { bdi { (label) } }
                        @if may_change {
                            form method="post" action={ (path) "/unlabel" } {
                                (back(wish, open))
                                input type="hidden" name="label" value=(label);
                                button aria-label=(w::remove_label(&label)) { (icon("close")) }
                            }
                        }
                    }
                }
            }
            @if may_change {
                form.line-up method="post" action={ (path) "/label" } {
                    (back(wish, open))
                    input.label-field name="label" dir="auto" required maxlength=(LABEL_CHARS_MAX) aria-label=(w::NEW_LABEL) placeholder=(w::NEW_LABEL) autocomplete="off" data-key="l";
                    button.btn.btn-small { (icon("plus")) (w::LABEL) }
                }
            }
        }
    }
}

fn marking(wish: &Wish, open: &OpenChat) -> Markup {
    let is_unread = open.chat.unread > 0;
    html! {
        form method="post" action={ (INBOX_PATH) "/" (open.chat.id) "/read" } {
            (back(wish, open))
            input type="hidden" name="read" value=(is_unread);
            button.btn.btn-small { @if is_unread { (w::MARK_AS_READ) } @else { (w::MARK_AS_UNREAD) } }
        }
    }
}
