-- What messages are found by are the terms that the client cuts them into (SearchTerms): words of scripts without blanks, emoji and signs, too. The
-- client adds the messages that are not in the index yet whenever somebody searches.
drop trigger message_added;
drop trigger message_removed;
drop table message_text;
create virtual table message_terms using fts5 (
  terms, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);
create trigger message_removed after delete on message begin
  delete from message_terms where rowid = old.number;
end;

pragma user_version = 7;
