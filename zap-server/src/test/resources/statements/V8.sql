delete from chat_group where id = ?
;

delete from client where id = ?
;

delete from group_member where group_id = ? and slot = ?
;

delete from mailbox
where (recipient, position) in (
    select m.recipient, m.position
    from forgotten_client f join mailbox m on m.recipient = f.id
    where not f.cleared
    limit ?)
;

delete from mailbox where position = ? and recipient = ?
;

delete from mailbox_old m using unnest(?::bigint[], ?::bigint[], ?::bigint[]) as u (id, above, up_to)
where m.recipient = u.id and m.position > u.above and m.position <= u.up_to
;

delete from node where id = :id
;

delete from node_request where id in (:ids)
;

delete from refusal where client = ? and stream = ?
;

delete from stream where client = ? and stream = ?
returning accepted, digest, at, refusals_dropped
;

delete from writer where id = ?
;

insert into chat_group (created_at, id, requested_at, requested_members) values (?, ?, ?, ?)
;

insert into client (blocked_at, id, last_used, node, public_key, registered_at, stream) values (?, ?, ?, ?, ?, ?, ?)
;

insert into group_member (client_id, group_id, slot) values (?, ?, ?)
;

insert into mailbox (body, code, dst, message_id, position, recipient, sent_at, src) values (?, ?, ?, ?, ?, ?, ?, ?)
;

insert into mailbox (recipient, position, code, src, dst, sent_at, message_id, body, generation)
select recipient, position, code, src, dst, sent_at, nullif(message_id, -1), body,
    (select 1 + turns % 2 from mailbox_turn)
from unnest(
        ?::bigint[], ?::bigint[], ?::smallint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
        ?::bytea[])
    as u (recipient, position, code, src, dst, sent_at, message_id, body)
;

insert into refusal (client, stream, ordinal, reason)
select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::smallint[])
;

insert into stream (client, stream, accepted, digest, at, refusals_dropped, last_session)
values (?, ?, ?, ?, ?, ?, ?)
;

insert into writer default values returning id
;

lock table only mailbox in share mode
;

select (select system_identifier from pg_control_system())::text,
    ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint
;

select 1 from pg_database where datname = 'zap'
;

select batch from writer where id = ?
;

select blocked_at, id, last_used, node, public_key, registered_at, stream from client where id = ?
;

select body, code, dst, message_id, position, recipient, sent_at, src from mailbox where position = ? and recipient = ?
;

select c.id, c.tail, c.given, m.position, m.src, m.sent_at
from client c left join lateral (
    select position, src, sent_at from mailbox
    where recipient = c.id and position > c.settled and code in (6, 36)
    offset 0) m on true
where c.id = any (?)
order by c.id, m.position
;

select client_id, group_id, slot from group_member where group_id = ? and slot = ?
;

select coalesce(application_name, '') || coalesce(' at ' || host(client_addr), '')
        || coalesce(', ' || state, '') || coalesce(', ' || sync_state, '')
        || coalesce(', ' || round(extract(epoch from replay_lag)::numeric, 3) || ' s behind', ''),
    sync_state is null as untold,
    state = 'streaming' and sync_state in ('sync', 'quorum') as synchronous,
    greatest(pg_wal_lsn_diff(pg_current_wal_flush_lsn(), flush_lsn), 0)::bigint as behind,
    coalesce(extract(epoch from flush_lag), 0)::double precision as lag
from pg_stat_replication
where coalesce(state, 'streaming') <> 'backup'
order by 1
;

select coalesce(sum(tail - given), 0)::bigint from client
;

select count(*), set_config('plan_cache_mode', 'force_generic_plan', true)
from (select from client where id = any (?) order by id for no key update) as locked;
;

select count(*), set_config('plan_cache_mode', 'force_generic_plan', true)
from (select from client where id = any (?) order by id for no key update) as locked;
with name as (update writer set batch = ? where id = ? and batch < ? and batch >= ? returning id),
due as materialized (
    select n, recipient, originator, up_to, row_number() over (partition by originator order by n) as nth
    from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) with ordinality
        as r (recipient, originator, up_to, known, n)
    where not exists (select from mailbox m where m.recipient = r.recipient and m.position > r.known and m.code in (6, 36)
  and m.src = r.originator and m.sent_at <= r.up_to)),
