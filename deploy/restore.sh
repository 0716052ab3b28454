#!/usr/bin/env bash
# Brings a platform back from a folder that backup.sh wrote. It must not exist yet: no volumes, or `docker compose down -v`.
#   usage: restore.sh <folder>
set -euo pipefail
[[ $# -eq 1 ]] || { sed -n '2,3s/^# *//p' "$0" >&2 && exit 2; }
source=$(realpath -- "$1")
source "$(dirname -- "$0")/compose.sh"
for file in database.dump storage.tar secrets.tar; do [[ -s $source/$file ]] || die "$source/$file is missing"; done
in_service prepare test ! -e /run/haven/platform/secret-key || die 'this platform exists already: docker compose down -v removes it, with all its data'

echo 'secrets …'
in_service prepare tar -C /run/haven -xf - <"$source/secrets.tar"
echo 'blobs …'
in_service registry tar -C /var/lib/haven/storage -xf - <"$source/storage.tar"
compose run --rm --no-deps prepare >/dev/null # What the other secrets are made from is there now.
echo 'database …'
compose up -d postgres
until compose exec -T postgres pg_isready --quiet --username haven --dbname registry --host 127.0.0.1; do sleep 1; done
compose exec -T postgres pg_restore --username haven --dbname registry --no-owner --exit-on-error <"$source/database.dump"
echo 'restored: docker compose up -d'
