#!/bin/sh
# Runs nginx in a container: fills the templates in from the environment, and does it again, without ending a transfer,
# when the addresses of core or of the registry change: replicas come and go.
#   HAVEN_NGINX_ROLE                  front (default): the public door; sidecar: beside a registry, which it serves alone
#   HAVEN_NGINX_CORE                  host:port of core; all addresses of the name are replicas
#   HAVEN_NGINX_REGISTRY              host:port of the registry, likewise
#   HAVEN_NGINX_HTTP_PORT             port for HTTP
#   HAVEN_NGINX_TLS_PORT              port for HTTPS
#   HAVEN_NGINX_TLS_CERTIFICATE_FILE  HTTPS is spoken when this file exists (PEM, with its chain); HTTP redirects then
#   HAVEN_NGINX_TLS_KEY_FILE          its private key
#   HAVEN_NGINX_TRUSTED_PROXIES       addresses (CIDR, by spaces) of proxies in front, whose X-Forwarded-For is believed
#   HAVEN_NGINX_SHUTDOWN_TIMEOUT      how long transfers may go on after a stop or a change of replicas
#   HAVEN_EXTERNAL_URL                the address under which users reach the platform
set -eu

role=${HAVEN_NGINX_ROLE:-front}
core=${HAVEN_NGINX_CORE:-core:8081}
registry=${HAVEN_NGINX_REGISTRY:-registry:5000}
http_port=${HAVEN_NGINX_HTTP_PORT:-8080}
tls_port=${HAVEN_NGINX_TLS_PORT:-8443}
certificate=${HAVEN_NGINX_TLS_CERTIFICATE_FILE:-/etc/haven/tls/tls.crt}
key=${HAVEN_NGINX_TLS_KEY_FILE:-/etc/haven/tls/tls.key}
external_url=${HAVEN_EXTERNAL_URL:-http://localhost:8080}

templates=/usr/share/haven/nginx
run=/tmp/haven-nginx
conf=$run/conf

die() {
  echo "haven-nginx: $*" >&2
  exit 1
}

# `server` lines for all addresses of a host:port. Without one, those from before, for a name server may be away; without
# these either, a line that makes nginx answer 502 for now.
servers() {
  addresses=$(getent ahosts "${1%:*}" | awk '$2 == "STREAM" { print $1 }' | sort -u)
  [ -n "$addresses" ] || printf '%s' "${2:-server 127.0.0.1:9 down;}"
  for address in $addresses; do
    case $address in *:*) address="[$address]" ;; esac
    printf 'server %s:%s; ' "$address" "${1##*:}"
  done
}

# `listen` lines of a port; IPv6 where the machine has it.
listen() {
  printf 'listen %s%s; ' "$1" "${2:-}"
  [ ! -e /proc/net/if_inet6 ] || printf 'listen [::]:%s%s;' "$1" "${2:-}"
}

real_ip() {
  for proxy in ${HAVEN_NGINX_TRUSTED_PROXIES:-}; do printf 'set_real_ip_from %s; ' "$proxy"; done
  [ -z "${HAVEN_NGINX_TRUSTED_PROXIES:-}" ] || printf 'real_ip_header X-Forwarded-For; real_ip_recursive on;'
}

scheme=${external_url%%:*}
authority=${external_url#*://}
authority=${authority%%/*}
case $authority in
  *:*[0-9]) tls_port_suffix=":${authority##*:}" ;;
  *) tls_port_suffix= ;;
esac

case $role in
  front)
    server=server-http
    [ ! -e "$certificate" ] || server=server-https
    client='$remote_addr' forwarded_proto=$scheme access_log='/dev/stdout json buffer=64k flush=100ms'
    ;;
  sidecar)
    # The front has said already who the client is, and writes the log.
    server=server-sidecar
    client='$http_x_real_ip' forwarded_proto='$http_x_forwarded_proto' access_log=off
    ;;
  *) die "HAVEN_NGINX_ROLE is front or sidecar, not $role" ;;
esac
if [ "$server" = server-https ]; then
  for file in "$certificate" "$key"; do [ -r "$file" ] || die "cannot read $file as user $(id -u)"; done
fi

render() {
  sed -e "s|\${USER}||" \
    -e "s|\${SHUTDOWN_TIMEOUT}|${HAVEN_NGINX_SHUTDOWN_TIMEOUT:-15m}|" \
    -e "s|\${RUN_DIR}|$run|" \
    -e "s|\${CONF_DIR}|$conf|" \
    -e "s|\${HTML_DIR}|$templates/html|" \
    -e "s|\${ACCESS_LOG}|$access_log|" \
    -e "s|\${CORE_SERVERS}|$core_servers|" \
    -e "s|\${REGISTRY_SERVERS}|$registry_servers|" \
    -e "s|\${STORAGE_ROOT}|${HAVEN_STORAGE_ROOT:-/var/lib/haven/storage}|" \
    -e "s|\${CLIENT_ADDRESS}|$client|" \
    -e "s|\${FORWARDED_PROTO}|$forwarded_proto|" \
    -e "s|\${REAL_IP}|$(real_ip)|" \
    -e "s|\${LISTEN}|$(listen "$http_port")|" \
    -e "s|\${TLS_LISTEN}|$(listen "$tls_port" ' ssl')|" \
    -e "s|\${TLS_PORT_SUFFIX}|$tls_port_suffix|" \
    -e "s|\${TLS_CERTIFICATE}|$certificate|" \
    -e "s|\${TLS_KEY}|$key|" \
    "$templates/$1.template" >"$conf/$2"
}

render_all() {
  render nginx.conf nginx.conf
  render "$server.conf" server.conf
  render headers.conf headers.conf
  render locations.conf locations.conf
  render health.conf health.conf
}

mkdir -p "$conf"
core_servers=$(servers "$core")
registry_servers=$(servers "$registry")
render_all
nginx -e stderr -c "$conf/nginx.conf" &
nginx=$!
stopping=
trap 'stopping=yes; kill -QUIT "$nginx"' TERM INT

while [ -z "$stopping" ] && kill -0 "$nginx" 2>/dev/null; do
  sleep 3 &
  wait $! || true
  new_core_servers=$(servers "$core" "$core_servers")
  new_registry_servers=$(servers "$registry" "$registry_servers")
  [ "$new_core_servers $new_registry_servers" != "$core_servers $registry_servers" ] || continue
  core_servers=$new_core_servers
  registry_servers=$new_registry_servers
  render_all
  kill -HUP "$nginx"
done
wait "$nginx"
