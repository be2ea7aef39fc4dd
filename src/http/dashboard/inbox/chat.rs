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
use crate::http::dashboard::words::chat as w;
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
                a.btn.btn-icon.only-narrow data-kind="plain" href=(wish.address(None)) aria-label=(w::BACK_TO_THE_CHATS) { (icon("back")) }
                (avatar(&chat.name, chat.id))
                div.clip {
                    h1.clip #thread-title { bdi { (chat.name) } }
                    p.meta.clip { @if let Some(account) = &open.account { bdi { (account.name) } " · " } @if chat.is_group { (w::GROUP) } @else { (chat.phone) } }
                }
                div.pane-actions {
                    @if signed.may(Right::SendMessages) { (snoozing(wish, open, signed)) (closing(wish, open)) }
                    button.btn.btn-icon.only-drawer data-kind="plain" type="button" popovertarget="side" aria-label=(w::ABOUT_THIS_CHAT) { (icon("person")) }
                }
            }
            div.stage {
                div.pane-body tabindex="0" data-ring="in" role="region" aria-label=(w::THE_TALK) data-live="thread" {
                    div.thread role="log" aria-live="polite" aria-label=(w::messages_with(&chat.name)) {
                        (messages(signed, wish, open, now))
                    }
                }
            }
            @if signed.may(Right::SendMessages) { (composer::pane(signed, wish, open, refused, now)) }
            @else { p.composer-none.meta { (w::YOUR_ROLE_READS_CHATS_AND) } }
        }
    }
}

/// Putting the chat off, or bringing it back.
fn snoozing(wish: &Wish, open: &OpenChat, signed: &Signed) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    let is_snoozed = !open.snoozed_until.is_never();
    html! {
        button.btn.btn-icon data-kind="plain" type="button" popovertarget="snooze" data-key="s" aria-label=(w::SNOOZE_THIS_CHAT) { (icon("clock")) }
        form.over.card #snooze popover method="post" action={ (INBOX_PATH) "/" (open.chat.id) "/snooze" } aria-label=(w::SNOOZE_THIS_CHAT) {
            div.card-body.stack {
                h2 { (w::SNOOZE) }
                p.meta { (w::THE_CHAT_COMES_BACK_BY) }
                input type="hidden" name="back" value=(wish.address(Some(open.chat.id)));
                @if is_snoozed {
                    p { (w::until(&formatted(open.snoozed_until, &zone, "%A, %-d %B, %H:%M"))) }
                    button.btn name="until" value="never" { (w::BRING_IT_BACK_NOW) }
                }
                button.btn name="until" value="hour" { (w::FOR_AN_HOUR) }
                button.btn name="until" value="tomorrow" { (w::UNTIL_TOMORROW_AT_NINE) }
                button.btn name="until" value="monday" { (w::UNTIL_MONDAY_AT_NINE) }
                div.field {
                    label for="snooze-at" { (w::UNTIL) }
                    input #snooze-at type="datetime-local" name="at";
                    button.btn data-kind="primary" { (w::SNOOZE_UNTIL_THEN) }
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
                @if chat.closed { (icon("again")) span.only-wide { (w::OPEN_AGAIN) } span.hidden-text { (w::THIS_CHAT) } }
                @else { (icon("check")) span.only-wide { (w::CLOSE) } span.hidden-text { (w::THIS_CHAT) } }
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
            a.btn.btn-small.older data-older href=(older(wish, open, first.message.uid)) { (w::OLDER_MESSAGES) }
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
        @if open.messages.is_empty() { p.sys { (w::NOTHING_WAS_SAID_HERE_YET) } }
        @if wish.before.is_some() { a.btn.btn-small.older href=(Wish { before: None, ..wish.clone() }.address(Some(open.chat.id))) { (w::TO_THE_NEWEST) } }
    }
}

fn older(wish: &Wish, open: &OpenChat, before: MessageUid) -> String {
    let address = wish.address(Some(open.chat.id));
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}before={before}")
}
