//! Copies of PostgreSQL: `copy` of each table in one snapshot, and back.

use std::fmt::Write as _;

use futures::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, PgConnection, Postgres as Pg, Transaction};
use tokio::sync::mpsc;

use super::{
    DbError, Row,
    postgres::{self, Postgres},
    snapshot::{Part, Table, TableSum, quoted, send},
    statement::Statement,
};

/// Rows are handed over in pieces of this size.
const PIECE: usize = 4 << 20;

/// Columns that hold something of their own, of every table.
pub const COLUMNS: &str = "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid \
     where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace \
     and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by c.relname, a.attnum";

/// Work of this kind takes as long as it takes, and writes values the same way whatever the server's settings are.
const SETTINGS: &str = "select set_config('lock_timeout', '0', true), \
     set_config('idle_in_transaction_session_timeout', '0', true), set_config('timezone', 'UTC', true), \
     set_config('datestyle', 'ISO, YMD', true), set_config('bytea_output', 'hex', true), \
     set_config('extra_float_digits', '1', true)";

/// Makes indexes sooner than the server's usual memory would.
const MEMORY: &str = "select set_config('maintenance_work_mem', '256MB', true)";

const FOREIGN_KEYS: &str = "select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) \
     from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace";

const INDEXES: &str = "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i \
     join pg_class c on c.oid = i.indexrelid where c.relnamespace = current_schema()::regnamespace \
     and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid and k.contype <> 'f')";

const COUNTERS: &str = "select quote_ident(c.relname), quote_ident(a.attname), \
     pg_get_serial_sequence(quote_ident(c.relname), a.attname) from pg_class c \
     join pg_attribute a on a.attrelid = c.oid where c.relkind = 'r' and a.attidentity <> '' \
     and c.relnamespace = current_schema()::regnamespace";

/// Sees the database as it was when this was begun.
pub struct Copy(Transaction<'static, Pg>);

impl Copy {
    pub async fn fetch_all(&mut self, statement: Statement) -> Result<Vec<Row>, DbError> {
        postgres::fetch_all(&mut self.0, statement).await
    }

    /// Reads a table through; its rows are handed over if somebody takes them.
    pub async fn table(&mut self, table: &Table, to: Option<&mpsc::Sender<Part>>) -> Result<TableSum, DbError> {
        let (mut rows, mut hash, mut piece) = (0, 0_u128, vec![]);
        let mut copy = self.0.copy_out_raw(&copying(table, "to stdout")).await?;
        // The server sends each row as a message of its own.
        while let Some(row) = copy.try_next().await? {
            rows += 1;
            hash = hash.wrapping_add(hashed(&row));
            if let Some(to) = to {
                piece.extend_from_slice(&row);
                if piece.len() >= PIECE {
                    let bytes = std::mem::take(&mut piece);
                    send(to, Part::Rows { table: table.name.clone(), bytes }).await?;
                }
            }
        }
        if let Some(to) = to.filter(|_| !piece.is_empty()) {
            send(to, Part::Rows { table: table.name.clone(), bytes: piece }).await?;
        }
        Ok(TableSum { name: table.name.clone(), rows, hash: format!("{hash:032x}") })
    }
}

/// The hash of one row; those of a table are added up, so that their order does not count.
fn hashed(row: &[u8]) -> u128 {
    let hash = Sha256::digest(row);
    hash.first_chunk().map_or(0, |half| u128::from_le_bytes(*half))
}

fn copying(table: &Table, direction: &str) -> String {
    let mut sql = format!("copy {} (", quoted(&table.name));
    for (i, column) in table.columns.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(sql, "{}{}", if i == 0 { "" } else { ", " }, quoted(column));
    }
    let _ = write!(sql, ") {direction}");
    sql
}

impl Postgres {
    /// Begins to see the database as it is now.
    pub async fn snapshot(&self) -> Result<Copy, DbError> {
        let mut tx = self.transaction().await?;
        run(&mut tx, "set transaction isolation level repeatable read, read only").await?;
        run(&mut tx, SETTINGS).await?;
        Ok(Copy(tx))
    }

    /// Empties the tables and fills them from a copy. Indexes and references are made anew behind the rows, which is
    /// faster, and lets tables that refer to each other come in any order.
    pub async fn load(&self, tables: &[Table], mut parts: mpsc::Receiver<Part>) -> Result<(), DbError> {
        let mut tx = self.transaction().await?;
        run(&mut tx, SETTINGS).await?;
        run(&mut tx, MEMORY).await?;
        let (mut before, mut after) = (vec![], vec![]);
        for row in texts(&mut tx, FOREIGN_KEYS).await? {
            before.push(format!("alter table {} drop constraint {}", row[0], row[1]));
            after.push(format!("alter table {} add constraint {} {}", row[0], row[1], row[2]));
        }
        for row in texts(&mut tx, INDEXES).await? {
            before.push(format!("drop index {}", row[0]));
            after.push(row[1].clone());
        }
        // References lean on indexes: they go first and come last.
        after.reverse();
        let names: Vec<String> = tables.iter().map(|table| quoted(&table.name)).collect();
        before.push(format!("truncate {}", names.join(", ")));
        for sql in before {
            run(&mut tx, &sql).await?;
        }
        let mut next = parts.recv().await;
        while let Some(Part::Rows { table, bytes }) = next.take_if(|part| matches!(part, Part::Rows { .. })) {
            let known = tables.iter().find(|known| known.name == table);
            let known = known.ok_or_else(|| DbError::Configuration(format!("a copy has no table {table}")))?;
            let mut copy = tx.copy_in_raw(&copying(known, "from stdin")).await?;
            copy.send(bytes).await?;
            next = parts.recv().await;
            while let Some(Part::Rows { bytes, .. }) = next.take_if(|part| part.is_of(&table)) {
                copy.send(bytes).await?;
                next = parts.recv().await;
            }
            copy.finish().await?;
        }
        if !matches!(next, Some(Part::End)) {
            return Err(DbError::Aborted);
        }
        for sql in after {
            run(&mut tx, &sql).await?;
        }
        for row in texts(&mut tx, COUNTERS).await? {
            let [table, column, sequence] = [&row[0], &row[1], &row[2]];
            let sequence = sequence.replace('\'', "''");
            let sql = format!(
                "select setval('{sequence}', coalesce(max({column}), 1), max({column}) is not null) from {table}"
            );
            run(&mut tx, &sql).await?;
        }
        Ok(tx.commit().await?)
    }
}

impl Part {
    fn is_of(&self, name: &str) -> bool {
        matches!(self, Self::Rows { table, .. } if table == name)
    }
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), DbError> {
    sqlx::query(AssertSqlSafe(sql)).persistent(false).execute(connection).await?;
    Ok(())
}

/// The rows of a statement whose columns are all texts.
async fn texts(connection: &mut PgConnection, sql: &str) -> Result<Vec<Vec<String>>, DbError> {
    let rows = postgres::fetch_all(connection, Statement::new(sql, vec![])?).await?;
    rows.iter().map(|row| (0..row.len()).map(|i| row.get(i)).collect()).collect()
}
