//! The ways a send may take, and all that it names besides, in one look: on PostgreSQL every look is a round trip.

use database::{Error, Read, Row, Sql, params};
use transport::Kind;

use crate::clock::Time;
use crate::id::{AccountId, ChatId, ContactId, FileUid, MessageUid, TeamId, TeammateId, TemplateId, WorkspaceId};
use crate::message::{MessageKind, Status};
use crate::store::files::{FileRow, kind};

/// An account, and its chat with whom a message is for if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub account: AccountId,
    pub transport: Kind,
    pub account_phone: String,
    pub linked_at: Time,
    pub unlinked_at: Time,
    /// Whose address it is, if that is known; unknown where the chat itself was named.
    pub contact: Option<ContactId>,
    /// Since when they want no mass messages; [`Time::NEVER`] where they never said so.
    pub opted_out_at: Time,
    pub chat: Option<RouteChat>,
}

/// What sending needs to know of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteChat {
    pub id: ChatId,
    pub jid: String,
    pub name: String,
    pub last_inbound_at: Time,
    /// It bears labels, whose lists follow what is said in it.
    pub has_labels: bool,
    /// It bears the label that the send names.
    pub is_labelled: bool,
    /// How many labels it bears; not counted where the send names none.
    pub labels: i64,
}

/// What a send names besides its recipient; `None` where it names nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Named<'n> {
    pub chat_name: Option<&'n str>,
    pub label: Option<&'n str>,
    pub reply_to: Option<MessageUid>,
    pub file: Option<FileUid>,
    /// With the teammate who names it.
    pub template: Option<(TemplateId, TeammateId)>,
}

/// What there is of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Who bears the name.
    pub name_owner: Option<ChatId>,
    pub reply_to: Option<Quotable>,
    /// Some chat bears the named label.
    pub is_label_known: bool,
    /// The named file, or the named template's.
    pub file: Option<FileRow>,
    pub template: Option<FoundTemplate>,
}

/// A message that a send wants to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotable {
    pub chat: ChatId,
    pub kind: MessageKind,
    pub status: Status,
    /// Never, unless it was deleted for everyone.
    pub deleted_at: Time,
    /// It waits for its time, and may go behind its answer.
    pub is_scheduled: bool,
}

/// A template whose file a send wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTemplate {
    pub has_file: bool,
    pub created_by: TeammateId,
    /// A word of `inbox::templates::Visibility`.
    pub visibility: String,
    /// 0 where it is for all teams.
    pub team: TeamId,
    /// Role and team of the teammate who names it; `None` if they have left.
    pub teammate: Option<(String, TeamId)>,
}

/// Every way there is, and what the send names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    pub routes: Vec<Route>,
    pub found: Found,
}

const ROUTES_PLAIN: Sql = Sql::both(
    "SELECT a.account_id, a.transport, a.phone, a.linked_at_ms, a.unlinked_at_ms, k.contact_id, c.chat_id, c.jid, \
     c.name, c.last_inbound_at_ms, o.opted_out_at_ms, \
     EXISTS (SELECT 1 FROM chat_labels h WHERE h.workspace_id = a.workspace_id AND h.chat_id = c.chat_id) \
     FROM accounts a LEFT JOIN chats c \
     ON c.workspace_id = a.workspace_id AND c.account_id = a.account_id AND c.jid = $2 \
     LEFT JOIN contact_addresses k ON k.workspace_id = a.workspace_id AND k.jid = $2 \
     LEFT JOIN contacts o ON o.workspace_id = a.workspace_id AND o.contact_id = k.contact_id \
     WHERE a.workspace_id = $1 ORDER BY a.account_id",
);

