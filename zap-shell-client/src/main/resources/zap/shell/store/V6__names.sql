-- "folded" is what a name is known by. From now on marks count in it: two names that differ in a mark are two names. The client writes it,
-- right after this; until then a name is no other name's key.
update person set folded = name;
update chat_group set folded = name where name is not null;

pragma user_version = 6;
