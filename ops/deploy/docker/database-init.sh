# Run by the image of PostgreSQL when it has made the first database of the profile "cluster": the other one may ask for
# the log, and from the next start on each commit waits for it. (Now it would wait for ever.)
# shellcheck shell=bash
echo "host replication zap all scram-sha-256" >>"$PGDATA/pg_hba.conf"
psql -v ON_ERROR_STOP=1 --username zap --dbname zap -c "alter system set synchronous_standby_names = 'database_b'"
