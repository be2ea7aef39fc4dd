//! WhatsApp accounts from the command line: listed, linked, added, named, given up.

use std::time::Duration;

use qrcode::{Color, EcLevel, QrCode};

use super::{Out, unexpected};
use crate::cli::account_cloud;
use crate::cli::arguments::{AccountAction, AddAction, By};
use crate::config::Config;
use crate::control::reach::{IfMissing, Reach};
use crate::control::view::{AccountView, LinkingView};
use crate::control::{Command, Output};
use crate::failure::Failure;

const LOOK_EVERY: Duration = Duration::from_millis(700);
/// Looks before it is given up; the server ends a linking sooner.
const LOOKS_MAX: usize = 2_000;
/// Light modules around a code.
const QUIET: usize = 2;

pub fn account(config: &Config, action: AccountAction, out: &mut Out) -> Result<(), Failure> {
    let mut reach = Reach::open(config, IfMissing::Refuse)?;
    match action {
        AccountAction::List { workspace, json } => match reach.run(Command::AccountList { workspace: workspace.id })? {
            Output::Accounts(accounts) => list(&accounts, json, out),
            other => return Err(unexpected(&other)),
        },
        AccountAction::Link { name, by: By::AtOnce, workspace } => {
            let command = Command::AccountLink { workspace: workspace.id, name, way: String::new() };
            match reach.run(command)? {
                Output::Linking(linked) => out.line(&linked.phone),
                other => return Err(unexpected(&other)),
            }
        }
        AccountAction::Link { name, by, workspace } => {
            if !reach.has_server() {
                return Err(Failure::new(
                    "Linking with a code needs a running server on this data folder.\nTo fix it, start `partyline`, or \
                     leave --by out",
                ));
            }
            let way = by.as_str().to_owned();
            let command = Command::AccountLink { workspace: workspace.id.clone(), name, way };
            match reach.run(command)? {
                Output::Linking(linking) => return follow(&mut reach, workspace.id, linking, out),
                other => return Err(unexpected(&other)),
            }
        }
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

/// Shows each step of a linking until it is over.
fn follow(reach: &mut Reach, workspace: Option<String>, begun: LinkingView, out: &mut Out) -> Result<(), Failure> {
    let account = begun.account;
    let mut shown = String::new();
    for _ in 0..LOOKS_MAX {
        let command = Command::AccountLinking { workspace: workspace.clone(), account };
        let Output::Linking(now) = reach.run(command)? else {
            return Err(Failure::new("The server answered with something else than a linking"));
        };
        if now.shown != shown || now.is_over() {
            shown.clone_from(&now.shown);
            tell(&now, out);
        }
        if now.is_over() {
            return match now.reason.as_str() {
                "" => Ok(()),
                reason => Err(Failure::new(format!("Not linked. {reason}"))),
            };
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Err(Failure::new("The linking took too long and is left to the server"))
}

fn tell(now: &LinkingView, out: &mut Out) {
    match now.stage.as_str() {
        "qr" => {
            out.text(&drawn(&now.shown));
            out.note(&format!("Scan it with the phone, code {} of {}.", now.round, now.rounds));
        }
        "code" => {
            out.line(&now.shown);
            out.note("Type it on the phone: Linked devices, Link with phone number instead.");
        }
        "passkey" => out.note("WhatsApp asks for a passkey. Go on in a browser, on the page WhatsApp accounts."),
        "confirm" => out.note(&format!("Compare {} on the page WhatsApp accounts.", now.shown)),
        "linked" => out.line(&now.phone),
        _ => {}
    }
}

/// Two rows of modules in one line of text. Light on dark terminals stays light: phones read either.
fn drawn(text: &str) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else { return format!("{text}\n") };
    let (width, colors) = (code.width(), code.to_colors());
    let is_dark = |x: usize, y: usize| {
        let inside = (QUIET..width + QUIET).contains(&x) && (QUIET..width + QUIET).contains(&y);
        inside && colors[(y - QUIET) * width + x - QUIET] == Color::Dark
    };
    let mut lines = String::new();
    for y in (0..width + 2 * QUIET).step_by(2) {
        for x in 0..width + 2 * QUIET {
            lines.push(match (is_dark(x, y), is_dark(x, y + 1)) {
                (false, false) => '█',
                (false, true) => '▀',
                (true, false) => '▄',
                (true, true) => ' ',
            });
        }
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_within_light_and_two_rows_a_line() {
        let code = drawn("sandbox@1,2,3,1");
        let lines: Vec<&str> = code.lines().collect();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width), "{code}");
        assert_eq!(lines.len(), width.div_ceil(2));
        assert!(lines[0].chars().all(|one| one == '█'), "a quiet edge");
    }
}
