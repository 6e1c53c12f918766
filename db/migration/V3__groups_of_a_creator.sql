-- How many groups a client has made is asked for whenever it makes another one.
create index group_member_creator on group_member (client_id) where slot = 0;
