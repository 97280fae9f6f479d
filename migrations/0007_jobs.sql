-- Work that happens by itself. A row is no record: administrators see all of it, others what they started.

create table jobs (
    id {{uuid}} primary key,
    kind text not null,
    queue text not null,
    -- scheduled, available, running, retryable, completed, cancelled or discarded
    state text not null,
    -- What the job is about, as its handler reads it.
    args {{json}} not null,
    -- Of jobs of a kind with the same key, only one is not over.
    unique_key text,
    attempt bigint not null,
    attempts bigint not null,
    -- Not before this time.
    run_at {{ts}} not null,
    -- Those with the earliest come first: `run_at`, moved back for what is urgent, so that nothing waits for ever.
    rank {{ts}} not null,
    -- Whose work it is; the program's own has nobody.
    actor {{uuid}},
    -- Of the present attempt: who is at it, and the word without which nobody may end it.
    worker {{uuid}},
    token {{uuid}},
    cancel_asked {{bool}} not null,
    progress_done bigint not null,
    progress_total bigint not null,
    progress_message text,
    result {{json}},
    created_at {{ts}} not null,
    started_at {{ts}},
    finished_at {{ts}}
);
create unique index jobs_unique on jobs (kind, unique_key)
    where unique_key is not null and state in ('scheduled', 'available', 'running', 'retryable');
create index jobs_next on jobs (queue, rank, id) where state = 'available';
create index jobs_due on jobs (run_at) where state in ('scheduled', 'retryable');
create index jobs_running on jobs (worker) where state = 'running';
create index jobs_over on jobs (state, finished_at);
create index jobs_state on jobs (state, id);
create index jobs_queue on jobs (queue, id);

-- What went wrong in each attempt that failed.
create table job_errors (
    job {{uuid}} not null references jobs (id) on delete cascade,
    attempt bigint not null,
    at {{ts}} not null,
    message text not null,
    primary key (job, attempt)
);

-- Queues somebody paused.
create table job_pauses (
    queue text primary key,
    paused_by {{uuid}},
    paused_at {{ts}} not null
);

-- Processes that do the work. `beat` grows as long as one lives.
create table job_workers (
    id {{uuid}} primary key,
    name text not null,
    queues {{json}} not null,
    beat bigint not null,
    running bigint not null,
    started_at {{ts}} not null,
    beat_at {{ts}} not null
);

-- When each schedule is next due. Who moves `next_tick` on enqueues its job, so that each tick happens once.
create table job_schedules (
    name text primary key,
    -- In place of the time the program comes with.
    cron text,
    paused {{bool}} not null,
    last_tick {{ts}},
    next_tick {{ts}} not null
);

-- Each minute's work: `wait` and `run` count jobs by how long, `failed` attempts that failed. A bucket holds what took
-- less than two to its power in milliseconds.
create table job_figures (
    minute {{ts}} not null,
    queue text not null,
    figure text not null,
    bucket bigint not null,
    n bigint not null,
    primary key (minute, queue, figure, bucket)
);

-- How jobs ended, by day; kept when the jobs themselves are gone.
create table job_days (
    day {{date}} not null,
    kind text not null,
    state text not null,
    n bigint not null,
    primary key (day, kind, state)
);

-- The job that is at an import, or was last.
alter table imports add column job {{uuid}};
