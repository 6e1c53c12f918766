-- What became of something after the command that caused it had ended.

-- acknowledged, outgoing, state 3 or 4: 1 its person knows, and is not told again.
alter table message add column acknowledged integer not null default 0;
update message set acknowledged = 1 where outgoing = 1 and state <> 2 and state = 4;

-- wanted_group, state 4: the server has refused to make it, for this reason (three digits of a 39).
alter table wanted_group add column refusal integer;

-- history_event, kind: 6 the mailbox was full

-- Whose first message was shown with a word about how to give them a name.
create table introduced (
  person integer primary key
) strict;

pragma user_version = 4;
