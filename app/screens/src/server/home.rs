//! The figures of the home page: each is a list's own question, asked with the viewer's permit.

use kernel::AppError;
use records::{
    Flags, Kind, ListQuery,
    server::{self, Action, AnyPermit, Ctx},
};
use request::ctx;

use crate::api::{ChangeSet, Chart, HomeFigures};

/// Days of the line of new records.
const DAYS: i64 = 30;

pub async fn home() -> Result<HomeFigures, AppError> {
    let ctx = ctx().await?;
    let (mut counts, mut charts) = (vec![], vec![]);
    for name in ["companies", "contacts"] {
        let Ok(permit) = ctx.permit_any(name, Action::View) else { continue };
        let count = server::count(&ctx, &permit, &ListQuery::default()).await?;
        let days = server::created_per_day(&ctx, &permit, DAYS).await?;
        counts.push((name.to_owned(), count, days.iter().sum(), days));
        for (field, title) in [("status", "by status"), ("sector", "by sector")] {
            charts.extend(chart(&ctx, &permit, field, title).await?);
        }
    }
    let (sets, names) = server::recent(&ctx, 8).await?;
    let latest = sets.into_iter().map(|set| ChangeSet {
        id: set.id,
        source: set.source,
        title: set.title,
        is_own: set.actor.is_none(),
        actor: set.actor.and_then(|a| names.get(&a).cloned()).unwrap_or_else(|| "Mainstay".to_owned()),
        at: set.at,
        is_undone: set.status == "undone",
        records: set.records,
    });
    let latest: Vec<ChangeSet> = latest.collect();
    let is_there = |sql: &'static str| {
        let db = ctx.db().clone();
        async move { db.fetch_optional(sql, vec![]).await.map(|row| row.is_some()) }
    };
    Ok(HomeFigures {
        counts,
        charts,
        has_imported: is_there("select id from change_sets where source = 'import' limit 1").await?,
        has_other_users: is_there("select id from users where deleted_at is null limit 1 offset 1").await?,
        has_named_organisation: is_there("select id from organisations where version > 1 limit 1").await?,
        latest,
    })
}

/// The most frequent values of a field, most first.
async fn chart(ctx: &Ctx, permit: &AnyPermit, field: &str, title: &str) -> Result<Option<Chart>, AppError> {
    const BARS: u32 = 8;
    let ty = permit.entry().ty;
    let Some((i, declared)) = ty.field(field).filter(|(i, _)| permit.may_see(*i)) else { return Ok(None) };
    if !matches!(declared.kind, Kind::Text | Kind::Choice(_)) || declared.is(Flags::SENSITIVE) {
        return Ok(None);
    }
    let groups = server::group_counts(ctx, permit, i, BARS).await?;
    let label = |value: &str| declared.kind.option(value).map_or_else(|| value.to_owned(), |o| o.label.to_string());
    let bars: Vec<_> = groups.into_iter().map(|(value, rows)| (label(&value), value, rows)).collect();
    let title = format!("{} {title}", ty.plural);
    Ok((!bars.is_empty()).then(|| Chart { title, record_type: ty.name.to_owned(), field: field.to_owned(), bars }))
}
