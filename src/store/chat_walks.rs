//! Walks along the indices that are in the order of the lists of chats. A walk begins behind a place; the place behind so many
//! rows is found by counting them in the index, with nothing to compare that isn't asked for.

use database::{Error, Read, Row, Sql, Value, owned_params};

use crate::id::{AccountId, TeammateId, WorkspaceId};
use crate::store::accounts::accounts_text;
use crate::store::chat_lists::{ChatFilter, ChatKey, From, PhoneFilter};
use crate::store::chats::contains_pattern;

/// The index that a walk goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way<'f> {
    All,
    Unread,
    Closed,
    Responsible(TeammateId),
    /// Both addresses of a contact, or one twice.
    Addresses(&'f str, &'f str),
    Label(&'f str),
}

/// The columns of a key, and the order of the lists; `$c` is what bears them.
macro_rules! keys {
    ($c:literal, $from:expr, $which:expr) => {
        concat!(
            "SELECT ",
            $c,
            ".chat_id, ",
            $c,
            ".last_message_at_ms, ",
            $c,
            ".name_folded FROM ",
            $from,
            " WHERE ",
            $c,
            ".workspace_id = $1 ",
            $which,
            " ORDER BY ",
            $c,
            ".last_message_at_ms DESC, ",
            $c,
            ".name_folded, ",
            $c,
            ".chat_id LIMIT $2 OFFSET $3"
        )
    };
}

/// Behind a place, of which these are the parameters.
macro_rules! behind {
    ($c:literal, $at:literal, $name:literal, $chat:literal) => {
        concat!(
            " AND ",
            $c,
            ".last_message_at_ms <= ",
            $at,
            " AND (",
            $c,
            ".last_message_at_ms < ",
            $at,
            " OR ",
            $c,
            ".name_folded > ",
            $name,
            " OR (",
            $c,
            ".name_folded = ",
            $name,
            " AND ",
            $c,
            ".chat_id > ",
            $chat,
            "))"
        )
    };
}
pub(super) use behind;

/// $4 to $9: what most lists ask for.
macro_rules! fits_plainly {
    () => {
        " AND (CAST($4 AS BOOLEAN) IS NULL OR c.is_group = $4) \
         AND (CAST($5 AS BOOLEAN) IS NULL OR c.closed = $5) \
         AND (CAST($6 AS BOOLEAN) IS NULL OR (c.unread = 0) = $6) \
         AND (CAST($7 AS BOOLEAN) IS NULL OR c.autoresponse = $7) \
         AND (CAST($8 AS BIGINT) IS NULL OR c.account_id = $8) \
         AND (CAST($9 AS BIGINT) IS NULL OR c.responsible_id = $9)"
    };
}

/// $4 to $15: all that may have to fit.
macro_rules! fits {
    () => {
        concat!(
            " AND (CAST($4 AS BOOLEAN) IS NULL OR c.is_group = $4) \
             AND (CAST($5 AS BOOLEAN) IS NULL OR c.closed = $5) \
             AND (CAST($6 AS BOOLEAN) IS NULL OR (c.unread = 0) = $6) \
             AND (CAST($7 AS BOOLEAN) IS NULL OR c.autoresponse = $7) \
             AND (CAST($8 AS BIGINT) IS NULL OR c.account_id = $8) \
             AND (CAST($9 AS BIGINT) IS NULL OR c.responsible_id = $9)",
            " AND (CAST($10 AS BIGINT) IS NULL OR (CAST($10 AS BIGINT) >> CAST(c.account_id AS INTEGER)) & 1 = 1) \
             AND (CAST($11 AS TEXT) IS NULL OR $11 LIKE '%,' || CAST(c.account_id AS TEXT) || ',%') \
             AND (CAST($12 AS TEXT) IS NULL OR c.name_folded LIKE $12 ESCAPE '!') \
             AND (CAST($13 AS TEXT) IS NULL OR c.phone LIKE $13 ESCAPE '!') \
             AND (CAST($14 AS BIGINT) IS NULL OR c.created_at_ms > $14) \
             AND (CAST($15 AS BIGINT) IS NULL OR c.created_at_ms < $15)"
        )
    };
}
pub(super) use fits;

/// $2 to $4 the one place, $5 to $7 the other.
macro_rules! passed {
    ($which:literal) => {
        concat!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM chats c WHERE c.workspace_id = $1 AND ",
            $which,
            behind!("c", "$2", "$3", "$4"),
            " AND c.last_message_at_ms >= $5 AND (c.last_message_at_ms > $5 OR c.name_folded < $6 \
             OR (c.name_folded = $6 AND c.chat_id <= $7))"
        )
    };
}

