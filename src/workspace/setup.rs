//! A new server's first workspace, with what is needed to send a first message at once. All of it is one write.

use std::time::Duration;

use database::{Database, Priority, Read, Tx};
use sha2::{Digest, Sha256};

use crate::clock::Time;
use crate::error::{Code, Error};
use crate::id::{WorkspaceId, random_bytes};
use crate::store::Write;
use crate::store::counters::counters_find;
use crate::store::setup_links::{setup_link_end_all, setup_link_find, setup_link_insert, setup_link_use};
use crate::store::workspaces::{Workspace, workspace_list};
use crate::workspace::settings::{create_workspace, describe_workspace};
use crate::workspace::tokens::{Scope, TokenSecret, create_token};

pub const FIRST_WORKSPACE: &str = "My workspace";
/// The sandbox account that every workspace begins with.
pub const SANDBOX_ACCOUNT: &str = "Demo phone";
pub const FIRST_TOKEN: &str = "First start";
/// How long the setup link of the first start lives.
pub const SETUP_LINK_LIVES: Duration = Duration::from_secs(24 * 3600);

/// 192 bits, as hex.
const SECRET_BYTES: usize = 24;

/// The secret of a setup link: shown once, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SetupSecret(String);

impl SetupSecret {
    pub fn generate() -> SetupSecret {
        let bytes: [u8; SECRET_BYTES] = random_bytes();
        SetupSecret(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A secret as it came in a link, if its form is right.
    pub fn parse(text: &str) -> Option<SetupSecret> {
        let well_formed = text.len() == SECRET_BYTES * 2
            && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        well_formed.then(|| SetupSecret(text.to_owned()))
    }

    /// What `setup_links` keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SetupSecret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SetupSecret(..)")
    }
}

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
    Ok(setup_link_insert(write.tx, secret.hash(), write.workspace.id, write.now + SETUP_LINK_LIVES)?)
}

async fn any_workspace(database: &Database) -> Result<bool, Error> {
    database.read(|snapshot| Ok(!workspace_list(snapshot)?.is_empty())).await
}

/// The workspace that a setup link leads to; `None` if there is no such link, or it was used, or is too old.
pub fn workspace_to_set_up(read: &mut impl Read, secret: &SetupSecret, now: Time) -> Result<Option<Workspace>, Error> {
    let Some(workspace) = setup_link_find(read, secret.hash(), now)? else { return Ok(None) };
    Ok(counters_find(read, workspace)?.map(|(workspace, _)| workspace))
}

/// Uses up a setup link to name its workspace and set its zone; `false`, and nothing is changed, if it doesn't live any
/// more.
///
/// # Errors
/// `validation_error` for a bad name or zone; the link isn't used up then.
pub fn set_up_workspace(
    write: &mut Write<'_, '_>,
    secret: &SetupSecret,
    name: &str,
    zone: &str,
) -> Result<bool, Error> {
    if !setup_link_use(write.tx, secret.hash(), write.now)? {
        return Ok(false);
    }
    describe_workspace(write, name, zone)?;
    Ok(true)
}

/// Whether the database said no because a row like it was there first.
pub fn is_constraint(error: &Error) -> bool {
    let cause = error.cause().and_then(|cause| cause.downcast_ref::<database::Error>());
    cause.is_some_and(database::Error::is_constraint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_secret_is_known_by_its_form_and_hidden_in_print() {
        let secret = SetupSecret::generate();
        assert_eq!(SetupSecret::parse(secret.reveal()), Some(secret.clone()));
        assert!(!format!("{secret:?}").contains(secret.reveal()));
        let long = "0".repeat(49);
        for wrong in ["", "0", &long, &"G".repeat(48), &"é".repeat(24)] {
            assert_eq!(SetupSecret::parse(wrong), None);
        }
    }
}