untrue_read as materialized (
    select 1
    from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
        as r (recipient, originator, up_to, known)
    where exists (select from mailbox m where m.recipient = r.recipient and m.position > r.known and m.code in (6, 36)
  and m.src = r.originator and m.sent_at <= r.up_to)),
raised as (
    update client
    set tail = client.tail + u.entries + u.receipts,
        accepted = case when u.owned then u.accepted else client.accepted end,
        stream_digest = case when u.owned then u.stream_digest else client.stream_digest end,
        stream_at = case when u.at >= 0 then client.tail + u.at else client.stream_at end,
        given = case when u.owned then u.given else client.given end,
        digest = case when u.owned then u.digest else client.digest end,
        settled = case when u.owned and u.owed = u.owed_true then u.settled else client.settled end
    from (
        select id,
            (?::bigint[])[k.n] as entries, (?::bigint[])[k.n] as messages, (?::bigint[])[k.n] as owed,
            coalesce(o.count, 0) as receipts,
            coalesce(r.count, 0) as owed_true,
            (?::bigint[])[k.n] = 1 as owned,
            (?::bigint[])[k.n] as accepted, (?::bigint[])[k.n] as stream_digest, (?::bigint[])[k.n] as at,
            (?::bigint[])[k.n] as given, (?::bigint[])[k.n] as digest, (?::bigint[])[k.n] as settled,
            (?::bigint[])[k.n] as session_before, nullif((?::bigint[])[k.n], -1) as stream_before,
            (?::bigint[])[k.n] as accepted_before, (?::bigint[])[k.n] as given_before,
            (?::bigint[])[k.n] as settled_before
        from unnest(?::bigint[]) with ordinality as k (id, n)
        left join (select originator, count(*) from due group by originator) as o on o.originator = k.id
        left join (select recipient, count(*) from due group by recipient) as r on r.recipient = k.id) as u
    where client.id = u.id
      and (not u.owned
        or client.session = u.session_before and client.stream is not distinct from u.stream_before
        and client.accepted = u.accepted_before and client.given = u.given_before
        and client.settled = u.settled_before)
      and (u.messages = 0
        or client.tail + u.entries - case when u.owned then u.given else client.given end <= ?)
    returning client.id, client.tail, coalesce(client.node, 0) as node, u.receipts, u.entries),
added as (
    insert into mailbox (recipient, position, code, src, dst, sent_at, message_id, body, generation)
    select e.recipient, r.tail - r.receipts - r.entries + e.nth, e.code, e.src, e.dst, e.sent_at,
        nullif(e.message_id, -1), e.body, (select 1 + turns % 2 from mailbox_turn)
    from (
        select (?::bigint[])[n] as recipient, (?::bigint[])[n] as nth, (?::smallint[])[n] as code,
            (?::bigint[])[n] as src, (?::bigint[])[n] as dst, (?::bigint[])[n] as sent_at,
            (?::bigint[])[n] as message_id, body
        from unnest(?::bytea[]) with ordinality as k (body, n)) as e
    join raised r on r.id = e.recipient
    union all
    select d.originator, r.tail - r.receipts + d.nth, 7::smallint, 0, d.recipient, d.up_to,
        null, null, (select 1 + turns % 2 from mailbox_turn)
    from due d join raised r on r.id = d.originator)
select sqrt((select count(*) from name) - 1),
    1 / (case when (select count(*) from raised) = ? and not exists (select from untrue_read)
        then 1 else 0 end),
    (select array_agg(id order by id) from raised), (select array_agg(tail order by id) from raised),
    (select array_agg(node order by id) from raised), (select array_agg(n) from due),
    (1e9 * extract(epoch from statement_timestamp() - transaction_timestamp()))::bigint
;

select created_at, id, requested_at, requested_members from chat_group where id = ?
;

select current_setting('server_version_num')::int / 10000 as major,
       current_setting('transaction_read_only') = 'on' as read_only,
       current_setting('server_encoding') as encoding,
       current_user as role,
       current_schema() as schema,
       coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create,
       to_regclass('flyway_schema_history') is not null as has_tables
;

select current_setting('synchronous_standby_names') <> '', current_setting('synchronous_commit')
;

select exists (select from client where id = :id) or exists (select from forgotten_client where id = :id)
;

select exists (select from forgotten_client where id = :id)
;

select exists (select from pg_extension where extname = 'citus')
;