// Each way four times: a page behind a place, and the last row of those to skip; of all chats, and of those that fit.
const ALL: Sql = Sql::both(keys!("c", "chats c", behind!("c", "$4", "$5", "$6")));
const ALL_SKIP: Sql = Sql::both(keys!("c", "chats c", ""));
const ALL_PLAINLY: Sql = Sql::both(keys!("c", "chats c", concat!(fits_plainly!(), behind!("c", "$10", "$11", "$12"))));
const ALL_PLAINLY_SKIP: Sql = Sql::both(keys!("c", "chats c", fits_plainly!()));
const ALL_FITTING: Sql = Sql::both(keys!("c", "chats c", concat!(fits!(), behind!("c", "$16", "$17", "$18"))));
const ALL_FITTING_SKIP: Sql = Sql::both(keys!("c", "chats c", fits!()));
const UNREAD: Sql = Sql::both(keys!("c", "chats c", concat!("AND c.unread > 0", behind!("c", "$4", "$5", "$6"))));
const UNREAD_SKIP: Sql = Sql::both(keys!("c", "chats c", "AND c.unread > 0"));
const UNREAD_FITTING: Sql =
    Sql::both(keys!("c", "chats c", concat!("AND c.unread > 0", fits!(), behind!("c", "$16", "$17", "$18"))));
const UNREAD_FITTING_SKIP: Sql = Sql::both(keys!("c", "chats c", concat!("AND c.unread > 0", fits!())));
const CLOSED: Sql = Sql::both(keys!("c", "chats c", concat!("AND c.closed = TRUE", behind!("c", "$4", "$5", "$6"))));
const CLOSED_SKIP: Sql = Sql::both(keys!("c", "chats c", "AND c.closed = TRUE"));
const CLOSED_FITTING: Sql =
    Sql::both(keys!("c", "chats c", concat!("AND c.closed = TRUE", fits!(), behind!("c", "$16", "$17", "$18"))));
const CLOSED_FITTING_SKIP: Sql = Sql::both(keys!("c", "chats c", concat!("AND c.closed = TRUE", fits!())));
const RESPONSIBLE: Sql = Sql::both(keys!(
    "c",
    "chats c",
    concat!("AND c.responsible_id > 0 AND c.responsible_id = $4", behind!("c", "$5", "$6", "$7"))
));
const RESPONSIBLE_SKIP: Sql = Sql::both(keys!("c", "chats c", "AND c.responsible_id > 0 AND c.responsible_id = $4"));
const RESPONSIBLE_FITTING: Sql = Sql::both(keys!(
    "c",
    "chats c",
    concat!("AND c.responsible_id > 0 AND c.responsible_id = $16", fits!(), behind!("c", "$17", "$18", "$19"))
));
const RESPONSIBLE_FITTING_SKIP: Sql =
    Sql::both(keys!("c", "chats c", concat!("AND c.responsible_id > 0 AND c.responsible_id = $16", fits!())));
const LABEL: Sql = Sql::both(keys!("l", "chat_labels l", concat!("AND l.label = $4", behind!("l", "$5", "$6", "$7"))));
const LABEL_SKIP: Sql = Sql::both(keys!("l", "chat_labels l", "AND l.label = $4"));
// SQLite takes the left table of a CROSS JOIN first: the label's chats are in order, and each is looked up once, in the lists' own
// index: it has all that is asked for, and its neighbours there are its neighbours here. The plus keeps SQLite from the chats
// themselves, which lie by number.
macro_rules! labelled {
    () => {
        "AND l.label = $16 AND c.workspace_id = l.workspace_id AND c.last_message_at_ms = l.last_message_at_ms \
         AND c.name_folded = l.name_folded AND +c.chat_id = l.chat_id"
    };
}
const LABEL_FITTING: Sql = Sql::both(keys!(
    "l",
    "chat_labels l CROSS JOIN chats c",
    concat!(labelled!(), fits!(), behind!("l", "$17", "$18", "$19"))
));
const LABEL_FITTING_SKIP: Sql =
    Sql::both(keys!("l", "chat_labels l CROSS JOIN chats c", concat!(labelled!(), fits!())));
// A contact has at most two chats with each account: these are put in order as they are.
const ADDRESSES: Sql =
    Sql::both(keys!("c", "chats c", concat!("AND c.jid IN ($4, $5)", behind!("c", "$6", "$7", "$8"))));
const ADDRESSES_FITTING: Sql =
    Sql::both(keys!("c", "chats c", concat!("AND c.jid IN ($16, $17)", fits!(), behind!("c", "$18", "$19", "$20"))));

