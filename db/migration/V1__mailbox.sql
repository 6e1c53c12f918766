-- Everything that grows is keyed by the client that owns it, and no statement joins across owners except "raise these
-- clients' counters and insert their entries": so the tables can be spread over machines by client without changing a query.

-- A client: who may connect, and how far its mailbox has come.
--   forgotten <= settled <= given <= tail
create table client (
    id            bigint      not null primary key check (id between 1000000000000 and 1999999999999),
    registered_at timestamptz not null,
    -- the Ed25519 key that proves who this is; null when it registered without one
    public_key    bytea       check (length(public_key) = 32),
    -- which of its stores the client sends from, and how many frames of that stream have been dealt with;
    -- null until a session names it
    stream        bigint      check (stream between 0 and 9999999999999),
    accepted      bigint      not null default 0,
    -- the position of the newest entry in this client's mailbox; positions have no gaps
    tail          bigint      not null default 0,
    -- entries up to this position were confirmed: given to the client
    given         bigint      not null default 0,
    -- entries up to this position have had every delivery receipt (07) that they cause
    settled       bigint      not null default 0,
    -- entries up to this position have been deleted
    forgotten     bigint      not null default 0,
    check (0 <= forgotten and forgotten <= settled and settled <= given and given <= tail)
) with (fillfactor = 50); -- the counters change with every batch: leave room to do it within the page

-- One entry of a client's mailbox: a frame that the client must receive.
create table mailbox (
    recipient bigint   not null,
    position  bigint   not null,
    -- the frame's code: 6 deliver, 7 delivered, 9 read receipt, 11 group created
    code      smallint not null,
    -- who wrote it (6); 0 otherwise
    src       bigint   not null,
    -- the frame's dst (6, 7, 9) or the group's id (11)
    dst       bigint   not null,
    -- the frame's timestamp, POSIX seconds, as its sender wrote it
    sent_at   bigint   not null,
    -- the text in UTF-8 without its padding (6), the members' ids in 13 digits each (11); null otherwise
    body      bytea,
    primary key (recipient, position)
);

create table chat_group (
    id         bigint      not null primary key check (id between 2000000000000 and 2999999999999),
    created_at timestamptz not null
);

create table group_member (
    group_id  bigint   not null references chat_group (id),
    -- 0 is the creator, then the members in the order in which they were named
    slot      smallint not null check (slot between 0 and 7),
    client_id bigint   not null,
    primary key (group_id, slot)
);
