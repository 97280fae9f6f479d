-- A company without teams need not keep a list of all its records in none.
drop index companies_team;
create index companies_team on companies (team, name_key, id) where deleted_at is null and team is not null;
drop index contacts_team;
create index contacts_team on contacts (team, full_name_key, id) where deleted_at is null and team is not null;
