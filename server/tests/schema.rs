//! The tables are what the record types declare, and the same on both databases.

use std::collections::{BTreeMap, BTreeSet};

use kernel::server::{
    Clock, Db, Engine,
    migrate::{
        self, MIGRATIONS, Migration,
        catalog::{self, Catalog},
    },
    testing::TestDb,
};
use records::{
    ListQuery, SortKey,
    server::{Action, Actor, schema, testing},
};

#[tokio::test]
async fn the_migrations_make_what_the_types_declare_and_nothing_else() {
    let types = server::modules::registry().expect("the modules fit together").types();
    let draft = |made: &Catalog| schema::draft(&types, made, &[]).expect("a draft").sql;
    let made = catalog::read(MIGRATIONS).await.expect("the migrations");
    assert_eq!(draft(&made), None, "`mainstay schema draft` writes what the migrations lack");

    // What it does not see, such as what is PostgreSQL's alone, is compared with what a draft from nothing makes.
    let (db, fresh) = (TestDb::new().await, TestDb::empty().await);
    let extension = "{{postgres}}create extension pg_trgm;{{end}}\n";
    let sql = format!("{extension}{}", draft(&Catalog::default()).expect("a draft of everything"));
    let from_nothing = Migration { version: 1, name: "everything", sql: sql.leak() };
    migrate::run(&fresh, &[from_nothing]).await.expect("migrated");
    assert_eq!(testing::schema(&db, &types).await, testing::schema(&fresh, &types).await);
}

#[tokio::test]
async fn every_statement_of_a_store_is_understood() {
    let db = TestDb::new().await;
    let statements = [
        identity::server::STATEMENTS,
        &jobs::server::STATEMENTS.concat(),
        &outbox::server::STATEMENTS.concat(),
        &settings::server::STATEMENTS,
        &transfer::server::import::STATEMENTS,
        &files::server::STATEMENTS,
        &preferences::server::STATEMENTS,
        &notifications::server::STATEMENTS.concat(),
        &transfer::server::export::STATEMENTS,
        &backups::server::STATEMENTS,
        records::server::STATEMENTS,
    ]
    .concat();
    for statement in statements {
        db.prepare_check(statement).await.unwrap_or_else(|e| panic!("{e}: {statement}"));
    }
}

#[tokio::test]
async fn every_type_can_be_searched_and_sorted_by_its_fields() {
    let db = TestDb::new().await;
    let app = records::server::testing::app((*db).clone(), Clock::default(), server::modules::modules());
    let ctx = app.ctx(std::sync::Arc::new(Actor::system()));
    for entry in app.registry().entries() {
        let permit = ctx.permit_any(entry.ty.name, Action::View).expect("the system may see everything");
        for search in ["", "ab", "abc d\"%_"] {
            for field in entry.ty.fields.iter().filter(|f| f.kind.is_sortable()) {
                let sort = SortKey::parse_list(&field.name);
                let query = ListQuery { search: search.to_owned(), sort, ..ListQuery::default() };
                let found = records::server::list(&ctx, &permit, &query).await;
                assert!(found.is_ok(), "{} by {}: {found:?}", entry.ty.name, field.name);
            }
        }
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let db = TestDb::new().await;
    if db.engine() == Engine::Sqlite {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite =
        Db::open(&format!("sqlite://{}", folder.path().join("schema.db").display())).await.expect("a database");
    migrate::run(&sqlite, MIGRATIONS).await.expect("migrated");
    let (ours, theirs) = (columns(&db).await, columns(&sqlite).await);
    let names = |tables: &Tables| tables.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&ours), names(&theirs));
    for (table, columns) in &ours {
        assert_eq!(Some(columns), theirs.get(table), "{table}");
    }
    let plain = |columns: BTreeSet<(String, String)>| {
        columns
            .into_iter()
            .filter(|(t, c)| t != "schema_migrations" && c != "search_key" && c != "n")
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(plain(indexed_columns(&db).await), plain(indexed_columns(&sqlite).await));
}

/// Table → column → (kind of value, whether it may be missing).
type Tables = BTreeMap<String, BTreeMap<String, (&'static str, bool)>>;

async fn columns(db: &Db) -> Tables {
    let sql = match db.engine() {
        Engine::Sqlite => {
            "select m.name, c.name, c.type, c.\"notnull\" + c.pk from sqlite_master m, pragma_table_info(m.name) c \
             where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like '%_search%'"
        }
        Engine::Postgres => {
            "select table_name::text, column_name::text, data_type::text, case is_nullable when 'NO' then 1 else 0 end \
             from information_schema.columns where table_schema = 'public'"
        }
    };
    let mut tables = Tables::new();
    for row in db.fetch_all(sql, vec![]).await.expect("the columns") {
        let (table, column): (String, String) = (row.get(0).expect("table"), row.get(1).expect("column"));
        let (declared, needed): (String, i64) = (row.get(2).expect("type"), row.get(3).expect("null"));
        // SQLite's own key of a row, by which full text finds it; elsewhere a counter.
        if column == "n" {
            continue;
        }
        tables.entry(table).or_default().insert(column, (kind(&declared), needed == 0));
    }
    tables
}

/// What a column holds, by either database's name for it. Times, dates and JSON are text on SQLite.
fn kind(declared: &str) -> &'static str {
    match declared.to_lowercase().as_str() {
        "blob" | "uuid" | "bytea" => "bytes",
        "bigint" | "integer" | "boolean" | "int" => "number",
        _ => "text",
    }
}

/// The first columns of all indexes.
async fn indexed_columns(db: &Db) -> BTreeSet<(String, String)> {
    let sql = match db.engine() {
        Engine::Sqlite => {
            "select m.name, i.name from sqlite_master m, pragma_index_list(m.name) l, pragma_index_info(l.name) i \
             where m.type = 'table' and i.seqno = 0 and m.name not like '%_search%'"
        }
        Engine::Postgres => {
            "select c.relname::text, a.attname::text from pg_index i join pg_class c on c.oid = i.indrelid \
             join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public' \
             join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]"
        }
    };
    let rows = db.fetch_all(sql, vec![]).await.expect("the indexes");
    rows.iter().map(|r| (r.get(0).expect("table"), r.get(1).expect("column"))).collect()
}
