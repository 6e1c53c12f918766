-- The place at which a node takes mail from other nodes. All three are null for a node that has no other beside it, or
-- that others cannot reach.
alter table node add column link_host text;
alter table node add column link_port integer;
-- The SHA-256 of the node's certificate, in hexadecimal digits: a link between nodes needs it at both ends.
alter table node add column link_fingerprint text;
