-- How each person wants to see and to be told things. Who has no row has the defaults.

create table preferences (
    user_id {{uuid}} primary key references users (id) on delete cascade,
    -- system, light or dark
    theme text not null,
    -- compact, default or comfortable
    density text not null,
    -- Seconds between looks at what a screen follows by itself: 0 for never, nothing for what suits each screen.
    refresh bigint,
    date_format text not null,
    time_format text not null,
    number_format text not null,
    -- Nothing for the company's.
    time_zone text,
    start_page text not null,
    -- Where text messages go.
    phone text,
    -- Minutes after midnight in the person's zone, between which nothing rings.
    quiet_from bigint,
    quiet_until bigint,
    high_through_quiet {{bool}} not null,
    updated_at {{ts}} not null
);
