-- Names for what the columns are, and one meaning for each state.

-- mark: the count of the mark behind which something was handed over (see BaseSession). It is not a time.
alter table message rename column clock to mark;
alter table receipt rename column clock to mark;
alter table read_mark rename column told_clock to told_mark;

-- A group that was asked for and has not come.
alter table wanted_group rename to pending_group;
alter table pending_group rename column clock to mark;
alter table numbered rename column wanted_group to pending_group;

-- state is the DeliveryState of a message; an incoming one is at the server (2).
-- seen, incoming: 0 not shown to be read, 1 shown; null for an outgoing message.
drop index message_unseen;
drop index message_unseen_of;
drop index message_seen_of;
alter table message add column seen integer;
update message set seen = state, state = 2 where outgoing = 0;
create index message_unseen on message (chat, number) where seen = 0;
create index message_unseen_of on message (author, sent_at) where seen = 0;
create index message_seen_of on message (author, sent_at) where seen = 1;

pragma user_version = 8;
