//! Contexts for tests of domains, without signing anybody in.

use std::{collections::BTreeSet, sync::Arc};

use kernel::server::{Clock, Db, DbError, Engine, Rng, Row};
use uuid::Uuid;

use super::{Actor, App, Grants, Module, Registry, schema};
use crate::RecordType;

/// A program over `modules`. Panics where they do not fit together: a test has nothing to say then.
#[expect(clippy::expect_used, reason = "only tests call this")]
pub fn app(db: Db, clock: Clock, modules: Vec<Module>) -> App {
    App::new(db, Registry::build(modules).expect("the modules fit together"), clock, Rng::seeded(1))
}

/// Somebody with the given grants, in no team or in one.
pub fn actor(user: Uuid, team: Option<Uuid>, grants: Grants) -> Arc<Actor> {
    Arc::new(Actor {
        user: Some(user),
        name: "Test".to_owned(),
        email: "test@example.com".to_owned(),
        role: "test".to_owned(),
        team,
        teams: team.into_iter().collect(),
        grants: Arc::new(grants),
    })
}

/// What there is, its name, and how it is.
const SQLITE: &str = "
select 'column', name, type from pragma_table_info($1)
union all
select case l.\"unique\" when 1 then 'unique index' else 'index' end, l.name,
    coalesce(m.sql, 'key on ' || (select group_concat(i.name) from pragma_index_info(l.name) i))
    from pragma_index_list($1) l left join sqlite_master m on m.name = l.name
union all
select 'trigger', m.name, m.sql from sqlite_master m
    where m.type = 'trigger' and m.tbl_name = $1 and substr(m.name, 1, 2) <> 'x_'
union all
select 'full text', m.name, m.sql from sqlite_master m where m.name = $1 || '_search'";

const POSTGRES: &str = "
select 'column', a.attname::text, format_type(a.atttypid, a.atttypmod) || coalesce(' ' || l.collname, '')
    from pg_attribute a left join pg_collation l on l.oid = a.attcollation
    where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
union all
select case when i.indisunique then 'unique index' else 'index' end, c.relname::text, pg_get_indexdef(c.oid)
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = to_regclass($1)
union all
select 'trigger', t.tgname::text, pg_get_triggerdef(t.oid) from pg_trigger t
    where t.tgrelid = to_regclass($1) and not t.tgisinternal";

/// What a database has for these types, a line each: columns with their types, indexes, triggers, full text. What no
/// type declares is left out, and so are the names of indexes and whether a column may be empty.
#[expect(clippy::expect_used, reason = "only tests call this")]
pub async fn schema(db: &Db, types: &[&'static RecordType]) -> BTreeSet<String> {
    let sql = if db.engine() == Engine::Sqlite { SQLITE } else { POSTGRES };
    let mut lines = BTreeSet::new();
    for ty in types {
        let rows = db.fetch_all(sql, vec![ty.name.into()]).await.expect("the schema can be read");
        let read =
            |row: &Row| -> Result<(String, String, String), DbError> { Ok((row.get(0)?, row.get(1)?, row.get(2)?)) };
        let parts = rows.iter().map(read).collect::<Result<Vec<_>, _>>().expect("texts");
        let declared: BTreeSet<String> = ty.fields.iter().flat_map(schema::columns).map(|(name, _)| name).collect();
        let is_undeclared = |column: &str| !schema::is_system(column) && !declared.contains(column);
        let columns = parts.iter().filter(|(what, ..)| what == "column").map(|(_, name, _)| name.as_str());
        let undeclared: BTreeSet<&str> = columns.filter(|name| is_undeclared(name)).collect();
        for (what, name, text) in &parts {
            let text = text.replace('"', "").to_lowercase();
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').chain([name.as_str()]);
            if words.into_iter().any(|word| undeclared.contains(word)) {
                continue;
            }
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            lines.insert(match text.split_once(" on ") {
                Some((_, on)) if what.ends_with("index") => format!("{}: {what} on {on}", ty.name),
                _ => format!("{}: {what} {name} {text}", ty.name),
            });
        }
    }
    lines
}
