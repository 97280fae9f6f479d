-- Backups that were made, and what became of them. A row is no record: administrators alone know of it.

create table backups (
    id {{uuid}} primary key,
    -- manual, scheduled or migration
    cause text not null,
    -- running, made, proven or failed
    status text not null,
    -- The archive's name where backups go; nothing is there any more once it was removed.
    name text not null,
    bytes bigint not null,
    row_count bigint not null,
    file_count bigint not null,
    -- Who asked for it; empty where a schedule did.
    actor {{uuid}},
    error text,
    started_at {{ts}} not null,
    made_at {{ts}},
    proven_at {{ts}},
    removed_at {{ts}}
);
create index backups_started on backups (started_at);
create index backups_proven on backups (proven_at) where proven_at is not null;
