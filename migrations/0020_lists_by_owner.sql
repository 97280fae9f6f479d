-- A list of one's own follows the order it is sorted by and tests each row, or gathers the few there are. The order of
-- names in each owner's and each team's index served neither, and every new record cost a page somewhere in it.
drop index companies_owner;
create index companies_owner on companies (owner, id) where deleted_at is null;
drop index companies_team;
create index companies_team on companies (team, id) where deleted_at is null and team is not null;
drop index contacts_owner;
create index contacts_owner on contacts (owner, id) where deleted_at is null;
drop index contacts_team;
create index contacts_team on contacts (team, id) where deleted_at is null and team is not null;
