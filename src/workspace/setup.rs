//! A new server's first workspace, with what is needed to send a first message at once. All of it is one write.

use std::time::Duration;

use database::{Database, Priority, Read, Tx};

use crate::clock::Time;
use crate::error::{Code, Error};
use crate::event_kind::Cause;
use crate::id::{SessionId, TeammateId, WorkspaceId};
use crate::store::Write;
use crate::store::counters::counters_find;
use crate::store::setup_links::{setup_link_end_all, setup_link_find, setup_link_insert, setup_link_use};
use crate::store::teammates::{TeammateRow, teammate_by_email, teammate_find, teammate_update};
use crate::store::workspaces::{Workspace, workspace_list};
use crate::workspace::audit::{Action, record};
use crate::workspace::entry::{set_password, unknown_teammate};
use crate::workspace::people::{Email, FullName};
pub use crate::workspace::secret::Secret as SetupSecret;
use crate::workspace::settings::{create_workspace, describe_workspace};
use crate::workspace::tokens::{Scope, TokenSecret, create_token};

pub const FIRST_WORKSPACE: &str = "My workspace";
/// The sandbox account that every workspace begins with.
pub const SANDBOX_ACCOUNT: &str = "Demo phone";
pub const FIRST_TOKEN: &str = "First start";
/// How long the setup link of the first start lives.
pub const SETUP_LINK_LIVES: Duration = Duration::from_secs(24 * 3600);

/// What a first start made; both secrets are known here and nowhere else.
#[derive(Clone, Debug)]
pub struct FirstStart {
    pub workspace: WorkspaceId,
    pub token: TokenSecret,
    pub setup: SetupSecret,
}

/// Makes the first workspace of a server that has none: its sandbox account (by `link_account`), a token that may use
/// nothing else, and a setup link. `None` when there is a workspace already, also when another node just made it.
pub async fn start_first<L>(
    database: &Database,
    now: Time,
    zone: String,
    link_account: L,
) -> Result<Option<FirstStart>, Error>
where
    L: Fn(&mut Write<'_, '_>) -> Result<(), Error> + Send + 'static,
{
    if any_workspace(database).await? {
        return Ok(None);
    }
    let (token, setup) = (TokenSecret::generate(), SetupSecret::generate());
    let (secret, link) = (token.clone(), setup.clone());
    // The first workspace's lane, so that on every node the same key waits in turn.
    let key = WorkspaceId(1).0;
    let made = database
        .write(key, Priority::Foreground, move |tx| make_first(tx, now, &zone, &secret, &link, &link_account))
        .await;
    match made {
        Ok(made) => Ok(made.map(|workspace| FirstStart { workspace, token, setup })),
        // Two nodes that start at once both insert workspace 1; the database lets one of them.
        Err(_) if any_workspace(database).await? => Ok(None),
        Err(error) => Err(error),
    }
}

fn make_first(
    tx: &mut Tx<'_>,
    now: Time,
    zone: &str,
    token: &TokenSecret,
    setup: &SetupSecret,
    link_account: &impl Fn(&mut Write<'_, '_>) -> Result<(), Error>,
) -> Result<Option<WorkspaceId>, Error> {
    if !workspace_list(tx)?.is_empty() {
        return Ok(None);
    }
    let id = create_workspace(tx, now, FIRST_WORKSPACE, zone)?;
    if id != WorkspaceId(1) {
        // Another node's workspace became visible between the look above and the insert: undo ours.
        return Err(Error::new(Code::InternalError, "Another node made the first workspace"));
    }
    let missing = || Error::new(Code::InternalError, "A new workspace has no counters");
    let mut write = Write::open(tx, id, now)?.ok_or_else(missing)?;
    link_account(&mut write)?;
    create_token(&mut write, FIRST_TOKEN, Scope::Full, true, token)?;
    write.close()?;
    setup_link_insert(tx, setup.hash(), id, now + SETUP_LINK_LIVES)?;
    Ok(Some(id))
}

/// Makes a new setup link for a workspace whose link was lost; the older ones open nothing any more.
pub fn renew_setup_link(write: &mut Write<'_, '_>, secret: &SetupSecret) -> Result<(), Error> {
    setup_link_end_all(write.tx, write.workspace.id, write.now)?;
    setup_link_insert(write.tx, secret.hash(), write.workspace.id, write.now + SETUP_LINK_LIVES)?;
    record(write, Action::SetupLinkMade, "", "", "good for 24 hours")
}

async fn any_workspace(database: &Database) -> Result<bool, Error> {
    database.read(|snapshot| Ok(!workspace_list(snapshot)?.is_empty())).await
}

/// The workspace that a setup link leads to; `None` if there is no such link, or it was used, or is too old.
pub fn workspace_to_set_up(read: &mut impl Read, secret: &SetupSecret, now: Time) -> Result<Option<Workspace>, Error> {
    let Some(workspace) = setup_link_find(read, secret.hash(), now)? else { return Ok(None) };
    Ok(counters_find(read, workspace)?.map(|(workspace, _)| workspace))
}

/// What a setup link's form says.
#[derive(Clone, Debug)]
pub struct SettingUp {
    pub name: FullName,
    pub email: Email,
    /// The Owner's password, hashed.
    pub hash: String,
    pub workspace: String,
    pub zone: String,
}

/// Uses up a setup link: names its workspace, sets its zone and makes whoever has the link its Owner. `None`, and nothing
/// is changed, if the link doesn't live any more.
///
/// # Errors
/// `validation_error` for a bad name or zone, or another teammate's email; the link isn't used up then.
pub fn set_up_workspace(
    write: &mut Write<'_, '_>,
    secret: &SetupSecret,
    given: &SettingUp,
) -> Result<Option<TeammateRow>, Error> {
    if !setup_link_use(write.tx, secret.hash(), write.now)? {
        return Ok(None);
    }
    let workspace = write.workspace.id;
    write.cause = Cause::Teammate(TeammateId::OWNER);
    let holder = teammate_by_email(write.tx, workspace, given.email.as_str())?;
    if let Some(other) = holder.filter(|holder| holder.id != TeammateId::OWNER) {
        let rule = format!("{} is the email of another teammate, {}; give yours", other.email, other.display_name);
        return Err(Error::invalid("email", rule));
    }
    describe_workspace(write, &given.workspace, &given.zone)?;
    let mut owner = teammate_find(write.tx, workspace, TeammateId::OWNER)?.ok_or_else(unknown_teammate)?;
    given.name.put_on(&mut owner);
    given.email.as_str().clone_into(&mut owner.email);
    teammate_update(write, &owner)?;
    set_password(write, owner.id, &given.hash, SessionId::NONE)?;
    Ok(Some(owner))
}

/// Whether the database said no because a row like it was there first.
pub fn is_constraint(error: &Error) -> bool {
    let cause = error.cause().and_then(|cause| cause.downcast_ref::<database::Error>());
    cause.is_some_and(database::Error::is_constraint)
}
