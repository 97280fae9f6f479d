-- Mail on its way out. A row is no record: administrators see all of it, nobody else any.

create table outbox (
    id {{uuid}} primary key,
    -- The same on every attempt, so that who gets a message twice can tell.
    message_id text not null,
    -- What the message is for, such as `sign_in_alert`.
    kind text not null,
    -- The record it is about.
    about_type text,
    about_id {{uuid}},
    subject text not null,
    html text not null,
    plain text not null,
    -- Names and values of further headers.
    headers {{json}} not null,
    -- held, queued, sending, sent, failed, uncertain or discarded
    state text not null,
    -- How often it was put in the queue; a job works on its own round alone.
    round bigint not null,
    -- How often sending came to nothing in this round, and when it is tried again.
    failures bigint not null,
    retry_at {{ts}},
    -- How often it was handed over. What an attempt writes down afterwards names its number.
    attempt bigint not null,
    -- Who it was sent as, the last time.
    sender text,
    -- The last thing that went wrong, as staff read it.
    trouble text,
    -- When a person decided something about it, and who.
    decided_by {{uuid}},
    decided_at {{ts}},
    created_at {{ts}} not null,
    handed_over_at {{ts}},
    finished_at {{ts}}
);
create index outbox_state on outbox (state, id);
create index outbox_over on outbox (state, finished_at);

create table outbox_recipients (
    message {{uuid}} not null references outbox (id) on delete cascade,
    n bigint not null,
    address text not null,
    name text not null,
    -- waiting, accepted, refused or uncertain
    state text not null,
    -- The words of the server that was asked to deliver.
    answer text,
    primary key (message, n)
);
