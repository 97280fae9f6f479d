-- Answers to requests that named themselves, kept for a day so that a repeated request is answered and not done again.
-- Without a status the request is still under way, or was cut off.

create table idempotency_keys (
    actor {{uuid}} not null,
    key {{key}} not null,
    -- Method and path.
    request text not null,
    body_hash {{bytes}} not null,
    status bigint,
    headers {{json}},
    body {{bytes}},
    created_at {{ts}} not null,
    primary key (actor, key)
);
