-- What assured sessions need (protocol section 3).

-- The frames of our stream, as they go over the wire, in the order in which they are counted. Written before the connection sees them; what the
-- server has not accepted is sent again from here. A little of what it has accepted stays, because a refusal may name it.
create table numbered (
  ordinal      integer primary key,
  frame        text    not null,
  message      integer,
  wanted_group integer
) strict;

-- state 4 of an outgoing message: refused, for this reason (three digits of a 39).
alter table message add column refusal integer;

pragma user_version = 2;
