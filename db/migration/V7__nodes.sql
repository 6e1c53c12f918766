-- Several servers on one database: each is a node of one zap.

-- A running server. Its number is that of its writer (table writer): what a session stores, and where the session is, have
-- the same number. Not in table writer itself, whose row is locked by every batch.
create table node (
    id         bigint      not null primary key,
    -- the machine and the process, for operators
    name       text        not null,
    started_at timestamptz not null default now(),
    -- the database's clock at the node's last heartbeat: nodes never compare clocks of their own
    seen_at    timestamptz not null default now()
) with (fillfactor = 10);

-- The node on which the client's current or last session began; null if it has had none since this column exists.
alter table client add column node bigint;
