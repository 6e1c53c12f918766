-- A row for each server process that stores, and the last batch that it has committed: written in the same transaction as the batch, so
-- that after a broken connection there is something to tell whether the batch was committed or not.
--
-- Why not the transaction's own number (pg_xact_status)? Because after a crash PostgreSQL gives out again the numbers of transactions
-- of which nothing had reached the disk: the answer would be about somebody else's transaction.
create table writer (
    id    bigint not null primary key generated always as identity,
    batch bigint not null default 0
) with (fillfactor = 10); -- one row that changes with every batch: leave room to do it within the page
