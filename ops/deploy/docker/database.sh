#!/usr/bin/env bash
# One of the two PostgreSQLs of the profile "cluster": database.sh NAME OTHER [options of postgres …]
#
# With data it starts from it, as what it was before: a primary or a standby. Without data it becomes the standby of the
# other one, with a copy of its data; the first one (FIRST=yes) begins with an empty database if there is no other.
set -euo pipefail
readonly name="$1" other="$2"
shift 2
PGPASSWORD="$(cat /run/secrets/zap.database.password)"
export PGPASSWORD

other_is_primary() {
  [ "$(psql "host=$other user=zap dbname=zap connect_timeout=3" -Atc "select not pg_is_in_recovery()" 2>/dev/null)" = t ]
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  until other_is_primary || [ "${FIRST:-}" = yes ]; do sleep 1; done # until the other one is up
  if other_is_primary; then
    echo "$name: no data, so it becomes the standby of $other."
    rm -rf "$PGDATA.new"
    mkdir -p "$PGDATA.new"
    chmod 700 "$PGDATA.new"
    pg_basebackup --pgdata="$PGDATA.new" --checkpoint=fast --write-recovery-conf \
      --dbname="host=$other user=zap application_name=${name//-/_}"
    # When it is promoted, it has no standby yet, and waits for none.
    echo "synchronous_standby_names = ''" >>"$PGDATA.new/postgresql.auto.conf"
    rm -rf "$PGDATA"
    mv "$PGDATA.new" "$PGDATA"
  fi
fi
unset PGPASSWORD
exec docker-entrypoint.sh postgres "$@"
