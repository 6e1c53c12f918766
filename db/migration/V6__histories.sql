-- Assured sessions of version 02 (protocol section 3): a position says how far, a digest says in which history.
alter table client
    -- raised by every session that begins: what an earlier session of the client still has under way counts no more
    add column session bigint not null default 0,
    -- the digest of the mailbox at "given", 32 bits. A mailbox from before begins with 0 at what it had given.
    add column digest bigint not null default 0,
    -- of the stream that the client sends from now: its digest at "accepted", and the mailbox's tail when that frame was accepted
    add column stream_digest bigint not null default 0,
    add column stream_at bigint not null default 0,
    -- refusals of this stream up to this ordinal are not kept any more
    add column refusals_dropped bigint not null default 0;

comment on column client.stream is 'the stream that the client sends from now; its other streams are in table stream';

-- The streams that a client has sent from before, and may send from again: its other computers, and copies of its store.
create table stream (
    client           bigint not null,
    stream           bigint not null,
    accepted         bigint not null,
    digest           bigint not null,
    at               bigint not null,
    refusals_dropped bigint not null,
    -- the client's session that ended its use: the greater, the later
    last_session     bigint not null,
    primary key (client, stream)
);

-- Frames of a stream that were refused, until their sender knows it: the last thousand of each stream.
create table refusal (
    client  bigint   not null,
    stream  bigint   not null,
    ordinal bigint   not null,
    -- the three digits of a 39
    reason  smallint not null,
    primary key (client, stream, ordinal)
);

-- The message's id (36); null for what came as 05.
alter table mailbox add column message_id bigint;

-- The second of the 10 that made the group, and how many members it named, the creator included: with the members they tell a
-- repeated 10 from another one. Null for groups from before.
alter table chat_group
    add column requested_at bigint,
    add column requested_members smallint;

-- A key that is registered again answers with its id.
create index client_public_key on client (public_key);
