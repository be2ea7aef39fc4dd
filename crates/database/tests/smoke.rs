use database::*;
const INS: Sql = Sql::both("INSERT INTO t (id, name) VALUES ($2, $1)");
const GET: Sql = Sql::both("SELECT id, name FROM t WHERE id = $1");
#[tokio::test]
async fn smoke() {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(Config::new(Location::File(dir.path().join("a.db")))).unwrap();
    let m = [Migration {
        version: 1,
        name: "t",
        sqlite: "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT NOT NULL)",
        postgres: "",
    }];
    assert_eq!(db.migrate(&m).unwrap(), Migrated { from: 0, to: 1, applied: 1 });
    let name = "x".to_owned();
    let n: u64 = db
        .write(1, Priority::Foreground, move |tx| {
            tx.later(&INS, owned_params![name, 2])?;
            tx.execute(&INS, params![name, 1])
        })
        .await
        .map_err(|e: Error| e)
        .unwrap();
    assert_eq!(n, 1);
    let e = db.write(1, Priority::Foreground, move |tx| tx.execute(&INS, &params!["b", 1])).await.unwrap_err();
    assert!(e.is_constraint(), "{e}");
    let got: Option<(i64, String)> =
        db.read(|s| s.query_row(&GET, params![2], |r| Ok((r.get(0)?, r.get(1)?)))).await.map_err(|e: Error| e).unwrap();
    assert_eq!(got, Some((2, "x".into())));
    db.backup_to(&dir.path().join("b.db")).unwrap();
    println!("{:?}", db.statistics());
    db.close();
}
