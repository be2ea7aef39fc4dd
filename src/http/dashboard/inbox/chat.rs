//! The thread of the open chat, and where one writes.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::list::{avatar, kind_name};
use super::scene::OpenChat;
use super::view::Wish;
use super::{INBOX_PATH, Refused};
use crate::clock::Time;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::Signed;
use crate::http::dashboard::time::{day_of, formatted};
use crate::id::MessageUid;
use crate::inbox::values::TEXT_CHARS_MAX;
use crate::message::{FileState, MessageKind, Origin, Status};
use crate::store::message_files::MessageFile;
use crate::store::messages::MessageView;
use crate::store::outbox::{OutboxRow, Stage};
use crate::workspace::permissions::Right;
use crate::workspace::zone::{stored_zone, utc_time};

/// So much of an answered message is shown above its answer.
const QUOTE_CHARS_MAX: usize = 160;

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
                    @if signed.may(Right::SendMessages) { (closing(wish, open)) }
                    button.btn.btn-icon.only-drawer data-kind="plain" type="button" popovertarget="side" aria-label="About this chat" { (icon("person")) }
                }
            }
            div.pane-body tabindex="0" data-ring="in" role="region" aria-label="Thread" data-live="thread" {
                div.thread role="log" aria-live="polite" aria-label={ "Messages with " (chat.name) } {
                    (messages(signed, wish, open, now))
                }
            }
            @if signed.may(Right::SendMessages) { (composer(wish, open, refused)) }
            @else { p.composer-none.meta { "Your role reads chats and doesn’t write in them." } }
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

