-- Records as files. A row is no record: only who asked for it knows of it. Its id is its job's.

create table exports (
    id {{uuid}} primary key,
    actor {{uuid}} not null,
    -- waiting, running, done, failed, cancelled or expired
    status text not null,
    -- What is wanted, and what the types are called.
    wanted {{json}} not null,
    title text not null,
    -- Records created from one instant up to another: the days that were meant when it was asked for.
    created_from {{ts}},
    created_to {{ts}},
    row_count bigint not null,
    total bigint not null,
    bytes bigint not null,
    file {{uuid}},
    file_name text,
    error text,
    created_at {{ts}} not null,
    finished_at {{ts}},
    expires_at {{ts}}
);
create index exports_actor on exports (actor, id);
create index exports_expiring on exports (expires_at) where status = 'done';
create index exports_created on exports (created_at);
