-- The client's own disk. Times are seconds since 1970 where the wire carries them (sent_at, up_to), else milliseconds (…_ms).

create table setting (
  name  text primary key,
  value text not null
) strict, without rowid;

create table person (
  id     integer primary key,
  name   text not null,
  folded text not null unique
) strict;

create table chat_group (
  id         integer primary key,
  name       text,
  folded     text unique,
  created_at integer not null
) strict;

create table group_member (
  chat   integer not null references chat_group,
  place  integer not null,
  person integer not null,
  primary key (chat, place)
) strict, without rowid;
create index group_of_member on group_member (person);

create table muted (
  chat integer primary key
) strict;

-- Every message in both directions.
-- state, outgoing: 0 waiting, 1 handed to a connection, 2 at the server, 3 unsure; incoming: 0 not seen, 1 seen
-- clock: the mark that followed it on the connection that it was handed to (see PostOffice)
create table message (
  number       integer primary key autoincrement,
  chat         integer not null,
  author       integer not null,
  outgoing     integer not null,
  sent_at      integer not null,
  noted_ms     integer not null,
  text         text    not null,
  state        integer not null,
  clock        integer,
  handed_ms    integer,
  settled_ms   integer,
  session      integer
) strict;
create index message_of_chat on message (chat, number);
create index message_unseen on message (chat, number) where outgoing = 0 and state = 0;
create index message_unseen_of on message (author, sent_at) where outgoing = 0 and state = 0;
create index message_open on message (state, number) where outgoing = 1 and state <> 2;
create index message_sent_at on message (chat, sent_at) where outgoing = 1;
create index message_of_session on message (session, author) where outgoing = 0;
create index message_seen_of on message (author, sent_at) where outgoing = 0 and state = 1;

-- A group that was asked for and is not there yet; state as of an outgoing message.
create table wanted_group (
  number       integer primary key autoincrement,
  name         text,
  members      text    not null,
  sent_at      integer not null,
  state   integer not null,
  clock   integer
) strict;

-- What came as 07 (kind 1) and 09 (kind 2). clock says what had been handed over when it came: it tells nothing about what came later.
create table receipt (
  person   integer not null,
  kind     integer not null,
  up_to    integer not null,
  clock    integer not null,
  noted_ms integer not null,
  primary key (person, kind, up_to)
) strict, without rowid;

-- What the originators should be told to have been read (08), and what they have been.
create table read_mark (
  person     integer primary key,
  up_to      integer not null,
  told       integer not null,
  told_clock integer not null
) strict;

create virtual table message_text using fts5 (
  text, content = 'message', content_rowid = 'number', tokenize = "unicode61 remove_diacritics 2"
);
create trigger message_added after insert on message begin
  insert into message_text (rowid, text) values (new.number, new.text);
end;
create trigger message_removed after delete on message begin
  insert into message_text (message_text, rowid, text) values ('delete', old.number, old.text);
end;

pragma user_version = 1;