fn messages(signed: &Signed, wish: &Wish, open: &OpenChat, now: Time) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    let mut day = String::new();
    html! {
        @if let (true, Some(first)) = (open.has_older, open.messages.first()) {
            a.btn.btn-small.older href=(older(wish, open, first.message.uid)) { "Older messages" }
        }
        @for (at, view) in open.messages.iter().enumerate() {
            @let this_day = day_of(view.message.at, now, &zone);
            @if this_day != day { h2.day { (this_day) } }
            @let goes_on = this_day == day && at > 0 && is_same_hand(&open.messages[at - 1], view);
            (message(open, view, goes_on, &zone))
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

fn is_same_hand(one: &MessageView, next: &MessageView) -> bool {
    let (one, next) = (&one.message, &next.message);
    (one.from_me, one.kind, one.origin, one.token, &one.sender_jid)
        == (next.from_me, next.kind, next.origin, next.token, &next.sender_jid)
}

/// How a bubble is drawn.
fn kind_of(view: &MessageView, waiting: Option<&OutboxRow>) -> Option<&'static str> {
    let message = &view.message;
    match (message.kind, message.status) {
        _ if !view.details.deleted_at.is_never() => Some("gone"),
        (MessageKind::Note, _) => Some("note"),
        (_, Status::Failed) => Some("failed"),
        _ if waiting.is_some_and(|row| row.stage == Stage::Uncertain) => Some("uncertain"),
        _ if waiting.is_some_and(|row| row.stage == Stage::Waiting) => Some("held"),
        _ => None,
    }
}

fn message(open: &OpenChat, view: &MessageView, goes_on: bool, zone: &TimeZone) -> Markup {
    let message = &view.message;
    let waiting = open.waiting.get(&message.uid);
    let is_gone = !view.details.deleted_at.is_never();
    html! {
        article.msg id={ "m-" (message.uid) } data-from=(if message.from_me { "us" } else { "them" }) data-kind=[kind_of(view, waiting)] data-more[goes_on] {
            @if !message.from_me && !goes_on { (avatar(sender(view), open.chat.id)) }
            div.bubble dir="auto" {
                @if let Some(quoted) = message.reply_to.and_then(|uid| open.quoted.get(&uid)) { (quote(quoted)) }
                @if is_gone { "This message was deleted" }
                @else {
                    @if let Some(attachment) = &view.attachment { (attached(open, view, attachment)) }
                    (message.text)
                }
                (slip(view, waiting, zone))
            }
            (reactions(open, view))
            p.msg-meta { (about(view, waiting, goes_on, zone)) }
        }
    }
}

fn sender(view: &MessageView) -> &str {
    let own = view.message.sender_name.as_str();
    if own.is_empty() { &view.chat_name } else { own }
}

fn quote(quoted: &MessageView) -> Markup {
    let text: String = quoted.message.text.chars().take(QUOTE_CHARS_MAX).collect();
    html! {
        a.quote dir="auto" href={ "#m-" (quoted.message.uid) } {
            b { @if quoted.message.from_me { "Us" } @else { (sender(quoted)) } }
            @if text.is_empty() { "A file" } @else { (text) }
        }
    }
}

fn attached(open: &OpenChat, view: &MessageView, attachment: &MessageFile) -> Markup {
    let kind = attachment.kind.as_str();
    let name = if attachment.filename.is_empty() { kind_name(kind) } else { attachment.filename.as_str() };
    let address = match (&open.links, attachment.state) {
        (Some(links), FileState::Ready) => links.attachment(view.message.uid),
        _ => String::new(),
    };
    let state = match attachment.state {
        FileState::Ready => size_of(attachment.size_bytes),
        FileState::Fetching => "On its way from WhatsApp".to_owned(),
        FileState::Unavailable => format!("Not available: {}", attachment.reason),
    };
    html! {
        @if !address.is_empty() && matches!(kind, "image" | "sticker") && attachment.width > 0 {
            a href=(address) { img src=(address) width=(attachment.width) height=(attachment.height) alt=(name) loading="lazy"; }
        } @else if !address.is_empty() && matches!(kind, "voice" | "audio") {
            audio controls preload="none" src=(address) aria-label=(name) {}
        } @else {
            span.attached {
                (icon("file"))
                span { strong.clip { bdi { (name) } } span.meta { (kind_name(kind)) ", " (state) } }
                @if !address.is_empty() { a.btn.btn-icon data-kind="plain" href=(address) aria-label={ "Download " (name) } { (icon("download")) } }
            }
        }
    }
}

/// Bytes as people say them.
fn size_of(bytes: i64) -> String {
    let whole = |bytes: i64, unit: i64| (bytes + unit / 2) / unit;
    match bytes {
        ..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", whole(bytes, 1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// Why a message waits, failed, or nobody knows of it; and what comes next.
fn slip(view: &MessageView, waiting: Option<&OutboxRow>, zone: &TimeZone) -> Markup {
    let message = &view.message;
    let strip = |tone: &str, drawing: &str, words: Markup| {
        html! { div.slip data-tone=(tone) dir="ltr" { (icon(drawing)) p { (words) } } }
    };
    if let (Status::Failed, Some(failure)) = (message.status, &message.failure) {
        let words =
            html! { strong { "Failed. " } (failure.title) @if !failure.details.is_empty() { ". " (failure.details) } };
        return strip("danger", "alert", words);
    }
    match waiting {
        Some(row) if row.stage == Stage::Uncertain => {
            strip("warning", "alert", html! { strong { "Uncertain. " } (row.reason) " Nothing is repeated by itself." })
        }
        Some(row) if row.stage == Stage::Waiting => strip(
            "info",
            "clock",
            html! { strong { "Held until " (formatted(row.not_before, zone, "%H:%M")) ". " } (row.reason) },
        ),
        _ => html! {},
    }
}

fn reactions(open: &OpenChat, view: &MessageView) -> Markup {
    let of_this = open.reactions.iter().filter(|row| row.message == view.message.uid);
    let shown: Vec<_> = of_this.filter(|row| !row.emoji.is_empty()).collect();
    html! {
        @if !shown.is_empty() {
            p.reactions {
                @for row in shown {
                    @let who = if row.reactor_jid.is_empty() { "Us" } else { row.reactor_name.as_str() };
                    span.reaction title=(who) { (row.emoji) span.hidden-text { " by " (who) } }
                }
            }
        }
    }
}

/// Who, where it came from, when, and how far it got.
fn about(view: &MessageView, waiting: Option<&OutboxRow>, goes_on: bool, zone: &TimeZone) -> Markup {
    let message = &view.message;
    html! {
        @if message.kind == MessageKind::Note { span.tick { (icon("note")) "Note, only the team sees it" } }
        @if !message.from_me && !goes_on { bdi { (sender(view)) } }
        @match message.origin {
            Origin::PublicApi if message.from_me => span.tick { (icon("code")) "Public API" @if !view.token_name.is_empty() { ", " bdi { (view.token_name) } } },
            Origin::MassMessaging => span.tick { "Mass message" },
            Origin::Synced if message.from_me => span.tick { "From the phone" },
            _ => {},
        }
        time datetime=(utc_time(message.at)) { (formatted(message.at, zone, "%H:%M")) }
        @if !view.details.edited_at.is_never() { span { "edited" } }
        @if message.from_me && message.kind == MessageKind::WhatsApp { (tick(message.status, waiting)) }
    }
}

fn tick(status: Status, waiting: Option<&OutboxRow>) -> Markup {
    let (drawing, tone) = match status {
        Status::Pending | Status::Sending => ("clock", None),
        Status::Sent => ("check", None),
        Status::Delivered => ("checks", None),
        Status::Read => ("checks", Some("accent")),
        Status::Failed => ("alert", Some("danger")),
    };
    let is_uncertain = waiting.is_some_and(|row| row.stage == Stage::Uncertain);
    html! {
        span.tick data-tone=[tone] { (icon(drawing)) @if is_uncertain { "Uncertain" } @else { (status.as_str()) } }
    }
}

fn composer(wish: &Wish, open: &OpenChat, refused: Option<&Refused<'_>>) -> Markup {
    let chat = &open.chat;
    let is_note = refused.is_some_and(|refused| refused.is_note);
    html! {
        @if let Some(refused) = refused {
            p.banner.composer-fault data-tone="danger" role="alert" { (icon("alert")) span { (refused.why) } }
        }
        form.composer method="post" action={ (INBOX_PATH) "/" (chat.id) "/send" } aria-label={ "Write to " (chat.name) } {
            input type="hidden" name="back" value=(wish.address(Some(chat.id)));
            fieldset.tabs.modes {
                legend.hidden-text { "What are you writing?" }
                label { input type="radio" name="mode" value="reply" checked[!is_note]; "Reply" }
                label { input type="radio" name="mode" value="note" checked[is_note] data-key="n"; "Note" }
            }
            textarea name="text" rows="2" dir="auto" maxlength=(TEXT_CHARS_MAX) required aria-label="Message" placeholder="Write a message" data-key="r" {
                @if let Some(refused) = refused { (refused.text) }
            }
            div.composer-bar {
                span.meta.composer-hint { "Enter sends, Shift and Enter begin a line" }
                button.btn.push data-kind="primary" { (icon("send")) "Send" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::size_of;

    #[test]
    fn sizes_read_as_people_say_them() {
        assert_eq!(
            [0, 999, 1_000, 1_499, 1_200_000, 48_000_000].map(size_of),
            ["0 bytes", "999 bytes", "1 KB", "1 KB", "1.2 MB", "48.0 MB"]
        );
    }
}
