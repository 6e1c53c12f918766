-- Operators see all nodes of one zap, and can act on a client whichever node it is on. Nodes of the version before do
-- not know any of this, and work as before: they leave these columns empty and answer no request.

-- About the node, for operators, as of its last heartbeat; null in the row of a node of an earlier version.
-- the machine and the port to which its clients connect
alter table node add column serves_at text;
-- number of clients that are connected to it
alter table node add column sessions integer;
-- whether it sends its clients to other nodes
alter table node add column draining boolean;

-- A request to another node about a client. The node that asks deletes it when it has the answer, or no more patience.
create table node_request (
    id       bigint      not null primary key generated always as identity,
    -- the node that is to answer
    node     bigint      not null,
    client   bigint      not null,
    action   text        not null,
    asked_at timestamptz not null default now(),
    answer   text
);
