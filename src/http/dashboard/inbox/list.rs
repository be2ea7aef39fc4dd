//! The list of chats, beside the thread.

use maud::{Markup, html};

use super::scene::{List, Listed};
use super::view::{View, Wish};
use super::{bulk, narrow};
use crate::clock::Time;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::Signed;
use crate::http::dashboard::time::{distance, formatted, short_moment};
use crate::http::dashboard::words::INBOX;
use crate::http::dashboard::words::inbox as w;
use crate::id::ChatId;
use crate::message::MessageKind;
use crate::store::messages::MessageView;
use crate::store::teammates::TeammateRow;
use crate::workspace::permissions::Right;
use crate::workspace::zone::stored_zone;

/// So much of the last message is shown.
const SAID_CHARS_MAX: usize = 120;
/// Labels shown with a chat; all of them stand at its side when it is open.
const TAGS_MAX: usize = 3;
const HUES: u32 = 6;

/// `told`: what was just done, and the time.
pub fn pane(
    signed: &Signed,
    wish: &Wish,
    list: &List,
    open: Option<ChatId>,
    told: (Option<&'static str>, Time),
) -> Markup {
    let (notice, now) = told;
    html! {
        section.pane #chats aria-labelledby="chats-title" data-seq=(list.seq) data-unread=(list.unread_for_me) data-notices data-quiet={ (list.habits.quiet_from) " " (list.habits.quiet_to) } data-sound[list.habits.sound] {
            div.pane-head {
                // A page has one h1: the open chat's name where there is one.
                @if open.is_some() { h2 #chats-title { (INBOX) } } @else { h1 #chats-title { (INBOX) } }
            }
            @if let Some(notice) = notice {
                p.banner.lost data-tone="success" role="status" { (icon("check")) span { (notice) } }
            }
            form.find role="search" method="get" action=(wish.in_view(wish.view).address(None)) {
                @if wish.view != View::default() { input type="hidden" name="view" value=(wish.view.word()); }
                @if let Some(label) = &wish.label { input type="hidden" name="label" value=(label); }
                input type="search" name="name" value=(wish.name) dir="auto" aria-label=(w::FIND_A_CHAT_BY_ITS) placeholder=(w::FIND_A_CHAT) autocomplete="off" data-key="/";
            }
            (narrow::pane(wish, list))
            @if signed.may(Right::SendMessages) { (bulk::bar(wish, list)) }
            ul.pane-body tabindex="0" data-ring="in" aria-label=(w::CHATS) data-live="list" {
                @for listed in &list.chats { li.chat-line id={ "c-" (listed.chat.id) } {
                    @if signed.may(Right::SendMessages) {
                        label.tick-box { input type="checkbox" form="bulk" name="chat" value=(listed.chat.id) aria-label=(w::tick(&listed.chat.name)); }
                    }
                    (row(signed, wish, listed, &list.teammates, open, now))
                } }
                @if list.chats.is_empty() { li { (none(wish)) } }
                @if let (true, Some(last)) = (list.has_more, list.chats.last()) {
                    li.more-chats { a.btn.btn-small href=(further(wish, last.chat.id)) { (w::OLDER_CHATS) } }
                }
            }
        }
    }
}

fn further(wish: &Wish, behind: ChatId) -> String {
    let address = wish.address(None);
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}behind={behind}")
}

fn none(wish: &Wish) -> Markup {
    let (title, what) = match wish.view {
        _ if !wish.name.is_empty() => (w::NOTHING_FOUND, w::NO_CHAT_OF_THIS_VIEW),
        View::All => (w::NO_OPEN_CHATS, w::NEW_MESSAGES_BRING_THEIR_CHATS),
        View::Mine => (w::NOTHING_IS_YOURS, w::CHATS_THAT_YOU_ANSWER_FOR),
        View::Unassigned => (w::EVERYTHING_HAS_SOMEBODY, w::CHATS_THAT_NOBODY_ANSWERS_FOR),
        View::Unread => (w::ALL_READ, w::CHATS_WITH_NEWS_THAT_NOBODY),
        View::Waiting => (w::NOBODY_WAITS, w::OPEN_CHATS_WHOSE_CONTACT_WROTE),
        View::Snoozed => (w::NOTHING_IS_SNOOZED, w::CHATS_THAT_ARE_PUT_OFF),
        View::Closed => (w::NOTHING_IS_CLOSED, w::CLOSED_CHATS_STAND_HERE_UNTIL),
    };
    html! { div.empty { strong { (title) } p { (what) } } }
}

