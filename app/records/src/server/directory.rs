//! Types as one viewer may know them.

use std::sync::Arc;

use super::{Action, AnyPermit, Ctx, Entry, SYSTEM_FIELDS};
use crate::{Access, FieldInfo, Flags, SortKey, TypeInfo};

/// The description of a type for the holder of a permit to view it. Its fields are those the viewer may see, in the
/// order of the declaration, followed by the system fields; cells sent to the browser come in the same order.
pub fn describe(ctx: &Ctx, permit: &AnyPermit) -> TypeInfo {
    let entry = permit.entry();
    let actions = Action::ALL.into_iter().filter_map(|action| ctx.find_permit(entry, action).map(|p| (action, p)));
    let actions: Vec<(Action, AnyPermit)> = actions.collect();
    let writers: Vec<&AnyPermit> =
        actions.iter().filter(|(a, _)| matches!(a, Action::Create | Action::Edit)).map(|(_, p)| p).collect();
    let declared = entry.ty.fields.iter().enumerate().filter(|(i, _)| permit.may_see(*i)).map(|(i, field)| {
        let is_open = !field.is(Flags::COMPUTED) && !field.is(Flags::GUARDED) && writers.iter().any(|p| p.may_write(i));
        FieldInfo { field: field.clone(), access: if is_open { Access::Write } else { Access::Read } }
    });
    let system = SYSTEM_FIELDS.iter().map(|field| FieldInfo { field: field.clone(), access: Access::Read });
    let fields: Vec<FieldInfo> = declared.chain(system).collect();
    TypeInfo {
        name: entry.ty.name.to_owned(),
        singular: entry.ty.singular.to_owned(),
        plural: entry.ty.plural.to_owned(),
        module: entry.module.to_owned(),
        icon: entry.ty.icon.to_owned(),
        title: fields.iter().position(|f| f.name() == entry.ty.title).unwrap_or(0),
        sort: SortKey::parse_list(entry.ty.sort),
        fields,
        actions: actions.iter().map(|(a, _)| a.name().to_owned()).collect(),
        referrers: referrers(ctx, entry),
    }
}

fn referrers(ctx: &Ctx, entry: &Arc<Entry>) -> Vec<(String, String, String)> {
    let visible = entry
        .referrers()
        .iter()
        .filter(|(ty, field)| ctx.permit_any(ty.name, Action::View).is_ok_and(|p| p.may_see(*field)));
    visible.map(|(ty, field)| (ty.name.to_owned(), ty.fields[*field].name.to_string(), ty.plural.to_owned())).collect()
}
