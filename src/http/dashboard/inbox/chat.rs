//! The thread of the open chat.

use maud::{Markup, html};

use super::bubble::{is_same_hand, message};
use super::composer;
use super::list::avatar;
use super::scene::{OpenChat, said_at};
use super::telling::{line, lines};
use super::view::Wish;
use super::{INBOX_PATH, Refused};
use crate::clock::Time;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::Signed;
use crate::http::dashboard::time::{day_of, formatted};
use crate::id::MessageUid;
use crate::store::events::EventRow;
use crate::store::messages::MessageView;
use crate::workspace::permissions::Right;
use crate::workspace::zone::stored_zone;

pub fn pane(signed: &Signed, wish: &Wish, open: &OpenChat, refused: Option<&Refused<'_>>, now: Time) -> Markup {
    let chat = &open.chat;
    html! {
        section.pane #thread aria-labelledby="thread-title" data-chat=(chat.id) data-unread=(chat.unread) {
            div.pane-head {
                a.btn.btn-icon.only-narrow data-kind="plain" href=(wish.address(None)) aria-label="Back to the chats" { (icon("back")) }
                (avatar(&chat.name, chat.id))
                div.clip {
                    h1.clip #thread-title { bdi { (chat.name) } }
                    p.meta.clip { @if let Some(account) = &open.account { bdi { (account.name) } " · " } @if chat.is_group { "Group" } @else { (chat.phone) } }
                }
                div.pane-actions {
                    @if signed.may(Right::SendMessages) { (snoozing(wish, open, signed)) (closing(wish, open)) }
                    button.btn.btn-icon.only-drawer data-kind="plain" type="button" popovertarget="side" aria-label="About this chat" { (icon("person")) }
                }
            }
            div.pane-body tabindex="0" data-ring="in" role="region" aria-label="Thread" data-live="thread" {
                div.thread role="log" aria-live="polite" aria-label={ "Messages with " (chat.name) } {
                    (messages(signed, wish, open, now))
                }
            }
            @if signed.may(Right::SendMessages) { (composer::pane(signed, wish, open, refused, now)) }
            @else { p.composer-none.meta { "Your role reads chats and doesn’t write in them." } }
        }
    }
}

/// Putting the chat off, or bringing it back.
fn snoozing(wish: &Wish, open: &OpenChat, signed: &Signed) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    let is_snoozed = !open.snoozed_until.is_never();
    html! {
        button.btn.btn-icon data-kind="plain" type="button" popovertarget="snooze" data-key="s" aria-label="Snooze this chat" { (icon("clock")) }
        form.over.card #snooze popover method="post" action={ (INBOX_PATH) "/" (open.chat.id) "/snooze" } aria-label="Snooze this chat" {
            div.card-body.stack {
                h2 { "Snooze" }
                p.meta { "The chat comes back by itself then, or when its contact writes." }
                input type="hidden" name="back" value=(wish.address(Some(open.chat.id)));
                @if is_snoozed {
                    p { "Until " (formatted(open.snoozed_until, &zone, "%A, %-d %B, %H:%M")) }
                    button.btn name="until" value="never" { "Bring it back now" }
                }
                button.btn name="until" value="hour" { "For an hour" }
                button.btn name="until" value="tomorrow" { "Until tomorrow at nine" }
                button.btn name="until" value="monday" { "Until Monday at nine" }
                div.field {
                    label for="snooze-at" { "Until" }
                    input #snooze-at type="datetime-local" name="at";
                    button.btn data-kind="primary" { "Snooze until then" }
                }
            }
        }
    }
}

fn closing(wish: &Wish, open: &OpenChat) -> Markup {
    let chat = &open.chat;
    html! {
        form method="post" action={ (INBOX_PATH) "/" (chat.id) "/close" } {
            input type="hidden" name="back" value=(wish.address(Some(chat.id)));
            input type="hidden" name="closed" value=(!chat.closed);
            button.btn data-key="e" {
                @if chat.closed { (icon("again")) span.only-wide { "Open again" } span.hidden-text { " this chat" } }
                @else { (icon("check")) span.only-wide { "Close" } span.hidden-text { " this chat" } }
            }
        }
    }
}

/// A piece of the thread.
enum Piece<'o> {
    Message(&'o MessageView),
    /// And whether its label was made then.
    Line(&'o EventRow, bool),
}

impl Piece<'_> {
    fn at(&self) -> Time {
        match self {
            Piece::Message(view) => view.message.at,
            Piece::Line(event, _) => event.at,
        }
    }

    /// By this the thread is in order.
    fn place(&self) -> Time {
        match self {
            Piece::Message(view) => said_at(view.message.uid),
            Piece::Line(event, _) => event.at,
        }
    }
}

/// Messages, and what happened between them.
fn pieces(open: &OpenChat) -> Vec<Piece<'_>> {
    let said = open.messages.iter().map(Piece::Message);
    let mut pieces: Vec<Piece<'_>> =
        said.chain(lines(&open.lines).map(|(event, is_made)| Piece::Line(event, is_made))).collect();
    // Stable: what was said in the moment of a line stands before it.
    pieces.sort_by_key(Piece::place);
    pieces
}

fn messages(signed: &Signed, wish: &Wish, open: &OpenChat, now: Time) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    let may_answer = signed.may(Right::SendMessages);
    let (mut day, mut last) = (String::new(), None);
    html! {
        @if let (true, Some(first)) = (open.has_older, open.messages.first()) {
            a.btn.btn-small.older data-older href=(older(wish, open, first.message.uid)) { "Older messages" }
        }
        @for piece in pieces(open) {
            @let this_day = day_of(piece.at(), now, &zone);
            @let is_new_day = this_day != day;
            @if is_new_day { h2.day { (this_day) } }
            @match piece {
                Piece::Message(view) => {
                    @let goes_on = !is_new_day && last.is_some_and(|last| is_same_hand(last, view));
                    (message(open, view, goes_on, may_answer, &zone))
                    ({ last = Some(view); "" })
                },
                Piece::Line(event, is_made) => { (line(event, is_made, &open.line_names, &zone)) ({ last = None; "" }) },
            }
            ({ day = this_day; "" })
        }
        @if open.messages.is_empty() { p.sys { "Nothing was said here yet." } }
        @if wish.before.is_some() { a.btn.btn-small.older href=(Wish { before: None, ..wish.clone() }.address(Some(open.chat.id))) { "To the newest" } }
    }
}

fn older(wish: &Wish, open: &OpenChat, before: MessageUid) -> String {
    let address = wish.address(Some(open.chat.id));
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}before={before}")
}
