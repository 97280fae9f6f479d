-- Who could see records before an event gave them another owner or team: a list of [record, owner, team].
alter table events add column moved {{json}};

-- A script trades its token for a ticket with which it opens one socket, within seconds.
create table socket_tickets (
    hash {{bytes}} primary key,
    session {{uuid}} not null references sessions (id) on delete cascade,
    expires_at {{ts}} not null
);
create index socket_tickets_session on socket_tickets (session);
