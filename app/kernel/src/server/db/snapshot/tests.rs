use super::*;
use crate::server::{Engine, migrate::expand, testing::TestDb};

const SCHEMA: [&str; 5] = [
    "create table parents (id {{int}} primary key, child {{int}}, name {{key}} not null)",
    "create table children (id {{int}} primary key, parent {{int}} not null references parents (id), bytes {{bytes}})",
    "create table log (id {{serial}}, at {{ts}})",
    "create index parents_name on parents (name)",
    "create unique index children_parent on children (parent, id)",
];

async fn make(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    for sql in SCHEMA {
        tx.execute(&expand(sql, db.engine()).unwrap(), vec![]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn fill(db: &Db, ids: std::ops::Range<i64>) {
    let mut tx = db.begin().await.unwrap();
    for id in ids {
        // Tabs, line ends and backslashes mean something to `copy`.
        let name = format!("tab\t line\n back\\slash \\N ü日 {id}");
        let args = vec![id.into(), (id + 1).into(), name.into()];
        tx.execute("insert into parents (id, child, name) values ($1, $2, $3)", args).await.unwrap();
        let args = vec![id.into(), id.into(), Some(vec![0_u8, 255, 10, 92]).filter(|_| id % 2 == 0).into()];
        tx.execute("insert into children (id, parent, bytes) values ($1, $2, $3)", args).await.unwrap();
        let at = crate::Timestamp::from_micros(1_795_000_000_123_456 + id);
        tx.execute("insert into log (at) values ($1)", vec![at.into()]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Everything handed over, in order.
async fn written(snapshot: &mut Snapshot, tables: &[Table]) -> (Vec<Part>, Vec<TableSum>) {
    let (send, mut parts) = mpsc::channel(1);
    let collect = tokio::spawn(async move {
        let mut all = vec![];
        while let Some(part) = parts.recv().await {
            all.push(part);
        }
        all
    });
    let sums = snapshot.write(tables, &send).await.unwrap();
    drop(send);
    (collect.await.unwrap(), sums)
}

#[tokio::test]
async fn a_copy_is_of_one_instant_and_goes_back_whole() {
    let db = TestDb::empty().await;
    assert!(db.is_untouched().await.unwrap());
    make(&db).await;
    assert!(!db.is_untouched().await.unwrap());
    fill(&db, 1..101).await;
    let folder = tempfile::tempdir().unwrap();
    let mut snapshot = Snapshot::take(&db, folder.path()).await.unwrap();
    fill(&db, 101..111).await;
    let tables = snapshot.tables().await.unwrap();
    let names: Vec<&str> = tables.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["children", "log", "parents"]);
    assert_eq!(tables[0].columns, ["id", "parent", "bytes"]);
    let (parts, sums) = written(&mut snapshot, &tables).await;
    assert_eq!(sums.iter().map(|sum| sum.rows).collect::<Vec<_>>(), [100, 100, 100]);
    drop(snapshot);

    match db.engine() {
        Engine::Sqlite => {
            let [Part::File(path)] = parts.as_slice() else { panic!("one file") };
            let mut copy = Snapshot::open(path.clone()).await.unwrap();
            assert_eq!(copy.faults().await.unwrap(), Vec::<String>::new());
            assert_eq!(copy.sums(&tables).await.unwrap(), sums);
        }
        Engine::Postgres => {
            let aside = db.aside("aside").await.unwrap();
            assert!(aside.is_untouched().await.unwrap());
            make(&aside).await;
            fill(&aside, 500..510).await;
            let (send, rows) = mpsc::channel(100);
            for part in parts {
                send.send(part).await.unwrap();
            }
            send.send(Part::End).await.unwrap();
            aside.load(&tables, rows).await.unwrap();
            // What is cut off changes nothing.
            let (send, rows) = mpsc::channel(100);
            send.send(Part::Rows { table: "parents".into(), bytes: b"1\t2\tx\n".to_vec() }).await.unwrap();
            drop(send);
            assert!(aside.load(&tables, rows).await.is_err());
            let mut copy = Snapshot::take(&aside, folder.path()).await.unwrap();
            assert_eq!(copy.sums(&tables).await.unwrap(), sums);
            drop(copy);
            // What the tables refuse, they refuse still, and counting goes on where it was.
            let mut tx = aside.begin().await.unwrap();
            assert!(tx.execute("insert into children (id, parent) values (999, 999)", vec![]).await.is_err());
            tx.rollback().await.unwrap();
            let mut tx = aside.begin().await.unwrap();
            let row = tx.fetch_optional("insert into log (at) values (null) returning id", vec![]).await.unwrap();
            assert_eq!(row.unwrap().get::<i64>(0).unwrap(), 101);
            tx.rollback().await.unwrap();
            let indexes = "select count(*) from pg_indexes where schemaname = 'aside'";
            let row = aside.fetch_optional(indexes, vec![]).await.unwrap();
            assert_eq!(row.unwrap().get::<i64>(0).unwrap(), 5);
            aside.close().await;
            db.remove_aside("aside").await.unwrap();
            assert_eq!(db.fetch_all("select id from parents", vec![]).await.unwrap().len(), 110);
        }
    }
}

#[tokio::test]
async fn changed_rows_change_the_hash_and_their_order_does_not() {
    let db = TestDb::empty().await;
    if db.engine() == Engine::Sqlite {
        return;
    }
    make(&db).await;
    fill(&db, 1..11).await;
    let folder = tempfile::tempdir().unwrap();
    let sums = async || {
        let mut snapshot = Snapshot::take(&db, folder.path()).await.unwrap();
        let tables = snapshot.tables().await.unwrap();
        snapshot.sums(&tables).await.unwrap()
    };
    let before = sums().await;
    let run = async |sql: &str| {
        let mut tx = db.begin().await.unwrap();
        tx.execute(sql, vec![]).await.unwrap();
        tx.commit().await.unwrap();
    };
    run("update parents set child = 0 where id = 3").await;
    assert_ne!(sums().await, before);
    run("update parents set child = 4 where id = 3").await;
    assert_eq!(sums().await, before, "the row lies elsewhere now, and is the same");
}

#[tokio::test]
async fn a_broken_file_has_faults() {
    let db = TestDb::empty().await;
    if db.engine() == Engine::Postgres {
        return;
    }
    make(&db).await;
    fill(&db, 1..2_000).await;
    let folder = tempfile::tempdir().unwrap();
    drop(Snapshot::take(&db, folder.path()).await.unwrap());
    let path = folder.path().join("database.sqlite");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4_096].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    let mut copy = Snapshot::open(path).await.unwrap();
    assert!(copy.faults().await.map_or(true, |faults| !faults.is_empty()));
}
