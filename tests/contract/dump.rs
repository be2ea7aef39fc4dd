//! All rows of a workspace as text, whatever tables there are: what a request may not have changed.

use std::collections::{BTreeMap, BTreeSet};

use database::{Read, Snapshot, Sql, Value};
use partyline::id::WorkspaceId;

use crate::kit::TestApp;

/// Rows by table.
pub type Dump = BTreeMap<String, Vec<String>>;

const COLUMNS: Sql = Sql::pair(
    "SELECT m.name, p.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table'",
    "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
     WHERE table_schema = 'public' ORDER BY 1, 2",
);

/// Every row that bears the workspace's number. Waiting api calls are written first.
pub async fn dump(stage: &TestApp, workspace: WorkspaceId) -> Dump {
    stage.flush().await;
    stage.app.read(move |tx| Ok(read(tx, workspace)?)).await.expect("the tables are read")
}

fn read(tx: &mut Snapshot<'_>, workspace: WorkspaceId) -> Result<Dump, database::Error> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, column) in tx.query(&COLUMNS, vec![], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))? {
        tables.entry(table).or_default().insert(column);
    }
    tables.retain(|_, columns| columns.contains("workspace_id"));
    assert!(tables.contains_key("messages"), "{tables:?}");
    let mut dump = Dump::new();
    for (table, columns) in tables {
        let each: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let sqlite = format!("SELECT {} FROM {table} WHERE workspace_id = $1 ORDER BY 1", each.join(" || ', ' || "));
        let postgres = format!("SELECT CAST(t AS TEXT) FROM {table} AS t WHERE t.workspace_id = $1 ORDER BY 1");
        let sql = Sql::pair(Box::leak(sqlite.into_boxed_str()), Box::leak(postgres.into_boxed_str()));
        let rows = tx.query(&sql, vec![Value::Int(workspace.0)], |row| row.get::<String>(0))?;
        dump.insert(table, rows);
    }
    Ok(dump)
}

/// Tables in which two dumps differ, with what came and went.
pub fn changes(before: &Dump, after: &Dump, except: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (table, rows) in before.iter().filter(|(table, _)| !except.contains(&table.as_str())) {
        let now = after.get(table).map(Vec::as_slice).unwrap_or_default();
        found.extend(rows.iter().filter(|row| !now.contains(row)).map(|row| format!("{table}: gone: {row}")));
        found.extend(now.iter().filter(|row| !rows.contains(row)).map(|row| format!("{table}: new: {row}")));
    }
    found
}
