//! All rows of a list, from the first to the last, however many there are.
//!
//! No statement lasts longer than it takes to read some rows, so that no snapshot keeps SQLite from folding its
//! write-ahead log. Without a sort, rows come in the order of their ids, and each piece starts after the one before. In
//! another order it is told first which rows there are, at one blow and without anything else; they are read by that
//! afterwards, each as it is by then.

use std::collections::HashMap;

use kernel::{
    AppError,
    server::{Arg, DbError, Engine, Row},
};
use uuid::Uuid;

use super::{
    AnyPermit, Ctx, Sql, Stored,
    condition::Way,
    json::Shape,
    list::{Question, understand},
    portion::{complete, fitting},
    storage::Reader,
};
use crate::ListQuery;

/// Which row it is, as its database finds it soonest: by its place in the table on SQLite, by its id on PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowKey([u8; RowKey::BYTES]);

impl RowKey {
    /// What a key takes up.
    pub const BYTES: usize = 16;

    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    const fn column(engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => "t.rowid",
            Engine::Postgres => "t.id",
        }
    }

    fn read(engine: Engine, row: &Row, at: usize) -> Result<Self, DbError> {
        Ok(match engine {
            Engine::Sqlite => Self(i128::from(row.get::<i64>(at)?).to_be_bytes()),
            Engine::Postgres => Self(row.get::<Uuid>(at)?.into_bytes()),
        })
    }

    fn arg(self, engine: Engine) -> Arg {
        match engine {
            // It was a whole number of 64 bits.
            Engine::Sqlite => i64::try_from(i128::from_be_bytes(self.0)).unwrap_or(0).into(),
            Engine::Postgres => Uuid::from_bytes(self.0).into(),
        }
    }
}

/// Rows understood while others are on their way.
const SOME: usize = 256;

/// What is gone through.
pub struct Walk {
    question: Question,
    /// Besides the permit of the question: who may do something with a row has to see it too.
    view: AnyPermit,
    reader: Reader,
}

impl Walk {
    /// The rows of a list that both permits cover, with the fields and system columns of a shape.
    pub fn new(
        ctx: &Ctx,
        permit: &AnyPermit,
        view: &AnyPermit,
        query: &ListQuery,
        shape: &Shape,
    ) -> Result<Self, AppError> {
        let system: Vec<&str> = shape.system().collect();
        let reader = Reader::some(permit.entry().ty, shape.fields().to_vec()).with_system(&system);
        Ok(Self { question: understand(ctx, permit, query)?, view: view.clone(), reader })
    }

    fn matching(&self, sql: &mut Sql) {
        self.question.rows(Way::Filter, sql);
        self.covered(sql);
    }

    fn covered(&self, sql: &mut Sql) {
        sql.push(" and ");
        self.view.predicate(sql, "t");
    }

    /// How many rows there are at this moment.
    pub async fn count(&self, ctx: &Ctx) -> Result<i64, AppError> {
        let mut sql = Sql::new(ctx.db().engine());
        sql.push("select count(*)");
        self.matching(&mut sql);
        let (text, args) = sql.finish();
        let row = self.question.db(ctx).fetch_optional(&text, args).await?;
        Ok(row.map(|row| row.get(0)).transpose()?.unwrap_or(0))
    }

