//! Records that cells name: by title, or by what else is unique of them, such as a person's e-mail address.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use kernel::{AppError, fold, server::Source};
use records::{
    Flags,
    server::{Action, AnyPermit, Ctx, Entry, PlanCx, find_by_keys, is_key},
};
use uuid::Uuid;

/// The records each name may mean, by the name's key.
pub type Found = HashMap<String, Vec<Uuid>>;

/// Looks names up among the live records of a type that the actor may see.
pub async fn find(ctx: &Ctx, source: Source<'_>, target: &str, names: &BTreeSet<String>) -> Result<Found, AppError> {
    let Some(permit) = ctx.app.registry().get(target).and_then(|e| ctx.find_permit(e, Action::View)) else {
        return Ok(Found::new());
    };
    let keys: Vec<String> = names.iter().cloned().collect();
    let mut cx = PlanCx { ctx, permit: &permit, source };
    let mut found = Found::new();
    for field in naming(&permit) {
        let open: Vec<String> = keys.iter().filter(|k| !found.contains_key(*k)).cloned().collect();
        found.extend(find_by_keys(&mut cx, field, &open).await?);
    }
    Ok(found)
}

/// The title, then fields whose values are unique.
fn naming(permit: &AnyPermit) -> Vec<usize> {
    let ty = permit.entry().ty;
    let unique = ty.fields.iter().enumerate().filter(|(_, f)| f.is(Flags::UNIQUE) && is_key(f)).map(|(i, _)| i);
    let mut fields: Vec<usize> = std::iter::once(ty.title_field()).chain(unique).collect();
    fields.dedup();
    fields
}

pub fn key(name: &str) -> String {
    fold::key(name)
}

/// The one record a name means, or why there is none.
pub fn one(entry: Option<&Arc<Entry>>, name: &str, found: Option<&Vec<Uuid>>) -> Result<Uuid, String> {
    match found.map(Vec::as_slice) {
        Some([id]) => Ok(*id),
        found => Err(why_not(entry, name, found.map_or(0, <[Uuid]>::len))),
    }
}

/// Why a name leads to no record.
pub fn why_not(entry: Option<&Arc<Entry>>, name: &str, count: usize) -> String {
    let (singular, plural) = entry.map_or(("record", "records"), |e| (e.ty.singular, e.ty.plural));
    let name = super::lines::short(name);
    match count {
        0 => format!("There is no {} called {name}.", singular.to_lowercase()),
        n => format!("{n} {} are called {name}.", plural.to_lowercase()),
    }
}
