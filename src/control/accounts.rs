//! WhatsApp accounts for commands: by their phones, as operators know them.

use database::Priority;

use super::view::{AccountView, LinkingView};
use super::{LinkingDeed, NewLink, Output};
use crate::accounts::link_sandbox;
use crate::accounts::linking::{
    Way, answer_passkey, begin_linking, begin_linking_again, begin_phone_linking, cancel_linking, confirm_passkey,
};
use crate::accounts::manage::{AccountName, rename_account, unlink_account};
use crate::accounts::words::told;
use crate::app::App;
use crate::error::Error;
use crate::event_kind::Cause;
use crate::id::{AccountId, TeammateId, WorkspaceId};
use crate::inbox::values::Phone;
use crate::store::Write;
use crate::store::account_cares::{care_list, waiting_count};
use crate::store::account_linkings::linking_find;
use crate::store::accounts::{account_find, account_list};
use crate::store::workspaces::Workspace;
use crate::workspace::zone::stored_zone;

/// All accounts, those that were given up included.
pub async fn list(app: &App, workspace: Workspace) -> Result<Output, Error> {
    let (now, zone) = (app.clock.now(), stored_zone(&workspace.zone));
    let look = move |tx: &mut database::Snapshot<'_>| {
        let (cares, waiting) = (care_list(tx, workspace.id)?, waiting_count(tx, workspace.id)?);
        let views = account_list(tx, workspace.id)?.into_iter().map(|row| {
            let care = cares.iter().find(|(id, _)| *id == row.id).map(|(_, care)| care.clone()).unwrap_or_default();
            let waiting = waiting.iter().find(|(id, _)| *id == row.id).map_or(0, |(_, count)| *count);
            AccountView::new(&row, &told(&row, &care, now, &zone), waiting, &zone)
        });
        Ok::<_, Error>(views.collect())
    };
    app.read(look).await.map(Output::Accounts)
}

/// Links a sandbox account at once, or begins to link an account.
pub async fn link(app: &App, workspace: WorkspaceId, link: NewLink) -> Result<Output, Error> {
    let account = match link {
        NewLink::Sandbox { name, way } if way.is_empty() => {
            let name = AccountName::parse("name", &name)?;
            act(app, workspace, move |write| link_sandbox(write, name.as_str())).await?
        }
        NewLink::Sandbox { name, way } => {
            let (name, way) = (AccountName::parse("name", &name)?, way_of(&way)?);
            act(app, workspace, move |write| begin_linking(write, &name, way, TeammateId::OWNER)).await?
        }
        NewLink::Phone { name, phone } => {
            let name = AccountName::parse("name", &name)?;
            let phone = phone.map(|phone| Phone::parse("phone", &phone)).transpose()?;
            let work =
                move |write: &mut Write<'_, '_>| begin_phone_linking(write, &name, phone.as_ref(), TeammateId::OWNER);
            act(app, workspace, work).await?
        }
        NewLink::Again { phone, way } => {
            let (phone, way) = (Phone::parse("phone", &phone)?, way_of(&way)?);
            let work = move |write: &mut Write<'_, '_>| {
                let account = by_phone(write, &phone)?;
                begin_linking_again(write, account, way)?;
                Ok(account)
            };
            act(app, workspace, work).await?
        }
    };
    look(app, workspace, account).await
}

fn way_of(word: &str) -> Result<Way, Error> {
    Way::parse(word).ok_or_else(|| Error::invalid("by", "Link by qr or by code"))
}

/// Does something to a linking and says how far it is.
pub async fn linking(
    app: &App,
    workspace: WorkspaceId,
    account: AccountId,
    deed: LinkingDeed,
) -> Result<Output, Error> {
    match deed {
        LinkingDeed::Look => {}
        LinkingDeed::Answer(assertion) => {
            act(app, workspace, move |write| answer_passkey(write, account, &assertion)).await?;
        }
        LinkingDeed::Confirm => act(app, workspace, move |write| confirm_passkey(write, account)).await?,
        LinkingDeed::Cancel => act(app, workspace, move |write| cancel_linking(write, account)).await?,
    }
    look(app, workspace, account).await
}

/// How far the linking of an account is; one that was linked at once is linked.
async fn look(app: &App, workspace: WorkspaceId, account: AccountId) -> Result<Output, Error> {
    let read = move |tx: &mut database::Snapshot<'_>| {
        Ok::<_, Error>((linking_find(tx, workspace, account)?, account_find(tx, workspace, account)?))
    };
    let view = match app.read(read).await? {
        (Some(row), _) => LinkingView::new(&row),
        (None, Some(row)) => LinkingView::linked(&row),
        (None, None) => return Err(Error::not_found("No account is being linked under this number")),
    };
    Ok(Output::Linking(view))
}

pub async fn unlink(app: &App, workspace: WorkspaceId, phone: &str) -> Result<Output, Error> {
    let phone = Phone::parse("phone", phone)?;
    let work = move |write: &mut Write<'_, '_>| {
        let account = by_phone(write, &phone)?;
        unlink_account(write, account)
    };
    act(app, workspace, work).await.map(|()| Output::Done)
}

pub async fn rename(app: &App, workspace: WorkspaceId, phone: &str, name: &str) -> Result<Output, Error> {
    let (phone, name) = (Phone::parse("phone", phone)?, AccountName::parse("name", name)?);
    let work = move |write: &mut Write<'_, '_>| {
        let account = by_phone(write, &phone)?;
        rename_account(write, account, &name)
    };
    act(app, workspace, work).await.map(|()| Output::Done)
}

async fn act<T: Send + 'static>(
    app: &App,
    workspace: WorkspaceId,
    work: impl Fn(&mut Write<'_, '_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let as_operator = move |write: &mut Write<'_, '_>| {
        write.cause = Cause::Operator;
        work(write)
    };
    app.write(workspace, Priority::Foreground, as_operator).await
}

fn by_phone(write: &mut Write<'_, '_>, phone: &Phone) -> Result<AccountId, Error> {
    let accounts = account_list(write.tx, write.workspace.id)?;
    let found = accounts.iter().find(|row| row.phone == phone.as_str()).map(|row| row.id);
    found.ok_or_else(|| {
        let all: Vec<&str> = accounts.iter().map(|row| row.phone.as_str()).collect();
        Error::not_found(format!("There is no account {}; those there are: {}", phone.as_str(), all.join(", ")))
    })
}
