//! Which chats somebody wishes to see: a view, a label, a name; and how far back in the open thread.

use axum::http::Uri;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::INBOX_PATH;
use crate::clock::Time;
use crate::http::dashboard::words::inbox as w;
use crate::http::fields::Fields;
use crate::id::{AccountId, ChatId, MessageUid, TeammateId, TemplateId};
use crate::inbox::values::CHAT_NAME_CHARS_MAX;
use crate::store::chat_lists::{ChatFilter, PhoneFilter};
use crate::store::chats::fold;

const PHONE_DIGITS_MAX: usize = 20;

/// A view of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    All,
    Mine,
    Unassigned,
    Unread,
    /// Whoever waits for us longest comes first.
    Waiting,
    Snoozed,
    Closed,
}

impl View {
    pub const EVERY: [(View, &'static str, &'static str); 7] = [
        (View::All, "all", w::ALL),
        (View::Mine, "mine", w::MINE),
        (View::Unassigned, "unassigned", w::UNASSIGNED),
        (View::Unread, "unread", w::UNREAD),
        (View::Waiting, "waiting", w::WAITING_LONGEST),
        (View::Snoozed, "snoozed", w::SNOOZED),
        (View::Closed, "closed", w::CLOSED),
    ];

    fn parse(word: &str) -> View {
        View::EVERY.iter().find(|row| row.1 == word).map_or(View::All, |row| row.0)
    }

    pub fn word(self) -> &'static str {
        View::EVERY.iter().find(|row| row.0 == self).map_or("all", |row| row.1)
    }
}

/// What the composer begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefill {
    Template(TemplateId),
    /// The words of a message that is to be written again.
    Again(MessageUid),
}

/// What an address of the inbox asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub view: View,
    pub label: Option<String>,
    /// A part of a name, as it was typed.
    pub name: String,
    /// Digits that stand in the phone together.
    pub phone: String,
    pub account: Option<AccountId>,
    pub who: Option<TeammateId>,
    pub group: Option<bool>,
    pub read: Option<bool>,
    /// The days of the last message: the first and the last that fit.
    pub since: Option<Date>,
    pub until: Option<Date>,
    /// What was just done and can be undone.
    pub undo: Option<i64>,
    /// The list goes on behind this chat.
    pub behind: Option<ChatId>,
    /// The thread ends before this message.
    pub before: Option<MessageUid>,
    pub prefill: Option<Prefill>,
    /// The message that the composer answers.
    pub reply: Option<MessageUid>,
}

impl Wish {
    /// What can't be read in an address counts as not said: it comes from links, not from people.
    pub fn read(uri: &Uri) -> Wish {
        let mut fields = Fields::from_query(uri.query().unwrap_or_default()).unwrap_or_default();
        let name: String = fields.text("name").unwrap_or_default().trim().chars().take(CHAT_NAME_CHARS_MAX).collect();
        let behind = fields.text("behind").and_then(|text| text.parse().ok()).map(ChatId);
        let mut uid = |name| fields.text(name).and_then(|text| Uuid::try_parse(&text).ok()).map(MessageUid);
        let (before, again, reply) = (uid("before"), uid("again"), uid("reply"));
        let template = fields.text("template").and_then(|text| text.parse().ok()).map(TemplateId);
        let phone = fields.text("phone").unwrap_or_default();
        let phone = phone.chars().filter(char::is_ascii_digit).take(PHONE_DIGITS_MAX).collect();
        let mut choice = |name| fields.text(name).and_then(|text| text.parse().ok());
        let (group, read) = (choice("group"), choice("read"));
        let mut day = |name| fields.text(name).and_then(|text| text.parse::<Date>().ok());
        let (since, until) = (day("since"), day("until"));
        let mut number =
            |name| fields.text(name).and_then(|text| text.parse::<i64>().ok()).filter(|number| *number > 0);
        let (account, who, undo) = (number("account").map(AccountId), number("who").map(TeammateId), number("undo"));
        Wish {
            view: fields.text("view").map(|word| View::parse(&word)).unwrap_or_default(),
            label: fields.text("label").filter(|label| !label.is_empty() && !label.contains('\0')),
            name: name.replace('\0', ""),
            phone,
            account,
            who,
            undo,
            group,
            read,
            since,
            until,
            behind,
            before,
            reply,
            prefill: template.map(Prefill::Template).or(again.map(Prefill::Again)),
        }
    }

    /// Nothing is narrowed down.
    pub fn is_plain(&self) -> bool {
        Wish { undo: None, ..self.clone() } == Wish::default()
    }

    /// Nothing is filtered, whatever the view and the name.
    pub fn is_plain_list(&self) -> bool {
        self.without_filters()
            == Wish { behind: None, before: None, prefill: None, reply: None, undo: None, ..self.clone() }
    }