macro_rules! routes_from {
    ($contact:literal, $from:literal, $end:literal) => {
        concat!(
            "SELECT a.account_id, a.transport, a.phone, a.linked_at_ms, a.unlinked_at_ms, ",
            $contact,
            ", c.chat_id, c.jid, c.name, c.last_inbound_at_ms, l.chat_id, n.chat_id, r.chat_id, r.kind, r.status, \
             d.deleted_at_ms, f.uid, f.sha256, f.filename, f.mimetype, f.size_bytes, f.kind, f.width, f.height, \
             f.thumbnail, f.token_id, f.uploaded_by_email, f.uploaded_at_ms, t.template_id, t.file_uid, \
             CASE WHEN CAST($4 AS TEXT) IS NULL THEN 0 ELSE (SELECT CAST(COUNT(*) AS BIGINT) FROM chat_labels b \
             WHERE b.workspace_id = a.workspace_id AND b.chat_id = c.chat_id) END, s.uid, \
             t.created_by, t.visibility, t.team_id, m.role, m.team_id, o.opted_out_at_ms, \
             CASE WHEN CAST($4 AS TEXT) IS NULL THEN 0 ELSE (SELECT CAST(COUNT(*) AS BIGINT) FROM \
             (SELECT 1 FROM chat_labels y WHERE y.workspace_id = a.workspace_id AND y.label = $4 LIMIT 1) AS borne) \
             END, EXISTS (SELECT 1 FROM chat_labels h WHERE h.workspace_id = a.workspace_id AND h.chat_id = c.chat_id) ",
            $from,
            "LEFT JOIN contacts o ON o.workspace_id = a.workspace_id AND o.contact_id = ",
            $contact,
            " ",
            "LEFT JOIN chats n ON n.workspace_id = a.workspace_id AND n.name = $3 \
             LEFT JOIN chat_labels l ON l.workspace_id = a.workspace_id AND l.chat_id = c.chat_id AND l.label = $4 \
             LEFT JOIN messages r ON r.workspace_id = a.workspace_id AND r.uid = $5 \
             LEFT JOIN message_details d ON d.workspace_id = r.workspace_id AND d.uid = r.uid \
             LEFT JOIN scheduled_sends s ON s.workspace_id = r.workspace_id AND s.uid = r.uid \
             LEFT JOIN templates t ON t.workspace_id = a.workspace_id AND t.template_id = $7 \
             LEFT JOIN teammates m ON m.workspace_id = a.workspace_id AND m.user_id = $8 AND m.ended_at_ms = 0 \
             LEFT JOIN files f ON f.workspace_id = a.workspace_id AND f.uid IN ($6, t.file_uid) ",
            $end
        )
    };
}

const ROUTES_TO_ADDRESS: Sql = Sql::both(routes_from!(
    "k.contact_id",
    "FROM accounts a LEFT JOIN chats c \
     ON c.workspace_id = a.workspace_id AND c.account_id = a.account_id AND c.jid = $2 \
     LEFT JOIN contact_addresses k ON k.workspace_id = a.workspace_id AND k.jid = $2 ",
    "WHERE a.workspace_id = $1 ORDER BY a.account_id"
));

const ROUTES_TO_CHAT: Sql = Sql::both(routes_from!(
    "c.contact_id",
    "FROM chats c JOIN accounts a ON a.workspace_id = c.workspace_id AND a.account_id = c.account_id ",
    "WHERE c.workspace_id = $1 AND c.chat_id = $2"
));

// Two are enough to know that a name in another case is not one chat's alone.
const ROUTES_TO_NAME: Sql = Sql::both(routes_from!(
    "c.contact_id",
    "FROM chats c JOIN accounts a ON a.workspace_id = c.workspace_id AND a.account_id = c.account_id ",
    "WHERE c.workspace_id = $1 AND c.name_folded = $2 ORDER BY CASE WHEN c.name = $3 THEN 0 ELSE 1 END LIMIT 2"
));

/// All accounts of the workspace, each with its chat with `jid`.
pub fn routes_to_address(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    jid: &str,
    named: &Named<'_>,
) -> Result<Routes, Error> {
    if *named == Named::default() {
        let routes = tx.query(&ROUTES_PLAIN, &params![workspace, jid], |row| route(row, (false, 0), (10, 11)))?;
        return Ok(Routes { routes, found: Found::default() });
    }
    let Named { chat_name, label, reply_to, file, template } = named;
    let (template, teammate) = template.unzip();
    let values = params![workspace, jid, chat_name, label, reply_to, file, template, teammate];
    gathered(tx.query(&ROUTES_TO_ADDRESS, &values, both)?)
}

/// The chat of that number with its account; no route where there is no such chat.
pub fn routes_to_chat(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    named: &Named<'_>,
) -> Result<Routes, Error> {
    let Named { chat_name, label, reply_to, file, template } = named;
    let (template, teammate) = template.unzip();
    let values = params![workspace, chat, chat_name, label, reply_to, file, template, teammate];
    gathered(tx.query(&ROUTES_TO_CHAT, &values, both)?)
}

