-- Indexes follow from what record types declare. The organisation's table has those of every other. The people of a team
-- are few: they are put in order when they are read, and a change of a name need not move them.

create index organisations_name on organisations (name_key, id) where deleted_at is null;
create index organisations_created on organisations (created_at, id) where deleted_at is null;
create index organisations_updated on organisations (updated_at, id) where deleted_at is null;
create index organisations_deleted on organisations (deleted_at, id) where deleted_at is not null;

drop index users_team;
create index users_team on users (team, id) where deleted_at is null and team is not null;
