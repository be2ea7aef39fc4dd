//! Which chats a list shows: the query of `GET /chats`, read and resolved.

use database::Read;
use transport::Kind;
use utoipa::IntoParams;

use crate::error::{Code, Error};
use crate::http::fields::Fields;
use crate::http::public::chat_view::Scene;
use crate::http::public::pages::{PAGE_ROWS, parse_moment, read_page};
use crate::id::{AccountId, ChatId, TeammateId};
use crate::inbox::reach::ensure_chat_in_reach;
use crate::inbox::values::{CHAT_NAME_CHARS_MAX, LabelName, Phone};
use crate::store::accounts::AccountRow;
use crate::store::chat_lists::{ChatFilter, ChatKey, From, MERGED_ROWS_MAX, PhoneFilter, WALKS_MAX, chat_place};
use crate::store::chats::fold;
use crate::workspace::tokens::Caller;

/// Characters of a phone that is looked for, with what people write between the digits.
const PHONE_PART_CHARS_MAX: usize = 64;

/// Which chats to list. Filters narrow together.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct ChatQuery {
    /// Chats that bear one of these labels: exact names, a comma between them.
    label: Option<String>,
    /// The account's JID, `<digits>@s.whatsapp.net`.
    whatsapp_account_id: Option<String>,
    group: Option<bool>,
    /// Chats for which one of these teammates answers: emails, a comma between them; empty for chats of nobody.
    responsible: Option<String>,
    /// A part of the name, whatever its case.
    #[param(max_length = 256)]
    name: Option<String>,
    /// Digits in the phone of a direct chat; with a leading `+` the whole phone.
    phone: Option<String>,
    read: Option<bool>,
    closed: Option<bool>,
    chatgpt_autoresponse_enabled: Option<bool>,
    /// From 1.
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<i64>,
    /// Made later than this: an ISO date, `YYYY-MM-DD HH:MM` in the workspace's zone, or RFC 3339.
    #[param(format = DateTime)]
    created_after: Option<String>,
    #[param(format = DateTime)]
    created_before: Option<String>,
    /// The account's phone.
    whatsapp_phone: Option<String>,
    /// Show each chat's last message as well.
    with_msg: Option<bool>,
    /// Partyline's own: begin behind this chat instead of at a page's number. A list that is read so from one end to the
    /// other costs the same for each page.
    after_chat: Option<i64>,
}

/// A list as it was asked for.
pub struct ListChats {
    /// What needs no looking up.
    filter: ChatFilter,
    account_id: Option<AccountId>,
    account_jid: Option<String>,
    account_phone: Option<Phone>,
    /// Emails; an empty one means nobody.
    responsible: Vec<String>,
    created_after: Option<String>,
    created_before: Option<String>,
    page: i64,
    after_chat: Option<ChatId>,
    is_of_official_accounts: bool,
    pub with_message: bool,
}

/// Reads the query of a list.
pub fn read_list_chats(fields: &mut Fields) -> Option<ListChats> {
    let filter = ChatFilter {
        is_group: fields.boolean("group"),
        closed: fields.boolean("closed"),
        read: fields.boolean("read"),
        autoresponse: fields.boolean("chatgpt_autoresponse_enabled"),
        name_part: fields.parsed("name", read_name_part).flatten(),
        phone: fields.parsed("phone", read_phone).flatten(),
        labels: fields.parsed("label", read_labels).unwrap_or_default(),
        ..ChatFilter::default()
    };
    let list = ListChats {
        filter,
        account_id: None,
        account_jid: fields.parsed("whatsapp_account_id", read_account_jid),
        account_phone: fields.parsed("whatsapp_phone", |given| Phone::parse("whatsapp_phone", given)),
        responsible: fields.parsed("responsible", read_emails).unwrap_or_default(),
        created_after: fields.text("created_after"),
        created_before: fields.text("created_before"),
        page: read_page(fields),
        after_chat: fields.integer("after_chat").map(ChatId),
        is_of_official_accounts: false,
        with_message: fields.boolean("with_msg").unwrap_or(false),
    };
    check_effort(fields, &list);
    Some(list)
}

/// Which chats on official accounts to list. Filters narrow together.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct OfficialChatQuery {
    /// The number of an official account.
    waba_account_id: Option<String>,
    /// Chats for which one of these teammates answers: emails, a comma between them; empty for chats of nobody.
    responsible: Option<String>,
    closed: Option<bool>,
    /// The account's phone.
    whatsapp_phone: Option<String>,
    /// From 1; 50 to a page.
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<i64>,
    /// Show each chat's last message as well.
    with_msg: Option<bool>,
}