/// At most two chats whose names are alike but for the case, that of the very name first. `folded` is the name's folded
/// form; [`Named::chat_name`] is the name itself.
pub fn routes_to_name(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    folded: &str,
    named: &Named<'_>,
) -> Result<Routes, Error> {
    let Named { chat_name, label, reply_to, file, template } = named;
    let (template, teammate) = template.unzip();
    let values = params![workspace, folded, chat_name, label, reply_to, file, template, teammate];
    gathered(tx.query(&ROUTES_TO_NAME, &values, both)?)
}

fn gathered(rows: Vec<(Route, Found)>) -> Result<Routes, Error> {
    let (routes, found): (Vec<Route>, Vec<Found>) = rows.into_iter().unzip();
    // Every row says the same of what was named.
    Ok(Routes { routes, found: found.into_iter().next().unwrap_or_default() })
}

fn both(row: &Row<'_>) -> Result<(Route, Found), Error> {
    let is_labelled = row.get::<Option<ChatId>>(10)?.is_some();
    Ok((route(row, (is_labelled, row.get(30)?), (37, 39))?, found(row)?))
}

/// The columns that say so: that its contact opted out, and whether it has labels.
fn route(
    row: &Row<'_>,
    (is_labelled, labels): (bool, i64),
    (opted_out, has_labels): (usize, usize),
) -> Result<Route, Error> {
    let transport: String = row.get(1)?;
    let chat: Option<ChatId> = row.get(6)?;
    Ok(Route {
        account: row.get(0)?,
        transport: Kind::parse(&transport).ok_or_else(|| Error::Decode(format!("transport {transport}")))?,
        account_phone: row.get(2)?,
        linked_at: row.get(3)?,
        unlinked_at: row.get(4)?,
        contact: row.get(5)?,
        opted_out_at: row.get::<Option<Time>>(opted_out)?.unwrap_or(Time::NEVER),
        chat: match chat {
            Some(id) => {
                let (jid, name, last_inbound_at) = (row.get(7)?, row.get(8)?, row.get(9)?);
                let has_labels = row.get(has_labels)?;
                Some(RouteChat { id, jid, name, last_inbound_at, has_labels, is_labelled, labels })
            }
            None => None,
        },
    })
}

fn found(row: &Row<'_>) -> Result<Found, Error> {
    let reply_to = match row.get::<Option<ChatId>>(12)? {
        Some(chat) => {
            let (kind, status): (i64, i64) = (row.get(13)?, row.get(14)?);
            Some(Quotable {
                chat,
                kind: MessageKind::from_number(kind).ok_or_else(|| Error::Decode(format!("message kind {kind}")))?,
                status: Status::from_number(status).ok_or_else(|| Error::Decode(format!("message status {status}")))?,
                deleted_at: row.get::<Option<Time>>(15)?.unwrap_or(Time::NEVER),
                is_scheduled: row.get::<Option<MessageUid>>(31)?.is_some(),
            })
        }
        None => None,
    };
    let is_label_known = row.get::<i64>(38)? > 0;
    Ok(Found { name_owner: row.get(11)?, reply_to, is_label_known, file: file(row)?, template: template(row)? })
}

fn template(row: &Row<'_>) -> Result<Option<FoundTemplate>, Error> {
    if row.get::<Option<TemplateId>>(28)?.is_none() {
        return Ok(None);
    }
    let role: Option<String> = row.get(35)?;
    Ok(Some(FoundTemplate {
        has_file: row.get::<Option<FileUid>>(29)?.is_some(),
        created_by: row.get(32)?,
        visibility: row.get(33)?,
        team: row.get(34)?,
        teammate: role.map(|role| Ok::<_, Error>((role, row.get(36)?))).transpose()?,
    }))
}

fn file(row: &Row<'_>) -> Result<Option<FileRow>, Error> {
    let Some(uid) = row.get::<Option<FileUid>>(16)? else { return Ok(None) };
    Ok(Some(FileRow {
        uid,
        sha256: row.get(17)?,
        filename: row.get(18)?,
        mimetype: row.get(19)?,
        size_bytes: row.get(20)?,
        kind: kind(&row.get::<String>(21)?)?,
        width: row.get(22)?,
        height: row.get(23)?,
        thumbnail: row.get(24)?,
        token: row.get(25)?,
        uploaded_by_email: row.get(26)?,
        uploaded_at: row.get(27)?,
    }))
}

super::statements! {
    ROUTES_PLAIN, ROUTES_TO_ADDRESS, ROUTES_TO_CHAT, ROUTES_TO_NAME,
}
