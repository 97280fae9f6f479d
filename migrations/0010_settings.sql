-- What administrators set in screens, by the name it has in mainstay.toml. What the file or the environment says goes
-- before it. Secrets are sealed (platform::server::vault) and stand in a column of their own.

create table system_settings (
    name text primary key,
    value text,
    sealed {{bytes}},
    changed_by {{uuid}},
    changed_at {{ts}} not null
);
