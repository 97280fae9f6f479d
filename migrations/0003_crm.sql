-- Companies and contacts. Text that is compared has its folded key beside it; `search_key` joins what is searched.

create table companies (
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
    status {{key}} not null,
    sector text,
    sector_key {{key}},
    sub_industry text,
    sub_industry_key {{key}},
    headquarters text,
    headquarters_key {{key}},
    annual_revenue_minor bigint,
    annual_revenue_currency text,
    employees bigint,
    ticker text,
    ticker_key {{key}},
    cik text,
    cik_key {{key}},
    domain text,
    domain_key {{key}},
    founded text,
    founded_key {{key}},
    founded_year bigint,
    listed_since {{date}},
    parent {{uuid}},
    tags {{json}},
    notes text,
    notes_key {{key}},
    search_key {{key}} not null
);
create unique index companies_domain on companies (domain_key) where deleted_at is null;
create index companies_name on companies (name_key, id) where deleted_at is null;
create index companies_created on companies (created_at, id) where deleted_at is null;
create index companies_updated on companies (updated_at, id) where deleted_at is null;
create index companies_status on companies (status, id) where deleted_at is null;
create index companies_sector on companies (sector_key, id) where deleted_at is null;
create index companies_sub_industry on companies (sub_industry_key, id) where deleted_at is null;
create index companies_headquarters on companies (headquarters_key, id) where deleted_at is null;
create index companies_revenue on companies (annual_revenue_minor, id) where deleted_at is null;
create index companies_employees on companies (employees, id) where deleted_at is null;
create index companies_founded on companies (founded_year, id) where deleted_at is null;
create index companies_listed on companies (listed_since, id) where deleted_at is null;
create index companies_ticker on companies (ticker_key, id) where deleted_at is null;
create index companies_cik on companies (cik_key, id) where deleted_at is null;
create index companies_parent on companies (parent, id);
create index companies_owner on companies (owner, name_key, id) where deleted_at is null;
create index companies_team on companies (team, name_key, id) where deleted_at is null;
create index companies_deleted on companies (deleted_at, id) where deleted_at is not null;

create table contacts (
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
    last_name text not null,
    last_name_key {{key}} not null,
    status {{key}} not null,
    job_title text,
    job_title_key {{key}},
    company {{uuid}},
    emails {{json}},
    phones {{json}},
    address {{json}},
    address_key {{key}},
    notes text,
    notes_key {{key}},
    search_key {{key}} not null
);
create index contacts_name on contacts (full_name_key, id) where deleted_at is null;
create index contacts_created on contacts (created_at, id) where deleted_at is null;
create index contacts_updated on contacts (updated_at, id) where deleted_at is null;
create index contacts_status on contacts (status, id) where deleted_at is null;
create index contacts_company on contacts (company, id);
create index contacts_owner on contacts (owner, full_name_key, id) where deleted_at is null;
create index contacts_team on contacts (team, full_name_key, id) where deleted_at is null;
create index contacts_deleted on contacts (deleted_at, id) where deleted_at is not null;

{{postgres}}
create index companies_search on companies using gin (search_key gin_trgm_ops);
create index contacts_search on contacts using gin (search_key gin_trgm_ops);
{{end}}
{{sqlite}}
create virtual table companies_search using fts5(
    search_key, content = 'companies', content_rowid = 'n', tokenize = 'trigram case_sensitive 1', detail = 'none'
);
create trigger companies_search_insert after insert on companies begin
    insert into companies_search (rowid, search_key) values (new.n, new.search_key);
end;
create trigger companies_search_update after update of search_key on companies
when old.search_key <> new.search_key begin
    insert into companies_search (companies_search, rowid, search_key) values ('delete', old.n, old.search_key);
    insert into companies_search (rowid, search_key) values (new.n, new.search_key);
end;
create virtual table contacts_search using fts5(
    search_key, content = 'contacts', content_rowid = 'n', tokenize = 'trigram case_sensitive 1', detail = 'none'
);
create trigger contacts_search_insert after insert on contacts begin
    insert into contacts_search (rowid, search_key) values (new.n, new.search_key);
end;
create trigger contacts_search_update after update of search_key on contacts
when old.search_key <> new.search_key begin
    insert into contacts_search (contacts_search, rowid, search_key) values ('delete', old.n, old.search_key);
    insert into contacts_search (rowid, search_key) values (new.n, new.search_key);
end;
{{end}}
