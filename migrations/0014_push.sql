-- Browsers that show their person's notifications while no page is open (Push API).

create table push_subscriptions (
    id {{uuid}} primary key,
    user_id {{uuid}} not null references users (id) on delete cascade,
    -- The session it was made in. Who is signed out hears nothing more there.
    session {{uuid}} not null references sessions (id) on delete cascade,
    -- When that session ends at the latest, and this with it.
    ends_at {{ts}} not null,
    -- Where the browser's push service takes messages for it.
    endpoint text not null,
    -- The browser's public key and its authentication secret (RFC 8291).
    p256dh {{bytes}} not null,
    auth {{bytes}} not null,
    -- What the browser calls itself.
    agent text not null,
    created_at {{ts}} not null,
    -- When its push service last took a message.
    used_at {{ts}}
);
create unique index push_subscriptions_endpoint on push_subscriptions (endpoint);
create index push_subscriptions_user on push_subscriptions (user_id, id);
create index push_subscriptions_session on push_subscriptions (session);
create index push_subscriptions_end on push_subscriptions (ends_at);

-- Which browsers a delivery has reached, so that trying it again leaves them alone.
create table push_receipts (
    delivery {{uuid}} not null references deliveries (id) on delete cascade,
    subscription {{uuid}} not null references push_subscriptions (id) on delete cascade,
    primary key (delivery, subscription)
);
create index push_receipts_subscription on push_receipts (subscription);
