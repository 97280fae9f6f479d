-- Of records that were to be done by a time that passed: which time whoever has to do them was told of. A later one that
-- passes too is told of again.
create table reminders (
    record_id {{uuid}} primary key,
    due text not null,
    told_at {{ts}} not null
);
create index reminders_age on reminders (told_at);
