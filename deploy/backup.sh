#!/usr/bin/env bash
# Writes all that a platform must not lose into a new folder: database, blobs and secrets. It has to run, and goes on.
#   usage: backup.sh <folder>
# The database comes first: blobs that pushes add meanwhile do no harm, and none goes that the dump names, as long as the
# backup takes less than GC_TIME_WINDOW_HOURS.
set -euo pipefail
umask 077 # The folder holds keys.
[[ $# -eq 1 ]] || { sed -n '2,3s/^# *//p' "$0" >&2 && exit 2; }
target=$(realpath -m -- "$1")
source "$(dirname -- "$0")/compose.sh"
[[ ! -e $target ]] || die "$target exists already"

mkdir -p -- "$target.new"
trap 'rm -rf -- "$target.new"' EXIT
echo 'database …'
compose exec -T postgres pg_dump --username haven --format custom registry >"$target.new/database.dump"
echo 'blobs …'
# Uploads that are under way are nobody's yet. tar's 1 says that files came and went meanwhile, which they may: those that
# the dump names stay as they are.
compose exec -T registry sh -c 'tar -C /var/lib/haven/storage --exclude=./uploads \
  --warning=no-file-changed --warning=no-file-removed -cf - . || test $? -eq 1' >"$target.new/storage.tar"
echo 'secrets …'
compose exec -T core tar -C /run/haven -cf - platform >"$target.new/secrets.tar"
mv -- "$target.new" "$target"
echo "backed up to $target"
