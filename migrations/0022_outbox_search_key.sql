-- What a message is found by: subject, names and addresses, without case or accents. What was written before is found by
-- the letters it has.
alter table outbox add column search_key {{key}} not null default '';
update outbox set search_key = lower(subject || coalesce((
    select
        {{sqlite}}group_concat(char(10) || r.name || char(10) || r.address, ''){{end}}
        {{postgres}}string_agg(chr(10) || r.name || chr(10) || r.address, ''){{end}}
    from outbox_recipients r where r.message = outbox.id
), ''));

-- An attempt at a delivery may have ended as `uncertain`, too: it may have arrived. Such text messages just failed before.
update delivery_attempts set state = 'uncertain' where state = 'failed'
    and delivery in (select id from deliveries where channel = 'sms' and state = 'failed');
