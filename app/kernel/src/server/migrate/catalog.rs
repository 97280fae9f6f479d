//! The tables that migrations make, read without anybody's database: they are applied to one in memory, in which a
//! column's type is called what the migration calls it.

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use super::{MigrateError, Migration, split::statements, tokens::expand_but_types};

/// All tables, by name.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub tables: Vec<Table>,
}

/// A table as SQLite has it; what a migration makes for PostgreSQL alone is not seen.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    /// A table of full text and the like.
    pub is_virtual: bool,
    pub columns: Vec<Column>,
    /// Those that were created by name; keys of the table bring others.
    pub indexes: Vec<Index>,
    /// The names of its triggers.
    pub triggers: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    /// As migrations write it: `bigint`, `{{key}}`.
    pub kind: String,
    /// Whether no row can be written without it.
    pub is_needed: bool,
}

#[derive(Clone, Debug)]
pub struct Index {
    pub name: String,
    pub is_unique: bool,
    pub columns: Vec<String>,
    /// Which rows it holds; empty for all.
    pub condition: String,
}

impl Index {
    /// Whether both hold the same rows in the same order, whatever they are called.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.is_unique, &self.columns, &self.condition) == (other.is_unique, &other.columns, &other.condition)
    }
}

impl Catalog {
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// What the migrations make of an empty database.
pub async fn read(migrations: &[Migration]) -> Result<Catalog, MigrateError> {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.map_err(db)?;
    for &Migration { version, name, sql } in migrations {
        let sql = expand_but_types(sql).map_err(|reason| MigrateError::Text { version, name, reason })?;
        for (i, statement) in statements(&sql).into_iter().enumerate() {
            let done = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await;
            done.map_err(|error| MigrateError::Failed { version, name, statement: i + 1, error: error.into() })?;
        }
    }
    let sql = "select name, type = 'virtual' from pragma_table_list where schema = 'main' \
               and type in ('table', 'virtual') and name not like 'sqlite_%' order by name";
    let tables: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&mut connection).await.map_err(db)?;
    let mut catalog = Catalog::default();
    for (name, is_virtual) in tables {
        catalog.tables.push(table(&mut connection, name, is_virtual == 1).await.map_err(db)?);
    }
    connection.close().await.map_err(db)?;
    Ok(catalog)
}

fn db(error: sqlx::Error) -> MigrateError {
    MigrateError::Db(error.into())
}

async fn table(connection: &mut SqliteConnection, name: String, is_virtual: bool) -> Result<Table, sqlx::Error> {
    let sql = "select name, lower(type), \"notnull\" = 1 and dflt_value is null from pragma_table_info($1)";
    let columns: Vec<(String, String, i64)> = sqlx::query_as(sql).bind(&name).fetch_all(&mut *connection).await?;
    let columns = columns.into_iter().map(|(name, kind, needed)| Column { name, kind, is_needed: needed == 1 });
    let columns = columns.collect();
    let sql = "select l.name, l.\"unique\", m.sql, (select group_concat(coalesce(i.name, '(expression)')) \
               from (select name from pragma_index_info(l.name) order by seqno) i) \
               from pragma_index_list($1) l join sqlite_master m on m.name = l.name \
               where l.origin = 'c' order by l.name";
    let made: Vec<(String, i64, String, String)> = sqlx::query_as(sql).bind(&name).fetch_all(&mut *connection).await?;
    let indexes = made.into_iter().map(|(name, unique, sql, columns)| Index {
        name,
        is_unique: unique == 1,
        columns: columns.split(',').map(str::to_owned).collect(),
        condition: condition(&sql),
    });
    let indexes = indexes.collect();
    let sql = "select name from sqlite_master where type = 'trigger' and tbl_name = $1 order by name";
    let triggers: Vec<(String,)> = sqlx::query_as(sql).bind(&name).fetch_all(&mut *connection).await?;
    let triggers = triggers.into_iter().map(|(name,)| name).collect();
    Ok(Table { name, is_virtual, columns, indexes, triggers })
}

/// What stands behind `where` in the statement that made an index.
fn condition(sql: &str) -> String {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    words.split_once(" where ").map(|(_, condition)| condition.to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{super::MIGRATIONS, *};

    #[tokio::test]
    async fn tables_are_read_as_migrations_write_them() {
        let sql = "create table things ({{sqlite}}n integer primary key, id blob not null unique,{{end}} \
                   name text not null, name_key {{key}}, made {{ts}}, size bigint not null default 0); \
                   create unique index things_name on things (name_key)\n    where made is null and size > 1; \
                   create index things_made on things (made, id); \
                   create trigger things_grow after insert on things begin delete from things; end;";
        let catalog = read(&[Migration { version: 1, name: "things", sql }]).await.unwrap();
        let table = catalog.table("things").unwrap();
        let columns: Vec<_> = table.columns.iter().map(|c| (c.name.as_str(), c.kind.as_str(), c.is_needed)).collect();
        let rest = [("name", "text", true), ("name_key", "{{key}}", false), ("made", "{{ts}}", false)];
        assert_eq!(columns[2..5], rest);
        assert_eq!(columns[5], ("size", "bigint", false));
        let indexes: Vec<_> =
            table.indexes.iter().map(|i| (i.is_unique, i.columns.join(","), i.condition.as_str())).collect();
        assert_eq!(
            indexes,
            [(false, "made,id".to_owned(), ""), (true, "name_key".to_owned(), "made is null and size > 1")]
        );
        assert_eq!(table.triggers, ["things_grow"]);
    }

    #[tokio::test]
    async fn the_programs_own_migrations_are_read() {
        let catalog = read(MIGRATIONS).await.unwrap();
        assert!(catalog.table("companies_search").unwrap().is_virtual);
        assert!(catalog.table("companies_search_data").is_none(), "what full text keeps for itself is no table");
    }
}
