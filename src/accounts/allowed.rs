//! What WhatsApp allows a number, beside its health: what it thinks of it, how many people it may write to first, and how
//! many messages it may send in a second. Noted where it is news; whoever sends obeys it.

use transport::{Quality, Reach};

use crate::accounts::cold::Cap;
use crate::accounts::health::tell;
use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::AccountId;
use crate::store::Write;
use crate::store::account_cares::{CareRow, account_standing, care_save, cold_release};

/// Notes what WhatsApp thinks of a number.
pub fn set_quality(write: &mut Write<'_, '_>, account: AccountId, quality: Quality) -> Result<(), Error> {
    let quality = quality.as_str();
    set(write, account, |care, now| {
        (care.quality != quality).then(|| CareRow { quality: quality.to_owned(), quality_at: now, ..care.clone() })
    })
}

/// Notes how many people it may write to first. What waits because of that is judged anew.
pub fn set_reach(write: &mut Write<'_, '_>, account: AccountId, reach: Reach) -> Result<(), Error> {
    let people = match reach {
        Reach::Any => 0,
        Reach::PerDay(people) => i64::from(people.max(1)),
    };
    set(write, account, |care, _| (care.reach != Some(people)).then(|| CareRow { reach: Some(people), ..care.clone() }))
}

/// Notes how many messages it may send in a second. It changes nothing that anybody waits for, so it is no event.
pub fn set_speed(write: &mut Write<'_, '_>, account: AccountId, per_second: u32) -> Result<(), Error> {
    let per_second = Some(i64::from(per_second.max(1)));
    let Some((row, care)) = account_standing(write.tx, write.workspace.id, account)? else { return Ok(()) };
    if care.per_second == per_second || !row.unlinked_at.is_never() {
        return Ok(());
    }
    Ok(care_save(write, account, &CareRow { per_second, ..care })?)
}

fn set(
    write: &mut Write<'_, '_>,
    account: AccountId,
    news: impl Fn(&CareRow, Time) -> Option<CareRow>,
) -> Result<(), Error> {
    let Some((row, care)) = account_standing(write.tx, write.workspace.id, account)? else { return Ok(()) };
    let Some(after) = news(&care, write.now).filter(|_| row.unlinked_at.is_never()) else { return Ok(()) };
    care_save(write, account, &after)?;
    if Cap::of(&row, &after) != Cap::of(&row, &care) {
        cold_release(write, account)?;
    }
    tell(write, account, Kind::AccountHealth)
}