    /// The same view without its filters.
    pub fn without_filters(&self) -> Wish {
        Wish { view: self.view, name: self.name.clone(), ..Wish::default() }
    }

    pub fn is_closed(&self) -> bool {
        self.view == View::Closed
    }

    pub fn filter(&self, me: TeammateId) -> ChatFilter {
        let responsible = match self.view {
            View::Mine => vec![me],
            View::Unassigned => vec![TeammateId::NOBODY],
            _ => self.who.into_iter().collect(),
        };
        ChatFilter {
            closed: Some(self.view == View::Closed),
            read: (self.view == View::Unread).then_some(false).or(self.read),
            name_part: (!self.name.is_empty()).then(|| fold(&self.name)),
            phone: (!self.phone.is_empty()).then(|| PhoneFilter::Part(self.phone.clone())),
            account: self.account,
            is_group: self.group,
            responsible,
            labels: self.label.iter().cloned().collect(),
            ..ChatFilter::default()
        }
    }

    /// The first moment of the first day that fits, and the last of the last one.
    pub fn days(&self, zone: &TimeZone) -> (Option<Time>, Option<Time>) {
        let begin = |day: Date| Some(Time::from_ms(day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()));
        let end = |day: Date| Some(Time::from_ms(begin(day.tomorrow().ok()?)?.ms() - 1));
        (self.since.and_then(begin), self.until.and_then(end))
    }

    /// The address of a chat in this list, or of the list.
    pub fn address(&self, chat: Option<ChatId>) -> String {
        let path = chat.map_or(INBOX_PATH.to_owned(), |chat| format!("{INBOX_PATH}/{chat}"));
        let mut pairs = vec![self.query()];
        pairs.retain(|pair| !pair.is_empty());
        match self.prefill {
            Some(Prefill::Template(id)) => pairs.push(format!("template={id}")),
            Some(Prefill::Again(uid)) => pairs.push(format!("again={uid}")),
            None => {}
        }
        pairs.extend(self.reply.map(|uid| format!("reply={uid}")));
        if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
    }

    /// What the list is narrowed down by, as a query.
    pub fn query(&self) -> String {
        let mut pairs = Vec::new();
        if self.view != View::default() {
            pairs.push(format!("view={}", self.view.word()));
        }
        let texts = [
            ("label", self.label.as_deref().unwrap_or_default()),
            ("name", self.name.as_str()),
            ("phone", self.phone.as_str()),
        ];
        for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            pairs.push(format!("{key}={}", utf8_percent_encode(text, NON_ALPHANUMERIC)));
        }
        pairs.extend(self.account.map(|account| format!("account={account}")));
        pairs.extend(self.who.map(|who| format!("who={who}")));
        pairs.extend(self.group.map(|group| format!("group={group}")));
        pairs.extend(self.read.map(|read| format!("read={read}")));
        pairs.extend(self.since.map(|day| format!("since={day}")));
        pairs.extend(self.until.map(|day| format!("until={day}")));
        pairs.join("&")
    }

    pub fn template(&self) -> Option<TemplateId> {
        match self.prefill {
            Some(Prefill::Template(id)) => Some(id),
            _ => None,
        }
    }

    /// The same list in another view.
    pub fn in_view(&self, view: View) -> Wish {
        Wish { view, behind: None, before: None, prefill: None, reply: None, undo: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(address: &str) -> Wish {
        Wish::read(&address.parse().expect("an address"))
    }

    #[test]
    fn an_address_leads_back_to_the_same_list() {
        let asked = wish("/inbox/7?view=mine&label=a%26b&name=J%C3%B6rg");
        assert_eq!((asked.view, asked.label.as_deref(), asked.name.as_str()), (View::Mine, Some("a&b"), "Jörg"));
        assert_eq!(wish(&asked.address(Some(ChatId(7)))), asked);
        assert_eq!(asked.address(None), "/inbox?view=mine&label=a%26b&name=J%C3%B6rg");
        let narrow = wish("/inbox?view=waiting&phone=%2B1+202&account=2&who=3&group=true");
        assert_eq!(narrow.address(None), "/inbox?view=waiting&phone=1202&account=2&who=3&group=true");
        assert_eq!(wish(&narrow.address(None)), narrow);
        let days = wish("/inbox?read=false&since=2026-01-05&until=2026-01-06");
        assert_eq!(wish(&days.address(None)), days);
        let (since, until) = days.days(&TimeZone::UTC);
        assert_eq!(until.map(Time::ms), since.map(|since| since.ms() + 2 * 86_400_000 - 1));
        assert!(!narrow.is_plain_list() && wish("/inbox?view=mine&name=a&undo=3").is_plain_list());
    }

    #[test]
    fn what_can_not_be_read_counts_as_not_said() {
        assert!(wish("/inbox?view=sideways&behind=x&before=y&label=%00").is_plain());
        assert_eq!(wish("/inbox").address(None), "/inbox");
    }
}