/// Reads the query of a list of chats on official accounts.
pub fn read_list_official_chats(fields: &mut Fields) -> Option<ListChats> {
    let list = ListChats {
        filter: ChatFilter { closed: fields.boolean("closed"), ..ChatFilter::default() },
        account_id: fields.parsed("waba_account_id", read_account_id),
        account_jid: None,
        account_phone: fields.parsed("whatsapp_phone", |given| Phone::parse("whatsapp_phone", given)),
        responsible: fields.parsed("responsible", read_emails).unwrap_or_default(),
        created_after: None,
        created_before: None,
        page: read_page(fields),
        after_chat: None,
        is_of_official_accounts: true,
        with_message: fields.boolean("with_msg").unwrap_or(false),
    };
    check_effort(fields, &list);
    Some(list)
}

/// A list over several labels or teammates is put in order in memory, so it has an end.
fn check_effort(fields: &mut Fields, list: &ListChats) {
    let walks = list.filter.labels.len().max(1) * list.responsible.len().max(1);
    if walks > WALKS_MAX {
        let rule = format!("label and responsible name {walks} combinations; at most {WALKS_MAX} are allowed");
        fields.fault("label", rule);
    }
    let rows = list.page.saturating_mul(PAGE_ROWS).saturating_mul(i64::try_from(walks).unwrap_or(i64::MAX));
    if walks > 1 && list.after_chat.is_none() && rows > MERGED_ROWS_MAX {
        let rule = format!("page {} is too deep for {walks} values at once; go on with after_chat", list.page);
        fields.fault("page", rule);
    }
    if list.page > 1 && list.after_chat.is_some() {
        fields.fault("after_chat", "after_chat and page can't be used together; leave page out".into());
    }
}

impl ListChats {
    /// Looks up what the request names; `None` where no chat can fit, as for an account that isn't there.
    ///
    /// # Errors
    /// `validation_error` for a moment that is none, or an `after_chat` that isn't there.
    pub fn resolve(
        &self,
        tx: &mut impl Read,
        caller: &Caller,
        scene: &Scene<'_>,
    ) -> Result<Option<(ChatFilter, From)>, Error> {
        let from = match self.after_chat {
            Some(chat) => From::Behind(place_behind(tx, caller, chat)?),
            None => From::Row((self.page - 1) * PAGE_ROWS),
        };
        let reach = self.reach(caller, scene);
        let is_any_there = !self.is_of_some_accounts(caller) || !reach.is_empty();
        let filter = ChatFilter {
            created_after: parse_moment("created_after", self.created_after.as_deref(), &scene.zone)?,
            created_before: parse_moment("created_before", self.created_before.as_deref(), &scene.zone)?,
            account: self.account(caller, scene),
            // Whoever reaches all there are needs no chat looked at for it.
            accounts: if reach.len() == scene.accounts.len() { Vec::new() } else { reach },
            responsible: self.teammates(scene),
            ..self.filter.clone()
        };
        let is_account_there = filter.account.is_some() || (!self.names_an_account() && is_any_there);
        let is_anybody_there = !filter.responsible.is_empty() || self.responsible.is_empty();
        Ok((is_account_there && is_anybody_there).then_some((filter, from)))
    }

    fn names_an_account(&self) -> bool {
        self.account_id.is_some() || self.account_jid.is_some() || self.account_phone.is_some()
    }

    /// Whether the list is of some accounts only, whatever else it asks for.
    fn is_of_some_accounts(&self, caller: &Caller) -> bool {
        caller.is_limited_to_accounts() || self.is_of_official_accounts
    }

