//! Teammates for stories about something else.

use partyline::id::TeammateId;
use partyline::store::teammates::{TeammateRow, teammate_insert};
use partyline::workspace::settings::{LimitChange, set_limits};

use crate::kit::TestApp;

/// Adds a teammate with the next free number to the first workspace.
pub async fn invited(stage: &TestApp, email: &'static str, name: &'static str) -> TeammateId {
    let work = move |write: &mut partyline::store::Write<'_, '_>| {
        let existing = partyline::store::teammates::teammate_list(write.tx, write.workspace.id)?;
        let id = TeammateId(existing.iter().map(|teammate| teammate.id.0).max().unwrap_or(0) + 1);
        let teammate = TeammateRow {
            id,
            display_name: name.to_owned(),
            email: email.to_owned(),
            created_at: write.now,
            ..existing[0].clone()
        };
        teammate_insert(write.tx, write.workspace.id, &teammate)?;
        Ok(id)
    };
    stage.write(stage.workspace, work).await
}

/// Lets the first workspace ask as often as a story wants.
pub async fn unhurried(stage: &TestApp) {
    let change = LimitChange { rate_per_minute: Some(1_000_000), ..LimitChange::default() };
    let workspace = stage
        .write(stage.workspace, move |write| {
            set_limits(write, &change)?;
            Ok(write.workspace.clone())
        })
        .await;
    stage.app.limits.changed(&workspace);
}
