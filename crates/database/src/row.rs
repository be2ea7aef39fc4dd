//! One row of an answer. Decoding only.

use std::borrow::Cow;

use rusqlite::types::ValueRef;

use crate::postgres::column;
use crate::{Error, FromValue, Value};

/// A row a query gave, valid while it is being looked at.
pub struct Row<'r>(pub(crate) Kind<'r>);

pub(crate) enum Kind<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r ::postgres::Row),
}

impl Row<'_> {
    /// The column at `index`, counted from 0. [`Error::Decode`] when there is no such column or it is no `T`.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, Error> {
        let value = match self.0 {
            Kind::Sqlite(row) => sqlite_column(row, index)?,
            Kind::Postgres(row) => column(row, index)?,
        };
        T::from_value(value).map_err(|error| match error {
            Error::Decode(why) => Error::Decode(format!("column {index}: {why}")),
            other => other,
        })
    }
}

fn sqlite_column<'r>(row: &'r rusqlite::Row<'_>, index: usize) -> Result<Value<'r>, Error> {
    let value = row.get_ref(index).map_err(|error| Error::Decode(format!("column {index}: {error}")))?;
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(int) => Value::Int(int),
        ValueRef::Text(text) => Value::Text(Cow::Borrowed(
            std::str::from_utf8(text).map_err(|_| Error::Decode(format!("column {index}: text that isn't UTF-8")))?,
        )),
        ValueRef::Blob(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
        ValueRef::Real(_) => return Err(Error::Decode(format!("column {index}: a floating point number"))),
    })
}
