//! Values mean the same on both engines, in and out.

use database::{Error, FromValue, Read, Sql, Value, params};
use uuid::Uuid;

use crate::stage::*;

const ALL_INSERT: Sql = Sql::both("INSERT INTO things (id, name, flag, data) VALUES ($1, $2, $3, $4)");
const ALL: Sql = Sql::both("SELECT id, name, flag, data FROM things WHERE id = $1");

type All = (i64, String, Option<bool>, Option<Vec<u8>>);

fn round_trip(db: &database::Database, id: i64, name: &str, flag: Option<bool>, data: Option<Vec<u8>>) -> All {
    let name = name.to_owned();
    let write = queue(db, move |tx| {
        tx.execute(&ALL_INSERT, params![id, name, flag, data])?;
        tx.query_row(&ALL, params![id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
    });
    write.answer().unwrap().unwrap()
}

fn one<T: FromValue + Send + 'static>(db: &database::Database, sql: &'static Sql) -> Result<T, Error> {
    let row = db.read_blocking(move |view| view.query_row(sql, [], |row| row.get(0)));
    row.map(|found| found.expect("a row"))
}

both_engines! {
    fn booleans_bytes_nulls_and_big_integers_come_back_as_they_went(stage: Stage) {
        let db = stage.open();
        for (id, name, flag, data) in [
            (i64::MAX, "", Some(true), Some(vec![0, 255, 0])),
            (i64::MIN, "naïve 🙂 'quoted' \"$1\" \\", Some(false), Some(vec![])),
            (0, "line\nbreak\ttab", None, None),
        ] {
            assert_eq!(round_trip(&db, id, name, flag, data.clone()), (id, name.to_owned(), flag, data));
        }
    }

    fn identifiers_of_sixteen_bytes_come_back(stage: Stage) {
        const DATA: Sql = Sql::both("SELECT data FROM things WHERE data = $1");
        let db = stage.open();
        let uid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);
        queue(&db, move |tx| tx.execute(&ALL_INSERT, params![1, "x", true, uid])).answer().unwrap();
        let found = db.read_blocking(move |view| {
            view.query_row(&DATA, params![uid], |row| Ok((row.get::<Uuid>(0)?, row.get::<[u8; 16]>(0)?)))
        });
        assert_eq!(found.map_err(|error: Error| error).unwrap(), Some((uid, *uid.as_bytes())));
    }

    fn what_does_not_fit_is_an_error_and_not_something_else(stage: Stage) {
        const BIG: Sql = Sql::both("SELECT CAST(5000000000 AS BIGINT)");
        const TEXT: Sql = Sql::both("SELECT CAST('x' AS TEXT)");
        const NULL: Sql = Sql::both("SELECT CAST(NULL AS BIGINT)");
        const REAL: Sql = Sql::pair("SELECT 1.5", "SELECT CAST(1.5 AS DOUBLE PRECISION)");
        let db = stage.open();
        assert_eq!(one::<i64>(&db, &BIG).unwrap(), 5_000_000_000);
        assert!(matches!(one::<i32>(&db, &BIG), Err(Error::Decode(_))));
        assert!(matches!(one::<u32>(&db, &BIG), Err(Error::Decode(_))));
        assert!(matches!(one::<i64>(&db, &TEXT), Err(Error::Decode(_))));
        assert!(matches!(one::<Vec<u8>>(&db, &TEXT), Err(Error::Decode(_))));
        assert!(matches!(one::<i64>(&db, &NULL), Err(Error::Decode(_))));
        assert!(matches!(one::<bool>(&db, &BIG), Err(Error::Decode(_))));
        assert!(matches!(one::<[u8; 4]>(&db, &TEXT), Err(Error::Decode(_))));
        assert!(matches!(one::<i64>(&db, &REAL), Err(Error::Decode(_))));
        assert_eq!(one::<Option<i64>>(&db, &NULL).unwrap(), None);
    }

    fn text_with_nul_is_refused_on_both(stage: Stage) {
        let db = stage.open();
        let write = queue(&db, |tx| tx.execute(&THING_INSERT, params![1, "a\0b"]));
        assert!(matches!(write.answer(), Err(Error::Misuse(_))));
    }

    fn too_few_and_too_many_parameters_are_refused(stage: Stage) {
        let db = stage.open();
        let few = queue(&db, |tx| tx.execute(&THING_INSERT, params![1]));
        assert!(matches!(few.answer(), Err(Error::Misuse(_))));
        let many = queue(&db, |tx| tx.execute(&THING_INSERT, params![1, "x", 2]));
        assert!(matches!(many.answer(), Err(Error::Misuse(_))));
    }

    fn parameters_count_by_number_and_may_repeat(stage: Stage) {
        const ODD: Sql = Sql::both("INSERT INTO things (name, id, data) VALUES ($2, $1, $3)");
        const TWICE: Sql = Sql::both("SELECT id FROM things WHERE id = $1 AND (name = $2 OR name = $2 || '!')");
        let db = stage.open();
        let write = queue(&db, |tx| {
            tx.execute(&ODD, params![1, "x", None::<Vec<u8>>])?;
            tx.query_row(&TWICE, params![1, "x"], first_int)
        });
        assert_eq!(write.answer().unwrap(), Some(1));
    }

    fn a_cast_gives_a_bare_parameter_its_type(stage: Stage) {
        const OPTIONAL: Sql = Sql::both(
            "SELECT id FROM things WHERE CAST($1 AS TEXT) IS NULL OR name = CAST($1 AS TEXT) ORDER BY id",
        );
        const SUM: Sql = Sql::both("SELECT CAST(COALESCE(SUM(id), 0) AS BIGINT) FROM things WHERE flag = $1");
        let db = stage.open();
        round_trip(&db, 1, "a", Some(true), None);
        round_trip(&db, 2, "b", Some(false), None);
        let read = db.read_blocking(|view| {
            let all = view.query(&OPTIONAL, params![None::<String>], first_int)?;
            let named = view.query(&OPTIONAL, params!["b"], first_int)?;
            let sum = view.query_row(&SUM, params![true], first_int)?;
            Ok::<_, Error>((all, named, sum))
        });
        assert_eq!(read.unwrap(), (vec![1, 2], vec![2], Some(1)));
    }
}

#[test]
fn a_list_of_parameters_borrows_or_owns() {
    let text = "x".to_owned();
    assert_eq!(params![1_u32, text, true], [Value::Int(1), Value::Text("x".into()), Value::Bool(true)]);
    assert_eq!(database::owned_params![None::<i64>, [1_u8, 2]], [Value::Null, Value::Bytes(vec![1, 2].into())]);
    let empty: [Value<'_>; 0] = params![];
    assert!(empty.is_empty());
}
