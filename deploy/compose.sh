# Sourced by the scripts beside it: Docker Compose of this folder, whichever version is installed.
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
if docker compose version >/dev/null 2>&1; then
  compose() { docker compose "$@"; }
else
  compose() { docker-compose "$@"; }
fi

die() {
  echo "$0: $*" >&2
  exit 1
}

# Runs a program in a container of its own with the volumes of one service: `in_service registry tar …`. What it prints
# ends in the logs.
in_service() {
  compose run --rm --no-deps -T --entrypoint "$2" "$1" "${@:3}"
}