select exists (select from pg_file_settings where name = 'archive_mode' and setting in ('on', 'always'))
;

select host(inet_client_addr())
;

select id from client where last_used < :day and tail = given and id > :after order by id limit :limit
;

select id from client where public_key = :key order by registered_at desc, id limit 1
;

select id, above, case when before + entries <= ? then counter else least(counter, above + ? - before) end, counter
from (
    select id, counter, coalesce(first - 1, low) as above, entries,
        (sum(entries) over (order by id) - entries)::bigint as before
    from (
        select c.id, c.forgotten as low, c.settled as counter, e.first, e.entries
        from client c
        cross join lateral (
            select min(position) as first, count(*) as entries
            from (select position from mailbox_old
                where recipient = c.id and position > c.forgotten and position <= c.settled
                order by position limit ?) m) e
        where c.id > ? and c.forgotten < c.settled
        order by c.id limit ?) ranged
) counted
where before < ?
order by id
;

select id, client, action from node_request where node = :node and answer is null order by id
;

select id, name, seen_at, to_jsonb(node) ->> 'schema_version', to_jsonb(node) ->> 'zap_version' from node
where seen_at > now() - ? * interval '1 second' order by id
;

select id, session, stream, accepted, stream_digest, stream_at, refusals_dropped, tail, given, digest, settled,
    coalesce(node, 0)
from client where id = any (?)
 order by id for no key update
;

select lsn, labelfile, spcmapfile from pg_backup_stop(false)
;

select max(version::int) from flyway_schema_history where success and version is not null
;

select node, answer from node_request where id in (:ids) and answer is not null
;

select ordinal, reason from refusal where client = ? and stream = ? and ordinal > ? order by ordinal
;

select pg_advisory_xact_lock(7777000014)
;

select pg_advisory_xact_lock_shared(7777000014)
;

select pg_backend_pid()
;

select pg_backup_start('zap backup', true)
;

select pg_database_size(current_database())
;

select pg_is_in_recovery()
;

select pg_is_in_recovery(), host(inet_server_addr()) || ':' || inet_server_port()
;

select pg_notify(:channel, :clients)
;

select position, code, src, dst, sent_at, body, message_id from mailbox
where recipient = ? and position > ? order by position limit ?
;

select script from flyway_schema_history where success and version::int > :known order by version::int
;

select set_config('client_connection_check_interval', '10s', false)
where current_setting('client_connection_check_interval') = '0'
;

select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true)
;

select setting from pg_settings where name = 'wal_segment_size'
;

select string_agg(name, ', ') from (
    select relname as name from pg_class c
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    order by relname limit 3) as few
;

select string_agg(relname, ', ') from (
    select relname from pg_class
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
      and not (has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert')
        and has_table_privilege(oid, 'update') and has_table_privilege(oid, 'delete'))
    order by relname limit 3) as few
;

select system_identifier from pg_control_system()
;

select to_regclass('node') is not null
;

select turns from mailbox_turn
;

select turns from mailbox_turn for update
;

update chat_group set created_at = ?, id = ?, requested_at = ?, requested_members = ? where id = ?
;

update client set blocked_at = ?, id = ?, last_used = ?, node = ?, public_key = ?, registered_at = ?, stream = ? where id = ?
;

update client set blocked_at = least(blocked_at, now()) where id = :id
;

update client set blocked_at = null where id = :id
;

update client set session = session + 1, node = null where id = ? and session = ? and node = ?
;

update forgotten_client f set cleared = true
where not cleared and not exists (select from mailbox m where m.recipient = f.id)
;

update group_member set client_id = ?, group_id = ?, slot = ? where group_id = ? and slot = ?
;

update mailbox set body = ?, code = ?, dst = ?, message_id = ?, position = ?, recipient = ?, sent_at = ?, src = ? where position = ? and recipient = ?
;

update mailbox_turn set turns = turns + 1
;

update node_request set answer = :answer where id = :id
;

with beat as (
    insert into node (
        id, name, schema_version, zap_version, serves_at, sessions, draining, link_host, link_port,
        link_fingerprint)
    values (:id, :name, :schema, :zap, :servesAt, :sessions, :draining, :host, :port, :fingerprint)
    on conflict (id) do update
    set seen_at = now(), serves_at = excluded.serves_at, sessions = excluded.sessions,
        draining = excluded.draining, link_host = excluded.link_host, link_port = excluded.link_port,
        link_fingerprint = excluded.link_fingerprint),
