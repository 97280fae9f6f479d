//! A copy of everything as it was at one instant, taken while others go on writing, and put back elsewhere.
//!
//! On SQLite the copy is a file, on PostgreSQL the rows of each table as `copy` writes them. What was put back is
//! compared by the number of rows of each table and, on PostgreSQL, by a hash of them in any order; a file of SQLite's
//! has its own.

use std::path::{Path, PathBuf};

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::mpsc;

use super::{Args, Db, DbError, Inner, Row, postgres_copy, statement::Statement};

/// A piece of a copy, at most a few megabytes of it in memory.
#[derive(Debug)]
pub enum Part {
    /// The whole database, in a file.
    File(PathBuf),
    /// Some rows of a table.
    Rows { table: String, bytes: Vec<u8> },
    /// There are no more rows. Without it they were cut off, and nothing of them is kept.
    End,
}

/// A table and its columns.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TableSum {
    pub name: String,
    pub rows: i64,
    /// Of the rows in any order, in hexadecimal digits; empty on SQLite.
    pub hash: String,
}

/// The name of the file that a copy of SQLite is.
const FILE: &str = "database.sqlite";

/// A copy that can be read.
pub struct Snapshot(Kind);

enum Kind {
    File { connection: SqliteConnection, path: PathBuf },
    Transaction(postgres_copy::Copy),
}

impl Snapshot {
    /// Takes a copy. On SQLite this writes it into the folder; whoever asks removes it.
    pub async fn take(db: &Db, folder: &Path) -> Result<Self, DbError> {
        match &db.shared.inner {
            Inner::Sqlite(db) => {
                let path = folder.join(FILE);
                db.copy_to(&path).await?;
                Self::open(path).await
            }
            Inner::Postgres(db) => Ok(Self(Kind::Transaction(db.snapshot().await?))),
        }
    }

    /// A file of SQLite's, to be looked at and not changed.
    pub async fn open(path: PathBuf) -> Result<Self, DbError> {
        let options = SqliteConnectOptions::new().filename(&path).read_only(true).immutable(true);
        let connection = SqliteConnection::connect_with(&options).await?;
        Ok(Self(Kind::File { connection, path }))
    }

    pub async fn fetch_all(&mut self, sql: &str, args: Args) -> Result<Vec<Row>, DbError> {
        let statement = Statement::new(sql, args)?;
        match &mut self.0 {
            Kind::File { connection, .. } => {
                let rows = statement.into_sqlite()?.fetch_all(connection).await?;
                Ok(rows.into_iter().map(Row::from).collect())
            }
            Kind::Transaction(copy) => copy.fetch_all(statement).await,
        }
    }

    /// The tables, by name.
    pub async fn tables(&mut self) -> Result<Vec<Table>, DbError> {
        let sql = match &self.0 {
            // Tables that belong to a full-text index are part of the file and of no concern to anybody else.
            Kind::File { .. } => {
                "select t.name, c.name from pragma_table_list t join pragma_table_info(t.name) c \
                 where t.schema = 'main' and t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\' \
                 order by t.name, c.cid"
            }
            Kind::Transaction(_) => postgres_copy::COLUMNS,
        };
        let mut tables: Vec<Table> = vec![];
        for row in self.fetch_all(sql, vec![]).await? {
            let (name, column): (String, String) = (row.get(0)?, row.get(1)?);
            match tables.last_mut().filter(|table| table.name == name) {
                Some(table) => table.columns.push(column),
                None => tables.push(Table { name, columns: vec![column] }),
            }
        }
        Ok(tables)
    }

    /// Hands the whole copy over, piece by piece, and tells what it holds.
    pub async fn write(&mut self, tables: &[Table], to: &mpsc::Sender<Part>) -> Result<Vec<TableSum>, DbError> {
        if let Kind::File { path, .. } = &self.0 {
            send(to, Part::File(path.clone())).await?;
        }
        self.pass(tables, Some(to)).await
    }

    /// What it holds.
    pub async fn sums(&mut self, tables: &[Table]) -> Result<Vec<TableSum>, DbError> {
        self.pass(tables, None).await
    }