fn row(
    signed: &Signed,
    wish: &Wish,
    listed: &Listed,
    teammates: &[TeammateRow],
    open: Option<ChatId>,
    now: Time,
) -> Markup {
    let chat = &listed.chat;
    let zone = stored_zone(&signed.who.workspace.zone);
    let who = teammates.iter().find(|teammate| teammate.id == chat.responsible);
    html! {
        a.chat href=(wish.address(Some(chat.id))) aria-current=[(open == Some(chat.id)).then_some("true")] {
            (avatar(&chat.name, chat.id))
            span.chat-name.clip { bdi { (chat.name) } }
            time.meta datetime=(crate::workspace::zone::utc_time(chat.last_message_at)) title=(formatted(chat.last_message_at, &zone, "%-d %b %Y, %H:%M")) { (short_moment(chat.last_message_at, now, &zone)) }
            span.chat-said.clip { @if let Some(last) = &listed.last { (said(last)) } }
            @if chat.unread > 0 { span.count { (chat.unread.min(999)) span.hidden-text { (w::UNREAD_ONES) } } }
            span.chat-tags {
                @for label in listed.labels.iter().take(TAGS_MAX) { span.chip.clip { bdi { (label) } } }
                @if listed.labels.len() > TAGS_MAX { span.meta { "+" (listed.labels.len() - TAGS_MAX) } }
                @if let Some(since) = listed.since { span.meta { (w::waits(&distance(now.since(since)))) } }
                @if let Some(until) = listed.until { span.meta { (w::until(&formatted(until, &zone, "%a %-d %b, %H:%M"))) } }
                @match who {
                    Some(who) if who.id == signed.who.teammate.id => span.meta.push { (w::YOU) },
                    Some(who) => span.meta.push.clip { bdi { (who.display_name) } },
                    None => span.meta.push { (w::UNASSIGNED) },
                }
            }
        }
    }
}

fn said(last: &MessageView) -> Markup {
    let message = &last.message;
    let text: String = message.text.chars().take(SAID_CHARS_MAX).collect();
    html! {
        @if message.from_me { span { (w::whose(message.kind == MessageKind::Note)) } }
        @if !last.details.deleted_at.is_never() { em { (w::DELETED) } }
        @else if let (true, Some(attachment)) = (text.is_empty(), &last.attachment) { em { (kind_name(attachment.kind.as_str())) } }
        @else { bdi { (text) } }
    }
}

/// What people call a kind of file.
pub fn kind_name(kind: &str) -> &'static str {
    match kind {
        "image" => w::PICTURE,
        "video" => w::VIDEO,
        "audio" => w::AUDIO,
        "voice" => w::VOICE_MESSAGE,
        "sticker" => w::STICKER,
        _ => w::DOCUMENT,
    }
}

/// The first letters of a name, on a hue that stays the chat's.
pub fn avatar(name: &str, chat: ChatId) -> Markup {
    let letters = initials(name);
    let hue = u32::try_from(chat.0.rem_euclid(i64::from(HUES))).unwrap_or(0) + 1;
    html! {
        span.avatar data-hue=(hue) aria-hidden="true" {
            @if letters.is_empty() { (icon("person")) } @else { (letters) }
        }
    }
}

fn initials(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphabetic()));
    words.take(2).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn a_number_has_no_initials_and_everybody_else_has_at_most_two() {
        let names = ["+1 202 555 0100", "Mara Lindqvist", "ليلى حداد", "de la Cruz", "🚲"];
        assert_eq!(names.map(initials), ["", "ML", "لح", "DL", ""]);
    }
}
