//! Which chats somebody wishes to see: a view, a label, a name; and how far back in the open thread.

use axum::http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::INBOX_PATH;
use crate::http::fields::Fields;
use crate::id::{ChatId, MessageUid, TeammateId, TemplateId};
use crate::inbox::values::CHAT_NAME_CHARS_MAX;
use crate::store::chat_lists::ChatFilter;
use crate::store::chats::fold;

/// A view of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    All,
    Mine,
    Unassigned,
    Unread,
    Closed,
}

impl View {
    pub const EVERY: [(View, &'static str, &'static str); 5] = [
        (View::All, "all", "All"),
        (View::Mine, "mine", "Mine"),
        (View::Unassigned, "unassigned", "Unassigned"),
        (View::Unread, "unread", "Unread"),
        (View::Closed, "closed", "Closed"),
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
    /// The list goes on behind this chat.
    pub behind: Option<ChatId>,
    /// The thread ends before this message.
    pub before: Option<MessageUid>,
    pub prefill: Option<Prefill>,
}

impl Wish {
    /// What can't be read in an address counts as not said: it comes from links, not from people.
    pub fn read(uri: &Uri) -> Wish {
        let mut fields = Fields::from_query(uri.query().unwrap_or_default()).unwrap_or_default();
        let name: String = fields.text("name").unwrap_or_default().trim().chars().take(CHAT_NAME_CHARS_MAX).collect();
        let behind = fields.text("behind").and_then(|text| text.parse().ok()).map(ChatId);
        let mut uid = |name| fields.text(name).and_then(|text| Uuid::try_parse(&text).ok()).map(MessageUid);
        let (before, again) = (uid("before"), uid("again"));
        let template = fields.text("template").and_then(|text| text.parse().ok()).map(TemplateId);
        Wish {
            view: fields.text("view").map(|word| View::parse(&word)).unwrap_or_default(),
            label: fields.text("label").filter(|label| !label.is_empty() && !label.contains('\0')),
            name: name.replace('\0', ""),
            behind,
            before,
            prefill: template.map(Prefill::Template).or(again.map(Prefill::Again)),
        }
    }

    /// Nothing is narrowed down.
    pub fn is_plain(&self) -> bool {
        *self == Wish::default()
    }

    pub fn filter(&self, me: TeammateId) -> ChatFilter {
        let responsible = match self.view {
            View::Mine => vec![me],
            View::Unassigned => vec![TeammateId::NOBODY],
            View::All | View::Unread | View::Closed => Vec::new(),
        };
        ChatFilter {
            closed: Some(self.view == View::Closed),
            read: (self.view == View::Unread).then_some(false),
            name_part: (!self.name.is_empty()).then(|| fold(&self.name)),
            responsible,
            labels: self.label.iter().cloned().collect(),
            ..ChatFilter::default()
        }
    }

    /// The address of a chat in this list, or of the list.
    pub fn address(&self, chat: Option<ChatId>) -> String {
        let path = chat.map_or(INBOX_PATH.to_owned(), |chat| format!("{INBOX_PATH}/{chat}"));
        let mut pairs = Vec::new();
        if self.view != View::default() {
            pairs.push(format!("view={}", self.view.word()));
        }
        let texts = [("label", self.label.as_deref().unwrap_or_default()), ("name", self.name.as_str())];
        for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            pairs.push(format!("{key}={}", utf8_percent_encode(text, NON_ALPHANUMERIC)));
        }
        match self.prefill {
            Some(Prefill::Template(id)) => pairs.push(format!("template={id}")),
            Some(Prefill::Again(uid)) => pairs.push(format!("again={uid}")),
            None => {}
        }
        if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
    }

    pub fn template(&self) -> Option<TemplateId> {
        match self.prefill {
            Some(Prefill::Template(id)) => Some(id),
            _ => None,
        }
    }

    /// The same list in another view.
    pub fn in_view(&self, view: View) -> Wish {
        Wish { view, behind: None, before: None, prefill: None, ..self.clone() }
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
    }

    #[test]
    fn what_can_not_be_read_counts_as_not_said() {
        assert!(wish("/inbox?view=sideways&behind=x&before=y&label=%00").is_plain());
        assert_eq!(wish("/inbox").address(None), "/inbox");
    }
}
