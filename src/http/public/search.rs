//! Looking for messages by their words.

use axum::response::Response;
use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::Error;
use crate::http::call::Call;
use crate::http::fields::Fields;
use crate::http::public::pages::{PAGE_ROWS, PAGE_ROWS_MAX, parse_moment};
use crate::http::public::refusals::Refusals;
use crate::http::public::send_body::read_account;
use crate::http::public::view::{Message, Ok as OkBody, Viewer, zone_of};
use crate::id::{AccountId, ChatId};
use crate::inbox::reach::{reached_accounts, reached_chat};
use crate::inbox::search::{Search, search};
use crate::inbox::search_words::Query;
use crate::inbox::values::{LabelName, Phone};
use crate::store::accounts::account_list;
use crate::store::message_pages::message_views;
use crate::store::search::SearchFilter;
use crate::workspace::tokens::Caller;

const QUERY_CHARS_MAX: usize = 256;

/// What to look for, and where.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct SearchQuery {
    /// The words that must all stand in a message, or in the name of its file; case and accents don't count. The last one may
    /// be only begun, unless a blank follows it. Left out: all messages that fit the rest.
    #[param(max_length = 256)]
    q: Option<String>,
    /// In this chat only.
    chat_id: Option<i64>,
    /// In chats with this label only.
    label: Option<String>,
    /// Of this account only, by its phone; `whatsapp_account_id` with its JID does as well.
    whatsapp_account_phone: Option<String>,
    from_me: Option<bool>,
    /// Later than this: an ISO date, `YYYY-MM-DD HH:MM` in the workspace's zone, or RFC 3339.
    after: Option<String>,
    before: Option<String>,
    /// Messages of a page, at most 100. 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    #[param(minimum = 1)]
    cursor: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct SearchPage {
    pub results: Vec<SearchResult>,
    /// Whether there may be more from `next_cursor` on; a page may be short, or empty, and yet have more behind it.
    pub has_more_pages: bool,
    pub next_cursor: Option<i64>,
    /// False while messages of before are still being read, as after an upgrade.
    pub is_complete: bool,
}

#[derive(Serialize, ToSchema)]
pub struct SearchResult {
    pub message: Message,
    /// Where the words stand, as HTML: escaped, and with what was found inside of `<mark>`.
    pub snippet: String,
}

struct Wanted {
    query: Query,
    chat: Option<ChatId>,
    account: Option<Phone>,
    label: Option<LabelName>,
    from_me: Option<bool>,
    after: Option<String>,
    before: Option<String>,
    rows: i64,
    cursor: Option<i64>,
}

/// Search messages
///
/// Partyline's own. Messages and notes of all chats, the newest first; a new message is found about a second after it was
/// accepted or received.
#[utoipa::path(
    get, path = "/messages/search", tag = "Messages", operation_id = "search_messages", params(SearchQuery),
    responses(
        (status = 200, description = "What was found", body = OkBody<SearchPage>), Refusals,
    ),
)]
pub async fn search_messages(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(read_wanted));
    let app = call.app().clone();
    call.read(request, move |tx, caller, wanted| page(tx, caller, &app, wanted)).await
}

fn page(tx: &mut impl Read, caller: &Caller, app: &App, wanted: &Wanted) -> Result<SearchPage, Error> {
    let workspace = caller.workspace;
    let zone = zone_of(tx, workspace)?;
    let wish = wanted.resolve(tx, caller, &zone)?;
    let found = search(tx, workspace, &wish)?;
    let views = message_views(tx, workspace, &found.uids)?;
    let messages = Viewer::new(app, workspace, &zone).messages_with_contacts(tx, &views)?;
    let result = |message: Message| SearchResult { snippet: wanted.query.snippet(&message.text), message };
    Ok(SearchPage {
        results: messages.into_iter().map(result).collect(),
        has_more_pages: found.next.is_some(),
        next_cursor: found.next,
        is_complete: found.is_complete,
    })
}

impl Wanted {
    fn resolve(&self, tx: &mut impl Read, caller: &Caller, zone: &TimeZone) -> Result<Search, Error> {
        if let Some(chat) = self.chat {
            reached_chat(tx, caller, chat)?;
        }
        let filter = SearchFilter {
            from_me: self.from_me,
            account: self.account(tx, caller)?,
            after: parse_moment("after", self.after.as_deref(), zone)?,
            before: parse_moment("before", self.before.as_deref(), zone)?,
            label: self.label.as_ref().map(|label| label.as_str().to_owned()),
        };
        let rows_max = usize::try_from(self.rows).unwrap_or(0);
        Ok(Search { query: self.query.clone(), chat: self.chat, filter, before: self.cursor, rows_max })
    }
}

impl Wanted {
    /// The account that is named, or the only one that the caller reaches. One who reaches some must say which: the words of
    /// all accounts stand together.
    fn account(&self, tx: &mut impl Read, caller: &Caller) -> Result<Option<AccountId>, Error> {
        let named = self.account.as_ref().map(|phone| find_account(tx, caller, phone)).transpose()?;
        if named.is_some() || self.chat.is_some() {
            return Ok(named);
        }
        let Some(reached) = reached_accounts(tx, caller)? else { return Ok(None) };
        match reached.as_slice() {
            [only] => Ok(Some(*only)),
            _ => {
                let rule =
                    "This token is limited to accounts; give whatsapp_account_phone or chat_id to say where to look";
                Err(Error::invalid("whatsapp_account_phone", rule))
            }
        }
    }
}

fn find_account(tx: &mut impl Read, caller: &Caller, phone: &Phone) -> Result<AccountId, Error> {
    let accounts = account_list(tx, caller.workspace)?;
    let mut reached = accounts.iter().filter(|account| caller.limits.allow_account(&account.phone));
    reached.find(|account| account.phone == phone.as_str()).map(|account| account.id).ok_or_else(|| {
        let rule = format!("WhatsApp account {} is not linked to this workspace", phone.as_str());
        Error::invalid("whatsapp_account_phone", format!("{rule}; GET /whatsapp_accounts lists those that are"))
    })
}

fn read_wanted(fields: &mut Fields) -> Option<Wanted> {
    let text = fields.text("q").unwrap_or_default();
    let query = Query::parse(&text);
    if text.chars().count() > QUERY_CHARS_MAX {
        fields.fault("q", format!("q is longer than {QUERY_CHARS_MAX} characters; look for fewer words"));
    } else if query.is_empty() && !text.trim().is_empty() {
        fields.fault("q", "q holds no word; look for letters or digits, or leave q out".into());
    }
    let limit = fields.integer("limit");
    if let Some(given) = limit.filter(|rows| !(1..=PAGE_ROWS_MAX).contains(rows)) {
        fields.fault("limit", format!("limit is {given}; a page has 1 to {PAGE_ROWS_MAX} messages"));
    }
    let (chat, cursor) = (fields.integer("chat_id"), fields.integer("cursor"));
    for (field, given) in [("chat_id", chat), ("cursor", cursor)] {
        if let Some(number) = given.filter(|number| *number < 1) {
            fields.fault(field, format!("{field} is {number}; it must be a number from 1 on"));
        }
    }
    Some(Wanted {
        query,
        chat: chat.map(ChatId),
        account: read_account(fields),
        label: fields.parsed("label", |given| LabelName::parse("label", given)),
        from_me: fields.boolean("from_me"),
        after: fields.text("after"),
        before: fields.text("before"),
        rows: limit.unwrap_or(PAGE_ROWS),
        cursor,
    })
}
