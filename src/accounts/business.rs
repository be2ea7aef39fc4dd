//! Business accounts at Meta: what is told of them in callbacks and read from the Graph becomes rows and events.

use std::collections::HashSet;

use database::{Priority, Snapshot};
use serde_json::Value;

use crate::accounts::health::record_state;
use crate::app::App;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId, WabaTemplateId};
use crate::inbox::waba_templates::{APPROVED, DELETED};
use crate::store::Write;
use crate::store::accounts::account_list;
use crate::store::cloud_accounts::{CloudAccount, cloud_account_list};
use crate::store::events::{NewEvent, event_append};
use crate::store::waba_profiles::waba_profile_want;
use crate::store::waba_templates::{
    WabaTemplateRow, waba_template_by_meta, waba_template_insert, waba_template_of, waba_template_update,
};
use crate::transports::cloud::business::MetaTemplate;
use crate::transports::cloud::news::{BusinessNews, News, read};

/// Templates of one business account; Meta lets it have 6,000.
const TEMPLATES_MAX: i64 = 20_000;

/// Stores the news of a signed callback, of business accounts that this workspace has numbers of.
///
/// # Errors
/// Not all was stored: it is to be told again.
pub async fn hear_news(app: &App, row: &CloudAccount, body: &Value) -> Result<(), Error> {
    let all = read(body, app.clock.now());
    if all.is_empty() {
        return Ok(());
    }
    let workspace = row.workspace;
    let look = move |tx: &mut Snapshot<'_>| {
        let (rows, clouds) = (account_list(tx, workspace)?, cloud_account_list(tx, workspace)?);
        let numbers = clouds.into_iter().filter_map(|cloud| {
            let row = rows.iter().find(|row| row.id == cloud.account && row.unlinked_at.is_never())?;
            Some((cloud.business_id, row.phone.clone(), row.id))
        });
        Ok::<_, Error>(numbers.collect::<Vec<_>>())
    };
    let numbers: Vec<(String, String, AccountId)> = app.read(look).await?;
    for BusinessNews { business_id, news } in all {
        let of_it = numbers.iter().filter(|(of, _, _)| *of == business_id);
        let phone = if let News::Account { phone: Some(phone), .. } = &news { Some(phone) } else { None };
        let named = of_it.filter(|(_, own, _)| phone.is_none_or(|phone| phone == own));
        let accounts: Vec<AccountId> = named.map(|(_, _, account)| *account).collect();
        if accounts.is_empty() {
            tracing::info!("news of a business account that has no number here was passed over");
            continue;
        }
        let bell = app.clerk_bell.clone();
        let work = move |write: &mut Write<'_, '_>| {
            write.tx.wake(&bell);
            note(write, &business_id, &news, &accounts)
        };
        app.write(workspace, Priority::Foreground, work).await?;
    }
    Ok(())
}

fn note(write: &mut Write<'_, '_>, business_id: &str, news: &News, accounts: &[AccountId]) -> Result<(), Error> {
    match news {
        News::Account { state, .. } => {
            accounts.iter().try_for_each(|account| record_state(write, *account, state))?;
        }
        News::Look => waba_profile_want(write, business_id)?,
        News::Template { meta_id, status } => {
            match waba_template_by_meta(write.tx, write.workspace.id, business_id, meta_id)? {
                Some(row) => change_status(write, row, status)?,
                // What it says isn't told here.
                None => waba_profile_want(write, business_id)?,
            }
        }
    }
    Ok(())
}

/// Stores the templates of a business account, which are all that it has. `is_first`: nothing was known of it before, so
/// that nothing of it is news.
pub fn note_templates(
    write: &mut Write<'_, '_>,
    business_id: &str,
    templates: &[MetaTemplate],
    is_first: bool,
) -> Result<(), Error> {
    let known = waba_template_of(write.tx, write.workspace.id, business_id, TEMPLATES_MAX)?;
    for told in templates {
        let row = WabaTemplateRow {
            id: WabaTemplateId(0),
            business_id: business_id.to_owned(),
            meta_id: told.meta_id.clone(),
            name: told.name.clone(),
            language: told.language.clone(),
            status: told.status.clone(),
            category: told.category.clone(),
            parameter_format: told.parameter_format.clone(),
            components: told.components.clone(),
            read_at: write.now,
        };
        match known.iter().find(|before| before.meta_id == told.meta_id) {
            Some(before) => {
                let row = WabaTemplateRow { id: before.id, ..row };
                if (WabaTemplateRow { read_at: before.read_at, ..row.clone() }) != *before {
                    waba_template_update(write, &row)?;
                }
                if before.status != row.status {
                    tell(write, row.id, &row.status)?;
                }
            }
            None => {
                let id = waba_template_insert(write, &row)?;
                if !is_first {
                    tell(write, id, &row.status)?;
                }
            }
        }
    }
    let told: HashSet<&str> = templates.iter().map(|template| template.meta_id.as_str()).collect();
    for gone in known.into_iter().filter(|row| !told.contains(row.meta_id.as_str()) && row.status != DELETED) {
        change_status(write, gone, DELETED)?;
    }
    Ok(())
}

fn change_status(write: &mut Write<'_, '_>, row: WabaTemplateRow, status: &str) -> Result<(), Error> {
    if row.status == status {
        return Ok(());
    }
    let row = WabaTemplateRow { status: status.to_owned(), read_at: write.now, ..row };
    waba_template_update(write, &row)?;
    tell(write, row.id, status)
}

/// The detail is the template's number and Meta's word.
fn tell(write: &mut Write<'_, '_>, template: WabaTemplateId, status: &str) -> Result<(), Error> {
    let kind = match status {
        APPROVED => Kind::WabaTemplateApproved,
        "REJECTED" => Kind::WabaTemplateRejected,
        "PAUSED" | "DISABLED" | "LIMIT_EXCEEDED" | "ARCHIVED" | "PENDING_DELETION" | DELETED => {
            Kind::WabaTemplateDisabled
        }
        _ => return Ok(()),
    };
    let detail = format!("{template} {status}");
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail }).map(drop)
}
