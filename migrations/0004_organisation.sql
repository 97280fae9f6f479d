-- The company itself: one row, set once, used by every module.

create table organisations (
    {{sqlite}}n integer primary key,
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
    name text not null,
    name_key {{key}} not null,
    logo text,
    logo_key {{key}},
    time_zone text not null,
    time_zone_key {{key}} not null,
    first_day {{key}} not null,
    fiscal_year {{key}} not null,
    currency text not null,
    currency_key {{key}} not null,
    search_key {{key}} not null
);
