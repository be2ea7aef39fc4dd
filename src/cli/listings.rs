//! Listings, as a table for people or an array of objects for programs.

use super::Out;
use crate::config::Setting;
use crate::control::view::{TokenView, WorkspaceView};

pub fn tokens(tokens: &[TokenView], json: bool, out: &mut Out) {
    if json {
        return out.json(&tokens);
    }
    let rows: Vec<_> = tokens
        .iter()
        .map(|token| {
            let scope = if token.sandbox_only { format!("{}, sandbox only", token.scope) } else { token.scope.clone() };
            [
                token.id.to_string(),
                token.name.clone(),
                scope,
                format!("{}…", token.hint),
                token.created_at.clone(),
                token.last_used_at.clone().unwrap_or_else(|| "never".to_owned()),
                standing(token),
                limits(token),
            ]
        })
        .collect();
    out.table(["ID", "NAME", "SCOPE", "TOKEN", "CREATED", "LAST USED", "IS", "LIMITS"], &rows);
}

fn standing(token: &TokenView) -> String {
    match (&token.revoked_at, &token.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if token.expired => format!("expired {at}"),
        (None, Some(at)) => format!("good until {at}"),
        (None, None) => "good".to_owned(),
    }
}

fn limits(token: &TokenView) -> String {
    let mut limits: Vec<String> = token.accounts.iter().map(|phone| format!("account {phone}")).collect();
    limits.extend(token.networks.iter().map(|network| format!("from {network}")));
    if token.collapse_duplicates {
        limits.push("collapses duplicates".to_owned());
    }
    limits.join(", ")
}

pub fn workspaces(workspaces: &[WorkspaceView], json: bool, out: &mut Out) {
    if json {
        return out.json(&workspaces);
    }
    let rows: Vec<_> = workspaces
        .iter()
        .map(|one| {
            [
                one.id.to_string(),
                one.name.clone(),
                one.zone.clone(),
                one.rate_per_minute.to_string(),
                format!("{} of {}", one.calls_used, one.calls_per_cycle),
                format!("{} of {}, {} topped up", one.credits_used, one.credits_per_cycle, one.credits_topped_up),
                one.cycle_ends_at.clone(),
            ]
        })
        .collect();
    out.table(["ID", "NAME", "ZONE", "CALLS/MIN", "CALLS", "CREDITS", "CYCLE ENDS"], &rows);
}

pub fn settings(settings: &[Setting], json: bool, out: &mut Out) {
    if json {
        return out.json(&settings);
    }
    let rows: Vec<_> = settings
        .iter()
        .map(|one| [one.name.clone(), one.value.clone(), one.source.to_owned(), one.variable.clone()])
        .collect();
    out.table(["OPTION", "VALUE", "FROM", "VARIABLE"], &rows);
}