// The first so many chats behind a place, whatever they are, and which of them fit.
const NEAR_FITTING: Sql = Sql::both(keys!(
    "c",
    concat!(
        "(SELECT c.workspace_id, c.chat_id, c.last_message_at_ms, c.name_folded, c.phone, c.is_group, c.closed, c.unread, \
         c.autoresponse, c.account_id, c.created_at_ms, c.responsible_id FROM chats c WHERE c.workspace_id = $1",
        behind!("c", "$16", "$17", "$18"),
        " ORDER BY c.last_message_at_ms DESC, c.name_folded, c.chat_id LIMIT $19) AS c"
    ),
    fits!()
));

// How many closed or unread chats lie behind a place, up to another one.
const CLOSED_PASSED: Sql = Sql::both(passed!("c.closed = TRUE"));
const UNREAD_PASSED: Sql = Sql::both(passed!("c.unread > 0"));

/// A walk's statements, by what has to fit.
struct Texts {
    page: &'static Sql,
    /// `None` where so few rows can fit that they are skipped as they are read.
    skip: Option<&'static Sql>,
}

/// The chats that fit along a way, from a place on; at most `rows_max` of them.
pub(super) fn walk(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    way: Way<'_>,
    fits: &ChatFilter,
    from: &From,
    rows_max: i64,
) -> Result<Vec<ChatKey>, Error> {
    let (texts, mut values) = (texts(way, fits), Vec::new());
    if *fits != ChatFilter::default() {
        let taken = if way == Way::All && fits.is_plain() { PLAIN_VALUES } else { usize::MAX };
        values.extend(fits.values().into_iter().take(taken));
    }
    values.extend(match way {
        Way::All | Way::Unread | Way::Closed => vec![],
        Way::Responsible(teammate) => owned_params![teammate].into_iter().collect::<Vec<_>>(),
        Way::Label(label) => owned_params![label].into_iter().collect(),
        Way::Addresses(one, other) => owned_params![one, other].into_iter().collect(),
    });
    let asked = |rows: i64, skip: i64| [Value::Int(workspace.0), Value::Int(rows), Value::Int(skip)].into_iter();
    let (place, skip) = match (from, texts.skip) {
        (From::Behind(key), _) => (Some(key.clone()), 0),
        (From::Row(0), _) => (None, 0),
        (From::Row(skip), None) => (None, *skip),
        (From::Row(skip), Some(_)) if way == Way::All && rare_others(fits).is_some() => {
            let Some(last) = skip_by_others(tx, workspace, fits, *skip)? else { return Ok(Vec::new()) };
            (Some(last), 0)
        }
        (From::Row(skip), Some(sql)) => {
            let last = tx.query_row(sql, asked(1, skip - 1).chain(values.clone()).collect::<Vec<_>>(), decode_key)?;
            let Some(last) = last else { return Ok(Vec::new()) };
            (Some(last), 0)
        }
    };
    let values: Vec<Value<'static>> = asked(rows_max, skip).chain(values).chain(place_values(place.as_ref())).collect();
    tx.query(texts.page, &values, decode_key)
}

/// What counts the chats that don't fit, where these stand in an index of their own.
fn rare_others(fits: &ChatFilter) -> Option<&'static Sql> {
    let open = ChatFilter { closed: Some(false), ..ChatFilter::default() };
    let read = ChatFilter { read: Some(true), ..ChatFilter::default() };
    if *fits == open {
        return Some(&CLOSED_PASSED);
    }
    (*fits == read).then_some(&UNREAD_PASSED)
}

/// The last of so many chats that fit: so many of all are passed uncompared, then as many again as of those didn't fit, until
/// all fitted.
fn skip_by_others(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    fits: &ChatFilter,
    skip: i64,
) -> Result<Option<ChatKey>, Error> {
    let Some(others) = rare_others(fits) else { return Ok(None) };
    let (mut place, mut left) = (None, skip);
    while left > 0 {
        let mut values = owned_params![workspace, 1_i64, left - 1];
        let sql = if place.is_some() { &ALL } else { &ALL_SKIP };
        if place.is_some() {
            values.extend(place_values(place.as_ref()));
        }
        let Some(last) = tx.query_row(sql, &values, decode_key)? else { return Ok(None) };
        let mut values = owned_params![workspace];
        values.extend(place_values(place.as_ref()).into_iter().chain(place_values(Some(&last))));
        left = tx.query_row(others, &values, |row| row.get(0))?.unwrap_or(0);
        place = Some(last);
    }
    Ok(place)
}

/// Those that fit among the first `looked_at` chats from a place on.
pub(super) fn near(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    fits: &ChatFilter,
    from: &From,
    rows_max: i64,
    looked_at: i64,
) -> Result<Vec<ChatKey>, Error> {
    let place = if let From::Behind(key) = from { Some(key) } else { None };
    let mut values: Vec<Value<'static>> = owned_params![workspace, rows_max, 0_i64];
    values.extend(fits.values());
    values.extend(place_values(place));
    values.push(Value::Int(looked_at));
    tx.query(&NEAR_FITTING, &values, decode_key)
}

