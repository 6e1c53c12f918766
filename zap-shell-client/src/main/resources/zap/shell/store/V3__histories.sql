-- What version 02 of assured sessions needs (protocol section 3): identities of messages, digests of histories, positions of receipts.

-- message_id: drawn when the message is written; null for one that was first sent without.
-- streamed, outgoing: 0 in no stream, 1 numbered before there were digests, 2 numbered since.
-- at, outgoing: the last position of the own mailbox when the server accepted it; null before.
-- position, incoming: its entry in the own mailbox, as far as known.
-- again, incoming, without an id: 1 came on a base session and may come once more, 2 may come once more because the server lost history.
alter table message add column message_id integer;
alter table message add column streamed integer not null default 0;
alter table message add column at integer;
alter table message add column position integer;
alter table message add column again integer not null default 0;
create unique index message_identity on message (author, chat, sent_at, message_id)
  where outgoing = 0 and message_id is not null;
create index message_again on message (author, chat, sent_at) where again > 0;
create index message_streamed on message (number) where streamed > 0;

update message set streamed = 1
  where outgoing = 1 and number in (select message from numbered where message is not null);
update message set message_id = abs(random() % 10000000000000) where outgoing = 1 and state = 0;

alter table wanted_group add column streamed integer not null default 0;
update wanted_group set streamed = 1
  where number in (select wanted_group from numbered where wanted_group is not null);

-- The digest of the stream after this frame; null for a frame that was numbered before there were digests.
alter table numbered add column digest integer;

-- The digest of the own mailbox at a position, for the last positions.
create table mailbox_digest (
  position integer primary key,
  digest   integer not null
) strict;

-- The position of the receipt in the own mailbox; 0 when it is not known.
alter table receipt add column position integer not null default 0;

-- What receipts said that are no more: it was shown, and stays.
create table progress (
  message      integer not null,
  person       integer not null,
  delivered_ms integer,
  read_ms      integer,
  primary key (message, person)
) strict, without rowid;

-- What happened to this store's history; message is the number of the newest message at that moment.
-- kind: 1 entries not seen, 2 the server lost history, 3 a new stream because of a copy, 4 a new stream because of the server
create table history_event (
  id       integer primary key autoincrement,
  kind     integer not null,
  number   integer not null,
  noted_ms integer not null,
  message  integer not null
) strict;

-- lost: the server no longer knows the group; successor: the group that took its place.
alter table chat_group add column lost integer not null default 0;
alter table chat_group add column successor integer;
create index group_successor on chat_group (successor) where successor is not null;
-- The lost group that is asked for again.
alter table wanted_group add column predecessor integer;

-- A store that numbered frames and took mail before there were digests takes the server's over, once. What it knows as accepted is at
-- least the newest frame of which it knows what became of it.
insert into setting (name, value)
  select 'count-accepted', coalesce(
      (select max(n.ordinal) from numbered n join message m on m.number = n.message where m.state in (2, 4)),
      (select min(ordinal) - 1 from numbered),
      0)
  from setting where name = 'count-ordinal';
insert into setting (name, value) select 'count-stream-without-digests', 1 from setting
  where name = 'count-ordinal' and cast(value as integer) > 0;
insert into setting (name, value)
  select 'count-mailbox-without-digests', 1 from setting where name = 'count-position' and cast(value as integer) > 0;

pragma user_version = 3;
