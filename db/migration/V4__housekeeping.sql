-- When a client last had a session, to the day. Of those who were there before this column nobody knows: for them the time runs from the upgrade.
alter table client add column last_used date not null default current_date;

-- Since when a client may not connect; null for one that may.
alter table client add column blocked_at timestamptz;

-- Clients of which nothing is kept any more but the number: it is nobody else's for ever, because others may still write to it.
create table forgotten_client (
    id      bigint  not null primary key,
    -- whether all mail that waited for it has been deleted
    cleared boolean not null default false
);
create index forgotten_client_to_clear on forgotten_client (id) where not cleared;

-- A client's seats: which groups it is in, and (slot 0) which of them it has made.
create index group_member_client on group_member (client_id, slot);
drop index group_member_creator;