    async fn pass(&mut self, tables: &[Table], to: Option<&mpsc::Sender<Part>>) -> Result<Vec<TableSum>, DbError> {
        let mut sums = Vec::with_capacity(tables.len());
        for table in tables {
            let sum = match &mut self.0 {
                Kind::File { .. } => {
                    let sql = format!("select count(*) from {}", quoted(&table.name));
                    let row = self.fetch_all(&sql, vec![]).await?.pop();
                    let rows = row.ok_or(DbError::Serialization)?.get(0)?;
                    TableSum { name: table.name.clone(), rows, hash: String::new() }
                }
                Kind::Transaction(copy) => copy.table(table, to).await?,
            };
            sums.push(sum);
        }
        Ok(sums)
    }

    /// What is wrong with a file of SQLite's: its pages and indexes, and references that lead nowhere.
    pub async fn faults(&mut self) -> Result<Vec<String>, DbError> {
        if let Kind::Transaction(_) = &self.0 {
            return Ok(vec![]);
        }
        let mut faults = vec![];
        for row in self.fetch_all("pragma integrity_check(10)", vec![]).await? {
            let text: String = row.get(0)?;
            if text != "ok" {
                faults.push(text);
            }
        }
        for row in self.fetch_all("select distinct \"table\", parent from pragma_foreign_key_check", vec![]).await? {
            let (table, parent): (String, String) = (row.get(0)?, row.get(1)?);
            faults.push(format!("rows of {table} refer to missing rows of {parent}"));
        }
        Ok(faults)
    }
}

/// A name as it stands in a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whoever takes the pieces may have stopped: an error of theirs, which they know of.
pub(super) async fn send(to: &mpsc::Sender<Part>, part: Part) -> Result<(), DbError> {
    to.send(part).await.map_err(|_| DbError::Aborted)
}

impl Db {
    /// Whether nothing was ever kept here: not even a schema.
    pub async fn is_untouched(&self) -> Result<bool, DbError> {
        let sql = match &self.shared.inner {
            Inner::Sqlite(_) => "select count(*) from sqlite_master",
            Inner::Postgres(_) => {
                "select count(*) from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace"
            }
        };
        let row = self.fetch_optional(sql, vec![]).await?;
        Ok(row.map(|row| row.get::<i64>(0)).transpose()? == Some(0))
    }

    /// Drops every table of a database of PostgreSQL's.
    pub async fn drop_tables(&self) -> Result<(), DbError> {
        let sql = "do $$ declare one record; begin for one in select relname from pg_class where relkind = 'r' \
                   and relnamespace = current_schema()::regnamespace loop \
                   execute 'drop table ' || quote_ident(one.relname) || ' cascade'; end loop; end $$";
        self.execute_alone(sql).await
    }

    /// Puts the rows of a copy into tables that a migration just made, in one transaction. Rows that the migrations
    /// themselves made go.
    pub async fn load(&self, tables: &[Table], rows: mpsc::Receiver<Part>) -> Result<(), DbError> {
        match &self.shared.inner {
            Inner::Sqlite(_) => Err(DbError::Configuration("a copy of SQLite is a file".into())),
            Inner::Postgres(db) => db.load(tables, rows).await,
        }
    }

    /// A database beside this one, on the same server: a schema of its own in which nothing stands.
    pub async fn aside(&self, name: &str) -> Result<Self, DbError> {
        match &self.shared.inner {
            Inner::Sqlite(_) => Err(DbError::Configuration("a copy of SQLite is a file".into())),
            Inner::Postgres(db) => {
                let inner = Inner::Postgres(db.aside(name).await?);
                Ok(Self::new(inner, super::Signals::new(), None, &super::DbOptions::default()))
            }
        }
    }

    /// The file that an address of SQLite's names.
    pub fn sqlite_path(url: &str) -> Result<PathBuf, DbError> {
        Ok(url.parse::<SqliteConnectOptions>()?.get_filename().to_owned())
    }

    /// Removes databases that stood aside and were forgotten: those whose names sort between two.
    pub async fn remove_asides(&self, from: &str, to: &str) -> Result<(), DbError> {
        let sql = "select nspname from pg_namespace where nspname >= $1 and nspname < $2";
        for row in self.fetch_all(sql, vec![from.into(), to.into()]).await? {
            self.remove_aside(&row.get::<String>(0)?).await?;
        }
        Ok(())
    }

    /// Removes a database that stood aside.
    pub async fn remove_aside(&self, name: &str) -> Result<(), DbError> {
        self.execute_alone(&format!("drop schema if exists {} cascade", quoted(name))).await
    }
}

#[cfg(test)]
mod tests;
