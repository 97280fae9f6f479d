-- What every write leaves behind. `changes` holds one row per record and version: of an edit its difference, of
-- anything else nothing but that it happened.

create table change_sets (
    id {{uuid}} primary key,
    source text not null,
    title text not null,
    actor {{uuid}},
    at {{ts}} not null,
    finished_at {{ts}},
    status text not null,
    undoes {{uuid}},
    undone_by {{uuid}},
    records bigint not null
);
create index change_sets_actor on change_sets (actor, id);

create table changes (
    record_id {{uuid}} not null,
    version bigint not null,
    record_type text not null,
    change_set {{uuid}} not null,
    action text not null,
    at {{ts}} not null,
    actor {{uuid}},
    fields {{json}},
    primary key (record_id, version)
);
create index changes_change_set on changes (change_set, record_type, record_id);

create table events (
    id {{uuid}} primary key,
    record_type text not null,
    change_set {{uuid}} not null,
    at {{ts}} not null,
    actor {{uuid}},
    created bigint not null,
    edited bigint not null,
    deleted bigint not null,
    restored bigint not null
);

-- One row per value of a field that holds several, to filter by.
create table record_values (
    field text not null,
    value_key {{key}} not null,
    record_id {{uuid}} not null
);
create index record_values_value on record_values (field, value_key, record_id);
create index record_values_record on record_values (record_id);
