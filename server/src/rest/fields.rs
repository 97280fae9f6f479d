//! The fields of a record as a script writes them.

use kernel::{AppError, FieldErrors};
use records::{
    Value,
    server::{AnyPermit, Ctx, SYSTEM_FIELDS, json},
};
use serde_json::{Map, Value as Json};

/// Reads fields by name. What is wrong stands at its field; a field the caller may not see does not exist.
pub fn read(ctx: &Ctx, permit: &AnyPermit, object: &Map<String, Json>) -> Result<Vec<(usize, Value)>, AppError> {
    let mut errors = FieldErrors::default();
    let mut set = Vec::with_capacity(object.len());
    for (name, value) in object {
        let known = permit.entry().ty.field(name).filter(|(i, _)| permit.may_see(*i));
        let Some((i, field)) = known else {
            errors.add(name, if is_system(name) { "This cannot be set." } else { "There is no such field." });
            continue;
        };
        match json::read(&field.kind, value, ctx.reading()) {
            Ok(value) => set.push((i, value)),
            Err(why) => errors.add(name, format!("This {why}.")),
        }
    }
    if errors.is_empty() { Ok(set) } else { Err(AppError::Invalid(errors)) }
}

/// What every record has besides its fields.
pub fn is_system(name: &str) -> bool {
    ["id", "version", "deleted_at"].contains(&name) || SYSTEM_FIELDS.iter().any(|f| f.name == name)
}
