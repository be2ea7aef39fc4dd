//! Sessions: a teammate who has shown their password, in one browser, until they leave it.

use std::time::Duration;

use database::Read;

use crate::clock::Time;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::store::Write;
use crate::store::counters::counters_find;
use crate::store::numbers::session_next;
use crate::store::sessions::{
    SessionRow, session_by_hash, session_end, session_insert, session_list, session_seen, sessions_forget,
};
use crate::store::teammates::{TeammateRow, teammate_find};
use crate::store::workspaces::Workspace;
use crate::workspace::secret::Secret;
use crate::workspace::teammates::{Role, Standing};
use crate::workspace::tokens::Caller;

/// A session that nobody uses ends after this.
pub const IDLE_MAX: Duration = Duration::from_secs(14 * 24 * 3600);
/// And every session after this.
pub const AGE_MAX: Duration = Duration::from_secs(90 * 24 * 3600);
/// When a session was last used is known to this.
pub const SEEN_EVERY: Duration = Duration::from_secs(15 * 60);
/// Sessions of one teammate; a further one ends the oldest.
pub const SESSIONS_MAX: usize = 50;
/// So much is kept of what a browser says of itself.
const BROWSER_CHARS_MAX: usize = 256;

/// A teammate in front of a screen, proven by their session.
#[derive(Clone, Debug)]
pub struct Presence {
    pub session: SessionRow,
    pub teammate: TeammateRow,
    pub role: Role,
    pub workspace: Workspace,
}

impl Presence {
    /// Who asks, where a rule wants to know.
    pub fn caller(&self) -> Caller {
        Caller::teammate(self.workspace.id, self.teammate.id)
    }

    /// Whether this is who runs the server: the Owner of its first workspace, whom the setup link of its first start made.
    pub fn is_operator(&self) -> bool {
        self.workspace.id == WorkspaceId(1) && self.role == Role::Owner
    }
}

/// Begins a session for somebody who has proven who they are.
pub fn begin_session(
    write: &mut Write<'_, '_>,
    teammate: &TeammateRow,
    secret: &Secret,
    address: &str,
    browser: &str,
) -> Result<(), Error> {
    sessions_forget(write)?;
    let living = session_list(write.tx, write.workspace.id, teammate.id, write.now)?;
    for oldest in living.iter().skip(SESSIONS_MAX - 1) {
        session_end(write, teammate.id, oldest.id)?;
    }
    let browser = browser.chars().filter(|letter| !letter.is_control()).take(BROWSER_CHARS_MAX).collect();
    let session = SessionRow {
        workspace: write.workspace.id,
        id: session_next(write)?,
        teammate: teammate.id,
        address: address.to_owned(),
        browser,
        created_at: write.now,
        seen_at: write.now,
        expires_at: write.now + IDLE_MAX,
    };
    Ok(session_insert(write, &session, secret.hash())?)
}

/// Who stands behind a session's secret; `None` if the session is over or the teammate has left.
pub fn presence_of(read: &mut impl Read, secret: &Secret, now: Time) -> Result<Option<Presence>, Error> {
    let Some(session) = session_by_hash(read, secret.hash(), now)? else { return Ok(None) };
    let found = teammate_find(read, session.workspace, session.teammate)?;
    let Some(teammate) = found.filter(|one| one.status == Standing::Active.status()) else { return Ok(None) };
    let Some((workspace, _)) = counters_find(read, session.workspace)? else { return Ok(None) };
    let Some(role) = Role::parse(&teammate.role) else { return Ok(None) };
    Ok(Some(Presence { session, teammate, role, workspace }))
}

/// Whether a session that was living is so still: long answers ask again.
pub fn still_lives(read: &mut impl Read, session: &SessionRow, now: Time) -> Result<bool, Error> {
    let living = session_list(read, session.workspace, session.teammate, now)?;
    Ok(living.iter().any(|one| one.id == session.id))
}

/// Notes that a session is in use, which keeps it alive.
pub fn keep_session(write: &mut Write<'_, '_>, session: &SessionRow) -> Result<(), Error> {
    let expires_at = (write.now + IDLE_MAX).min(session.created_at + AGE_MAX);
    Ok(session_seen(write, session.id, expires_at)?)
}
