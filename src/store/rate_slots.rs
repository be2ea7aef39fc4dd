//! The shared rate limit: the last takes of a workspace as a ring, judged by the database's own clock, so that nodes whose
//! clocks differ agree. The workspace's locked counters keep takes of one workspace in turn.

use database::{Error, Read, Sql, Tx, Value, params};

use crate::store::Write;

/// Up to this many calls a minute the limit is exact; above, calls are counted in whole seconds, erring low.
pub const EXACT_MAX: i64 = 1_000;

const WINDOW_MS: i64 = 60_000;

// Slots behind the ring count the takes of one second each; 61, since a second is given up only when all of it is over.
const SECONDS: i64 = 61;

macro_rules! rate_now {
    ($clock:literal) => {
        concat!(
            "SELECT ",
            $clock,
            ", COALESCE((SELECT at_ms FROM rate_slots WHERE workspace_id = $1 AND slot = $2), 0), \
             COALESCE((SELECT MAX(at_ms) FROM rate_slots WHERE workspace_id = $1 AND slot >= $3), 0)"
        )
    };
}

// A pair, because each engine has its own word for its clock.
const RATE_NOW: Sql = Sql::pair(
    rate_now!("CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"),
    rate_now!("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"),
);

const RATE_SECONDS: Sql = Sql::both(
    "SELECT CAST(COALESCE(SUM(taken), 0) AS BIGINT), CAST(COALESCE(MIN(at_ms), 0) AS BIGINT) FROM rate_slots \
     WHERE workspace_id = $1 AND slot >= $2 AND at_ms > $3",
);

static RATE_TAKE: Sql = Sql::both(
    "INSERT INTO rate_slots (workspace_id, slot, at_ms, taken) VALUES ($1, $2, $3, 1) \
     ON CONFLICT (workspace_id, slot) DO UPDATE SET at_ms = excluded.at_ms, taken = 1",
);

const RATE_TAKE_SECOND: Sql = Sql::both(
    "INSERT INTO rate_slots (workspace_id, slot, at_ms, taken) VALUES ($1, $2, $3, 1) \
     ON CONFLICT (workspace_id, slot) DO UPDATE SET \
     taken = CASE WHEN rate_slots.at_ms = excluded.at_ms THEN rate_slots.taken + 1 ELSE 1 END, at_ms = excluded.at_ms",
);

/// Takes one of the workspace's calls of this minute.
///
/// Returns `Ok(None)` when it was taken, else how many ms must pass until one is free.
pub fn rate_slot_take(write: &mut Write<'_, '_>) -> Result<Option<i64>, crate::error::Error> {
    let (workspace, limit, taken) = (write.workspace.id.0, write.workspace.rate_per_minute, write.counters.rate_last);
    if limit > EXACT_MAX {
        return Ok(take_second(write.tx, workspace, limit, taken.rem_euclid(EXACT_MAX))?);
    }
    // The take that was made `limit` calls ago must have left the window.
    let judged = (taken + 1 - limit).rem_euclid(EXACT_MAX);
    let Seen { now, at, newest_second } = look(write.tx, workspace, judged)?;
    if taken >= limit && at + WINDOW_MS > now {
        return Ok(Some(at + WINDOW_MS - now));
    }
    // The limit was above a moment ago: what was taken then counts until its time is over.
    if newest_second + WINDOW_MS + 1000 > now
        && let Some(wait_ms) = wait_by_seconds(write.tx, workspace, limit, now, 0)?
    {
        return Ok(Some(wait_ms));
    }
    write.counters.rate_last += 1;
    let slot = write.counters.rate_last.rem_euclid(EXACT_MAX);
    let values = vec![Value::Int(workspace), Value::Int(slot), Value::Int(now)];
    write.later(&RATE_TAKE, values)?;
    Ok(None)
}

fn take_second(tx: &mut Tx<'_>, workspace: i64, limit: i64, newest_slot: i64) -> Result<Option<i64>, Error> {
    let Seen { now, at, .. } = look(tx, workspace, newest_slot)?;
    // The ring is empty of news, unless the limit was low a moment ago.
    let from_slot = if at + WINDOW_MS + 2000 > now { 0 } else { EXACT_MAX };
    if let Some(wait_ms) = wait_by_seconds(tx, workspace, limit, now, from_slot)? {
        return Ok(Some(wait_ms));
    }
    let second = now - now.rem_euclid(1000);
    let slot = EXACT_MAX + (second / 1000).rem_euclid(SECONDS);
    tx.execute(&RATE_TAKE_SECOND, &params![workspace, slot, second])?;
    Ok(None)
}

/// How long until fewer than `limit` takes of the slots from `from_slot` on hold; `None` if fewer do.
fn wait_by_seconds(
    tx: &mut Tx<'_>,
    workspace: i64,
    limit: i64,
    now: i64,
    from_slot: i64,
) -> Result<Option<i64>, Error> {
    let oldest = now - now.rem_euclid(1000) - WINDOW_MS - 1000;
    let row = tx.query_row(&RATE_SECONDS, &params![workspace, from_slot, oldest], |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
    })?;
    let (taken, first) = row.unwrap_or((0, 0));
    Ok((taken >= limit).then(|| (first + WINDOW_MS + 1000 - now).max(1)))
}

/// The database's clock, when a slot was taken, and the newest second that counts takes; 0 for never.
struct Seen {
    now: i64,
    at: i64,
    newest_second: i64,
}

fn look(tx: &mut Tx<'_>, workspace: i64, slot: i64) -> Result<Seen, Error> {
    let row = tx.query_row(&RATE_NOW, &params![workspace, slot, EXACT_MAX], |row| {
        Ok(Seen { now: row.get(0)?, at: row.get(1)?, newest_second: row.get(2)? })
    })?;
    row.ok_or_else(|| Error::Decode("the database told no time".into()))
}

super::statements! {
    RATE_NOW, RATE_SECONDS, RATE_TAKE, RATE_TAKE_SECOND,
}
