//! Accounts of Meta's Cloud API from the command line: added, and given new tokens.

use crate::cli::arguments::{AddCloudArguments, Chosen};
use crate::cli::out::Out;
use crate::cli::unexpected;
use crate::control::reach::Reach;
use crate::control::{CloudLink, Command, Output, Secret};
use crate::failure::Failure;

pub fn add(reach: &mut Reach, arguments: AddCloudArguments, out: &mut Out) -> Result<(), Failure> {
    match reach.run(adding(arguments))? {
        Output::CloudAdded { phone, name, callback_url, verify_token } => {
            out.line(&format!("Added {phone} ({name})."));
            out.line("In the app's settings under WhatsApp, Configuration, enter:");
            out.line(&format!("  Callback URL  {callback_url}"));
            out.line(&format!("  Verify token  {verify_token}"));
            out.line("and subscribe to the field messages. They can't be shown again.");
            Ok(())
        }
        other => Err(unexpected(&other)),
    }
}

pub fn renew_token(reach: &mut Reach, workspace: Chosen, phone: String, access_token: String) -> Result<(), Failure> {
    let access_token = Secret(access_token);
    reach.run(Command::AccountRenewToken { workspace: workspace.id, phone, access_token }).map(drop)
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
