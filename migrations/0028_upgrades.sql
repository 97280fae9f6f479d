-- How far what follows from the records was worked out again after its rules changed in the program. Where a row is
-- missing, what is stored is of the first revision.
create table upgrades (
    name {{key}} primary key,
    revision bigint not null,
    -- The last record that is done; missing once all are.
    at {{uuid}}
);
