-- Files people brought, and what became of them. A row is no record: only who brought the file and administrators see
-- it. The file itself lies in the data folder under the import's id until the import is done or a week has passed.

create table imports (
    id {{uuid}} primary key,
    record_type text not null,
    file_name text not null,
    bytes bigint not null,
    -- uploaded, checking, checked, running, done, failed, undoing or undone
    status text not null,
    encoding text not null,
    delimiter text not null,
    -- What was found in each column, and what is wanted of it.
    file_columns {{json}} not null,
    settings {{json}} not null,
    warnings {{json}} not null,
    total bigint not null,
    progress bigint not null,
    created bigint not null,
    updated bigint not null,
    unchanged bigint not null,
    skipped bigint not null,
    failed bigint not null,
    -- How many cells or rows did not fit; `import_errors` keeps the first of them.
    errors bigint not null,
    differences {{json}},
    change_set {{uuid}},
    error text,
    actor {{uuid}},
    created_at {{ts}} not null,
    -- When the work on it was last heard of.
    touched_at {{ts}} not null,
    finished_at {{ts}}
);
create index imports_actor on imports (actor, id);
create index imports_status on imports (status, touched_at);

create table import_errors (
    import {{uuid}} not null references imports (id) on delete cascade,
    n bigint not null,
    -- error, skipped or conflict
    kind text not null,
    row_number bigint not null,
    column_name text not null,
    value text not null,
    message text not null,
    primary key (import, n)
);
