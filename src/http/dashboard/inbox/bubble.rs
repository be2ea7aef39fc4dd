//! One message of a thread: what it says, what came with it, and how far it got.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::INBOX_PATH;
use super::linking::linking;
use super::list::{avatar, kind_name};
use super::scene::OpenChat;
use super::view::{Prefill, Wish};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::time::formatted;
use crate::http::dashboard::words::chat as w;
use crate::message::{FileState, MessageKind, Origin, Status};
use crate::store::message_files::MessageFile;
use crate::store::messages::MessageView;
use crate::store::outbox::{OutboxRow, Stage};
use crate::workspace::zone::utc_time;

/// So much of an answered message is shown above its answer.
const QUOTE_CHARS_MAX: usize = 160;

/// Whether the second goes on where the first ended: its sender need not be named again.
pub fn is_same_hand(one: &MessageView, next: &MessageView) -> bool {
    let same_teammate = one.details.said_by == next.details.said_by;
    let (one, next) = (&one.message, &next.message);
    (one.from_me, one.kind, one.origin, one.token, &one.sender_jid)
        == (next.from_me, next.kind, next.origin, next.token, &next.sender_jid)
        && same_teammate
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

/// Whether an answer may quote it: it is said, for its contact as well.
fn is_quotable(view: &MessageView, waiting: Option<&OutboxRow>) -> bool {
    let message = &view.message;
    let is_said = message.kind == MessageKind::WhatsApp && message.status != Status::Failed && waiting.is_none();
    is_said && view.details.deleted_at.is_never() && view.details.scheduled_at.is_never()
}

pub fn message(open: &OpenChat, view: &MessageView, goes_on: bool, may_answer: bool, zone: &TimeZone) -> Markup {
    let message = &view.message;
    let waiting = open.waiting.get(&message.uid);
    let is_gone = !view.details.deleted_at.is_never();
    html! {
        article.msg id={ "m-" (message.uid) } data-from=(if message.from_me { "us" } else { "them" }) data-kind=[kind_of(view, waiting)] data-more[goes_on] {
            @if !message.from_me && !goes_on { (avatar(sender(view), open.chat.id)) }
            div.bubble dir="auto" {
                @if let Some(quoted) = message.reply_to.and_then(|uid| open.quoted.get(&uid)) { (quote(quoted)) }
                @if is_gone { (w::THIS_MESSAGE_WAS_DELETED) }
                @else {
                    @if let Some(attachment) = &view.attachment { (attached(open, view, attachment)) }
                    @if !message.text.is_empty() {
                        p.said { @if message.kind == MessageKind::Note { (mentioning(open, &message.text)) } @else { (linking(&message.text)) } }
                    }
                }
                (slip(open, view, waiting, zone))
            }
            (reactions(open, view))
            p.msg-meta {
                (about(open, view, waiting, goes_on, zone))
                @if may_answer && is_quotable(view, waiting) {
                    a.reply href={ (Wish { reply: Some(message.uid), ..Wish::default() }.address(Some(open.chat.id))) "#composer" } data-reply aria-label=(w::reply_to_the_message_of(&formatted(message.at, zone, "%H:%M"))) { span aria-hidden="true" { "\u{21a9}\u{fe0e}" } }
                }
            }
        }
    }
}

fn sender(view: &MessageView) -> &str {
    let own = view.message.sender_name.as_str();
    if own.is_empty() { &view.chat_name } else { own }
}

pub fn quote(quoted: &MessageView) -> Markup {
    let text: String = quoted.message.text.chars().take(QUOTE_CHARS_MAX).collect();
    html! {
        a.quote dir="auto" href={ "#m-" (quoted.message.uid) } {
            b { @if quoted.message.from_me { (w::US) } @else { (sender(quoted)) } }
            @if text.is_empty() { (w::A_FILE) } @else { (text) }
        }
    }
}

fn attached(open: &OpenChat, view: &MessageView, attachment: &MessageFile) -> Markup {
    let kind = attachment.kind.as_str();
    let name = if attachment.filename.is_empty() { kind_name(kind) } else { attachment.filename.as_str() };
    // An address that stays the same for as long as the page is open, whatever its links live.
    let address = match attachment.state {
        FileState::Ready => format!("{INBOX_PATH}/{}/files/{}", open.chat.id, view.message.uid),
        _ => String::new(),
    };
    let state = match attachment.state {
        FileState::Ready => size_of(attachment.size_bytes),
        FileState::Fetching => w::ON_ITS_WAY_FROM_WHATSAPP.to_owned(),
        FileState::Unavailable => w::not_available(&attachment.reason),
    };
    html! {
        @if !address.is_empty() && matches!(kind, "image" | "sticker") && attachment.width > 0 {
            a href=(address) { img src=(address) width=(attachment.width) height=(attachment.height) alt=(name) loading="lazy"; }
        } @else if !address.is_empty() && matches!(kind, "voice" | "audio") {
            audio controls preload="none" src=(address) aria-label=(name) {}
        } @else if !address.is_empty() && kind == "video" {
            video controls preload="none" src=(address) aria-label=(name) {}
        } @else {
            span.attached {
                (icon("file"))
                span { strong.clip { bdi { (name) } } span.meta { (kind_name(kind)) ", " (state) } }
                @if !address.is_empty() { a.btn.btn-icon data-kind="plain" href=(address) aria-label=(w::download(&name)) { (icon("download")) } }
                @if attachment.state == FileState::Unavailable && !attachment.source.is_empty() {
                    form method="post" action={ (INBOX_PATH) "/" (open.chat.id) "/attachment" } {
                        button.btn.btn-small name="message" value=(view.message.uid) { (w::TRY_AGAIN) }
                    }
                }
            }
        }
    }
}

/// Bytes as people say them.
pub fn size_of(bytes: i64) -> String {
    let whole = |bytes: i64, unit: i64| (bytes + unit / 2) / unit;
    match bytes {
        ..1_000 => w::bytes(bytes),
        1_000..1_000_000 => w::kilobytes(whole(bytes, 1_000)),
        _ => w::megabytes(bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// A note's text with the teammates whom it names.
fn mentioning(open: &OpenChat, text: &str) -> Markup {
    let mut rest = text;
    let mut pieces = Vec::new();
    while let Some(at) = rest.find('@') {
        let name = open.names.iter().find(|name| rest[at + 1..].starts_with(name.as_str()));
        let end = at + 1 + name.map_or(0, String::len);
        pieces.push((&rest[..at], &rest[at..end], name.is_some()));
        rest = &rest[end..];
    }
    html! {
        @for (plain, named, is_name) in pieces { (plain) @if is_name { span.mention { (named) } } @else { (named) } }
        (rest)
    }
}

/// Why a message waits, failed, or nobody knows of it; and what to do.
fn slip(open: &OpenChat, view: &MessageView, waiting: Option<&OutboxRow>, zone: &TimeZone) -> Markup {
    let message = &view.message;
    let again = Wish { prefill: Some(Prefill::Again(message.uid)), ..Wish::default() }.address(Some(open.chat.id));
    let strip = |tone: &str, drawing: &str, words: Markup| {
        html! { div.slip data-tone=(tone) dir="ltr" { (icon(drawing)) (words) } }
    };
    if let (Status::Failed, Some(failure)) = (message.status, &message.failure) {
        let words = html! {
            p { strong { (w::FAILED) } " " (w::failure(&failure.title, &failure.details)) }
            @if !message.text.is_empty() { a.btn.btn-small href=(again) { (w::WRITE_IT_AGAIN) } }
        };
        return strip("danger", "alert", words);
    }
    if let Some(goes_at) = open.goes_at(message.uid) {
        let when = formatted(goes_at, zone, "%-d %b, %H:%M");
        return strip("info", "clock", html! { p { strong { (w::goes_on(&when)) } " " (w::CANCEL_IT_BELOW) } });
    }
    match waiting {
        Some(row) if row.stage == Stage::Uncertain => strip(
            "warning",
            "alert",
            html! {
                p { strong { (w::UNCERTAIN_SO_FAR) } " " (w::uncertain(&row.reason)) }
                form method="post" action={ (INBOX_PATH) "/" (open.chat.id) "/uncertain" } {
                    input type="hidden" name="message" value=(message.uid);
                    button.btn.btn-small name="what" value="again" { (w::SEND_AGAIN) }
                    button.btn.btn-small data-kind="plain" name="what" value="sent" { (w::IT_ARRIVED) }
                }
            },
        ),
        Some(row) if row.stage == Stage::Waiting => strip(
            "info",
            "clock",
            html! { p { strong { (w::held_until(&formatted(row.not_before, zone, "%H:%M"))) } " " (w::goes_by_itself(&row.reason)) } },
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
                    @let who = if row.reactor_jid.is_empty() { w::US } else { row.reactor_name.as_str() };
                    span.reaction title=(who) { (row.emoji) span.hidden-text { (w::by(&who)) } }
                }
            }
        }
    }
}

/// Who, where it came from, when, and how far it got.
fn about(open: &OpenChat, view: &MessageView, waiting: Option<&OutboxRow>, goes_on: bool, zone: &TimeZone) -> Markup {
    let message = &view.message;
    html! {
        @if message.kind == MessageKind::Note { span.tick { (icon("note")) (w::NOTE_ONLY_THE_TEAM_SEES) } }
        @if !message.from_me && !goes_on { bdi { (sender(view)) } }
        @match message.origin {
            Origin::PublicApi if message.from_me => span.tick { (icon("code")) (w::PUBLIC_API) @if !view.token_name.is_empty() { ", " bdi { (view.token_name) } } },
            Origin::MassMessaging => span.tick { (w::MASS_MESSAGE) },
            Origin::Synced if message.from_me => span.tick { (w::FROM_THE_PHONE) },
            _ => {},
        }
        @if let Some(name) = open.line_names.teammates.get(&view.details.said_by) { span { bdi { (name) } } }
        time datetime=(utc_time(message.at)) { (formatted(message.at, zone, "%H:%M")) }
        @if !view.details.edited_at.is_never() { span { (w::EDITED) } }
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
        span.tick data-tone=[tone] { (icon(drawing)) @if is_uncertain { (w::UNCERTAIN) } @else { (status.as_str()) } }
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
