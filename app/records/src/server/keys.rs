//! Records found by what one of their fields says: what a file or another system calls a record by.

use std::collections::HashMap;

use kernel::AppError;
use uuid::Uuid;

use super::{PlanCx, matches, storage};
use crate::{Field, Kind, Value};

/// The folded texts by which a value is compared: none for a missing one, several for a field of several values.
pub fn keys(field: &Field, value: &Value) -> Vec<String> {
    match value {
        Value::List(list) => list.iter().map(|item| matches::item_key(Some(&field.kind), item)).collect(),
        value => storage::compare_key(&field.kind, value).into_iter().collect(),
    }
}

/// Whether records can be found by the field: its values are texts that name rather than describe.
pub const fn is_key(field: &Field) -> bool {
    matches!(field.kind, Kind::Text | Kind::Email | Kind::Url | Kind::Phone | Kind::Emails | Kind::Phones)
}

/// Live records that have one of the keys in a field, as far as the context's permit covers them.
pub async fn find_by_keys(
    cx: &mut PlanCx<'_>,
    field: usize,
    keys: &[String],
) -> Result<HashMap<String, Vec<Uuid>>, AppError> {
    const AT_ONCE: usize = 500;
    let mut found: HashMap<String, Vec<Uuid>> = HashMap::new();
    let ty = cx.permit.entry().ty;
    let Some(declared) = ty.fields.get(field).filter(|f| is_key(f) && cx.permit.may_see(field)) else {
        return Ok(found);
    };
    for some in keys.chunks(AT_ONCE) {
        let mut sql = super::Sql::new(cx.source.engine());
        if declared.kind.is_many() {
            sql.push(&format!(
                "select v.value_key, t.id from record_values v join {} t on t.id = v.record_id where v.field = ",
                ty.name
            ));
            sql.bind(format!("{}.{}", ty.name, declared.name));
            sql.push(" and v.value_key in ");
        } else {
            let column = storage::key_column(declared);
            sql.push(&format!("select t.{column}, t.id from {} t where t.{column} in ", ty.name));
        }
        sql.bind_list(some.iter().map(String::as_str));
        sql.push(" and t.deleted_at is null and ");
        cx.permit.predicate(&mut sql, "t");
        for row in cx.fetch(sql).await? {
            found.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
    }
    Ok(found)
}
