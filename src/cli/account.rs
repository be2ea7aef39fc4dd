//! Adding accounts, and giving them new tokens.

use crate::cli::arguments::{AccountAction, AddAction, AddCloudArguments};
use crate::cli::out::Out;
use crate::cli::unexpected;
use crate::config::Config;
use crate::control::reach::{IfMissing, Reach};
use crate::control::{CloudLink, Command, Output, Secret};
use crate::failure::Failure;

pub fn account(config: &Config, action: AccountAction, out: &mut Out) -> Result<(), Failure> {
    let mut reach = Reach::open(config, IfMissing::Refuse)?;
    match action {
        AccountAction::Add(AddAction::Cloud(arguments)) => match reach.run(adding(arguments))? {
            Output::CloudAdded { phone, name, callback_url, verify_token } => {
                out.line(&format!("Added {phone} ({name})."));
                out.line("In the app's settings under WhatsApp, Configuration, enter:");
                out.line(&format!("  Callback URL  {callback_url}"));
                out.line(&format!("  Verify token  {verify_token}"));
                out.line("and subscribe to the field messages. They can't be shown again.");
            }
            other => return Err(unexpected(&other)),
        },
        AccountAction::SetToken { phone, access_token, workspace } => {
            let access_token = Secret(access_token);
            let shown = phone.clone();
            reach.run(Command::AccountRenewToken { workspace: workspace.id, phone, access_token })?;
            out.line(&format!("{shown} has a new token; it is connected within a minute."));
        }
    }
    Ok(())
}

fn adding(arguments: AddCloudArguments) -> Command {
    let AddCloudArguments { name, phone_number_id, business_id, access_token, app_secret, sandbox, workspace } =
        arguments;
    let given = Option::unwrap_or_default;
    let link = match sandbox {
        true => CloudLink::Sandbox { phone: None },
        false => CloudLink::Meta {
            phone_number_id: given(phone_number_id),
            business_id: given(business_id),
            access_token: Secret(given(access_token)),
            app_secret: Secret(given(app_secret)),
        },
    };
    Command::AccountAddCloud { workspace: workspace.id, name, link }
}
