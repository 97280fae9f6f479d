-- Files people brought or asked for. A row is no record: it belongs to what refers to it, such as an import or an
-- export, and goes with it.

-- What files hold, each once, by its SHA-256. The bytes lie in the data folder or in S3, at a place that is never
-- given to anything else.
create table blobs (
    id {{uuid}} primary key,
    sha256 text not null,
    bytes bigint not null,
    place text not null,
    -- When somebody last brought it: what nobody refers to stays for a while, for who is about to.
    touched_at {{ts}} not null
);
create unique index blobs_content on blobs (sha256);
create unique index blobs_place on blobs (place);

create table files (
    id {{uuid}} primary key,
    blob {{uuid}} not null references blobs (id),
    name text not null,
    -- As it is served.
    media_type text not null,
    -- Who brought it or asked for it.
    owner {{uuid}},
    created_at {{ts}} not null
);
create index files_blob on files (blob);

-- The text of an import's file, until the import is over.
alter table imports add column file {{uuid}};