    /// The rows that come after one, or first, in the order of their ids, as many as are to be held at a time; none at the
    /// end.
    pub async fn after(&self, ctx: &Ctx, last: Option<Uuid>, at_once: usize) -> Result<Vec<Stored>, AppError> {
        let mut last = last;
        loop {
            let found = self.light_after(ctx, last, at_once).await?;
            let Some((end, _)) = found.last() else { return Ok(vec![]) };
            last = Some(end.id);
            let rows = self.whole(ctx, found).await?;
            // Those that are covered no more meanwhile are not the end.
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
    }

    async fn light_after(&self, ctx: &Ctx, last: Option<Uuid>, at_once: usize) -> Result<Vec<(Stored, u64)>, AppError> {
        let mut sql = Sql::new(ctx.db().engine());
        let sparing = self.reader.sparing();
        sql.push(&format!("select {}", sparing.select("t")));
        self.matching(&mut sql);
        if let Some(last) = last {
            sql.push(" and t.id > ");
            sql.bind(last);
        }
        sql.push(&format!(" order by t.id limit {at_once}"));
        let (text, args) = sql.finish();
        let mut found = Vec::with_capacity(at_once);
        let each = |rows: Vec<Row>| {
            for row in &rows {
                found.push(sparing.read_sparing(row)?);
            }
            Ok(())
        };
        self.question.db(ctx).fetch_some(&text, args, SOME, each).await?;
        found.truncate(fitting(found.iter().map(|(_, left_out)| *left_out)));
        Ok(found)
    }

    async fn whole(&self, ctx: &Ctx, mut rows: Vec<(Stored, u64)>) -> Result<Vec<Stored>, AppError> {
        complete(ctx, &[&self.question.permit, &self.view], &self.reader, &mut rows).await?;
        Ok(rows.into_iter().map(|(row, _)| row).collect())
    }

    /// Tells the keys of all rows in the order of the list's sort, some at a time.
    pub async fn keys(&self, ctx: &Ctx, at_once: usize, mut take: impl FnMut(Vec<RowKey>)) -> Result<(), AppError> {
        let engine = ctx.db().engine();
        let mut sql = Sql::new(engine);
        sql.push(&format!("select {}", RowKey::column(engine)));
        self.matching(&mut sql);
        sql.push(" order by ");
        let entry = self.question.entry();
        for order in &self.question.sort {
            if !order.is_never_missing {
                sql.push("(");
                order.expression(entry, &mut sql);
                sql.push(" is null), ");
            }
            order.expression(entry, &mut sql);
            sql.push(&format!(" {}, ", order.direction()));
        }
        sql.push(&format!("t.id {}", self.question.sort.first().map_or("asc", |order| order.direction())));
        let (text, args) = sql.finish();
        let each = |rows: Vec<Row>| {
            take(rows.iter().map(|row| RowKey::read(engine, row, 0)).collect::<Result<_, _>>()?);
            Ok(())
        };
        Ok(self.question.db(ctx).fetch_some(&text, args, at_once, each).await?)
    }

    /// The rows of these keys that are still there and still covered, in this order, and how many of the keys that was:
    /// as many as are to be held at a time.
    pub async fn rows(&self, ctx: &Ctx, keys: &[RowKey]) -> Result<(Vec<Stored>, usize), AppError> {
        let engine = ctx.db().engine();
        let (table, key) = (self.question.entry().ty.name, RowKey::column(engine));
        let sparing = self.reader.sparing();
        let mut sql = Sql::new(engine);
        sql.push(&format!("select {}, {key} from {table} t where {key} in ", sparing.select("t")));
        sql.bind_list(keys.iter().map(|key| key.arg(engine)));
        sql.push(" and t.deleted_at is null and ");
        self.question.permit.predicate(&mut sql, "t");
        self.covered(&mut sql);
        let (text, args) = sql.finish();
        let width = sparing.width();
        let mut found: HashMap<RowKey, (Stored, u64)> = HashMap::with_capacity(keys.len());
        let each = |rows: Vec<Row>| {
            for row in &rows {
                found.insert(RowKey::read(engine, row, width)?, sparing.read_sparing(row)?);
            }
            Ok(())
        };
        self.question.db(ctx).fetch_some(&text, args, SOME, each).await?;
        let done = fitting(keys.iter().map(|key| found.get(key).map_or(0, |(_, left_out)| *left_out)));
        let rows = keys[..done].iter().filter_map(|key| found.remove(key)).collect();
        Ok((self.whole(ctx, rows).await?, done))
    }
}
