//! The statements of a draft.

use std::fmt;

use kernel::server::migrate::catalog::Index;

/// One thing to do to the schema, on both databases.
#[derive(Clone, Debug)]
pub enum Step {
    /// With the columns of its fields.
    CreateTable {
        table: String,
        columns: Vec<(String, &'static str)>,
    },
    RenameTable {
        from: String,
        to: String,
    },
    AddColumn {
        table: String,
        column: String,
        kind: &'static str,
    },
    RenameColumn {
        table: String,
        from: String,
        to: String,
    },
    DropColumn {
        table: String,
        column: String,
    },
    CreateIndex {
        table: String,
        index: Index,
        is_new: bool,
    },
    DropIndex {
        name: String,
    },
    /// Full text, filled where the table is not new.
    StartSearch {
        table: String,
        is_new: bool,
    },
    EndSearch {
        table: String,
    },
    /// What other tables hold about the type or a field of it.
    Elsewhere(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateTable { table, columns } => {
                write!(f, "create table {table} (\n{SYSTEM}")?;
                for (name, kind) in columns {
                    writeln!(f, "    {name} {kind},")?;
                }
                writeln!(f, "    search_key {{{{key}}}} not null\n);")
            }
            Self::RenameTable { from, to } => writeln!(f, "alter table {from} rename to {to};"),
            Self::AddColumn { table, column, kind } => writeln!(f, "alter table {table} add column {column} {kind};"),
            Self::RenameColumn { table, from, to } => writeln!(f, "alter table {table} rename column {from} to {to};"),
            Self::DropColumn { table, column } => writeln!(f, "alter table {table} drop column {column};"),
            Self::CreateIndex { table, index, is_new } => {
                if index.is_unique && !is_new {
                    writeln!(f, "-- Fails where two records have the same: one of them has to be changed before.")?;
                }
                let unique = if index.is_unique { "unique " } else { "" };
                write!(f, "create {unique}index {} on {table} ({})", index.name, index.columns.join(", "))?;
                if !index.condition.is_empty() {
                    write!(f, " where {}", index.condition)?;
                }
                writeln!(f, ";")
            }
            Self::DropIndex { name } => writeln!(f, "drop index {name};"),
            Self::StartSearch { table, is_new } => {
                let fill = format!("insert into {table}_search ({table}_search) values ('rebuild');\n");
                let fill = if *is_new { "" } else { &fill };
                f.write_str(&SEARCH.replace("TABLE", table).replace("FILL", fill))
            }
            Self::EndSearch { table } => writeln!(
                f,
                "{{{{postgres}}}}drop index {table}_search;{{{{end}}}}\n{{{{sqlite}}}}\ndrop trigger if \
                 exists {table}_search_update;\ndrop table {table}_search;\n{{{{end}}}}"
            ),
            Self::Elsewhere(statement) => writeln!(f, "{statement};"),
        }
    }
}

/// The columns of every record table.
const SYSTEM: &str = "    {{sqlite}}n integer primary key,
    id blob not null unique,{{end}}
    {{postgres}}id uuid primary key,{{end}}
    version bigint not null,
    created_at {{ts}} not null,
    created_by {{uuid}},
    updated_at {{ts}} not null,
    updated_by {{uuid}},
    deleted_at {{ts}},
    deleted_by {{uuid}},
    owner {{uuid}},
    team {{uuid}},
";

/// SQLite's full text is given what is created by who writes it, and what is changed by a trigger.
const SEARCH: &str = "{{postgres}}create index TABLE_search on TABLE using gin (search_key gin_trgm_ops);{{end}}
{{sqlite}}
create virtual table TABLE_search using fts5(
    search_key, content = 'TABLE', content_rowid = 'n', tokenize = 'trigram case_sensitive 1', detail = 'none'
);
create trigger TABLE_search_update after update of search_key on TABLE
when old.search_key <> new.search_key begin
    insert into TABLE_search (TABLE_search, rowid, search_key) values ('delete', old.n, old.search_key);
    insert into TABLE_search (rowid, search_key) values (new.n, new.search_key);
end;
FILL{{end}}
";
