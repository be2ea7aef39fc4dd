//! What a page watches beside events: rows that change without one, such as the log of calls, or how a linking goes on. A
//! mark of them stands in the page; the stream tells when they have another.

use database::Read;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::id::WorkspaceId;
use crate::store::account_cares::{care_list, waiting_count};
use crate::store::account_linkings::linking_list;
use crate::store::accounts::account_list;
use crate::store::counters::counters_find;
use crate::workspace::permissions::Right;

/// So many signs of a mark are told: two alike are next to impossible.
const MARK_CHARS: usize = 16;

/// What can be watched. The words stand in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The log of API calls.
    Calls,
    /// The accounts, and how their linkings go on.
    Accounts,
}

impl Watched {
    pub fn parse(text: &str) -> Option<Watched> {
        [Watched::Calls, Watched::Accounts].into_iter().find(|watched| watched.as_str() == text)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Watched::Calls => "calls",
            Watched::Accounts => "accounts",
        }
    }

    /// Who may watch it.
    pub const fn right(self) -> Right {
        match self {
            Watched::Calls => Right::ReadApiLog,
            Watched::Accounts => Right::ReadAccounts,
        }
    }

    /// How it is now, in a few signs.
    pub fn mark(self, tx: &mut impl Read, workspace: WorkspaceId) -> Result<String, Error> {
        match self {
            Watched::Calls => {
                let found = counters_find(tx, workspace)?;
                Ok(found.map_or(0, |(_, counters)| counters.call_last).to_string())
            }
            Watched::Accounts => {
                let (accounts, cares) = (account_list(tx, workspace)?, care_list(tx, workspace)?);
                let (linkings, waiting) = (linking_list(tx, workspace)?, waiting_count(tx, workspace)?);
                let all = Sha256::digest(format!("{accounts:?} {cares:?} {linkings:?} {waiting:?}"));
                Ok(all.iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..MARK_CHARS].to_owned())
            }
        }
    }

    /// The address of the stream of a page that shows it as it is under this mark.
    pub fn address(self, mark: &str) -> String {
        format!("{}?watch={}&mark={mark}", super::LIVE_PATH, self.as_str())
    }
}
