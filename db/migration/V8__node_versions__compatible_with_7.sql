-- Servers of two versions on one database: each says up to which migration it knows the tables. A server that is to
-- change them in a way that another one does not know looks here first.

alter table node
    -- the number of the newest migration that the server knows; null for servers from before this column, which know 7
    add column schema_version integer,
    -- the version of zap, for operators
    add column zap_version text;
