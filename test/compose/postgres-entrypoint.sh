#!/bin/bash
# What the official image of PostgreSQL does with the settings that the compose file gives it.
set -euo pipefail
data=/var/lib/postgresql/data
bin=$(ls -d /usr/lib/postgresql/*/bin)
if [[ $EUID -eq 0 ]]; then
  install -d -o postgres -m 700 "$data"
  install -d -o postgres /var/run/postgresql
  exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi
if [[ ! -s $data/PG_VERSION ]]; then
  # shellcheck disable=SC2086 # several words on purpose
  "$bin/initdb" -D "$data" -U "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" --auth-local=trust ${POSTGRES_INITDB_ARGS:-}
  echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
  "$bin/pg_ctl" -D "$data" -w -o '-c listen_addresses=' start
  "$bin/createdb" -U "$POSTGRES_USER" "$POSTGRES_DB"
  "$bin/pg_ctl" -D "$data" -w -m fast stop
fi
exec "$bin/postgres" -D "$data" -c 'listen_addresses=*'
