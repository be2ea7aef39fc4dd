//! WhatsApp accounts from the command line: listed, linked, added, named, given up.

use super::{Out, unexpected};
use crate::cli::arguments::{AccountAction, AddAction};
use crate::cli::{account_cloud, account_link};
use crate::config::Config;
use crate::control::reach::{IfMissing, Reach};
use crate::control::view::AccountView;
use crate::control::{Command, Output};
use crate::failure::Failure;

pub fn account(config: &Config, action: AccountAction, out: &mut Out) -> Result<(), Failure> {
    let mut reach = Reach::open(config, IfMissing::Refuse)?;
    match action {
        AccountAction::List { workspace, json } => match reach.run(Command::AccountList { workspace: workspace.id })? {
            Output::Accounts(accounts) => list(&accounts, json, out),
            other => return Err(unexpected(&other)),
        },
        AccountAction::Link(arguments) => return account_link::link(&mut reach, arguments, out),
        AccountAction::Unlink { phone, workspace } => {
            reach.run(Command::AccountUnlink { workspace: workspace.id, phone: phone.clone() })?;
            out.line(&format!("{phone} is unlinked. What waits stays, until it is linked again."));
        }
        AccountAction::Rename { phone, name, workspace } => {
            let said = format!("{phone} is called {name} now.");
            reach.run(Command::AccountRename { workspace: workspace.id, phone, name })?;
            out.line(&said);
        }
        AccountAction::Add(AddAction::Cloud(arguments)) => return account_cloud::add(&mut reach, arguments, out),
        AccountAction::SetToken { phone, access_token, workspace } => {
            let said = format!("{phone} has a new token; it is connected within a minute.");
            account_cloud::renew_token(&mut reach, workspace, phone, access_token)?;
            out.line(&said);
        }
    }
    Ok(())
}

fn list(accounts: &[AccountView], json: bool, out: &mut Out) {
    if json {
        return out.json(&accounts);
    }
    let rows: Vec<_> = accounts
        .iter()
        .map(|one| {
            let until = one.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
            [
                one.phone.clone(),
                one.name.clone(),
                one.transport.clone(),
                format!("{}{until}", one.health),
                one.waiting.to_string(),
                one.next_action.clone(),
                one.reason.clone(),
            ]
        })
        .collect();
    out.table(["PHONE", "NAME", "BY", "IS", "WAITING", "NEXT", "WHY"], &rows);
}
