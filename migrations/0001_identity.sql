-- Who signs in, what they may do, and how long they stay signed in. The columns of `users` and `teams` are those of
-- every record; beyond them `users` holds the password's hash, which no record field shows.
{{postgres}}create extension if not exists pg_trgm;{{end}}

create table teams (
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
    parent {{uuid}},
    search_key {{key}} not null
);
create unique index teams_name on teams (name_key) where deleted_at is null;
create index teams_created on teams (created_at, id) where deleted_at is null;
create index teams_updated on teams (updated_at, id) where deleted_at is null;
create index teams_parent on teams (parent, id);
create index teams_deleted on teams (deleted_at, id) where deleted_at is not null;

create table users (
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
    full_name text,
    full_name_key {{key}},
    first_name text,
    first_name_key {{key}},
    last_name text,
    last_name_key {{key}},
    email text not null,
    -- Cleared for a moment when two users exchange addresses.
    email_key {{key}},
    role {{key}} not null,
    active {{bool}} not null,
    search_key {{key}} not null,
    -- In the PHC string format; empty for who cannot sign in by password.
    password_hash text,
    password_changed_at {{ts}},
    signed_in_at {{ts}}
);
create unique index users_email on users (email_key) where deleted_at is null;
create index users_name on users (full_name_key, id) where deleted_at is null;
create index users_created on users (created_at, id) where deleted_at is null;
create index users_updated on users (updated_at, id) where deleted_at is null;
create index users_role on users (role, id) where deleted_at is null;
create index users_team on users (team, full_name_key, id) where deleted_at is null;
create index users_deleted on users (deleted_at, id) where deleted_at is not null;

{{postgres}}
create index teams_search on teams using gin (search_key gin_trgm_ops);
create index users_search on users using gin (search_key gin_trgm_ops);
{{end}}
{{sqlite}}
create virtual table teams_search using fts5(
    search_key, content = 'teams', content_rowid = 'n', tokenize = 'trigram case_sensitive 1', detail = 'none'
);
create trigger teams_search_insert after insert on teams begin
    insert into teams_search (rowid, search_key) values (new.n, new.search_key);
end;
create trigger teams_search_update after update of search_key on teams
when old.search_key <> new.search_key begin
    insert into teams_search (teams_search, rowid, search_key) values ('delete', old.n, old.search_key);
    insert into teams_search (rowid, search_key) values (new.n, new.search_key);
end;
create virtual table users_search using fts5(
    search_key, content = 'users', content_rowid = 'n', tokenize = 'trigram case_sensitive 1', detail = 'none'
);
create trigger users_search_insert after insert on users begin
    insert into users_search (rowid, search_key) values (new.n, new.search_key);
end;
create trigger users_search_update after update of search_key on users
when old.search_key <> new.search_key begin
    insert into users_search (users_search, rowid, search_key) values ('delete', old.n, old.search_key);
    insert into users_search (rowid, search_key) values (new.n, new.search_key);
end;
{{end}}

-- One row per sign-in: of a browser, which holds the secret whose hash stands here, or of a script, whose refresh
-- tokens are in the table below.
create table sessions (
    id {{uuid}} primary key,
    user_id {{uuid}} not null references users (id) on delete cascade,
    kind text not null,
    secret_hash {{bytes}},
    created_at {{ts}} not null,
    seen_at {{ts}} not null,
    idle_until {{ts}} not null,
    ends_at {{ts}} not null,
    revoked_at {{ts}},
    address text not null,
    agent text not null
);
create unique index sessions_secret on sessions (secret_hash);
create index sessions_user on sessions (user_id, seen_at);
create index sessions_end on sessions (ends_at);

-- Each is good for one exchange; its successor follows from it and the program's key.
create table refresh_tokens (
    hash {{bytes}} primary key,
    session_id {{uuid}} not null references sessions (id) on delete cascade,
    created_at {{ts}} not null,
    used_at {{ts}}
);
create index refresh_tokens_session on refresh_tokens (session_id);

-- What an administrator decided differently from the roles' defaults. A row speaks of one action; the defaults hold
-- for the rest.
create table role_permissions (
    role {{key}} not null,
    record_type {{key}} not null,
    action {{key}} not null,
    reach text not null,
    primary key (role, record_type, action)
);
-- Fields a role may not see (`hidden`) or not change (`read_only`).
create table role_fields (
    role {{key}} not null,
    record_type {{key}} not null,
    field {{key}} not null,
    access text not null,
    primary key (role, record_type, field)
);

create table settings (
    key {{key}} primary key,
    value text not null,
    version bigint not null,
    updated_at {{ts}} not null,
    updated_by {{uuid}}
);
