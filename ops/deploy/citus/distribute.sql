-- Distributes zap's tables over the machines of a Citus: docs/citus.md says when and why.
--
--   psql -v shards=32 -f distribute.sql "host=COORDINATOR dbname=zap user=ROLE"
--
-- As the role that owns the tables, on the coordinator, after a server has made them, while no server runs. It may run
-- again: what is distributed already stays as it is. Rows that are there already are moved.

\set ON_ERROR_STOP on
\if :{?shards}
\else
    \set shards 32
\endif

begin;
select set_config('citus.shard_count', :'shards', true);
set local citus.multi_shard_modify_mode to 'sequential';

-- Everything that grows with the clients and their mail is kept by the client that owns it: the rows of one client, in
-- all tables, are on one machine.
select create_distributed_table('client', 'id', colocate_with => 'none')
where not exists (select from pg_dist_partition where logicalrelid = 'client'::regclass);
select create_distributed_table('mailbox', 'recipient', colocate_with => 'client')
where not exists (select from pg_dist_partition where logicalrelid = 'mailbox'::regclass);
select create_distributed_table('stream', 'client', colocate_with => 'client')
where not exists (select from pg_dist_partition where logicalrelid = 'stream'::regclass);
select create_distributed_table('refusal', 'client', colocate_with => 'client')
where not exists (select from pg_dist_partition where logicalrelid = 'refusal'::regclass);
select create_distributed_table('forgotten_client', 'id', colocate_with => 'client')
where not exists (select from pg_dist_partition where logicalrelid = 'forgotten_client'::regclass);

-- One row, which every insert into the mailbox reads: on every machine.
select create_reference_table('mailbox_turn')
where not exists (select from pg_dist_partition where logicalrelid = 'mailbox_turn'::regclass);

-- Not distributed, so on the coordinator alone: writer (one row for each server, whose commit decides a batch), node
-- and node_request (heartbeats, and what operators ask), chat_group and group_member (read once and then cached by the
-- servers; queried by group and by client), and flyway_schema_history.
commit;

-- What was moved to the shards is still on the coordinator, and invisible there.
select truncate_local_data_after_distributing_table(t::regclass)
from unnest(array['client', 'mailbox', 'stream', 'refusal', 'forgotten_client', 'mailbox_turn']) as t;

select table_name, citus_table_type, distribution_column, shard_count, table_size from citus_tables order by 1;
