-- What people are told, on which ways, and what became of it. A row is no record: it is its reader's alone; how it was
-- delivered is administrators' to see too.

create table notifications (
    id {{uuid}} primary key,
    -- What was told to several at once; nobody is told it twice.
    notice {{uuid}} not null,
    user_id {{uuid}} not null references users (id) on delete cascade,
    kind text not null,
    title text not null,
    message text not null,
    -- A path of the web app.
    link text,
    -- normal or high
    priority text not null,
    record_type text,
    record_id {{uuid}},
    -- Whether its reader wants it in the list; if not, it only goes other ways.
    in_app {{bool}} not null,
    created_at {{ts}} not null,
    read_at {{ts}},
    snoozed_until {{ts}}
);
create unique index notifications_notice on notifications (notice, user_id);
create index notifications_reader on notifications (user_id, id);
create index notifications_unread on notifications (user_id, id) where read_at is null;
create index notifications_read on notifications (read_at);
create index notifications_age on notifications (created_at);

-- One row per notification and way out of the program.
create table deliveries (
    id {{uuid}} primary key,
    notification {{uuid}} not null references notifications (id) on delete cascade,
    user_id {{uuid}} not null,
    -- email or sms
    channel text not null,
    -- at_once, daily or weekly
    mode text not null,
    -- waiting, sent, failed or skipped
    state text not null,
    due_at {{ts}} not null,
    attempt bigint not null,
    -- Why it was skipped or failed, or where it went.
    detail text,
    created_at {{ts}} not null,
    ended_at {{ts}}
);
create index deliveries_notification on deliveries (notification);
create index deliveries_state on deliveries (state, id);
create index deliveries_digest on deliveries (mode, user_id) where state = 'waiting';

create table delivery_attempts (
    delivery {{uuid}} not null references deliveries (id) on delete cascade,
    attempt bigint not null,
    at {{ts}} not null,
    -- sent or failed
    state text not null,
    message text not null,
    primary key (delivery, attempt)
);

-- What somebody wants to be told in another way than usual.
create table notification_channels (
    user_id {{uuid}} not null references users (id) on delete cascade,
    kind text not null,
    channel text not null,
    -- off, at_once, daily or weekly
    mode text not null,
    primary key (user_id, kind, channel)
);

-- Records somebody follows, or wants to hear nothing of. Owners follow what is theirs without a row.
create table follows (
    user_id {{uuid}} not null references users (id) on delete cascade,
    record_id {{uuid}} not null,
    record_type text not null,
    -- following or muted
    state text not null,
    since {{ts}} not null,
    primary key (user_id, record_id)
);
create index follows_record on follows (record_id);

-- Whether those concerned were told what happened. What happened before there were notifications is not told.
alter table events add column noticed_at {{ts}};
update events set noticed_at = at;
create index events_unnoticed on events (change_set) where noticed_at is null;
