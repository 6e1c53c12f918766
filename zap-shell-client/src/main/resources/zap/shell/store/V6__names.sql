-- "folded" is what a name is known by. From now on marks count in it: two names that differ in a mark are two names. The client writes it; until a
-- name is given again, the name itself is no other name's key.
update person set folded = name;
update chat_group set folded = name where name is not null;

pragma user_version = 6;
