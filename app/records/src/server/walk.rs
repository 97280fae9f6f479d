//! All rows of a list, from the first to the last, however many there are.
//!
//! No statement lasts longer than it takes to read some rows, so that no snapshot keeps SQLite from folding its
//! write-ahead log. Without a sort, rows come in the order of their ids, and each piece starts after the one before. In
//! another order their ids are told first, at one blow and without anything else; the rows are read by them afterwards,
//! each as it is by then.

use std::collections::HashMap;

use kernel::{AppError, server::DbError};
use uuid::Uuid;

use super::{
    AnyPermit, Ctx, Sql, Stored,
    condition::Way,
    json::Shape,
    list::{Question, understand},
    storage::Reader,
};
use crate::ListQuery;

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
        let row = ctx.db().fetch_optional(&text, args).await?;
        Ok(row.map(|row| row.get(0)).transpose()?.unwrap_or(0))
    }

    /// The rows that come after one, or first, in the order of their ids; none at the end.
    pub async fn after(&self, ctx: &Ctx, last: Option<Uuid>, at_once: usize) -> Result<Vec<Stored>, AppError> {
        let mut sql = Sql::new(ctx.db().engine());
        sql.push(&format!("select {}", self.reader.select("t")));
        self.matching(&mut sql);
        if let Some(last) = last {
            sql.push(" and t.id > ");
            sql.bind(last);
        }
        sql.push(&format!(" order by t.id limit {at_once}"));
        self.fetch(ctx, sql).await
    }

    /// Tells the ids of all rows in the order of the list's sort, some at a time.
    pub async fn ids(&self, ctx: &Ctx, at_once: usize, mut take: impl FnMut(Vec<Uuid>)) -> Result<(), AppError> {
        let mut sql = Sql::new(ctx.db().engine());
        sql.push("select t.id");
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
        let each = |rows: Vec<kernel::server::Row>| {
            take(rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?);
            Ok(())
        };
        Ok(ctx.db().fetch_some(&text, args, at_once, each).await?)
    }

    /// The rows of these ids that are still there and still covered, in this order.
    pub async fn rows(&self, ctx: &Ctx, ids: &[Uuid]) -> Result<Vec<Stored>, AppError> {
        let mut sql = Sql::new(ctx.db().engine());
        let ty = self.question.entry().ty;
        sql.push(&format!("select {} from {} t where t.id in ", self.reader.select("t"), ty.name));
        sql.bind_list(ids.iter().copied());
        sql.push(" and t.deleted_at is null and ");
        self.question.permit.predicate(&mut sql, "t");
        self.covered(&mut sql);
        let mut rows = self.fetch(ctx, sql).await?;
        let places: HashMap<Uuid, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        rows.sort_by_key(|row| places.get(&row.id));
        Ok(rows)
    }

    async fn fetch(&self, ctx: &Ctx, sql: Sql) -> Result<Vec<Stored>, AppError> {
        let (text, args) = sql.finish();
        let rows = ctx.db().fetch_all(&text, args).await?;
        Ok(rows.iter().map(|row| self.reader.read(row)).collect::<Result<_, DbError>>()?)
    }
}
