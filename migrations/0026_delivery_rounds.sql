-- A delivery that a person has tried again begins a round, as a message of the outbox does: its job is known by it, and
-- what failed before counts no more.
alter table deliveries add column round bigint not null default 0;
alter table deliveries add column failures bigint not null default 0;
update deliveries set failures = attempt where state = 'waiting';
update jobs set unique_key =
    {{sqlite}}json_extract(args, '$.delivery'){{end}}{{postgres}}(args::json ->> 'delivery'){{end}} || ' 0'
    where kind in ('notifications.deliver', 'notifications.ring')
    and state in ('scheduled', 'available', 'running', 'retryable') and unique_key is null;
