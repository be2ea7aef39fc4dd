//! Values to and from the server's binary formats.

use std::borrow::Cow;
use std::error::Error as StdError;

use bytes::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::sql::summary;
use crate::value::check_storable;
use crate::{Error, Value};

/// Reads a column by the type the server gave it.
pub(crate) fn column(row: &postgres::Row, index: usize) -> Result<Value<'_>, Error> {
    let Some(column) = row.columns().get(index) else {
        return Err(Error::Decode(format!("no column {index}")));
    };
    Ok(match *column.type_() {
        Type::INT8 => typed(row, index)?.map_or(Value::Null, Value::Int),
        Type::INT4 => typed::<i32>(row, index)?.map_or(Value::Null, |int| Value::Int(int.into())),
        Type::INT2 => typed::<i16>(row, index)?.map_or(Value::Null, |int| Value::Int(int.into())),
        Type::BOOL => typed(row, index)?.map_or(Value::Null, Value::Bool),
        Type::BYTEA => typed(row, index)?.map_or(Value::Null, |bytes| Value::Bytes(Cow::Borrowed(bytes))),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
            typed(row, index)?.map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text)))
        }
        ref other => return Err(Error::Decode(format!("column {index} is a {other}: CAST it"))),
    })
}

fn typed<'r, T: FromSql<'r>>(row: &'r postgres::Row, index: usize) -> Result<Option<T>, Error> {
    row.try_get(index).map_err(|error| Error::Decode(format!("column {index}: {error}")))
}

/// Parameters as the driver wants them, once it is known that each fits the type the server inferred.
pub(crate) struct Params<'p>(Vec<Param<'p>>);

impl<'p> Params<'p> {
    pub(crate) fn new(
        values: impl Iterator<Item = &'p Value<'p>>,
        types: &[Type],
        text: &str,
    ) -> Result<Params<'p>, Error> {
        let params: Vec<_> = values.map(Param).collect();
        if params.len() != types.len() {
            return Err(crate::value::wrong_count(types.len(), params.len(), text));
        }
        for (index, (Param(value), wanted)) in params.iter().zip(types).enumerate() {
            check_storable(value, index, text)?;
            if !fits(value, wanted) {
                let (number, place) = (index + 1, summary(text));
                return Err(Error::Misuse(format!("${number} is a {wanted}, which {value:.0?} isn't (in {place})")));
            }
        }
        Ok(Params(params))
    }

    pub(crate) fn list(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.0.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
    }
}

fn fits(value: &Value<'_>, wanted: &Type) -> bool {
    match value {
        Value::Null => true,
        Value::Int(int) => match *wanted {
            Type::INT8 => true,
            Type::INT4 => i32::try_from(*int).is_ok(),
            Type::INT2 => i16::try_from(*int).is_ok(),
            _ => false,
        },
        Value::Bool(_) => *wanted == Type::BOOL,
        Value::Text(_) => matches!(*wanted, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN),
        Value::Bytes(_) => *wanted == Type::BYTEA,
    }
}

#[derive(Debug)]
struct Param<'p>(&'p Value<'p>);

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(int) => match *ty {
                Type::INT4 => i32::try_from(*int)?.to_sql(ty, out),
                Type::INT2 => i16::try_from(*int)?.to_sql(ty, out),
                _ => int.to_sql(ty, out),
            },
            Value::Bool(bool) => bool.to_sql(ty, out),
            Value::Text(text) => text.as_ref().to_sql(ty, out),
            Value::Bytes(bytes) => bytes.as_ref().to_sql(ty, out),
        }
    }

    // Params::new has looked already, and knows the value as well as the type.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