old as (delete from node where seen_at < now() - interval '1 day' and id <> :id)
select id, name, zap_version, serves_at, coalesce(sessions, 0), coalesce(draining, false),
    extract(epoch from now() - started_at), extract(epoch from now() - seen_at),
    seen_at <= now() - :seconds * interval '1 second', link_host, link_port, link_fingerprint
from node
where id <> :id order by id
;

with found as (select batch from writer where id = ? for update skip locked),
given_up as (
    update writer set batch = ? where id = ? and batch <> ? and batch >= ? and exists (select from found))
select batch from found
;

with free as (
    select c.id, u.up_to
    from client c join unnest(?::bigint[], ?::bigint[]) as u (id, up_to) on c.id = u.id
    order by c.id for no key update of c skip locked)
update client set forgotten = free.up_to from free where client.id = free.id and client.forgotten < free.up_to
;

with gone as (
    delete from refusal
    where client = ? and stream = ? and ordinal <= (
        select ordinal from refusal where client = ? and stream = ? order by ordinal desc offset ? limit 1)
    returning ordinal)
select coalesce(max(ordinal), 0) from gone
;

with gone as (
    delete from stream
    where client = ? and stream in (
        select stream from stream where client = ? order by last_session desc offset ?)
    returning stream)
delete from refusal where client = ? and stream in (select stream from gone)
;

with gone as (delete from client where id = :id returning id),
streams as (delete from stream where client = :id),
refusals as (delete from refusal where client = :id)
insert into forgotten_client (id) select id from gone
;

with left_seats as (delete from group_member where client_id = :client returning group_id)
delete from chat_group g
where g.id in (select group_id from left_seats)
  and not exists (select from group_member m where m.group_id = g.id and m.client_id <> :client)
;

with name as (update writer set batch = ? where id = ? and batch < ? and batch >= ? returning id),
raised as (
    update client
    set accepted = u.accepted, stream_digest = u.stream_digest, stream_at = u.stream_at,
        tail = u.tail, given = u.given, digest = u.digest, settled = u.settled
    from (
        select id,
            (?::bigint[])[n] as accepted, (?::bigint[])[n] as stream_digest, (?::bigint[])[n] as stream_at,
            (?::bigint[])[n] as tail, (?::bigint[])[n] as given, (?::bigint[])[n] as digest,
            (?::bigint[])[n] as settled,
            (?::bigint[])[n] as session_before, nullif((?::bigint[])[n], -1) as stream_before,
            (?::bigint[])[n] as accepted_before,
            (?::bigint[])[n] as tail_before, (?::bigint[])[n] as given_before,
            (?::bigint[])[n] as settled_before
        from unnest(?::bigint[]) with ordinality as k (id, n)) as u
    where client.id = u.id and client.session = u.session_before
      and client.stream is not distinct from u.stream_before
      and client.accepted = u.accepted_before and client.tail = u.tail_before
      and client.given = u.given_before and client.settled = u.settled_before
    returning client.id),
added as (
    insert into mailbox (recipient, position, code, src, dst, sent_at, message_id, body, generation)
    select (?::bigint[])[n], (?::bigint[])[n], (?::smallint[])[n], (?::bigint[])[n], (?::bigint[])[n],
        (?::bigint[])[n], nullif((?::bigint[])[n], -1), body, (select 1 + turns % 2 from mailbox_turn)
    from unnest(?::bytea[]) with ordinality as k (body, n))
select sqrt((select count(*) from name) - 1),
    1 / (case when (select count(*) from raised) = ? then 1 else 0 end)
;

with name as (update writer set batch = ? where id = ? and batch >= ? returning id)
update client
set session = u.session, node = nullif(u.node, 0), stream = nullif(u.stream, -1), accepted = u.accepted,
    stream_digest = u.stream_digest, stream_at = u.stream_at, refusals_dropped = u.refusals_dropped,
    tail = u.tail, given = u.given, digest = u.digest, settled = u.settled
from unnest(
        ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
        ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
    as u (
        id, session, stream, accepted, stream_digest, stream_at, refusals_dropped, tail, given, digest,
        settled, node)
where client.id = u.id and exists (select from name)
;

with old as (delete from node_request where asked_at < now() - interval '1 hour')
insert into node_request (node, client, action) values (:node, :client, :action) returning id
;