    /// The accounts that the list can be of.
    fn reached<'s>(&self, caller: &'s Caller, scene: &'s Scene<'_>) -> impl Iterator<Item = &'s AccountRow> {
        let is_official = self.is_of_official_accounts;
        let is_meant = move |account: &&AccountRow| !is_official || account.transport == Kind::Cloud;
        scene.accounts.iter().filter(|account| caller.limits.allow_account(&account.phone)).filter(is_meant)
    }

    fn account(&self, caller: &Caller, scene: &Scene<'_>) -> Option<AccountId> {
        if !self.names_an_account() {
            return None;
        }
        let by_id = |id: AccountId| self.account_id.is_none_or(|wished| wished == id);
        let by_jid = |jid: &str| self.account_jid.as_deref().is_none_or(|wished| wished == jid);
        let by_phone = |phone: &str| self.account_phone.as_ref().is_none_or(|wished| wished.as_str() == phone);
        let is_it = |account: &&AccountRow| by_id(account.id) && by_jid(&account.jid) && by_phone(&account.phone);
        self.reached(caller, scene).find(is_it).map(|account| account.id)
    }

    /// The accounts of a caller who reaches some only, unless one of them is named.
    fn reach(&self, caller: &Caller, scene: &Scene<'_>) -> Vec<AccountId> {
        if !self.is_of_some_accounts(caller) || self.names_an_account() {
            return Vec::new();
        }
        self.reached(caller, scene).map(|account| account.id).collect()
    }

    fn teammates(&self, scene: &Scene<'_>) -> Vec<TeammateId> {
        let find = |email: &String| {
            let folded = fold(email);
            let found = scene.teammates.iter().find(|teammate| fold(&teammate.email) == folded);
            if email.is_empty() { Some(TeammateId::NOBODY) } else { found.map(|teammate| teammate.id) }
        };
        let mut found: Vec<TeammateId> = self.responsible.iter().filter_map(find).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn place_behind(tx: &mut impl Read, caller: &Caller, chat: ChatId) -> Result<ChatKey, Error> {
    let rule =
        || Error::invalid("after_chat", format!("after_chat must be the id of a chat in this workspace, not {chat}"));
    match ensure_chat_in_reach(tx, caller, chat) {
        Err(refusal) if refusal.code == Code::NotFound => return Err(rule()),
        judged => judged?,
    }
    chat_place(tx, caller.workspace, chat)?.ok_or_else(rule)
}

/// A filter that is there but empty is none.
fn read_name_part(given: &str) -> Result<Option<String>, Error> {
    let length = given.chars().count();
    if length > CHAT_NAME_CHARS_MAX {
        let rule = format!("name has {length} characters; no name has more than {CHAT_NAME_CHARS_MAX}");
        return Err(Error::invalid("name", rule));
    }
    Ok(Some(fold(given)).filter(|part| !part.is_empty()))
}

fn read_phone(given: &str) -> Result<Option<PhoneFilter>, Error> {
    let wrong = || {
        let given: String = given.chars().take(PHONE_PART_CHARS_MAX).collect();
        let rule = format!("phone must be digits, or + and the digits of a whole phone, not \"{given}\"");
        Error::invalid("phone", rule)
    };
    if given.is_empty() {
        return Ok(None);
    }
    // A + that wasn't encoded arrives as a blank.
    let is_whole = given.starts_with(['+', ' ']);
    let mut digits = String::new();
    for letter in given.chars().skip(usize::from(is_whole)) {
        match letter {
            '0'..='9' => digits.push(letter),
            ' ' | '-' | '.' | '(' | ')' | '[' | ']' => {}
            _ => return Err(wrong()),
        }
    }
    if digits.is_empty() || given.len() > PHONE_PART_CHARS_MAX {
        return Err(wrong());
    }
    Ok(Some(if is_whole { PhoneFilter::Exact(format!("+{digits}")) } else { PhoneFilter::Part(digits) }))
}

/// Labels between commas. A label may hold a comma itself, so the whole text is looked for as well.
fn read_labels(given: &str) -> Result<Vec<String>, Error> {
    let mut labels = Vec::new();
    for part in given.split(',').filter(|part| !part.trim().is_empty()) {
        labels.push(LabelName::parse("label", part)?.as_str().to_owned());
    }
    if given.contains(',')
        && let Ok(whole) = LabelName::parse("label", given)
    {
        labels.push(whole.as_str().to_owned());
    }
    labels.sort_unstable();
    labels.dedup();
    Ok(labels)
}

fn read_account_id(given: &str) -> Result<AccountId, Error> {
    let rule = || "waba_account_id must be a whole number, as GET /waba/accounts lists it";
    given.trim().parse().map(AccountId).map_err(|_| Error::invalid("waba_account_id", rule()))
}

fn read_account_jid(given: &str) -> Result<String, Error> {
    let is_jid = given.strip_suffix("@s.whatsapp.net").is_some_and(|digits| {
        !digits.is_empty() && digits.len() <= 32 && digits.bytes().all(|digit| digit.is_ascii_digit())
    });
    if is_jid {
        return Ok(given.to_owned());
    }
    let given: String = given.chars().take(64).collect();
    let rule = format!("whatsapp_account_id must be <digits>@s.whatsapp.net, not \"{given}\"");
    Err(Error::invalid("whatsapp_account_id", rule))
}

fn read_emails(given: &str) -> Result<Vec<String>, Error> {
    if given.trim().is_empty() {
        return Ok(vec![String::new()]);
    }
    let emails: Vec<&str> = given.split(',').map(str::trim).filter(|email| !email.is_empty()).collect();
    match emails.iter().find(|email| !email.contains('@') || email.len() > 320) {
        Some(wrong) => {
            let wrong: String = wrong.chars().take(64).collect();
            let rule = format!("responsible must be emails with commas between them, or empty, not \"{wrong}\"");
            Err(Error::invalid("responsible", rule))
        }
        None => Ok(emails.into_iter().map(str::to_owned).collect()),
    }
}
