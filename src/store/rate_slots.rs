//! The shared rate limit: the last takes of a workspace as a ring, judged by the database's own clock, so that nodes whose
//! clocks differ agree. The workspace's locked counters keep takes of one workspace in turn.

use database::{Error, Sql, Tx, Value, params};

use crate::store::Write;

/// Up to this many calls a minute the limit is exact; above, calls are counted in whole seconds, erring low.
pub const EXACT_MAX: i64 = 1_000;

const WINDOW_MS: i64 = 60_000;

// Slots behind the ring count the takes of one second each; 61, since a second is given up only when all of it is over.
const SECONDS: i64 = 61;

// A pair, because each engine has its own word for its clock.
const RATE_NOW: Sql = Sql::pair(
    "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), \
     COALESCE((SELECT at_ms FROM rate_slots WHERE workspace_id = $1 AND slot = $2), 0)",
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT), \
     COALESCE((SELECT at_ms FROM rate_slots WHERE workspace_id = $1 AND slot = $2), 0)",
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
    let limit = write.workspace.rate_per_minute;
    if limit > EXACT_MAX {
        return Ok(take_second(write.tx, write.workspace.id.0, limit)?);
    }
    let taken = write.counters.rate_last;
    // The take that was made `limit` calls ago must have left the window.
    let judged = (taken + 1 - limit).rem_euclid(EXACT_MAX);
    let (now, at) = clock_and_slot(write.tx, write.workspace.id.0, judged)?;
    if taken >= limit && at + WINDOW_MS > now {
        return Ok(Some(at + WINDOW_MS - now));
    }
    write.counters.rate_last += 1;
    let slot = write.counters.rate_last.rem_euclid(EXACT_MAX);
    let values = vec![Value::Int(write.workspace.id.0), Value::Int(slot), Value::Int(now)];
    write.later(&RATE_TAKE, values)?;
    Ok(None)
}

fn take_second(tx: &mut Tx<'_>, workspace: i64, limit: i64) -> Result<Option<i64>, Error> {
    let (now, _) = clock_and_slot(tx, workspace, -1)?;
    let second = now - now.rem_euclid(1000);
    let oldest = second - WINDOW_MS - 1000;
    let (taken, first) = database::Read::query_row(tx, &RATE_SECONDS, &params![workspace, EXACT_MAX, oldest], |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
    })?
    .unwrap_or((0, 0));
    if taken >= limit {
        return Ok(Some((first + WINDOW_MS + 1000 - now).max(1)));
    }
    let slot = EXACT_MAX + (second / 1000).rem_euclid(SECONDS);
    tx.execute(&RATE_TAKE_SECOND, &params![workspace, slot, second])?;
    Ok(None)
}

fn clock_and_slot(tx: &mut Tx<'_>, workspace: i64, slot: i64) -> Result<(i64, i64), Error> {
    let row = database::Read::query_row(tx, &RATE_NOW, &params![workspace, slot], |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
    })?;
    row.ok_or_else(|| Error::Decode("the database told no time".into()))
}
