//! Who is in a chat, over all nodes: in memory where it happens, and where several nodes share the database in rows as well,
//! which each node's screens look at every few seconds. Nothing waits for them, and nothing of them is kept.

use database::{Engine, Priority, Snapshot};

use crate::app::App;
use crate::error::Error;
use crate::id::TeammateId;
use crate::inbox::presence::{Other, Room, SEATS_PER_CHAT_MAX, TOLD_LIVES};
use crate::store::Write;
use crate::store::chat_presence::{PresenceRow, presence_list, presence_put};

/// Somebody is in a chat, and writes or doesn't.
pub async fn sit(app: &App, room: Room, teammate: TeammateId, name: &str, is_writing: bool) {
    if app.rooms.sit(room, teammate, name, is_writing, app.clock.monotonic()) {
        tell(app, room, teammate, name, Some(is_writing)).await;
    }
}

/// Somebody left a chat; its contact ([`TeammateId::NOBODY`]) writes no more.
pub async fn leave(app: &App, room: Room, teammate: TeammateId) {
    app.rooms.leave(room, teammate);
    tell(app, room, teammate, "", None).await;
}

/// Tells the other nodes; whoever is `None` has gone. What can't be told isn't: it is of this moment only.
async fn tell(app: &App, (workspace, chat): Room, teammate: TeammateId, name: &str, is_writing: Option<bool>) {
    if app.database.engine() != Engine::Postgres {
        return;
    }
    let now = app.clock.now();
    let until = now + TOLD_LIVES;
    let row = PresenceRow {
        teammate,
        name: name.to_owned(),
        here_until: is_writing.map_or(now, |_| until),
        writing_until: if is_writing == Some(true) { until } else { now },
    };
    let work = move |write: &mut Write<'_, '_>| Ok(presence_put(write, chat, &row, TOLD_LIVES)?);
    if let Err(error) = app.write(workspace, Priority::Background, work).await {
        tracing::debug!(%error, %workspace, "who is in a chat is told by the next beat");
    }
}

/// Who is in a chat on other nodes, as far as they told it; nobody where there are none.
///
/// # Errors
/// A fault of the database.
pub async fn elsewhere(app: &App, (workspace, chat): Room) -> Result<Vec<PresenceRow>, Error> {
    if app.database.engine() != Engine::Postgres {
        return Ok(Vec::new());
    }
    let (now, rows_max) = (app.clock.now(), i64::try_from(SEATS_PER_CHAT_MAX).unwrap_or(0));
    let look = move |tx: &mut Snapshot<'_>| Ok(presence_list(tx, workspace, chat, now, rows_max)?);
    app.read(look).await
}

/// Who else is in a chat: whom this node knows, and those that others told of. What is known here is newer.
pub fn others(app: &App, room: Room, me: TeammateId, elsewhere: &[PresenceRow]) -> Vec<Other> {
    let mut others = app.rooms.others(room, me, app.clock.monotonic());
    let now = app.clock.now();
    for row in elsewhere.iter().filter(|row| row.teammate != me && row.here_until > now) {
        let (is_writing, is_contact) = (row.writing_until > now, row.teammate == TeammateId::NOBODY);
        let is_known = others.iter().any(|other| other.teammate == row.teammate);
        if !is_known && (is_writing || !is_contact) {
            others.push(Other { teammate: row.teammate, name: row.name.clone(), is_writing, is_contact });
        }
    }
    others.sort_by(|one, other| one.name.cmp(&other.name));
    others
}
