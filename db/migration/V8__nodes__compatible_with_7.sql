-- Servers of two versions on one database; operators see all of them, and can act on a client whichever node it is on;
-- nodes hand mail over to each other. Nodes of the version before know none of this, and work as before: they leave these
-- columns empty, and answer no request.

alter table node
    -- the number of the newest migration that the server knows; null for servers from before this column, which know 7.
    -- A server that is to change the tables in a way that another one does not know looks here first
    add column schema_version integer,
    -- for operators, as of the last heartbeat:
    -- the version of zap
    add column zap_version text,
    -- the machine and the port to which its clients connect
    add column serves_at text,
    -- number of clients that are connected to it
    add column sessions integer,
    -- whether it sends its clients to other nodes
    add column draining boolean,
    -- the place at which it takes mail from other nodes; all three are null while there are no others, or if others cannot
    -- reach it
    add column link_host text,
    add column link_port integer,
    -- the SHA-256 of its certificate, in hexadecimal digits: a link needs it at both ends
    add column link_fingerprint text;

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
