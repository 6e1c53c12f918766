-- Dates that a wrong clock has given, people who are blocked, groups that were left.

-- shared: 1 when an earlier message to one of its recipients has the same second.
-- ahead, outgoing: the first later second that an earlier message to one of its recipients has; null when there is none.
alter table message add column shared integer not null default 0;
alter table message add column ahead integer;
create index message_shared on message (sent_at) where shared = 1;

-- Ten digits are all that a frame has. A message beyond them could not be sent; it is dated again when it goes out.
update message set sent_at = 9999999999 where sent_at > 9999999999;

-- The last mark of a base session that the server had answered when the receipt came.
alter table receipt add column answered integer not null default 0;

create table blocked (
  person integer primary key
) strict;

-- maker: the first member that the first 11 named; null when no 11 has come.
-- joined: 1 when its person has said so.
-- left_after: the newest message of this store when its person left the group; null when they did not.
alter table chat_group add column maker integer;
alter table chat_group add column joined integer not null default 0;
alter table chat_group add column left_after integer;
update chat_group set maker = (select person from group_member where chat = chat_group.id and place = 0);
create index group_of_maker on chat_group (maker) where maker is not null;

pragma user_version = 5;
