-- Whether keys without a modifier, such as c and j, are shortcuts to this person.
alter table preferences add column single_keys {{bool}} not null default true;
