//! PostgreSQL: plain threads, each owning its client from birth to death.

pub(crate) mod migrate;

use std::borrow::Cow;

use postgres::types::Type;

use crate::{Error, Value};

/// Reads a column by the type the server gave it.
pub(crate) fn column(row: &postgres::Row, index: usize) -> Result<Value<'_>, Error> {
    let Some(column) = row.columns().get(index) else {
        return Err(Error::Decode(format!("no column {index}")));
    };
    let decode = |error: postgres::Error| Error::Decode(format!("column {index}: {error}"));
    Ok(match *column.type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(index).map_err(decode)?.map_or(Value::Null, Value::Int),
        Type::INT4 => {
            row.try_get::<_, Option<i32>>(index).map_err(decode)?.map_or(Value::Null, |int| Value::Int(int.into()))
        }
        Type::INT2 => {
            row.try_get::<_, Option<i16>>(index).map_err(decode)?.map_or(Value::Null, |int| Value::Int(int.into()))
        }
        Type::BOOL => row.try_get::<_, Option<bool>>(index).map_err(decode)?.map_or(Value::Null, Value::Bool),
        Type::BYTEA => row
            .try_get::<_, Option<&[u8]>>(index)
            .map_err(decode)?
            .map_or(Value::Null, |bytes| Value::Bytes(Cow::Borrowed(bytes))),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => row
            .try_get::<_, Option<&str>>(index)
            .map_err(decode)?
            .map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text))),
        ref other => return Err(Error::Decode(format!("column {index} is a {other}: CAST it"))),
    })
}
