-- The mailbox in generations, as garbage collectors have them: what is new goes into one of two young ones, and nearly all of it has been delivered
-- when that one is emptied as a whole, which costs nothing for an entry. What still waits then is moved to the old one before, and is deleted from
-- there when it has been delivered.
alter table mailbox rename to mailbox_old;
alter index mailbox_pkey rename to mailbox_old_pkey;
alter table mailbox_old
    add column generation smallint not null default 0,
    add constraint mailbox_old_generation check (generation = 0);

create table mailbox (
    recipient  bigint   not null,
    position   bigint   not null,
    code       smallint not null,
    src        bigint   not null,
    dst        bigint   not null,
    sent_at    bigint   not null,
    body       bytea,
    -- 0 the old one, 1 and 2 the young ones
    generation smallint not null default 0
) partition by list (generation);

alter table mailbox attach partition mailbox_old for values in (0);
-- Nothing in the young ones is worth a vacuum: they are emptied as a whole. Nor are statistics: a plan made with those of a table that was nearly empty
-- would read all of it when it is not any more.
create table mailbox_young_1 partition of mailbox (primary key (recipient, position)) for values in (1)
    with (autovacuum_enabled = false);
create table mailbox_young_2 partition of mailbox (primary key (recipient, position)) for values in (2)
    with (autovacuum_enabled = false);

-- One row: how often the young generations have changed places. What is new goes into 1 while the number is even, and into 2 while it is odd.
create table mailbox_turn (
    only_row boolean not null primary key default true check (only_row),
    turns    bigint  not null default 0
);
insert into mailbox_turn default values;

-- A client's "forgotten" is about the old generation from now on: entries up to there are not in it any more.
comment on column client.forgotten is 'entries up to this position are not in the old generation of the mailbox any more';
