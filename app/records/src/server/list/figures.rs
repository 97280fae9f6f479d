//! What is told of all rows that match, and not of each.

use kernel::{AppError, Date, Money, Timestamp, server::DbError};

use super::question::understand;
use crate::{
    Flags, Kind, ListQuery, Total, Value,
    server::{AnyPermit, Ctx, Sql, condition::Way, storage},
};

const MILLION: i64 = 1_000_000;

/// The figures at the foot of a list: sums and averages of the fields that declare them, amounts by currency.
pub async fn totals(ctx: &Ctx, permit: &AnyPermit, query: &ListQuery) -> Result<Vec<Total>, AppError> {
    let question = understand(ctx, permit, query)?;
    let mut totals = vec![];
    for (i, field) in permit.entry().ty.fields.iter().enumerate() {
        let (is_sum, is_average) = (field.is(Flags::SUM), field.is(Flags::AVERAGE));
        if !(permit.may_see(i) && field.kind.is_number() && (is_sum || is_average)) {
            continue;
        }
        let currency = if field.kind == Kind::Money { format!("t.{}_currency", field.name) } else { "''".to_owned() };
        let column = storage::key_column(field);
        let mut sql = Sql::new(ctx.db().engine());
        // In two parts, since the whole may be more than a number of the database holds.
        let sum = |part: &str| format!("cast(sum(t.{column} {part} {MILLION}) as bigint)");
        sql.push(&format!("select {currency}, {}, {}, count(t.{column})", sum("/"), sum("%")));
        question.rows(Way::Filter, &mut sql);
        sql.push(&format!(" and t.{column} is not null"));
        if field.kind == Kind::Money {
            sql.push(&format!(" group by {currency} order by 4 desc limit 3"));
        }
        let (text, args) = sql.finish();
        for row in question.db(ctx).fetch_all(&text, args).await? {
            let (code, count): (String, i64) = (row.get(0)?, row.get(3)?);
            // No row has the field: there is nothing to add up.
            let (Some(millions), Some(rest)) = (row.get::<Option<i64>>(1)?, row.get::<Option<i64>>(2)?) else {
                continue;
            };
            let sum = i128::from(millions) * i128::from(MILLION) + i128::from(rest);
            let (what, units) = if is_sum { ("Sum of", sum) } else { ("Average", rounded(sum, count)) };
            let Ok(units) = i64::try_from(units) else { continue };
            let currency = kernel::Currency::parse(&code);
            let value = currency.map_or(Value::Int(units), |currency| Value::Money(Money { minor: units, currency }));
            let (field, kind) = (field.label.clone().into_owned(), field.kind.clone());
            totals.push(Total { field, what: what.to_owned(), kind, value });
        }
    }
    Ok(totals)
}

/// The mean to the nearest unit, halves away from zero.
fn rounded(sum: i128, count: i64) -> i128 {
    let count = i128::from(count.max(1));
    let half = if sum < 0 { -count / 2 } else { count / 2 };
    (sum + half) / count
}

/// How many live records of each value of a text or choice field there are, most first.
pub async fn group_counts(
    ctx: &Ctx,
    permit: &AnyPermit,
    field: usize,
    limit: u32,
) -> Result<Vec<(String, u64)>, AppError> {
    let ty = permit.entry().ty;
    let (column, key) = (&ty.fields[field].name, storage::key_column(&ty.fields[field]));
    let mut sql = Sql::new(ctx.db().engine());
    sql.push(&format!("select min(t.{column}), count(*) from {} t where t.deleted_at is null and ", ty.name));
    permit.predicate(&mut sql, "t");
    sql.push(&format!(" and t.{key} is not null group by t.{key} order by 2 desc, 1 limit {limit}"));
    let (text, args) = sql.finish();
    let rows = ctx.db().fetch_all(&text, args).await?;
    Ok(rows.iter().map(|r| Ok((r.get(0)?, r.get::<i64>(1)?.unsigned_abs()))).collect::<Result<_, DbError>>()?)
}

/// How many records were created on each of the last days, today last, in the company's zone.
pub async fn created_per_day(ctx: &Ctx, permit: &AnyPermit, days: i64) -> Result<Vec<u64>, AppError> {
    let (zone, today) = (ctx.organisation().zone, ctx.today());
    let starts: Vec<Timestamp> =
        (0..days).rev().map(|back| zone.start_of_day(Date(today.0 - chrono::TimeDelta::days(back)))).collect();
    let ends = starts.iter().skip(1).copied().chain([zone.end_of_day(today)]);
    let mut sql = Sql::new(ctx.db().engine());
    sql.push("with days (day, start_at, end_at) as (values ");
    for (i, (start, end)) in starts.iter().zip(ends).enumerate() {
        sql.push(if i > 0 { ", (" } else { "(" });
        sql.push(&format!("{i}, "));
        sql.bind(*start);
        sql.push(", ");
        sql.bind(end);
        sql.push(")");
    }
    sql.push(&format!(
        ") select d.day, (select count(*) from {} t where t.deleted_at is null and t.created_at >= d.start_at and \
         t.created_at < d.end_at and ",
        permit.entry().ty.name
    ));
    permit.predicate(&mut sql, "t");
    sql.push(") from days d order by d.day");
    let (text, args) = sql.finish();
    let rows = ctx.db().fetch_all(&text, args).await?;
    Ok(rows.iter().map(|r| Ok(r.get::<i64>(1)?.unsigned_abs())).collect::<Result<_, DbError>>()?)
}