fn texts(way: Way<'_>, fits: &ChatFilter) -> Texts {
    let anything = *fits == ChatFilter::default();
    let (page, skip): (&'static Sql, Option<&'static Sql>) = match way {
        Way::All if anything => (&ALL, Some(&ALL_SKIP)),
        Way::All if fits.is_plain() => (&ALL_PLAINLY, Some(&ALL_PLAINLY_SKIP)),
        Way::All => (&ALL_FITTING, Some(&ALL_FITTING_SKIP)),
        Way::Unread if anything => (&UNREAD, Some(&UNREAD_SKIP)),
        Way::Unread => (&UNREAD_FITTING, Some(&UNREAD_FITTING_SKIP)),
        Way::Closed if anything => (&CLOSED, Some(&CLOSED_SKIP)),
        Way::Closed => (&CLOSED_FITTING, Some(&CLOSED_FITTING_SKIP)),
        Way::Responsible(_) if anything => (&RESPONSIBLE, Some(&RESPONSIBLE_SKIP)),
        Way::Responsible(_) => (&RESPONSIBLE_FITTING, Some(&RESPONSIBLE_FITTING_SKIP)),
        Way::Label(_) if anything => (&LABEL, Some(&LABEL_SKIP)),
        Way::Label(_) => (&LABEL_FITTING, Some(&LABEL_FITTING_SKIP)),
        Way::Addresses(..) if anything => (&ADDRESSES, None),
        Way::Addresses(..) => (&ADDRESSES_FITTING, None),
    };
    Texts { page, skip }
}

/// The parameters of `behind!`; without a place, those of one before all.
pub(super) fn place_values(place: Option<&ChatKey>) -> Vec<Value<'static>> {
    match place {
        Some(key) => owned_params![key.last_message_at, key.name_folded, key.chat],
        None => owned_params![i64::MAX, "", 0_i64],
    }
}

/// Of a filter's values, those of `fits_plainly!`.
const PLAIN_VALUES: usize = 6;
/// Accounts that a number's bits can name.
const BITS: i64 = 63;

impl ChatFilter {
    /// Whether `fits_plainly!` asks for all of it.
    fn is_plain(&self) -> bool {
        let values = self.values();
        values[PLAIN_VALUES..].iter().all(|value| matches!(value, Value::Null))
    }

    /// What `fits!` compares with, in its order.
    pub(super) fn values(&self) -> Vec<Value<'static>> {
        let ChatFilter { is_group, closed, read, autoresponse, created_after, created_before, .. } = self;
        let (account, reach) = match (self.account, self.accounts.as_slice()) {
            (None, [only]) => (Some(*only), &[] as &[AccountId]),
            (account, reach) => (account, reach),
        };
        let are_bits = !reach.is_empty() && reach.iter().all(|account| (0..BITS).contains(&account.0));
        let bits = are_bits.then(|| reach.iter().fold(0_i64, |bits, account| bits | 1 << account.0));
        let reached = (!reach.is_empty() && !are_bits).then(|| accounts_text(reach));
        let (name, phone) = (self.name_part.as_deref().map(contains_pattern), self.phone_pattern());
        let responsible = self.responsible.first().copied();
        owned_params![
            is_group,
            closed,
            read,
            autoresponse,
            account,
            responsible,
            bits,
            reached,
            name,
            phone,
            created_after,
            created_before
        ]
    }

    fn phone_pattern(&self) -> Option<String> {
        self.phone.as_ref().map(|phone| match phone {
            PhoneFilter::Exact(phone) => phone.clone(),
            PhoneFilter::Part(digits) => contains_pattern(digits),
        })
    }
}

pub(super) fn decode_key(row: &Row<'_>) -> Result<ChatKey, Error> {
    Ok(ChatKey { chat: row.get(0)?, last_message_at: row.get(1)?, name_folded: row.get(2)? })
}

super::statements! {
    ALL, ALL_SKIP, ALL_PLAINLY, ALL_PLAINLY_SKIP, ALL_FITTING, ALL_FITTING_SKIP, UNREAD, UNREAD_SKIP, UNREAD_FITTING,
    UNREAD_FITTING_SKIP, CLOSED, CLOSED_SKIP, CLOSED_FITTING, CLOSED_FITTING_SKIP, RESPONSIBLE, RESPONSIBLE_SKIP,
    RESPONSIBLE_FITTING, RESPONSIBLE_FITTING_SKIP, LABEL, LABEL_SKIP, LABEL_FITTING, LABEL_FITTING_SKIP, ADDRESSES,
    ADDRESSES_FITTING, NEAR_FITTING, CLOSED_PASSED, UNREAD_PASSED,
}
