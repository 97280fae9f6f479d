//! What a check shows: the exact difference each row would make, as a person reads it.

use kernel::AppError;
use preferences::server::own_formats;
use records::{
    Value,
    server::{Ctx, Step, labels},
    text,
};

use super::{lines::short, wanted::Wanted};
use crate::import::Difference;

/// The most rows whose differences are kept.
pub const SHOWN: usize = 200;

/// A row, what was planned for it, and names in it that are settled later.
pub type Shown<'a> = (i64, &'a Step, Vec<&'a (usize, String)>);

pub async fn describe(ctx: &Ctx, wanted: &Wanted, shown: &[Shown<'_>]) -> Result<Vec<Difference>, AppError> {
    if shown.is_empty() {
        return Ok(vec![]);
    }
    let sides = shown.iter().flat_map(|(_, step, _)| [step.before.as_ref(), step.after.as_ref()]);
    let rows: Vec<_> = sides.flatten().cloned().collect();
    let labels = labels(ctx, &wanted.view, &rows).await?;
    let formats = own_formats(ctx).await?;
    let ty = wanted.entry.ty;
    let show = |i: usize, value: &Value| {
        short(&text::show(&ty.fields[i].kind, value, &formats, |id| labels.get(&id).cloned()))
    };
    let described = shown.iter().map(|(row, step, names)| {
        let cell =
            |side: Option<&records::server::Stored>, i: usize| side.map(|r| show(i, r.cells.at(i))).unwrap_or_default();
        let mut fields = vec![];
        for (i, field) in ty.fields.iter().enumerate().filter(|(i, _)| wanted.view.may_see(*i)) {
            let name = names.iter().find(|(target, _)| wanted.targets[*target].field == i);
            let (before, after) = (cell(step.before.as_ref(), i), cell(step.after.as_ref(), i));
            let after = name.map_or(after, |(_, name)| name.clone());
            if before != after {
                fields.push((field.label.clone().into_owned(), before, after));
            }
        }
        let title = step.after.as_ref().and_then(|r| r.cells.at(ty.title_field()).as_text());
        let title = title.unwrap_or(ty.singular).to_owned();
        Difference { row: *row, title, is_new: step.action == "create", fields }
    });
    Ok(described.collect())
}
