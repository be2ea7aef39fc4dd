//! Every statement is run on every engine, so that a text which one of them doesn't take, or takes otherwise, is found
//! before its function is ever called.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use database::{Database, Error, FromValue, Priority, Read, Sql, Value};
use partyline::store::every_statement;

use crate::kit::{Engine, TestApp};

/// What a column gave, as both engines can give it: SQLite's booleans are integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    Int,
    Text,
    Bytes,
}

impl FromValue for Kind {
    fn from_value(value: Value<'_>) -> Result<Kind, Error> {
        Ok(match value {
            Value::Null => Kind::Null,
            Value::Int(_) | Value::Bool(_) => Kind::Int,
            Value::Text(_) => Kind::Text,
            Value::Bytes(_) => Kind::Bytes,
        })
    }
}

type Rows = Vec<Vec<Kind>>;
type Answers = BTreeMap<String, Rows>;

#[tokio::test]
async fn every_statement_runs_on_every_engine_and_answers_alike() {
    let kinds = parameter_kinds().await;
    let mut answers: Vec<Answers> = Vec::new();
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let mut told = Answers::new();
        for (file, name, sql) in in_order() {
            let label = format!("{file}.rs {name}");
            let values = kinds.get(&label).cloned().unwrap_or_default();
            let rows = run(&stage.app.database, sql, values).await;
            told.insert(label.clone(), rows.unwrap_or_else(|error| panic!("{engine:?}: {label}: {error}")));
        }
        answers.push(told);
    }
    if let [sqlite, postgres] = answers.as_slice() {
        for (label, rows) in sqlite {
            assert_alike(label, rows, &postgres[label]);
        }
    }
}

/// Where both engines gave a row, its columns are of the same kinds.
fn assert_alike(label: &str, sqlite: &Rows, postgres: &Rows) {
    assert_eq!(sqlite.len(), postgres.len(), "{label}: rows");
    for (one, other) in sqlite.iter().zip(postgres) {
        assert_eq!(one.len(), other.len(), "{label}: columns");
        let alike = |(a, b): (&Kind, &Kind)| a == b || *a == Kind::Null || *b == Kind::Null;
        assert!(one.iter().zip(other).all(alike), "{label}: SQLite gave {one:?}, PostgreSQL {other:?}");
    }
}

#[test]
fn no_statement_is_missing_from_the_list() {
    let listed: BTreeSet<String> = every_statement().iter().map(|(file, name, _)| format!("{file} {name}")).collect();
    let mut written = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
        let file = entry.file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(entry.path()).expect("a source");
        written.extend(declared(&text).into_iter().map(|name| format!("{file} {name}")));
    }
    assert!(written.len() > 50, "the sources were not understood");
    let missing: Vec<_> = written.difference(&listed).collect();
    assert!(missing.is_empty(), "add them to the `statements!` of their files: {missing:?}");
}

#[test]
fn a_missing_statement_would_be_seen() {
    let text =
        "const ONE: Sql = Sql::both(\"SELECT 1\");\nstatic TWO: Sql =\n    Sql::both(\"SELECT 2\");\nconst N: i64 = 3;";
    assert_eq!(declared(text), ["ONE", "TWO"]);
}

/// The names of the statements that a source declares.
fn declared(source: &str) -> Vec<String> {
    let words: Vec<&str> = source.split_whitespace().collect();
    let is_one =
        |three: &&[&str]| matches!(three[0], "const" | "static") && matches!(three[2], "Sql" | "database::Sql");
    words.windows(3).filter(is_one).map(|three| three[1].trim_end_matches(':').to_owned()).collect()
}

/// What is put in comes first and what takes out last, so that those between find rows.
fn in_order() -> Vec<(&'static str, &'static str, &'static Sql)> {
    let mut all = every_statement();
    all.sort_by_key(|(_, _, sql)| match verb(sql) {
        "INSERT" => 0,
        "SELECT" => 1,
        "DELETE" => 3,
        _ => 2,
    });
    all
}

fn verb(sql: &'static Sql) -> &'static str {
    sql.text(database::Engine::Sqlite).split_whitespace().next().unwrap_or_default()
}

/// A value for each parameter of each statement, of the type that PostgreSQL wants there; without PostgreSQL by the
/// constraint that SQLite's strict tables tell.
async fn parameter_kinds() -> BTreeMap<String, Vec<Value<'static>>> {
    let engine = if Engine::all().contains(&Engine::Postgres) { Engine::Postgres } else { Engine::Sqlite };
    let stage = TestApp::on(engine).await;
    let mut kinds = BTreeMap::new();
    for (file, name, sql) in in_order() {
        let mut values = vec![Value::Null; parameters(sql)];
        if engine == Engine::Postgres {
            for at in 0..values.len() {
                values[at] = wanted(&stage.app.database, sql, &values, at).await;
            }
        } else {
            values.fill(Value::Int(1));
        }
        kinds.insert(format!("{file}.rs {name}"), values);
    }
    kinds
}

/// Asks PostgreSQL by offering each kind: the wrong ones are refused before anything runs.
async fn wanted(database: &Database, sql: &'static Sql, values: &[Value<'static>], at: usize) -> Value<'static> {
    let samples = [Value::Int(1), Value::Bool(true), Value::Text("connected".into()), Value::Bytes(vec![1; 16].into())];
    for sample in samples {
        let mut offered = values.to_vec();
        offered[at] = sample.clone();
        match try_out(database, sql, offered).await {
            Err(Error::Misuse(why)) if why.starts_with(&format!("${} is", at + 1)) => {}
            Err(Error::Misuse(why)) => panic!("{why}"),
            _ => return sample,
        }
    }
    panic!("no value fits ${} of {sql:?}", at + 1)
}

fn parameters(sql: &'static Sql) -> usize {
    let text = sql.text(database::Engine::Postgres);
    let numbers = text.split('$').skip(1).filter_map(|rest| {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse::<usize>().ok()
    });
    numbers.max().unwrap_or(0)
}

/// Runs a statement and undoes it.
async fn try_out(database: &Database, sql: &'static Sql, values: Vec<Value<'static>>) -> Result<Rows, Error> {
    let outcome = database
        .write(1, Priority::Foreground, move |tx| match query(tx, sql, &values) {
            Ok(_) => Err(Error::Closed),
            Err(error) => Err::<Rows, Error>(error),
        })
        .await;
    match outcome {
        Err(Error::Closed) => Ok(Rows::new()),
        other => other,
    }
}

/// Runs a statement for good. A constraint that says no has run it as well.
async fn run(database: &Database, sql: &'static Sql, values: Vec<Value<'static>>) -> Result<Rows, Error> {
    let outcome = database.write(1, Priority::Foreground, move |tx| query(tx, sql, &values)).await;
    match outcome {
        Err(Error::Constraint(_)) => Ok(Rows::new()),
        other => other,
    }
}

fn query(tx: &mut impl Read, sql: &Sql, values: &[Value<'static>]) -> Result<Rows, Error> {
    tx.query(sql, values, |row| {
        let mut kinds = Vec::new();
        loop {
            match row.get::<Kind>(kinds.len()) {
                Ok(kind) => kinds.push(kind),
                Err(Error::Decode(why)) if why.to_lowercase().contains(" column ") || why.contains("no column") => {
                    return Ok(kinds);
                }
                Err(error) => return Err(error),
            }
        }
    })
}
