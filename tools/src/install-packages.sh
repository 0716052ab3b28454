#!/usr/bin/env bash
# As root: installs the named Debian packages without starting any service of theirs, and prints
# only what goes wrong. What it changes on the host beside that is undone at the end.
set -euo pipefail

readonly policy=/usr/sbin/policy-rc.d
readonly cluster=/etc/postgresql-common/createcluster.d/haven.conf
temporary=("$(mktemp)")
readonly log=${temporary[0]}
trap 'rm -f -- "${temporary[@]}"' EXIT

# Debian's maintainer scripts ask this before they start a service. One that is there already has its reasons.
if [[ ! -e $policy ]]; then
  temporary+=("$policy")
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

# Without this, the package makes a database cluster of its own.
if [[ $(dpkg-query -W -f '${db:Status-Status}' postgresql-common 2>/dev/null) != installed ]]; then
  temporary+=("$cluster")
  mkdir -p "${cluster%/*}"
  echo 'create_main_cluster = false' >"$cluster"
fi

install() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold \
    --no-install-recommends install "$@" </dev/null >"$log" 2>&1
}

# The package lists of a fresh machine are empty, those of an old one out of date.
install "$@" || { apt-get -q update </dev/null >"$log" 2>&1 && install "$@"; } || {
  tail -n 20 "$log" >&2
  exit 1
}
